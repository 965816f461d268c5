"""Named settings of published fine-tunings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TrainingPreset:
    """What a published fine-tuning sets otherwise than others; arguments that are given go before it.

    Attributes
    ----------
    batch_size, learning_rate, epochs, max_length, doc_stride, passage_only
        See `bertqa_fast.tasks.finetune.finetune`.
    head : str
        What it fine-tunes.
    """

    batch_size: int
    learning_rate: float
    epochs: int
    max_length: int
    doc_stride: int | None
    passage_only: bool
    head: str = "question-answering"

    def fill(self, **given: Any) -> dict[str, Any]:
        """Return `given`, with the preset's settings in the place of None."""
        return {name: getattr(self, name) if value is None else value for name, value in given.items()}


PRESETS = {
    # Ramnath et al. 2020, of BERT-base uncased on SQuAD and DuoRC.
    "ramnath2020": TrainingPreset(6, 3e-5, 2, 384, 128, passage_only=False),
    # Cui et al. 2022, of BERT-base cased on SQuAD.
    "cui2022-squad": TrainingPreset(64, 3e-5, 3, 512, 128, passage_only=False),
    # The same, of BERT-base Chinese (uncased) on CMRC 2018.
    "cui2022-cmrc": TrainingPreset(64, 3e-5, 2, 512, 128, passage_only=True),
    # Wu and Ong 2021, of BERT-base uncased on SST-5, SemEval, IMDb and Yelp-5.
    "wu2021": TrainingPreset(8, 2e-5, 3, 512, None, passage_only=False, head="text-classification"),
}


def find_preset(name: str | None, head: str = "question-answering") -> TrainingPreset:
    """Look a preset up; None gives the first of the head.

    Raises
    ------
    ValueError
        For an unknown name, or one of another head.
    """
    fitting = {known: preset for known, preset in PRESETS.items() if preset.head == head}
    if name is None:
        return next(iter(fitting.values()))
    if not isinstance(name, str) or name not in fitting:
        raise ValueError(f"preset must be one of {', '.join(fitting)}, got {name!r}")
    return fitting[name]
