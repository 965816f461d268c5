"""A window and its scores at every layer as plain arrays: what analyses read, ten thousand at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.data.spelling import shown_tokens


@dataclass(frozen=True, slots=True, eq=False)
class ScoredWindow:
    """One example's window; layer l is the output of encoder block l, -1 the embeddings.

    Attributes
    ----------
    example : int
        Number of the example in the data, from 0.
    id : str or None
        Its id.
    window : int
        Number of the window within the example.
    layers : tuple of int
        The layers, rising.
    scores, signed : float32 array of [layers, T]
        L2 norms and sums over ``H`` of the attribution vectors.
    tokens : list of str
        ``[T]``, special tokens included.
    segment : int8 array of [T]
        0 question, 1 context, -1 special token.
    word_ids : int32 array of [T]
        The word of each token, numbered within its segment; -1 for special tokens and lone white space.
    offsets : int32 array of [T, 2]
        Characters of each token in the question or context.
    span : (int, int) or None
        First and last token of the explained answer.
    question, context : str
        What ``offsets`` point into.
    """

    example: int
    id: str | None
    window: int
    layers: tuple[int, ...]
    scores: NDArray[np.float32]
    signed: NDArray[np.float32]
    tokens: list[str]
    segment: NDArray[np.int8]
    word_ids: NDArray[np.int32]
    offsets: NDArray[np.int32]
    span: tuple[int, int] | None
    question: str
    context: str

    @property
    def key(self) -> str:
        """Its id, or ``#`` and its number where it has none."""
        return f"#{self.example}" if self.id is None else self.id

    def shown_tokens(self) -> list[str]:
        """Return what people are shown of the tokens, T of them."""
        return shown_tokens(self.tokens, self.offsets, self.segment, (self.question, self.context))


WINDOW_COLUMNS = (
    "example",
    "id",
    "window",
    "tokens",
    "offsets",
    "segment",
    "word_ids",
    "question",
    "context",
)
SCORE_COLUMNS = ("example", "layer", "scores", "signed", "span")


def scored_windows(windows: Any, scores: Any) -> Iterator[ScoredWindow]:
    """Yield the windows of a part.

    Parameters
    ----------
    windows, scores : pyarrow.Table
        The two tables of one part, with at least ``WINDOW_COLUMNS`` and ``SCORE_COLUMNS``.

    Raises
    ------
    ValueError
        The tables are not those of one part.
    """
    layer = scores.column("layer").to_numpy()
    order = np.lexsort((layer, scores.column("example").to_numpy()))
    owner = scores.column("example").to_numpy()[order]
    norms, sums = _Lists(scores.column("scores")), _Lists(scores.column("signed"))
    spans = scores.column("span").to_pylist()
    lists = {name: _Lists(windows.column(name)) for name in ("segment", "word_ids", "offsets")}
    tokens, texts = windows.column("tokens"), windows.select(["id", "window", "question", "context"])
    for row, example in enumerate(windows.column("example").to_pylist()):
        first, stop = np.searchsorted(owner, [example, example + 1])
        mine = order[first:stop]
        if not len(mine):
            raise ValueError(f"scores must have rows for each window, got none for example {example}")
        span = spans[mine[0]]
        yield ScoredWindow(
            example=example,
            layers=tuple(layer[mine].tolist()),
            scores=np.stack([norms[at] for at in mine]),
            signed=np.stack([sums[at] for at in mine]),
            tokens=tokens[row].as_py(),
            segment=lists["segment"][row],
            word_ids=lists["word_ids"][row],
            offsets=lists["offsets"][row].reshape(-1, 2),
            span=None if span is None else (span[0], span[1]),
            **{name: texts.column(name)[row].as_py() for name in texts.column_names},
        )


def layer_scores(scores: Any, layer: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield each example's number and its scores ``[T]`` at one layer, in order.

    Parameters
    ----------
    scores : pyarrow.Table
        Columns ``example``, ``layer`` and ``scores`` of one part.
    layer : int
        The layer; -1 is the embeddings.
    """
    owner = scores.column("example").to_numpy()
    norms = _Lists(scores.column("scores"))
    rows = np.flatnonzero(scores.column("layer").to_numpy() == layer)
    for row in rows[np.argsort(owner[rows])]:
        yield int(owner[row]), norms[row]


class _Lists:
    """A column of lists of numbers, as one array and the places where its rows begin."""

    def __init__(self, column: Any) -> None:
        array = column.combine_chunks()
        begins = array.offsets.to_numpy()
        values = array.values
        width = 1
        while hasattr(values.type, "value_type"):  # the pairs of `offsets`
            width *= values.type.list_size
            values = values.values
        self._values = values.to_numpy(zero_copy_only=False)
        self._begins = begins * width

    def __getitem__(self, row: int) -> NDArray[Any]:
        part: NDArray[Any] = self._values[self._begins[row] : self._begins[row + 1]]
        return part
