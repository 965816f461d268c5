"""Are the scores those of what the reader uses? (``faithfulness``).

Four measures, at every layer of a run, of the run's own target (the probability of the explained span,
unless the run says otherwise):

- *erasure*: comprehensiveness, sufficiency, AOPC, log-odds and deletion curves (:mod:`.faithful.erasure`);
- *infidelity* and *sensitivity* to perturbations (:mod:`.faithful.perturbation`);
- *randomization*: do the scores change where what was learnt is lost? (:mod:`.faithful.randomization`).

The arithmetic knows nothing of readers; :mod:`.faithful.reader` is all that does.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bertqa_fast.analysis.analysis import Analysis, CannotAnalyzeError, Result, settings_of
from bertqa_fast.analysis.faithful.erased import ERASE, ErasedRun, Erasing
from bertqa_fast.analysis.faithful.erasure import Sizes
from bertqa_fast.analysis.faithful.figures import draw
from bertqa_fast.analysis.faithful.perturbation import PERTURBATIONS, Drawing
from bertqa_fast.analysis.faithful.perturbed import PerturbedRun, Perturbing
from bertqa_fast.analysis.faithful.randomization import REDRAWS
from bertqa_fast.analysis.faithful.randomized import Example, Randomizing, randomize
from bertqa_fast.analysis.faithful.reader import SpanReader
from bertqa_fast.analysis.options import check_choice, check_count
from bertqa_fast.analysis.replay import PARTS, pace, rebuild
from bertqa_fast.analysis.tables import Table
from bertqa_fast.analysis.walk import same_layers
from bertqa_fast.progress import progress_bar

if TYPE_CHECKING:
    from bertqa_fast.model import Model
    from bertqa_fast.runs.reader import Run

MEASURES = ("erasure", "infidelity", "sensitivity", "randomization")


def faithfulness(
    run: Run,
    model: Model,
    *,
    measures: tuple[str, ...] = MEASURES,
    erase: str = "state",
    part: str = "window",
    fractions: tuple[float, ...] = (0.01, 0.05, 0.1, 0.2, 0.5),
    k: tuple[int, ...] = (1, 5),
    steps: int = 10,
    draws: int = 1,
    perturb: tuple[str, ...] = ("gaussian", "square"),
    samples: int = 50,
    noise: float = 0.1,
    stretch: int = 10,
    radius: float = 0.1,
    nearby: int = 5,
    redraw: str = "initial",
    top: int = 5,
    seed: int = 0,
    limit: int | None = 200,
    limit_costly: int = 20,
    show_progress: bool | None = None,
) -> Result:
    """Measure how faithful a run's scores are to its reader.

    Parameters
    ----------
    run : Run
        The run folder.
    model : Model
        The run's model.
    measures : tuple of {"erasure", "infidelity", "sensitivity", "randomization"}
        What to measure.
    erase : {"state", "mask", "pad"}
        What erasing a token is: its row of the hidden state at the layer becomes the run's baseline; or its
        id becomes [MASK] or [PAD] at the input.
    part : {"context", "window"}
        Which tokens count: those of the context, or those of the question too; special ones never.
    fractions : tuple of float
        Shares of the tokens to erase and to keep; AOPC is the mean over them.
    k : tuple of int
        Numbers of tokens to erase and to keep.
    steps : int
        Steps of the deletion and insertion curves.
    draws : int
        Random orders of each example, as a control. They are the same at every layer.
    perturb : tuple of {"gaussian", "noisy_baseline", "square"}
        The perturbations of infidelity.
    samples : int
        Perturbations of each kind for an example and layer.
    noise : float
        Standard deviation of Gaussian noise, in units of the root mean square of the hidden state's distance
        from the baseline.
    stretch : int
        The most tokens of a square.
    radius : float
        Radius of max-sensitivity (largest change of any value), in units of the hidden state's root mean
        square.
    nearby : int
        Points within it that are explained: the maximum over these is a lower bound of that over all.
    redraw : {"initial", "shuffle"}
        How randomised weights are drawn: as before training, or every row's own values in another order.
    top : int
        Of how many of the highest scores the overlap with the trained reader's is.
    seed : int
        For all that is drawn.
    limit : int or None
        Examples of the erasure.
    limit_costly : int
        Examples of the other measures; never more than ``limit``.
    show_progress : bool or None
        Progress bars; None shows them on a terminal.

    Returns
    -------
    Result
        Tables ``faithfulness`` (a row per layer and order: by score, at random, by rising score),
        ``faithfulness_sizes``, ``faithfulness_curves``, ``infidelity``, ``max_sensitivity``,
        ``randomization``; and ``faithfulness_examples``, ``infidelity_examples``,
        ``max_sensitivity_examples``, ``randomization_examples`` with a row for each example. Means come with
        intervals of 95 %.

    Raises
    ------
    ValueError
        An option is none of these.
    CannotAnalyzeError
        The run cannot be had again: see :class:`.faithful.reader.SpanReader` and
        :func:`bertqa_fast.analysis.replay.rebuild`.
    """
    settings = settings_of(faithfulness, locals())
    if not measures or not perturb:
        raise ValueError(f"measures and perturb must not be empty, got {measures} and {perturb}")
    for measure in measures:
        check_choice("measures", measure, MEASURES)
    for kind in perturb:
        check_choice("perturb", kind, PERTURBATIONS)
    check_choice("erase", erase, ERASE)
    check_choice("part", part, PARTS)
    check_choice("redraw", redraw, REDRAWS)
    counts = {"draws": draws, "nearby": nearby, "top": top, "limit_costly": limit_costly}
    for name, value in counts.items():
        check_count(name, value)
    if seed < 0:
        raise ValueError(f"seed must not be negative, got {seed}")
    if not radius > 0:
        raise ValueError(f"radius must be positive, got {radius}")
    erasing = Erasing(Sizes(fractions, k, steps), erase, part, draws, seed)
    perturbing = Perturbing(
        perturb if "infidelity" in measures else (),
        Drawing(samples, noise, stretch),
        part,
        radius,
        nearby if "sensitivity" in measures else 0,
        seed,
    )
    reader = SpanReader(run, model)
    layers = same_layers(run)
    costly = limit_costly if limit is None else min(limit_costly, limit)

    tables: list[Table] = []
    notes = [f"Target: {reader.how.target} of the explained span; baseline: {reader.how.baseline}."]
    wide = limit if "erasure" in measures else costly
    erased, first, examples = ErasedRun(reader, layers, erasing), list[Example](), 0
    started = time.monotonic()
    for scored, window in rebuild(run, model, "faithfulness", wide, show_progress):
        if scored.span is None:
            raise CannotAnalyzeError(f"faithfulness: example {scored.key!r} of {run.folder} has no span")
        examples += 1
        if len(first) < costly:
            first.append((scored, window, scored.span))
        if "erasure" in measures:
            erased.add(scored, window, scored.span)
    if "erasure" in measures:
        tables += erased.tables()
        seconds = time.monotonic() - started
        rate = f"{reader.rows} sequences read, {reader.rows / max(seconds, 1e-9):.0f} a second"
        notes.append(f"Erasure: {pace(examples, seconds)} {rate}.")
    if perturbing.kinds or perturbing.nearby:
        started = time.monotonic()
        perturbed = PerturbedRun(reader, layers, perturbing)
        with progress_bar(len(first), "perturbing", "example", show_progress) as bar:
            for example in first:
                perturbed.add(*example)
                bar.update()
        tables += perturbed.tables()
        notes.append(f"Perturbations: {pace(len(first), time.monotonic() - started)}")
        notes += _unconverged("perturbed", perturbed.unconverged)
    if "randomization" in measures:
        started = time.monotonic()
        found, missed = randomize(reader, layers, first, Randomizing(redraw, top, part, seed), show_progress)
        tables += found
        notes.append(f"Randomization: {pace(len(first), time.monotonic() - started)}")
        notes += _unconverged("randomised readers'", missed)
    return Result("faithfulness", "Faithfulness", settings, examples, tuple(tables), tuple(notes))


def _unconverged(whose: str, count: int) -> list[str]:
    return [f"{count} {whose} explanations did not reach the run's tolerance."] if count else []


ANALYSIS = Analysis("faithfulness", faithfulness, draw, needs_model=True)
