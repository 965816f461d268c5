"""The same model in PyTorch, in float64, from any layer up: what graphs and engine are checked against.

Written to be plainly right and to share nothing with the graphs; needs torch.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bertqa_fast.checkpoints.hub import model_folder
from bertqa_fast.checkpoints.weight_files import find_weights

Logits = tuple[Any, ...]


class _Reached(Exception):  # noqa: N818 (no error: it ends a run that has given what was wanted)
    """A run came to the first block, with these hidden states."""


@dataclass(frozen=True)
class WordGradients:
    """The output of the embeddings ``[T, H]`` and one-hot ids ``[T, V]``, each with the gradient there."""

    embedded: npt.NDArray[np.float64]
    of_embedded: npt.NDArray[np.float64]
    hot: npt.NDArray[np.float64]
    of_hot: npt.NDArray[np.float64]


class Float64Model:
    """An encoder of transformers in PyTorch, float64, in evaluation mode. Its head is a subclass's.

    Parameters
    ----------
    source : str, Path or torch.nn.Module
        A Hugging Face folder or hub id, or a module in memory (which is copied).
    allow_bin : bool
        Read ``pytorch_model.bin`` where there are no safetensors.

    Attributes
    ----------
    num_layers : int
        L.
    blocks : list of torch.nn.Module
        The blocks as they are run, from the first; one that is run again stands there again.
    """

    head: str  # what transformers calls a model with it, after "AutoModelFor"

    def __init__(self, source: Any, *, allow_bin: bool = False) -> None:
        import torch

        if isinstance(source, str | Path):
            import transformers

            folder = model_folder(source, allow_bin=allow_bin)
            pickled = find_weights(folder, allow_bin=allow_bin).pickled
            module = getattr(transformers, f"AutoModelFor{self.head}").from_pretrained(
                str(folder),
                dtype=torch.float64,
                attn_implementation="eager",
                use_safetensors=not pickled,
                trust_remote_code=False,
                weights_only=True,
            )
        else:
            module = copy.deepcopy(source).cpu()
        self.module = module.double().eval().requires_grad_(False)
        self.encoder = self.module.base_model
        self.num_layers: int = module.config.num_hidden_layers
        self.blocks: list[Any] = []
        first = torch.tensor([[self.module.config.vocab_size - 1]])
        with self._watched(lambda block, _: self.blocks.append(block)):
            self.encoder(input_ids=first)

    def embed(self, token_type_ids: Any, **given: Any) -> Any:
        """Return the output of the embeddings, ``[B, T, H]``: what the first block is given.

        ``given`` is ``input_ids`` ``[B, T]`` or ``inputs_embeds`` ``[B, T, E]``. Models of one token type or
        none are told none.
        """
        import torch

        given = {name: torch.as_tensor(value) for name, value in given.items()}
        if getattr(self.module.config, "type_vocab_size", 0) > 1:
            given["token_type_ids"] = torch.as_tensor(np.asarray(token_type_ids))

        def stop(_: Any, inputs: Any) -> None:
            raise _Reached(inputs[0])

        try:
            with self._watched(stop):
                self.encoder(**given)
        except _Reached as reached:
            return reached.args[0]
        raise AssertionError("the encoder ran no block")

    @contextmanager
    def _watched(self, look: Callable[[Any, Any], None]) -> Iterator[None]:
        """Call ``look(block, inputs)`` before every block is run."""
        import torch

        # transformers keeps an encoder's blocks in its first list of modules.
        blocks = next(part for part in self.encoder.modules() if isinstance(part, torch.nn.ModuleList))
        hooks = [block.register_forward_pre_hook(look) for block in blocks]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def hidden_states(self, input_ids: Any, token_type_ids: Any, mask: Any = None) -> list[Any]:
        """Return the output of the embeddings and of every block, ``[B, T, H]`` each, from ids ``[B, T]``."""
        states = [self.embed(token_type_ids, input_ids=np.asarray(input_ids))]
        bias = _bias(mask)
        for block in self.blocks:
            states.append(block(states[-1], bias))
        return states

    def logits_from(self, layer: int, hidden: Any, mask: Any = None) -> Logits:
        """Return all logits, given the output of ``layer`` (-1: of the embeddings)."""
        bias = _bias(mask)
        for block in self.blocks[layer + 1 :]:
            hidden = block(hidden, bias)
        return self.logits(hidden)

    def logits(self, hidden: Any) -> Logits:
        """Return the head's logits of the last block's output ``[B, T, H]``."""
        raise NotImplementedError

    def gradient(self, layer: int, hidden: Any, target: Callable[..., Any], mask: Any = None) -> Any:
        """Return the gradient ``[B, T, H]`` of a target (of all logits, a number a row)."""
        import torch

        point = hidden.detach().clone().requires_grad_(True)
        value = target(*self.logits_from(layer, point, mask)).sum()
        return torch.autograd.grad(value, point)[0]

    def word_gradients(
        self, input_ids: Any, token_type_ids: Any, target: Callable[..., Any]
    ) -> WordGradients:
        """Return the gradients of a target at the embeddings and at one-hot ids, which are made literally.

        ``input_ids`` and ``token_type_ids`` are ``[T]``; ``target`` is given all logits.
        """
        import torch

        table = self.module.get_input_embeddings().weight
        hot = torch.nn.functional.one_hot(torch.as_tensor(np.asarray(input_ids)), len(table)).double()
        hot.requires_grad_(True)
        embedded = self.embed(np.asarray(token_type_ids)[None], inputs_embeds=(hot @ table)[None])
        value = target(*self.logits_from(-1, embedded)).sum()
        of_embedded, of_hot = torch.autograd.grad(value, [embedded, hot])
        arrays = (embedded[0].detach(), of_embedded[0], hot.detach(), of_hot)
        return WordGradients(*(array.numpy() for array in arrays))

    def integrated_gradients(
        self,
        layer: int,
        hidden: Any,
        baseline: Any,
        nodes: npt.NDArray[np.float64],
        weights: npt.NDArray[np.float64],
        target: Callable[..., Any],
        rows: int = 64,
    ) -> npt.NDArray[np.float64]:
        """Return (x - x') * sum_s w_s dF/dx at x' + a_s (x - x') (Sundararajan et al. 2017, eq. 3).

        Parameters
        ----------
        layer : int
            Whose output ``hidden`` is, -1 for the embeddings.
        hidden, baseline : tensor
            x and x', ``[T, H]``, float64.
        nodes, weights : array of [S]
            a and w.
        target : callable
            All logits to the target ``[B]``.
        rows : int
            Points in a batch.
        """
        import torch

        change = hidden - baseline
        points, shares = torch.as_tensor(nodes).double(), torch.as_tensor(weights).double()
        total = torch.zeros_like(hidden)
        for some, share in zip(points.split(rows), shares.split(rows), strict=True):
            path = baseline + some[:, None, None] * change
            total += torch.einsum("s,sth->th", share, self.gradient(layer, path, target))
        result: npt.NDArray[np.float64] = (change * total).numpy()
        return result


class Float64Reader(Float64Model):
    """A reader: start and end logits, ``[B, T]`` each."""

    head = "QuestionAnswering"

    def logits(self, hidden: Any) -> Logits:
        """Return start and end logits."""
        start, end = self.module.qa_outputs(hidden).unbind(-1)
        return start, end


class Float64Classifier(Float64Model):
    """A classifier: logits of its classes, ``[B, C]``."""

    head = "SequenceClassification"

    def logits(self, hidden: Any) -> Logits:
        """Return the classes' logits alone."""
        return (self.module.classifier(self._pooled(hidden)),)

    def _pooled(self, hidden: Any) -> Any:
        """Return what the classifier is given; most of those without a pooler pool by themselves."""
        import torch

        first = hidden[:, 0]
        if hasattr(self.module, "pre_classifier"):
            return torch.relu(self.module.pre_classifier(first))
        pooler = getattr(self.encoder, "pooler", None)
        if isinstance(pooler, torch.nn.Linear):
            return self.encoder.pooler_activation(pooler(first))
        return hidden if pooler is None else pooler(hidden)


def class_target_of(name: str, label: int, contrast: int | None = None) -> Any:
    """Return a target of a class by name: logits ``[B, C]`` to values ``[B]``."""

    def target(logits: Any) -> Any:
        turned = {
            "logit": lambda: logits,
            "probability": lambda: logits.softmax(-1),
            "log_probability": lambda: logits.log_softmax(-1),
        }[name]()
        return turned[:, label] if contrast is None else turned[:, label] - turned[:, contrast]

    return target


def target_of(name: str, span: tuple[int, int], contrast: tuple[int, int] | None = None) -> Any:
    """Return a target of the public interface by name: start and end logits ``[B, T]`` to values ``[B]``."""

    def one(start: Any, end: Any, at: tuple[int, int]) -> Any:
        if name == "span_probability":
            return start.softmax(-1)[:, at[0]] * end.softmax(-1)[:, at[1]]
        side, _, kind = name.partition("_") if name.startswith(("start_", "end_")) else ("both", "", name)
        if kind == "probability":
            start, end = start.softmax(-1), end.softmax(-1)
        elif kind == "log_probability":
            start, end = start.log_softmax(-1), end.log_softmax(-1)
        elif kind != "logit":
            raise ValueError(f"name: got {name!r}, wanted a target")
        ends = {"start": start[:, at[0]], "end": end[:, at[1]]}
        return ends["start"] + ends["end"] if side == "both" else ends[side]

    def target(start: Any, end: Any) -> Any:
        value = one(start, end, span)
        return value if contrast is None else value - one(start, end, contrast)

    return target


def relative_difference(got: Any, wanted: Any) -> float:
    """Return the Frobenius norm of the difference over that of ``wanted``; plain where ``wanted`` is 0."""
    right = np.asarray(wanted, dtype=np.float64)
    norm = float(np.linalg.norm(right.ravel()))
    return float(np.linalg.norm((np.asarray(got, dtype=np.float64) - right).ravel())) / (norm or 1.0)


def _bias(mask: Any) -> Any:
    """Return what is added to attention scores, ``[B, 1, 1, T]``, for a mask ``[B, T]`` (1 attends)."""
    import torch

    if mask is None:
        return None
    away = 1.0 - torch.as_tensor(np.asarray(mask)).double()
    return (away * torch.finfo(torch.float64).min)[:, None, None, :]
