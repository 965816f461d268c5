"""A run folder, read back part by part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.attribution.layer_results import LayerAttributions
from bertqa_fast.data.jsonfiles import read_json
from bertqa_fast.runs.files import (
    RunFolderError,
    part_numbers,
    part_path,
    read_answers,
    read_run_file,
    read_table,
)
from bertqa_fast.runs.schema import from_tables
from bertqa_fast.runs.scored import SCORE_COLUMNS, WINDOW_COLUMNS, ScoredWindow, scored_windows
from bertqa_fast.tasks.answers import NBest, Prediction


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
        It is damaged, or of a later format.

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
        self._parts = part_numbers(self.folder)

    def __len__(self) -> int:
        """Examples that are done."""
        return sum(len(self._windows(number, ["example"])) for number in self._parts)

    def __iter__(self) -> Iterator[LayerAttributions]:
        return (layers for _, layers in self.numbered())

    def numbered(self) -> Iterator[tuple[int, LayerAttributions]]:
        """Yield each example's number in the data, from 0, and its attributions."""
        for number in self._parts:
            scores = read_table(part_path(self.folder, "scores", number))
            try:
                yield from from_tables(self._windows(number), scores)
            except (ValueError, KeyError, TypeError) as error:
                raise RunFolderError(f"{self.folder}: part {number} is damaged ({error})") from error

    def scored(self) -> Iterator[ScoredWindow]:
        """Yield each example's window and scores as plain arrays: many times faster than :meth:`numbered`."""
        for number in self._parts:
            scores = read_table(part_path(self.folder, "scores", number), SCORE_COLUMNS)
            try:
                yield from scored_windows(self._windows(number, WINDOW_COLUMNS), scores)
            except (ValueError, KeyError, TypeError) as error:
                raise RunFolderError(f"{self.folder}: part {number} is damaged ({error})") from error

    def predictions(self) -> dict[int, Prediction]:
        """Return number of the example to its prediction, n-best list included.

        Raises
        ------
        RunFolderError
            A part's predictions are missing or damaged.
        """
        found: dict[int, Prediction] = {}
        for example, entry in self._answers():
            fields = dict(entry["prediction"])
            n_best = [NBest(**fields_of_one) for fields_of_one in fields.pop("n_best")]
            found[example] = Prediction(**fields, n_best=n_best)
        return found

    def gold(self) -> dict[int, tuple[str, ...]]:
        """Return number of the example to its gold answers, empty where it has none."""
        return {example: tuple(entry["gold"]) for example, entry in self._answers()}

    def scores(self) -> dict[str, float]:
        """Return the scores in per cent; empty where the run is not finished or has no gold answers."""
        names = {"exact_match": "EM", "f1": "F1"}
        kept = self.about.get("scores", {})
        return {short: kept[name] for name, short in names.items() if name in kept}

    def _answers(self) -> Iterator[tuple[int, dict[str, Any]]]:
        for number in self._parts:
            yield from read_answers(part_path(self.folder, "predictions", number, "json")).items()

    def exact_scores(self) -> dict[str, int]:
        """Return id (``#n`` for example n without one) to 0 or 1; empty where nothing was scored yet."""
        path = self.folder / "exact_scores.json"
        return dict(read_json(path)) if path.is_file() else {}

    def embeddings(self, example: int) -> NDArray[np.float32] | None:
        """Return the hidden states of an example's window, ``[L+1, T, H]``, or None where none were kept.

        Entry k is Hugging Face's ``hidden_states[k]``, that is layer ``k-1``.
        """
        path = embedding_path(self.folder, example)
        if not path.is_file():
            return None
        with np.load(path, allow_pickle=False) as stored:
            states: NDArray[np.float32] = stored["hidden_states"]
        return states

    def _windows(self, number: int, columns: Sequence[str] | None = None) -> Any:
        return read_table(part_path(self.folder, "windows", number), columns)


def embedding_path(folder: Path, example: int) -> Path:
    """Return where an example's hidden states are kept."""
    return folder / "embeddings" / f"example-{example:06}.npz"
