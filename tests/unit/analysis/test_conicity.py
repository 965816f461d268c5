"""Conicity, by hand, and against a slow loop over PyTorch's hidden states."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.analysis.conicity import conicity, draw, layer_conicity
from bertqa_fast.data.windows import make_windows
from bertqa_fast.runs.reader import Run

Attributed = Callable[..., Run]


def test_by_hand() -> None:
    """Two vectors at a right angle: their mean lies in the middle, 45 degrees from both."""
    assert conicity(np.array([[2.0, 0.0], [0.0, 2.0]])) == pytest.approx(math.cos(math.pi / 4))
    assert conicity(np.array([[3.0, 4.0], [3.0, 4.0]])) == pytest.approx(1)
    assert conicity(np.array([[1.0, 0.0], [-1.0, 0.0]])) == 0  # the mean has no direction
    assert conicity(np.zeros((2, 2))) == 0
    several = np.stack([np.eye(2), np.ones((2, 2))]).astype(np.float32)
    np.testing.assert_allclose(conicity(several), [math.sqrt(0.5), 1])


@pytest.mark.parametrize("special", [True, False])
def test_against_a_slow_loop(attributed: Attributed, random_reader: Any, special: bool) -> None:
    pytest.importorskip("torch")
    reader, run = random_reader(), attributed()
    result = layer_conicity(run, reader.model, special=special)
    wanted: dict[tuple[str, int], float] = {}
    for scored in run.scored():
        example = bf.QAExample(scored.question, scored.context)
        [window] = make_windows(reader.model.window_tokenizer, [example])
        states = reader.exact.hidden_states(window.input_ids[None], window.token_type_ids[None])
        for layer, hidden in enumerate(states, -1):
            tokens = [hidden[0, at] for at in range(len(window.tokens)) if special or window.segment[at] >= 0]
            mean = sum(tokens) / len(tokens)
            cosines = [float(t @ mean) / (float(t.norm()) * float(mean.norm())) for t in tokens]
            wanted[scored.key, layer] = sum(cosines) / len(cosines)
    each = result.table("conicity_examples")
    keys = list(zip(each.column("example"), each.column("layer"), strict=True))
    assert set(keys) == set(wanted)
    np.testing.assert_allclose(each.column("conicity"), [wanted[key] for key in keys], atol=1e-5)
    table = result.table("conicity")
    assert table.column("layer") == [-1, 0, 1]
    for layer, mean, deviation in zip(
        *(table.column(name) for name in ("layer", "conicity", "deviation")), strict=True
    ):
        values = [value for (_, at), value in wanted.items() if at == layer]
        assert (mean, deviation) == (
            pytest.approx(np.mean(values), abs=1e-5),
            pytest.approx(np.std(values), abs=1e-5),
        )
    assert ("left out" in result.notes[0]) is not special
    [figure] = draw(result).values()
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), table.column("conicity"))


def test_more_windows_than_are_read_at_once(attributed: Attributed, random_reader: Any) -> None:
    examples = [bf.QAExample("who?", "ada wrote it " * (1 + n), f"q{n}") for n in range(11)]
    result = layer_conicity(attributed(examples), random_reader().model, limit=10)
    assert result.examples == 10
    assert result.table("conicity_examples").where(layer=0).column("example") == [f"q{n}" for n in range(10)]
