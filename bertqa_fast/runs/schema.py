"""The tables of a run folder, and attributions to their rows and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.attribution.layer_results import LayerAttributions
from bertqa_fast.attribution.result import Attribution

# Columns of scores/ that are plain values, by the name that Attribution has for them.
_PLAIN = {
    "layer": "int16",
    "cut": "int16",
    "value": "float64",
    "baseline_value": "float64",
    "delta": "float64",
    "error": "float64",
    "evaluations": "float64",
    "converged": "bool_",
    "precision_error": "float64",
    "target": "string",
    "label": "string",
    "method": "string",
    "n_steps": "int32",
    "preset": "string",
    "baseline": "string",
}


def window_schema() -> Any:
    """Return the columns of ``windows/``: a row for each example and window.

    ``example`` is the example's number in the data, from 0; ``windows`` says how many windows were joined
    into this one. ``segment`` is 0 for the question, 1 for the context, -1 for special tokens.
    """
    import pyarrow as pa

    return pa.schema(
        [
            ("example", pa.int64()),
            ("id", pa.string()),
            ("window", pa.int32()),
            ("windows", pa.int32()),
            ("tokens", pa.list_(pa.string())),
            ("offsets", pa.list_(pa.list_(pa.int32(), 2))),
            ("segment", pa.list_(pa.int8())),
            ("word_ids", pa.list_(pa.int32())),
            ("question", pa.string()),
            ("context", pa.string()),
        ]
    )


def score_schema() -> Any:
    """Return the columns of ``scores/``: a row for each example, window and layer.

    Layer l is the output of encoder block l, -1 the embeddings. ``span`` holds the first and last token of
    the explained answer; ``label`` is the explained class, a number of one as text.
    """
    import pyarrow as pa

    plain = [(name, getattr(pa, kind)()) for name, kind in _PLAIN.items()]
    return pa.schema(
        [
            ("example", pa.int64()),
            ("id", pa.string()),
            ("window", pa.int32()),
            ("scores", pa.list_(pa.float32())),
            ("signed", pa.list_(pa.float32())),
            ("span", pa.list_(pa.int32())),
            *plain,
        ]
    )


def window_table(results: Sequence[tuple[int, LayerAttributions]]) -> Any:
    """Return the window rows of some examples.

    Parameters
    ----------
    results : sequence of (int, LayerAttributions)
        Number of each example, and its attributions.
    """
    import pyarrow as pa

    rows = []
    for example, layers in results:
        first = next(iter(layers.values()))
        rows.append(
            {
                "example": example,
                "id": first.id,
                "window": first.window,
                "windows": first.windows,
                "tokens": first.tokens,
                "offsets": list(first.offsets),
                "segment": first.segment,
                "word_ids": first.word_ids,
                "question": first.question,
                "context": first.context,
            }
        )
    return pa.Table.from_pylist(rows, schema=window_schema())


def score_table(results: Sequence[tuple[int, LayerAttributions]]) -> Any:
    """Return the score rows of some examples; see :func:`window_table`."""
    import pyarrow as pa

    rows = [
        {
            "example": example,
            "id": item.id,
            "window": item.window,
            "scores": item.scores,
            "signed": item.signed,
            "span": item.span,
            **{name: getattr(item, name) for name in _PLAIN},
            "label": None if item.label is None else str(item.label),
        }
        for example, layers in results
        for item in layers.values()
    ]
    return pa.Table.from_pylist(rows, schema=score_schema())


def from_tables(windows: Any, scores: Any) -> Iterator[tuple[int, LayerAttributions]]:
    """Yield number and attributions of each example of a part, in order.

    Parameters
    ----------
    windows, scores : pyarrow.Table
        The two tables of one part.

    Raises
    ------
    ValueError
        The tables are not those of one part.
    """
    numbers = scores.column("example").to_numpy()
    plain = {name: scores.column(name).to_pylist() for name in _PLAIN}
    for row, example in enumerate(windows.column("example").to_pylist()):
        mine = np.flatnonzero(numbers == example).tolist()
        if not mine:
            raise ValueError(f"scores must have rows for each window, got none for example {example}")
        shared = {
            "tokens": windows.column("tokens")[row].as_py(),
            "offsets": _list(windows, "offsets", row).reshape(-1, 2),
            "segment": _list(windows, "segment", row),
            "word_ids": _list(windows, "word_ids", row),
            **{
                name: windows.column(name)[row].as_py()
                for name in ("id", "window", "windows", "question", "context")
            },
        }
        yield (
            example,
            LayerAttributions(
                Attribution(
                    scores=_list(scores, "scores", at),
                    signed=_list(scores, "signed", at),
                    span=_span(scores.column("span")[at].as_py()),
                    **shared,
                    **{name: values[at] for name, values in plain.items()},
                )
                for at in mine
            ),
        )


def _list(table: Any, column: str, row: int) -> NDArray[Any]:
    values = table.column(column)[row].values
    while hasattr(values, "flatten") and hasattr(values.type, "value_type"):
        values = values.flatten()
    array: NDArray[Any] = values.to_numpy(zero_copy_only=False)
    return array


def _span(value: list[int] | None) -> tuple[int, int] | None:
    return None if value is None else (value[0], value[1])
