"""What families read of a configuration: sizes, the activation, and what they refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bertqa_fast.graphs.spec import EncoderSpec

Config = Mapping[str, Any]

SIZES = {
    "num_layers": "num_hidden_layers",
    "hidden_size": "hidden_size",
    "num_heads": "num_attention_heads",
    "intermediate_size": "intermediate_size",
    "vocab_size": "vocab_size",
    "max_positions": "max_position_embeddings",
}
"""What most configurations call the sizes of an encoder."""

SEGMENTS = 2  # what a tokenizer may give for a token's type: 0, or 1 in a second text


def encoder_spec(
    config: Config,
    *,
    names: Mapping[str, str] = SIZES,
    activation: str = "hidden_act",
    default_activation: str = "gelu",
    **changes: Any,
) -> EncoderSpec:
    """Read the sizes and options of an encoder.

    Parameters
    ----------
    config : mapping
        The model's configuration.
    names : mapping
        What it calls the sizes: field of :class:`EncoderSpec` to key.
    activation, default_activation : str
        What it calls the activation, and the one that is meant where it does not say.
    **changes
        Fields of :class:`EncoderSpec` that are something else, or that no configuration has.

    Raises
    ------
    ValueError
        For a configuration that lacks a size, or has an option that the encoder block does not cover.
    """
    check_options(config)
    if missing := [key for key in names.values() if key not in config]:
        raise ValueError(f"source: the configuration lacks {', '.join(missing)}")
    fields: dict[str, Any] = {field: config[key] for field, key in names.items()}
    types = changes.get("type_vocab_size", config.get("type_vocab_size", SEGMENTS))
    if isinstance(types, bool) or not isinstance(types, int) or types < 1:
        raise ValueError(f"source: got type_vocab_size={types!r}, wanted a positive integer")
    fields["type_vocab_size"] = max(SEGMENTS, types)
    fields["layer_norm_eps"] = config.get("layer_norm_eps", 1e-12)
    fields["activation"] = activation_of(config, activation, default_activation)
    return EncoderSpec(**(fields | changes))


def activation_of(config: Config, key: str, default: str) -> str:
    """Return the activation of the feed-forward layers.

    Raises
    ------
    ValueError
        For one that graphs do not have.
    """
    from bertqa_fast.graphs.activations import ACTIVATIONS  # which imports onnx: only an export needs it

    activation = config.get(key, default)
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        raise ValueError(f"source: got {key}={activation!r}, wanted one of: {', '.join(ACTIVATIONS)}")
    return activation


def check_options(config: Config) -> None:
    """Refuse what no family covers: relative positions, decoders, heads that give no class.

    Raises
    ------
    ValueError
        Naming the option, what came and what was wanted.
    """
    position = config.get("position_embedding_type") or "absolute"
    if position != "absolute":
        raise ValueError(f"source: got position_embedding_type={position!r}, wanted 'absolute'")
    if config.get("is_decoder") or config.get("add_cross_attention"):
        raise ValueError(
            "source: got a decoder, wanted an encoder (is_decoder and add_cross_attention false)"
        )
    require_one_class(config)


def require_one_class(config: Mapping[str, Any]) -> None:
    """Refuse classifiers of anything but one class a text.

    Raises
    ------
    ValueError
        Naming ``problem_type``.
    """
    if config.get("problem_type") in ("regression", "multi_label_classification"):
        raise ValueError(
            f"source: got problem_type={config['problem_type']!r}, wanted a classifier of one class a text"
        )
