"""The layers of a module of transformers under BERT's names, whatever its family calls them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any


@dataclass
class Parts:
    """What relevance passes on its way.

    ``embed`` gives the first block's input of the module's own inputs, ``blocks`` are BERT's by their
    attributes, ``pooler`` and ``classifier`` the linear layers of a head with ``pool`` between them.
    """

    embed: Callable[..., Any]
    blocks: list[Any]
    pooler: Any
    pool: Callable[[Any], Any]
    classifier: Any


def parts_of(module: Any) -> Parts:
    """Take a reader or classifier apart."""
    import torch

    encoder, kind = module.base_model, module.config.model_type
    head = getattr(module, "classifier", None)
    tanh: Callable[[Any], Any] = torch.tanh
    if kind == "distilbert":
        pooler = getattr(module, "pre_classifier", None)
        blocks = [_distilbert(layer) for layer in encoder.transformer.layer]
        return Parts(encoder.embeddings, blocks, pooler, torch.relu, head)
    if kind == "albert":
        groups, count = encoder.encoder.albert_layer_groups, module.config.num_hidden_layers
        blocks = [_albert(groups[layer * len(groups) // count].albert_layers[0]) for layer in range(count)]
        project = encoder.encoder.embedding_hidden_mapping_in
        return Parts(lambda **given: project(encoder.embeddings(**given)), blocks, encoder.pooler, tanh, head)
    if kind == "bert":
        pooler = None if encoder.pooler is None else encoder.pooler.dense
        return Parts(encoder.embeddings, list(encoder.encoder.layer), pooler, tanh, head)
    pooler, last = getattr(head, "dense", None), getattr(head, "out_proj", None)
    if kind == "electra":
        blocks = list(encoder.encoder.layer)
        project = encoder.embeddings_project
        gelu = torch.nn.functional.gelu
        return Parts(lambda **given: project(encoder.embeddings(**given)), blocks, pooler, gelu, last)
    return Parts(encoder.embeddings, list(encoder.encoder.layer), pooler, tanh, last)


def _block(own: Any, dense: Any, norm: Any, first: Any, act: Any, second: Any, last: Any) -> SimpleNamespace:
    return SimpleNamespace(
        attention=SimpleNamespace(self=own, output=SimpleNamespace(dense=dense, LayerNorm=norm)),
        intermediate=SimpleNamespace(dense=first, intermediate_act_fn=act),
        output=SimpleNamespace(dense=second, LayerNorm=last),
    )


def _distilbert(layer: Any) -> SimpleNamespace:
    a, ffn = layer.attention, layer.ffn
    own = SimpleNamespace(query=a.q_lin, key=a.k_lin, value=a.v_lin, num_attention_heads=a.n_heads)
    return _block(
        own, a.out_lin, layer.sa_layer_norm, ffn.lin1, ffn.activation, ffn.lin2, layer.output_layer_norm
    )


def _albert(layer: Any) -> SimpleNamespace:
    a = layer.attention
    return _block(
        a, a.dense, a.LayerNorm, layer.ffn, layer.activation, layer.ffn_output, layer.full_layer_layer_norm
    )
