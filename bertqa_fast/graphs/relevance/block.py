"""The encoder block's relevance twin for the rules that take every layer by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bertqa_fast.graphs.builder import Graph
from bertqa_fast.graphs.relevance.kept import KeptBlock
from bertqa_fast.graphs.relevance.rules import LinearRule, named_layer, norm, residual
from bertqa_fast.graphs.spec import EncoderSpec

AttentionRule = Callable[[Graph, EncoderSpec, LinearRule, str, KeptBlock, str], tuple[str, str | None]]
BlockRule = Callable[[Graph, EncoderSpec, str, KeptBlock, str], tuple[str, str | None]]


@dataclass(frozen=True)
class Layerwise:
    """A rule made of one for linear layers and one for attention.

    Activations pass relevance on as it is; LayerNorm and residuals are those of
    :mod:`bertqa_fast.graphs.relevance.rules`.
    """

    linear: LinearRule
    attention: AttentionRule

    def block(
        self, g: Graph, spec: EncoderSpec, relevance: str, kept: KeptBlock, sizes: str
    ) -> tuple[str, str | None]:
        """Return the relevance of the input ``[N, H]`` from that of the output, and the softmax's gap."""
        prefix = spec.block_name(kept.layer)
        with g.scope(f"block_{kept.layer}_relevance"):
            of_sum = norm(g, relevance, kept.output, kept.y, kept.output_norm)
            of_dense, of_middle = residual(g, of_sum, kept.output, kept.output_dense, kept.middle)
            layer = named_layer(g, f"{prefix}.output", kept.activated, kept.output_dense, sizes)
            of_activated = self.linear(g, layer, of_dense)
            layer = named_layer(g, f"{prefix}.intermediate", kept.middle, kept.intermediate, sizes)
            of_middle = g.op("Add", of_middle, self.linear(g, layer, of_activated))
            of_sum = norm(g, of_middle, kept.attended, kept.middle, kept.attention_norm)
            of_dense, of_x = residual(g, of_sum, kept.attended, kept.attention_dense, kept.x)
            layer = named_layer(g, f"{prefix}.attention_output", kept.context, kept.attention_dense, sizes)
            through, gap = self.attention(g, spec, self.linear, self.linear(g, layer, of_dense), kept, sizes)
            return g.op("Add", of_x, through), gap
