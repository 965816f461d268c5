"""Made-up grids and windows, and a PyTorch reader whose attention can be masked cell by cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bertqa_fast.data.windows import Window
from bertqa_fast.zones.cells import ZONES
from bertqa_fast.zones.result import Answers, ZoneGrid

QUESTIONS = ("Who sailed?", "In which year?", "How many ships were there?", "What is it?", "Name the port.")


def answers(random: np.random.Generator, *shape: int, golds: bool) -> Answers:
    made = Answers.empty(*shape)
    made.text[...] = random.choice(["Ada", "the port", "1843", "é, “so”"], size=shape)
    made.start_char[...] = random.integers(0, 90, size=shape)
    made.end_char[...] = made.start_char + random.integers(1, 9, size=shape)
    made.window[...] = random.integers(0, 3, size=shape)
    made.score[...] = random.normal(size=shape)
    made.kept[...] = random.uniform(size=shape)
    if golds:
        made.f1[...] = random.choice([0.0, 0.5, 1.0], size=shape)
        made.exact_match[...] = made.f1 == 1
    return made


@pytest.fixture
def make_grid() -> Callable[..., ZoneGrid]:
    """Make a grid of random answers: ``make_grid(count=20, layers=3, heads=(None,), golds=True)``."""

    def make(
        count: int = 20,
        layers: int = 3,
        zones: Sequence[str] = ZONES,
        heads: Sequence[int | None] = (None,),
        golds: bool = True,
        seed: int = 0,
        task: str = "squad",
    ) -> ZoneGrid:
        random = np.random.default_rng(seed)
        return ZoneGrid(
            zones=tuple(zones),
            layers=tuple(range(layers)),
            heads=tuple(heads),
            ids=tuple(f"q{number}" for number in range(count)),
            questions=tuple(QUESTIONS[number % len(QUESTIONS)] for number in range(count)),
            unmasked=answers(random, count, golds=golds),
            masked=answers(random, count, layers, len(zones), len(heads), golds=golds),
            about={
                "model": {"fingerprint": "f" * 64, "num_layers": layers, "num_heads": 3},
                "data": {"sha256": "d" * 64},
                "task": task,
                "settings": {"special": "keep", "all_mode": "self", "top": None},
                "versions": {"python": "3"},
            },
        )

    return make


@pytest.fixture
def make_window() -> Callable[[Sequence[int]], Window]:
    """Make a window of given segments: 0 question, 1 passage, -1 special."""

    def make(segment: Sequence[int]) -> Window:
        count = len(segment)
        nothing = np.zeros(count, dtype=np.int64)
        return Window(
            example=0,
            index=0,
            input_ids=nothing,
            token_type_ids=nothing,
            offsets=np.zeros((count, 2), dtype=np.int32),
            segment=np.array(segment, dtype=np.int8),
            word_ids=np.full(count, -1, dtype=np.int32),
            max_context=np.zeros(count, dtype=np.bool_),
            context_first=0,
            tokens=[str(number) for number in range(count)],
        )

    return make


Logits = tuple[NDArray[np.float64], NDArray[np.float64]]


class TorchReader:
    """A reader in PyTorch's float64, whose attention scores lose given cells in given blocks and heads."""

    def __init__(self, folder: Any) -> None:
        import torch
        from transformers import BertForQuestionAnswering

        self.torch = torch
        loaded = BertForQuestionAnswering.from_pretrained(folder, attn_implementation="eager")
        self.module = loaded.double().eval()
        self.num_heads = loaded.config.num_attention_heads

    def __call__(
        self,
        window: Window,
        cells: NDArray[np.bool_] | None = None,
        layers: Sequence[int] = (),
        heads: Sequence[int] = (),
    ) -> Logits:
        """Return start and end logits ``[T]``; ``cells`` is ``[T, T]``, or ``[A, T, T]``."""
        return self._run(window, cells, layers, heads)[:2]

    def attention(self, window: Window, layer: int) -> NDArray[np.float64]:
        """Return the attention probabilities of a block, ``[A, T, T]``."""
        return np.asarray(self._run(window, None, (), ())[2][layer][0])

    def _run(self, window: Window, cells: Any, layers: Sequence[int], heads: Sequence[int]) -> Any:
        torch = self.torch
        hooks = []
        if cells is not None:
            shape = (self.num_heads, len(window.tokens), len(window.tokens))
            lost = torch.zeros(shape, dtype=torch.float64)
            for head in heads or range(self.num_heads):
                # So low that what is added to it is lost: a row of nothing else becomes uniform.
                lost[head][torch.from_numpy(np.broadcast_to(cells, shape)[head].copy())] = -1e300

            def mask(_module: Any, given: Any, named: dict[str, Any]) -> Any:
                return given, {**named, "attention_mask": lost[None]}

            blocks = self.module.bert.encoder.layer
            hooks = [
                blocks[layer].attention.self.register_forward_pre_hook(mask, with_kwargs=True)
                for layer in layers
            ]
        try:
            with torch.inference_mode():
                out = self.module(
                    input_ids=torch.from_numpy(window.input_ids)[None],
                    token_type_ids=torch.from_numpy(window.token_type_ids)[None],
                    output_attentions=True,
                )
        finally:
            for hook in hooks:
                hook.remove()
        return out.start_logits[0].numpy(), out.end_logits[0].numpy(), out.attentions


@pytest.fixture(scope="session")
def torch_reader(random_reader: Callable[..., Any]) -> TorchReader:
    """Give the default random reader in PyTorch."""
    return TorchReader(random_reader().folder)
