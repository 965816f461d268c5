"""Going through the windows of a run, with a bar, as far as is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from bertqa_fast.analysis.analysis import CannotAnalyzeError
from bertqa_fast.progress import progress_bar
from bertqa_fast.runs.scored import ScoredWindow

if TYPE_CHECKING:
    from bertqa_fast.runs.reader import Run


def same_layers(run: Run) -> tuple[int, ...]:
    """Return the layers that every example of a run has, rising.

    Raises
    ------
    CannotAnalyzeError
        The run has no examples yet.
    """
    first = next(run.scored(), None)
    if first is None:
        raise CannotAnalyzeError(f"{run.folder} holds no finished examples yet; attribute some (--resume)")
    return first.layers


def walk(
    run: Run, name: str, limit: int | None = None, show_progress: bool | None = None
) -> Iterator[ScoredWindow]:
    """Yield the windows of a run, the first ``limit`` of them, and show how far one is.

    Parameters
    ----------
    run : Run
        The run folder.
    name : str
        The analysis, for the bar.
    limit : int or None
        How many; None takes all.
    show_progress : bool or None
        A bar; None shows it on a terminal.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be positive, got {limit}")
    total = len(run) if limit is None else min(limit, len(run))
    with progress_bar(total, name, "example", show_progress) as bar:
        for window in islice(run.scored(), limit):
            yield window
            bar.update()
