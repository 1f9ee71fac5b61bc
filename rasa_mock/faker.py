"""A Faker provider for Rasa: `fake.add_provider(rasa_mock.faker.Provider)`."""

from __future__ import annotations

from rasa_mock.generate.faker_provider import Provider

__all__ = ["Provider"]
