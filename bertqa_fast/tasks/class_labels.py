"""The names of a model's classes, in its configuration and in the data it learns from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bertqa_fast.data.labelled import is_whole

Label = int | str
_UNNAMED = "LABEL_"  # what transformers calls classes that nobody has named


def labels_of(config: Any) -> tuple[Label, ...]:
    """Return a model's classes in their order: their names, or their numbers where they have none.

    Parameters
    ----------
    config : transformers configuration
        With ``id2label``; ``LABEL_0``, ``LABEL_1``, … in their order are no names.

    Raises
    ------
    ValueError
        ``id2label`` does not number its names 0, 1, …, or gives one name twice.
    """
    named: Mapping[Any, str] = config.id2label
    by_number = {int(number): str(name) for number, name in named.items()}
    if sorted(by_number) != list(range(len(by_number))) or len(set(by_number.values())) != len(by_number):
        raise ValueError(f"id2label must number different names from 0, got {dict(named)}")
    names = [by_number[number] for number in range(len(by_number))]
    if names == [f"{_UNNAMED}{number}" for number in range(len(names))]:
        return tuple(range(len(names)))
    return tuple(names)


def read_labels(config: Path, count: int) -> tuple[Label, ...]:
    """Return the `count` classes of a model whose ``config.json`` this is, without transformers.

    Raises
    ------
    ValueError
        It names another number of classes, or see :func:`labels_of`.
    """
    named = json.loads(config.read_text()).get("id2label") or {n: f"{_UNNAMED}{n}" for n in range(count)}
    labels = labels_of(SimpleNamespace(id2label=named))
    if len(labels) != count:
        raise ValueError(f"source: the configuration names {len(labels)} classes, but the head has {count}")
    return labels


def names_of(labels: Sequence[Label]) -> list[str]:
    """Return what ``id2label`` calls classes; those that are numbered from 0 in order stay without names."""
    numbered = list(labels) == list(range(len(labels)))
    return [f"{_UNNAMED}{label}" if numbered else str(label) for label in labels]


def in_order(labels: Iterable[Label]) -> list[Label]:
    """Return different labels sorted, numbers by their value and before names."""

    def place(label: Label) -> tuple[bool, int, str]:
        number = is_number(label)
        return not number, int(label) if number else 0, str(label)

    return sorted(set(labels), key=place)


def is_number(label: Label) -> bool:
    """Whether a label is a whole number, as an int or as JSON and ``id2label`` write it."""
    return isinstance(label, int) or is_whole(label)


def place_of(label: Label, labels: Sequence[Label]) -> int | None:
    """Return the number of a class, from 0, or None where it is none of `labels`.

    Labels are compared as they are written, so that 1 and ``"1"`` are one.
    """
    written = [str(known) for known in labels]
    return written.index(str(label)) if str(label) in written else None
