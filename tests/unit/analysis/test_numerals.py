"""Which words are numbers."""

from __future__ import annotations

from bertqa_fast.analysis.numerals import numbers_among

NUMBERS = ["7", "1843", "1,000", "3.14", "12,345.6", "1990s", "seven", "Twenty", "MILLION"]
OTHERS = ["7th", "seventh", "A4", "4x4", "half", "dozen", "-", "1,", "sevens", ""]


def test_numbers_and_other_words() -> None:
    assert numbers_among(NUMBERS).tolist() == [True] * len(NUMBERS)
    assert numbers_among(OTHERS).tolist() == [False] * len(OTHERS)
