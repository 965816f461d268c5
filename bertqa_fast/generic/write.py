"""Write the weights and graphs of a model that goes the generic way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bertqa_fast.families.base import Array
from bertqa_fast.generic.blocks import load_module
from bertqa_fast.generic.compose import Composer, parts
from bertqa_fast.generic.differentiate import Derivative, differentiate, element_types_of
from bertqa_fast.generic.extra import require
from bertqa_fast.generic.trace import WORD, Trace, trace
from bertqa_fast.graphs.folder import Contents
from bertqa_fast.graphs.sums import finish_graph, upload_graph, weigh_graph
from bertqa_fast.graphs.weights import with_derived, write_weights
from bertqa_fast.graphs.whole import KINDS


def write_generic(part: Path, origin: Any, task: str, config: Mapping[str, Any]) -> Contents:
    """Write weights, graphs and configuration into a folder; the tokenizer is still to come.

    Parameters
    ----------
    part : Path
        The folder, empty.
    origin : Path or torch.nn.Module
        Where the model comes from: a folder with safetensors, or a module in memory.
    task : str
        Its head.
    config : mapping
        Its configuration.

    Raises
    ------
    ImportError
        The extra is not installed.
    ValueError
        The model cannot be exported, cut or differentiated; the message says where.
    """
    require()
    import torch

    traced = trace(load_module(origin, task, torch.float32), task)
    derivatives = {key: differentiate(traced, make()) for key, make in parts(traced)}
    file = part / "weights.bin"
    entries, digest = write_weights(file, with_derived(_weights(traced, derivatives)))
    graphs = _graphs(Composer(traced, element_types_of(traced), entries), derivatives)
    names: dict[str, list[str]] = {}
    for graph in graphs:
        graph.save(part / f"{graph.name}.onnx")
        names[graph.name] = graph.weight_names
    (part / "config.json").write_text(json.dumps(dict(config), indent=1, default=str))
    weights = {"bytes": file.stat().st_size, "sha256": digest}
    return Contents(traced.spec, tuple(entries.values()), names, weights, generic=True)


def _graphs(composer: Composer, derivatives: Mapping[int | str, Derivative]) -> Iterator[Any]:
    spec = composer.trace.spec
    yield composer.hidden_states()
    yield from (weigh_graph(spec), finish_graph(spec), upload_graph(spec))
    for layer in range(-1, spec.num_layers):
        yield composer.forward(layer)
        yield composer.cut(layer, derivatives[layer])
    for kind in KINDS:
        yield composer.gradient(kind, derivatives[WORD if kind == "one_hot" else -1])


def _weights(traced: Trace, derivatives: Mapping[int | str, Derivative]) -> Iterator[tuple[str, Array]]:
    yield from traced.weights.items()
    turned: set[str] = set()
    for derivative in derivatives.values():
        for name, array in derivative.weights.items():
            if name not in turned:
                turned.add(name)
                yield name, array
