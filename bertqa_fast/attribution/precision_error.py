"""How far scores of a lower precision are from those of float32: measured on a few points of the work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bertqa_fast import _core

if TYPE_CHECKING:
    from bertqa_fast.model import Model

CHECKED_WINDOWS = 2
CHECKED_NODES = 3
"""An integral over more nodes averages more roundings: what is found with three is rather too large."""

# What `integrate` takes for each token, and for each window; the rest concerns all.
_OF_TOKENS = ("input_ids", "token_type_ids", "baseline_ids", "baseline_values")
_OF_SPANS = ("span_start", "span_end", "span_sign")


def precision_error(model: Model, request: Mapping[str, Any], cut: int) -> float | None:
    """Estimate the relative L1 error of normalised scores that comes from the model's precision.

    The first and the last window are attributed at one layer with three Gauss-Legendre nodes, once as the
    model computes and once in float32, and the larger difference counts. That is done once for a model, layer
    and target: later calls are told what the first one found.

    Parameters
    ----------
    model : Model
        Of any precision; None is returned for ``"fp32"``.
    request : mapping
        Arguments of the engine's ``integrate``, without layers, nodes and what else says how to integrate.
    cut : int
        The layer; errors of layers hardly differ (docs/devices.md), so the lowest one asked for will do.

    Returns
    -------
    float or None
        Sum over tokens of the difference of scores that sum to 1.
    """
    if model.precision == "fp32":
        return None
    key = (cut, tuple(np.asarray(request["target_mix"]).tolist()))
    known = model.precision_errors.get(key)
    if known is None:
        some = _windows(request, sorted({0, len(request["offsets"]) - 2})[:CHECKED_WINDOWS])
        nodes, weights = _core.quadrature_rule("gausslegendre", CHECKED_NODES)
        settings: dict[str, Any] = {"layers": [cut], "nodes": nodes, "weights": weights}
        ours = model.core.integrate(**some, **settings)["scores"][0]
        with model.exact() as exact:
            wanted = exact.integrate(**some, **settings)["scores"][0]
        known = max(
            _difference(ours[a:b], wanted[a:b])
            for a, b in zip(some["offsets"], some["offsets"][1:], strict=False)
        )
        model.precision_errors[key] = known
    return known


def _windows(request: Mapping[str, Any], chosen: list[int]) -> dict[str, Any]:
    """Return the request for some of its windows."""
    offsets = request["offsets"]
    spans = len(request["span_start"]) // (len(offsets) - 1)
    tokens = np.concatenate([np.arange(offsets[i], offsets[i + 1]) for i in chosen])
    of_spans = np.concatenate([np.arange(i * spans, (i + 1) * spans) for i in chosen])
    lengths = [int(offsets[i + 1] - offsets[i]) for i in chosen]
    some = dict(request)
    some |= {name: np.ascontiguousarray(request[name][tokens]) for name in _OF_TOKENS if name in request}
    some |= {name: np.ascontiguousarray(request[name][of_spans]) for name in _OF_SPANS}
    some["offsets"] = np.cumsum([0, *lengths], dtype=np.int64)
    return some


def _difference(ours: npt.NDArray[np.float32], wanted: npt.NDArray[np.float32]) -> float:
    parts = [
        array.astype(np.float64) / (float(array.sum(dtype=np.float64)) or 1.0) for array in (ours, wanted)
    ]
    return float(np.abs(parts[0] - parts[1]).sum())
