"""Infidelity and max-sensitivity of a run's first examples, and their tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bertqa_fast.analysis.faithful.intervals import columns_of_mean, means
from bertqa_fast.analysis.faithful.perturbation import (
    Drawing,
    infidelity,
    max_sensitivity,
    nearby,
    perturbations,
    predicted_changes,
)
from bertqa_fast.analysis.faithful.reader import SpanReader, States
from bertqa_fast.analysis.replay import erasable
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.attribution.of_windows import explain_windows
from bertqa_fast.data.windows import Window
from bertqa_fast.runs.scored import ScoredWindow


@dataclass(frozen=True, slots=True)
class Perturbing:
    """How examples are perturbed.

    Attributes
    ----------
    kinds : tuple of str
        For infidelity, see :func:`.perturbation.perturbations`; none leaves it out.
    drawing : Drawing
        Of these.
    part : {"context", "window"}
        Tokens that a stretch may have.
    radius : float
        For max-sensitivity, in units of the root mean square of the hidden state.
    nearby : int
        How many points within it; 0 leaves it out.
    seed : int
        For all draws.
    """

    kinds: tuple[str, ...]
    drawing: Drawing
    part: str
    radius: float
    nearby: int
    seed: int


class PerturbedRun:
    """Infidelity and max-sensitivity of the examples that are added.

    Parameters
    ----------
    reader : SpanReader
        What runs the windows.
    layers : tuple of int
        The run's.
    perturbing : Perturbing
        How they are perturbed.

    Attributes
    ----------
    unconverged : int
        Explanations that did not reach the run's tolerance.
    """

    def __init__(self, reader: SpanReader, layers: tuple[int, ...], perturbing: Perturbing) -> None:
        self.unconverged = 0
        self._reader = reader
        self._layers = layers
        self._perturbing = perturbing
        self._about: list[tuple[int, str]] = []
        self._infidelity: list[list[list[tuple[float, float, float]]]] = []  # [layers, kinds, 3] each
        self._sensitivity: list[list[float]] = []  # [layers] each

    def add(self, scored: ScoredWindow, window: Window, span: tuple[int, int]) -> None:
        """Perturb the hidden states of one window, at every layer."""
        given, reader = self._perturbing, self._reader
        states, baselines = reader.states(window), reader.baselines(window)
        cuts = [reader.cut(layer) for layer in self._layers]
        explained = explain_windows(
            reader.model, [window], [span], cuts, reader.how, keep_values=True, show_progress=False
        )[0]
        self.unconverged += explained.missed
        assert explained.values is not None  # noqa: S101  (they were asked for)
        positions = erasable(window, given.part)
        unfaithful, sensitive = [], []
        for at, cut in enumerate(cuts):
            rng = np.random.default_rng([given.seed, scored.example, cut + 1])
            state = states[cut + 1]
            change = state - baselines[cut + 1]
            kinds = []
            for kind in given.kinds:
                drawn = perturbations(kind, change, positions, given.drawing, rng)
                values = reader.at_states(cut, [state, *(state - drawn)], span)[:, 0]
                predicted = predicted_changes(drawn, explained.values[at], change)
                kinds.append(infidelity(predicted, values[0] - values[1:]))
            unfaithful.append(kinds)
            if given.nearby:
                sensitive.append(self._most(window, span, cut, state, rng))
        self._about.append((scored.example, scored.key))
        self._infidelity.append(unfaithful)
        self._sensitivity.append(sensitive)

    def _most(
        self,
        window: Window,
        span: tuple[int, int],
        cut: int,
        state: States,
        rng: np.random.Generator,
    ) -> float:
        points = [state, *nearby(state, self._perturbing.radius, self._perturbing.nearby, rng)]
        again = [window] * len(points)
        results = explain_windows(
            self._reader.model,
            again,
            [span] * len(points),
            [cut],
            self._reader.how,
            states=points,
            show_progress=False,
        )
        self.unconverged += sum(result.missed for result in results)
        scores = np.array([result.scores[0] for result in results], dtype=np.float64)
        return max_sensitivity(scores[0], scores[1:])

    def tables(self) -> tuple[Table, ...]:
        """Return the means per layer, and a row for each example, of what was measured."""
        given, found = self._perturbing, []
        places = list(enumerate(self._layers))
        if given.kinds:
            values = np.array(self._infidelity)
            average = means(values)
            square = f"({self._reader.how.target})²"
            measures = (
                Column("infidelity", "mean square error of predicted changes", square, "lower", 0),
                Column("infidelity_scaled", "the same of the best multiple", square, "lower", 0),
                Column("no_explanation", "the same where no change is predicted", square, None, 0),
            )
            wide = [column for measure in measures for column in columns_of_mean(measure)]
            found += [
                Table.of(
                    "infidelity",
                    "Infidelity, by layer",
                    ["layer", "perturbation", *wide, "examples"],
                    [
                        [layer, kind, *(c for m in range(3) for c in average.cells((at, n, m))), len(values)]
                        for at, layer in places
                        for n, kind in enumerate(given.kinds)
                    ],
                ),
                Table.of(
                    "infidelity_examples",
                    "Infidelity, by example",
                    ["example", "id", "layer", "perturbation", *measures],
                    [
                        [*about, layer, kind, *row[at, n]]
                        for about, row in zip(self._about, values, strict=True)
                        for at, layer in places
                        for n, kind in enumerate(given.kinds)
                    ],
                ),
            ]
        if given.nearby:
            sensitivity = np.array(self._sensitivity)
            average = means(sensitivity)
            measure = Column(
                "max_sensitivity", "largest change of the scores nearby, over their norm", "", "lower", 0
            )
            found += [
                Table.of(
                    "max_sensitivity",
                    "Max-sensitivity, by layer",
                    ["layer", *columns_of_mean(measure), "examples"],
                    [[layer, *average.cells((at,)), average.count[at]] for at, layer in places],
                ),
                Table.of(
                    "max_sensitivity_examples",
                    "Max-sensitivity, by example",
                    ["example", "id", "layer", measure],
                    [
                        [*about, layer, row[at]]
                        for about, row in zip(self._about, sensitivity, strict=True)
                        for at, layer in places
                    ],
                ),
            ]
        return tuple(found)
