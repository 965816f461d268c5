"""Any model that the generic path exports, in PyTorch, in float64, from any layer up.

Shares nothing with the graphs but where a module is cut; needs torch and transformers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bertqa_fast.generic.blocks import find_blocks, hooked, load_module, logits_of
from bertqa_fast.graphs.reference import Float64Model, Logits


class Float64Generic(Float64Model):
    """A model of any architecture, as :class:`bertqa_fast.graphs.reference.Float64Model` has those of BERT.

    Parameters
    ----------
    source : str, Path or torch.nn.Module
        A folder, a hub id, or a module in memory (which is copied).
    task : str
        Its head.
    allow_bin : bool
        Read ``pytorch_model.bin`` where there are no safetensors.
    """

    def __init__(self, source: Any, task: str, *, allow_bin: bool = False) -> None:
        import torch

        self.module = load_module(source, task, torch.float64, allow_bin=allow_bin)
        self.task = task
        self.num_layers = len(find_blocks(self.module))

    def hidden_states(self, input_ids: Any, token_type_ids: Any, mask: Any = None) -> list[Any]:
        """Return the input of the first block and the output of every block, ``[B, T, H]`` each."""
        import torch

        ids, types = (torch.as_tensor(np.asarray(given)) for given in (input_ids, token_type_ids))
        states: list[Any] = []

        def see(layer: int | str, given: Any) -> Any:
            if layer != "word":
                states.append(given)
            return given

        with hooked(self.module, see):
            self._run(ids, types, mask)
        return states

    def logits_from(self, layer: int, hidden: Any, mask: Any = None) -> Logits:
        """Return all logits, given the hidden states of ``layer``; what lies below runs on any ids."""
        import torch

        ids = torch.ones(hidden.shape[:2], dtype=torch.int64)

        def see(at: int | str, given: Any) -> Any:
            return hidden if at == layer else given

        with hooked(self.module, see):
            return self._run(ids, torch.zeros_like(ids), mask)

    def word_gradient(self, input_ids: Any, token_type_ids: Any, target: Any) -> Any:
        """Return the gradient of a target of all logits at what the word embeddings give, ``[B, T, H]``."""
        import torch

        ids, types = (torch.as_tensor(np.asarray(given)) for given in (input_ids, token_type_ids))
        words: list[Any] = []

        def see(at: int | str, given: Any) -> Any:
            if at != "word":
                return given
            words.append(given.detach().requires_grad_(True))
            return words[0]

        with hooked(self.module, see):
            value = target(*self._run(ids, types, None)).sum()
        return torch.autograd.grad(value, words[0])[0]

    def _run(self, ids: Any, types: Any, mask: Any) -> Logits:
        import torch

        given = torch.ones_like(ids) if mask is None else torch.as_tensor(np.asarray(mask)).long()
        return tuple(logits_of(self.module, self.task, ids, types, given))
