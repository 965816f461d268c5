"""Graphs as the engine wants them, made of a trace's parts: named, and with inputs, as those of a family."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import onnx

from bertqa_fast.generic.cut import Part, above, above_word, below
from bertqa_fast.generic.differentiate import SEED, Derivative
from bertqa_fast.generic.trace import INPUTS, WORD, Trace, state_name
from bertqa_fast.graphs.builder import FLOAT, INT64, Graph
from bertqa_fast.graphs.composed import EMBEDDINGS, layer_name
from bertqa_fast.graphs.endings import ClassEnding, Rows, SpanEnding
from bertqa_fast.graphs.ends import interpolate, slopes
from bertqa_fast.graphs.spec import TensorEntry
from bertqa_fast.graphs.whole import as_wide, of_hidden, of_vocabulary

MASK = INPUTS[2]


class Composer:
    """Makes the graphs of one trace.

    Parameters
    ----------
    trace : Trace
        The model.
    types : mapping
        Element types of its tensors.
    entries : mapping
        Where the weights lie.
    """

    def __init__(self, trace: Trace, types: Mapping[str, int], entries: Mapping[str, TensorEntry]) -> None:
        self.trace, self.types, self.entries = trace, types, entries

    def hidden_states(self) -> Graph:
        """As :func:`bertqa_fast.graphs.composed.hidden_states_graph`."""
        g = Graph("hidden_states", self.entries)
        H, layers = self.trace.spec.hidden_size, range(EMBEDDINGS, self.trace.spec.num_layers)
        states = [state_name(layer) for layer in layers]
        part = below(self.trace, [*states, *self.trace.logits])
        found = self._include(g, part.nodes, _inputs(g, "B"))
        for name in states:
            g.output(found[name], name, FLOAT, ["B", "T", H])
        self._logits(g, found, "B")
        return g

    def forward(self, layer: int) -> Graph:
        """As :func:`bertqa_fast.graphs.composed.forward_graph`."""
        g = Graph(f"forward_{layer_name(layer)}", self.entries)
        _, _, given, _ = self._points(g, layer)
        self._logits(g, self._include(g, above(self.trace, layer).nodes, given), "R")
        return g

    def cut(self, layer: int, derivative: Derivative) -> Graph:
        """As :func:`bertqa_fast.graphs.gradients.cut_graph`, without its graphs for sums of logits."""
        g = Graph(f"cut_{layer_name(layer)}", self.entries)
        rows, change, given, example = self._points(g, layer)
        count, tokens = g.op("Shape", example), g.op("Shape", rows, start=1, end=2)
        ends = Rows(lambda tensor: g.op("Gather", tensor, example, axis=0), count, tokens)
        gradient = self._there_and_back(g, derivative, given, ends)
        g.output(gradient, "gradient", FLOAT, ["R", "T", self.trace.spec.hidden_size])
        g.output(slopes(g, gradient, change), "slopes", FLOAT, ["R", "T"])
        return g

    def gradient(self, kind: str, derivative: Derivative) -> Graph:
        """As :func:`bertqa_fast.graphs.whole.gradient_graph`.

        ``derivative`` is that of the part above the word embeddings for ``one_hot``, else above the
        embeddings.
        """
        g = Graph(f"gradient_{kind}", self.entries)
        H, begin = self.trace.spec.hidden_size, WORD if kind == "one_hot" else state_name(EMBEDDINGS)
        inputs = _inputs(g, "E")
        given = inputs | {begin: self._include(g, below(self.trace, [begin]).nodes, inputs)[begin]}
        ids = inputs[INPUTS[0]]
        count, tokens = g.op("Shape", ids, start=0, end=1), g.op("Shape", ids, start=1, end=2)
        gradient = self._there_and_back(g, derivative, given, Rows(lambda tensor: tensor, count, tokens))
        if kind == "input_x_gradient":
            gradient = g.op("Mul", gradient, given[begin])
        E = self.trace.spec.embedding_size
        scores, signed = of_vocabulary(g, gradient, ids, E) if kind == "one_hot" else of_hidden(g, gradient)
        name = layer_name(EMBEDDINGS)
        g.output(scores, f"scores_{name}", FLOAT, ["E", "T"])
        g.output(signed, f"signed_{name}", FLOAT, ["E", "T"])
        if kind == "one_hot" and E != H:
            gradient = as_wide(g, gradient, E, H)
        g.output(gradient, f"values_{name}", FLOAT, ["E", "T", H])
        return g

    def _points(self, g: Graph, layer: int) -> tuple[str, str, dict[str, str], str]:
        """Declare the inputs of points on paths; return rows, changes, a part's inputs, and owners."""
        H = self.trace.spec.hidden_size
        hidden = g.input("hidden", FLOAT, ["E", "T", H])
        baseline = g.input("baseline", FLOAT, ["E", "T", H])
        mask = g.input(MASK, FLOAT, ["E", "T"])
        example = g.input("example", INT64, ["R"])
        alpha = g.input("alpha", FLOAT, ["R"])
        rows, change = interpolate(g, hidden, baseline, example, alpha)
        given = {state_name(layer): rows, MASK: g.op("Gather", mask, example, axis=0)}
        return rows, change, given, example

    def _there_and_back(self, g: Graph, derivative: Derivative, given: dict[str, str], rows: Rows) -> str:
        """Run a part, give its logits to the target, and carry the target's gradient back."""
        mix = g.input("target_mix", FLOAT, [7])
        ending = (
            ClassEnding(g, self.trace.spec, rows, mix, self.trace.num_classes)
            if self.trace.num_classes
            else SpanEnding(g, rows, mix)
        )
        seeds = [SEED + name for name in derivative.logits]
        up, down = _split(derivative.nodes, seeds)
        found = self._include(g, up, given, derivative)
        gradients = ending.seeds(*(found[name] for name in derivative.logits))
        last = g.constant([-1])
        found |= {
            seed: g.op("Unsqueeze", gradient, last) for seed, gradient in zip(seeds, gradients, strict=True)
        }
        return g.op("Squeeze", self._include(g, down, found, derivative)[derivative.gradient], last)

    def _include(
        self,
        g: Graph,
        nodes: Sequence[onnx.NodeProto],
        names: Mapping[str, str],
        derivative: Derivative | None = None,
    ) -> dict[str, str]:
        """Append nodes of the trace, or of a derivative of one of its parts."""
        constants = self.trace.constants | (derivative.constants if derivative else {})
        types = {**self.types, **(derivative.types if derivative else {})}
        known = dict(names)
        # In order, so that the same model gives the same files.
        for name in dict.fromkeys(name for node in nodes for name in node.input):
            if name in known:
                continue
            if name in self.entries:
                known[name] = g.weight(name)
            elif name in constants:
                known[name] = g.constant(constants[name])
        return g.include(nodes, known, types)

    def _logits(self, g: Graph, found: Mapping[str, str], rows: str) -> None:
        width: Any = self.trace.num_classes or "T"
        for name in self.trace.logits:
            g.output(found[name], name, FLOAT, [rows, width])


def parts(trace: Trace) -> Iterator[tuple[int | str, Callable[[], Part]]]:
    """Yield what is differentiated: every layer, and ``"word"``."""
    for layer in range(EMBEDDINGS, trace.spec.num_layers):
        yield layer, partial(above, trace, layer)
    yield WORD, partial(above_word, trace)


def _inputs(g: Graph, rows: str) -> dict[str, str]:
    types = (INT64, INT64, FLOAT)
    return {name: g.input(name, dtype, [rows, "T"]) for name, dtype in zip(INPUTS, types, strict=True)}


def _split(
    nodes: Sequence[onnx.NodeProto], seeds: Sequence[str]
) -> tuple[list[onnx.NodeProto], list[onnx.NodeProto]]:
    """Part nodes into those that can run before the seeds are known, and the others."""
    waiting = set(seeds)
    up: list[onnx.NodeProto] = []
    down: list[onnx.NodeProto] = []
    for node in nodes:
        if waiting.isdisjoint(node.input):
            up.append(node)
        else:
            waiting.update(node.output)
            down.append(node)
    return up, down
