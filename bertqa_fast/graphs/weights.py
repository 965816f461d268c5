"""The weight file: the weights of a model, float32, each at an aligned offset."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from bertqa_fast.families.base import Array
from bertqa_fast.graphs.spec import TensorEntry

ALIGNMENT = 4096  # a page, so that a mapped weight may be handed to the runtime as it is
TRANSPOSED = "_transposed"  # ends the names of second copies
WORD_ROOT = "embeddings.word_root"  # R, symmetric, with R R = W^T W for the word embeddings W [V, E]


def is_derived(name: str) -> bool:
    """Whether a weight follows from others: :func:`with_derived` adds it."""
    return name.endswith(TRANSPOSED) or name == WORD_ROOT


def with_derived(weights: Iterable[tuple[str, Array]]) -> Iterator[tuple[str, Array]]:
    """Add what follows from weights behind them.

    The root of the word embeddings' Gram matrix: |W d| over the vocabulary is |R d| over their width. The
    root and not the Gram matrix itself, because d^T (W^T W) d loses digits where d is all but orthogonal to
    the words.

    A transposed copy of every square matrix that a backward product multiplies by: OpenVINO (2026.4) takes
    the weight of a product and of the product with its transpose for one where both have the same shape and
    place in memory, and gets the second wrong. The copies are a fifteenth of a BERT.
    """
    for name, array in weights:
        yield name, array
        if name == "embeddings.word":
            yield WORD_ROOT, _gram_root(array)
        square = array.ndim == 2 and array.shape[0] == array.shape[1]
        if square and name.startswith(("layer.", "pooler.", "embeddings.projection.")):
            yield name + TRANSPOSED, array.T


def _gram_root(embeddings: Array) -> Array:
    """Return the symmetric root of W^T W, worked out in float64."""
    gram = np.zeros((embeddings.shape[1], embeddings.shape[1]))
    for first in range(0, len(embeddings), 4096):  # a part at a time: in float64 all of it is a second copy
        part = embeddings[first : first + 4096].astype(np.float64)
        gram += part.T @ part
    values, vectors = np.linalg.eigh(gram)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return np.asarray(root, dtype=np.float32)


def write_weights(path: Path, weights: Iterable[tuple[str, Array]]) -> tuple[dict[str, TensorEntry], str]:
    """Write weights one after the other and return where each lies, with the file's SHA-256.

    Raises
    ------
    ValueError
        For a weight that is not finite, or a name given twice.
    """
    entries: dict[str, TensorEntry] = {}
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for name, array in weights:
            if name in entries:
                raise ValueError(f"weights: got {name!r} twice")
            data = np.ascontiguousarray(array, dtype="<f4")
            if not np.isfinite(data).all():
                raise ValueError(f"weights: {name!r} holds values that are not finite")
            padding = b"\0" * (-file.tell() % ALIGNMENT)
            view = data.data.cast("B")
            for piece in (padding, view):
                file.write(piece)
                digest.update(piece)
            entries[name] = TensorEntry(name, "float32", data.shape, file.tell() - len(view), len(view))
    return entries, digest.hexdigest()
