"""Graphs that carry the target's gradient back to points on paths, at one layer or at several in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bertqa_fast.graphs.attention import At
from bertqa_fast.graphs.block import SavedBlock, block, block_backward
from bertqa_fast.graphs.builder import FLOAT, INT64, Graph
from bertqa_fast.graphs.composed import attention_bias, layer_name
from bertqa_fast.graphs.endings import Rows, ending_of
from bertqa_fast.graphs.ends import interpolate, slopes
from bertqa_fast.graphs.spec import EncoderSpec, TensorEntry

LOGITS = "_logits"  # ends the names of graphs that know no logits but the target's


def cut_graph(
    spec: EncoderSpec, weights: Mapping[str, TensorEntry], layer: int, *, logits_only: bool = False
) -> Graph:
    """Gradients of the target at points on the paths from the output of block ``layer`` (-1: the embeddings).

    Rows are interpolated at the cut, run through the blocks above and the head, and the target's gradient is
    carried back to the cut. Nothing below the cut is computed.

    Inputs (E examples, R rows, K spans a target): ``hidden``, ``baseline`` ``[E, T, H]``, ``attention_mask``
    ``[E, T]``, ``example`` int64 ``[R]``, ``alpha`` ``[R]``, ``softmax_mask`` ``[E, T]``, ``span_start``,
    ``span_end`` int64 ``[E, K]``, ``span_sign`` ``[E, K]``, ``target_mix`` ``[7]``, ``reselect`` bool
    ``[1]``.
    Outputs: ``gradient`` ``[R, T, H]``, ``slopes`` ``[R, T]`` (what each token adds to dF/d(alpha)),
    ``start_logits``, ``end_logits`` ``[R, T]``.

    ``logits_only``: for a reader's targets that are sums of logits. The last block is worked out at the ends
    of the spans only; the graph takes neither ``softmax_mask`` nor ``reselect``, and gives the logits there,
    ``[R, K]``.

    A classifier's graph takes ``label`` int64 ``[E, K]`` and ``label_sign`` ``[E, K]`` in place of spans and
    ``softmax_mask``, and gives ``class_logits`` ``[R, C]``; its last block is worked out at the first token
    only, whatever the target.
    """
    name = f"cut_{layer_name(layer)}{LOGITS if logits_only else ''}"
    return _Climb(Graph(name, weights), spec, weights, [layer], logits_only).build()


def all_layers_graph(
    spec: EncoderSpec, weights: Mapping[str, TensorEntry], *, logits_only: bool = False
) -> Graph:
    """Do what every :func:`cut_graph` does, in one pass: rows join the batch at their cut and leave it there.

    Inputs and outputs are those of :func:`cut_graph`, but for ``hidden_embeddings``, ``hidden_0`` … and
    ``baseline_embeddings``, ``baseline_0`` … in place of ``hidden`` and ``baseline``, and ``rows`` int64
    ``[L + 1]``: how many rows each layer has, from the embeddings up (none is allowed). Rows are sorted by
    layer.
    """
    name = f"all_layers{LOGITS if logits_only else ''}"
    layers = range(-1, spec.num_layers)
    return _Climb(Graph(name, weights), spec, weights, layers, logits_only).build()


@dataclass(frozen=True)
class _Rows:
    """The rows of one layer."""

    values: str  # [R_l, T, H]
    change: str
    count: str  # int64 [1]


@dataclass(frozen=True)
class _Batch:
    """What runs through a block: a matrix ``[N, H]`` of B sequences."""

    x: str
    count: str  # int64 [1]: B
    sizes: str  # int64 [2]: (B, T), or (B, 2K) behind a last block of few queries


class _Climb:
    """The way up through the blocks, rows joining at every cut, and the way down again."""

    def __init__(
        self,
        g: Graph,
        spec: EncoderSpec,
        weights: Mapping[str, TensorEntry],
        layers: Sequence[int],
        logits_only: bool,
    ) -> None:
        self.g, self.spec, self.layers = g, spec, layers
        self.own = self._interpolated()
        rows = Rows(self._of_rows, g.op("Shape", self.example), self.tokens)
        self.ending = ending_of(g, spec, weights, rows, logits_only=logits_only)
        self.hot = self.ending.hot  # [R, P, T] where only some tokens ask in the last block
        if self.hot is not None:
            self.per_row = g.op("Shape", self.hot, start=1, end=2)

    def _interpolated(self) -> list[_Rows]:
        g, H = self.g, self.spec.hidden_size
        several = len(self.layers) > 1
        names = [f"_{layer_name(layer)}" if several else "" for layer in self.layers]
        hidden = [g.input(f"hidden{name}", FLOAT, ["E", "T", H]) for name in names]
        baseline = [g.input(f"baseline{name}", FLOAT, ["E", "T", H]) for name in names]
        mask = g.input("attention_mask", FLOAT, ["E", "T"])
        self.example = g.input("example", INT64, ["R"])
        alpha = g.input("alpha", FLOAT, ["R"])
        examples: tuple[str, ...] = (self.example,)
        alphas: tuple[str, ...] = (alpha,)
        counts: tuple[str, ...] = (g.op("Shape", self.example),)
        if several:
            n = len(self.layers)
            rows = g.input("rows", INT64, [n])
            examples = g.op("Split", self.example, rows, outputs=n, axis=0)
            alphas = g.op("Split", alpha, rows, outputs=n, axis=0)
            counts = g.op("Split", rows, outputs=n, axis=0, num_outputs=n)
        self.tokens = g.op("Shape", mask, start=1, end=2)
        self.bias = attention_bias(g, self._of_rows(mask))
        found = zip(hidden, baseline, examples, alphas, counts, strict=True)
        return [_Rows(*interpolate(g, x, origin, e, a), count) for x, origin, e, a, count in found]

    def build(self) -> Graph:
        g, spec, last = self.g, self.spec, self.spec.num_layers - 1
        batch = self._enter(0)
        blocks: list[tuple[SavedBlock, str]] = []  # with the sizes of the batch
        before: dict[int, _Batch] = {}  # the batch that a layer's rows joined
        for number in range(self.layers[0] + 1, spec.num_layers):
            at = self._at(batch.count) if number == last else None
            x, kept = block(g, spec, number, batch.x, batch.sizes, self._first(self.bias, batch.count), at)
            blocks.append((kept, batch.sizes))
            batch = _Batch(x, batch.count, at.sizes if at else batch.sizes)
            if number in self.layers:
                before[number] = batch
                batch = self._join(batch, self._enter(self.layers.index(number)))
        gradient = self.ending.gradient(batch.x, batch.sizes)
        leaving: list[str] = []
        for kept, sizes in reversed(blocks):
            if kept.layer in before:
                gradient, own = self._part(gradient, before[kept.layer])
                leaving.append(self._leave(own, self.layers.index(kept.layer)))
            gradient = block_backward(g, spec, gradient, sizes, kept)
        leaving.append(self._leave(gradient, 0))
        self._outputs(leaving[::-1])
        return g

    def _of_rows(self, tensor: str) -> str:
        return self.g.op("Gather", tensor, self.example, axis=0)

    def _first(self, tensor: str, count: str) -> str:
        """Cut off what belongs to rows that have not joined yet: rows are sorted by layer."""
        if len(self.layers) == 1:
            return tensor
        zero = self.g.constant([0])
        return self.g.op("Slice", tensor, zero, count, zero)

    def _at(self, count: str) -> At | None:
        """Return who asks in the last block, of the rows that have joined so far; None: every token."""
        if self.hot is None:
            return None
        return At(self._first(self.hot, count), self.g.op("Concat", count, self.per_row, axis=0))

    def _own_at(self, k: int) -> At | None:
        """Return the same of the last layer's own rows, which join last; None for rows of other layers."""
        if self.hot is None or self.layers[k] != self.spec.num_layers - 1:
            return None
        hot, count = self.hot, self.own[k].count
        if len(self.layers) > 1:
            rows = self.g.op("Shape", self.example)
            hot = self.g.op("Slice", hot, self.g.op("Sub", rows, count), rows, self.g.constant([0]))
        return At(hot, self.g.op("Concat", count, self.per_row, axis=0))

    def _enter(self, k: int) -> _Batch:
        g, own = self.g, self.own[k]
        sizes = g.op("Concat", own.count, self.tokens, axis=0)
        if (at := self._own_at(k)) is not None:
            x = g.reshape(own.values, [-1, self.spec.hidden_size])
            return _Batch(at.gather(g, self.spec, x, sizes), own.count, at.sizes)
        return _Batch(g.reshape(own.values, [-1, self.spec.hidden_size]), own.count, sizes)

    def _leave(self, gradient: str, k: int) -> str:
        g, own = self.g, self.own[k]
        if (at := self._own_at(k)) is not None:
            gradient = at.scatter(g, self.spec, gradient)
        return g.op("Reshape", gradient, g.op("Shape", own.values))

    def _join(self, batch: _Batch, new: _Batch) -> _Batch:
        g = self.g
        count = g.op("Add", batch.count, new.count)
        per_row = g.op("Slice", batch.sizes, g.constant([1]), g.constant([2]))
        sizes = g.op("Concat", count, per_row, axis=0)
        return _Batch(g.op("Concat", batch.x, new.x, axis=0), count, sizes)

    def _part(self, gradient: str, before: _Batch) -> tuple[str, str]:
        """Part a gradient into that of the batch before a joining, and that of the rows that joined."""
        g = self.g
        stay = g.op("ReduceProd", before.sizes, keepdims=1)
        leave = g.op("Sub", g.op("Shape", gradient, start=0, end=1), stay)
        lengths = g.op("Concat", stay, leave, axis=0)
        first, second = g.op("Split", gradient, lengths, outputs=2, axis=0)
        return first, second

    def _outputs(self, gradients: Sequence[str]) -> None:
        g = self.g
        adding = [slopes(g, gradient, own.change) for gradient, own in zip(gradients, self.own, strict=True)]
        several = len(gradients) > 1
        gradient = g.op("Concat", *gradients, axis=0) if several else gradients[0]
        slope = g.op("Concat", *adding, axis=0) if several else adding[0]
        g.output(gradient, "gradient", FLOAT, ["R", "T", self.spec.hidden_size])
        g.output(slope, "slopes", FLOAT, ["R", "T"])
