"""Which layers an argument means."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bertqa_fast.attribution.layers import parse_layers


@pytest.mark.parametrize(
    ("layer", "expected", "alone"),
    [
        (0, [0], True),
        (3, [3], True),
        (-1, [-1], True),
        ("embeddings", [-1], True),
        (np.int64(2), [2], True),
        ("all", [-1, 0, 1, 2, 3], False),
        ([2], [2], False),
        ([3, "embeddings", 0], [3, -1, 0], False),
        ((1, -1), [1, -1], False),
        (range(4), [0, 1, 2, 3], False),
        (np.array([0, 2]), [0, 2], False),
    ],
)
def test_layers(layer: Any, expected: list[int], alone: bool) -> None:
    assert parse_layers(layer, 4) == (expected, alone)


@pytest.mark.parametrize(
    "layer", [4, -2, 99, [0, 4], ["embeddings", -2], "first", "", "0", [], [1, 1], ["all"]]
)
def test_layers_that_are_not_there(layer: Any) -> None:
    with pytest.raises(ValueError, match="layer: got"):
        parse_layers(layer, 4)


def test_embeddings_under_both_names_are_one_layer_twice() -> None:
    with pytest.raises(ValueError, match="each layer once"):
        parse_layers(["embeddings", -1], 4)


@pytest.mark.parametrize("layer", [None, 1.0, True, [None], [0.5], object()])
def test_what_is_no_layer(layer: Any) -> None:
    with pytest.raises(TypeError, match="layer: got"):
        parse_layers(layer, 4)


def test_the_message_says_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"layer: got 12, wanted 0 to 11 .* or -1 \(the embeddings\)"):
        parse_layers(12, 12)
