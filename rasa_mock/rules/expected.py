"""RM121: what the user's configuration expects of an action."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rasa_mock.rules.base import ActionRecord, Answered, Draft, Example, rule

REJECTION = b'{"error": "not now", "action_name": "action_example"}'
MOST_NAMED = 4


@rule(
    "RM121",
    "warning",
    title="expected rejection that did not happen",
    wrong=Example(events=[], responses=[{"text": "Booked."}], rejects=[""]),
    right=Example(
        status=400, body=REJECTION, action="action_example", rejects=["turn"]
    ),
    each="action",
)
def did_not_reject(record: ActionRecord) -> Iterator[Draft]:
    """The configuration says that the action rejects its execution, and it did not.

    `rejects = true` expects a rejection in one case at least; a list of cases
    (`rejects = ["slots-null"]`, how their names begin) one in each of them.
    """
    for wanted in record.rejects:
        cases = [call for call in record.calls if (call.case or "").startswith(wanted)]
        done = [call for call in cases if not call.rejected]
        if not cases or (wanted == "" and len(done) < len(cases)) or not done:
            continue
        yield _draft(wanted, done, cases)


def _draft(wanted: str, done: Sequence[Answered], cases: Sequence[Answered]) -> Draft:
    where = f"the cases {wanted!r}" if wanted else "any case"
    named = ", ".join(str(call.case) for call in done[:MOST_NAMED])
    more = ", ..." if len(done) > MOST_NAMED else ""
    return Draft(
        message=f"no rejection in {len(done)} of {len(cases)} calls ({named}{more})",
        subject=f"rejects {wanted}".strip(),
        expected=f"status 400 with action_name in {where}, as the configuration says",
        got=f"{len(done)} answers that are no rejection",
        hint="raise ActionExecutionRejection(self.name()) in this state, or take "
        "`rejects` out of the configuration",
        rasa="the action counts as done, and no other one is tried in its place",
        case=done[0].case or "",
    )
