"""DuoRC (Saha et al. 2018) by the conventions of those who published numbers on it.

Many answers of SelfRC do not occur in their plots, some questions have several answers and some none; what is
done with these moves the scores far. ``duorc`` does as the reproduction of Ramnath et al. 2020 did to come
near the paper (its "variant 2"), ``duorc_reference`` as the paper's code does, and ``duorc_found`` as the
reproduction's "variant 1", which knows nothing but answers that can be pointed at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bertqa_fast.data.duorc import read_duorc
from bertqa_fast.data.examples import QAExample
from bertqa_fast.tasks.gold import first_answer, first_found, found
from bertqa_fast.tasks.scores import Matched, Scores
from bertqa_fast.tasks.squad_metrics import golds_v2, means, part_scores, score_texts
from bertqa_fast.tasks.task import Task


def golds_found(example: QAExample) -> list[str]:
    """Return the gold texts that are in the plot; where none is, all of them, or the empty answer."""
    return [answer.text for answer in example.answers if found(answer, example.context)] or golds_v2(example)


def _score(task: str, golds: Callable[[QAExample], list[str]], matched: Matched) -> Scores:
    """Score all questions; ``details`` has the parts with an answer, without, and with one in the plot."""
    per_example = score_texts(matched, golds)
    parts = {
        "has_answer": [key for key, example in matched.examples.items() if golds_v2(example) != [""]],
        "no_answer": [key for key, example in matched.examples.items() if golds_v2(example) == [""]],
        "found": [key for key, example in matched.examples.items() if first_found(example) is not None],
    }
    exact, f1 = means(per_example, list(per_example)) if per_example else (None, None)
    details: dict[str, float] = {}
    for name, keys in parts.items():
        details |= part_scores(per_example, name, keys)
    return Scores(
        task,
        len(per_example),
        matched.missing,
        matched.unknown,
        per_example,
        exact_match=exact,
        f1=f1,
        details=details,
    )


def _score_all(matched: Matched) -> Scores:
    return _score("duorc", golds_found, matched)


def _score_reference(matched: Matched) -> Scores:
    return _score("duorc_reference", golds_v2, matched)


def _score_found(matched: Matched) -> Scores:
    """Score the questions with an answer in the plot; ``details`` says how many were left out."""
    kept = {key: example for key, example in matched.examples.items() if first_found(example) is not None}
    answers = {key: answer for key, answer in matched.answers.items() if key in kept}
    scores = _score("duorc_found", golds_found, replace(matched, examples=kept, answers=answers))
    return replace(scores, details={"left_out": float(len(matched.examples) - len(kept))})


TASKS = (
    Task("duorc", "question-answering", read_duorc, _score_all, unanswerable=True, learn=first_found),
    Task("duorc_reference", "question-answering", read_duorc, _score_reference, learn=first_answer),
    Task("duorc_found", "question-answering", read_duorc, _score_found, learn=first_found),
)
