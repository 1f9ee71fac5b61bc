"""Words: where they start and end in a text, and which of them are known.

Imitates `WhitespaceTokenizer` (rasa/nlu/tokenizers) of Rasa 3.6.
"""

from __future__ import annotations

import re

_WORDS = re.compile(
    r"[^\w#@&]+(?=\s|$)"
    r"|(\s|^)[^\w#@&]+(?=[^0-9\s])"
    r"|(?<=[^0-9\s])[^\w._~:/?#\[\]()@!$&*+,;=-]+(?=[^0-9\s])"
)
# Rasa's own range of emoji: it holds Chinese, Japanese and Korean as well, so that
# their words are dropped, and a text of nothing else becomes a single token.
_EMOJI = re.compile(
    "[\U0001f600-\U0001f64f\U0001f300-\U0001f5ff\U0001f680-\U0001f6ff"
    "\U0001f1e0-\U0001f1ff\u2702-\u27b0\u24c2-\U0001f251\u200c\u200d]+"
)
_IDEOGRAPHS = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\u3040-\u30ff]|[^\\W_]+")


def whitespace_tokens(text: str) -> list[list[int]]:
    """Return where the words of a text start and end, as WhitespaceTokenizer does."""
    words = [word for word in _WORDS.sub(" ", text).split() if not _is_emoji(word)]
    spans, offset = [], 0
    for word in words or [text]:
        start = text.index(word, offset)
        offset = start + len(word)
        spans.append([start, offset])
    return spans


def _is_emoji(word: str) -> bool:
    return _EMOJI.fullmatch(word) is not None


_NUMBERS = re.compile(r"\b\d+\b")


def folded(text: str) -> str:
    """Fold case, blanks and whole numbers: trained classifiers do not see them."""
    return _NUMBERS.sub("0", " ".join(text.lower().split()))


def words(text: str) -> set[str]:
    """Return the words of a text as WhitespaceTokenizer finds them."""
    return {text[start:end] for start, end in whitespace_tokens(text)}


def characters(text: str) -> set[str]:
    """Return the words of a text, of Chinese and Japanese the characters."""
    return set(_IDEOGRAPHS.findall(text))
