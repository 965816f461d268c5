"""Grids by type of question: what, who, when, …; in English and in Chinese."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.zones.tables import Changes, cell_columns, cell_of, cells, change_columns, changes

if TYPE_CHECKING:
    from bertqa_fast.zones.result import ZoneGrid

TYPES = ("what", "who", "when", "where", "which", "how many", "how much", "how", "why", "other")

_ENGLISH = re.compile(r"\b(how\s+many|how\s+much|what|whom|whose|who|when|where|which|how|why)\b")
_NAMES = {"whom": "who", "whose": "who"}
# The longer words first: 为什么 holds 什么, 什么时候 too.
_CHINESE = (
    ("why", "为什么|为何|为啥|何故|什么原因"),
    ("when", "什么时候|什么时间|何时|几时|哪一?年|哪一?天|哪个?月|何年|多会儿"),
    ("where", "什么地方|什么地点|哪里|哪儿|何处|何地|在哪"),
    ("who", "谁|什么人|何人|哪位|哪一?个人"),
    ("how much", "多少钱|多大|多长|多高|多久|多远|多重|多宽|多深"),
    ("how many", "多少|几[个位名次种年岁部条项家座人天月层集]"),
    ("how", "怎么样?|怎样|如何|怎"),
    ("which", "哪"),
    ("what", "什么|何|啥"),
)


def question_type(question: str) -> str:
    """Return the type of a question: one of ``TYPES``.

    In English, the question word that comes first ("In which year …" is ``"which"``, "whose" ``"who"``);
    in Chinese, the most telling one that occurs ("为什么" is ``"why"``, though it holds "什么"). A question
    without any is ``"other"``.

    Parameters
    ----------
    question : str
        In any case.
    """
    found = _ENGLISH.search(question.lower())
    if found:
        word = " ".join(found.group(1).split())
        return _NAMES.get(word, word)
    return next((name for name, words in _CHINESE if re.search(words, question)), "other")


def changes_by_type(grid: ZoneGrid, metric: str, **intervals: Any) -> dict[str, Changes]:
    """Return the changes of each type of question that occurs, in the order of ``TYPES``."""
    types = np.array([question_type(question) for question in grid.questions])
    return {
        name: changes(grid, metric, types == name, **intervals) for name in TYPES if (types == name).any()
    }


def by_question_type(grid: ZoneGrid, metric: str = "exact_match", **intervals: Any) -> Table:
    """Return each cell's change for every type of question by itself.

    Parameters
    ----------
    grid : ZoneGrid
        The grid.
    metric : {"exact_match", "f1", "kept"}
        What changes.
    **intervals
        ``level``, ``resamples`` and ``seed``, as in :meth:`.result.ZoneGrid.table`.

    Returns
    -------
    Table
        A row for each type, layer, zone and head, with the number of its questions.

    Raises
    ------
    ValueError
        The metric is not to be had.
    """
    rows = [
        (name, *names, found.count, found.unmasked, *cell_of(found, at))
        for name, found in changes_by_type(grid, metric, **intervals).items()
        for at, names in cells(grid)
    ]
    columns = [Column("type", "the question word"), *cell_columns(), *change_columns()]
    return Table.of("question_types", f"Changes by type of question, {metric}", columns, rows)
