"""How many gradients does each way of choosing nodes need, and with what true error, layer by layer?

    python benchmarks/schemes.py --tables build/schemes.npz
    python benchmarks/schemes.py --quick

Tabulates the integrand of real SQuAD questions once (tabulated.py; kept in --tables), and lets every scheme
spend what it needs until its own stopping rule is met at --tol. Gradient evaluations count one, forward ones
half. Errors are relative L1 errors of the token scores against the whole table's integral: what the schemes
are compared on is the interpolated integrand, and how well it stands for the real one is printed as the
resolution, its distance from half the grid's integral. docs/quadrature.md reads the figures.

    curtis           nested Clenshaw-Curtis nodes in alpha, doubled until (difference of two levels)^1.5 and
                     the completeness gap are both under tol
    curtis_squared   the same in t, alpha = t^2
    curtis_sweep_M   a forward sweep of M points; density |dF|^0.5 and a uniform share of 0.2, inverted to
                     alpha(t); the same in t
    spline           the engine's own rule, method="auto"
    gauss_N          N Gauss-Legendre nodes: no stopping rule

What was tried and dropped (dropped.py) is compared at 16 nodes.

Asserts that weights sum to one, that the engine's estimate and weights are those of the spline written anew
here, and that its rule with a tight tolerance arrives at the reference. Left out: other targets, baselines,
models, and longer questions.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from dropped import at_equal_nodes
from local_spline import Round, refine, stop
from machine import describe_machine
from measure import READER, SQUAD_DEV, draw_questions, finish, note, options_parser, relative_l1
from tabulated import Doubles, TabulatedPath, tabulate
from warps import Warp, squared, straight, swept

import bertqa_fast as bf
from bertqa_fast import _core

LEVELS = (4, 8, 16, 32, 64, 128)  # Clenshaw-Curtis panels: one node more
GAUSS = (8, 12, 16, 24, 32, 48, 64)
MOST_NODES = 128
TOLERANCES = (0.05, 0.03, 0.01, 0.003, 0.001)
EQUAL_NODES = 16  # what is compared of ideas that were dropped
CALIBRATION = (
    (1.0, 0.0),
    (0.6, 0.0),
    (0.0, 0.5),
    (0.3, 0.25),
    (0.6, 0.25),
    (0.6, 0.5),
    (0.6, 0.7),
    (0.6, 1.0),
    (1.2, 1.0),
)


@dataclass(frozen=True)
class Outcome:
    """What a scheme came to on one path."""

    evaluations: float
    error: float
    met: bool  # its stopping rule


def curtis_rule(panels: int) -> tuple[Doubles, Doubles]:
    """Return Clenshaw-Curtis nodes and weights on [0, 1]; those of twice the panels hold the same nodes."""
    k, m = np.arange(panels + 1), np.arange(1, panels // 2 + 1)
    angles = np.pi * k / panels
    share = np.where(2 * m == panels, 1.0, 2.0) / (4 * m**2 - 1)
    weights = (1 - np.cos(2 * np.outer(angles, m)) @ share) / panels
    weights[[0, -1]] /= 2
    return (1 - np.cos(angles)) / 2, weights


def curtis(path: TabulatedPath, tol: float, warp: Warp, forward: float = 0.0) -> Outcome:
    """Double nested nodes until two levels agree and it is complete; ``forward``: what a sweep cost."""
    last = None
    for panels in LEVELS:
        t, weights = curtis_rule(panels)
        assert abs(weights.sum() - 1) < 1e-12
        alphas, speed = warp(t)
        weights = weights * speed
        # A node without weight needs no gradient, but F at the baseline is needed to know the gap.
        gradients = np.count_nonzero(weights) + (0.5 if weights[0] == 0 else 0.0)
        weights = weights / weights.sum()
        spread = weights @ path.grid.at(alphas)
        scores = path.scores(spread)
        met = last is not None and max(relative_l1(last, scores) ** 1.5, path.gap(spread)) <= tol
        if met:
            break
        last = scores
    return Outcome(gradients + forward, path.error(spread), met)


def gauss(path: TabulatedPath, nodes: int) -> Outcome:
    x, w = _core.quadrature_rule("gausslegendre", nodes)
    assert abs(w.sum() - 1) < 1e-12
    return Outcome(nodes, path.error(w @ path.grid.at(x)), True)


def summary(outcomes: Sequence[Outcome], tol: float) -> dict[str, Any]:
    errors = np.array([outcome.error for outcome in outcomes])
    spent = np.array([outcome.evaluations for outcome in outcomes])
    return {
        "cases": len(outcomes),
        "mean_evaluations": float(spent.mean()),
        "most_evaluations": float(spent.max()),
        "median": float(np.median(errors)),
        "percentile_95": float(np.percentile(errors, 95)),
        "worst": float(errors.max()),
        "share_under_tol": float(np.mean(errors <= tol)),
        "share_met": float(np.mean([outcome.met for outcome in outcomes])),
    }


def by_layer(paths: Sequence[TabulatedPath], outcomes: Sequence[Outcome], tol: float) -> dict[str, Any]:
    rows: dict[str, Any] = {"all": summary(outcomes, tol)}
    for layer in sorted({path.layer for path in paths}):
        own = [outcome for path, outcome in zip(paths, outcomes, strict=True) if path.layer == layer]
        rows[str(layer)] = summary(own, tol)
    return rows


def resolution(paths: Sequence[TabulatedPath]) -> dict[str, Any]:
    """Return, by layer, the largest distance from half the grid's integral, and completeness gap."""
    return {
        str(layer): {
            "half_grid": max(p.error(p.grid.half_integral) for p in paths if p.layer == layer),
            "gap": max(p.tabulation_gap() for p in paths if p.layer == layer),
        }
        for layer in sorted({path.layer for path in paths})
    }


