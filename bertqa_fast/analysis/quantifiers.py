"""Questions of how many and how much: do layers look at the numbers of the passage? (``quantifiers``).

Ramnath et al. 2020, section 5: readers answer such questions well, and with confidence, though the passage
has other numbers that could be taken for the answer. How many of these are among a layer's five words with
the largest scores?
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.analysis import Analysis, CannotAnalyzeError, Result, settings_of
from bertqa_fast.analysis.numerals import numbers_among
from bertqa_fast.analysis.options import check_choice, check_count
from bertqa_fast.analysis.published import NOT_COMPARABLE, published_table
from bertqa_fast.analysis.published_numbers import NUMBERS_FOUND, NUMBERS_OF_TOP, QUANTIFIERS
from bertqa_fast.analysis.quantifier_answers import Question, answers_table, questions_table
from bertqa_fast.analysis.shares import draw_shares, shares_table
from bertqa_fast.analysis.tables import Column
from bertqa_fast.analysis.taggers import Tagger, load_tagger
from bertqa_fast.analysis.walk import same_layers, walk
from bertqa_fast.analysis.words import MERGES, Words, largest, words_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bertqa_fast.runs.reader import Run
    from bertqa_fast.runs.scored import ScoredWindow

QUESTIONS = ("anywhere", "adjacent")
NUMBERS = ("rule", "tagger")
OTHER_NUMBERS = "other numbers found"
_OF = Column("measure", "what the share is of")


def quantifier_questions(
    run: Run,
    *,
    k: int = 5,
    question: str = "anywhere",
    numbers: str = "rule",
    tagger: str = "auto",
    merge: str = "whole",
    limit: int | None = None,
    show_progress: bool | None = None,
) -> Result:
    """Look at the numbers among each layer's k words with the largest scores, for quantifier questions.

    Of the questions with more than one number in their context: ``numbers found`` is the published ratio,
    (numbers among the k words, minus 1 if any of them is part of the answer's text) / numbers in the context;
    ``other numbers found`` the same for the numbers that do not stand in the answer, above and below. Of all
    quantifier questions: ``numbers of the top words``, the share of the k words that are numbers.

    Parameters
    ----------
    run : Run
        The run folder.
    k : int
        How many words; fewer where a context has fewer, of equal scores the first.
    question : {"anywhere", "adjacent"}
        A quantifier question has the words "how" and "many" or "much" anywhere, as in the published code; or
        one right after the other.
    numbers : {"rule", "tagger"}
        What a number is: digits or a number word; or what a tagger says, as in the published code.
    tagger : {"auto", "nltk", "hanta"}
        Which tagger; see the analysis ``pos``. The published code has nltk's.
    merge : {"whole", "reference"}
        Whole words as the texts have them; or words as the published code merges tokens, see
        :func:`bertqa_fast.analysis.words.words_of`.
    limit : int or None
        Only the first examples.
    show_progress : bool or None
        A progress bar; None shows it on a terminal.

    Returns
    -------
    Result
        Tables ``quantifiers`` (``layer``, ``measure``, ``share`` and its interval, and what was published for
        the same depth), ``quantifiers_answers`` (exact match and confidence beside the other questions),
        ``quantifiers_questions`` (which they are), ``quantifiers_published``.

    Raises
    ------
    ValueError
        An option is none of these.
    CannotAnalyzeError
        The run has no such question, or a tagger is asked for that is not installed.
    """
    settings = settings_of(quantifier_questions, locals())
    check_count("k", k)
    check_choice("question", question, QUESTIONS)
    check_choice("numbers", numbers, NUMBERS)
    check_choice("merge", merge, MERGES)
    layers = same_layers(run)
    tags = load_tagger(tagger, "quantifiers with numbers=tagger") if numbers == "tagger" else None
    settings["tagger"] = tags.name if tags is not None else None
    predictions, exact = run.predictions(), run.exact_scores()
    found = _Found()
    asked: list[Question] = []
    for scored in walk(run, "quantifiers", limit, show_progress):
        prediction = predictions[scored.example]
        one = Question(
            scored.example,
            scored.id,
            scored.question,
            prediction.text,
            prediction.n_best[0].probability,
            exact.get(scored.key),
        )
        if is_quantifier(words_of(scored, 0, merge).texts, question):
            words = words_of(scored, 1, merge)
            of = _numbers(words, tags)
            found.add(scored, words, of, k)
            one.numbers = int(of.sum())
        asked.append(one)
    if not any(one.is_quantifier for one in asked):
        raise CannotAnalyzeError(
            f"quantifiers needs questions of how many or much: none of {len(asked)} in {run.folder} is one"
        )
    title = f"Numbers among the {k} words with the largest scores"
    shares = found.shares(len(layers))
    tables = (
        shares_table("quantifiers", title, _OF, run, layers, shares, QUANTIFIERS),
        answers_table(asked, run),
        questions_table(asked),
        published_table("quantifiers_published", "Shares as published", _OF, QUANTIFIERS),
    )
    notes = [
        f"Numbers by {'rule' if tags is None else tags.name}; the published code has nltk's tag CD.",
        "Confidence is the share of the best answer in the softmax over the n best, as published: no "
        "probability of being right.",
        NOT_COMPARABLE,
    ]
    if not exact:
        notes.append("Exact match is not known: the run is not finished, or its data have no gold answers.")
    return Result("quantifiers", "Quantifier questions", settings, len(asked), tables, tuple(notes))


def is_quantifier(words: list[str], rule: str = "anywhere") -> bool:
    """Say whether a question, given by its words, asks for how many or how much.

    Parameters
    ----------
    words : list of str
        The question's.
    rule : {"anywhere", "adjacent"}
        Both words anywhere in the question, or one right after the other.
    """
    lower = [word.lower() for word in words]
    if rule == "adjacent":
        return any(a == "how" and b in ("many", "much") for a, b in pairwise(lower))
    return "how" in lower and ("many" in lower or "much" in lower)


def _numbers(words: Words, tagger: Tagger | None) -> NDArray[np.bool_]:
    if tagger is None:
        return numbers_among(words.texts)
    tags = tagger.tag(tuple(words.texts))
    return np.array([tagger.is_number(tag) for tag in tags], dtype=np.bool_)


@dataclass
class _Found:
    """The shares of every quantifier question, ``[layers]`` each."""

    published: list[NDArray[Any]] = field(default_factory=list)
    others: list[NDArray[Any]] = field(default_factory=list)
    of_top: list[NDArray[Any]] = field(default_factory=list)

    def add(self, scored: ScoredWindow, words: Words, numbers: NDArray[np.bool_], k: int) -> None:
        if not len(words):
            return
        best = largest(words.sums(scored.scores), k)
        self.of_top.append(numbers[best].mean(axis=1))
        if numbers.sum() < 2:
            return
        text = _answer(scored).lower()
        in_text = numbers & np.array([word.lower() in text for word in words.texts])
        met = numbers[best].sum(axis=1) - in_text[best].any(axis=1)
        self.published.append(met / numbers.sum())
        other = numbers if scored.span is None else numbers & ~words.covering(scored.span)
        if other.any():
            self.others.append(other[best].sum(axis=1) / other.sum())

    def shares(self, layers: int) -> dict[str, NDArray[Any]]:
        named = {NUMBERS_FOUND: self.published, OTHER_NUMBERS: self.others, NUMBERS_OF_TOP: self.of_top}
        return {name: np.reshape(values, (-1, layers)) for name, values in named.items()}


def _answer(scored: ScoredWindow) -> str:
    """Return the text of the explained answer; none outside the context."""
    if scored.span is None or scored.segment[scored.span[0]] != 1:
        return ""
    first, last = scored.span
    return scored.context[scored.offsets[first, 0] : scored.offsets[last, 1]]


def draw(result: Result) -> Mapping[str, Figure]:
    """Draw the shares over the layers, the paper's dashed."""
    title = f"quantifier questions: the {result.settings['k']} words with the largest scores"
    return {"quantifiers": draw_shares(result.table("quantifiers"), title=title, label="mean share, %")}


ANALYSIS = Analysis("quantifiers", quantifier_questions, draw)
