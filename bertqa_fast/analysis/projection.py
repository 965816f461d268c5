"""Maps of the token representations of every layer, by t-SNE (``tsne``).

Ramnath et al. 2020, section 6: does the answer move away from the rest as layers go by? Each layer's hidden
states of one question are laid out in the plane by themselves (van der Maaten & Hinton 2008, scikit-learn's
implementation), so that places and distances of two maps cannot be compared; what lies near what can.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.analysis import Analysis, CannotAnalyzeError, Result, settings_of
from bertqa_fast.analysis.options import check_choice, check_count
from bertqa_fast.analysis.projection_figures import ANSWER, CONTEXT, OTHER, QUERY, SPECIAL, draw
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.analysis.walk import walk
from bertqa_fast.analysis.words import SENTENCES, sentence_around
from bertqa_fast.attribution.naming import EMBEDDINGS
from bertqa_fast.progress import progress_bar

if TYPE_CHECKING:
    from bertqa_fast.runs.reader import Run
    from bertqa_fast.runs.scored import ScoredWindow

STARTS = ("pca", "random")


def projections(
    run: Run,
    *,
    first: int = 30,
    count: int = 10,
    perplexity: float = 40.0,
    start: str = "pca",
    context: str = "sentence",
    single: bool = False,
    seed: int = 0,
    limit: int | None = None,
    show_progress: bool | None = None,
) -> Result:
    """Lay out the tokens of some questions at every layer.

    Categories, of which the first that fits counts: the explained answer, special tokens, the question's
    tokens, the other tokens of the answer's sentence, the rest.

    Parameters
    ----------
    run : Run
        The run folder; it holds the hidden states of its first examples (``attribute --embeddings N``).
    first, count : int
        Take so many questions from this one on, numbered from 0 among those with hidden states; the first
        ones where there are not as many. The published maps are of questions 30 to 39.
    perplexity : float
        Of t-SNE, 40 as published; a third of the other tokens where there are no more tokens than that.
    start : {"pca", "random"}
        What the layout starts from: principal components with an automatic learning rate, scikit-learn's
        defaults since 1.2; or a random layout with learning rate 200, its defaults when the maps were
        published.
    context : {"sentence", "reference"}
        What the answer's sentence is; see :func:`bertqa_fast.analysis.words.sentence_around`.
    single : bool
        A figure for each question and layer as well, as published.
    seed : int
        Of t-SNE's random numbers.
    limit : int or None
        Only the first examples of the run.
    show_progress : bool or None
        A progress bar; None shows it on a terminal.

    Returns
    -------
    Result
        Table ``tsne``: ``question`` (its number among those with hidden states), ``layer``, ``at`` (position
        of the token), ``token``, ``category``, ``x``, ``y``; table ``tsne_fits``: a row for each map.

    Raises
    ------
    ValueError
        An option is none of these.
    CannotAnalyzeError
        The run has no hidden states.
    """
    settings = settings_of(projections, locals())
    check_count("count", count)
    check_choice("start", start, STARTS)
    check_choice("context", context, SENTENCES)
    if first < 0:
        raise ValueError(f"first must be 0 or more, got {first}")
    if not perplexity > 0:
        raise ValueError(f"perplexity must be positive, got {perplexity}")
    chosen = _chosen(run, first, count, limit)
    points: list[tuple[Any, ...]] = []
    fits: list[tuple[Any, ...]] = []
    layers = range(EMBEDDINGS, int(run.about["model"]["num_layers"]))
    with progress_bar(len(chosen) * len(layers), "tsne", "map", show_progress) as bar:
        for number, (scored, states) in chosen.items():
            kinds = categories(scored, context)
            for layer, rows in zip(layers, states, strict=True):
                places, used, divergence = layout(rows, perplexity, start, seed)
                points += [
                    (number, layer, at, token, kind, *place)
                    for at, (token, kind, place) in enumerate(
                        zip(scored.shown_tokens(), kinds, places.tolist(), strict=True)
                    )
                ]
                fits.append((number, scored.example, scored.id, layer, len(rows), used, divergence))
                bar.update()
    tables = (_points_table(points), _fits_table(fits))
    return Result("tsne", "Maps of the tokens", settings, len(chosen), tables, _notes(fits, perplexity))


def _chosen(
    run: Run, first: int, count: int, limit: int | None
) -> dict[int, tuple[ScoredWindow, NDArray[np.float32]]]:
    """Return the questions to lay out, by their number among those with hidden states."""
    kept = (scored for scored in walk(run, "tsne", limit, False) if _has_states(run, scored))
    windows = dict(enumerate(islice(kept, first + count)))
    if not windows:
        raise CannotAnalyzeError(
            f"tsne needs hidden states, and {run.folder} holds none of whole windows; attribute with "
            "--embeddings N (and without --windows merge)"
        )
    begin = first if len(windows) == first + count else 0
    found = {}
    for number in list(windows)[begin : begin + count]:
        states = run.embeddings(windows[number].example)
        assert states is not None  # noqa: S101  _has_states looked
        found[number] = (windows[number], states)
    return found


def _has_states(run: Run, scored: ScoredWindow) -> bool:
    # Joined windows have the hidden states of one of them only.
    states = run.embeddings(scored.example)
    return states is not None and states.shape[1] == len(scored.tokens)


def categories(scored: ScoredWindow, context: str = "sentence") -> list[str]:
    """Return the category of each token.

    Parameters
    ----------
    scored : ScoredWindow
        The window.
    context : {"sentence", "reference"}
        What the answer's sentence is.
    """
    kinds = np.full(len(scored.tokens), OTHER, dtype=object)
    kinds[sentence_around(scored, context)] = CONTEXT
    kinds[scored.segment == 0] = QUERY
    kinds[scored.segment == -1] = SPECIAL
    if scored.span is not None and scored.segment[scored.span[0]] == 1:
        kinds[scored.span[0] : scored.span[1] + 1] = ANSWER
    return [str(kind) for kind in kinds]


def layout(
    states: NDArray[np.float32], perplexity: float, start: str = "pca", seed: int = 0
) -> tuple[NDArray[np.float32], float, float]:
    """Lay out the rows of ``[T, H]`` in the plane.

    Returns
    -------
    tuple of (float32 ``[T, 2]``, float, float)
        Their places, the perplexity used, and the Kullback-Leibler divergence that was reached.
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    used = perplexity if perplexity < len(states) else (len(states) - 1) / 3
    rate = "auto" if start == "pca" else 200.0
    tsne = TSNE(perplexity=used, init=start, learning_rate=rate, random_state=seed)
    # A thousand tiny steps: on shared cores threads lose far more by waiting for each other than they save.
    with threadpool_limits(1):
        places = tsne.fit_transform(states)
    return places, used, float(tsne.kl_divergence_)


