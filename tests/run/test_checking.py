"""Cases that are made while the server is busy: the same ones, in the same order."""

from __future__ import annotations

from threading import Lock

import pytest

from rasa_mock.errors import UsageError
from rasa_mock.run.checking import Ahead


def cases(*, broken_at: int | None = None):
    for number in range(4):
        if number == broken_at:
            raise UsageError(f"case {number} cannot be made")
        yield f"case {number}"


@pytest.mark.parametrize("early", [(), (0, 1, 2, 3), (1,), (3,)], ids=str)
def test_each_case_comes_once_whether_it_was_made_early_or_not(early):
    ahead = Ahead(cases(), making=Lock())
    seen = []
    for number, case in enumerate(ahead):
        seen.append(case)
        if number in early:
            ahead.make()
    assert seen == ["case 0", "case 1", "case 2", "case 3"]


def test_a_case_that_cannot_be_made_is_an_error_after_those_before_it():
    ahead = Ahead(cases(broken_at=2), making=Lock())
    taken = iter(ahead)
    assert next(taken) == "case 0"
    ahead.make()
    assert next(taken) == "case 1"
    ahead.make()
    with pytest.raises(UsageError, match="case 2 cannot be made"):
        next(taken)
