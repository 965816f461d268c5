"""Tables of skip-layer predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from bertqa_fast.analysis.estimates import bootstrap_interval, wilson_interval
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.data.examples import QAExample
from bertqa_fast.tasks.evaluate import evaluate
from bertqa_fast.tasks.squad_metrics import normalize

WHOLE = "none"  # left out


@dataclass(frozen=True)
class Answers:
    """What a model without some blocks answers.

    Attributes
    ----------
    skipped : tuple of int
        The blocks that it lacks.
    texts : dict
        Key of each example to its answer.
    scores : dict
        Key to exact match (0 or 1) and F1 (0 to 1); empty where there is no gold.
    """

    skipped: tuple[int, ...]
    texts: dict[str, str]
    scores: dict[str, tuple[float, float]]

    @classmethod
    def of(
        cls, skipped: tuple[int, ...], examples: Sequence[QAExample], texts: Sequence[str], task: str | None
    ) -> Self:
        """Score answers by the rules of a data set; None scores nothing."""
        keyed = {str(example.id): text for example, text in zip(examples, texts, strict=True)}
        return cls(skipped, keyed, {} if task is None else evaluate(examples, keyed, task).per_example)

    @property
    def name(self) -> str:
        """The blocks, as users write them."""
        return ",".join(map(str, self.skipped)) or WHOLE


def tables(answers: Sequence[Answers]) -> tuple[Table, Table]:
    """Return the totals of each model, and every answer; the first is the whole model."""
    return _totals(answers), _examples(answers)


def changed(before: Answers, after: Answers) -> dict[str, bool]:
    """Say whose answer differs once case, punctuation and articles are left out."""
    return {key: normalize(text) != normalize(after.texts[key]) for key, text in before.texts.items()}


def _totals(answers: Sequence[Answers]) -> Table:
    whole = answers[0]
    rows = []
    for item in answers:
        flags = list(changed(whole, item).values())
        share = sum(flags) / len(flags)
        # The whole model's answers are its own: no share that is estimated.
        low, high = wilson_interval(share, len(flags) if item.skipped else 0)
        rows.append(
            (
                item.name,
                len(item.skipped),
                len(flags),
                *(number for side in (0, 1) for number in _scored(whole, item, side)),
                100 * share,
                100 * low,
                100 * high,
            )
        )
    columns: list[Column | str] = [
        Column("left_out", "blocks"),
        Column("blocks", "how many", low=0),
        "examples",
        *_columns_of("exact_match", "exact match"),
        *_columns_of("f1", "F1"),
        Column("changed", "share of answers that change", "%", low=0, high=100),
        Column("changed_low", "lower end of its interval", "%", low=0, high=100),
        Column("changed_high", "upper end of its interval", "%", low=0, high=100),
    ]
    return Table.of("skip_layers", "Predictions without some blocks", columns, rows)


def _scored(whole: Answers, item: Answers, side: int) -> list[float]:
    """Return a score in per cent, its change and the interval of that; NaN where there is no gold."""
    if not item.scores:
        return [np.nan] * 4
    values = 100 * np.array([item.scores[key][side] for key in whole.texts])
    change = values - 100 * np.array([whole.scores[key][side] for key in whole.texts])
    return [values.mean(), change.mean(), *bootstrap_interval(change, np.mean)]


def _columns_of(name: str, words: str) -> list[Column]:
    return [
        Column(name, words, "%", "higher", 0, 100),
        Column(f"{name}_change", f"{words} less that of the whole model", "%", "higher", -100, 100),
        Column(f"{name}_change_low", "lower end of its interval", "%", None, -100, 100),
        Column(f"{name}_change_high", "upper end of its interval", "%", None, -100, 100),
    ]


def _examples(answers: Sequence[Answers]) -> Table:
    rows: list[tuple[Any, ...]] = []
    for item in answers:
        flags = changed(answers[0], item)
        for key, text in item.texts.items():
            rows.append((key, item.name, text, flags[key], *item.scores.get(key, (None, None))))
    columns: list[Column | str] = [
        "example",
        Column("left_out", "blocks"),
        "answer",
        Column("changed", "differs from the whole model's"),
        Column("exact_match", "0 or 1", better="higher", low=0, high=1),
        Column("f1", "0 to 1", better="higher", low=0, high=1),
    ]
    return Table.of("skip_layers_examples", "Every answer", columns, rows)
