"""The texts of a study: long enough ones, with their windows, gold classes and predicted classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.attribution.prepare_texts import find_label
from bertqa_fast.data.examples import TextExample
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.data.windows import Window
from bertqa_fast.tasks.limits import window_tokenizer

if TYPE_CHECKING:
    from bertqa_fast.model import Model

MIN_TOKENS = 10  # Wu & Ong 2021


@dataclass(frozen=True, eq=False, slots=True)
class Texts:
    """Texts and what a model makes of them.

    Attributes
    ----------
    examples : tuple of TextExample
        N of them.
    ids : tuple of str
        Their ids, ``#`` and the number among all that were given where there is none.
    windows : tuple of Window
        What the model reads of each.
    gold, predicted : int64 ``[N]``
        Numbers of classes; ``gold`` is -1 where the example has no label.
    """

    examples: tuple[TextExample, ...]
    ids: tuple[str, ...]
    windows: tuple[Window, ...]
    gold: NDArray[np.int64]
    predicted: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether the predicted class is the gold one, ``[N]``."""
        return np.equal(self.gold, self.predicted)

    def where(self, wanted: NDArray[np.bool_]) -> Texts:
        """Return the texts at which ``wanted`` ``[N]`` is true."""
        at = np.flatnonzero(wanted)
        return Texts(
            tuple(self.examples[n] for n in at),
            tuple(self.ids[n] for n in at),
            tuple(self.windows[n] for n in at),
            self.gold[at],
            self.predicted[at],
        )


def deletable(window: Window) -> NDArray[np.int64]:
    """Return the positions of a window's own tokens: all but [CLS] and every [SEP]."""
    return np.flatnonzero(window.segment >= 0)


def read_texts(
    model: Model,
    examples: Sequence[TextExample],
    *,
    min_tokens: int = MIN_TOKENS,
    max_length: int = 128,
    labelled: bool = True,
    show_progress: bool | None = None,
) -> Texts:
    """Cut texts into windows, leave out the short ones and classify the others.

    Parameters
    ----------
    model : Model
        A classifier.
    examples : sequence of TextExample
        With gold classes or without.
    min_tokens : int
        A text needs this many tokens of its own. Special tokens do not count, as they do not in the word
        ranks of the published code.
    max_length : int
        Tokens of a window at most, special ones included.
    labelled : bool
        Look gold classes up; without, any label will do, and ``gold`` is -1.
    show_progress : bool, optional
        By default where stderr is a terminal and the work takes over two seconds.

    Raises
    ------
    ValueError
        The model is no classifier, a gold class is none of its classes, or no text is long enough.
    TypeError
        ``examples`` holds something else than texts.
    """
    model.require_task("text-classification")
    windows = make_text_windows(window_tokenizer(model, max_length), examples, max_length=max_length)
    kept = [n for n, window in enumerate(windows) if len(deletable(window)) >= min_tokens]
    if not kept:
        raise ValueError(f"examples: none of {len(windows)} has {min_tokens} tokens, wanted one or more")
    chosen, own = [examples[n] for n in kept], [windows[n] for n in kept]
    logits = model.class_logits(own, show_progress=show_progress)
    gold = [
        -1
        if not labelled or example.label is None
        else find_label("label", "gold", model.labels, example, None)
        for example in chosen
    ]
    return Texts(
        tuple(chosen),
        tuple(f"#{n}" if example.id is None else example.id for n, example in zip(kept, chosen, strict=True)),
        tuple(own),
        np.array(gold, dtype=np.int64),
        np.array([np.argmax(one) for one in logits], dtype=np.int64),
    )