def concentration(paths: Sequence[TabulatedPath]) -> dict[str, Any]:
    """Return, by layer, where the integrand's L1 mass lies: medians over the questions.

    The alphas below which 10, 50 and 90 per cent of it lie, and the least share of the path that holds half.
    """
    rows: dict[int, list[list[float]]] = {}
    for path in paths:
        alphas, density = path.grid.alphas, np.abs(path.slopes).sum(axis=1)
        mass = np.diff(alphas) * (density[:-1] + density[1:]) / 2
        cumulated = np.concatenate([[0.0], np.cumsum(mass)]) / mass.sum()
        densest = np.argsort(-mass / np.diff(alphas))
        half = np.interp(0.5, np.cumsum(mass[densest]) / mass.sum(), np.cumsum(np.diff(alphas)[densest]))
        row = [float(np.interp(share, cumulated, alphas)) for share in (0.1, 0.5, 0.9)]
        rows.setdefault(path.layer, []).append([*row, float(half)])
    names = ("below_10_percent", "below_50_percent", "below_90_percent", "share_that_holds_half")
    return {
        str(layer): dict(zip(names, np.median(own, axis=0).tolist(), strict=True))
        for layer, own in rows.items()
    }


def tolerances(histories: Sequence[Sequence[Round]]) -> list[dict[str, float]]:
    """Return what the engine's rule spends for each of several tolerances, and the share that keeps to it."""
    rows = []
    for tol in TOLERANCES:
        ends = [stop(history, tol) for history in histories]
        found = summary([Outcome(end.nodes, end.error, end.estimate <= tol) for end in ends], tol)
        keys = ("mean_evaluations", "most_evaluations", "share_under_tol", "worst", "share_met")
        rows.append({"tol": tol, **{key: found[key] for key in keys}})
    return rows


def calibration(histories: Sequence[Sequence[Round]], tol: float) -> list[dict[str, float]]:
    """Return what the rule would do with other weights of gap and bend: it visits the same nodes."""
    rows = []
    for gap, bend in CALIBRATION:
        ends = [stop(history, tol, gap, bend) for history in histories]
        found = summary([Outcome(end.nodes, end.error, True) for end in ends], tol)
        keys = ("mean_evaluations", "share_under_tol", "percentile_95", "worst")
        rows.append({"gap": gap, "bend": bend, **{key: found[key] for key in keys}})
    return rows


