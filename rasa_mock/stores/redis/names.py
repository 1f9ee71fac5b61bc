"""The names of keys: Rasa's own, and ours, which no pattern of Rasa's finds.

All keys of one conversation have its sender between the same braces, so that in a
cluster they lie on the same node.

Imitates `RedisTrackerStore` and `RedisLockStore` of Rasa 3.6 (the prefix rules).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

RASA_TRACKER = "tracker:"
RASA_LOCK = "lock:"
OURS = "rasa-mock:"

# What a tag of a cluster, or the percent sign that stands for it, cannot hold.
ESCAPES = {"%": "%25", "{": "%7B", "}": "%7D"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNames:
    """Makes names of keys under a prefix (`bot1:`, or nothing)."""

    prefix: str = ""

    def rasa_tracker(self, sender_id: str) -> bytes:
        """Name Rasa's key of a conversation."""
        return as_bytes(f"{self.prefix}{RASA_TRACKER}{sender_id}")

    def rasa_lock(self, sender_id: str) -> bytes:
        """Name Rasa's key of a conversation's lock."""
        return as_bytes(f"{self.prefix}{RASA_LOCK}{sender_id}")

    def ours(self, sender_id: str, part: str) -> bytes:
        """Name our key of a part of a conversation."""
        tag = "".join(ESCAPES.get(sign, sign) for sign in sender_id)
        return as_bytes(f"{self.prefix}{OURS}{{conversation:{tag}}}:{part}")

    def index(self) -> bytes:
        """Name the key of the list of conversations."""
        return as_bytes(f"{self.prefix}{OURS}index")

    def having(self, name: str) -> bytes:
        """Name the key of the set of conversations in which a name occurs."""
        return as_bytes(f"{self.prefix}{OURS}index:{name}")

    def rasa_pattern(self) -> bytes:
        """Return the pattern of Rasa's keys of conversations."""
        return as_bytes(f"{self.prefix}{RASA_TRACKER}*")

    def rasa_sender(self, key: bytes) -> str:
        """Read the sender from a key that fits that pattern."""
        return as_text(key).removeprefix(f"{self.prefix}{RASA_TRACKER}")


def key_names(prefix: str | None, *, tell: Callable[[str], None]) -> KeyNames:
    """Take a prefix as Rasa does: one that is not of letters and digits is ignored."""
    if not prefix:
        return KeyNames()
    if not str(prefix).isalnum():
        tell(
            f"key_prefix {prefix!r} is ignored, as Rasa does: expected letters and "
            "digits only"
        )
        return KeyNames()
    return KeyNames(prefix=f"{prefix}:")


def as_bytes(text: str) -> bytes:
    """Write a name; even halves of surrogate pairs have their bytes."""
    return text.encode("utf-8", "surrogatepass")


def as_text(name: bytes) -> str:
    """Read a name that `as_bytes` wrote; what is no text shows escapes."""
    try:
        return name.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return name.decode("utf-8", "backslashreplace")
