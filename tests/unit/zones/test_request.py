"""What is asked for: layers, heads, top; and as the engine takes it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bertqa_fast.zones.request import Masking, parse_blocks, parse_heads

MODEL: Any = SimpleNamespace(num_layers=4, num_heads=3)


def test_layers_and_heads_are_read() -> None:
    assert parse_blocks("all", 4) == (0, 1, 2, 3)
    assert parse_blocks(2, 4) == parse_blocks(np.int64(2), 4) == (2,)
    assert parse_blocks([3, 1], 4) == parse_blocks(np.array([3, 1]), 4) == (1, 3)
    assert parse_heads(None, 3) == ()
    assert parse_heads(range(3), 3) == (0, 1, 2)


@pytest.mark.parametrize(
    ("layer", "kind", "message"),
    [
        (4, ValueError, "layer: got 4, wanted some of encoder blocks 0 to 3"),
        (-1, ValueError, "layer: got -1"),
        ("embeddings", ValueError, "layer: got 'embeddings'"),
        ([], ValueError, "wanted at least one"),
        ([1, 1], ValueError, "each once"),
        (1.0, TypeError, "layer: got float"),
        (True, TypeError, "layer: got True"),
        ([0, "1"], TypeError, "layer: got '1'"),
        (None, TypeError, "layer: got NoneType"),
    ],
)
def test_wrong_layers(layer: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        Masking.of(MODEL, "q2", layer)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"heads": 3}, ValueError, "heads: got 3, wanted some of heads 0 to 2"),
        ({"heads": [0, 0]}, ValueError, "heads: got .* each once"),
        ({"heads": []}, ValueError, "heads: got .* at least one"),
        ({"heads": "each"}, ValueError, "heads: got 'each'"),
        ({"heads": [0.0]}, TypeError, "heads: got 0.0"),
        ({"top": 0}, ValueError, "top: got 0, wanted a positive integer"),
        ({"top": 1.5}, TypeError, "top: got 1.5"),
        ({"top": True}, TypeError, "top: got True"),
        ({"special": "drop"}, ValueError, "special must be one of"),
        ({"all_mode": "zero"}, ValueError, "all_mode must be one of"),
    ],
)
def test_wrong_options(options: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        Masking.of(MODEL, "q2", 0, **options)
    with pytest.raises(ValueError, match="top: got 2 with zone 'all'"):
        Masking.of(MODEL, "all", 0, top=2)


def test_as_the_engine_takes_it() -> None:
    one = Masking.of(MODEL, "q2p", [2, 0], heads=[2, 1], top=5)
    assert one.cell() == ([0, 2], [0, 1, 0, 0, 0, 0, 0, 0, 0], False, False, [1, 2], 5)
    published = Masking.of(MODEL, "q2p", 0, special="reference")
    assert published.cell() == ([0], [0, 1, 0, 0, 0, 0, 0, 1, 0], False, False, [], 0)
    alone, uniform = (Masking.of(MODEL, "all", 1, all_mode=mode) for mode in ("self", "uniform"))
    assert alone.cell() == ([1], [1] * 9, True, False, [], 0)
    assert uniform.cell()[2:4] == (False, True)
    assert Masking.of(MODEL, "all", 1, all_mode="reference").changes_nothing
    assert not any(masking.changes_nothing for masking in (one, published, alone, uniform))
