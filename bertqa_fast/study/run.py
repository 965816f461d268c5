"""One study: methods side by side by word deletion and word ranks, with another model or other data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bertqa_fast.analysis.options import check_choice
from bertqa_fast.attribution.rules import require_count
from bertqa_fast.data.examples import TextExample
from bertqa_fast.runs.description import versions
from bertqa_fast.runs.identity import data_hash, plain
from bertqa_fast.study.best_layer import split
from bertqa_fast.study.deletion import DRAWS, MODES
from bertqa_fast.study.measure import (
    Settings,
    choose_layer,
    curve_of,
    deleted_from,
    read,
    scores_of,
    words_of,
)
from bertqa_fast.study.methods import BEST, METHODS, RANDOM, at_layer, check_preset, parse_methods
from bertqa_fast.study.ranks import MIN_COUNT
from bertqa_fast.study.result import Study
from bertqa_fast.study.texts import MIN_TOKENS

if TYPE_CHECKING:
    from bertqa_fast.model import Model


def study_classifier(
    model: Model,
    examples: Sequence[TextExample],
    *,
    methods: str | Sequence[str] = METHODS,
    k: int = 10,
    mode: str = "pad",
    preset: str | None = None,
    correct_only: bool = True,
    min_tokens: int = MIN_TOKENS,
    min_count: int = MIN_COUNT,
    draws: int = DRAWS,
    validation: Sequence[TextExample] | None = None,
    other_model: Model | None = None,
    other_examples: Sequence[TextExample] | None = None,
    max_length: int = 128,
    seed: int = 0,
    show_progress: bool | None = None,
) -> Study:
    """Compare methods that explain a classifier, as Wu & Ong 2021 do.

    Parameters
    ----------
    model : Model
        A classifier, from :func:`bertqa_fast.load`.
    examples : sequence of TextExample
        With gold classes. Those with fewer than ``min_tokens`` tokens of their own are left out.
    methods : str or sequence of str
        As in :func:`bertqa_fast.study.methods.parse_methods`.
    k : int
        How many tokens are deleted at most.
    mode : {"pad", "remove"}
        What deletion is, see :mod:`bertqa_fast.study.deletion`.
    preset : {"wu2021"}, optional
        As the published code does: squared norms of gradients, the last class in place of the predicted one,
        and random orders that may take a [SEP].
    correct_only : bool
        Delete only from texts that the model classifies right. Word ranks are over all texts in either case.
    min_tokens, min_count : int
        How long a text, and how frequent a word piece, has to be.
    draws : int
        Random orders of each text.
    validation : sequence of TextExample, optional
        For ``ig@best``: what the layer is chosen on. By default a fifth of ``examples`` at most, 100 at most,
        are set aside for it and count nowhere else.
    other_model, other_examples : optional
        What word ranks are compared with: another model, other texts, or both. Gold classes are not needed.
    max_length : int
        Tokens of a window at most.
    seed : int
        For random orders, and for the texts that are set aside.
    show_progress : bool, optional
        By default where stderr is a terminal and the work takes over two seconds.

    Returns
    -------
    Study

    Raises
    ------
    ValueError, TypeError
        For an argument out of range; the message names it, what came and what was wanted.
    EngineError
        Where the runtime refuses.
    """
    names = _check(model, methods, mode, preset, other_model)
    for name, value in (("k", k), ("min_tokens", min_tokens), ("min_count", min_count), ("draws", draws)):
        require_count(name, value)
    settings = Settings(
        k, mode, preset, correct_only, min_tokens, min_count, draws, seed, max_length, show_progress
    )
    many = list(examples)
    choice = None
    if BEST in names:
        aside: Sequence[TextExample] | None = validation
        if aside is None:
            many, aside = split(many, seed)
        choice = choose_layer(model, aside, settings, held_out=validation is None)
        found = at_layer(choice.layer)
        names = tuple(dict.fromkeys(found if name == BEST else name for name in names))

    texts = read(model, many, settings)
    chosen = deleted_from(texts, settings)
    scores = {name: scores_of(model, texts, name, settings) for name in names if name != RANDOM}
    right = np.stack([curve_of(model, texts, chosen, name, scores.get(name), settings) for name in names])
    other_words = other_data = None
    if other_model is not None or other_examples is not None:
        second = model if other_model is None else other_model
        data = many if other_examples is None else list(other_examples)
        theirs = read(second, data, settings, labelled=False)
        other_words = {
            name: words_of(theirs, scores_of(second, theirs, name, settings), settings) for name in scores
        }
        other_data = {"model": _of_model(second), "data": _of_data(data)}
    return Study(
        methods=names,
        ids=texts.where(chosen).ids,
        right=right,
        words={name: words_of(texts, own, settings) for name, own in scores.items()},
        other_words=other_words,
        choice=choice,
        about={
            "model": _of_model(model),
            "data": _of_data(many),
            "other": other_data,
            "counts": {
                "examples": len(many),
                "long_enough": len(texts),
                "correct": int(texts.correct.sum()),
                "deleted_from": int(chosen.sum()),
            },
            "settings": {
                name: plain(getattr(settings, name)) for name in Settings.__slots__ if name != "show_progress"
            },
            "versions": versions(),
        },
    )


def _check(
    model: Model, methods: str | Sequence[str], mode: str, preset: str | None, other: Model | None
) -> tuple[str, ...]:
    """Refuse what can be refused before hours of work."""
    check_choice("mode", mode, MODES)
    check_preset(preset)
    model.require_task("text-classification")
    names = parse_methods(methods, model.num_layers)
    if other is not None:
        other.require_task("text-classification")
        if BEST in names and other.num_layers != model.num_layers:
            raise ValueError(
                f"other_model: got one of {other.num_layers} layers with {BEST!r}, "
                f"wanted one of {model.num_layers}"
            )
        parse_methods(names, other.num_layers)
    return names


def _of_model(model: Model) -> dict[str, Any]:
    return {
        "source": str(model.source),
        "fingerprint": model.fingerprint,
        "num_layers": model.num_layers,
        "labels": list(model.labels),
        "device": model.device,
        "precision": model.precision,
    }


def _of_data(examples: Sequence[Any]) -> dict[str, Any]:
    return {"sha256": data_hash(examples), "examples": len(examples)}
