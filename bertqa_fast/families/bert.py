"""BERT (Devlin et al. 2019)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from bertqa_fast.families.base import Array, Checkpoint, Family
from bertqa_fast.graphs.activations import ACTIVATIONS
from bertqa_fast.graphs.spec import EncoderSpec


def _spec(config: Mapping[str, Any]) -> EncoderSpec:
    position = config.get("position_embedding_type") or "absolute"
    if position != "absolute":
        raise ValueError(f"source: got position_embedding_type={position!r}, wanted 'absolute'")
    if config.get("is_decoder") or config.get("add_cross_attention"):
        raise ValueError(
            "source: got a decoder, wanted an encoder (is_decoder and add_cross_attention false)"
        )
    activation = config.get("hidden_act", "gelu")
    if activation not in ACTIVATIONS:
        raise ValueError(f"source: got hidden_act={activation!r}, wanted one of: {', '.join(ACTIVATIONS)}")
    return EncoderSpec(
        num_layers=config["num_hidden_layers"],
        hidden_size=config["hidden_size"],
        num_heads=config["num_attention_heads"],
        intermediate_size=config["intermediate_size"],
        vocab_size=config["vocab_size"],
        max_positions=config["max_position_embeddings"],
        type_vocab_size=config.get("type_vocab_size", 2),
        layer_norm_eps=config.get("layer_norm_eps", 1e-12),
        activation=activation,
    )


def _weights(spec: EncoderSpec, task: str, checkpoint: Checkpoint) -> Iterator[tuple[str, Array]]:
    prefix = "bert." if "bert.embeddings.word_embeddings.weight" in checkpoint else ""

    def get(name: str) -> Array:
        return checkpoint[prefix + name]

    def norm(name: str) -> tuple[Array, Array]:
        # Checkpoints converted from TensorFlow call them gamma and beta.
        if f"{prefix}{name}.weight" in checkpoint:
            return get(f"{name}.weight"), get(f"{name}.bias")
        return get(f"{name}.gamma"), get(f"{name}.beta")

    yield "embeddings.word", get("embeddings.word_embeddings.weight")
    yield "embeddings.position", get("embeddings.position_embeddings.weight")
    yield "embeddings.token_type", get("embeddings.token_type_embeddings.weight")
    weight, bias = norm("embeddings.LayerNorm")
    yield "embeddings.norm.weight", weight
    yield "embeddings.norm.bias", bias
    scale = np.float32(1 / math.sqrt(spec.head_size))
    for layer in range(spec.num_layers):
        source, target = f"encoder.layer.{layer}", f"layer.{layer}"
        for kind in ("weight", "bias"):
            query, key, value = (
                get(f"{source}.attention.self.{n}.{kind}") for n in ("query", "key", "value")
            )
            yield f"{target}.qkv.{kind}", np.concatenate([query * scale, key, value])
        for name, theirs in (
            ("attention_output", "attention.output.dense"),
            ("intermediate", "intermediate.dense"),
            ("output", "output.dense"),
        ):
            yield f"{target}.{name}.weight", get(f"{source}.{theirs}.weight")
            yield f"{target}.{name}.bias", get(f"{source}.{theirs}.bias")
        for name, theirs in (
            ("attention_norm", "attention.output.LayerNorm"),
            ("output_norm", "output.LayerNorm"),
        ):
            weight, bias = norm(f"{source}.{theirs}")
            yield f"{target}.{name}.weight", weight
            yield f"{target}.{name}.bias", bias
    if task == "question-answering":
        yield "qa.weight", checkpoint["qa_outputs.weight"]
        yield "qa.bias", checkpoint["qa_outputs.bias"]


BERT = Family(
    model_type="bert",
    architectures={"BertForQuestionAnswering": "question-answering"},
    spec=_spec,
    weights=_weights,
)
