"""True errors: fine references of token scores, kept in a file, and the smallest rule that will do.

A reference is a Gauss-Legendre rule whose number of nodes has grown by half, and by half again, until the
scores of two rules in a row differ by less than a tolerance (relative L1) and the completeness gap of the
larger is less than that tolerance of the sum of the absolute signed scores. Gauss rules of different sizes
share no node, so that both miss the same thing only where it is narrower than the nodes of either.
"""

from __future__ import annotations

import argparse
import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from measure import SQUAD_DEV, draw_questions, error_summary, note, relative_l1
from numpy.typing import NDArray

import bertqa_fast as bf

GRID = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
FIRST_NODES, MOST_NODES = 16, 3000
TOGETHER = 16  # questions in one call

References = dict[tuple[str, int], NDArray[np.float32]]


def add_question_options(parser: argparse.ArgumentParser, *, questions: int) -> None:
    """Add what says which questions are drawn, to which tolerance, and how true errors are found."""
    parser.add_argument("--data", type=Path, default=SQUAD_DEV, help="SQuAD file")
    parser.add_argument("--questions", type=int, default=questions, help="questions whose errors are judged")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--max-tokens", type=int, help="draw no longer questions")
    parser.add_argument("--tol", type=float, default=0.01)
    parser.add_argument("--reference", type=Path, help="file (.npz) that keeps the references")
    parser.add_argument("--reference-tolerance", type=float, default=2e-3)
    parser.add_argument("--validate", type=int, default=1, help="questions whose references are checked")
    parser.add_argument("--validation-nodes", type=int, default=400, help="of the rule that they are held to")


def drawn_questions(model: bf.Model, options: argparse.Namespace) -> list[bf.QAExample]:
    """Draw what the options of `add_question_options` ask for."""
    return draw_questions(
        options.data,
        options.questions,
        options.seed,
        tokenizer=model.tokenizer,
        max_tokens=options.max_tokens,
    )


def every_layer(model: bf.Model) -> list[int]:
    """Name the embeddings (-1) and every block."""
    return list(range(-1, model.num_layers))


def fixed_rule(
    model: bf.Model, examples: Sequence[bf.QAExample], layer: int, nodes: int
) -> list[bf.Attribution]:
    """Attribute at one layer with a Gauss-Legendre rule."""
    results: list[bf.Attribution] = []
    for some in _batched(examples, TOGETHER):
        results += bf.integrated_gradients(
            model, some, layer=layer, method="gausslegendre", n_steps=nodes, show_progress=False
        )
    return results


class ReferenceFile:
    """References in an ``.npz``, by model fingerprint, question and layer; in memory only without a path."""

    def __init__(self, path: Path | None, model: bf.Model, tolerance: float) -> None:
        self._path, self._mark, self.tolerance = path, model.fingerprint[:16], tolerance
        self._kept: dict[str, NDArray[Any]] = {}
        if path is not None and path.is_file():
            with np.load(path) as file:
                self._kept = {name: file[name] for name in file.files}

    def _key(self, example: bf.QAExample, layer: int) -> str:
        return f"{self._mark}/{example.id}/{layer}"

    def __contains__(self, case: tuple[bf.QAExample, int]) -> bool:
        how = self._kept.get(self._key(*case) + "/how")
        return how is not None and float(how[3]) <= self.tolerance

    def scores(self, example: bf.QAExample, layer: int) -> NDArray[np.float32]:
        return self._kept[self._key(example, layer)]

    def how(self, example: bf.QAExample, layer: int) -> dict[str, float]:
        names = ("nodes", "difference", "gap", "tolerance")
        return dict(zip(names, self._kept[self._key(example, layer) + "/how"].tolist(), strict=True))

    def put(self, example: bf.QAExample, result: bf.Attribution, difference: float, gap: float) -> None:
        key = self._key(example, result.layer)
        self._kept[key] = result.scores
        self._kept[key + "/how"] = np.array([result.n_steps, difference, gap, self.tolerance])

    def rule(self, examples: Sequence[bf.QAExample], layer: int) -> tuple[int, list[float]] | None:
        """Return the nodes of the rule found for these questions, and their errors; None before that."""
        kept = self._kept.get(self._rule_key(examples, layer))
        return None if kept is None else (int(kept[0]), kept[1:].tolist())

    def put_rule(
        self, examples: Sequence[bf.QAExample], layer: int, nodes: int, errors: Sequence[float]
    ) -> None:
        self._kept[self._rule_key(examples, layer)] = np.array([nodes, *errors])

    def _rule_key(self, examples: Sequence[bf.QAExample], layer: int) -> str:
        names = hashlib.sha256("/".join(str(example.id) for example in examples).encode()).hexdigest()
        return f"{self._mark}/rule/{names[:16]}/{layer}"

    def summary(self, examples: Sequence[bf.QAExample], layers: Sequence[int]) -> dict[str, Any]:
        """Return what the references took, and how many had not settled at the most nodes that are tried."""
        hows = [self.how(example, layer) for example in examples for layer in layers]
        nodes = [how["nodes"] for how in hows]
        return {
            "tolerance": self.tolerance,
            "nodes": {"min": min(nodes), "mean": float(np.mean(nodes)), "max": max(nodes)},
            "unsettled": sum(max(how["difference"], how["gap"]) > self.tolerance for how in hows),
        }

    def save(self) -> None:
        """Write the file aside, and put it in its place."""
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part = self._path.with_suffix(".part.npz")
            np.savez(part, **self._kept)  # type: ignore[arg-type]
            part.replace(self._path)


