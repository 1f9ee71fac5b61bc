"""How like two sentences are: the only user of rapidfuzz.

Stands for what a trained intent classifier generalises; `core` takes it as an argument.
"""

from __future__ import annotations

from collections.abc import Sequence


def similar(text: str, sentences: Sequence[str]) -> list[float]:
    """Return for each sentence how like the text it is, from 0.0 to 1.0.

    The words count, not their order; a word more or less counts little, and so does a
    slip of the pen.
    """
    # Only a text that is no training sentence pays for the import.
    from rapidfuzz import fuzz

    return [
        round(
            (fuzz.token_sort_ratio(text, each) + fuzz.token_set_ratio(text, each)) / 2
        )
        / 100
        for each in sentences
    ]
