"""A run folder as one table with a row for each example, in an Arrow file that can be mapped into memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bertqa_fast.runs.heads import said
from bertqa_fast.runs.schema import score_schema, window_schema
from bertqa_fast.storage import open_atomic

if TYPE_CHECKING:
    from bertqa_fast.runs.reader import Run

ARROW_FILE = "dataset.arrow"
# What a run says of each layer; of the rest of scores/ all layers of an example say the same.
_OF_LAYERS = (
    "layer",
    "cut",
    "scores",
    "signed",
    "value",
    "baseline_value",
    "delta",
    "error",
    "evaluations",
    "converged",
    "precision_error",
)
_OF_EXAMPLES = ("span", "label", "target", "method", "n_steps", "preset", "baseline")


def example_schema() -> Any:
    """Return the columns: those of ``windows/``, of ``scores/``, and the prediction.

    What differs from layer to layer is a list with an entry for each: ``layer`` their numbers, ``scores`` and
    ``signed`` ``[layers, T]``. ``prediction`` is the text or class, ``gold`` the gold answers or class.
    """
    import pyarrow as pa

    scores = score_schema()
    return pa.schema(
        [
            *window_schema(),
            *((name, scores.field(name).type) for name in _OF_EXAMPLES),
            *((name, pa.list_(scores.field(name).type)) for name in _OF_LAYERS),
            ("prediction", pa.string()),
            ("probability", pa.float64()),
            ("gold", pa.list_(pa.string())),
        ]
    )


def write_arrow(run: Run, path: Path) -> None:
    """Write a run as an Arrow stream, whole or not at all; no more than one part is held in memory.

    Parameters
    ----------
    run : Run
        The run; of one that still grows, what is done.
    path : Path
        The file, replaced where there is one.

    Raises
    ------
    RunFolderError
        The run is damaged.
    """
    import pyarrow as pa

    schema = example_schema()
    predictions, gold = run.predictions(), run.gold()
    with open_atomic(path) as file, pa.ipc.new_stream(file, schema) as writer:
        for windows, scores in run.tables():
            examples = windows.column("example").to_pylist()
            told = [predictions[example] for example in examples]
            columns = {name: windows.column(name) for name in window_schema().names}
            columns |= _joined(scores, len(examples))
            columns |= {
                "prediction": pa.array([str(said(one)) for one in told], pa.string()),
                "probability": pa.array([one.probability for one in told], pa.float64()),
                "gold": pa.array([list(gold[example]) for example in examples], pa.list_(pa.string())),
            }
            writer.write_table(pa.table([columns[name] for name in schema.names], schema=schema))


def _joined(scores: Any, examples: int) -> dict[str, Any]:
    """Return the columns of one part's scores with a row for each example, its layers in order."""
    import pyarrow as pa

    # The survey of the folder has seen that each example has the same layers, once.
    layers = len(scores) // examples
    layer, owner = scores.column("layer").to_numpy(), scores.column("example").to_numpy()
    scores = scores.take(pa.array(np.lexsort((layer, owner))))
    begins = pa.array(np.arange(examples + 1, dtype=np.int32) * layers)
    firsts = begins.slice(0, examples)
    columns = {name: scores.column(name).take(firsts) for name in _OF_EXAMPLES}
    for name in _OF_LAYERS:
        columns[name] = pa.ListArray.from_arrays(begins, scores.column(name).combine_chunks())
    return columns