def completeness_gap(result: bf.Attribution) -> float:
    """Return |delta| over the sum of the absolute signed scores."""
    return abs(result.delta or 0.0) / (float(np.abs(result.signed).sum(dtype=np.float64)) or 1.0)


def fine_references(model: bf.Model, examples: Sequence[bf.QAExample], file: ReferenceFile) -> References:
    """Compute the references that the file lacks, and return those of every example and layer."""
    for layer in every_layer(model):
        missing = [example for example in examples if (example, layer) not in file]
        for number, some in enumerate(_batched(missing, TOGETHER), start=1):
            note(f"reference: layer {layer}, part {number}, {len(some)} questions")
            _refine(model, some, layer, file)
            file.save()
    return {
        (str(example.id), layer): file.scores(example, layer)
        for example in examples
        for layer in every_layer(model)
    }


def _refine(model: bf.Model, pending: list[bf.QAExample], layer: int, file: ReferenceFile) -> None:
    nodes = FIRST_NODES
    last = [result.scores for result in fixed_rule(model, pending, layer, nodes)]
    while pending:
        nodes = math.ceil(1.5 * nodes)
        results, rest = fixed_rule(model, pending, layer, nodes), []
        for example, result, before in zip(pending, results, last, strict=True):
            difference, gap = relative_l1(before, result.scores), completeness_gap(result)
            settled = max(difference, gap) <= file.tolerance
            if settled or 1.5 * nodes > MOST_NODES:
                file.put(example, result, difference, gap)
            else:
                rest.append((example, result.scores))
        pending, last = [example for example, _ in rest], [scores for _, scores in rest]


def validate(
    model: bf.Model, examples: Sequence[bf.QAExample], references: References, nodes: int
) -> dict[str, Any]:
    """Compare references with a much finer rule, and assert that they differ by less than 0.1 per cent."""
    worst = 0.0
    for layer in every_layer(model):
        for example, result in zip(examples, fixed_rule(model, examples, layer, nodes), strict=True):
            worst = max(worst, relative_l1(references[str(example.id), layer], result.scores))
    assert worst < 1e-3, f"references are off by {worst}"
    return {"questions": len(examples), "nodes": nodes, "worst_difference": worst}


def smallest_passing(grid: Sequence[int], passes: Callable[[int], bool]) -> int | None:
    """Return the smallest entry of a rising grid that passes, where all above one that passes do too."""
    low, high = 0, len(grid)
    while low < high:
        middle = (low + high) // 2
        if passes(grid[middle]):
            high = middle
        else:
            low = middle + 1
    return grid[low] if low < len(grid) else None


def smallest_rule(
    model: bf.Model,
    examples: Sequence[bf.QAExample],
    layer: int,
    references: References,
    *,
    limit: float = 0.01,
    share: float = 0.95,
    grid: Sequence[int] = GRID,
) -> tuple[int, list[float]]:
    """Find the smallest Gauss-Legendre rule with ``share`` of the errors at or under ``limit``.

    Returns
    -------
    tuple of (int, list of float)
        Its nodes and the true error of every example. Where none of the grid will do, the largest is taken.
    """
    allowed = int((1 - share) * len(examples) + 1e-9)

    def errors_of(nodes: int, allowed: int) -> list[float] | None:
        errors: list[float] = []
        for some in _batched(examples, 4):  # few: a rule that will not do is found out soon
            results = fixed_rule(model, some, layer, nodes)
            errors += [relative_l1(each.scores, references[str(each.id), layer]) for each in results]
            if sum(error > limit for error in errors) > allowed:
                return None
        return errors

    found: dict[int, list[float]] = {}

    def passes(nodes: int) -> bool:
        errors = errors_of(nodes, allowed)
        if errors is not None:
            found[nodes] = errors
        return errors is not None

    nodes = smallest_passing(grid, passes)
    if nodes is None:
        nodes = grid[-1]
        note(f"layer {layer}: no rule of up to {nodes} nodes reaches {limit:.0%} in {share:.0%} of the cases")
        found[nodes] = errors_of(nodes, len(examples)) or []
    return nodes, found[nodes]


def judge(results: Sequence[Mapping[int, bf.Attribution]], references: References) -> dict[str, Any]:
    """Compare attributions with their references.

    Returns
    -------
    dict
        True errors over all cases and by layer, mean evaluations, the share that converged, and how often the
        reported error was below the true one.
    """
    rows = [
        (layer, relative_l1(each.scores, references[str(each.id), layer]), each)
        for result in results
        for layer, each in result.items()
    ]

    def mean_evaluations(some: Sequence[Any]) -> float:
        return float(np.mean([each.evaluations for _, _, each in some]))

    by_layer = {}
    for layer in sorted({layer for layer, _, _ in rows}):
        own = [row for row in rows if row[0] == layer]
        by_layer[layer] = {
            **error_summary([error for _, error, _ in own]),
            "mean_evaluations": mean_evaluations(own),
        }
    told = [(error, each.error) for _, error, each in rows if each.error is not None]
    return {
        **error_summary([error for _, error, _ in rows]),
        "mean_evaluations": mean_evaluations(rows),
        "share_converged": float(np.mean([bool(each.converged) for _, _, each in rows])),
        "converged_is_told": all(each.converged is not None for _, _, each in rows),
        "share_reported_below_true": float(np.mean([said < error for error, said in told])) if told else None,
        "by_layer": by_layer,
    }


def _batched(items: Sequence[bf.QAExample], count: int) -> list[list[bf.QAExample]]:
    return [list(items[start : start + count]) for start in range(0, len(items), count)]
