"""Attention maps: the engine's probabilities against PyTorch's, and the shares of the zones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.data.windows import Window
from bertqa_fast.zones.attention_map import AttentionMap
from bertqa_fast.zones.cells import SPECIAL, masked_cells

MakeWindow = Callable[..., Window]


@pytest.fixture
def made(make_window: MakeWindow) -> AttentionMap:
    """Make a map of three heads over nine tokens."""
    window = make_window([-1, 0, 0, -1, 1, 1, 1, 1, -1])
    random = np.random.default_rng(0).uniform(size=(3, 9, 9))
    return AttentionMap(window, 2, (random / random.sum(axis=2, keepdims=True)).astype(np.float32))


@pytest.mark.parametrize("special", SPECIAL)
def test_shares_of_the_zones(made: AttentionMap, special: str) -> None:
    mass = made.zone_mass(special)
    assert list(mass) == ["q2", "q2p", "p2q", "p2", "rest"]
    np.testing.assert_allclose(sum(mass.values()), 1.0, atol=1e-6)
    for zone in ("q2", "q2p", "p2q", "p2"):
        cells = masked_cells(made.window, zone, special=special)
        for head in range(3):
            inside = [made.probabilities[head, row, column] for row, column in np.argwhere(cells)]
            assert mass[zone][head] == pytest.approx(sum(inside) / 9, rel=1e-5)
    assert (mass["rest"] < 1e-6).all() == (special == "segment")


def test_figure(made: AttentionMap) -> None:
    figure = made.plot()
    image = figure.axes[0].images[0]
    np.testing.assert_allclose(image.get_array(), made.probabilities.mean(axis=0), rtol=1e-6)
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == made.tokens
    assert len(figure.axes[0].lines) == 2 * 4  # between CLS, question, SEP, passage and SEP
    one = made.plot(head=1)
    np.testing.assert_allclose(one.axes[0].images[0].get_array(), made.probabilities[1], rtol=1e-6)
    assert "head 1" in one.axes[0].get_title()
    figure.draw_without_rendering()
    with pytest.raises(ValueError, match="heads: got 3, wanted some of heads 0 to 2"):
        made.plot(head=3)


def test_long_windows_name_their_parts(make_window: MakeWindow) -> None:
    window = make_window([-1, *[0] * 9, -1, *[1] * 70, -1])
    figure = AttentionMap(window, 0, np.full((1, 82, 82), 1 / 82, dtype=np.float32)).plot()
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["question", "passage"]
    figure.draw_without_rendering()


@pytest.mark.parametrize("layer", [0, 1])
def test_probabilities_are_pytorchs(
    random_reader: Callable[..., Any], torch_reader: Any, mixed_examples: list[bf.QAExample], layer: int
) -> None:
    model = random_reader().model
    for example in mixed_examples[:2]:
        found = bf.attention_map(model, example, layer)
        assert (found.layer, found.probabilities.dtype) == (layer, np.float32)
        np.testing.assert_allclose(
            found.probabilities, torch_reader.attention(found.window, layer), rtol=1e-3, atol=1e-5
        )
        np.testing.assert_allclose(found.probabilities.sum(axis=2), 1.0, atol=1e-5)


def test_which_window(random_reader: Callable[..., Any], mixed_examples: list[bf.QAExample]) -> None:
    model, example = random_reader().model, mixed_examples[2]
    options: dict[str, Any] = {"max_length": 24, "doc_stride": 5}
    answer = bf.predict(model, example, **options)
    assert bf.attention_map(model, example, 0, **options).window.index == answer.window
    assert bf.attention_map(model, example, 0, window=1, **options).window.index == 1
    with pytest.raises(ValueError, match="window: got 99, wanted 0 to"):
        bf.attention_map(model, example, 0, window=99, **options)
    with pytest.raises(ValueError, match="layer: got 'all', wanted one encoder block"):
        bf.attention_map(model, example, "all")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="example: got list, wanted one QAExample"):
        bf.attention_map(model, [example], 0)  # type: ignore[arg-type]
