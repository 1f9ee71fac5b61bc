"""A bot's folder: domain, training data and config, read into one `Bot`.

The folder is as for Rasa: `domain.yml` or the folder `domain/`, training data in
`data/`, over any number of files, and `config.yml`.  What Rasa would refuse to train
raises DataError with file and line; what it would only warn of is a notice.

Imitates rasa/shared/importers/rasa.py and rasa/shared/data.py (Rasa 3.6).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rasa_mock.core.bot import Bot, Notice
from rasa_mock.core.domain import Domain
from rasa_mock.core.nlu import Interpreter, NluData, Similar
from rasa_mock.core.policies.ensemble import Ensemble, Place
from rasa_mock.core.policies.memoization import MemoizationPolicy
from rasa_mock.core.policies.rule import RulePolicy
from rasa_mock.core.policies.training import Block, conversations
from rasa_mock.core.profile import RASA_3_6, Named
from rasa_mock.errors import DataError
from rasa_mock.files.config import (
    Config,
    learn_policies,
    make_components,
    read_config,
)
from rasa_mock.files.domain import SlotTypes, load_domain, yaml_files
from rasa_mock.files.stories import read_blocks
from rasa_mock.files.story_checks import check_blocks
from rasa_mock.files.training_data import NluReader
from rasa_mock.files.yaml import Document, load_yaml, parse_yaml

MODEL_ID = "00000000000000000000000000000000"
DOMAIN_NAMES = ("domain.yml", "domain.yaml", "domain")
CONFIG_NAMES = ("config.yml", "config.yaml")
DATA_SECTIONS = ("nlu", "stories", "rules", "responses")


@dataclass(slots=True, kw_only=True)
class Notes:
    """Gathers the notices of all files."""

    notices: list[Notice] = field(default_factory=list)

    def of(self, document: Document) -> Teller:
        """Return what takes notices about a file."""
        return Teller(notes=self, document=document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Takes notices about one file, with the JSON pointer of what they are about."""

    notes: Notes
    document: Document

    def __call__(self, message: str, pointer: str) -> None:
        self.notes.notices.append(
            Notice(
                message=message,
                path=self.document.path,
                line=self.document.line_of(pointer),
            )
        )


def load_bot(
    path: Path | str,
    *,
    similar: Similar,
    slot_types: SlotTypes | None = None,
    profile: Named = RASA_3_6,
) -> Bot:
    """Read the folder of a bot.

    `similar` says how like two sentences are (`rasa_mock.similar`); `slot_types` maps
    the paths of custom slot classes to their conversions; `profile` is the Rasa that
    reads the domain.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise DataError(
            "expected the folder of a bot, with domain.yml, data/ and config.yml",
            path=str(folder),
        )
    notes = Notes()
    domain = _load_domain(folder, notes, slot_types=slot_types, profile=profile)
    reader, blocks = _read_data(folder / "data", notes=notes)
    config = _load_config(folder, notes=notes)
    data = reader.data()
    notes.notices += check_blocks(blocks, domain=domain)
    notes.notices += _about_forms(domain)
    return Bot(
        domain=domain,
        ensemble=_learn(
            config, blocks, domain=domain, places=_places(blocks, folder=folder)
        ),
        interpreter=_interpreter(config, data, domain=domain, similar=similar),
        ids={"model_id": MODEL_ID, "assistant_id": config.assistant_id},
        notices=tuple(notes.notices),
    )


def _load_domain(
    folder: Path, notes: Notes, *, slot_types: SlotTypes | None, profile: Named
) -> Domain:
    found = _first(folder, DOMAIN_NAMES)
    if found is None:
        raise DataError(
            f"no domain here: expected {' or '.join(DOMAIN_NAMES)}", path=str(folder)
        )

    def warn(message: str) -> None:
        notes.notices.append(Notice(message=message, path=str(found)))

    return load_domain(found, slot_types=slot_types, warn=warn, profile=profile)


def _load_config(folder: Path, *, notes: Notes) -> Config:
    found = _first(folder, CONFIG_NAMES)
    if found is None:
        document = parse_yaml("{}", path=str(folder / CONFIG_NAMES[0]))
        notes.of(document)("no such file: Rasa's default pipeline and policies", "")
    else:
        document = load_yaml(found).filled_in()
    return read_config(document, tell=notes.of(document))


def _first(folder: Path, names: Iterable[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).exists()), None)


def _read_data(folder: Path, *, notes: Notes) -> tuple[NluReader, list[Block]]:
    """Read every YAML file of training data at any depth, by path."""
    reader = NluReader()
    blocks: list[Block] = []
    for document in _documents(folder):
        reader.read(document, tell=notes.of(document))
        blocks += read_blocks(document, tell=notes.of(document))
    return reader, blocks


def _documents(folder: Path) -> Iterator[Document]:
    if not folder.is_dir():
        return
    for path in sorted(yaml_files(folder), key=str):
        document = load_yaml(path).filled_in()
        if isinstance(document.value, dict) and any(
            section in document.value for section in DATA_SECTIONS
        ):
            yield document
        elif document.value is not None and not isinstance(document.value, dict):
            raise DataError(
                f"expected a mapping with {', '.join(DATA_SECTIONS)}, got "
                f"{type(document.value).__name__}",
                path=document.path,
                line=1,
            )


def _about_forms(domain: Domain) -> Iterator[Notice]:
    for form in domain.forms.values():
        if not form.required_slots:
            yield Notice(
                message=f"the form {form.name!r} has no required slots: it ends as "
                "soon as it starts, unless its validation asks for some"
            )


def _interpreter(
    config: Config, data: NluData, *, domain: Domain, similar: Similar
) -> Interpreter:
    components = make_components(config, data=data, similar=similar)
    return Interpreter(domain=domain, components=components)


def _places(blocks: Sequence[Block], *, folder: Path) -> dict[tuple[bool, str], Place]:
    """Say where rules and stories stand, as seen from the bot's folder."""
    return {
        (block.is_rule, block.name): (
            None if block.path is None else os.path.relpath(block.path, folder),
            block.line,
        )
        for block in blocks
    }


def _learn(
    config: Config,
    blocks: Sequence[Block],
    *,
    domain: Domain,
    places: Mapping[tuple[bool, str], Place],
) -> Ensemble:
    data = conversations(blocks, domain=domain)
    policies = learn_policies(config, data, domain=domain)
    rules = [policy for policy in policies if isinstance(policy, RulePolicy)]
    for policy in rules:
        _refuse_contradictions(policy, blocks)
    return Ensemble(
        domain=domain,
        places=places,
        rules=rules[-1] if rules else None,
        memories=tuple(
            policy for policy in policies if isinstance(policy, MemoizationPolicy)
        ),
        learned_elsewhere=any(
            policy.get("name", "").endswith("TEDPolicy") for policy in config.policies
        ),
    )


def _refuse_contradictions(policy: RulePolicy, blocks: Sequence[Block]) -> None:
    if not policy.contradictions:
        return
    first = policy.contradictions[0]
    name = first.name.partition(" + ")[0]
    block = next((block for block in blocks if block.name == name), None)
    number = len(policy.contradictions)
    more = f" (and {number - 1} more like this)" if number > 1 else ""
    raise DataError(
        f"{first.message}{more}; Rasa refuses to train: change one of them",
        path=block.path if block else None,
        line=block.line if block else None,
        rasa_class="InvalidRule",
    )
