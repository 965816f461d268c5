"""Attributions as plain data, for JSON."""

from __future__ import annotations

from typing import Any

from bertqa_fast.attribution.layer_results import LayerAttributions
from bertqa_fast.attribution.naming import LAYER_NUMBERING
from bertqa_fast.attribution.result import Attribution

_SHARED = (
    "id",
    "question",
    "context",
    "target",
    "label",
    "method",
    "n_steps",
    "preset",
    "baseline",
    "window",
)
_OF_LAYER = (
    "layer",
    "cut",
    "value",
    "baseline_value",
    "delta",
    "error",
    "evaluations",
    "converged",
    "precision_error",
)


def layers_dict(layers: LayerAttributions) -> dict[str, Any]:
    """Return attributions as plain data: what the layers share, and an entry for each of them.

    Layer l is the output of encoder block l, -1 the embeddings.
    """
    first = next(iter(layers.values()))
    return {
        **{name: getattr(first, name) for name in _SHARED},
        "span": first.span,
        "tokens": first.tokens,
        "offsets": first.offsets.tolist(),
        "segment": first.segment.tolist(),
        "layer_numbering": LAYER_NUMBERING,
        "layers": [_layer(item) for item in layers.values()],
    }


def _layer(item: Attribution) -> dict[str, Any]:
    return {
        **{name: getattr(item, name) for name in _OF_LAYER},
        "scores": item.scores.tolist(),
        "signed": item.signed.tolist(),
    }
