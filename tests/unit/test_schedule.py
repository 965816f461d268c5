"""How the engine cuts work up: groups, batches, layers together."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bertqa_fast import _core

MIB = 2**20
BASE = {"num_layers": 12, "hidden_size": 768, "num_heads": 12, "intermediate_size": 3072}


def schedule(**changes: Any) -> dict[str, Any]:
    work = {"examples": 1, "tokens": 100, "layers": 13, "memory_budget": 4096 * MIB} | BASE | changes
    return _core.schedule(**work)


def test_one_question_takes_all_layers_together() -> None:
    assert schedule(tokens=20)["all_layers"]
    assert schedule(tokens=20)["layers_together"] == 13
    assert schedule(tokens=100) == schedule(tokens=100) | {"all_layers": True, "layers_together": 3}


def test_a_device_with_weights_in_every_graph_loads_one() -> None:
    for changes in ({"examples": 16}, {"nodes": 50}, {"tokens": 384}):
        assert schedule(weights_in_every_graph=True, **changes)["all_layers"]
    assert not schedule(weights_in_every_graph=True, layers=1)["all_layers"]


def test_a_device_that_takes_no_empty_tensors_goes_layer_by_layer() -> None:
    for more in (True, False):
        found = schedule(tokens=20, weights_in_every_graph=more, takes_empty_tensors=False)
        assert found == found | {"all_layers": False, "layers_together": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"examples": 16},
        {"tokens": 384},
        {"layers": 1},
        {"nodes": 50},
        {"traversal": "cuts"},
        {"rows_per_batch": 2},
    ],
)
def test_full_batches_need_one_layer(changes: dict[str, Any]) -> None:
    found = schedule(**changes)
    assert (found["layers_together"], found["all_layers"]) == (1, False)


def test_asked_for() -> None:
    found = schedule(traversal="all_layers", examples=16, memory_budget=16384 * MIB)
    assert (found["layers_together"], found["all_layers"]) == (13, True)
    with pytest.raises(ValueError, match="traversal: got 'x', wanted"):
        schedule(traversal="x")


@given(
    examples=st.integers(1, 16),
    tokens=st.integers(2, 512),
    layers=st.integers(1, 13),
    nodes=st.sampled_from([0, 3, 50]),
    mebibytes=st.integers(1, 8192),
    asked=st.sampled_from(["auto", "all_layers"]),
    best=st.sampled_from([256, 512, 2048]),
)
def test_what_is_kept_fits(
    examples: int, tokens: int, layers: int, nodes: int, mebibytes: int, asked: str, best: int
) -> None:
    """Gradients of 24 nodes a path, and states at every layer of x and x', within a quarter of the budget."""
    work = {"tokens": tokens, "layers": layers, "nodes": nodes, "memory_budget": mebibytes * MIB}
    work |= {"traversal": asked, "tokens_per_batch": best}
    examples = min(examples, schedule(**work)["most_examples"])
    found = schedule(**work, examples=examples)
    assert 1 <= found["layers_together"] <= layers
    assert found["most_rows"] >= 1
    state = tokens * 768 * 4
    kept = examples * (24 * found["layers_together"] + 2 * layers) * state
    least = (24 + 2 * layers) * state  # one path is always tried
    if nodes == 0:
        assert kept <= max(mebibytes * MIB // 4, least)
