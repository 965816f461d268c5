"""Parts of speech of the words with the largest scores (``pos``).

Ramnath et al. 2020, section 5: do layers look at names and numbers, or at stop-words and punctuation? The
tags fall into the six groups of the published code, see :mod:`bertqa_fast.analysis.taggers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.analysis import Analysis, CannotAnalyzeError, Result, settings_of
from bertqa_fast.analysis.estimates import mean_interval
from bertqa_fast.analysis.options import check_choice, check_count
from bertqa_fast.analysis.published import NOT_COMPARABLE, SOURCES, data_of
from bertqa_fast.analysis.published_numbers import ENTITIES_IN_ANSWERS, POS_RANGES
from bertqa_fast.analysis.shares import draw_shares, shares_table
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.analysis.taggers import ENTITY, GROUPS, Tagger, load_tagger
from bertqa_fast.analysis.walk import same_layers, walk
from bertqa_fast.analysis.words import MERGES, Words, largest, words_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bertqa_fast.runs.reader import Run

_OF = Column("group", "part of speech")


def parts_of_speech(
    run: Run,
    *,
    k: int = 5,
    tagger: str = "auto",
    merge: str = "whole",
    limit: int | None = None,
    show_progress: bool | None = None,
) -> Result:
    """Count the parts of speech of each layer's k words with the largest scores, and average the shares.

    Parameters
    ----------
    run : Run
        The run folder.
    k : int
        How many words; fewer where a context has fewer, of equal scores the first.
    tagger : {"auto", "nltk", "hanta"}
        Who tags: nltk's averaged perceptron, as in the published code; the Hanover Tagger; or whichever of
        them is installed, in this order. It is given all words of the window's context at once.
    merge : {"whole", "reference"}
        Whole words as the context has them; or words as the published code merges tokens, see
        :func:`bertqa_fast.analysis.words.words_of`.
    limit : int or None
        Only the first examples.
    show_progress : bool or None
        A progress bar; None shows it on a terminal.

    Returns
    -------
    Result
        Table ``pos``: ``layer``, ``group``, ``share`` with its interval; table ``pos_around``: the shares in
        the explained answers and in the whole contexts; table ``pos_published``.

    Raises
    ------
    ValueError
        An option is none of these.
    CannotAnalyzeError
        No tagger is installed, or the run has no examples.
    """
    settings = settings_of(parts_of_speech, locals())
    check_count("k", k)
    check_choice("merge", merge, MERGES)
    layers = same_layers(run)
    tags = load_tagger(tagger, "pos")
    found, answers, contexts = [], [], []
    for scored in walk(run, "pos", limit, show_progress):
        words = words_of(scored, 1, merge)
        if not len(words):
            continue
        groups = _groups(words, tags)
        found.append(groups[:, largest(words.sums(scored.scores), k)].mean(axis=-1))
        contexts.append(groups.mean(axis=-1))
        if scored.span is not None and (answer := words.covering(scored.span)).any():
            answers.append(groups[:, answer].mean(axis=-1))
    if not found:
        raise CannotAnalyzeError(f"pos needs words in the contexts, and {run.folder} has none")
    shares = dict(zip(GROUPS, np.stack(found, axis=1), strict=True))
    tables = (
        shares_table("pos", f"Shares of the {k} words with the largest scores", _OF, run, layers, shares),
        _around(answers, contexts, data_of(run)),
        _published(),
    )
    notes = (
        f"Tagged by {tags.name}; pronouns and numbers count as entities, modal verbs as stop-words.",
        NOT_COMPARABLE,
    )
    title = "Parts of speech of the most important words"
    return Result("pos", title, {**settings, "tagger": tags.name}, len(found), tables, notes)


def _groups(words: Words, tagger: Tagger) -> NDArray[np.bool_]:
    """Say which group each word is in: ``[groups, W]``."""
    tags = tagger.tag(tuple(words.texts))
    groups = [tagger.group(word, tag) for word, tag in zip(words.texts, tags, strict=True)]
    inside: NDArray[np.bool_] = np.array(groups)[None] == np.array(GROUPS)[:, None]
    return inside


def _around(
    answers: list[NDArray[np.float64]], contexts: list[NDArray[np.float64]], data: str | None
) -> Table:
    rows = []
    for where, values in (("answers", answers), ("contexts", contexts)):
        numbers = mean_interval(100.0 * np.reshape(values, (-1, len(GROUPS))))
        for at, group in enumerate(GROUPS):
            known = ENTITIES_IN_ANSWERS.get(data or "") if (where, group) == ("answers", ENTITY) else None
            rows.append((where, group, *(number[at] for number in numbers), len(values), known))
    columns: list[Column | str] = [
        Column("where", "in the explained answers, or in the whole contexts"),
        _OF,
        Column("share", "mean over the examples of the share of words", "%", low=0, high=100),
        Column("lower", "end of the mean's 95 % normal interval", "%"),
        Column("upper", "end of the mean's 95 % normal interval", "%"),
        Column("examples", "that the mean is over"),
        Column("paper", "as published", "%", low=0, high=100),
    ]
    return Table.of("pos_around", "Parts of speech of answers and contexts", columns, rows)


def _published() -> Table:
    columns: list[Column | str] = [
        "source",
        "data",
        _OF,
        Column("least", "over the layers, about", "%", low=0, high=100),
        Column("most", "over the layers, about", "%", low=0, high=100),
    ]
    rows = [(SOURCES[source], *rest) for source, *rest in POS_RANGES]
    return Table.of("pos_published", "Shares as published", columns, rows)


def draw(result: Result) -> Mapping[str, Figure]:
    """Draw the shares over the layers."""
    title = f"parts of speech of the {result.settings['k']} words with the largest scores"
    return {"pos": draw_shares(result.table("pos"), title=title, label="mean share, %")}


ANALYSIS = Analysis("pos", parts_of_speech, draw)
