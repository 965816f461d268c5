"""A run folder, read back part by part."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.attribution.layer_results import LayerAttributions
from bertqa_fast.data.jsonfiles import read_json
from bertqa_fast.runs.arrow import ARROW_FILE, write_arrow
from bertqa_fast.runs.by_example import ByExample
from bertqa_fast.runs.files import MEND, RunFolderError, damaged, part_path, read_run_file, read_table
from bertqa_fast.runs.heads import AnyPrediction, read_prediction
from bertqa_fast.runs.parts import Part, answers_of, lost, named, survey
from bertqa_fast.runs.schema import from_tables, score_schema, window_schema
from bertqa_fast.runs.scored import (
    SCORE_COLUMNS,
    WINDOW_COLUMNS,
    ScoredWindow,
    layer_scores,
    scored_windows,
)


class Run:
    """A run folder; iterating it yields the :class:`LayerAttributions` of one example after the other.

    Layer l is the output of encoder block l, -1 the embeddings. No more than one part is held in memory.

    Parameters
    ----------
    folder : str or Path
        The folder that a run was written to; it may still be growing.

    Raises
    ------
    ValueError
        It is not a run folder.
    RunFolderError
        It is of a later format; or a part is damaged, missing or there twice. The message says which, and
        what to do.

    Attributes
    ----------
    folder : Path
        The folder.
    about : dict
        What ``run.json`` says.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.about: dict[str, Any] = read_run_file(self.folder)
        self._parts = survey(self.folder)
        gone = lost(self._parts, self.about["counts"]["examples"])
        if gone:
            raise RunFolderError(
                f"{self.folder}: {', '.join(map(named, gone))} done before, but missing: scores/ lacks the "
                "parts; run again with --resume to compute them anew"
            )

    @property
    def task(self) -> str:
        """The data set by whose rules it was predicted and scored; SQuAD where it does not say."""
        return str(self.about["data"].get("task", "squad"))

    @property
    def layers(self) -> tuple[int, ...]:
        """The layers that every example has, rising; none while there is no example."""
        return self._parts[0].layers if self._parts else ()

    def __len__(self) -> int:
        """Examples that are done."""
        # Parts follow each other without a gap, from the first example on.
        return self._parts[-1].examples.stop if self._parts else 0

    def __iter__(self) -> Iterator[LayerAttributions]:
        return (layers for _, layers in self.numbered())

    def numbered(self) -> Iterator[tuple[int, LayerAttributions]]:
        """Yield each example's number in the data, from 0, and its attributions."""
        for part in self._parts:
            windows, scores = self._tables(part, window_schema().names, score_schema().names)
            try:
                yield from from_tables(windows, scores)
            except (ValueError, KeyError, TypeError) as error:
                raise self._damaged(part, error) from error

    def scored(self) -> Iterator[ScoredWindow]:
        """Yield each example's window and scores as plain arrays: many times faster than :meth:`numbered`."""
        for part in self._parts:
            windows, scores = self._tables(part, WINDOW_COLUMNS, SCORE_COLUMNS)
            try:
                yield from scored_windows(windows, scores)
            except (ValueError, KeyError, TypeError) as error:
                raise self._damaged(part, error) from error

    def layer_scores(self, layer: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield each example's number and its scores ``[T]`` at one layer, without the windows."""
        for part in self._parts:
            path = part_path(self.folder, "scores", part.number)
            yield from layer_scores(read_table(path, ["example", "layer", "scores"]), layer)

    def tables(self) -> Iterator[tuple[Any, Any]]:
        """Yield the windows and the scores of one part after the other, as pyarrow tables."""
        for part in self._parts:
            yield self._tables(part, window_schema().names, score_schema().names)

    def to_dataset(self, path: str | Path | None = None) -> Any:
        """Return the run as a Hugging Face ``datasets.Dataset`` with a row for each example.

        Its columns are those of ``windows/``; of ``scores/`` with a list over the layers (``layer`` has their
        numbers) for what differs among them, ``scores`` and ``signed`` ``[layers, T]``; and ``prediction``,
        its ``probability`` and ``gold``. They are written to an Arrow file, a part at a time, and mapped from
        there: the rows are not held in memory, and the file must stay while they are used.

        Parameters
        ----------
        path : str or Path, optional
            The file, replaced where there is one; ``dataset.arrow`` in the run folder when None.

        Raises
        ------
        ImportError
            datasets is not installed.
        RunFolderError
            The run is damaged.
        """
        try:
            import datasets
        except ImportError as error:
            raise ImportError(
                "to_dataset() needs datasets: pip install 'bertqa_fast[datasets]'", name="datasets"
            ) from error
        file = self.folder / ARROW_FILE if path is None else Path(path)
        write_arrow(self, file)
        return datasets.Dataset.from_file(str(file))

    @property
    def head(self) -> str:
        """The head of the model: ``"question-answering"`` or ``"text-classification"``."""
        return str(self.about["model"].get("task", "question-answering"))

    def predictions(self) -> Mapping[int, Any]:
        """Return number of the example to its `Prediction` or `ClassPrediction`, read as it is asked for.

        Raises
        ------
        RunFolderError
            From the mapping: a part's predictions are missing or damaged.
        """
        return ByExample(self._parts, self._predictions)

    def gold(self) -> Mapping[int, tuple[str, ...]]:
        """Return number of the example to its gold answers, empty where it has none; read when asked for."""
        return ByExample(
            self._parts,
            lambda part: {example: tuple(entry["gold"]) for example, entry in self._answers(part).items()},
        )

    def scores(self) -> dict[str, float]:
        """Return the scores in per cent; empty where the run is not finished or has no gold answers."""
        names = {"exact_match": "EM", "f1": "F1", "accuracy": "accuracy", "macro_f1": "macro-F1"}
        kept = self.about.get("scores", {})
        return {short: kept[name] for name, short in names.items() if name in kept}

    def exact_scores(self) -> dict[str, int]:
        """Return id (``#n`` for example n without one) to 0 or 1; empty where nothing was scored yet."""
        path = self.folder / "exact_scores.json"
        return dict(read_json(path)) if path.is_file() else {}

    def embeddings(self, example: int) -> NDArray[np.float32] | None:
        """Return the hidden states of an example's window, ``[L+1, T, H]``, or None where none were kept.

        Entry k is Hugging Face's ``hidden_states[k]``, that is layer ``k-1``.

        Raises
        ------
        RunFolderError
            They were kept, and are missing or damaged.
        """
        path = embedding_path(self.folder, example)
        kept = self.about["identity"]["settings"].get("embeddings", 0)
        if example >= min(kept, len(self)) and not path.is_file():
            return None
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                states: NDArray[np.float32] = stored["hidden_states"]
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            number = next((part.number for part in self._parts if example in part.examples), 0)
            mend = MEND.format(name=f"part-{number:05}")
            raise RunFolderError(f"{path} cannot be read ({error}); {mend}") from None
        return states

    def _predictions(self, part: Part) -> dict[int, AnyPrediction]:
        found: dict[int, AnyPrediction] = {}
        try:
            for example, entry in self._answers(part).items():
                found[example] = read_prediction(entry["prediction"])
        except (TypeError, KeyError, AttributeError) as error:
            raise damaged(part_path(self.folder, "predictions", part.number, "json"), error) from None
        return found

    def _answers(self, part: Part) -> dict[int, dict[str, Any]]:
        return answers_of(self.folder, part.number, part.examples)

    def _tables(self, part: Part, windows: Sequence[str], scores: Sequence[str]) -> tuple[Any, Any]:
        return (
            read_table(part_path(self.folder, "windows", part.number), windows),
            read_table(part_path(self.folder, "scores", part.number), scores),
        )

    def _damaged(self, part: Part, error: Exception) -> RunFolderError:
        return damaged(part_path(self.folder, "scores", part.number), error)


def embedding_path(folder: Path, example: int) -> Path:
    """Return where an example's hidden states are kept."""
    return folder / "embeddings" / f"example-{example:06}.npz"
