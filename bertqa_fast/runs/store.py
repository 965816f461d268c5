"""The run folder, written: parts that are whole or absent, and a run.json that says what they are.

A part is three files of one number. ``scores/`` is written last: a part counts only once it is there, so a
run that is killed loses at most the part in hand.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from bertqa_fast.attribution.layer_results import LayerAttributions
from bertqa_fast.data.jsonfiles import write_json
from bertqa_fast.runs.files import (
    FORMAT,
    RUN_FILE,
    RunFolderError,
    part_numbers,
    part_path,
    read_answers,
    read_run_file,
    read_table,
    write_table,
)
from bertqa_fast.runs.identity import differences, identity_hash
from bertqa_fast.runs.schema import score_table, window_table
from bertqa_fast.storage import write_atomic
from bertqa_fast.tasks.answers import Prediction


class RunWriter:
    """Writes one run folder; a context manager that holds the folder's lock.

    Parameters
    ----------
    folder : Path
        Where; made if absent.
    identity : mapping
        What may not change between the sessions of one run: model, data, settings.
    about : mapping
        What else ``run.json`` says: model source, data path, versions.
    resume : bool
        Go on with the run that the folder holds, if it holds one.

    Raises
    ------
    ValueError
        The folder holds a run and ``resume`` is False, a run of another identity, or something else.
    RunFolderError
        The folder is damaged, or another process writes to it.
    """

    def __init__(
        self, folder: Path, identity: Mapping[str, Any], about: Mapping[str, Any], *, resume: bool
    ) -> None:
        self.folder = folder
        self._identity = dict(identity)
        self._about = dict(about)
        self._resume = resume
        self._lock: IO[str] | None = None
        self._next = 0
        self._counts: dict[str, float] = {
            "examples": 0,
            "windows": 0,
            "parts": 0,
            "evaluations": 0.0,
            "seconds": 0.0,
        }
        self.done: set[int] = set()

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = (self.folder / ".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise RunFolderError(f"{self.folder} is in use by another process") from None
        try:
            self._open()
        except BaseException:
            self._lock.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            self._lock.close()

    def _open(self) -> None:
        holds = [path.name for path in self.folder.iterdir() if not path.name.startswith(".")]
        if not holds:
            self._write_run_file("running")
            return
        about = read_run_file(self.folder)
        if not self._resume:
            raise ValueError(
                f"{self.folder} holds a run already; resume it (--resume) or choose another folder"
            )
        changed = differences(about["identity"], self._identity)
        if changed:
            raise ValueError(f"{self.folder} holds a run of another kind: {'; '.join(changed)}")
        for leftover in self.folder.glob("*/.part-*"):  # of a process that was killed while writing
            leftover.unlink()
        for number in part_numbers(self.folder):
            table = read_table(part_path(self.folder, "scores", number), ["example", "evaluations"])
            read_table(part_path(self.folder, "windows", number), ["example"])
            read_answers(part_path(self.folder, "predictions", number, "json"))
            examples = set(table.column("example").to_pylist())
            self.done |= examples
            self._count(len(examples), sum(table.column("evaluations").to_pylist()))
            self._next = number + 1
        self._counts["seconds"] = about["counts"]["seconds"]

    def add(
        self,
        results: Sequence[tuple[int, LayerAttributions]],
        predictions: Mapping[int, Prediction],
        gold: Mapping[int, Sequence[str]],
        seconds: float,
    ) -> None:
        """Write one part.

        Parameters
        ----------
        results : sequence of (int, LayerAttributions)
            Number of each example in the data, and its attributions.
        predictions : mapping
            Number of the example to its prediction.
        gold : mapping
            Number of the example to its gold answers.
        seconds : float
            Work that went into the part.
        """
        number = self._next
        answers = {
            str(example): {"prediction": asdict(prediction), "gold": list(gold[example])}
            for example, prediction in predictions.items()
        }
        write_table(window_table(results), part_path(self.folder, "windows", number))
        write_json(answers, part_path(self.folder, "predictions", number, "json"), indent=None)
        write_table(score_table(results), part_path(self.folder, "scores", number))
        self._next += 1
        self.done |= {example for example, _ in results}
        self._count(len(results), sum(item.evaluations for _, layers in results for item in layers.values()))
        self._counts["seconds"] += seconds
        self._write_run_file("running")

    def finish(self, scores: Mapping[str, Any]) -> dict[str, Any]:
        """Say that every example is done, and how it scored; return what ``run.json`` says."""
        self._about["scores"] = dict(scores)
        return self._write_run_file("complete")

    def _count(self, examples: int, evaluations: float) -> None:
        self._counts["examples"] += examples
        self._counts["windows"] += examples
        self._counts["parts"] += 1
        self._counts["evaluations"] += evaluations

    def _write_run_file(self, status: str) -> dict[str, Any]:
        about = {
            "format": FORMAT,
            "status": status,
            "updated": datetime.now(UTC).isoformat(timespec="seconds"),
            **self._about,
            "identity": self._identity,
            "identity_sha256": identity_hash(self._identity),
            "counts": self._counts,
        }
        write_atomic(self.folder / RUN_FILE, json.dumps(about, indent=1, ensure_ascii=False) + "\n")
        return about
