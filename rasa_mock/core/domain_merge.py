"""How Rasa makes one domain of several.

Imitates `Domain.merge_domain_dicts` of `rasa.shared.core.domain` and the functions of
`rasa.shared.utils.common` that it uses (Rasa 3.6).  Objects in, object out; from which
files they come is the business of `rasa_mock.files`.

Of what both say about the same name, the domain merged *first* wins; yet in the
result the names of the later one come first.  Sections that are not merged (`version`,
`config`, unknown ones) are those of the first domain alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rasa_mock.core.domain_parts import SessionConfig
from rasa_mock.core.refusals import reading


def merge_domains(first: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Merge `other` into `first`; neither is changed.

    Raises DataError for sections of a shape that Rasa cannot merge.
    """
    if not other or not first:
        return dict(first or other)
    merged = dict(first)
    default = SessionConfig().as_dict()
    ours, theirs = first.get("session_config"), other.get("session_config")
    if ours in (None, default) and theirs not in (None, default):
        merged["session_config"] = theirs
    other = {**other, **_without_forms(first, other)}
    for key, merge in _MERGES.items():
        with reading(f"/{key}", expected="sections that merge", got=other.get(key)):
            ours, theirs = merged.get(key, _EMPTY[merge]), other.get(key, _EMPTY[merge])
            merged[key] = merge(ours, theirs)
    return merged


def _without_forms(
    first: Mapping[str, Any], other: Mapping[str, Any]
) -> dict[str, list[Any]]:
    """Return the actions of `other` less the forms of `first`, once each."""
    if "actions" not in other:
        return {}
    with reading("/actions", expected="a list of actions", got=other["actions"]):
        actions = list(other["actions"])
        for form in first.get("forms", []):
            if form in actions:
                actions.remove(form)
    return {"actions": actions}


def _merge_mappings(ours: Any, theirs: Any) -> dict[str, Any]:
    merged: dict[str, Any] = theirs.copy()
    merged.update(ours)
    return merged


def _merge_named(ours: Any, theirs: Any) -> list[Any]:
    """Merge lists of names and of objects, which count by their first key."""
    return list({**_by_name(theirs), **_by_name(ours)}.values())


def _by_name(items: Any) -> dict[Any, Any]:
    return {_name(item): item for item in items}


def _name(item: Any) -> Any:
    # Not min(): of an empty object Rasa raises an IndexError.
    return sorted(item)[0] if isinstance(item, dict) else item  # noqa: FURB192


def _merge_texts(ours: Any, theirs: Any) -> list[Any]:
    return sorted(set(ours + theirs))


_EMPTY: Mapping[Callable[..., Any], Any] = {
    _merge_mappings: {},
    _merge_named: [],
    _merge_texts: [],
}

# In the order in which Rasa adds the sections that the first domain lacks.
_MERGES: Mapping[str, Callable[[Any, Any], Any]] = {
    "intents": _merge_named,
    "entities": _merge_named,
    "actions": _merge_named,
    "e2e_actions": _merge_texts,
    "forms": _merge_mappings,
    "responses": _merge_mappings,
    "slots": _merge_mappings,
}


def repeated_names(
    first: Mapping[str, Any], other: Mapping[str, Any]
) -> dict[str, list[str]]:
    """List, by section, what two domains both define (Rasa warns of it)."""
    repeated = {}
    for key in _MERGES:
        with reading(f"/{key}", expected="sections that merge", got=other.get(key)):
            ours = {_name(item) for item in first.get(key) or ()}
            theirs = {_name(item) for item in other.get(key) or ()}
            if both := sorted(ours & theirs):
                repeated[key] = [str(name) for name in both]
    return repeated
