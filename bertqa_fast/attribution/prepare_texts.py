"""Texts: their windows, and the classes that are explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bertqa_fast.attribution.prepare import Prepared, Subject, for_each, target_arrays
from bertqa_fast.data.examples import TextExample
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.tasks.class_labels import is_number, place_of

if TYPE_CHECKING:
    from bertqa_fast.model import Model


def prepare_texts(
    model: Model,
    examples: Sequence[TextExample],
    *,
    label: Any,
    contrast: Any,
    max_length: int,
    show_progress: bool | None,
) -> Prepared:
    """Cut texts off at ``max_length`` tokens, one window each, and pin every class.

    Parameters
    ----------
    label, contrast : str, int or list
        ``"predicted"``, ``"gold"``, or a class as ``model.labels`` has it (1 and ``"1"`` are one); where no
        class is called by a number, an int counts them from 0. A list gives each example its own.
        ``contrast`` may be None.

    Raises
    ------
    ValueError
        For a class that the model does not have, or a gold class where an example has none.
    """
    windows = make_text_windows(model.window_tokenizer, examples, max_length=max_length)
    count = len(examples)
    labels = for_each("label", label, count)
    contrasts = for_each("contrast", contrast, count)
    logits: list[npt.NDArray[np.float32]] | None = None
    if any(isinstance(one, str) and one == "predicted" for one in (*labels, *contrasts)):
        logits = model.class_logits(windows, show_progress=show_progress)
    pinned: list[list[tuple[int, int]]] = []
    for number, example in enumerate(examples):
        own = None if logits is None else logits[number]
        chosen = find_label("label", labels[number], model.labels, example, own)
        classes = [chosen]
        if contrasts[number] is not None:
            other = find_label("contrast", contrasts[number], model.labels, example, own)
            if other == chosen:
                raise ValueError(
                    f"contrast: got the class itself, {model.labels[chosen]!r}, wanted another one"
                )
            classes.append(other)
        pinned.append([(one, one) for one in classes])
    return Prepared(
        windows=windows,
        owners=list(range(count)),
        subjects=[Subject(label=model.labels[classes[0][0]]) for classes in pinned],
        best=[0] * count,
        targets=target_arrays(pinned),
    )


def find_label(
    name: str,
    wanted: Any,
    labels: Sequence[str | int],
    example: TextExample,
    logits: npt.NDArray[np.float32] | None,
) -> int:
    """Return the number of a class.

    Parameters
    ----------
    name : str
        What the caller calls ``wanted``, for messages.
    wanted : str or int
        As :func:`prepare_texts` says.
    labels : sequence of str or int
        The model's.
    logits : float32 array of [C], optional
        For ``"predicted"``.
    """
    is_gold = False
    if isinstance(wanted, str) and wanted == "predicted" and logits is not None:
        return int(np.argmax(logits))
    if isinstance(wanted, str) and wanted == "gold":
        if example.label is None:
            raise ValueError(f"{name}: got 'gold', but example {example.id!r} has no label")
        wanted, is_gold = example.label, True
    if isinstance(wanted, str | int | np.integer) and not isinstance(wanted, bool):
        place = place_of(wanted if isinstance(wanted, str) else int(wanted), labels)
        if place is not None:
            return place
        # A number that is no class's name counts the classes, where none of them is called by a number.
        named = not any(map(is_number, labels))
        if named and not is_gold and not isinstance(wanted, str) and 0 <= wanted < len(labels):
            return int(wanted)
    known = ", ".join(map(str, labels))
    raise ValueError(
        f"{name}: got {wanted!r}, wanted 'predicted', 'gold' or one of the model's classes ({known}), by "
        "name, or by place from 0 where no name is a number"
    )
