"""What stands beside generated fixtures: how they were made, from which domain.

`manifest.json` has a set for each kind that was generated into a folder.  It holds
nothing of the machine, the time or the Python: the same command writes the same bytes.
With it the set can be made again (`command`), and it can be told what has changed since
(`rasa_mock.generate.outdated`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from rasa_mock.errors import DataError
from rasa_mock.generate.corpus import Recipe
from rasa_mock.generate.provider import faker_version, made_by
from rasa_mock.schema.registry import Registry

Json = dict[str, Any]
NAME = "manifest.json"
VERSION = 1
FORMATS = ("json", "jsonl", "pytest")
# What JSON allows in a text and some readers take for the end of a line, and halves of
# surrogate pairs, which UTF-8 does not have.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]")


def to_line(document: Any) -> str:
    """Write a document on one line, the same on every machine."""
    return _safe(json.dumps(document, ensure_ascii=False, separators=(",", ":")))


def to_text(document: Any) -> str:
    """Write a document for people, with a line end at its end."""
    return f"{_safe(json.dumps(document, ensure_ascii=False, indent=1))}\n"


def _safe(text: str) -> str:
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def digest(value: Any) -> str:
    """Return the SHA-256 of a JSON value, however its keys are ordered."""
    text = json.dumps(value, sort_keys=True, default=str)
    return sha256(text.encode()).hexdigest()


def schema_digest(registry: Registry) -> str:
    """Return the digest of all schemas of a profile, the project's own included."""
    return digest(registry.bundle())


def set_of(
    recipe: Recipe,
    *,
    version: str,
    layout: str,
    files: Mapping[str, Json],
    more: Mapping[str, Any],
) -> Json:
    """Return the manifest's entry for a set; `version` is that of rasa_mock.

    `files` maps a file's name to its digest and the ids of its fixtures; `more` are
    further settings of the command that made it.
    """
    domain = recipe.domain.as_dict()
    return {
        "kind": recipe.kind,
        "count": sum(len(each["ids"]) for each in files.values()),
        "format": layout,
        "seed": recipe.seed,
        "locale": recipe.locale,
        "profile": recipe.registry.profile,
        "now": recipe.now,
        "actions": list(recipe.actions),
        "types": list(recipe.types),
        "size": recipe.size,
        **more,
        "versions": _versions(recipe, version=version),
        "schema_digest": schema_digest(recipe.registry),
        "domain_digest": digest(domain),
        "domain": domain,
        "files": dict(files),
    }


def _versions(recipe: Recipe, *, version: str) -> Json:
    """Name the versions that the bytes depend on; Faker's only if it was asked."""
    versions = {"rasa_mock": version, "rasa": recipe.profile.version}
    if made_by(recipe.locale) is not None or _asks_faker(recipe.registry):
        versions["faker"] = faker_version()
    return versions


def _asks_faker(registry: Registry) -> bool:
    """Say whether a project's own schemas name methods of Faker."""
    own = {*registry.definitions} - {*Registry.load(registry.profile).definitions}
    return any('"faker"' in json.dumps(registry.definitions[name]) for name in own)


def read_manifest(text: str, *, path: str) -> Json:
    """Read a manifest and return its sets by name.

    Raises DataError for what is none, or one of a later version.
    """
    try:
        manifest = json.loads(text)
    except ValueError as error:
        message = f"expected the manifest of generated fixtures, got no JSON: {error}"
        raise DataError(message, path=path) from None
    sets = manifest.get("sets") if isinstance(manifest, dict) else None
    if not isinstance(sets, dict) or not all(_is_set(each) for each in sets.values()):
        message = "expected the manifest of generated fixtures, with 'sets' in it"
        raise DataError(message, path=path)
    if manifest.get("version") != VERSION:
        message = (
            f"expected a manifest of version {VERSION}, got "
            f"{manifest.get('version')!r}; generate the fixtures again"
        )
        raise DataError(message, path=path, pointer="/version")
    return sets


def _is_set(value: Any) -> bool:
    wanted = ("kind", "files", "domain", "seed", "profile", "schema_digest")
    if not isinstance(value, dict) or any(key not in value for key in wanted):
        return False
    files = value["files"]
    return isinstance(files, dict) and all(
        isinstance(each, dict) and isinstance(each.get("ids"), list)
        for each in files.values()
    )


def manifest_of(sets: Mapping[str, Json]) -> Json:
    """Return the manifest of a folder's sets, by name."""
    return {
        "version": VERSION,
        "made_by": "rasa-mock generate",
        "sets": {name: sets[name] for name in sorted(sets)},
    }


def command(entry: Mapping[str, Any], *, domain: str, out: str) -> str:
    """Return the command that makes a set again, with today's domain."""
    parts = ["rasa-mock generate", entry["kind"], f"--domain {domain}"]
    parts += [f"--count {entry['count']}", f"--seed {entry['seed']}"]
    for key, usual in _USUAL.items():
        if entry.get(key, usual) != usual:
            parts.append(f"--{key} {entry[key]}")
    parts += _repeated("action", entry.get("actions"))
    parts += _repeated("event", entry.get("types"))
    if entry.get("size") is not None:
        parts.append(f"--events {entry['size']}")
    if entry.get("invalid"):
        parts.append("--invalid")
    parts += _repeated("rule", entry.get("rules"))
    return " ".join([*parts, f"--out {out}"])


_USUAL: Mapping[str, Any] = {
    "locale": "en_US",
    "profile": "rasa-3.6",
    "format": "json",
    "now": 1_700_000_000.0,
}


def _repeated(option: str, values: Iterable[str] | None) -> list[str]:
    return [f"--{option} {value}" for value in values or ()]
