"""The parameter-randomisation check (Adebayo et al. 2018): pure arithmetic, and the weights that it needs.

An explanation of what a model has learnt must change where that is lost. Weights are drawn anew from the head
down, a block more each time (the cascade), and the scores are compared with those of the trained model.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.words import largest

Floats = NDArray[np.float64]

REDRAWS = ("initial", "shuffle")


def cascade(stored_blocks: int) -> list[str]:
    """Return the parts of a model as they are drawn anew: head, last block, the one below … embeddings.

    ``stored_blocks``: how many there are; those that share their weights are drawn anew together.
    """
    return ["head", *(f"block {number}" for number in reversed(range(stored_blocks))), "embeddings"]


def part_of(name: str) -> str:
    """Return the part that a weight of an export belongs to, by the weight's name."""
    kind, _, rest = name.partition(".")
    if kind == "layer":
        return f"block {rest.partition('.')[0]}"
    return kind if kind == "embeddings" else "head"


def redrawing(
    parts: list[str], kind: str, config: Mapping[str, Any], seed: int
) -> Callable[[str, NDArray[np.float32]], NDArray[np.float32]]:
    """Return what draws the weights of some parts anew, and leaves those of others as they are.

    A weight's new values follow from the seed and its name alone: as the cascade goes deeper, what was drawn
    stays.

    Parameters
    ----------
    parts : list of str
        Those of :func:`cascade`.
    kind : {"initial", "shuffle"}
        As before any training (Devlin et al. 2019: matrices and embeddings normal about 0 with the
        configuration's ``initializer_range``, biases 0, LayerNorms 1 and 0); or every row's own values in
        another order.
    config : mapping
        The model's configuration.
    seed : int
        For the draws.
    """
    spread = float(config.get("initializer_range", 0.02))
    scale = 1 / math.sqrt(config["hidden_size"] / config["num_attention_heads"])

    def initial(name: str, array: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        if array.ndim == 1:
            return np.full_like(array, 1.0 if name.endswith("norm.weight") else 0.0)
        drawn = spread * rng.standard_normal(array.shape, dtype=np.float32)
        if name.endswith("qkv.weight"):  # an export keeps queries times 1 / sqrt(D)
            drawn[: len(drawn) // 3] *= scale
        return drawn.astype(np.float32)

    def shuffled(name: str, array: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        # The biases of queries, keys and values lie in one array, but are not of one size.
        rows = array.reshape(3, -1) if name.endswith("qkv.bias") else array
        return rng.permuted(rows, axis=-1).reshape(array.shape)

    draw = initial if kind == "initial" else shuffled

    def change(name: str, array: NDArray[np.float32]) -> NDArray[np.float32]:
        if part_of(name) not in parts:
            return array
        rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
        if name == "embeddings.token_type" and (array == array[0]).all():
            # A model of one type, or of none: its rows are one, or zeros, and stay so.
            return np.repeat(draw(name, array[:1], rng), len(array), axis=0) if array.any() else array
        return draw(name, array, rng)

    return change


def rank_correlation(first: NDArray[Any], second: NDArray[Any]) -> Floats:
    """Return Spearman's correlation of rows, ``[..., N]`` each; NaN where a row has one value only."""
    from scipy.stats import rankdata

    centred = []
    for rows in (first, second):
        ranks = rankdata(rows, axis=-1)
        centred.append(ranks - ranks.mean(axis=-1, keepdims=True))
    both = (centred[0] * centred[1]).sum(axis=-1)
    norms = np.sqrt((centred[0] ** 2).sum(axis=-1) * (centred[1] ** 2).sum(axis=-1))
    found: Floats = np.divide(both, norms, out=np.full(both.shape, np.nan), where=norms > 0)
    return found


def top_overlap(first: NDArray[Any], second: NDArray[Any], k: int) -> Floats:
    """Return which share of the k largest of one row is among the k largest of the other: ``[..., N]`` each.

    Of equal values the first counts as larger; rows of fewer than k are taken whole.
    """
    marks = []
    for rows in (first, second):
        mark = np.zeros(rows.shape, dtype=np.bool_)
        np.put_along_axis(mark, largest(rows, k), True, axis=-1)
        marks.append(mark)
    shared: Floats = (marks[0] & marks[1]).sum(axis=-1) / min(k, first.shape[-1])
    return shared
