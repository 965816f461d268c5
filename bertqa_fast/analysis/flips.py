"""Decision flips: how few tokens have to be erased before the answer changes (``flips``).

Erased are the k most important tokens of a layer: either their rows of the hidden state there, or the words
themselves at the input. Tokens drawn at random and the least important ones are the controls: where the
scores are faithful, the most important tokens flip more answers than random ones, and these more than the
least important. The code published with Ramnath et al. 2020 (``bert_dec_flips.py``) multiplies a block's
output by such a mask in a function that is never called; there are no published numbers.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.analysis import Analysis, CannotAnalyzeError, Result, settings_of
from bertqa_fast.analysis.faithful.erased import ERASE
from bertqa_fast.analysis.faithful.erasure import orders_of
from bertqa_fast.analysis.flip_tables import Flips, draw, tables
from bertqa_fast.analysis.options import check_choice, check_count
from bertqa_fast.analysis.replay import (
    PARTS,
    Answering,
    baseline_states,
    cut_of,
    erasable,
    erased_states,
    erased_windows,
    first_of,
    pace,
    rebuild,
    settings_of_run,
)
from bertqa_fast.analysis.walk import same_layers
from bertqa_fast.attribution.baselines import PLACEHOLDERS, placeholder
from bertqa_fast.data.windows import Window
from bertqa_fast.runs.scored import ScoredWindow
from bertqa_fast.tasks.answers import Logits, Prediction
from bertqa_fast.tasks.squad_metrics import normalize

if TYPE_CHECKING:
    from bertqa_fast.model import Model
    from bertqa_fast.runs.reader import Run

BASELINES = ("zero", *PLACEHOLDERS)
CHANGES = ("text", "span")
_ROWS = 64  # erased copies of a window that are held at once

Order = NDArray[np.intp]


def decision_flips(
    run: Run,
    model: Model,
    *,
    erase: str = "state",
    k: tuple[int, ...] = (1, 2, 3, 5, 10, 20, 50),
    part: str = "context",
    change: str = "text",
    draws: int = 3,
    seed: int = 0,
    limit: int | None = 200,
    show_progress: bool | None = None,
) -> Result:
    """Erase tokens by their scores at each layer, and see at which k the predicted answer changes.

    Parameters
    ----------
    run : Run
        The run folder.
    model : Model
        Its model.
    erase : {"state", "mask", "pad"}
        What erasing a token is: its row of the hidden state at the layer becomes the run's baseline (zero,
        unless the run says otherwise), and the blocks above are run; or its id becomes [MASK] or [PAD] at
        the input, and the window is read anew.
    k : tuple of int
        How many tokens are erased, in turn.
    part : {"context", "window"}
        Which may be erased: those of the context, or those of the question too; never special tokens.
    change : {"text", "span"}
        What counts: another text once case, punctuation and articles are left out, or other positions.
    draws : int
        Orders drawn at random for each example, the same ones at every layer.
    seed : int
        Where the drawing begins.
    limit : int or None
        Only the first examples.
    show_progress : bool or None
        A progress bar; None shows it on a terminal.

    Returns
    -------
    Result
        Table ``flips``: share of changed answers for each layer, order ("most" important first, "least",
        "random") and k, over the examples with at least k tokens to erase, with intervals of 95 % (Wilson
        1927); table ``flips_first``: median and mean of the first k that changes the answer, over those that
        change, with bootstrap intervals, and the share that never does; table ``flips_examples``: each
        example's first k and answers.

    Raises
    ------
    ValueError
        An option is none of these, or the tokenizer has no such token.
    CannotAnalyzeError
        The run has no examples, merged windows, or windows that are cut otherwise now.
    """
    settings = settings_of(decision_flips, locals())
    check_choice("erase", erase, ERASE)
    check_choice("part", part, PARTS)
    check_choice("change", change, CHANGES)
    check_count("draws", draws)
    if not k or min(k) < 1 or seed < 0:
        raise ValueError(f"k must hold positive numbers and seed none below 0, got {k} and {seed}")
    steps = sorted(set(k))
    token = None if erase == "state" else placeholder("erase", erase, model.window_tokenizer)
    baseline = settings_of_run(run).get("baseline", "zero")
    if token is None and baseline not in BASELINES:
        raise CannotAnalyzeError(
            f"flips: the scores of {run.folder} start from a baseline of the caller's, wanted "
            f"{', '.join(BASELINES)}; or erase at the input (erase=mask)"
        )
    flips = Flips(same_layers(run), tuple(steps), draws)
    answering = Answering(run)
    started = time.monotonic()
    for scored, window in rebuild(run, model, "flips", limit, show_progress):
        reading = _Reading(model, answering, scored, window, token, baseline)
        positions = erasable(window, part)
        counts = [count for count in steps if count <= len(positions)]
        random = np.random.default_rng([seed, scored.example])
        drawn = [random.permutation(positions) for _ in range(draws)]
        example = flips.open(scored.key, len(positions), reading.before.text)
        known: list[list[Prediction]] = []
        for at, layer in enumerate(scored.layers):
            # What is drawn at random and erased at the input is the same for every layer: read once.
            orders = orders_of(scored.scores[at], positions, () if known else drawn)
            found = reading.answers(cut_of(run, layer), orders, counts)
            if token is not None:
                known = known or found[1:-1]
                found = [found[0], *known, found[-1]]
            for order, answers in enumerate(found):
                changed = [_differs(reading.before, answer, change) for answer in answers]
                example.note(at, order, changed, [answer.text for answer in answers])
    seconds = time.monotonic() - started
    return Result(
        "flips",
        "Decision flips",
        settings,
        len(flips),
        tables(flips),
        (
            _how(erase, part),
            "Counted over examples with at least k such tokens; the first k is one of those tried.",
            "What changes is the predicted answer of the explained window; the scores are those of the run's "
            f"span, {settings_of_run(run).get('span', 'predicted')!r}.",
            "The published code has this erasure as a left-over that is never called, and no numbers.",
            pace(len(flips), seconds),
        ),
    )


@dataclass
class _Reading:
    """One window, and what the model answers with some of its tokens erased.

    ``token`` stands in place of erased ones at the input; where it is None, rows of the hidden states become
    those of the ``baseline``.
    """

    model: Model
    answering: Answering
    scored: ScoredWindow
    window: Window
    token: int | None
    baseline: str
    before: Prediction = field(init=False)

    def __post_init__(self) -> None:
        self.before = self._answer(self.model.logits([self.window], show_progress=False)[0])
        if self.token is None:
            [self._states] = self.model.hidden_states([self.window], show_progress=False)
            self._baselines = baseline_states(self.model, self.window, self.baseline)

    def answers(self, layer: int, orders: Sequence[Order], counts: Sequence[int]) -> list[list[Prediction]]:
        """Return the answers without the first so many tokens of each order, for each count."""
        if not counts:
            return [[] for _ in orders]
        length = len(self.window.tokens)
        marks = np.concatenate([first_of(order, counts, length) for order in orders])
        found: list[Prediction] = []
        for first in range(0, len(marks), _ROWS):
            found += map(self._answer, self._logits(layer, marks[first : first + _ROWS]))
        return [found[at : at + len(counts)] for at in range(0, len(found), len(counts))]

    def _logits(self, layer: int, marks: NDArray[np.bool_]) -> Sequence[Logits]:
        if self.token is not None:
            windows = erased_windows(self.window, marks, self.token)
            return self.model.logits(windows, show_progress=False)
        states = erased_states(self._states[layer + 1], self._baselines[layer + 1], marks)
        return self.model.logits_above(layer, states, show_progress=False)

    def _answer(self, logits: Logits) -> Prediction:
        return self.answering(self.scored, self.window, logits)


def _differs(before: Prediction, after: Prediction, change: str) -> bool:
    if change == "text":
        return normalize(before.text) != normalize(after.text)
    return (before.start_token, before.end_token) != (after.start_token, after.end_token)


def _how(erase: str, part: str) -> str:
    of = {"context": "the context", "window": "question and context"}[part]
    how = f"[{erase.upper()}] is read in their place"
    if erase == "state":
        how = "their rows of the layer's hidden state are the baseline's, and are still attended to"
    return f"Erased: tokens of {of}; {how}."


ANALYSIS = Analysis("flips", decision_flips, draw, needs_model=True)
