"""The contenders in PyTorch: two ways through Captum, and a loop written by hand.

All three give the L2 norms over H of integrated gradients at the output of a layer, from a baseline of
zeros there, for the probability of a pinned span: what ``bertqa_fast.integrated_gradients`` gives for the
same Gauss-Legendre nodes. One question at a time, without padding; parameters are frozen, so that autograd
keeps nothing for them.

Captum's ``LayerIntegratedGradients`` (0.9) integrates along the straight line between two activations of
the layer, but takes both from inputs of the model: the layer's output at ``baselines`` and at ``inputs``. A
baseline of zeros in the layer's own space cannot be given. `captum_layer` gets it by a gate: the model is
given one more input, a number which a hook multiplies into the layer's output, and that number is what
Captum is given as ``inputs`` (1) and ``baselines`` (0). At each node Captum runs the whole model, the
blocks below the layer included, and overwrites the layer's output by a hook; gradients stop at the layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerIntegratedGradients
from numpy.typing import NDArray
from transformers import AutoModelForQuestionAnswering

import bertqa_fast as bf
from bertqa_fast import _core
from bertqa_fast.data.windows import make_windows

Scores = dict[int, NDArray[np.float32]]
Rules = Mapping[int, int]  # layer to number of nodes
ATTENTION = ("sdpa", "eager")
BATCHES = (2, 4, 8, 16, 32, 64)


@dataclass(frozen=True)
class Case:
    """One question as a reader sees it: ids and segments ``[1, T]``, and the pinned span."""

    ids: torch.Tensor
    types: torch.Tensor
    span: tuple[int, int]


def case_of(model: bf.Model, example: bf.QAExample, result: bf.Attribution) -> Case:
    """Take the window and the span that an attribution was computed for."""
    window = make_windows(model.tokenizer, [example])[result.window]
    assert result.span is not None
    return Case(
        torch.as_tensor(window.input_ids)[None], torch.as_tensor(window.token_type_ids)[None], result.span
    )


class TorchModel:
    """A BERT reader from transformers, float32, in evaluation mode, that can be entered at any layer."""

    def __init__(self, source: Path) -> None:
        self.module: Any = AutoModelForQuestionAnswering.from_pretrained(
            str(source), dtype=torch.float32, attn_implementation=ATTENTION[0]
        )
        self.module.eval().requires_grad_(False)
        self.blocks: Any = self.module.bert.encoder.layer

    def use_attention(self, name: str) -> None:
        self.module.set_attn_implementation(name)

    def layer_module(self, layer: int) -> Any:
        """Return what puts out ``layer`` (-1: the embeddings)."""
        return self.module.bert.embeddings if layer < 0 else self.blocks[layer]

    def states(self, case: Case) -> list[torch.Tensor]:
        """Return the output of the embeddings and of every block, ``[1, T, H]`` each."""
        with torch.inference_mode():
            states = [self.module.bert.embeddings(input_ids=case.ids, token_type_ids=case.types)]
            for block in self.blocks:
                states.append(block(states[-1], None))
        return [state.clone() for state in states]  # outside of inference mode: autograd may use these

    def value_from(self, layer: int, hidden: torch.Tensor, span: tuple[int, int]) -> torch.Tensor:
        """Return the target ``[B]``, given the output of ``layer`` ``[B, T, H]``."""
        for block in self.blocks[layer + 1 :]:
            hidden = block(hidden, None)
        start, end = self.module.qa_outputs(hidden).unbind(-1)
        return probability(start, end, span)


def probability(start: torch.Tensor, end: torch.Tensor, span: tuple[int, int]) -> torch.Tensor:
    """Return start probability plus end probability at a span, ``[B]``, of logits ``[B, T]``."""
    return start.softmax(-1)[:, span[0]] + end.softmax(-1)[:, span[1]]


def torch_loop(model: TorchModel, case: Case, rules: Rules, batch: int) -> Scores:
    """Differentiate the blocks above the layer, some nodes at a time, and add up."""
    found: Scores = {}
    states = model.states(case)
    for layer, nodes in rules.items():
        hidden = states[layer + 1]
        points, weights = (
            torch.from_numpy(part).float() for part in _core.quadrature_rule("gausslegendre", nodes)
        )
        total = torch.zeros_like(hidden[0])
        for some, share in zip(points.split(batch), weights.split(batch), strict=True):
            path = (some[:, None, None] * hidden).requires_grad_()
            [gradient] = torch.autograd.grad(model.value_from(layer, path, case.span).sum(), path)
            total += torch.einsum("s,sth->th", share, gradient)
        found[layer] = (hidden[0] * total).norm(dim=-1).numpy()
    return found


def captum_suffix(model: TorchModel, case: Case, rules: Rules, batch: int) -> Scores:
    """Give Captum's ``IntegratedGradients`` the hidden state as input, the rest as its function."""
    found: Scores = {}
    states = model.states(case)
    for layer, nodes in rules.items():
        hidden = states[layer + 1]

        def suffix(given: torch.Tensor, layer: int = layer) -> torch.Tensor:
            return model.value_from(layer, given, case.span)

        values: Any = IntegratedGradients(suffix).attribute(
            hidden,
            baselines=torch.zeros_like(hidden),
            n_steps=nodes,
            method="gausslegendre",
            internal_batch_size=batch,
        )
        found[layer] = values[0].detach().norm(dim=-1).numpy()
    return found


def captum_layer(model: TorchModel, case: Case, rules: Rules, batch: int) -> Scores:
    """Give Captum's ``LayerIntegratedGradients`` a gate at the layer, closed for the baseline."""
    found: Scores = {}
    gate = torch.ones(1, 1)

    def run(scale: torch.Tensor, ids: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        nonlocal gate
        gate = scale
        output = model.module(input_ids=ids, token_type_ids=types)
        return probability(output.start_logits, output.end_logits, case.span)

    for layer, nodes in rules.items():
        at = model.layer_module(layer)
        hook = at.register_forward_hook(lambda _module, _given, output: output * gate[:, :, None])
        try:
            values: Any = LayerIntegratedGradients(run, at).attribute(
                torch.ones(1, 1),
                baselines=torch.zeros(1, 1),
                additional_forward_args=(case.ids, case.types),
                n_steps=nodes,
                method="gausslegendre",
                internal_batch_size=batch,
            )
        finally:
            hook.remove()
        found[layer] = values[0].detach().norm(dim=-1).numpy()
    return found


Peer = Callable[[TorchModel, Case, Rules, int], Scores]
PEERS: dict[str, Peer] = {
    "captum_layer": captum_layer,
    "captum_suffix": captum_suffix,
    "torch_loop": torch_loop,
}
