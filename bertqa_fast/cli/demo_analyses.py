"""The analyses of the demo: all that there are, over few examples where the model is run again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bertqa_fast.analysis.job import Done, analyze
from bertqa_fast.analysis.registry import ANALYSES
from bertqa_fast.cli.output import log

if TYPE_CHECKING:
    from bertqa_fast.model import Model
    from bertqa_fast.runs.reader import Run

FOLDER = "analysis"
# Enough to show what comes out, and a small part of the demo's time.
MODEL_EXAMPLES = 2
# The other measures of faithfulness explain again and again, which takes minutes.
OPTIONS = {"faithfulness": {"measures": ("erasure",)}}


def demo_analyses(run: Run, open_model: Callable[[], Model]) -> Done:
    """Do every analysis that the demo's run supports, into a folder within it.

    Parameters
    ----------
    run : Run
        The demo's run.
    open_model : callable
        Loads its model, for the analyses that need it.

    Returns
    -------
    Done
        What was found, and what the run does not support.
    """
    done = Done()
    for needs_model, limit in ((False, None), (True, MODEL_EXAMPLES)):
        chosen = [analysis for analysis in ANALYSES.values() if analysis.needs_model is needs_model]
        part = analyze(
            run, chosen, run.folder / FOLDER, open_model=open_model, limit=limit, options=OPTIONS, tell=log
        )
        done.results |= part.results
        done.files |= part.files
        done.refused |= part.refused
    return done
