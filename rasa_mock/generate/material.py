"""What a user hands over for the cases: training data, metadata, channels, sender ids.

Without any of it everything is made up.  What does not live here: reading the files
(`rasa_mock.files.nlu`) and using what they say (`lexicon`, `scene`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rasa_mock.core.nlu import NluData


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """A user's own values; what is empty is made up instead.

    `nlu` is the bot's training data.  `metadata` are objects of which each conversation
    has one, `channels` and `sender_ids` likewise.  Compared by identity, as it is what
    the parts of a domain are kept by.
    """

    nlu: NluData | None = None
    metadata: tuple[Mapping[str, Any], ...] = ()
    channels: tuple[str, ...] = ()
    sender_ids: tuple[str, ...] = ()


NOTHING = Material()
