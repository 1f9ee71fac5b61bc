"""A Faker provider for Rasa: `fake.add_provider(rasa_mock.faker.Provider)`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from rasa_mock.core.domain import Domain
from rasa_mock.errors import UsageError
from rasa_mock.files.domain import load_domain
from rasa_mock.generate import faker_provider

__all__ = ["Provider"]

# Domains that are kept: a Faker is asked for many things of one.
KEPT = 16


class Provider(faker_provider.Provider):
    """Adds `rasa_tracker`, `rasa_event`, `rasa_request`, `rasa_response` and more."""

    def _read(self, path: str | Path) -> Domain:
        if not isinstance(path, str | Path):
            raise UsageError(
                "expected as domain a path, a Domain, or what its file holds, got "
                f"{path!r}"
            )
        return _loaded(str(path), self.rasa_profile)


@lru_cache(maxsize=KEPT)
def _loaded(path: str, profile: str) -> Domain:
    return load_domain(path, profile=profile)
