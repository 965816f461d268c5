"""A small invented world: draws names, places, dates and counts for one passage, none of them twice."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bertqa_fast.data.corpus.names import Pool

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def in_words(number: int) -> str:
    """Spell a number from 0 to 99, as in ``forty-two``.

    Raises
    ------
    ValueError
        If `number` is outside 0 to 99.
    """
    if not 0 <= number <= 99:
        raise ValueError(f"number must lie in 0..99 to be spelt, got {number}")
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")


@dataclass(frozen=True)
class Person:
    """Somebody invented, with the pronouns that a sentence needs."""

    first: str
    last: str
    he: str
    his: str
    him: str

    @property
    def name(self) -> str:
        """First name and family name."""
        return f"{self.first} {self.last}"


class World:
    """Draws the facts of one passage.

    Whatever is drawn is drawn once: two counts of a passage differ, and so do two years, two people and two
    towns, so that each question has one answer.

    Parameters
    ----------
    rng : random.Random
        The source of every choice.
    pool : Pool
        The names that may be used.
    """

    def __init__(self, rng: random.Random, pool: Pool) -> None:
        self.rng = rng
        self.pool = pool
        self._used: set[str] = set()
        self._day_first = rng.random() < 0.5
        self._currency = rng.choice(("$", "€", "crowns", "florins"))

    def chance(self, probability: float = 0.5) -> bool:
        """Return whether something with this probability happens."""
        return self.rng.random() < probability

    def pick(self, options: Sequence[str]) -> str:
        """Choose one of the options that this passage has not used yet."""
        fresh = [option for option in options if option not in self._used]
        choice = self.rng.choice(fresh or list(options))
        self._used.add(choice)
        return choice

    def someone(self) -> Person:
        """Invent a person whose first and family name are new to the passage."""
        woman = self.chance()
        first = self.pick(self.pool.women if woman else self.pool.men)
        pronouns = ("she", "her", "her") if woman else ("he", "his", "him")
        return Person(first, self.pick(self.pool.surnames), *pronouns)

    def name(self) -> str:
        """Invent a person and return the whole name."""
        return self.someone().name

    def town(self) -> str:
        """Choose a town."""
        return self.pick(self.pool.towns)

    def river(self) -> str:
        """Choose a river; the article is the sentence's business."""
        return self.pick(self.pool.rivers)

    def hill(self) -> str:
        """Choose a hill, moor or mountain."""
        return self.pick(self.pool.hills)

    def number(self, low: int, high: int, step: int = 1) -> int:
        """Draw a number that the passage has not used yet."""
        for _ in range(100):
            value = self.rng.randrange(low, high + 1, step)
            if f"n{value}" not in self._used:
                break
        self._used.add(f"n{value}")
        return value

    def count(self, low: int, high: int, step: int = 1) -> str:
        """Draw a number and write it as a newspaper would: mostly words up to twelve, figures above."""
        value = self.number(low, high, step)
        if value <= 12:
            return in_words(value) if self.chance(0.85) else str(value)
        if value <= 99 and self.chance(0.2):
            return in_words(value)
        return f"{value:,}"

    def year(self, low: int, high: int) -> int:
        """Draw a year."""
        return self.number(low, high)

    def day(self) -> str:
        """Draw a day of the year, such as ``14 May``; one passage keeps to one order of day and month."""
        while True:
            month, day = self.rng.choice(_MONTHS), self.rng.randint(1, 28)
            if f"d{month}" not in self._used:
                break
        self._used.add(f"d{month}")
        return f"{day} {month}" if self._day_first else f"{month} {day}"

    def date(self, year: int) -> str:
        """Draw a day of the given year, such as ``14 May 1871`` or ``May 14, 1871``."""
        day = self.day()
        return f"{day} {year}" if self._day_first else f"{day}, {year}"

    def month(self) -> str:
        """Choose a month."""
        return self.pick(_MONTHS)

    def money(self, low: int, high: int, step: int = 1) -> str:
        """Draw a sum of money; one passage keeps to one currency."""
        value = f"{self.number(low, high, step):,}"
        return f"{self._currency}{value}" if self._currency in "$€" else f"{value} {self._currency}"
