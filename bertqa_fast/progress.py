"""Progress bars: on stderr, after two seconds, never in the way of results on stdout."""

from __future__ import annotations

import sys
from typing import Any

from tqdm import tqdm


def progress_bar(
    total: int | None, description: str, unit: str, show: bool | None = None, *, initial: int = 0
) -> Any:
    """Open a ``tqdm`` bar that appears once the work has taken two seconds.

    Parameters
    ----------
    total : int or None
        Units of work in all.
    description, unit : str
        What is being done, and the name of one unit.
    show : bool or None
        ``None`` shows the bar where stderr is a terminal.
    initial : int
        Units that were done before, which do not count for the rate and the time that is left.
    """
    disable = not (sys.stderr.isatty() if show is None else show)
    return tqdm(
        total=total, desc=description, unit=unit, initial=initial, delay=2, disable=disable, leave=False
    )
