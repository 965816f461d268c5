"""What run.json says of a run: its identity, and what else a reader wants to know."""

from __future__ import annotations

import inspect
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from bertqa_fast.attribution.layers import parse_layers
from bertqa_fast.attribution.naming import EMBEDDINGS
from bertqa_fast.attribution.prepare import Example
from bertqa_fast.attribution.presets import find_preset
from bertqa_fast.runs.identity import data_hash, plain

if TYPE_CHECKING:
    from bertqa_fast.model import Model

# What changes no stored row, or what the run sets itself.
_NOT_SETTINGS = {
    "model",
    "examples",
    "layer",
    "keep_values",
    "internal_batch_size",
    "traversal",
    "show_progress",
    "profile",
}


def resolved_layers(layers: Any, num_layers: int, preset: str | None) -> list[int]:
    """Return the numbers of the layers; "all" leaves the embeddings out under a preset without them.

    Raises
    ------
    ValueError, TypeError
        ``layers`` names none of the model's, or ``preset`` is unknown.
    """
    numbers, _ = parse_layers(layers, num_layers)
    fixed = find_preset(preset)
    if isinstance(layers, str) and layers == "all" and fixed is not None and fixed.input_of_layer:
        numbers.remove(EMBEDDINGS)
    return numbers


def identity(
    model: Model,
    examples: Sequence[Example],
    task: str,
    layers: list[int],
    embeddings: int,
    function: Any,
    options: dict[str, Any],
) -> dict[str, Any]:
    """Return what may not change between the sessions of one run.

    Parameters
    ----------
    model, examples, task, layers, embeddings
        As in :func:`bertqa_fast.runs.attribute.attribute_dataset`, layers by number.
    function : callable
        What computes; its defaults count as settings.
    options : dict
        What it is called with.

    Raises
    ------
    TypeError
        An option that the function does not take, or that the run sets itself.
    """
    return {
        "model": {"fingerprint": model.fingerprint, "precision": model.precision},
        "data": {"sha256": data_hash(examples), "examples": len(examples), "task": task},
        "settings": _settings(function, layers, embeddings, options),
    }


def about(model: Model, data_path: Any, task: str) -> dict[str, Any]:
    """Return what else ``run.json`` says: where model and data come from, whose rules hold, and versions."""
    return {
        "model": {
            "source": str(model.source),
            "task": model.task,
            "num_layers": model.num_layers,
            "hidden_size": model.hidden_size,
            "device": str(model.device),
        },
        "data": {"path": None if data_path is None else str(data_path), "task": task},
        "versions": versions(),
    }


def check_arguments(examples: Sequence[Example], limit: int | None, embeddings: int) -> None:
    """Refuse what no run can be made of.

    Raises
    ------
    ValueError
        Naming ``examples`` (none, or an id twice), ``limit`` or ``embeddings``.
    """
    if not examples:
        raise ValueError("examples must hold at least one, got none")
    seen: set[str] = set()
    for number, example in enumerate(examples):
        key = f"#{number}" if example.id is None else example.id
        if key in seen:
            raise ValueError(f"examples must have ids of their own, got {key!r} twice")
        seen.add(key)
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be positive, got {limit}")
    if embeddings < 0:
        raise ValueError(f"embeddings must not be negative, got {embeddings}")


def _settings(function: Any, layers: list[int], embeddings: int, options: dict[str, Any]) -> dict[str, Any]:
    """Return every setting that changes a row, those left to their defaults included."""
    parameters = inspect.signature(function).parameters
    unknown = sorted(options.keys() - parameters.keys() | options.keys() & {"layer", "keep_values"})
    if unknown:
        raise TypeError(f"options must be those of integrated_gradients, got {', '.join(unknown)}")
    defaults = {
        name: parameter.default
        for name, parameter in parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }
    known = {name: plain(value) for name, value in (defaults | options).items() if name not in _NOT_SETTINGS}
    return {"layers": layers, "embeddings": embeddings, **known}


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that results may depend on."""
    found = {"python": platform.python_version()}
    for name in ("bertqa_fast", "onnxruntime", "onnxruntime-gpu", "numpy", "transformers", "tokenizers"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
