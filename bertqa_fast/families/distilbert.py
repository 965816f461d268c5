"""DistilBERT (Sanh et al. 2019): BERT without token types, and a classifier that pools with ReLU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bertqa_fast.families.base import Family, both_heads
from bertqa_fast.families.layout import BlockNames, Layout
from bertqa_fast.families.options import SEGMENTS, encoder_spec
from bertqa_fast.graphs.spec import EncoderSpec

_SIZES = {
    "num_layers": "n_layers",
    "hidden_size": "dim",
    "num_heads": "n_heads",
    "intermediate_size": "hidden_dim",
    "vocab_size": "vocab_size",
    "max_positions": "max_position_embeddings",
}


def _spec(config: Mapping[str, Any]) -> EncoderSpec:
    return encoder_spec(
        config,
        names=_SIZES,
        activation="activation",
        layer_norm_eps=1e-12,  # the configuration has no say in it
        type_vocab_size=SEGMENTS,
        pooled_activation="relu",
    )


DISTILBERT = Family(
    model_type="distilbert",
    architectures=both_heads("DistilBert"),
    spec=_spec,
    weights=Layout(
        base="distilbert",
        pooler="pre_classifier",
        classifier="classifier",
        block="transformer.layer.{}",
        names=BlockNames(
            query="attention.q_lin",
            key="attention.k_lin",
            value="attention.v_lin",
            attention_output="attention.out_lin",
            attention_norm="sa_layer_norm",
            intermediate="ffn.lin1",
            output="ffn.lin2",
            output_norm="output_layer_norm",
        ),
        token_types=False,
    ).weights,
)
