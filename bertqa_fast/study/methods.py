"""The methods that a study compares, by name: each gives an Attribution for a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from bertqa_fast.attribution.attention_tracing import attention_tracing
from bertqa_fast.attribution.gradients import gradients
from bertqa_fast.attribution.integrated_gradients import integrated_gradients
from bertqa_fast.attribution.relevance import relevance

if TYPE_CHECKING:
    from bertqa_fast.attribution.results import Attribution
    from bertqa_fast.data.examples import TextExample
    from bertqa_fast.model import Model

RANDOM = "random"
BEST = "ig@best"
METHODS = (RANDOM, "gs", "gi", "lrp", "lat", "ig")
TITLES = {
    RANDOM: "random order",
    "gs": "gradient sensitivity",
    "gi": "gradient x input",
    "lrp": "relevance propagation",
    "lat": "attention tracing",
    "ig": "integrated gradients, embeddings",
}
PRESETS = ("wu2021",)
_AT = "ig@"


def title_of(method: str) -> str:
    """Return what a method is called in a figure."""
    return TITLES.get(method, f"integrated gradients, layer {method.removeprefix(_AT)}")


def layer_of(method: str) -> int | None:
    """Return the layer of ``ig@<layer>``; None of other methods."""
    return int(method.removeprefix(_AT)) if method.startswith(_AT) and method != BEST else None


def at_layer(layer: int) -> str:
    """Return the name of integrated gradients at the output of a block."""
    return f"{_AT}{layer}"


def parse_methods(methods: str | Sequence[str], num_layers: int) -> tuple[str, ...]:
    """Check the names of methods.

    Parameters
    ----------
    methods : str or sequence of str
        Some of :data:`METHODS`, ``ig@<layer>`` with a block's number, and ``ig@best``; a string has commas
        between them.
    num_layers : int
        The model's.

    Raises
    ------
    ValueError
        A name is unknown, comes twice or cannot be had, or there is none.
    """
    given = methods.split(",") if isinstance(methods, str) else methods
    names = [str(name).strip() for name in given]
    for name in names:
        if name in METHODS:
            continue
        if name == BEST and num_layers > 1:
            continue
        number = name.removeprefix(_AT)
        if not (name.startswith(_AT) and number.isdecimal() and int(number) < num_layers - 1):
            blocks = "" if num_layers < 2 else f", {BEST}, or {_AT}0 to {_AT}{num_layers - 2}"
            raise ValueError(
                f"methods: got {name!r}, wanted some of {', '.join(METHODS)}{blocks} (at the last block's "
                "output only the first token counts)"
            )
    if len(set(names)) < len(names) or not names:
        raise ValueError(f"methods: got {','.join(names)!r}, wanted one or more different ones")
    return tuple(names)


def check_preset(preset: str | None) -> None:
    """Refuse a preset that is not known.

    Raises
    ------
    ValueError
        Naming what came and what there is.
    """
    if preset is not None and preset not in PRESETS:
        raise ValueError(f"preset: got {preset!r}, wanted None or one of: {', '.join(PRESETS)}")


def attribute(
    model: Model,
    examples: Sequence[TextExample],
    method: str,
    *,
    preset: str | None = None,
    max_length: int = 128,
) -> list[Attribution]:
    """Explain texts by a method.

    What is explained is the logit of a class: the predicted one, or with ``preset="wu2021"`` the last one.

    Parameters
    ----------
    model : Model
        A classifier.
    examples : sequence of TextExample
        The texts.
    method : str
        One of :data:`METHODS` but ``"random"``, or ``ig@<layer>``.
    preset : {"wu2021"}, optional
        As the published code of Wu & Ong 2021 scores: squared norms of gradients, and the last class. It has
        no integrated gradients; these only get its class.
    max_length : int
        Tokens of a window at most.

    Returns
    -------
    list of Attribution
        One for each text, in their order. ``lat`` explains no class.

    Raises
    ------
    ValueError
        The method or the preset is unknown, or the method cannot be had.
    """
    check_preset(preset)
    explain = _explainer(method)
    if preset is None or method == "lat":
        options: dict[str, Any] = {}
    elif method in ("gs", "gi"):
        options = {"preset": preset}
    else:
        options = {"label": len(model.labels) - 1}
    found: list[Attribution] = explain(
        model, list(examples), max_length=max_length, show_progress=False, **options
    )
    return found


def _explainer(method: str) -> Callable[..., Any]:
    layer = layer_of(method)

    def call(model: Model, examples: Any, **options: Any) -> Any:
        if method in ("gs", "gi"):
            kind: Any = "sensitivity" if method == "gs" else "input_x_gradient"
            return gradients(model, examples, kind, **options)
        if method == "lat":
            return attention_tracing(model, examples, **options)
        if method == "lrp":
            return relevance(model, examples, rule="wu_ong", **options)
        where: Any = "embeddings" if layer is None else layer
        return integrated_gradients(model, examples, where, target="logit", **options)

    if method not in METHODS[1:] and layer is None:
        raise ValueError(f"method: got {method!r}, wanted one of {', '.join(METHODS[1:])} or {_AT}<layer>")
    return call
