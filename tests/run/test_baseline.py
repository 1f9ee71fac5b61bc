"""A baseline: written, read again, and refused where it cannot be trusted."""

from __future__ import annotations

import json

import pytest

from rasa_mock.core.findings import Finding
from rasa_mock.errors import DataError, UsageError
from rasa_mock.run.baseline import check_writable, read_baseline, write_baseline


def finding(**given):
    how = {"rule": "RM105", "severity": "error", "title": "t", "action": "action_a"}
    return Finding(**{**how, "message": "m", "subject": "a.py:7 in run", **given})


def test_what_is_written_is_known_again_also_on_another_line(tmp_path) -> None:
    path = tmp_path / "known.json"
    write_baseline(path, [finding()])
    known = read_baseline(path).knows
    assert known(finding(subject="a.py:99 in run"))
    assert not known(finding(subject="b.py:7 in run"))
    assert not known(finding(rule="RM106"))
    assert not known(finding(action="action_b"))


def test_the_same_findings_give_the_same_bytes_in_any_order(tmp_path) -> None:
    some = [finding(), finding(rule="RM106"), finding(action="action_b")]
    write_baseline(tmp_path / "a", some)
    write_baseline(tmp_path / "b", some[::-1])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


GOOD = {"format": "rasa-mock baseline", "version": 1, "findings": []}
BROKEN = {
    "not JSON": ("{", "broken"),
    "another file": ("{}", "no baseline"),
    "newer": (json.dumps({**GOOD, "version": 2}), "has version 2"),
    "no list": (json.dumps({**GOOD, "findings": 3}), "no list of findings"),
    "no keys": (json.dumps({**GOOD, "findings": [{}]}), "expected rule, action"),
}


@pytest.mark.parametrize(("text", "said"), BROKEN.values(), ids=BROKEN)
def test_a_baseline_that_cannot_be_trusted_is_refused(tmp_path, text, said) -> None:
    path = tmp_path / "known.json"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        read_baseline(path)


def test_a_baseline_that_does_not_exist_says_how_to_write_it(tmp_path) -> None:
    with pytest.raises(DataError, match="--update-baseline"):
        read_baseline(tmp_path / "none.json")


def test_a_baseline_that_cannot_be_written_is_said_before_the_run(tmp_path) -> None:
    with pytest.raises(UsageError, match="cannot write the baseline"):
        check_writable(tmp_path / "no" / "folder.json")
