"""Attributions of a made-up window, small enough to reckon by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bertqa_fast.attribution.results import Attribution, LayerAttributions

QUESTION = "Who sailed?"
CONTEXT = "Ada Winterbourne sailed."
TOKENS = ["[CLS]", "who", "sailed", "?", "[SEP]", "ada", "winter", "##bourne", "sailed", ".", "[SEP]"]
OFFSETS = [(0, 0), (0, 3), (4, 10), (10, 11), (0, 0), (0, 3), (4, 10), (10, 16), (17, 23), (23, 24), (0, 0)]
SEGMENT = [-1, 0, 0, 0, -1, 1, 1, 1, 1, 1, -1]
WORD_IDS = [-1, 0, 1, 2, -1, 0, 1, 1, 2, 3, -1]
SCORES = [0.5, 1, 2, 0.25, 0.5, 4, 3, 1, 2, 0.75, 1]
SIGNED = [0, 0.5, -1, 0.25, 0, 2, 1, -2, 0.5, 0, -0.25]


@pytest.fixture
def make_attribution() -> Callable[..., Attribution]:
    """Return a maker of attributions whose fields can be overridden by name."""

    def make(**changes: Any) -> Attribution:
        fields: dict[str, Any] = {
            "tokens": list(TOKENS),
            "offsets": np.array(OFFSETS, dtype=np.int32),
            "segment": np.array(SEGMENT, dtype=np.int8),
            "word_ids": np.array(WORD_IDS, dtype=np.int32),
            "scores": np.array(SCORES, dtype=np.float32),
            "signed": np.array(SIGNED, dtype=np.float32),
            "layer": 2,
            "target": "probability",
            "span": (5, 7),
            "value": 1.5,
            "baseline_value": 0.25,
            "delta": -0.25,
            "error": 0.03,
            "evaluations": 50.0,
            "converged": None,
            "question": QUESTION,
            "context": CONTEXT,
            "method": "gausslegendre",
            "n_steps": 50,
            "baseline": "zero",
            "id": "q1",
        }
        return Attribution(**(fields | changes))

    return make


@pytest.fixture
def make_layers(make_attribution: Callable[..., Attribution]) -> Callable[..., LayerAttributions]:
    """Return a maker of results over embeddings and a number of blocks, scores drawn from the seed."""

    def make(blocks: int = 3, seed: int = 0, **changes: Any) -> LayerAttributions:
        random = np.random.default_rng(seed)
        count = len(changes.get("tokens", TOKENS))
        return LayerAttributions(
            make_attribution(
                layer=layer,
                scores=random.gamma(0.5, size=count).astype(np.float32),
                signed=random.normal(size=count).astype(np.float32),
                **changes,
            )
            for layer in range(-1, blocks)
        )

    return make
