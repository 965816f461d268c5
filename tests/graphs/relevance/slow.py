"""Relevance in PyTorch, float64, one unpadded example at a time: what the graphs are checked against.

Written to be plainly right and to share nothing with the graphs: messages are written out as matrices, a
token and a head at a time, or autograd is asked for them. The modules are those of transformers.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from .parts import parts_of

torch = pytest.importorskip("torch")

EPSILON = 1e-9
ALPHA, BETA = 2.0, 1.0
WU_ONG_EPS = 1e-7
Tensor = Any


@dataclass
class Found:
    """Relevance of each layer ``[T, H]`` (-1: the embeddings), and what is said about it.

    ``narrowest``: of all sums in the head that relevance is divided by, the smallest as a share of its terms.
    Float32 knows a sum to its rounding of the terms, and no rule but that of Wu and Ong divides by more than
    it has multiplied with: there, this is how much worse the quotient is known.
    """

    initial: float
    logits: Tensor
    layers: dict[int, Tensor] = field(default_factory=dict)
    gaps: dict[int, float] = field(default_factory=dict)
    narrowest: float = 1.0


class SlowRelevance:
    """A reader or classifier of transformers; ``rescale`` is the constant of the rule of Wu and Ong."""

    def __init__(self, module: Any, rescale: float = 1e-7) -> None:
        self.module = copy.deepcopy(module).double().eval().requires_grad_(False)
        self.parts = parts_of(self.module)
        self.rescale = rescale
        self.narrowest = 1.0

    def __call__(
        self, rule: str, ids: Any, types: Any, pinned: tuple[int, ...], seed: tuple[float, float, float]
    ) -> Found:
        """Explain ids ``[T]``; ``pinned`` is (label,) or (start, end)."""
        given = self._given(ids, types)
        # Only one rule asks autograd about what the blocks computed.
        blocks, x = self._forward(given, differentiable=rule == "wu_ong")
        head = self._classes if len(pinned) == 1 else self._spans
        self.narrowest = 1.0
        found = head(rule, x.detach(), pinned, seed)
        found.narrowest = self.narrowest
        whole = self.module(**given)
        spans = len(pinned) == 2
        wanted = torch.cat([whole.start_logits, whole.end_logits]) if spans else whole.logits[0]
        torch.testing.assert_close(found.logits, wanted, rtol=1e-9, atol=1e-9)
        for number, kept in reversed(list(enumerate(blocks))):
            step = self._wu_ong if rule == "wu_ong" else self._layerwise
            found.layers[number - 1] = step(rule, kept, found.layers[number], found.gaps, number).detach()
        return found

    def gradient(self, ids: Any, types: Any, upstream: Tensor) -> Tensor:
        """Carry ``upstream`` from the output of the last block to the embeddings, as a gradient."""
        blocks, x = self._forward(self._given(ids, types), differentiable=True)
        return torch.autograd.grad(x, blocks[0].x, upstream)[0]

    def _given(self, ids: Any, types: Any) -> dict[str, Tensor]:
        given = {"input_ids": torch.as_tensor(ids)[None]}
        if getattr(self.module.config, "type_vocab_size", 0) > 1:
            given["token_type_ids"] = torch.as_tensor(types)[None]
        return given

    def _forward(
        self, given: dict[str, Tensor], *, differentiable: bool
    ) -> tuple[list[SimpleNamespace], Tensor]:
        x = self.parts.embed(**given)[0].requires_grad_(differentiable)
        blocks = []
        for layer in self.parts.blocks:
            k = SimpleNamespace(x=x, layer=layer)
            own = layer.attention.self
            k.q, k.k, k.v = own.query(x), own.key(x), own.value(x)
            heads = [tensor.view(len(x), own.num_attention_heads, -1).unbind(1) for tensor in (k.q, k.k, k.v)]
            k.heads = list(zip(*heads, strict=True))
            k.scores = [q @ key.T / math.sqrt(q.shape[1]) for q, key, _ in k.heads]
            k.probabilities = [scores.softmax(-1) for scores in k.scores]
            k.contexts = [p @ v for p, (_, _, v) in zip(k.probabilities, k.heads, strict=True)]
            k.context = torch.cat(k.contexts, 1)
            k.attended = layer.attention.output.dense(k.context)
            k.middle = layer.attention.output.LayerNorm(k.attended + x)
            k.intermediate = layer.intermediate.dense(k.middle)
            k.activated = layer.intermediate.intermediate_act_fn(k.intermediate)
            k.output = layer.output.dense(k.activated)
            k.y = x = layer.output.LayerNorm(k.output + k.middle)
            blocks.append(k)
        return blocks, x

    # Heads.

    def _classes(self, rule: str, x: Tensor, pinned: tuple[int, ...], seed: Any) -> Found:
        pooler, classifier = self.parts.pooler, self.parts.classifier
        pooled = self.parts.pool(pooler(x[:1]))
        logits = classifier(pooled)
        begin = torch.zeros_like(logits)
        label = pinned[0]
        begin[0, label] = self._seed(logits[0], label, seed)
        linear = self._linear(rule)
        relevance = torch.zeros_like(x)
        relevance[:1] = linear(pooler, x[:1], linear(classifier, pooled, begin))
        return Found(float(begin.sum()), logits[0], {self._last: relevance})

    def _spans(self, rule: str, x: Tensor, pinned: tuple[int, ...], seed: Any) -> Found:
        logits = self.module.qa_outputs(x)
        begin = torch.zeros_like(logits)
        for side, position in enumerate(pinned):
            begin[position, side] = self._seed(logits[:, side], position, seed)
        relevance = self._linear(rule)(self.module.qa_outputs, x, begin)
        return Found(float(begin.sum()), logits.T, {self._last: relevance})

    @property
    def _last(self) -> int:
        return int(self.module.config.num_hidden_layers) - 1

    @staticmethod
    def _seed(logits: Tensor, at: int, seed: tuple[float, float, float]) -> Tensor:
        return seed[0] * logits[at] + seed[1] * logits.softmax(0)[at] + seed[2]

    # Linear layers: (module, inputs [M, in], relevance [M, out]) to relevance [M, in].

    def _linear(self, rule: str) -> Callable[[Any, Tensor, Tensor], Tensor]:
        return {"wu_ong": self.fc, "alpha_beta": alpha_beta_linear}.get(rule, epsilon_linear)

    def fc(self, module: Any, inputs: Tensor, relevance: Tensor) -> Tensor:
        """Apply the rule of Wu and Ong to a linear layer, and rescale over all rows."""
        inputs, rows = inputs.detach(), []
        for a, r in zip(inputs, relevance, strict=True):
            row = torch.zeros_like(a)
            for sign in (1, -1):
                weight, bias = (sign * (sign * each).clamp(min=0) for each in (module.weight, module.bias))
                z = weight @ a + bias + sign * WU_ONG_EPS
                messages = 0.5 * weight * a * (r / z)[:, None]  # [out, in]
                row += messages.sum(0)
                terms = weight.abs() @ a.abs() + bias.abs() + WU_ONG_EPS
                self.narrowest = min([self.narrowest, *(z.abs() / terms)[r != 0].tolist()])
            rows.append(row)
        found = torch.stack(rows).abs()
        return found * (relevance.sum() + self.rescale) / (found.sum() + self.rescale)

    # Blocks.

    def _wu_ong(self, rule: str, k: SimpleNamespace, relevance: Tensor, gaps: Any, number: int) -> Tensor:
        def grad(output: Tensor, at: Tensor, upstream: Tensor) -> Tensor:
            return torch.autograd.grad(output, at, upstream, retain_graph=True)[0]

        through = self.fc(k.layer.output.dense, k.activated, grad(k.y, k.output, relevance))
        through = self.fc(k.layer.intermediate.dense, k.middle, through)
        middle = through + grad(k.y, k.middle, relevance)
        through = self.fc(k.layer.attention.output.dense, k.context, grad(k.middle, k.attended, middle))
        own = k.layer.attention.self
        attention = sum(
            self.fc(module, k.x, grad(k.context, tensor, through))
            for module, tensor in ((own.query, k.q), (own.key, k.k), (own.value, k.v))
        )
        return attention + grad(k.middle, k.x, middle)

    def _layerwise(self, rule: str, k: SimpleNamespace, relevance: Tensor, gaps: Any, number: int) -> Tensor:
        linear = self._linear(rule)
        of_sum = norm(k.layer.output.LayerNorm, k.output + k.middle, relevance)
        of_dense, of_middle = residual((k.output, k.middle), of_sum)
        of_activated = linear(k.layer.output.dense, k.activated, of_dense)
        of_middle = of_middle + linear(k.layer.intermediate.dense, k.middle, of_activated)
        of_sum = norm(k.layer.attention.output.LayerNorm, k.attended + k.x, of_middle)
        of_dense, of_x = residual((k.attended, k.x), of_sum)
        of_context = linear(k.layer.attention.output.dense, k.context, of_dense)
        D = k.heads[0][0].shape[1]
        parts, gap = [], 0.0
        for head, (q, key, v) in enumerate(k.heads):
            own = of_context[:, head * D : (head + 1) * D]
            p = k.probabilities[head]
            if rule == "attn_lrp":
                of_p, of_v = product(p, v, own, 2.0)
                of_scores = softmax(k.scores[head], of_p)
                gap += float((of_scores - of_p).sum())
                # The scale 1/sqrt(D) is a constant and passes relevance on; it stands with the queries.
                of_q, of_k = product(q / math.sqrt(D), key.T, of_scores, 2.0)
                parts.append((of_q, of_k.T, of_v))
            else:
                nothing = torch.zeros_like(v)
                parts.append((nothing, nothing, product(p, v, own, 1.0)[1]))
        gaps[number] = gap
        for name, of_heads in zip(("query", "key", "value"), zip(*parts, strict=True), strict=True):
            module = getattr(k.layer.attention.self, name)
            of_x = of_x + linear(module, k.x, torch.cat(of_heads, 1))
        return of_x


def stabilised(z: Tensor) -> Tensor:
    return z + EPSILON * torch.where(z < 0, -1.0, 1.0)


def epsilon_linear(module: Any, inputs: Tensor, relevance: Tensor) -> Tensor:
    found = torch.zeros_like(inputs)
    for row, (a, r) in enumerate(zip(inputs, relevance, strict=True)):
        terms = module.weight * a  # [out, in]
        shares = terms / stabilised(terms.sum(1) + module.bias)[:, None]
        found[row] = (shares * r[:, None]).sum(0)
    return found


def alpha_beta_linear(module: Any, inputs: Tensor, relevance: Tensor) -> Tensor:
    found = torch.zeros_like(inputs)
    for row, (a, r) in enumerate(zip(inputs, relevance, strict=True)):
        terms = module.weight * a
        up, down = terms.clamp(min=0), terms.clamp(max=0)
        z_up = up.sum(1) + module.bias.clamp(min=0) + EPSILON
        z_down = down.sum(1) + module.bias.clamp(max=0) - EPSILON
        shares = ALPHA * up / z_up[:, None] - BETA * down / z_down[:, None]
        found[row] = (shares * r[:, None]).sum(0)
    return found


def residual(terms: tuple[Tensor, ...], relevance: Tensor) -> tuple[Tensor, ...]:
    total = stabilised(torch.stack(terms).sum(0))
    return tuple(term / total * relevance for term in terms)


def norm(module: Any, inputs: Tensor, relevance: Tensor) -> Tensor:
    """Gradient times input of the LayerNorm, its standard deviation cut off from the gradient."""
    x = inputs.detach().clone().requires_grad_(True)
    std = (x.var(-1, keepdim=True, unbiased=False) + module.eps).sqrt().detach()
    y = (x - x.mean(-1, keepdim=True)) / std * module.weight + module.bias
    [gradient] = torch.autograd.grad(y, x, relevance / stabilised(y.detach()))
    return (x * gradient).detach()


def product(a: Tensor, b: Tensor, relevance: Tensor, factor: float) -> tuple[Tensor, Tensor]:
    """Messages of every term of a b ``[I, K] [K, J]``; ``factor`` 2 halves them between the factors."""
    of_a, of_b = torch.zeros_like(a), torch.zeros_like(b)
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            terms = a[i] * b[:, j]
            message = terms / stabilised(factor * terms.sum()) * relevance[i, j]
            of_a[i] += message
            of_b[:, j] += message
    return of_a, of_b


def softmax(scores: Tensor, relevance: Tensor) -> Tensor:
    """R_i = x_i sum_j (ds_j / dx_i) R_j / s_j, a row at a time."""
    found = torch.zeros_like(scores)
    for row, (x, r) in enumerate(zip(scores.detach(), relevance, strict=True)):
        jacobian = torch.autograd.functional.jacobian(lambda z: z.softmax(0), x)
        found[row] = x * (jacobian * (r / x.softmax(0))[:, None]).sum(0)
    return found
