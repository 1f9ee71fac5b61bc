"""Intents, entities, actions, forms and session settings of a domain.

Imitates the readers in `rasa.shared.core.domain` (Rasa 3.6), one function a section,
each taking the section as written.  Putting them together is `core.domain`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_mock.core.defaults import (
    CARRY_OVER_SLOTS,
    DEFAULT_INTENTS,
    SESSION_EXPIRATION_MINUTES,
    VALIDATE_PREFIX,
)
from rasa_mock.core.refusals import pointer_token, reading, refuse

DOCS_DOMAIN = "https://rasa.com/docs/rasa/domain"
DOCS_FORMS = "https://rasa.com/docs/rasa/forms"

LABEL_SEPARATOR = "#"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitySpec:
    """One entity; `ignored` says that no intent uses it unless told so."""

    name: str
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    ignored: bool = False

    def labels(self) -> list[str]:
        """List the names under which its roles and groups are known to intents."""
        return [
            f"{self.name}{LABEL_SEPARATOR}{label}"
            for label in (*self.roles, *self.groups)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentSpec:
    """One intent and the entities (and `entity#role` labels) that count for it.

    `properties` are its other settings as written; `is_default` marks the intents that
    every domain has.
    """

    name: str
    used_entities: tuple[str, ...] = ()
    properties: Mapping[str, Any]
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form: the slots that it asks for, in order."""

    name: str
    required_slots: tuple[str, ...] = ()
    ignored_intents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig:
    """When a conversation session ends (minutes; 0: never), and whether slots stay."""

    session_expiration_time: float = SESSION_EXPIRATION_MINUTES
    carry_over_slots_to_new_session: bool = CARRY_OVER_SLOTS

    def as_dict(self) -> dict[str, Any]:
        """Return it as written in a domain file."""
        return {
            "session_expiration_time": self.session_expiration_time,
            "carry_over_slots_to_new_session": self.carry_over_slots_to_new_session,
        }


def read_entities(section: Any) -> list[EntitySpec]:
    """Read `entities:` in the order written; names may repeat."""
    with reading("/entities", expected="a list of entities", got=section):
        return [
            spec
            for index, item in enumerate(section)
            for spec in _entity_specs(item, pointer=f"/entities/{index}")
        ]


def _entity_specs(item: Any, *, pointer: str) -> Iterator[EntitySpec]:
    if isinstance(item, str):
        yield EntitySpec(name=item)
    elif isinstance(item, dict):
        for name, settings in item.items():
            with reading(pointer, expected="the settings of an entity", got=settings):
                yield _entity_spec(name, settings)
    else:
        raise refuse(
            "InvalidDomain",
            f"Invalid domain. Entity is invalid, type of entity '{item}' not "
            f"supported: '{type(item).__name__}'",
            pointer=pointer,
        )


def _entity_spec(name: Any, settings: Any) -> EntitySpec:
    if not settings:
        raise refuse("InvalidDomain", _stray_colon("entity", name, settings=settings))
    return EntitySpec(
        name=name,
        roles=tuple(settings["roles"]) if "roles" in settings else (),
        groups=tuple(settings["groups"]) if "groups" in settings else (),
        ignored="influence_conversation" in settings
        and settings["influence_conversation"] is False,
    )


def _stray_colon(kind: str, name: Any, *, settings: Any) -> str:
    plural = {"entity": "entities", "intent": "intents"}[kind]
    after = f"the entity `{name}`" if kind == "entity" else "the intent's name"
    return (
        f"In the `domain.yml` file, the {kind} '{name}' cannot have value of "
        f"`{type(settings)}`. If you have placed a ':' character after {after} "
        f"without adding any additional parameters to this {kind} then you would need "
        f"to remove the ':' character. Please see {DOCS_DOMAIN} for more "
        f"information on how to correctly add `{plural}` in the `domain` and "
        f"{DOCS_DOMAIN}#{plural} for examples on when to use the ':' character after "
        f"an {kind}'s name."
    )


def read_intents(section: Any, entities: Sequence[EntitySpec]) -> dict[str, IntentSpec]:
    """Read `intents:` and add the default ones; listing a name twice is refused."""
    found: dict[str, IntentSpec] = {}
    repeated: set[Any] = set()
    with reading("/intents", expected="a list of intents", got=section):
        for index, item in enumerate(section):
            pointer = f"/intents/{index}"
            with reading(pointer, expected="an intent", got=item):
                name = _first_name(item) if isinstance(item, dict) else item
                if name in found:
                    repeated.add(name)
                found.update(_intent_specs(item, entities))
        if repeated:
            raise refuse(
                "InvalidDomain",
                "Intents are not unique! Found multiple intents with name(s) "
                f"{sorted(repeated)}. Either rename or remove the duplicate ones.",
                pointer="/intents",
            )
    for name in DEFAULT_INTENTS:
        if name not in found:
            used = _used_entities({}, entities)
            found[name] = IntentSpec(
                name=name, used_entities=used, properties={}, is_default=True
            )
    return found


def _intent_specs(item: Any, entities: Sequence[EntitySpec]) -> dict[str, IntentSpec]:
    """Read one item.  Of an object with several names only the first is checked."""
    if not isinstance(item, dict):
        used = _used_entities({}, entities)
        return {item: IntentSpec(name=item, used_entities=used, properties={})}
    name = _first_name(item)
    settings = item[name]
    if not settings:
        raise refuse("InvalidDomain", _stray_colon("intent", name, settings=settings))
    used = _used_entities(settings, entities)
    rest = {key: settings[key] for key in settings if key not in _INTENT_KEYS}
    specs = {name: IntentSpec(name=name, used_entities=used, properties=rest)}
    for other in list(item)[1:]:
        specs[other] = IntentSpec(name=other, properties=item[other])
    return specs


