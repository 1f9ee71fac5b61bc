"""What programs write where a value is missing."""

from __future__ import annotations

WORDS = ("None", "nil", "null", "undefined", "NaN", "nan")
# People write these, too.
ALSO_MEANT = ("None", "nil")
