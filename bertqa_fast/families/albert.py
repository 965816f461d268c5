"""ALBERT (Lan et al. 2020): blocks that share their weights, and narrower embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bertqa_fast.families.base import Family, both_heads
from bertqa_fast.families.layout import BlockNames, Layout
from bertqa_fast.families.options import encoder_spec
from bertqa_fast.graphs.spec import EncoderSpec


def _spec(config: Mapping[str, Any]) -> EncoderSpec:
    inner, groups, layers = (
        config.get(name, default)
        for name, default in (("inner_group_num", 1), ("num_hidden_groups", 1), ("num_hidden_layers", 1))
    )
    if inner != 1:
        raise ValueError(f"source: got inner_group_num={inner!r}, wanted 1: groups of one block each")
    if not isinstance(groups, int) or not isinstance(layers, int) or not 1 <= groups <= layers:
        raise ValueError(
            f"source: got num_hidden_groups={groups!r}, wanted 1 to {layers} (num_hidden_layers)"
        )
    spec = encoder_spec(
        config, default_activation="gelu_new", embedding_size=config.get("embedding_size", 128)
    )
    return replace(spec, stored_blocks=tuple(int(layer / (layers / groups)) for layer in range(layers)))


ALBERT = Family(
    model_type="albert",
    architectures=both_heads("Albert"),
    spec=_spec,
    weights=Layout(
        base="albert",
        pooler="albert.pooler",
        classifier="classifier",
        block="encoder.albert_layer_groups.{}.albert_layers.0",
        names=BlockNames(
            query="attention.query",
            key="attention.key",
            value="attention.value",
            attention_output="attention.dense",
            attention_norm="attention.LayerNorm",
            intermediate="ffn",
            output="ffn_output",
            output_norm="full_layer_layer_norm",
        ),
        projection="encoder.embedding_hidden_mapping_in",
    ).weights,
)
