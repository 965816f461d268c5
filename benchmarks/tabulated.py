"""Integrands of real questions, tabulated once on a fine grid and interpolated: schemes.py plays on them.

A path is sampled at alpha = t^2 for evenly spaced t, so that the grid is fine near the baseline, where deep
layers move. Gradients times (x - x') are projected from H to a few numbers a token by one random matrix: a
table stays small, and the L2 norms over H are kept to within the spread of 24 normal numbers, the same for
every scheme. Whatever is linear in the integrand is then a vector of weights over the grid's points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from measure import note, relative_l1
from numpy.typing import NDArray

import bertqa_fast as bf
from bertqa_fast import _core
from bertqa_fast.attribution.prepare import prepare
from bertqa_fast.attribution.targets import target_mix
from bertqa_fast.graphs.composed import layer_name
from bertqa_fast.graphs.manifest import read_manifest
from bertqa_fast.runtime import environment

Doubles = NDArray[np.float64]

PROJECTED = 24
ROWS = 16  # points in one run


class Spline:
    """The cubic spline through nodes, continuous in its third derivative next to the ends ("not-a-knot").

    Written again, densely and from its definition, so that it also checks the engine's. What it gives are
    matrices to multiply values ``[n, ...]`` at the nodes with.
    """

    def __init__(self, nodes: Doubles) -> None:
        n, h = len(nodes), np.diff(nodes)
        left, right = np.zeros((n, n)), np.zeros((n, n))
        for i in range(1, n - 1):
            left[i, i - 1 : i + 2] = h[i - 1] / 6, (h[i - 1] + h[i]) / 3, h[i] / 6
            right[i, i - 1 : i + 2] = 1 / h[i - 1], -1 / h[i - 1] - 1 / h[i], 1 / h[i]
        left[0, :3] = h[1], -h[0] - h[1], h[0]
        left[-1, -3:] = h[-1], -h[-2] - h[-1], h[-2]
        self.nodes = nodes
        self._second: Doubles = np.asarray(np.linalg.solve(left, right))  # second derivatives from values

    def at(self, points: Doubles) -> Doubles:
        """Return the matrix ``[points, n]`` of the spline's values at points within the nodes."""
        i = np.clip(np.searchsorted(self.nodes, points, side="right") - 1, 0, len(self.nodes) - 2)
        h = (self.nodes[i + 1] - self.nodes[i])[:, None]
        b = (points - self.nodes[i])[:, None] / h
        a, one = 1 - b, np.eye(len(self.nodes))
        bent = (a**3 - a) * self._second[i] + (b**3 - b) * self._second[i + 1]
        return np.asarray(a * one[i] + b * one[i + 1] + h * h / 6 * bent)

    def panels(self) -> tuple[Doubles, Doubles]:
        """Return integrals between neighbours ``[n - 1, n]``: of straight lines, and what the spline adds."""
        h, one = np.diff(self.nodes)[:, None], np.eye(len(self.nodes))
        return h / 2 * (one[:-1] + one[1:]), -(h**3) / 24 * (self._second[:-1] + self._second[1:])


class Grid:
    """Points t, evenly spaced in [0, 1], at alpha = t^2."""

    def __init__(self, points: int) -> None:
        if points % 2 == 0:
            raise ValueError(f"points: got {points}, wanted an odd number, of which half is a grid too")
        t = np.linspace(0, 1, points)
        self.alphas: Doubles = t**2
        self._spline = Spline(t)
        every = np.ones(1)
        self.integral: Doubles = _risen(self._spline, every)[0]
        self.half_integral: Doubles = np.zeros(points)
        self.half_integral[::2] = _risen(Spline(t[::2]), every)[0]

    def at(self, alphas: Doubles) -> Doubles:
        """Return the matrix ``[alphas, points]`` that interpolates."""
        return self._spline.at(np.sqrt(alphas))

    def up_to(self, alphas: Doubles) -> Doubles:
        """Return the matrix ``[alphas, points]`` that integrates, from 0 to each, what `at` interpolates."""
        return _risen(self._spline, np.sqrt(alphas))


def _risen(spline: Spline, points: Doubles) -> Doubles:
    # d(alpha) = 2t dt: degree 4 between two nodes, for which three Gauss nodes are exact.
    x, w = _core.quadrature_rule("gausslegendre", 3)

    def stretch(begin: Doubles, h: Doubles) -> Doubles:
        t = begin[:, None] + h[:, None] * x
        scale = h[:, None] * w * 2 * t
        parts = scale.ravel()[:, None] * spline.at(t.ravel())
        return np.asarray(parts.reshape(len(begin), len(x), -1).sum(axis=1))

    nodes = spline.nodes
    whole = np.cumsum(stretch(nodes[:-1], np.diff(nodes)), axis=0)
    whole = np.concatenate([np.zeros_like(whole[:1]), whole])
    i = np.clip(np.searchsorted(nodes, points, side="right") - 1, 0, len(nodes) - 2)
    return np.asarray(whole[i] + stretch(nodes[i], points - nodes[i]))


