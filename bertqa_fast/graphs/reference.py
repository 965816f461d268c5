"""The same model in PyTorch, in float64, from any layer up: what graphs and engine are checked against.

Written to be plainly right and to share nothing with the graphs; needs torch.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bertqa_fast.checkpoints.hub import model_folder
from bertqa_fast.checkpoints.weight_files import find_weights

Logits = tuple[Any, ...]


class Float64Model:
    """A BERT in PyTorch, float64, in evaluation mode. Its head is a subclass's.

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
                weights_only=True,
            )
        else:
            module = copy.deepcopy(source).cpu()
        self.module = module.double().eval().requires_grad_(False)
        self.num_layers: int = module.config.num_hidden_layers

    def hidden_states(self, input_ids: Any, token_type_ids: Any, mask: Any = None) -> list[Any]:
        """Return the output of the embeddings and of every block, ``[B, T, H]`` each, from ids ``[B, T]``."""
        import torch

        ids, types = (torch.as_tensor(np.asarray(given)) for given in (input_ids, token_type_ids))
        states = [self.module.bert.embeddings(input_ids=ids, token_type_ids=types)]
        bias = _bias(mask)
        for block in self.module.bert.encoder.layer:
            states.append(block(states[-1], bias))
        return states

    def logits_from(self, layer: int, hidden: Any, mask: Any = None) -> Logits:
        """Return all logits, given the output of ``layer`` (-1: of the embeddings)."""
        bias = _bias(mask)
        for block in self.module.bert.encoder.layer[layer + 1 :]:
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
        return (self.module.classifier(self.module.bert.pooler(hidden)),)


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
