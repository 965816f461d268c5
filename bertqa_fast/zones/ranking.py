"""From the logits of all cells to one example's answers, and to what is left of the unmasked one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.windows import Window
from bertqa_fast.tasks.answers import rank_answers
from bertqa_fast.zones.decode import MaskedLogits
from bertqa_fast.zones.result import Answers


@dataclass(frozen=True)
class Ranking:
    """One example, whose answers are ranked for every cell by the same rules.

    Attributes
    ----------
    example : QAExample
        The question and its passage.
    windows : list of Window
        All of its windows.
    max_answer_length : int
        Tokens of an answer at most.
    threshold : float or None
        How far "no answer" has to lead; None never predicts it.
    """

    example: QAExample
    windows: list[Window]
    max_answer_length: int
    threshold: float | None

    def put(self, logits: MaskedLogits, own: slice, unmasked: Answers, masked: Answers, at: int) -> None:
        """Rank the unmasked logits and those of every cell, and fill the answers in.

        Parameters
        ----------
        logits : MaskedLogits
            Of these windows and others.
        own : slice
            Which of them are this example's.
        unmasked, masked : Answers ``[N]``, ``[N, cells]``
            What is filled in.
        at : int
            The example's place there.
        """
        found = [
            rank_answers(
                self.example,
                self.windows,
                logits.of(row, own),
                n_best=1,
                max_answer_length=self.max_answer_length,
                null_score_diff_threshold=self.threshold,
            )
            for row in range(len(logits.start))
        ]
        answer = found[0]
        begin, stop = logits.offsets[own.start + answer.window :][:2]
        kept = span_probability(
            logits.start[:, begin:stop], logits.end[:, begin:stop], answer.start_token, answer.end_token
        )
        unmasked.put((at,), answer, kept[0])
        for cell, prediction in enumerate(found[1:]):
            masked.put((at, cell), prediction, kept[1 + cell])


def span_probability(
    start: NDArray[np.float32], end: NDArray[np.float32], first: int, last: int
) -> NDArray[np.float64]:
    """Return the mean of a span's start and end probability, ``[rows]``, from logits ``[rows, T]``."""

    def share(logits: NDArray[np.float32], at: int) -> NDArray[np.float64]:
        powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
        return np.asarray(powers[:, at] / powers.sum(axis=1))

    return (share(start, first) + share(end, last)) / 2
