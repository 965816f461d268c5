"""What the words with the largest scores are to the question: answer, query or contextual words (``roles``).

Ramnath et al. 2020, section 5: of each layer's five words with the largest scores, which stand in the answer,
which repeat words of the question, and which surround the answer? Words are those of the context, a word's
score is the sum of its tokens'. The code for this was not published; the rules below are those of the paper's
slides and of its authors' answers to the reproduction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.analysis import Analysis, CannotAnalyzeError, Result, settings_of
from bertqa_fast.analysis.estimates import trend
from bertqa_fast.analysis.options import check_choice, check_count
from bertqa_fast.analysis.published import (
    NOT_COMPARABLE,
    NUM_LAYERS,
    PAPER,
    REPRODUCTION,
    SOURCES,
    data_of,
    find,
    published_table,
)
from bertqa_fast.analysis.published_numbers import ROLES
from bertqa_fast.analysis.shares import draw_shares, shares_table
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.analysis.walk import same_layers, walk
from bertqa_fast.analysis.words import Words, largest, sentence_around, words_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bertqa_fast.runs.reader import Run
    from bertqa_fast.runs.scored import ScoredWindow

COUNTINGS = ("both", "query")
CONTEXTUAL = ("beside", "around", "content", "sentence")
STOP_WORDS = ("english", "none")
ANSWER, QUERY, CONTEXT = NAMES = ("answer", "query", "contextual")
CLAIMS = {ANSWER: "up", QUERY: "down", CONTEXT: "up"}


def word_roles(
    run: Run,
    *,
    k: int = 5,
    window: int = 5,
    counting: str = "both",
    contextual: str = "beside",
    stop_words: str = "english",
    limit: int | None = None,
    show_progress: bool | None = None,
) -> Result:
    """Count the roles of each layer's k words with the largest scores, and average the shares.

    Answer words stand in the explained answer. Query words are words of the context that the question has
    too, in any case; punctuation and the question's stop-words are none.

    Parameters
    ----------
    run : Run
        The run folder.
    k : int
        How many words; fewer where a context has fewer, of equal scores the first.
    window : int
        Contextual words are at most so many words away from the answer.
    counting : {"both", "query"}
        A word that is a query word and something else counts as both (the authors), or as a query word only
        (the reproduction).
    contextual : {"beside", "around", "content", "sentence"}
        Which words are contextual: those in the window on either side of the answer; these and the answer's
        own; these without stop-words and punctuation, which still take up places in the window; or the other
        words of the answer's sentence.
    stop_words : {"english", "none"}
        Which words of the question are no query words: scikit-learn's English stop-words (some of them are
        numbers), or none at all.
    limit : int or None
        Only the first examples. The paper has all, its reproduction 1,000.
    show_progress : bool or None
        A progress bar; None shows it on a terminal.

    Returns
    -------
    Result
        Table ``roles``: ``layer``, ``role``, ``share`` with its interval, and what was published for the
        same depth; ``roles_trend``: how each share goes with depth; ``roles_published``.

    Raises
    ------
    ValueError
        An option is none of these.
    CannotAnalyzeError
        No example has an answer in its context.
    """
    settings = settings_of(word_roles, locals())
    check_count("k", k)
    check_count("window", window)
    check_choice("counting", counting, COUNTINGS)
    check_choice("contextual", contextual, CONTEXTUAL)
    check_choice("stop_words", stop_words, STOP_WORDS)
    ignored = _stop_words() if contextual == "content" or stop_words == "english" else frozenset()
    layers = same_layers(run)
    found, skipped = [], 0
    for scored in walk(run, "roles", limit, show_progress):
        words = words_of(scored, 1)
        answer = np.zeros(len(words), dtype=np.bool_) if scored.span is None else words.covering(scored.span)
        if not answer.any():
            skipped += 1
            continue
        query = query_words(scored, words, ignored if stop_words == "english" else frozenset())
        near = _contextual(scored, words, answer, contextual, window, ignored)
        if counting == "query":
            answer, near = answer & ~query, near & ~query
        best = largest(words.sums(scored.scores), k)
        found.append(np.stack([answer, query, near])[:, best].mean(axis=-1))
    if not found:
        raise CannotAnalyzeError(f"roles needs answers in the contexts: no example of {run.folder} has one")
    shares = dict(zip(NAMES, np.stack(found, axis=1), strict=True))
    table = shares_table(
        "roles",
        f"Shares of the {k} words with the largest scores",
        Column("role", "what the words are to the question"),
        run,
        layers,
        shares,
        ROLES,
    )
    notes = [NOT_COMPARABLE, "Intervals take examples for independent; questions about one passage are not."]
    if skipped:
        notes.append(f"{skipped} examples without an answer in their context are left out.")
    tables = (
        table,
        _trends(table, run),
        published_table("roles_published", "Shares as published", Column("role"), ROLES),
    )
    return Result("roles", "Roles of the most important words", settings, len(found), tables, tuple(notes))


def query_words(scored: ScoredWindow, words: Words, stop_words: frozenset[str]) -> NDArray[np.bool_]:
    """Say which words the question has too, but for stop-words and punctuation: ``[W]``."""
    asked = {text.casefold() for text in words_of(scored, 0).texts if is_word(text)} - stop_words
    return np.array([text.casefold() in asked for text in words.texts], dtype=np.bool_)


def is_word(text: str) -> bool:
    """Say whether a text has letters or digits, and is not punctuation alone."""
    return any(letter.isalnum() for letter in text)


def _stop_words() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS)


def _contextual(
    scored: ScoredWindow,
    words: Words,
    answer: NDArray[np.bool_],
    contextual: str,
    window: int,
    stop_words: frozenset[str],
) -> NDArray[np.bool_]:
    if contextual == "sentence":
        shared = sentence_around(scored)
        return np.logical_or.reduceat(shared, words.first) & ~answer
    places = np.flatnonzero(answer)
    order = np.arange(len(answer))
    near: NDArray[np.bool_] = (order >= places[0] - window) & (order <= places[-1] + window)
    if contextual == "around":
        return near
    if contextual == "content":
        near &= [is_word(text) and text.casefold() not in stop_words for text in words.texts]
    return near & ~answer


def _trends(table: Table, run: Run) -> Table:
    rows = []
    for name in NAMES:
        part = table.where(role=name)
        own = dict(zip(part.column("layer"), part.column("share"), strict=True))
        series = [("this run", own, int(run.about["model"]["num_layers"]))]
        for source in (PAPER, REPRODUCTION):
            known = find(ROLES, source, data_of(run), name)
            if known is not None:
                series.append((SOURCES[source], dict(known.values), NUM_LAYERS))
        for source, values, num_layers in series:
            depths, shares = [(layer + 1) / num_layers for layer in values], list(values.values())
            rank, slope = trend(depths, shares)
            way = None if np.isnan(rank) else "up" if rank > 0 else "down"
            rows.append((name, source, shares[0], shares[-1], rank, slope, way, CLAIMS[name]))
    columns: list[Column | str] = [
        "role",
        "source",
        Column("first", "share at the first layer", "%", low=0, high=100),
        Column("last", "share at the last layer", "%", low=0, high=100),
        Column("spearman", "rank correlation of layer and share", low=-1, high=1),
        Column("slope", "of the straight line of least squares", "% points from embeddings to last layer"),
        Column("trend", "the sign of the rank correlation"),
        Column("claim", "the trend that the paper claims"),
    ]
    return Table.of("roles_trend", "How the shares go with depth", columns, rows)


def draw(result: Result) -> Mapping[str, Figure]:
    """Draw the shares over the layers, the paper's dashed."""
    table = result.table("roles")
    title = f"roles of the {result.settings['k']} words with the largest scores"
    return {"roles": draw_shares(table, title=title, label="mean share, %")}


ANALYSIS = Analysis("roles", word_roles, draw)
