"""The page docs/rules.md is what the rules say."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from rasa_mock.cli.explain import command
from rasa_mock.rules.catalogue import all_rules

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules.md"


def test_the_page_is_written_from_the_rules() -> None:
    written = CliRunner().invoke(command, ["--markdown"]).output
    assert PAGE.read_text(encoding="utf-8") == written, (
        "docs/rules.md is not what the rules say: "
        "rasa-mock explain --markdown > docs/rules.md"
    )


def test_every_rule_has_its_anchor() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for rule in all_rules():
        assert page.count(f'<a id="{rule.id.lower()}"></a>') == 1
