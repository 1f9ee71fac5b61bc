"""Small bots for tests: a folder is written, read, and talked to."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from rasa_mock.clock import new_uuid, parse_date
from rasa_mock.files.bot import load_bot
from rasa_mock.run.conversation import Conversation, Setup
from rasa_mock.similar import similar

NOON = 1_700_000_000.0

CONFIG = """
assistant_id: small
pipeline:
  - name: WhitespaceTokenizer
  - name: KeywordIntentClassifier
  - name: RegexEntityExtractor
policies:
  - name: {memory}
    max_history: 4
  - name: RulePolicy
"""


def write_bot(folder: Path, **files: str) -> Path:
    """Write the files of a bot: domain, nlu, rules, stories, config."""
    (folder / "data").mkdir(exist_ok=True)
    config = files.pop("config", CONFIG.format(memory="MemoizationPolicy"))
    (folder / "config.yml").write_text(config, encoding="utf-8")
    for name, text in files.items():
        place = folder / f"{name}.yml" if name == "domain" else folder / "data"
        path = place if name == "domain" else place / f"{name}.yml"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return folder


def talk_to(folder: Path, **setup: Any) -> Conversation:
    """Start a conversation with the bot in a folder."""
    bot = load_bot(folder, similar=similar)
    given = {"now": NOON, "new_id": new_uuid, "parse_date": parse_date, **setup}
    return Conversation(Setup(bot=bot, **given))


def log(events: list[dict[str, Any]]) -> list[str]:
    """Write events down in short: what happened, in order."""
    return [SHORT.get(event["event"], _bare)(event) for event in events]


def _bare(event: dict[str, Any]) -> str:
    return str(event["event"])


SHORT = {
    "user": lambda event: f"user {event['text']}",
    "action": lambda event: f"action {event['name']}",
    "action_execution_rejected": lambda event: f"rejected {event['name']}",
    "slot": lambda event: f"slot {event['name']}={event['value']!r}",
    "bot": lambda event: f"bot {event['text']}",
    "active_loop": lambda event: f"loop {event['name']}",
    "followup": lambda event: f"followup {event['name']}",
    "user_featurization": lambda _event: "feat",
}