def _points_table(points: list[tuple[Any, ...]]) -> Table:
    columns: list[Column | str] = [
        Column("question", "number among those with hidden states, from 0"),
        Column("layer", "output of this block; -1 is the embeddings"),
        Column("at", "position in the window"),
        Column("token", "as people are shown it"),
        "category",
        Column("x", "of the map"),
        Column("y", "of the map"),
    ]
    return Table.of("tsne", "Places of the tokens", columns, points)


def _fits_table(fits: list[tuple[Any, ...]]) -> Table:
    columns: list[Column | str] = [
        Column("question", "number among those with hidden states, from 0"),
        Column("example", "number in the data, from 0"),
        "id",
        Column("layer", "output of this block; -1 is the embeddings"),
        Column("tokens", "in the window"),
        Column("perplexity", "used"),
        Column("divergence", "Kullback-Leibler, reached", "nats", "lower", 0),
    ]
    return Table.of("tsne_fits", "The maps", columns, fits)


def _notes(fits: list[tuple[Any, ...]], perplexity: float) -> tuple[str, ...]:
    notes = ["Places in two maps cannot be compared: every map is laid out by itself."]
    smaller = {fit[0]: fit[5] for fit in fits if fit[5] != perplexity}
    if smaller:
        shown = ", ".join(f"{used:.1f} for question {number}" for number, used in smaller.items())
        notes.append(f"There are too few tokens for a perplexity of {perplexity:g}: {shown}.")
    return tuple(notes)


ANALYSIS = Analysis("tsne", projections, draw)
