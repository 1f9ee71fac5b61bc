"""`rasa-mock shell BOT`: talk to the fake core and see what it does.

Every line is a message, `/intent{...}` included, in a terminal or from a pipe.
Commands of the shell begin with a colon, which no intent does: `:help` lists them.
With a slash they are understood, too, as long as the bot has no intent of that name.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import click

from rasa_mock.core.findings import Finding
from rasa_mock.errors import DataError, RasaMockError, UsageError
from rasa_mock.public_conversation import Conversation
from rasa_mock.run.turn_results import TurnResult

PREFIX = ":"
COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


@click.command("shell", short_help="talk to a bot on the fake core")
@click.argument("bot", metavar="BOT", type=click.Path(path_type=Path))
@click.option("--url", metavar="ACTION_SERVER", help="Run actions on this server.")
@click.option(
    "--actions", metavar="PACKAGE", help="Start a rasa-sdk server with this package."
)
@click.option(
    "--stub",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="JSON or YAML: what actions answer, by name; goes before a server.",
)
def command(
    bot: Path, *, url: str | None, actions: str | None, stub: Path | None
) -> None:
    """Talk to the bot in the folder BOT; without a server actions return nothing."""
    if url and actions:
        raise UsageError("give --url or --actions, not both")
    with ExitStack() as stack:
        if actions:
            from rasa_mock.clients.process import ActionServerProcess

            url = stack.enter_context(ActionServerProcess(actions)).url
        shell = Shell(
            Conversation(bot, action_client=url, stubs=_stubs(stub), record=True),
            path=bot,
        )
        for notice in shell.chat.setup.bot.notices:
            click.secho(f"note: {notice}", fg="cyan", err=True)
        shell.run()


def _stubs(path: Path | None) -> Mapping[str, Any]:
    if path is None:
        return {}
    from rasa_mock.files.yaml import load_yaml

    stubs = load_yaml(path).filled_in().value
    if not isinstance(stubs, dict):
        raise DataError(
            "expected an object from names of actions to what they answer",
            path=str(path),
            line=1,
        )
    return stubs


class Shell:
    """One session at the keyboard; `saved` are the conversations before each turn."""

    def __init__(self, chat: Conversation, *, path: Path) -> None:
        self.chat: Any = chat
        self.path = path
        self.before: list[Any] = []
        self.is_open = True
        self.last: TurnResult | None = None
        self.told: set[tuple[str, str]] = set()

    def run(self) -> None:
        """Read lines until the end of the input, or `:quit`."""
        is_terminal = sys.stdin.isatty()
        if is_terminal:
            click.echo(f"Talking to {self.path}; :help lists the commands, :quit ends.")
        while self.is_open:
            if is_terminal:
                click.echo("you> ", nl=False)
            line = sys.stdin.readline()
            if not line:
                break
            self.take(line.strip())

    def take(self, line: str) -> None:
        """Carry out a command, or send a message."""
        if not line:
            return
        try:
            if line.startswith(PREFIX) or self._is_command(line):
                self._carry_out(line[1:])
            else:
                self.before.append(self.chat.fork())
                self._show(self.chat.send(line))
        except RasaMockError as error:
            click.secho(f"error: {error}", fg="red", err=True)

    def _is_command(self, line: str) -> bool:
        name = line[1:].partition(" ")[0]
        intents = self.chat.setup.bot.domain.intents
        return line.startswith("/") and name in COMMANDS and name not in intents

    def _carry_out(self, line: str) -> None:
        name, _, rest = line.partition(" ")
        if name not in COMMANDS:
            known = ", ".join(PREFIX + each for each in COMMANDS)
            raise UsageError(f"unknown command {PREFIX + name!r}: expected {known}")
        COMMANDS[name].run(self, rest.strip())

    def _show(self, turn: TurnResult) -> None:
        self.last = turn
        for line in shown_turn(turn):
            click.echo(line)
        for finding in turn.findings:
            mark = (finding.rule, finding.action)
            if finding.severity != "info" or mark not in self.told:
                self.told.add(mark)
                for line in shown_finding(finding):
                    click.echo(line)

    # Commands.

    def slots(self, _rest: str) -> None:
        """Print the slots that are set."""
        for name, value in self.chat.slots.items():
            if value is not None:
                click.echo(f"  {name}: {json.dumps(value, ensure_ascii=False)}")

    def events(self, rest: str) -> None:
        """Print the events of the last turn, or all of them."""
        if rest == "all":
            events = self.chat.tracker.events
        else:
            events = self.last.events if self.last else []
        for event in events:
            click.echo(f"  {json.dumps(event, ensure_ascii=False)}")

    def tracker(self, _rest: str) -> None:
        """Print the tracker as an action server gets it."""
        state = self.chat.tracker.current_state()
        click.echo(json.dumps(state, ensure_ascii=False, indent=2))

    def variables(self, rest: str) -> None:
        """Print what the last turn computed; all records, or those of a kind."""
        records = self.last.variables if self.last else []
        for record in records:
            if rest in ("", record["kind"]):
                click.echo(f"  {json.dumps(record, ensure_ascii=False)}")

    def undo(self, _rest: str) -> None:
        """Go back to before the last message."""
        if not self.before:
            raise UsageError("there is no message to take back")
        self.chat = self.before.pop()
        self.last = None
        click.echo("  taken back")

    def save(self, rest: str) -> None:
        """Write the tracker to a file."""
        if not rest:
            raise UsageError(f"say where to: {PREFIX}save FILE")
        state = self.chat.tracker.current_state()
        try:
            Path(rest).write_text(
                json.dumps(state, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
            )
        except OSError as error:
            raise UsageError(f"cannot write {rest!r}: {error.strerror}") from error
        click.echo(f"  saved to {rest}")

    def wait(self, rest: str) -> None:
        """Let seconds pass."""
        try:
            seconds = float(rest)
        except ValueError:
            raise UsageError(f"expected seconds, got {rest!r}") from None
        self.before.append(self.chat.fork())
        self._show(self.chat.advance(seconds=seconds))

    def help(self, _rest: str) -> None:
        """List the commands."""
        for name, known in COMMANDS.items():
            click.echo(f"  {PREFIX + name + ' ' + known.argument:<16} {known.text}")

    def quit(self, _rest: str) -> None:
        """Leave."""
        self.is_open = False


class Known(NamedTuple):
    """A command of the shell."""

    run: Callable[[Shell, str], None]
    text: str
    argument: str = ""


COMMANDS: Mapping[str, Known] = {
    "slots": Known(Shell.slots, "the slots that are set"),
    "events": Known(Shell.events, "the events of the last turn, or all", "[all]"),
    "tracker": Known(Shell.tracker, "the tracker as JSON"),
    "variables": Known(Shell.variables, "what the last turn computed", "[KIND]"),
    "undo": Known(Shell.undo, "take the last message back"),
    "save": Known(Shell.save, "write the tracker to a file", "FILE"),
    "wait": Known(Shell.wait, "let seconds pass: reminders, sessions", "SECONDS"),
    "help": Known(Shell.help, "this list"),
    "quit": Known(Shell.quit, "leave"),
}


def shown_turn(turn: TurnResult) -> Iterator[str]:
    """Yield what there is to see of a turn: messages, actions, slots."""
    for message in turn.messages:
        yield from shown_message(message)
    ran = [name for name in turn.actions if name != "action_listen"]
    if ran:
        yield click.style(f"  ran {', '.join(ran)}", dim=True)
    for event in turn.events:
        if event["event"] == "slot":
            value = json.dumps(event["value"], ensure_ascii=False)
            yield click.style(f"  {event['name']} = {value}", dim=True)
    if not turn.messages:
        yield click.style("  (the bot says nothing)", dim=True)


def shown_finding(finding: Finding) -> Iterator[str]:
    """Yield a finding in two lines."""
    subject = f"{finding.action}: " if finding.action else ""
    said = f"  {finding.rule} {finding.severity}: {subject}{finding.title}"
    yield click.style(said, fg=COLOURS[finding.severity])
    # What rules say names its Rasa; what turns note does not.
    rasa = finding.rasa if finding.rasa.startswith("Rasa") else f"Rasa {finding.rasa}"
    yield f"    {finding.message}; {rasa}"


def shown_message(message: Mapping[str, Any]) -> Iterator[str]:
    """Yield a message, its buttons numbered with what they send."""
    text = message.get("text")
    if text is not None:
        yield f"bot> {text}"
    for number, button in enumerate(message.get("buttons") or (), start=1):
        title, payload = button.get("title"), button.get("payload")
        yield f"  {number}: {title} ({payload})"
    for key in ("image", "attachment", "custom"):
        if key in message:
            yield f"bot> [{key}] {json.dumps(message[key], ensure_ascii=False)}"
