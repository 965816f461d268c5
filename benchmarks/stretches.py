"""What the machine could have multiplied while a call was under way.

A machine that others share changes its speed within seconds, and a call of minutes cannot be alternated with
anything more finely than that. So the rate of matrix products is measured over and over in the middle of the
call: between two batches it stops, for as long as that takes. What counts is how much the machine would have
multiplied in each stretch between two stops, at the mean of the rates at its ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from itertools import pairwise
from typing import Any
from unittest import mock

from sgemm import products_gflop

_PROGRESS = "bertqa_fast.attribution.integrated_gradients.advance"


class Stretches:
    """A context in which calls of ``integrated_gradients`` are cut where the rate of contenders is measured.

    Parameters
    ----------
    contenders : mapping
        What multiplies (:func:`sgemm.products`), by name.
    size : int
        Of the square matrices that they multiply.
    seconds : float
        Between two measurements, at least.
    """

    def __init__(self, contenders: Mapping[str, Callable[[], Any]], size: int, seconds: float = 1.0) -> None:
        self._contenders = contenders
        self._size = size
        self._least = seconds
        self._patch = ExitStack()
        self.rates: dict[str, list[float]] = {name: [] for name in contenders}
        self.seconds: list[float] = []
        self._began = 0.0

    def __enter__(self) -> Stretches:
        self._patch.enter_context(mock.patch(_PROGRESS, self._advance))
        self._measure()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._patch.close()

    def _advance(self, _bar: object) -> Callable[[int, int], None]:
        """Stand in for what moves the progress bar between batches."""
        return self._between_batches

    def _between_batches(self, _done: int, _total: int) -> None:
        if time.perf_counter() - self._began >= self._least:
            self._stop()

    def _stop(self) -> None:
        self.seconds.append(time.perf_counter() - self._began)
        self._measure()

    def _measure(self) -> None:
        for name, run in self._contenders.items():
            began = time.perf_counter()
            run()
            self.rates[name].append(products_gflop(self._size) / (time.perf_counter() - began))
        self._began = time.perf_counter()

    def could_have(self, name: str) -> float:
        """Return the work that a contender would have done in the time of the calls, in GFLOP."""
        pairs = pairwise(self.rates[name])
        return sum(took * (a + b) / 2 for took, (a, b) in zip(self.seconds, pairs, strict=True))