@dataclass(frozen=True)
class TabulatedPath:
    """One question at one layer, tabulated at P points; T tokens."""

    layer: int
    grid: Grid
    vectors: Doubles  # [P, T, PROJECTED], what tokens add to dF/d(alpha), projected
    slopes: Doubles  # [P, T], the same summed over H
    values: Doubles  # [P], F

    def scores(self, weights: Doubles) -> Doubles:
        """Return L2 norms ``[T]`` of the integral that weights over the grid's points give."""
        points, tokens, numbers = self.vectors.shape
        integral = weights @ self.vectors.reshape(points, tokens * numbers)
        return np.asarray(np.linalg.norm(integral.reshape(tokens, numbers), axis=1))

    def rise(self, alphas: Doubles) -> Doubles:
        """Return F - F(0), the integral of what is interpolated: complete by construction."""
        return np.asarray(self.grid.up_to(alphas) @ self.slopes.sum(axis=1))

    def gap(self, weights: Doubles) -> float:
        """Return the completeness gap over the sum of the absolute signed scores."""
        signed = weights @ self.slopes
        return float(abs(signed.sum() - self.rise(np.ones(1))[0]) / np.abs(signed).sum())

    def tabulation_gap(self) -> float:
        """Return the same gap of the whole grid, to the values of F that the model gave."""
        signed = self.grid.integral @ self.slopes
        return float(abs(signed.sum() - self.values[-1] + self.values[0]) / np.abs(signed).sum())

    def error(self, weights: Doubles) -> float:
        """Return the relative L1 error of the scores against the whole grid's integral."""
        return relative_l1(self.scores(weights), self.scores(self.grid.integral))


def tabulate(
    model: bf.Model, examples: Sequence[bf.QAExample], points: int, file: Path | None
) -> list[TabulatedPath]:
    """Tabulate questions at every layer; what ``file`` (.npz) keeps of the same model is not run again."""
    grid = Grid(points)
    kept: dict[str, NDArray[Any]] = {}
    if file is not None and file.is_file():
        with np.load(file) as found:
            kept = {name: found[name] for name in found.files}
    layers = range(-1, model.num_layers)

    def key(example: bf.QAExample, layer: int) -> str:
        return f"{model.fingerprint[:16]}/{example.id}/{layer}/{points}"

    missing = [example for example in examples if key(example, layers[-1]) + "/values" not in kept]
    for example, layer, arrays in _run(model, missing, grid):
        kept |= {f"{key(example, layer)}/{name}": array for name, array in arrays.items()}
    if file is not None and missing:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(file, **kept)  # type: ignore[arg-type]
    names = ("vectors", "slopes", "values")
    return [
        TabulatedPath(
            layer, grid, *(kept[f"{key(example, layer)}/{name}"].astype(np.float64) for name in names)
        )
        for layer in layers
        for example in examples
    ]


def _run(
    model: bf.Model, examples: Sequence[bf.QAExample], grid: Grid
) -> Iterator[tuple[bf.QAExample, int, dict[str, NDArray[Any]]]]:
    if not examples:
        return
    prepared = prepare(
        model,
        examples,
        span="predicted",
        contrast=None,
        merge=False,
        max_length=384,
        doc_stride=128,
        max_answer_length=30,
        show_progress=False,
    )
    hidden = model.hidden_states(prepared.windows, show_progress=False)
    spans = np.stack(prepared.span_arrays()[:2], axis=1)
    tensors = [
        (t.name, t.dtype, list(t.shape), t.offset, t.nbytes) for t in read_manifest(model.folder).tensors
    ]
    weights = _core.WeightFile(environment(), model.folder / "weights.bin", tensors)
    projection = np.random.default_rng(0).normal(size=(model.hidden_size, PROJECTED)) / np.sqrt(PROJECTED)
    for layer in range(-1, model.num_layers):
        note(f"tabulating layer {layer}")
        session = _core.Session(environment(), model.folder / f"cut_{layer_name(layer)}.onnx", weights)
        for example, states, span in zip(examples, hidden, spans, strict=True):
            yield example, layer, _sample(session, states[layer + 1], span, grid.alphas, projection)


def _sample(
    session: _core.Session,
    x: NDArray[np.float32],
    span: NDArray[np.int64],
    alphas: Doubles,
    projection: Doubles,
) -> dict[str, NDArray[Any]]:
    mask = np.ones((1, len(x)), np.float32)
    inputs: dict[str, NDArray[Any]] = {
        "hidden": np.ascontiguousarray(x[None]),
        "baseline": np.zeros_like(x[None]),
        "attention_mask": mask,
        "softmax_mask": mask,
        "span_start": span[None, :1].copy(),
        "span_end": span[None, 1:].copy(),
        "span_sign": np.ones((1, 1), np.float32),
        "target_mix": target_mix("probability"),
        "reselect": np.array([False]),
    }
    parts: dict[str, list[NDArray[Any]]] = {"vectors": [], "slopes": [], "values": []}
    for begin in range(0, len(alphas), ROWS):
        some = alphas[begin : begin + ROWS].astype(np.float32)
        out = session.run({**inputs, "alpha": some, "example": np.zeros(len(some), np.int64)})
        parts["vectors"].append((out["gradient"] * x) @ projection.astype(np.float32))
        parts["slopes"].append(out["slopes"])
        parts["values"].append(
            _probability(out["start_logits"], span[0]) + _probability(out["end_logits"], span[1])
        )
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}


def _probability(logits: NDArray[np.float32], at: int) -> Doubles:
    raised = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised[:, at] / raised.sum(axis=-1))