def _first_name(item: Mapping[str, Any]) -> Any:
    # Not next(): of an empty object Rasa raises an IndexError.
    return list(item)[0]  # noqa: RUF015


_INTENT_KEYS = ("use_entities", "ignore_entities", "used_entities")


def _used_entities(
    settings: Mapping[str, Any], entities: Sequence[EntitySpec]
) -> tuple[str, ...]:
    """Work out which entities count for an intent; leaving out beats including."""
    use = settings.get("use_entities", True)
    by_default_ignored = [spec.name for spec in entities if spec.ignored]
    if use is True:
        included = {spec.name for spec in entities} - set(by_default_ignored)
        included.update(label for spec in entities for label in spec.labels())
    else:
        included = _with_labels(use or (), entities)
    excluded = _with_labels(
        settings.get("ignore_entities", by_default_ignored), entities
    )
    return tuple(sorted(included - excluded))


def _with_labels(names: Iterable[str], entities: Sequence[EntitySpec]) -> set[str]:
    chosen = set(names)
    # A null among the names stands for the labels of all entities.
    return chosen.union(
        label
        for spec in entities
        if spec.name in chosen or None in chosen
        for label in spec.labels()
    )


def read_action_names(section: Any) -> list[str]:
    """Read `actions:`, the names in order."""
    names: list[str] = []
    with reading("/actions", expected="a list of actions", got=section):
        for item in section:
            if isinstance(item, dict):
                names.extend(item)
            elif isinstance(item, str):
                names.append(item)
    return names


def read_actions_needing_domain(section: Any) -> frozenset[str]:
    """Read from `actions:` which are sent the domain whatever the endpoint says."""
    need_domain: set[str] = set()
    with reading("/actions", expected="a list of actions", got=section):
        for index, item in enumerate(section):
            pointer = f"/actions/{index}"
            with reading(pointer, expected="an action's name", got=item):
                need_domain.update(_needing_domain(item))
    return frozenset(need_domain)


def _needing_domain(item: Any) -> Iterator[str]:
    if isinstance(item, dict):
        for name, settings in item.items():
            if settings.get("send_domain", False):
                yield name
    elif item.startswith(VALIDATE_PREFIX):
        yield item


def read_session_config(section: Any) -> SessionConfig:
    """Read `session_config:`; a missing or null expiration time is the default."""
    with reading("/session_config", expected="a mapping", got=section):
        minutes = section.get("session_expiration_time")
        carry_over = section.get("carry_over_slots_to_new_session", CARRY_OVER_SLOTS)
    return SessionConfig(
        session_expiration_time=(
            SESSION_EXPIRATION_MINUTES if minutes is None else minutes
        ),
        carry_over_slots_to_new_session=carry_over,
    )


def check_forms(section: Any) -> None:
    """Raise DataError (`InvalidDomain`) unless `forms:` has a shape that Rasa takes."""
    if not isinstance(section, dict):
        raise refuse(
            "InvalidDomain",
            "Forms have to be specified as dictionary.",
            pointer="/forms",
        )
    for name, settings in section.items():
        pointer = f"/forms/{pointer_token(name)}"
        if settings is not None and not isinstance(settings, dict):
            raise refuse(
                "InvalidDomain",
                f"The contents of form '{name}' were specified as "
                f"'{type(settings)}'. They need to be specified as dictionary. Please "
                f"see {DOCS_FORMS} for more information.",
                pointer=pointer,
            )
        if (
            settings
            and "ignored_intents" in settings
            and ("required_slots" not in settings)
        ):
            raise refuse(
                "InvalidDomain",
                "If you use the `ignored_intents` parameter in your form, then the "
                "keyword `required_slots` is required. Please see "
                f"{DOCS_FORMS} for more information.",
                pointer=pointer,
            )


def normalise_forms(section: Mapping[str, Any]) -> dict[str, Any]:
    """Return `forms:` as Rasa keeps it: what has no `required_slots` is taken as it."""
    return {
        name: settings
        if settings is None or "required_slots" in settings
        else {"required_slots": settings}
        for name, settings in section.items()
    }


def read_form(name: str, settings: Mapping[str, Any] | None) -> Form:
    """Read one form as kept; a mapping instead of a list of slots gives its names."""
    settings = settings or {}
    return Form(
        name=name,
        required_slots=_as_tuple(settings.get("required_slots")),
        ignored_intents=_as_tuple(settings.get("ignored_intents")),
    )


def _as_tuple(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, (list, tuple, dict)) else (value,)


def sort_intents(section: Any) -> list[Any]:
    """Return `intents:` as Rasa sends it: by name, and flags that are off as []."""
    return sorted(
        (_without_flags(item) for item in section),
        key=_sort_key,
    )


def _sort_key(item: Any) -> Any:
    if isinstance(item, dict):
        return _first_name(item)
    # Rasa sorts by null what is no text, so that two such items stumble.
    return item if isinstance(item, str) else None


def _without_flags(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    return {name: _reset_flags(settings) for name, settings in item.items()}


def _reset_flags(settings: Any) -> Any:
    flags: dict[str, list[str]] = {
        key: []
        for key in ("use_entities", "ignore_entities")
        if key in settings.keys() and not settings[key]  # noqa: SIM118 -- as Rasa
    }
    return {**settings, **flags}
