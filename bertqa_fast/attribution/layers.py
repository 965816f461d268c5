"""Which layers a call means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bertqa_fast.attribution.naming import EMBEDDINGS

Layer = int | str
LayerArgument = Layer | Sequence[Layer]


def parse_layers(layer: LayerArgument, num_layers: int) -> tuple[list[int], bool]:
    """Turn a layer argument into layer numbers.

    Parameters
    ----------
    layer : int, str or sequence of these (numpy's integers too)
        A block's number, ``"embeddings"`` (or -1), ``"all"``, or a list.
    num_layers : int
        L.

    Returns
    -------
    tuple of (list of int, bool)
        The layers, and whether one alone was asked for.

    Raises
    ------
    ValueError, TypeError
        For a layer that the model does not have, an empty list, or one given twice.
    """
    if isinstance(layer, str) and layer == "all":
        return list(range(EMBEDDINGS, num_layers)), False
    if isinstance(layer, str | int | np.integer):
        return [_one(layer, num_layers)], True
    if not isinstance(layer, Sequence) and not hasattr(layer, "__iter__"):
        raise TypeError(f"layer: got {type(layer).__name__}, wanted a number, 'embeddings', 'all' or a list")
    layers = [_one(item, num_layers) for item in layer]
    if not layers:
        raise ValueError("layer: got an empty list, wanted at least one layer")
    if len(set(layers)) != len(layers):
        raise ValueError(f"layer: got {list(layer)!r}, wanted each layer once")
    return layers, False


def _one(layer: object, num_layers: int) -> int:
    if layer == "embeddings":
        return EMBEDDINGS
    number = getattr(layer, "__index__", None)
    if isinstance(layer, bool) or number is None:
        if isinstance(layer, str):
            raise ValueError(f"layer: got {layer!r}, wanted a number, 'embeddings' or 'all'")
        raise TypeError(f"layer: got {layer!r}, wanted a number, 'embeddings', 'all' or a list of these")
    value = int(number())
    if not EMBEDDINGS <= value < num_layers:
        raise ValueError(
            f"layer: got {value}, wanted 0 to {num_layers - 1} (the output of that encoder block) or "
            "-1 (the embeddings)"
        )
    return value
