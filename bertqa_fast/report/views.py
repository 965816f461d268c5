"""From a report's contents to the plain values that its templates print."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.attribution.layer_results import LayerAttributions
from bertqa_fast.attribution.naming import layer_tick
from bertqa_fast.attribution.result import Attribution
from bertqa_fast.report.colours import strength
from bertqa_fast.report.contents import ReportExample
from bertqa_fast.report.describe import error_text, layer_title, target_line, token_line
from bertqa_fast.report.pieces import Piece, answer_text, labels, pieces

# Rows of one column of the heat map: it fits a screen, and a passage of 200 tokens makes a handful of them.
_ROWS = 30
_TOP_WORDS = 5


def example_view(number: int, example: ReportExample) -> dict[str, Any]:
    """Return what the templates print of one example.

    Parameters
    ----------
    number : int
        Its place in the report, from 1.
    example : ReportExample
        The example.
    """
    layers = example.layers
    shown = list(layers)[-1]
    shares = layers.distribution()
    first = layers[shown]
    parts = pieces(first)
    return {
        "number": number,
        "id": layers.id,
        "question": first.question,
        "is_question": first.span is not None,
        # Annotators agree more often than not.
        "gold": list(dict.fromkeys(example.gold)),
        "predicted": example.predicted or answer_text(first),
        "probability": example.probability,
        "exact": example.exact,
        "count": len(layers.tokens),
        "windows": first.windows,
        "target": target_line(first),
        "layers": [_layer_row(item) for item in layers.values()],
        "shown": shown,
        "worst_delta": _worst([item.delta for item in layers.values()]),
        "worst_error": _worst_error(layers),
        "pieces": list(_coloured(parts, first, shares[-1])),
        "blocks": list(_blocks(parts, layers, shares)),
        "ticks": [layer_tick(layer) for layer in layers],
        "island": island(layers, shares),
    }


def island(layers: LayerAttributions, shares: NDArray[np.float64]) -> str:
    """Return the numbers that the page's script needs, as JSON that cannot end its ``<script>``.

    Parameters
    ----------
    layers : LayerAttributions
        The example's results.
    shares : array of [layers, T]
        Each layer's distribution.
    """
    data = {
        "layers": list(layers),
        "tokens": labels(next(iter(layers.values()))),
        "shares": [[float(f"{share:.3g}") for share in row] for row in shares],
        "signed": [[float(f"{value:.3g}") for value in row] for row in layers.signed.astype(float)],
    }
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _worst(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known, key=abs) if known else None


def _worst_error(layers: LayerAttributions) -> str:
    known = [item for item in layers.values() if item.error is not None]
    return error_text(max(known, key=lambda item: item.error or 0.0)) if known else "\u2013"


def _layer_row(item: Attribution) -> dict[str, Any]:
    total = float(item.scores.sum(dtype=np.float64)) or 1.0
    best = item.top(_TOP_WORDS, of="words")
    strengths = strength([word.score for word in best])
    return {
        "number": item.layer,
        "tick": layer_tick(item.layer),
        "title": layer_title(item.layer),
        "value": item.value,
        "baseline_value": item.baseline_value,
        "delta": item.delta,
        "error": error_text(item) or "\u2013",
        "converged": item.converged,
        "evaluations": item.evaluations,
        "words": [
            {"text": word.text, "share": word.score / total, "alpha": alpha}
            for word, alpha in zip(best, strengths, strict=True)
        ],
    }


def _coloured(parts: list[Piece], item: Attribution, shares: NDArray[np.float64]) -> Iterator[dict[str, Any]]:
    strengths, called = strength(shares), labels(item)
    for part in parts:
        yield {
            "piece": part,
            "alpha": strengths[part.index],
            "title": token_line(item, part.index, shares[part.index], called[part.index]),
        }


def _blocks(
    parts: list[Piece], layers: LayerAttributions, shares: NDArray[np.float64]
) -> Iterator[list[dict[str, Any]]]:
    """Cut the heat map into columns of tokens, each a table of its own."""
    strengths, called = strength(shares), labels(next(iter(layers.values())))
    rows = [
        {"piece": part, "token": called[part.index], "alphas": strengths[:, part.index]} for part in parts
    ]
    columns = -(-len(rows) // _ROWS)
    height = -(-len(rows) // columns)
    for start in range(0, len(rows), height):
        yield rows[start : start + height]
