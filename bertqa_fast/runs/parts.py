"""The parts of a run folder: which examples each holds, and what is wrong where they do not fit together.

A part holds neighbours in the data. So parts have an order of their own, whatever their numbers, and an
example that is missing or there twice shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from bertqa_fast.runs.files import (
    MEND,
    RunFolderError,
    damaged,
    part_numbers,
    part_path,
    read_answers,
    read_table,
)
from bertqa_fast.runs.schema import score_schema, window_schema


@dataclass(frozen=True, slots=True)
class Part:
    """One part.

    Attributes
    ----------
    number : int
        In the names of its files.
    examples : range
        The examples that it holds, by their numbers in the data.
    layers : tuple of int
        The layers that each of them has.
    evaluations : float
        Gradient evaluations that went into it.
    """

    number: int
    examples: range
    layers: tuple[int, ...]
    evaluations: float


def survey(folder: Path, *, thorough: bool = False) -> list[Part]:
    """Look at every part of a run folder, and return them in the order of their examples.

    Parameters
    ----------
    folder : Path
        The run folder.
    thorough : bool
        Read all that the parts hold, not only which examples that is.

    Raises
    ------
    RunFolderError
        A part lacks a file, cannot be read or holds other than it should, or an example is in two parts; the
        message says which, and what to do.
    """
    parts = sorted(
        (_look(folder, number, thorough) for number in part_numbers(folder)),
        key=lambda part: part.examples.start,
    )
    for before, part in pairwise(parts):
        if part.examples.start < before.examples.stop:
            older, newer = sorted((before.number, part.number))
            raise RunFolderError(
                f"{folder}: example {part.examples.start} is in part {older} and in part {newer}; "
                + MEND.format(name=f"part-{newer:05}")
            )
        if part.layers != before.layers:
            wanted = f"wanted the layers {list(before.layers)} as in part {before.number}"
            raise damaged(_scores(folder, part.number), f"found the layers {list(part.layers)}, {wanted}")
    return parts


def missing(parts: Sequence[Part], stop: int) -> list[range]:
    """Return the stretches of the examples from 0 up to ``stop`` that no part holds.

    Parameters
    ----------
    parts : sequence of Part
        In the order of their examples.
    stop : int
        How many examples there should be.
    """
    stretches, first = [], 0
    for part in parts:
        stretches.append(range(first, min(part.examples.start, stop)))
        first = part.examples.stop
    return [stretch for stretch in (*stretches, range(first, stop)) if stretch]


def lost(parts: Sequence[Part], counted: int) -> list[range]:
    """Return the stretches of examples that were done once and that no part holds any more.

    Parameters
    ----------
    parts : sequence of Part
        In the order of their examples.
    counted : int
        How many examples ``run.json`` counts as done: without the last parts nothing is between others.
    """
    return missing(parts, max([counted, *(part.examples.stop for part in parts)]))


def named(examples: range) -> str:
    """Name a stretch of examples, such as ``"examples 16 to 31"``."""
    first, last = examples[0], examples[-1]
    return f"example {first}" if first == last else f"examples {first} to {last}"


def _scores(folder: Path, number: int) -> Path:
    return part_path(folder, "scores", number)


def _look(folder: Path, number: int, thorough: bool) -> Part:
    columns = {"windows": ["example"], "scores": ["example", "layer", "evaluations"]}
    if thorough:
        columns = {"windows": window_schema().names, "scores": score_schema().names}
    windows = read_table(part_path(folder, "windows", number), columns["windows"])
    scores = read_table(_scores(folder, number), columns["scores"])
    answers = part_path(folder, "predictions", number, "json")
    held = windows.column("example").to_numpy()
    examples = range(int(held[0]), int(held[0]) + len(held)) if len(held) else range(0)
    if not examples or not np.array_equal(held, examples):
        raise damaged(part_path(folder, "windows", number), "wanted a row for each of some neighbours")
    layer, owner = scores.column("layer").to_numpy(), scores.column("example").to_numpy()
    order = np.lexsort((layer, owner))
    layers = np.unique(layer)
    if not (
        len(owner) == len(examples) * len(layers)
        and np.array_equal(owner[order], np.repeat(held, len(layers)))
        and np.array_equal(layer[order], np.tile(layers, len(examples)))
    ):
        raise damaged(
            _scores(folder, number), f"wanted a row for each layer of {named(examples)}, as windows/ has them"
        )
    if not answers.is_file():
        raise damaged(answers, "it is missing")
    if thorough:
        answers_of(folder, number, examples)
    evaluations = float(scores.column("evaluations").to_numpy().sum())
    return Part(number, examples, tuple(layers.tolist()), evaluations)


def answers_of(folder: Path, number: int, examples: range) -> dict[int, dict[str, Any]]:
    """Read the predictions and gold answers of a part.

    Raises
    ------
    RunFolderError
        They are missing, damaged or those of other examples.
    """
    path = part_path(folder, "predictions", number, "json")
    answers = read_answers(path)
    if sorted(answers) != list(examples):
        raise damaged(path, f"wanted {named(examples)}, as windows/ has them")
    return answers
