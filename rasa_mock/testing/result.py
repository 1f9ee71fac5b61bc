"""What came of one call of an action, with assertions that explain themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from rasa_mock.errors import UsageError
from rasa_mock.testing import differences
from rasa_mock.testing.differences import in_paragraph

if TYPE_CHECKING:
    from rasa_mock.core.findings import Finding
    from rasa_mock.core.outcome import Outcome, OutcomeError
    from rasa_mock.core.tracker import Tracker
    from rasa_mock.core.wire import ActionRequest, Reply

Json = dict[str, Any]


class Slots(dict[str, Any]):
    """Slots by name; comparing them says in Rasa's terms what differs."""


class Events(list[Any]):
    """The events of an answer; comparing them says in Rasa's terms what differs."""


class ActionFailed(AssertionError):
    """An action's answer has findings that a test does not put up with."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ActionResult:
    """What came of one call.

    slots: value of every slot afterwards.  messages: what a user of the REST channel
    gets.  events: what the action returned, as it wrote it.  tracker: the conversation
    afterwards, `before` as it was sent.  findings: what the rules of `rasa-mock check`
    say of the answer.  outcome: what Rasa makes of it, `outcome.events` what it logs.
    """

    action: str
    before: Tracker
    outcome: Outcome
    events: Events
    responses: list[Any]
    findings: list[Finding]
    request: ActionRequest
    reply: Reply
    raised: Exception | None = field(default=None)

    @property
    def tracker(self) -> Tracker:
        """The conversation afterwards."""
        return self.outcome.tracker

    @property
    def slots(self) -> Slots:
        """Value of every slot afterwards."""
        return Slots(self.outcome.tracker.slots)

    @property
    def messages(self) -> list[Json]:
        """What a user of the REST channel gets."""
        return self.outcome.messages

    @property
    def texts(self) -> list[str]:
        """The texts among the messages."""
        return [each["text"] for each in self.messages if "text" in each]

    @property
    def followup(self) -> str | None:
        """The action that has to run next, None if the policies decide."""
        name: str | None = self.outcome.tracker.followup_action
        return name

    @property
    def rejected(self) -> bool:
        """Whether the action refused to run, so that another one is predicted."""
        return self.outcome.kind == "rejected"

    @property
    def error(self) -> OutcomeError | None:
        """How Rasa fails over the answer; None where it does not."""
        return self.outcome.error

    @property
    def said(self) -> list[Json]:
        """The bot events that Rasa logs: text, data, and the response's name."""
        return [each for each in self.outcome.events if each["event"] == "bot"]

    def assert_slots(
        self, expected: Mapping[str, Any] | None = None, **more: Any
    ) -> ActionResult:
        """Compare slots as they are afterwards; those that are not named may be any.

        Raises UsageError for a slot that the domain does not have.
        """
        __tracebackhide__ = True
        wanted = {**(expected or {}), **more}
        got = self.slots
        for name in wanted:
            if name not in got:
                near = get_close_matches(name, got, n=1)
                hint = f"did you mean {near[0]!r}?" if near else "add it to the domain"
                raise UsageError(f"the domain has no slot {name!r}; {hint}")
        lines = differences.slot_lines(wanted, got)
        return self._unless(lines, f"{self.action} left other slots than expected:")

    def assert_utters(self, *expected: Any) -> ActionResult:
        """Compare all that the bot says, in order; without arguments it is silent.

        Each is a response's name, a text, a pattern (`re.compile`), or an object with
        some fields of the message: `{"text": ..., "buttons": [...]}`.
        """
        __tracebackhide__ = True
        lines = differences.message_lines(expected, self.said)
        return self._unless(lines, f"{self.action} said something else than expected:")

    def assert_events(self, *expected: Any) -> ActionResult:
        """Compare the events that the action returned, all of them, in order.

        Each is an event (as of `rasa_sdk.events`), of which only the fields count that
        it has, or the name of an event's type.  Times and ids are left out.
        """
        __tracebackhide__ = True
        lines = differences.event_lines(expected, self.events)
        return self._unless(lines, f"{self.action} returned other events:")

    def assert_followup(self, expected: str | None) -> ActionResult:
        """Compare the action that has to run next."""
        __tracebackhide__ = True
        lines = []
        if self.followup != expected:
            lines = [f"followup action: expected {expected!r}, got {self.followup!r}"]
        return self._unless(lines, f"{self.action} asked for another action:")

    def assert_rejected(self) -> ActionResult:
        """Demand that the action refused to run."""
        __tracebackhide__ = True
        kind = self.outcome.kind
        lines = [] if self.rejected else [f"expected a rejection, got {kind!r}"]
        return self._unless(lines, f"{self.action} did not reject:")

    def differences(self, other: ActionResult) -> list[str]:
        """Say how another result differs, this one being expected."""
        lines = differences.all_slot_lines(self.slots, other.slots)
        for label, name in COMPARED:
            left, right = getattr(self, name), getattr(other, name)
            if not differences.same(left, right):
                lines.append(f"{label}: expected {left!r}, got {right!r}")
        loops = [result.tracker.active_loop_name for result in (self, other)]
        if loops[0] != loops[1]:
            lines.append(f"active loop: expected {loops[0]!r}, got {loops[1]!r}")
        said: Sequence[Any] = [_as_wanted(bot) for bot in self.said]
        lines += differences.message_lines(said, other.said)
        return lines + differences.event_lines(self.events, other.events)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ActionResult):
            return NotImplemented
        return not self.differences(other)

    def __hash__(self) -> int:
        return hash(self.action)

    def __repr__(self) -> str:
        said = [differences.shown_message(bot) for bot in self.said]
        events = [differences.event_name(each) for each in self.events if each]
        kind = self.outcome.kind
        return f"<{self.action}: {kind}, events {events}, says {said}>"

    def _unless(self, lines: Sequence[str], headline: str) -> ActionResult:
        """Raise AssertionError if there are lines to say; return the result."""
        __tracebackhide__ = True
        if lines:
            raise AssertionError(in_paragraph(headline, lines))
        return self


COMPARED = (("followup action", "followup"), ("rejected", "rejected"))


def _as_wanted(bot: Mapping[str, Any]) -> Json:
    response = (bot.get("metadata") or {}).get("utter_action")
    return {**(bot.get("data") or {}), "text": bot.get("text"), "response": response}
