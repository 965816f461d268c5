"""A Hugging Face data set with the attributions of its rows as columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bertqa_fast.data.dataset_rows import from_dataset, require_dataset
from bertqa_fast.runs.arrow import example_schema
from bertqa_fast.runs.attribute import attribute_dataset
from bertqa_fast.runs.reader import Run

if TYPE_CHECKING:
    from bertqa_fast.model import Model

# What a row has already.
_KNOWN = ("example", "id", "question", "context", "gold")


def with_attributions(
    model: Model,
    dataset: Any,
    out_dir: str | Path,
    *,
    task: str = "squad",
    columns: Mapping[str, str | None] | None = None,
    label_names: bool = True,
    prefix: str = "attribution_",
    **options: Any,
) -> Any:
    """Attribute every row of a Hugging Face ``datasets.Dataset``, and return it with columns added.

    The rows go into a run folder part by part, as with
    :func:`bertqa_fast.runs.attribute.attribute_dataset`: neither they nor the results are held in memory, a
    run that was stopped goes on with ``resume=True``, and reports and analyses can be made of the folder.
    The columns that are added are mapped from a file in it, which must stay while the result is used.

    Parameters
    ----------
    model : Model
        What is explained.
    dataset : datasets.Dataset
        One split; see :func:`bertqa_fast.from_dataset` for its columns.
    out_dir : str or Path
        The run folder; absent or empty, unless ``resume`` goes on with the run in it.
    task : str
        The data set by whose rules rows are read and answers are scored.
    columns, label_names
        As in :func:`bertqa_fast.from_dataset`.
    prefix : str
        What the names of the added columns begin with.
    **options
        Everything else that ``attribute_dataset`` takes but ``limit``: ``layers``, ``resume``, ``embeddings``
        (by default hidden states of no row are kept), ``show_progress``, and what ``integrated_gradients``
        takes.

    Returns
    -------
    datasets.Dataset
        The rows in their order, with all their columns, and with ``attribution_tokens``,
        ``attribution_offsets``, ``attribution_layer``, ``attribution_scores`` (``[layers, T]``, float32) and
        the others of :meth:`bertqa_fast.runs.reader.Run.to_dataset`.

    Raises
    ------
    ImportError
        datasets is not installed.
    TypeError, ValueError
        Naming the argument: what :func:`bertqa_fast.from_dataset` or ``attribute_dataset`` refuses, or a
        column that the data set has already.
    RunFolderError
        The folder is damaged, or in use by another process.
    """
    dataset = require_dataset(dataset)
    if "limit" in options:
        raise ValueError(
            "limit: every row gets its columns; wanted dataset.select(range(limit)) in its place"
        )
    names = {name: f"{prefix}{name}" for name in example_schema().names if name not in _KNOWN}
    if taken := [name for name in names.values() if name in dataset.column_names]:
        raise ValueError(
            f"prefix: the data set has the columns {', '.join(taken)} already, wanted another than {prefix!r}"
        )
    examples = from_dataset(dataset, task=task, columns=columns, label_names=label_names)
    attribute_dataset(model, examples, out_dir, task=task, **({"embeddings": 0} | options))
    added = Run(out_dir).to_dataset().remove_columns(list(_KNOWN)).rename_columns(names)
    return _beside(dataset, added)


def _beside(dataset: Any, added: Any) -> Any:
    """Put columns beside those of a data set, which keeps its split and format."""
    import datasets

    joined = datasets.concatenate_datasets([dataset.with_format(None), added], axis=1, split=dataset.split)
    shape = dict(dataset.format)
    if shape["type"] is None and len(shape["columns"]) == len(dataset.column_names):
        return joined
    return joined.with_format(
        shape["type"],
        columns=[*shape["columns"], *added.column_names],
        output_all_columns=shape["output_all_columns"],
        **shape["format_kwargs"],
    )
