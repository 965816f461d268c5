"""The answers of a grid against the gold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bertqa_fast.data.examples import QAExample
from bertqa_fast.tasks.scores import match
from bertqa_fast.tasks.task import Task
from bertqa_fast.zones.result import Answers


def score_texts(
    examples: Sequence[QAExample], numbers: range, unmasked: Answers, masked: Answers, rules: Task
) -> None:
    """Score some examples' answers by a task's rules, and fill the scores in.

    Examples that know of no gold answer, and those that the task leaves out, stay NaN. Most cells leave an
    answer as it is: every text of an example is scored once.

    Parameters
    ----------
    examples : sequence of QAExample
        All examples.
    numbers : range
        Which of them.
    unmasked : Answers ``[N]``
        What the reader answers as it is.
    masked : Answers ``[N, cells]``
        What it answers under each masking.
    rules : Task
        The data set's rules.
    """
    known = [
        number
        for number in numbers
        if rules.unanswerable or examples[number].answers or examples[number].is_impossible
    ]
    asked: dict[str, QAExample] = {}
    texts: dict[str, str] = {}
    keys: dict[int, dict[str, str]] = {}
    for number in known:
        distinct = dict.fromkeys([unmasked.text[number], *masked.text[number]])
        keys[number] = {text: f"{number}/{place}" for place, text in enumerate(distinct)}
        for text, key in keys[number].items():
            asked[key] = replace(examples[number], id=key)
            texts[key] = text
    if not asked:
        return
    scores = rules.score(match(list(asked.values()), texts)).per_example
    unscored = (np.nan, np.nan)
    for number, key_of in keys.items():
        every = [unmasked.text[number], *masked.text[number]]
        found = np.array([scores.get(key_of[text], unscored) for text in every])
        unmasked.exact_match[number], unmasked.f1[number] = found[0]
        masked.exact_match[number], masked.f1[number] = found[1:].T
