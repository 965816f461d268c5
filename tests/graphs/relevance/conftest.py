"""Random readers and classifiers, and the graphs of every rule over their weights."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from bertqa_fast import _core
from bertqa_fast.families import family_of
from bertqa_fast.graphs.checkpoint import ModuleCheckpoint
from bertqa_fast.graphs.relevance import relevance_graph
from bertqa_fast.graphs.spec import EncoderSpec
from bertqa_fast.graphs.weights import with_derived, write_weights

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Explained:
    """A random model, and its graphs: ``run(rule, feeds)``."""

    module: Any
    head: str
    spec: EncoderSpec
    run: Callable[..., Arrays]
    build: Callable[[str], Path]


@pytest.fixture(scope="session")
def random_model(
    tmp_path_factory: pytest.TempPathFactory, environment: _core.Environment
) -> Callable[..., Explained]:
    """Make random models, each of its options once.

    Every parameter is drawn, at a scale at which blocks bend what they read. ``biases=False`` sets those of
    linear layers and LayerNorms to 0.
    """
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertForQuestionAnswering, BertForSequenceClassification

    def draw(name: str, parameter: Any, biases: bool) -> None:
        if name.endswith("bias") and not biases:
            parameter.zero_()
        elif "LayerNorm" in name:
            parameter.normal_(1.0 if name.endswith("weight") else 0.0, 0.2)
        elif name.endswith("bias"):
            parameter.normal_(0.0, 0.1)
        else:
            parameter.normal_(0.0, 1.0 if "embeddings" in name else 1.2 / parameter.shape[1] ** 0.5)

    @functools.cache
    def make(
        head: str,
        layers: int = 2,
        hidden: int = 24,
        heads: int = 3,
        intermediate: int = 40,
        activation: str = "gelu",
        biases: bool = True,
        seed: int = 0,
    ) -> Explained:
        config = BertConfig(
            vocab_size=50,
            num_hidden_layers=layers,
            hidden_size=hidden,
            num_attention_heads=heads,
            intermediate_size=intermediate,
            hidden_act=activation,
            max_position_embeddings=64,
            num_labels=3 if head == "text-classification" else 2,
            attn_implementation="eager",
        )
        classes = BertForSequenceClassification if head == "text-classification" else BertForQuestionAnswering
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(seed)
            module = classes(config).eval()
            for name, parameter in module.named_parameters():
                draw(name, parameter, biases)
        spec, weights = _weights(module, head)
        folder = tmp_path_factory.mktemp("relevance")
        entries, _ = write_weights(folder / "weights.bin", with_derived(weights.items()))

        def build(rule: str) -> Path:
            path = folder / f"{rule}.onnx"
            relevance_graph(spec, entries, rule, head).save(path)
            onnx.checker.check_model(path, full_check=True)
            return path

        @functools.cache
        def session(rule: str, fused_operators: bool) -> _core.Session:
            return _core.Session(environment, build(rule), fused_operators=fused_operators)

        def run(rule: str, feeds: Mapping[str, Any], fused_operators: bool = True) -> Arrays:
            arrays = {
                name: np.ascontiguousarray(
                    given, dtype=np.float32 if np.asarray(given).dtype.kind == "f" else np.int64
                )
                for name, given in feeds.items()
            }
            results = session(rule, fused_operators).run(arrays)
            return {name: np.asarray(array) for name, array in results.items()}

        return Explained(module, head, spec, run, build)

    return make


def _weights(module: Any, head: str) -> tuple[EncoderSpec, Arrays]:
    family = family_of("bert")
    config = module.config.to_dict()
    spec = family.spec(config)
    weights = dict(family.weights(config, spec, head, ModuleCheckpoint(module)))
    if head == "text-classification":
        for name, layer in (("pooler", module.bert.pooler.dense), ("classifier", module.classifier)):
            for kind in ("weight", "bias"):
                weights[f"{name}.{kind}"] = getattr(layer, kind).detach().numpy()
    return spec, weights


@pytest.fixture(scope="session")
def feeds_of() -> Callable[..., Arrays]:
    """Draw inputs: ``feeds_of(model, lengths, seed)``, padded to the longest and ``padding`` more."""

    def draw(
        model: Explained,
        lengths: tuple[int, ...],
        seed: tuple[float, float, float] = (1.0, 0.0, 0.0),
        padding: int = 0,
        draw_seed: int = 0,
    ) -> Arrays:
        rng = np.random.default_rng(draw_seed)
        shape = (len(lengths), max(lengths) + padding)
        real = np.arange(shape[1])[None] < np.array(lengths)[:, None]
        feeds = {
            # What stands at padding must not matter: it is not the padding token.
            "input_ids": rng.integers(0, model.spec.vocab_size, shape),
            "token_type_ids": rng.integers(0, 2, shape),
            "attention_mask": real.astype(np.float32),
            "seed": np.array(seed, dtype=np.float32),
        }
        if model.head == "text-classification":
            return feeds | {"label": rng.integers(0, 3, len(lengths))}
        return feeds | {
            name: np.array([rng.integers(0, length) for length in lengths])
            for name in ("span_start", "span_end")
        }

    return draw
