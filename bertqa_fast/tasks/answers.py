"""From logits to answers: rank every span of the passage, over all windows of a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.windows import Window, with_text

Logits = tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]


@dataclass(frozen=True, slots=True)
class NBest:
    """One of the best spans of a question.

    Attributes
    ----------
    text : str
        ``context[start_char:end_char]``; empty for "no answer", whose tokens are both the window's first.
    start_char, end_char : int
        First and one-past-last character in the context.
    start_token, end_token : int
        First and last token, both inclusive, in the window's tokens.
    window : int
        Number of the window within its example.
    start_logit, end_logit : float
        What the model gives for the two tokens.
    probability : float
        Softmax of the summed logits over the n best.
    """

    text: str
    start_char: int
    end_char: int
    start_token: int
    end_token: int
    window: int
    start_logit: float
    end_logit: float
    probability: float

    def to_dict(self) -> dict[str, Any]:
        """Return its fields, for JSON."""
        # dataclasses.asdict copies every value deeply, which a data set of n-best lists feels.
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer to one question.

    Attributes
    ----------
    id : str or None
        The example's id.
    text, start_char, end_char, start_token, end_token, window, probability
        The chosen span, as in `NBest`.
    score : float
        Start logit plus end logit of the chosen span.
    n_best : list of NBest
        The best spans, best first; with "no answer" among them where that may be predicted.
    null_score : float or None
        Start logit plus end logit of the first token, at the window where that is lowest.
    """

    id: str | None
    text: str
    start_char: int
    end_char: int
    start_token: int
    end_token: int
    score: float
    probability: float
    window: int
    n_best: list[NBest] = field(repr=False)
    null_score: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return its fields, those of the n best among them, for JSON."""
        own = {name: getattr(self, name) for name in self.__slots__}
        return own | {"n_best": [entry.to_dict() for entry in self.n_best]}


def rank_answers(
    example: QAExample,
    windows: Sequence[Window],
    logits: Sequence[Logits],
    *,
    n_best: int = 20,
    max_answer_length: int = 30,
    null_score_diff_threshold: float | None = None,
    distinct_texts: bool = False,
) -> Prediction:
    """Choose the answer of one example from the logits of its windows.

    Ranked by start logit plus end logit are all pairs of context tokens of one window with end ≥ start, at
    most `max_answer_length` tokens, and a start that has its max-context in that window.

    Parameters
    ----------
    example : QAExample
        The question and its context.
    windows : sequence of Window
        All windows of this example.
    logits : sequence of (float ``[T]``, float ``[T]``)
        Start and end logits of each window, without padding.
    n_best : int
        How many spans to keep.
    max_answer_length : int
        Tokens of an answer at most.
    null_score_diff_threshold : float or None
        "No answer" is predicted where its score exceeds the best span's by more than this; None never does.
    distinct_texts : bool
        Keep only the best span of each text among the n best, as the reference's n-best lists do. Off,
        spans at different places count as different answers even where they read the same.

    Returns
    -------
    Prediction
        Of equal scores the earlier window comes first, then the earlier start, then the earlier end.

    Raises
    ------
    ValueError
        `windows` is empty or of several examples; `logits` do not fit it or are not finite; a count is
        below 1.
    TypeError
        A count is no int.

    Notes
    -----
    The rules are those of the run_squad script of Devlin et al. 2019, with three differences: every pair is
    ranked, not only those of the n best starts with the n best ends; the text is cut by the tokens' offsets;
    and no answer begins or ends with a token that shows no text (a space of byte-level BPE). With a threshold
    "no answer" is one more entry of the list, at its rank, and has its share of the probability.
    """
    _check(windows, logits, n_best, max_answer_length)
    candidates = _Candidates.of(windows, logits, max_answer_length)
    if len(candidates.score) == 0:
        raise ValueError("windows must be all windows of the example, got none with a max-context token")
    texts: set[str] = set()
    chosen: list[tuple[float, NBest]] = []
    for number in candidates.ranked(None if distinct_texts else n_best):
        span = candidates.span(number, example.context, windows, logits)
        if distinct_texts and span.text in texts:
            continue
        texts.add(span.text)
        chosen.append((float(candidates.score[number]), span))
        if len(chosen) == n_best:
            break

    null_window, null_score = _null(logits)
    best = 0
    if null_score_diff_threshold is not None:
        start, end = logits[null_window]
        null = NBest("", 0, 0, 0, 0, windows[null_window].index, float(start[0]), float(end[0]), 0.0)
        says_null = null_score - chosen[0][0] > null_score_diff_threshold
        place = sum(score >= null_score for score, _ in chosen)
        chosen.insert(place, (null_score, null))
        best = place if says_null else int(place == 0)

    probabilities = _softmax(np.array([score for score, _ in chosen]))
    entries = [
        replace(span, probability=float(probability))
        for (_, span), probability in zip(chosen, probabilities, strict=True)
    ]
    top = entries[best]
    return Prediction(
        id=example.id,
        text=top.text,
        start_char=top.start_char,
        end_char=top.end_char,
        start_token=top.start_token,
        end_token=top.end_token,
        score=chosen[best][0],
        probability=top.probability,
        window=top.window,
        n_best=entries,
        null_score=null_score,
    )


@dataclass(frozen=True, slots=True)
class _Candidates:
    """All allowed spans: positions in `windows` and in their tokens, ``[N]`` each, in order of place."""

    score: NDArray[np.float64]
    window: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]

    @classmethod
    def of(cls, windows: Sequence[Window], logits: Sequence[Logits], longest: int) -> _Candidates:
        parts: list[tuple[NDArray[Any], ...]] = []
        shows = [with_text(window) for window in windows]
        # A window of white space alone still has its answer, a token without text.
        if not any((window.max_context & own).any() for window, own in zip(windows, shows, strict=True)):
            shows, longest = [np.ones(len(own), dtype=np.bool_) for own in shows], 1
        for number, (window, (start_logits, end_logits)) in enumerate(zip(windows, logits, strict=True)):
            context = np.flatnonzero(window.segment == 1)
            first, end = int(context[0]), int(context[-1]) + 1
            length = min(longest, end - first)
            # Row s, column d: the span from the s-th context token that is d + 1 tokens long. Sums in double
            # precision, so that the order does not depend on rounding.
            ends = np.full(end - first + length - 1, -np.inf)
            ends[: end - first] = np.where(shows[number][first:end], end_logits[first:end], -np.inf)
            sums = np.lib.stride_tricks.sliding_window_view(ends, length) + np.asarray(
                start_logits[first:end], dtype=np.float64
            ).reshape(-1, 1)
            sums[~(window.max_context & shows[number])[first:end]] = -np.inf
            rows, columns = np.nonzero(sums > -np.inf)
            starts = first + rows
            parts.append((sums[rows, columns], np.full(len(rows), number), starts, starts + columns))
        score, window_of, start, end_of = (np.concatenate(part) for part in zip(*parts, strict=True))
        return cls(score, window_of, start, end_of)

    def ranked(self, count: int | None) -> NDArray[np.intp]:
        """Return the numbers of the best `count` (None: all) spans, best first, ties in order of place."""
        if count is None or count >= len(self.score):
            return np.argsort(-self.score, kind="stable")
        # All that tie with the last one stay in until they are sorted: a partition keeps any of them.
        limit = np.partition(self.score, len(self.score) - count)[len(self.score) - count]
        candidates = np.flatnonzero(self.score >= limit)
        return candidates[np.argsort(-self.score[candidates], kind="stable")][:count]

    def span(self, number: int, context: str, windows: Sequence[Window], logits: Sequence[Logits]) -> NBest:
        place, start, end = int(self.window[number]), int(self.start[number]), int(self.end[number])
        window, (start_logits, end_logits) = windows[place], logits[place]
        first, last = int(window.offsets[start, 0]), int(window.offsets[end, 1])
        return NBest(
            text=context[first:last],
            start_char=first,
            end_char=last,
            start_token=start,
            end_token=end,
            window=window.index,
            start_logit=float(start_logits[start]),
            end_logit=float(end_logits[end]),
            probability=0.0,
        )


def _null(logits: Sequence[Logits]) -> tuple[int, float]:
    """Return the window where "no answer", the first token, scores lowest, and that score."""
    scores = [float(start[0]) + float(end[0]) for start, end in logits]
    window = int(np.argmin(scores))
    return window, scores[window]


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum())


def _check(windows: Sequence[Window], logits: Sequence[Logits], n_best: int, max_answer_length: int) -> None:
    for name, value in (("n_best", n_best), ("max_answer_length", max_answer_length)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise TypeError(f"{name} must be an int, got {type(value).__name__} {value!r}")
        if value < 1:
            raise ValueError(f"{name} must be 1 or more, got {value}")
    if not windows or len({window.example for window in windows}) != 1:
        raise ValueError("windows must be those of one example, got none or those of several")
    if len(logits) != len(windows):
        raise ValueError(f"logits must hold a pair for each of {len(windows)} windows, got {len(logits)}")
    for window, pair in zip(windows, logits, strict=True):
        for values in pair:
            if np.shape(values) != (len(window.tokens),):
                shape = (len(window.tokens),)
                raise ValueError(
                    f"logits of window {window.index} must have shape {shape}, got {np.shape(values)}"
                )
            if not np.isfinite(values).all():
                raise ValueError(f"logits of window {window.index} must be finite, got NaN or infinity")
