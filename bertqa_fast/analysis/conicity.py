"""Conicity: how narrow the cone is that a layer's token vectors lie in (``conicity``).

The mean over the tokens of the cosine between a token's hidden state and the mean of all of them: 1 where
they point the same way, near 0 where they spread around the origin (Chandrahas et al. 2018). The code
published with Ramnath et al. 2020 (``run_squad.py``) computes it, without published numbers, over padded
positions too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.analysis import Analysis, CannotAnalyzeError, Result, settings_of
from bertqa_fast.analysis.estimates import mean_interval
from bertqa_fast.analysis.figures import over_layers
from bertqa_fast.analysis.replay import pace, rebuild
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.attribution.naming import EMBEDDINGS, layer_tick

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bertqa_fast.model import Model
    from bertqa_fast.runs.reader import Run

_TINY = 1e-14  # added to norms, as the published code does
_WINDOWS = 8  # read at once: their states at every layer are held
CONICITY = Column("conicity", "mean cosine of tokens with their mean", low=-1, high=1)


def layer_conicity(
    run: Run,
    model: Model,
    *,
    special: bool = True,
    limit: int | None = 200,
    show_progress: bool | None = None,
) -> Result:
    """Compute the conicity of every explained window at every layer of the model.

    Parameters
    ----------
    run : Run
        The run folder.
    model : Model
        Its model.
    special : bool
        Count ``[CLS]`` and ``[SEP]`` too, as the published code does.
    limit : int or None
        Only the first examples.
    show_progress : bool or None
        A progress bar; None shows it on a terminal.

    Returns
    -------
    Result
        Table ``conicity``: mean over the examples with a normal interval of 95 %, and the deviation between
        examples, for each layer; table ``conicity_examples``: each example's.

    Raises
    ------
    CannotAnalyzeError
        The run has no examples, merged windows, or windows that are cut otherwise now.
    """
    settings = settings_of(layer_conicity, locals())
    started = time.monotonic()
    keys: list[str] = []
    found: list[NDArray[np.float64]] = []
    pairs = rebuild(run, model, "conicity", limit, show_progress)
    while some := list(islice(pairs, _WINDOWS)):
        states = model.hidden_states([window for _, window in some], show_progress=False)
        for (scored, window), hidden in zip(some, states, strict=True):
            keys.append(scored.key)
            found.append(conicity(hidden if special else hidden[:, window.segment >= 0]))
    if not found:
        raise CannotAnalyzeError(f"{run.folder} holds no finished examples yet; attribute some (--resume)")
    seconds = time.monotonic() - started
    return Result(
        "conicity",
        "Conicity of the hidden states",
        settings,
        len(keys),
        _tables(keys, np.stack(found)),
        (
            f"Over the tokens of the explained window, special ones {'included' if special else 'left out'}.",
            "Windows are not padded here; the published code counts the padding of 384 positions, and has no "
            "published numbers.",
            pace(len(keys), seconds),
        ),
    )


def conicity(states: NDArray[Any]) -> NDArray[np.float64]:
    """Return the mean cosine of vectors with their mean: ``[…, T, H]`` becomes ``[…]``.

    1e-14 is added to the norms, so that vectors of zeros have the cosine 0.
    """
    vectors = np.asarray(states, dtype=np.float64)
    mean = vectors.mean(axis=-2, keepdims=True)
    norms, norm = (np.linalg.norm(given, axis=-1) + _TINY for given in (vectors, mean))
    found: NDArray[np.float64] = ((vectors * mean).sum(axis=-1) / (norms * norm)).mean(axis=-1)
    return found


def _tables(keys: list[str], values: NDArray[np.float64]) -> tuple[Table, Table]:
    layers = range(EMBEDDINGS, values.shape[1] + EMBEDDINGS)
    mean, low, high = mean_interval(values)
    deviation = values.std(axis=0)
    rows = [(layer, mean[at], low[at], high[at], deviation[at], len(keys)) for at, layer in enumerate(layers)]
    columns: list[Column | str] = [
        "layer",
        CONICITY,
        Column("conicity_low", "lower end of its interval"),
        Column("conicity_high", "upper end of its interval"),
        Column("deviation", "between examples", low=0),
        "examples",
    ]
    each = [(key, layer, values[row, at]) for row, key in enumerate(keys) for at, layer in enumerate(layers)]
    return (
        Table.of("conicity", "Conicity of each layer", columns, rows),
        Table.of("conicity_examples", "Every example", ["example", "layer", CONICITY], each),
    )


def draw(result: Result) -> Mapping[str, Figure]:
    """Draw the mean over the layers, with the deviation between examples around it."""
    table = result.table("conicity")
    mean, deviation = (np.array(table.column(name), dtype=float) for name in ("conicity", "deviation"))
    name = "mean, ± deviation between examples"
    return {
        "conicity": over_layers(
            {name: mean.tolist()},
            [layer_tick(layer) for layer in table.column("layer")],
            title="Conicity of the hidden states",
            label=CONICITY.about,
            bands={name: (mean - deviation, mean + deviation)},
        )
    }


ANALYSIS = Analysis("conicity", layer_conicity, draw, needs_model=True)
