"""The run folder, written: parts that are whole or absent, and a run.json that says what they are.

A part is three files of one number, and holds neighbours in the data. ``scores/`` is written last: a part
counts only once it is there, so a run that is killed loses at most the part in hand.
"""

from __future__ import annotations

import fcntl
import json
import logging
from bisect import bisect_left
from collections.abc import Mapping, Sequence
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
    part_path,
    read_run_file,
    write_table,
)
from bertqa_fast.runs.heads import AnyPrediction
from bertqa_fast.runs.identity import differences, identity_hash
from bertqa_fast.runs.parts import Part, lost, missing, named, survey
from bertqa_fast.runs.schema import score_table, window_table
from bertqa_fast.storage import write_atomic

_LOG = logging.getLogger(__name__)
# What a process that is killed while it writes leaves behind.
_LEFTOVERS = ("*/.part-*", "*/.example-*", ".*.json.*")


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
        self._parts: list[Part] = []
        self._free: list[int] = []  # Numbers below the last part's that no part has.
        self._counts: dict[str, float] = {
            "examples": 0,
            "windows": 0,
            "parts": 0,
            "evaluations": 0.0,
            "seconds": 0.0,
        }

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
        for pattern in _LEFTOVERS:
            for leftover in self.folder.glob(pattern):
                leftover.unlink()
        self._parts = survey(self.folder, thorough=True)
        for part in self._parts:
            self._count(part)
        used = {part.number for part in self._parts}
        self._free = sorted(set(range(max(used, default=-1))) - used, reverse=True)
        self._counts["seconds"] = about["counts"]["seconds"]
        for stretch in lost(self._parts, about["counts"]["examples"]):
            _LOG.warning("%s: %s done before, but missing; computed anew", self.folder, named(stretch))

    def missing(self, stop: int) -> list[range]:
        """Return the stretches of the examples from 0 up to ``stop`` that are still to be done."""
        return missing(self._parts, stop)

    def add(
        self,
        results: Sequence[tuple[int, LayerAttributions]],
        predictions: Mapping[int, AnyPrediction],
        gold: Mapping[int, Sequence[str]],
        seconds: float,
    ) -> None:
        """Write one part.

        Parameters
        ----------
        results : sequence of (int, LayerAttributions)
            Number of each example in the data, and its attributions; neighbours, in order.
        predictions : mapping
            Number of the example to its prediction.
        gold : mapping
            Number of the example to its gold answers, or its class.
        seconds : float
            Work that went into the part.

        Raises
        ------
        ValueError
            The examples are no neighbours, or some are in another part already.
        """
        examples, at = self._place([example for example, _ in results])
        number = self._free[-1] if self._free else len(self._parts)
        answers = {
            str(example): {"prediction": prediction.to_dict(), "gold": list(gold[example])}
            for example, prediction in predictions.items()
        }
        write_table(window_table(results), part_path(self.folder, "windows", number))
        write_json(answers, part_path(self.folder, "predictions", number, "json"), indent=None)
        write_table(score_table(results), part_path(self.folder, "scores", number))
        evaluations = sum(item.evaluations for _, layers in results for item in layers.values())
        if self._free:
            self._free.pop()
        self._parts.insert(at, Part(number, examples, tuple(sorted(results[0][1])), evaluations))
        self._count(self._parts[at])
        self._counts["seconds"] += seconds
        self._write_run_file("running")

    def _place(self, numbers: list[int]) -> tuple[range, int]:
        """Return the examples of a new part, and its place among the parts."""
        examples = range(numbers[0], numbers[0] + len(numbers))
        if numbers != list(examples):
            raise ValueError(f"results must be those of neighbours, got the examples {numbers}")
        at = bisect_left(self._parts, examples.start, key=lambda part: part.examples.start)
        for part in self._parts[max(at - 1, 0) : at + 1]:
            if part.examples.start < examples.stop and examples.start < part.examples.stop:
                raise ValueError(f"results must be new, got {named(examples)}: part {part.number} has some")
        return examples, at

    def finish(self, scores: Mapping[str, Any]) -> dict[str, Any]:
        """Say that every example is done, and how it scored; return what ``run.json`` says."""
        self._about["scores"] = dict(scores)
        return self._write_run_file("complete")

    def _count(self, part: Part) -> None:
        self._counts["examples"] += len(part.examples)
        self._counts["windows"] += len(part.examples)
        self._counts["parts"] += 1
        self._counts["evaluations"] += part.evaluations

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
