"""`rasa-mock generate`: write sets of fixtures, and say which no longer fit.

Exit codes: 0 written, or all fit; 1 with `--check`: some no longer fit; 2 wrong usage
or a bad file.  What is made is the business of `rasa_mock.generate.corpus`, which wrong
answers of `rasa_mock.run.wrong`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from rasa_mock.errors import UsageError
from rasa_mock.resources import DEFAULT_PROFILE

# `corpus.KINDS`, repeated here so that --help does not import what generates.
KINDS = ("requests", "trackers", "events", "responses", "conversations")
FORMATS = ("json", "jsonl", "pytest")
DEFAULT_COUNT = 20


@click.command("generate")
@click.argument("kind", metavar="[KIND]", required=False)
@click.option(
    "--domain",
    type=click.Path(path_type=Path),
    required=True,
    metavar="PATH",
    help="The domain, a file or a folder.",
)
@click.option(
    "--count",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"How many. [default: {DEFAULT_COUNT}; with --invalid one for each rule]",
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="S")
@click.option("--locale", default="en_US", show_default=True, metavar="L")
@click.option("--profile", default=DEFAULT_PROFILE, show_default=True, metavar="P")
@click.option(
    "--format",
    "layout",
    type=click.Choice(FORMATS),
    default="json",
    show_default=True,
    help="A file for each, one a line, or one a line with a test file beside it.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to write; without it they are printed, one a line.",
)
@click.option(
    "--action",
    "actions",
    multiple=True,
    metavar="NAME",
    help="Only for this action (may be repeated).",
)
@click.option(
    "--event",
    "types",
    multiple=True,
    metavar="TYPE",
    help="Only events of this type (may be repeated).",
)
@click.option(
    "--events",
    "size",
    type=click.IntRange(min=10, max=100_000),
    metavar="N",
    help="How many events each tracker has.",
)
@click.option(
    "--invalid",
    is_flag=True,
    help="Responses that are wrong, labelled with the rule that they break.",
)
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar="ID",
    help="With --invalid: only these rules, by id or its beginning.",
)
@click.option(
    "--nlu",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="PATH",
    help="The bot's training data: users say what stands there.",
)
@click.option(
    "--schemas",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="DIR",
    help="Schemas of your own event types and slots (may be repeated).",
)
@click.option(
    "--now",
    type=float,
    default=1_700_000_000.0,
    show_default=True,
    metavar="SECONDS",
    help="When the conversations take place, in seconds since 1970.",
)
@click.option(
    "--check",
    "checked",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Generate nothing: say which fixtures in DIR no longer fit the domain.",
)
def command(
    *,
    kind: str | None,
    domain: Path,
    count: int | None,
    seed: int,
    locale: str,
    profile: str,
    layout: str,
    out: Path | None,
    actions: Sequence[str],
    types: Sequence[str],
    size: int | None,
    invalid: bool,
    rules: Sequence[str],
    nlu: Sequence[Path],
    schemas: Sequence[Path],
    now: float,
    checked: Path | None,
) -> None:
    """Write fixtures for tests: reachable states of a bot, the same for a seed.

    KIND is one of requests, trackers, events, responses and conversations.
    """
    if checked is not None:
        from rasa_mock.cli.generate_check import check_folder

        sys.exit(check_folder(checked, kind=kind, domain_path=domain, schemas=schemas))
    from rasa_mock.cli.generate_write import Order, write

    order = Order(
        kind=_known(kind),
        domain_path=domain,
        count=count,
        seed=seed,
        locale=locale,
        profile=profile,
        layout=layout,
        out=out,
        actions=tuple(actions),
        types=tuple(types),
        size=size,
        invalid=invalid,
        rules=tuple(rules),
        nlu=tuple(nlu),
        schemas=tuple(schemas),
        now=now,
    )
    write(order)


def _known(kind: str | None) -> str:
    expected = ", ".join(KINDS)
    if kind is None:
        raise UsageError(f"say what to generate: one of {expected}")
    if kind not in KINDS:
        from difflib import get_close_matches

        near = get_close_matches(kind, KINDS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"cannot generate {kind!r}: expected one of {expected}{hint}")
    return kind
