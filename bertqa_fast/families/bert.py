"""BERT (Devlin et al. 2019)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from bertqa_fast.families.base import Array, Checkpoint, Family
from bertqa_fast.graphs.spec import EncoderSpec


def _spec(config: Mapping[str, Any]) -> EncoderSpec:
    from bertqa_fast.graphs.activations import ACTIVATIONS  # which imports onnx: only an export needs it

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
    if config.get("problem_type") in ("regression", "multi_label_classification"):
        raise ValueError(
            f"source: got problem_type={config['problem_type']!r}, wanted a classifier of one class a text"
        )
    names = ("hidden_size", "intermediate_size", "vocab_size")
    others = ("num_hidden_layers", "num_attention_heads", "max_position_embeddings")
    if missing := [name for name in (*names, *others) if name not in config]:
        raise ValueError(f"source: the configuration lacks {', '.join(missing)}")
    return EncoderSpec(
        **{name: config[name] for name in names},
        num_layers=config["num_hidden_layers"],
        num_heads=config["num_attention_heads"],
        max_positions=config["max_position_embeddings"],
        type_vocab_size=config.get("type_vocab_size", 2),
        layer_norm_eps=config.get("layer_norm_eps", 1e-12),
        activation=activation,
    )


def _weights(spec: EncoderSpec, task: str, checkpoint: Checkpoint) -> Iterator[tuple[str, Array]]:
    prefix = "bert." if "bert.embeddings.word_embeddings.weight" in checkpoint else ""

    H = spec.hidden_size

    def get(name: str, *shape: int) -> Array:
        array = checkpoint[name]
        if array.shape != shape:
            raise ValueError(
                f"source: {name!r} has the shape {list(array.shape)}, wanted {list(shape)} as the "
                "configuration says"
            )
        return array

    def norm(name: str) -> tuple[Array, Array]:
        # Checkpoints converted from TensorFlow call them gamma and beta.
        kinds = ("weight", "bias") if f"{name}.weight" in checkpoint else ("gamma", "beta")
        return get(f"{name}.{kinds[0]}", H), get(f"{name}.{kinds[1]}", H)

    for name, rows in (
        ("word", spec.vocab_size),
        ("position", spec.max_positions),
        ("token_type", spec.type_vocab_size),
    ):
        yield f"embeddings.{name}", get(f"{prefix}embeddings.{name}_embeddings.weight", rows, H)
    weight, bias = norm(f"{prefix}embeddings.LayerNorm")
    yield "embeddings.norm.weight", weight
    yield "embeddings.norm.bias", bias
    scale = np.float32(1 / math.sqrt(spec.head_size))
    for layer in range(spec.num_layers):
        source, target = f"{prefix}encoder.layer.{layer}", f"layer.{layer}"
        for kind, shape in (("weight", (H, H)), ("bias", (H,))):
            query, key, value = (
                get(f"{source}.attention.self.{n}.{kind}", *shape) for n in ("query", "key", "value")
            )
            yield f"{target}.qkv.{kind}", np.concatenate([query * scale, key, value])
        for name, theirs, outputs, inputs in (
            ("attention_output", "attention.output.dense", H, H),
            ("intermediate", "intermediate.dense", spec.intermediate_size, H),
            ("output", "output.dense", H, spec.intermediate_size),
        ):
            yield f"{target}.{name}.weight", get(f"{source}.{theirs}.weight", outputs, inputs)
            yield f"{target}.{name}.bias", get(f"{source}.{theirs}.bias", outputs)
        for name, theirs in (
            ("attention_norm", "attention.output.LayerNorm"),
            ("output_norm", "output.LayerNorm"),
        ):
            weight, bias = norm(f"{source}.{theirs}")
            yield f"{target}.{name}.weight", weight
            yield f"{target}.{name}.bias", bias
    if task == "question-answering":
        yield "qa.weight", get("qa_outputs.weight", 2, H)
        yield "qa.bias", get("qa_outputs.bias", 2)
    else:
        yield "pooler.weight", get("bert.pooler.dense.weight", H, H)
        yield "pooler.bias", get("bert.pooler.dense.bias", H)
        classes = len(checkpoint["classifier.bias"])
        if classes < 2:
            raise ValueError(
                f"source: got a head of {classes} output, wanted a classifier of two or more classes"
            )
        yield "classifier.weight", get("classifier.weight", classes, H)
        yield "classifier.bias", get("classifier.bias", classes)


BERT = Family(
    model_type="bert",
    architectures={
        "BertForQuestionAnswering": "question-answering",
        "BertForSequenceClassification": "text-classification",
    },
    spec=_spec,
    weights=_weights,
)
