"""`rasa-mock view --text`: conversations in a terminal, for those on a server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from rasa_mock.cli.view_offline import listed_items
from rasa_mock.core.diff import shown
from rasa_mock.errors import UsageError
from rasa_mock.viewer.pages import conversation_page
from rasa_mock.viewer.states import EVENT, MESSAGE, SLOT

if TYPE_CHECKING:
    from rasa_mock.cli.view_options import Options
    from rasa_mock.viewer.library import Library

Json = dict[str, Any]

STYLES = {
    "user": "bold cyan",
    "bot": "green",
    "slot": "yellow",
    "session_started": "dim",
}
SEVERITIES = {"error": "bold red", "warning": "yellow", "info": "blue"}
LONGEST = 200
"""Characters of one value on a line."""


def print_conversations(library: Library, options: Options) -> None:
    """Print the list, or the conversations that are named."""
    console = Console(highlight=False, soft_wrap=not _is_wide())
    for note in library.notes:
        console.print(Text(f"note: {clean(note)}", style="yellow"))
    if not options.sender:
        _print_list(console, library, options)
        _print_runs(console, library)
        return
    for sender_id in options.sender:
        _print_one(console, library, sender_id=sender_id, at=options.at)


def _is_wide() -> bool:
    return Console().is_terminal


def _print_list(console: Console, library: Library, options: Options) -> None:
    listed = listed_items(library, options)
    items = listed.items
    table = Table("sender", box=None, pad_edge=False, header_style="dim")
    table.add_column("events", justify="right")
    table.add_column("last change (UTC)")
    for item in items:
        version = item["version"]
        table.add_row(
            Text(clean(item["sender_id"])),
            "-" if version is None else str(version),
            _moment(item["updated"]),
        )
    if items:
        console.print(table)
    elif not library.runs:
        console.print("no conversation", style="dim")
    for problem in listed.problems:
        said = f"cannot be read: {problem['place']}: {problem['message']}"
        console.print(Text(clean(said), style="red"))
    if listed.more:
        console.print(f"more than {len(items)}: see --limit and --search", style="dim")


def _print_runs(console: Console, library: Library) -> None:
    for name, run in library.runs.items():
        counts = ", ".join(f"{number} {each}" for each, number in run["counts"].items())
        console.print(Text(f"run {clean(name)}: {counts}", style="bold"))
        for finding in run["findings"]:
            console.print(_finding(finding))


def _print_one(
    console: Console, library: Library, *, sender_id: str, at: int | None
) -> None:
    page = conversation_page(
        library.store, sender_id, domain=library.domain, profile=library.profile
    )
    if page is None:
        raise UsageError(
            f"there is no conversation {sender_id!r}: rasa-mock view --text without "
            "--sender lists them"
        )
    console.print(Text(clean(sender_id), style="bold"))
    for problem in page["problems"]:
        said = f"skipped {problem['place']}: {problem['message']}"
        console.print(Text(clean(said), style="red"))
    last = _position(page, at)
    notes = dict(page["notes"])
    records: dict[int, list[Json]] = {}
    for record in page["records"]:
        records.setdefault(record.get("index", 0), []).append(record)
    for index, event in enumerate(page["events"][: last + 1]):
        position = page["first"] + index
        console.print(_event_line(position, event, page["changes"][index]))
        if index in notes:
            console.print(Text(f"       note: {clean(notes[index])}", style="yellow"))
        for line in _records(records.get(position, ())):
            console.print(line)
    _print_state(console, page, last=last)


def _position(page: Json, at: int | None) -> int:
    """Return the index of the event that is asked for; the last if none is."""
    last: int = len(page["events"]) - 1
    if at is None:
        return last
    index: int = at - page["first"]
    if not 0 <= index <= last:
        raise UsageError(
            f"expected --at from {page['first']} to {page['first'] + last}, got {at}"
        )
    return index


def _event_line(position: int, event: Json, changes: list[Any]) -> Text:
    kind = str(event.get("event"))
    line = Text(f"{position:>5} ", style="dim")
    line.append("*" if changes else " ", style="yellow")
    line.append(f" {clean(kind):<16} ", style=STYLES.get(kind, ""))
    line.append(clean(summary(event)), style=STYLES.get(kind, ""))
    return line


def summary(event: Json) -> str:
    """Say on one line what an event says."""
    kind = event.get("event")
    if kind == "user":
        intent = ((event.get("parse_data") or {}).get("intent") or {}).get("name")
        text = str(event.get("text") or "")
        return f"{text}  -> {intent}" if intent else text
    if kind == "bot":
        data = {k: v for k, v in (event.get("data") or {}).items() if v is not None}
        text = str(event.get("text") or "")
        return f"{text} {shown(data, width=LONGEST)}" if data else text
    if kind == "slot":
        return f"{event.get('name')} = {shown(event.get('value'), width=LONGEST)}"
    left_out = ("event", "timestamp", "metadata", "name")
    rest = {k: v for k, v in event.items() if k not in left_out and v is not None}
    name = str(event.get("name") or "")
    is_plain = kind == "action" or not rest
    return name if is_plain else f"{name} {shown(rest, width=LONGEST)}".strip()


def _records(records: Any) -> Iterator[Text]:
    for record in records:
        if record.get("kind") == "finding":
            yield _finding(record)
        else:
            line = RECORDS.get(str(record.get("kind")), _any_record)(record)
            yield Text(f"       {clean(line)}", style="dim")


def _finding(finding: Json) -> Text:
    style = SEVERITIES.get(str(finding.get("severity")), "")
    line = Text("       ")
    line.append(f"{finding.get('rule')} {finding.get('severity')} ", style=style)
    line.append(clean(str(finding.get("message"))))
    return line


def _call(record: Json) -> str:
    what = record.get("failure") or record.get("status")
    took = record.get("elapsed")
    time = f", {took * 1000:.1f} ms" if isinstance(took, int | float) else ""
    return f"call {record.get('action')}: {what}{time}"


def _prediction(record: Json) -> str:
    sure, why = record.get("confidence"), record.get("reason")
    said = f"predicted {record.get('action')} by {record.get('policy')} ({sure})"
    return f"{said}: {why}" if why else said


def _parse(record: Json) -> str:
    data = record.get("parse_data") or record
    intent = data.get("intent") or {}
    entities = [each for each in data.get("entities") or () if isinstance(each, dict)]
    found = {str(each.get("entity")): each.get("value") for each in entities}
    more = f" {shown(found, width=LONGEST)}" if found else ""
    return f"understood {intent.get('name')} ({intent.get('confidence')}){more}"


def _slot(record: Json) -> str:
    before, after = (shown(record.get(key), width=60) for key in ("before", "after"))
    return f"slot {record.get('name')}: {before} -> {after}, by {record.get('cause')}"


def _turn(record: Json) -> str:
    took = record.get("elapsed")
    time = f"{took * 1000:.1f} ms" if isinstance(took, int | float) else "?"
    lost = ", lost: none of its events is stored" if record.get("lost") else ""
    return f"turn: {record.get('steps')} actions, {time}{lost}"


def _any_record(record: Json) -> str:
    hidden = ("kind", "turn", "index", "number")
    rest = {key: value for key, value in record.items() if key not in hidden}
    return f"{record.get('kind')} {shown(rest, width=LONGEST)}"


def _trace(record: Json) -> str:
    return f"trace {record.get('name')} = {shown(record.get('value'), width=LONGEST)}"


RECORDS = {
    "call": _call,
    "parse": _parse,
    "prediction": _prediction,
    "problem": lambda record: f"skipped: {record.get('message')}",
    "slot": _slot,
    "trace": _trace,
    "turn": _turn,
}


def _print_state(console: Console, page: Json, *, last: int) -> None:
    """Print the state after an event; what the event changed is marked."""
    state, before = dict(page["initial"]), {}
    for index, changes in enumerate(page["changes"][: last + 1]):
        if index == last:
            before = {name: state.get(name) for name, _ in changes}
        state.update(changes)
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in state.items():
        changed = name in before
        label = name.removeprefix(SLOT)
        found = _value(page, name, value)
        if changed:
            found = f"{_value(page, name, before[name])} -> {found}"
        style = "bold yellow" if changed else "dim" if value in (None, []) else ""
        table.add_row(
            "*" if changed else " ", Text(clean(label)), Text(found), style=style
        )
    console.print(escape(f"state after event {page['first'] + last}"), style="bold")
    console.print(table)


def _value(page: Json, name: str, value: Any) -> str:
    if name == MESSAGE and isinstance(value, dict):
        if set(value) == {EVENT}:
            return clean(summary(page["events"][value[EVENT]]))
        return clean(
            summary({"event": "user", "text": value.get("text"), "parse_data": value})
        )
    return clean(shown(value, width=LONGEST))


def clean(text: str) -> str:
    """Return a text that cannot steer a terminal."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode()
        for sign in text
    )


def _moment(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    try:
        moment = datetime.fromtimestamp(seconds, tz=timezone.utc)
    except (OverflowError, OSError, ValueError):
        return "-"
    return moment.strftime("%Y-%m-%d %H:%M:%S")
