"""What a run keeps of each example, read a part at a time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from bertqa_fast.runs.parts import Part

Value = TypeVar("Value")


class ByExample(Mapping[int, Value]):
    """Number of the example to what is kept of it; never more than one part is held in memory.

    Parameters
    ----------
    parts : sequence of Part
        In the order of their examples.
    read : callable
        Part → dict of what it keeps.
    """

    def __init__(self, parts: Sequence[Part], read: Callable[[Part], dict[int, Value]]) -> None:
        self._parts = parts
        self._firsts = [part.examples.start for part in parts]
        self._read = read
        self._held: tuple[Part, dict[int, Value]] | None = None

    def __getitem__(self, example: int) -> Value:
        at = bisect_right(self._firsts, example) - 1
        if at < 0 or example not in self._parts[at].examples:
            raise KeyError(example)
        part = self._parts[at]
        if self._held is None or self._held[0] is not part:
            self._held = part, self._read(part)
        return self._held[1][example]

    def __iter__(self) -> Iterator[int]:
        for part in self._parts:
            yield from part.examples

    def __len__(self) -> int:
        return sum(len(part.examples) for part in self._parts)
