"""`rasa-mock schema diff` and `profiles`: what changes for a server, in plain words."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from rasa_mock.cli.schema import command
from rasa_mock.core.pro_events import PRO_EVENT_TYPES
from rasa_mock.core.profile import PROFILES
from rasa_mock.errors import UsageError

PRO = "rasa-pro-3.21"


def run(*words: str) -> str:
    result = CliRunner().invoke(command, list(words), catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("old", PROFILES)
@pytest.mark.parametrize("new", PROFILES)
def test_any_two_profiles_can_be_compared_in_80_columns(old: str, new: str):
    text = run("diff", old, new)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert text.startswith("nothing changes" if old == new else "what changes")


def test_the_way_to_pro_is_told_in_full():
    text = " ".join(run("diff", "rasa-3.6", PRO).split())
    for told in (
        "domain_digest",
        "status 449",
        "`slot` also has filled_by, anonymized_at",
        "36 new types",
        "current_session_id",
        "commands",
        "`intents` are plain names",
        "from_llm",
        "counts as `{}`",
    ):
        assert told in text
    back = " ".join(run("diff", PRO, "rasa-3.6").split())
    assert "36 types are unknown" in back
    assert "`domain` is in every request" in back


def test_the_way_to_2_8_is_about_the_domain():
    text = " ".join(run("diff", "rasa-3.6", "rasa-2.8").split())
    assert "`required_slots` a mapping" in text
    assert "`template` still names a response" in text
    assert "new types" not in text


def test_the_same_as_json():
    document = json.loads(run("diff", "rasa-3.6", PRO, "--format", "json"))
    assert (document["from"], document["to"]) == ("rasa-3.6", PRO)
    areas = {row["area"] for row in document["differences"]}
    assert areas == {"request", "tracker", "domain", "events", "reply"}
    names = {name for row in document["differences"] for name in row["names"]}
    assert set(PRO_EVENT_TYPES) - {"slot"} >= {"stack"}
    assert {"stack", "filled_by", "domain_digest", "commands"} <= names


def test_an_unknown_profile_names_the_nearest():
    with pytest.raises(UsageError, match=r"did you mean 'rasa-pro-3\.21'"):
        run("diff", "rasa-3.6", "rasa-pro-3.20")


def test_the_profiles_are_listed():
    text = run("profiles")
    assert all(name in text for name in PROFILES)
    assert "(default)" in text
