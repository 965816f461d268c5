"""The end of the way up through a model: its head, what is explained of it, and where the way down begins.

One class for each head. They are given the rows of the batch by :class:`Rows`, and say whether only some of
the tokens ask in the last block (``hot``): a class needs the first one alone, a sum of logits the ends of its
spans.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bertqa_fast.graphs.builder import BOOL, FLOAT, INT64, Graph
from bertqa_fast.graphs.class_head import (
    LabelInputs,
    class_logits,
    class_logits_backward,
    class_target_gradient,
    first_token,
    num_classes,
)
from bertqa_fast.graphs.qa_head import (
    TargetInputs,
    qa_logits,
    qa_logits_backward,
    qa_target_gradient,
    span_logits,
    span_logits_backward,
)
from bertqa_fast.graphs.spec import EncoderSpec, TensorEntry


@dataclass(frozen=True)
class Rows:
    """The rows of a batch: ``of_rows`` gathers what examples have (``[E, ..]``) to them (``[R, ..]``).

    ``count`` and ``tokens`` are int64 ``[1]``, R and T.
    """

    of_rows: Callable[[str], str]
    count: str
    tokens: str


class Ending(Protocol):
    """A head, and the target that is explained of it."""

    @property
    def hot(self) -> str | None:
        """The only tokens that ask in the last block, ``[R, P, T]``; None: all do."""

    def gradient(self, x: str, sizes: str) -> str:
        """Declare the logits as outputs, and return the gradient of the last block's output ``x``."""


class SpanEnding:
    """Any target of a reader: inputs as :func:`bertqa_fast.graphs.gradients.cut_graph` says."""

    hot = None

    def __init__(self, g: Graph, rows: Rows, mix: str) -> None:
        self._g, self._rows, self._mix = g, rows, mix
        self._spans = _span_inputs(g, rows)

    def gradient(self, x: str, sizes: str) -> str:
        """Softmax over the positions, its gradient, and that of the head."""
        return qa_logits_backward(self._g, *self.seeds(*qa_logits(self._g, x, sizes)))

    def seeds(self, start: str, end: str) -> tuple[str, str]:
        """Declare the logits ``[R, T]`` as outputs, and return the target's gradient of them."""
        g = self._g
        softmax_mask = g.input("softmax_mask", FLOAT, ["E", "T"])
        reselect = g.input("reselect", BOOL, [1])
        g.output(start, "start_logits", FLOAT, ["R", "T"])
        g.output(end, "end_logits", FLOAT, ["R", "T"])
        target = TargetInputs(*self._spans, self._mix, reselect, self._rows.of_rows(softmax_mask))
        return qa_target_gradient(g, start, end, target)


class SpanLogitsEnding:
    """Targets of a reader that are sums of logits: no logits are known but those at the spans' ends."""

    def __init__(self, g: Graph, rows: Rows, mix: str) -> None:
        self._g, self._mix = g, mix
        start, end, self._sign = _span_inputs(g, rows)
        ends = g.op("Unsqueeze", g.op("Concat", start, end, axis=1), g.constant([2]))
        every = g.op("Range", g.constant(0), g.op("Squeeze", rows.tokens), g.constant(1))
        self._hot = g.op("Cast", g.op("Equal", ends, every), to=FLOAT)  # [R, 2K, T]

    @property
    def hot(self) -> str:
        """The spans' ends: K starts, then K ends."""
        return self._hot

    def gradient(self, x: str, sizes: str) -> str:
        """Nothing but the head: the target is linear in these logits. The spans say how ``x`` is folded."""
        g = self._g
        start, end = span_logits(g, x, g.op("Shape", self._sign))
        g.output(start, "start_logits", FLOAT, ["R", "K"])
        g.output(end, "end_logits", FLOAT, ["R", "K"])
        return span_logits_backward(g, self._sign, self._mix)


class ClassEnding:
    """Any target of a classifier: inputs as :func:`bertqa_fast.graphs.gradients.cut_graph` says."""

    def __init__(self, g: Graph, spec: EncoderSpec, rows: Rows, mix: str, classes: int) -> None:
        self._g, self._spec, self._rows, self._mix, self._classes = g, spec, rows, mix, classes
        self._label = rows.of_rows(g.input("label", INT64, ["E", "K"]))
        self._sign = rows.of_rows(g.input("label_sign", FLOAT, ["E", "K"]))
        self._hot = first_token(g, rows.count, rows.tokens).hot

    @property
    def hot(self) -> str:
        """The first token."""
        return self._hot

    def gradient(self, x: str, sizes: str) -> str:
        """Softmax over the classes, its gradient, and that of the pooled first token."""
        logits, slope = class_logits(self._g, self._spec, x)
        return class_logits_backward(self._g, *self.seeds(logits), slope)

    def seeds(self, logits: str) -> tuple[str]:
        """Declare the logits ``[R, C]`` as an output, and return the target's gradient of them."""
        g = self._g
        reselect = g.input("reselect", BOOL, [1])
        g.output(logits, "class_logits", FLOAT, ["R", self._classes])
        target = LabelInputs(self._label, self._sign, self._mix, reselect)
        return (class_target_gradient(g, logits, target),)


def ending_of(
    g: Graph,
    spec: EncoderSpec,
    weights: Mapping[str, TensorEntry],
    rows: Rows,
    *,
    logits_only: bool = False,
) -> Ending:
    """Return the ending of the model that has these weights; it declares inputs of the graph.

    ``logits_only``: for targets that are sums of logits, of readers alone.
    """
    mix = g.input("target_mix", FLOAT, [7])
    classes = num_classes(weights)
    if classes is not None:
        return ClassEnding(g, spec, rows, mix, classes)
    return SpanLogitsEnding(g, rows, mix) if logits_only else SpanEnding(g, rows, mix)


def read_out(
    g: Graph,
    spec: EncoderSpec,
    weights: Mapping[str, TensorEntry],
    x: str,
    sizes: str,
    rows: str,
    *,
    first_only: bool = False,
) -> None:
    """Declare the logits that follow from the last block's output ``x`` ``[N, H]``; ``rows`` names B.

    ``first_only``: of a classifier, ``x`` holds the first tokens alone, ``[B, H]``.
    """
    classes = num_classes(weights)
    if classes is None:
        start, end = qa_logits(g, x, sizes)
        g.output(start, "start_logits", FLOAT, [rows, "T"])
        g.output(end, "end_logits", FLOAT, [rows, "T"])
        return
    if not first_only:
        folded = g.op("Reshape", x, g.op("Concat", sizes, g.constant([spec.hidden_size]), axis=0))
        x = g.op("Gather", folded, g.constant(0), axis=1)
    logits, _ = class_logits(g, spec, x)
    g.output(logits, "class_logits", FLOAT, [rows, classes])


def _span_inputs(g: Graph, rows: Rows) -> tuple[str, str, str]:
    start = rows.of_rows(g.input("span_start", INT64, ["E", "K"]))
    end = rows.of_rows(g.input("span_end", INT64, ["E", "K"]))
    return start, end, rows.of_rows(g.input("span_sign", FLOAT, ["E", "K"]))
