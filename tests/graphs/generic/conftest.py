"""Random models that no family knows, each exported once."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

import bertqa_fast as bf
from bertqa_fast.generic import extra

WORDS = "who wrote it the was written by ada in paris ships sailed from port year when where many how left"


@dataclass(frozen=True)
class Made:
    """A model: its folder, its task, and when asked for, its export, in the engine and in float64."""

    folder: Path
    task: str
    exported: Path

    @cached_property
    def model(self) -> bf.Model:
        """The export in the engine."""
        if not self.exported.exists():
            bf.export(self.folder, self.exported)
        return bf.load(self.exported)

    @cached_property
    def exact(self) -> Any:
        """The model in PyTorch's float64."""
        from bertqa_fast.generic.reference import Float64Generic

        return Float64Generic(self.folder, self.task)


@pytest.fixture(scope="session")
def needs_extra() -> None:
    """Skip where the extra is not installed."""
    if absent := extra.missing():
        pytest.skip(f"not installed: {', '.join(absent)} ({extra.INSTALL})")


def _module(kind: str, vocabulary: int) -> Any:
    import transformers as t

    sizes = {
        "vocab_size": vocabulary,
        "hidden_size": 30,
        "num_hidden_layers": 3,
        "num_attention_heads": 5,
        "intermediate_size": 17,
        "max_position_embeddings": 66,
    }
    if kind == "deberta-classes":  # attention to relative positions, in both directions
        own = {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_buckets": 8}
        more = {"norm_rel_ebd": "layer_norm", "position_biased_input": False, "type_vocab_size": 0}
        small = sizes | {"num_hidden_layers": 2, "num_labels": 3}
        return t.DebertaV2ForSequenceClassification(t.DebertaV2Config(**small, **own, **more))
    if kind == "mpnet-classes":
        return t.MPNetForSequenceClassification(t.MPNetConfig(**sizes, num_labels=3))
    return t.MPNetForQuestionAnswering(t.MPNetConfig(**sizes))


@pytest.fixture(scope="session")
def made(needs_extra: None, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Made]:
    """Make a random model: ``made("mpnet")``, ``"mpnet-classes"`` or ``"deberta-classes"``, each once.

    Every parameter is drawn, at a scale at which the blocks bend what they read: with the initial weights of
    training almost everything is linear.
    """
    import torch
    from transformers import MPNetTokenizerFast

    special = ["<s>", "<pad>", "</s>", "[UNK]", "<mask>"]
    letters = [*string.ascii_lowercase, *string.digits]
    pieces = [*special, *WORDS.split(), *letters, *(f"##{letter}" for letter in letters), *string.punctuation]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    place = tmp_path_factory.mktemp("generic")
    found: dict[str, Made] = {}

    def draw(module: Any) -> None:
        for name, parameter in module.named_parameters():
            if "LayerNorm" in name:
                parameter.normal_(1.0 if name.endswith("weight") else 0.0, 0.2)
            elif name.endswith("bias"):
                parameter.normal_(0.0, 0.1)
            elif "embeddings" in name or "relative_attention_bias" in name:
                parameter.normal_(0.0, 1.0)
            else:
                parameter.normal_(0.0, 1.2 / parameter.shape[1] ** 0.5)

    def make(kind: str) -> Made:
        if kind not in found:
            with torch.random.fork_rng(devices=[]), torch.no_grad():
                torch.manual_seed(len(kind))
                module = _module(kind, len(vocabulary)).eval()
                draw(module)
            folder = place / kind
            module.save_pretrained(folder)
            MPNetTokenizerFast(vocab=dict(vocabulary)).save_pretrained(folder)
            task = "text-classification" if kind.endswith("classes") else "question-answering"
            found[kind] = Made(folder, task, place / f"{kind}-exported")
        return found[kind]

    return make
