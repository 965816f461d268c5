"""Models of less than float32: how near they are, what they say of it, and that nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast import _core
from bertqa_fast.runs.schema import from_tables, score_table, window_table

EXAMPLES = [
    bf.QAExample("who wrote it?", "it was written by ada in paris.", "one"),
    bf.QAExample("when?", "in the year 1843 ships sailed from the port of many.", "two"),
]
# Of scores that sum to 1, as the sum of differences: the random reader bends more than trained ones.
BOUNDS = {"bf16x3": 3e-4, "bf16": 0.1}


@pytest.fixture(params=list(BOUNDS))
def precision(request: pytest.FixtureRequest) -> str:
    try:
        _core.check_precision("cpu", request.param)
    except bf.DeviceUnavailableError as error:
        pytest.skip(str(error))
    return str(request.param)


@pytest.fixture
def reader(random_reader: Any) -> Any:
    return random_reader(hidden=48, intermediate=100)


@pytest.fixture
def coarse(reader: Any, precision: str) -> Iterator[bf.Model]:
    with bf.load(reader.folder, cache_dir=reader.cache, precision=precision) as model:
        yield model


def differences(ours: Any, wanted: Any) -> list[float]:
    return [
        float(np.abs(a.distribution() - b.distribution()).sum())
        for results in zip(ours, wanted, strict=True)
        for a, b in zip(*(layers.values() for layers in results), strict=True)
    ]


@pytest.mark.parametrize("target", ["probability", "logit", "span_probability"])
def test_near_float32(coarse: bf.Model, reader: Any, precision: str, target: str) -> None:
    settings: dict[str, Any] = {"target": target, "span": (4, 6), "method": "gausslegendre", "n_steps": 12}
    ours = bf.integrated_gradients(coarse, EXAMPLES, **settings)
    wanted = bf.integrated_gradients(reader.model, EXAMPLES, **settings)
    found = differences(ours, wanted)
    assert 0 < max(found) < BOUNDS[precision]
    said = {item.precision_error for layers in ours for item in layers.values()}
    assert len(said) == 1  # one figure for all
    [error] = said
    assert error is not None
    assert max(found) / 10 < error < BOUNDS[precision]
    assert all(item.precision_error is None for layers in wanted for item in layers.values())


def test_adaptive_nodes_do_not_chase_roundings(coarse: bf.Model, reader: Any) -> None:
    """What the values of F are wrong by is no reason for more nodes."""
    ours = bf.integrated_gradients(coarse, EXAMPLES, layer=[0, 1], span=(4, 6), tol=0.02)
    wanted = bf.integrated_gradients(reader.model, EXAMPLES, layer=[0, 1], span=(4, 6), tol=0.02)
    for mine, exact in zip(ours, wanted, strict=True):
        assert all(item.converged for item in mine.values())
        assert sum(i.evaluations for i in mine.values()) <= 1.5 * sum(i.evaluations for i in exact.values())


def test_measured_once(coarse: bf.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bf.integrated_gradients(coarse, EXAMPLES[0], 1, n_steps=2)
    opened = []
    monkeypatch.setattr(coarse, "exact", lambda: opened.append(1))
    again = bf.integrated_gradients(coarse, EXAMPLES[1], 1, n_steps=3)
    assert first.precision_error == again.precision_error
    assert not opened
    with pytest.raises(TypeError):  # another layer: there is nothing to open it with
        bf.integrated_gradients(coarse, EXAMPLES[1], 0, n_steps=3)


def test_not_measured_on_request(coarse: bf.Model) -> None:
    result = bf.integrated_gradients(coarse, EXAMPLES[0], 0, n_steps=2, check_precision=False)
    assert result.precision_error is None
    assert not coarse.precision_errors


@pytest.mark.parametrize(
    "settings",
    [{"baseline": "pad"}, {"baseline": 0.1}, {"contrast": (2, 3)}, {"preset": "ramnath2020-code"}],
    ids=str,
)
def test_measured_with_the_calls_own_settings(coarse: bf.Model, settings: dict[str, Any]) -> None:
    given = {"n_steps": 2} | settings if "preset" not in settings else settings
    results = bf.integrated_gradients(coarse, EXAMPLES, 1, **given)
    assert all(result.precision_error is not None and result.precision_error > 0 for result in results)


def test_predictions(coarse: bf.Model, reader: Any) -> None:
    from bertqa_fast.data.windows import make_windows

    windows = make_windows(reader.model.window_tokenizer, EXAMPLES)
    for ours, wanted in zip(coarse.logits(windows), reader.model.logits(windows), strict=True):
        for got, exact in zip(ours, wanted, strict=True):
            assert np.abs(got - exact).max() < 0.1 * np.abs(exact).max()


def test_kept_in_run_folders(coarse: bf.Model) -> None:
    layers = bf.integrated_gradients(coarse, EXAMPLES[0], [0, 1], n_steps=2)
    [(_, read)] = from_tables(window_table([(0, layers)]), score_table([(0, layers)]))
    assert [item.precision_error for item in read.values()] == [layers[0].precision_error] * 2


def test_a_model_says_what_it_is(coarse: bf.Model, precision: str) -> None:
    assert coarse.precision == precision
    assert repr(coarse).endswith(f"cpu, {precision})")


def test_one_export_serves_every_precision(coarse: bf.Model, reader: Any) -> None:
    assert coarse.folder == reader.model.folder
    assert Path(coarse.folder, "weights.bin").is_file()
