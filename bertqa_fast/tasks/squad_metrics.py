"""SQuAD v1.1 and v2: exact match and F1 as the official scorers have them (Rajpurkar et al. 2016, 2018)."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.squad import read_squad
from bertqa_fast.tasks.scores import Matched, Scores
from bertqa_fast.tasks.task import Task

Measure: TypeAlias = Callable[[str, str], float]

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalize(text: str) -> str:
    """Lower the case, drop ASCII punctuation, then the articles, and leave single spaces between words."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split())


def exact_match(prediction: str, gold: str) -> float:
    """Return 1.0 where both texts are the same once normalized, else 0.0."""
    return float(normalize(prediction) == normalize(gold))


def token_f1(prediction: str, gold: str) -> float:
    """Return the harmonic mean of word precision and recall, repeated words counted.

    Two texts of no words agree (1.0). The v1.1 script gives such a pair exact match 1 and F1 0; the v2
    script, which the reference uses for both, 1 and 1.
    """
    predicted, wanted = normalize(prediction).split(), normalize(gold).split()
    if not predicted and not wanted:
        return 1.0
    same = (Counter(predicted) & Counter(wanted)).total()
    # This order of operations rounds like the official scorer's.
    if same == 0:
        return 0.0
    precision, recall = same / len(predicted), same / len(wanted)
    return 2 * precision * recall / (precision + recall)


def golds_v1(example: QAExample) -> list[str]:
    """Return the gold texts; an example without any wants the empty answer."""
    return [answer.text for answer in example.answers] or [""]


def golds_v2(example: QAExample) -> list[str]:
    """Return the gold texts that are not empty once normalized; without any the empty answer is wanted."""
    return [answer.text for answer in example.answers if normalize(answer.text)] or [""]


def score_texts(
    matched: Matched,
    golds: Callable[[QAExample], list[str]],
    answers: dict[str, str] | None = None,
    measures: tuple[Measure, Measure] = (exact_match, token_f1),
) -> dict[str, tuple[float, float]]:
    """Score each example against the gold that suits it best, exact match and F1 apart; a missing one gets 0.

    `measures` are the two: prediction and gold → 0 to 1.

    Raises
    ------
    TypeError
        A prediction is no text.
    """
    result = {}
    for key, example in matched.examples.items():
        answer = matched.answers.get(key) if answers is None else answers.get(key)
        if answer is None:
            result[key] = (0.0, 0.0)
            continue
        if not isinstance(answer, str):
            raise TypeError(f"predictions must be texts for this task, got {answer!r} for {key!r}")
        wanted = golds(example)
        exact, f1 = (max(measure(answer, gold) for gold in wanted) for measure in measures)
        result[key] = (exact, f1)
    return result


def means(per_example: dict[str, tuple[float, float]], keys: list[str]) -> tuple[float, float]:
    """Return mean exact match and F1 of some examples (at least one), in per cent."""
    exact = 100.0 * sum(per_example[key][0] for key in keys) / len(keys)
    f1 = 100.0 * sum(per_example[key][1] for key in keys) / len(keys)
    return exact, f1


def part_scores(per_example: dict[str, tuple[float, float]], name: str, keys: list[str]) -> dict[str, float]:
    """Return number, exact match and F1 of a part of the examples, under names that begin with its own."""
    details: dict[str, float] = {f"{name}_count": len(keys)}
    if keys:
        details[f"{name}_exact_match"], details[f"{name}_f1"] = means(per_example, keys)
    return details


def _score_v1(matched: Matched) -> Scores:
    per_example = score_texts(matched, golds_v1)
    exact, f1 = means(per_example, list(per_example))
    return Scores(
        "squad", len(per_example), matched.missing, matched.unknown, per_example, exact_match=exact, f1=f1
    )


def _score_v2(matched: Matched) -> Scores:
    per_example = score_texts(matched, golds_v2)
    exact, f1 = means(per_example, list(per_example))
    details: dict[str, float] = {}
    answerable = {key: bool(example.answers) for key, example in matched.examples.items()}
    for name, kind in (("has_answer", True), ("no_answer", False)):
        keys = [key for key in per_example if answerable[key] == kind]
        details |= part_scores(per_example, name, keys)
    if matched.answers and all(key in matched.null_differences for key in matched.answers):
        details |= _best_thresholds(matched, answerable)
    return Scores(
        "squad_v2",
        len(per_example),
        matched.missing,
        matched.unknown,
        per_example,
        exact_match=exact,
        f1=f1,
        details=details,
    )


def _best_thresholds(matched: Matched, answerable: dict[str, bool]) -> dict[str, float]:
    """Return the scores that the best threshold on the null scores gives, and that threshold.

    Sorted by null score, a threshold answers a first stretch of the questions and says "no answer" to the
    rest: the totals at all thresholds come from two running sums.
    """
    spans = {key: matched.spans.get(key, str(answer)) for key, answer in matched.answers.items()}
    answered = score_texts(matched, golds_v2, spans)
    keys = sorted(matched.answers, key=lambda key: matched.null_differences[key])
    nulls = np.array([matched.null_differences[key] for key in keys])
    silent = np.array([0.0 if answerable[key] else 1.0 for key in keys])
    details = {}
    for number, name in enumerate(("exact_match", "f1")):
        spoken = np.array([answered[key][number] for key in keys])
        totals = np.concatenate([[0.0], np.cumsum(spoken)]) + silent.sum()
        totals -= np.concatenate([[0.0], np.cumsum(silent)])
        best = _best_cut(totals, nulls)
        details[f"best_{name}"] = 100.0 * float(totals[best]) / len(matched.examples)
        details[f"best_{name}_threshold"] = float(nulls[best - 1]) if best else float(np.min(nulls) - 1.0)
    return details


def _best_cut(totals: NDArray[np.float64], nulls: NDArray[np.float64]) -> int:
    """Return how many questions to answer; equal null scores cannot be told apart by a threshold."""
    possible = np.ones(len(totals), dtype=np.bool_)
    possible[1:-1] = nulls[1:] > nulls[:-1]
    return int(np.argmax(np.where(possible, totals, -np.inf)))


TASKS = (
    Task("squad", "question-answering", read_squad, _score_v1),
    Task("squad_v2", "question-answering", read_squad, _score_v2, unanswerable=True),
)
