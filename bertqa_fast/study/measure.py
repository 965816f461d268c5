"""The steps of a study: read texts, score tokens by a method, delete by the scores, rank word pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.attribution.baselines import placeholder
from bertqa_fast.attribution.prepare import texts_of
from bertqa_fast.data.examples import TextExample
from bertqa_fast.data.spelling import shown_tokens
from bertqa_fast.data.windows import with_text
from bertqa_fast.progress import progress_bar
from bertqa_fast.study.best_layer import LayerChoice
from bertqa_fast.study.deletion import deletion_curve, random_rankings, ranking
from bertqa_fast.study.methods import BEST, at_layer, attribute
from bertqa_fast.study.ranks import Piece, rank_pieces
from bertqa_fast.study.texts import Texts, deletable, read_texts

if TYPE_CHECKING:
    from bertqa_fast.model import Model

Scores = list[NDArray[np.float32]]
_CHUNK = 128  # texts that are explained at once: enough to fill batches of like lengths, few enough to watch


@dataclass(frozen=True, slots=True)
class Settings:
    """What stays the same for every method."""

    k: int
    mode: str
    preset: str | None
    correct_only: bool
    min_tokens: int
    min_count: int
    draws: int
    seed: int
    max_length: int
    show_progress: bool | None


def read(
    model: Model, examples: Sequence[TextExample], settings: Settings, *, labelled: bool = True
) -> Texts:
    """Return the texts that are long enough; see :func:`.texts.read_texts`."""
    return read_texts(
        model,
        examples,
        min_tokens=settings.min_tokens,
        max_length=settings.max_length,
        labelled=labelled,
        show_progress=settings.show_progress,
    )


def deleted_from(texts: Texts, settings: Settings) -> NDArray[np.bool_]:
    """Return which texts tokens are deleted from, ``[N]``."""
    if (texts.gold < 0).any():
        name = texts.ids[int(np.argmin(texts.gold))]
        raise ValueError(f"examples: got no label for {name!r}, wanted one for every text")
    chosen = texts.correct if settings.correct_only else np.ones(len(texts), dtype=np.bool_)
    if not chosen.any():
        raise ValueError(
            f"examples: none of {len(texts)} texts of {settings.min_tokens} tokens or more is classified "
            "right, wanted one or more (or correct_only=False)"
        )
    return chosen


def scores_of(model: Model, texts: Texts, method: str, settings: Settings) -> Scores:
    """Return the scores ``[T]`` that a method gives each text's tokens."""
    found: Scores = []
    with progress_bar(len(texts), f"{method}: explaining", "text", settings.show_progress) as bar:
        for first in range(0, len(texts), _CHUNK):
            part = texts.examples[first : first + _CHUNK]
            results = attribute(model, part, method, preset=settings.preset, max_length=settings.max_length)
            found += [result.scores for result in results]
            bar.update(len(part))
    return found


def curve_of(
    model: Model,
    texts: Texts,
    chosen: NDArray[np.bool_],
    method: str,
    scores: Scores | None,
    settings: Settings,
) -> NDArray[np.float64]:
    """Return whether texts keep their class, ``[texts chosen, K + 1]``; without scores, in random orders."""
    own = texts.where(chosen)
    if scores is None:
        orders = [
            random_rankings(
                window, settings.draws, (settings.seed, number), reference=settings.preset == "wu2021"
            )
            for number, window in enumerate(own.windows)
        ]
    else:
        at = np.flatnonzero(chosen)
        orders = [[ranking(scores[n], deletable(window))] for n, window in zip(at, own.windows, strict=True)]
    with progress_bar(len(own), f"{method}: deleting", "text", settings.show_progress) as bar:
        return deletion_curve(
            lambda windows: model.class_logits(windows, show_progress=False),
            own.windows,
            own.gold,
            orders,
            settings.k,
            mode=settings.mode,
            pad=placeholder("mode", "pad", model.window_tokenizer),
            advance=bar.update,
        )


def words_of(texts: Texts, scores: Scores, settings: Settings) -> list[Piece]:
    """Rank the word pieces of texts by a method's scores, special tokens and lone white space left out."""
    places = [np.flatnonzero(with_text(window)) for window in texts.windows]
    tokens = []
    for window, example, own in zip(texts.windows, texts.examples, places, strict=True):
        called = shown_tokens(window.tokens, window.offsets, window.segment, texts_of(example))
        tokens.append([called[at] for at in own])
    return rank_pieces(
        tokens, [one[own] for one, own in zip(scores, places, strict=True)], settings.min_count
    )


def choose_layer(
    model: Model, examples: Sequence[TextExample], settings: Settings, *, held_out: bool
) -> LayerChoice:
    """Run integrated gradients at every block but the last on validation texts."""
    try:
        texts = read(model, examples, settings)
        chosen = deleted_from(texts, settings)
    except ValueError as error:
        raise ValueError(f"{BEST}: {error}; of the texts that the layer is chosen on") from None
    means = []
    for layer in range(model.num_layers - 1):
        name = at_layer(layer)
        scores = scores_of(model, texts, name, settings)
        right = curve_of(model, texts, chosen, name, scores, settings)
        means.append(100 * float(right[:, 1:].mean()))
    return LayerChoice(tuple(means), int(chosen.sum()), held_out)