def quantiles(histories: Sequence[Sequence[Round]], tol: float) -> dict[str, Any]:
    """Return quantiles of true over estimated error, where the rule stops, and over all rounds."""
    ends = [stop(history, tol) for history in histories]
    every = [one for history in histories for one in history if 1e-3 <= one.error <= 0.1]
    return {
        name: {
            str(q): float(np.quantile([one.error / one.estimate for one in some], q))
            for q in (0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
        }
        for name, some in (("where_it_stops", ends), ("rounds_of_0.1_to_10_percent", every))
    }


def show(name: str, rows: dict[str, Any]) -> None:
    cells = [
        f"{row['mean_evaluations']:5.1f} {row['median']:6.2%} {row['worst']:7.2%}" for row in rows.values()
    ]
    note(f"{name:16} {rows['all']['share_under_tol']:4.0%} " + " |".join(cells))


def main() -> None:
    parser = options_parser(__doc__)
    parser.add_argument("--model", default=str(READER), help="folder or hub id of a reader")
    parser.add_argument("--data", type=Path, default=SQUAD_DEV, help="SQuAD file")
    parser.add_argument("--questions", type=int, default=6)
    parser.add_argument("--max-tokens", type=int, default=128, help="draw no longer questions")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--points", type=int, default=161, help="points of the grid, odd")
    parser.add_argument("--tables", type=Path, help="file (.npz) that keeps the tables")
    parser.add_argument("--tol", type=float, default=0.01)
    options = parser.parse_args()
    if options.quick:
        options.questions, options.max_tokens, options.points = 1, 48, 41

    with bf.load(options.model, threads=options.threads) as model:
        examples = draw_questions(
            options.data,
            options.questions,
            options.seed,
            tokenizer=model.tokenizer,
            max_tokens=options.max_tokens,
        )
        paths = tabulate(model, examples, options.points, options.tables)
    report = compare(paths, options)
    report["machine"] = describe_machine("onnxruntime", "transformers", "numpy")
    finish(report, options)


def compare(paths: Sequence[TabulatedPath], options: argparse.Namespace) -> dict[str, Any]:
    tol = options.tol
    assert all(abs(path.grid.integral.sum() - 1) < 1e-12 for path in paths)
    histories = [refine(path, min(tol / 20, min(TOLERANCES)), MOST_NODES) for path in paths]
    worst_end = max(history[-1].error for history in histories)
    assert options.quick or worst_end < tol / 4, f"a tight tolerance ends {worst_end:.2%} from the reference"
    schemes: dict[str, list[Outcome]] = {
        "curtis": [curtis(path, tol, straight) for path in paths],
        "curtis_squared": [curtis(path, tol, squared) for path in paths],
    }
    for points in (10, 20):
        schemes[f"curtis_sweep_{points}"] = [
            curtis(path, tol, swept(path, points), points / 2) for path in paths
        ]
    ends = [stop(history, tol) for history in histories]
    schemes["spline"] = [Outcome(end.nodes, end.error, end.estimate <= tol) for end in ends]
    for nodes in GAUSS:
        schemes[f"gauss_{nodes}"] = [gauss(path, nodes) for path in paths]
    tables = {name: by_layer(paths, outcomes, tol) for name, outcomes in schemes.items()}
    note(f"evaluations, median and worst error; first the share under {tol:.0%}; all, then layer by layer")
    for name, rows in tables.items():
        show(name, rows)
    tokens = [path.slopes.shape[1] for path in paths]
    return {
        "question": "gradients that each scheme spends, and its true error, on tabulated integrands",
        "model": Path(options.model).name,
        "questions": options.questions,
        "tokens": [min(tokens), max(tokens)],
        "points": options.points,
        "tol": tol,
        "resolution": resolution(paths),
        "integrand": concentration(paths),
        "schemes": tables,
        "dropped": at_equal_nodes(paths, EQUAL_NODES),
        "spline_true_over_estimate": quantiles(histories, tol),
        "spline_by_tolerance": tolerances(histories),
        "spline_calibration": calibration(histories, tol),
        "spline_error_at_tight_tolerance": worst_end,
    }


if __name__ == "__main__":
    main()
