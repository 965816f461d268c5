"""Which words are numbers, without a tagger: digits, and number words of English."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# 7, 1,000 and 3.14 where words are not split at punctuation, and decades: 1990s.
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*s?")
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_POWERS = "hundred thousand million billion trillion"
NUMBER_WORDS = frozenset(f"{_UNITS} {_TENS} {_POWERS}".split())


def is_number(text: str) -> bool:
    """Say whether a word is a cardinal number, in digits or in letters; ordinals and fractions are none."""
    return text.lower() in NUMBER_WORDS or _DIGITS.fullmatch(text) is not None


def numbers_among(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Say of each word whether it is a number: ``[W]``."""
    return np.array([is_number(text) for text in texts], dtype=np.bool_)
