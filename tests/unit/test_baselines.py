"""Baselines: what the engine is given for each name and array."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.attribution.baselines import engine_baseline
from bertqa_fast.data.windows import Window, make_windows

H = 6


@pytest.fixture
def windows(tiny_tokenizer: Any) -> list[Window]:
    examples = [bf.QAExample("who wrote it", "ada"), bf.QAExample("when", "in the year")]
    return make_windows(tiny_tokenizer, examples, max_length=32)


def test_zero_is_the_engines_own(windows: list[Window], tiny_tokenizer: Any) -> None:
    assert engine_baseline("zero", windows, [0, 1], tiny_tokenizer, H) == {}


@pytest.mark.parametrize("name", ["pad", "mask"])
def test_words_are_replaced_and_specials_kept(windows: list[Window], tiny_tokenizer: Any, name: str) -> None:
    [(key, ids)] = engine_baseline(name, windows, [0, 1], tiny_tokenizer, H).items()
    assert key == "baseline_ids"
    assert ids.dtype == np.int64
    tokens = tiny_tokenizer.convert_ids_to_tokens(ids)
    word = f"[{name.upper()}]"
    assert tokens[:7] == ["[CLS]", word, word, word, "[SEP]", word, "[SEP]"]
    assert len(tokens) == sum(len(w.tokens) for w in windows)


def test_a_tokenizer_without_the_token(windows: list[Window]) -> None:
    tokenizer = SimpleNamespace(pad_token_id=0, mask_token_id=None)
    with pytest.raises(ValueError, match="baseline: got 'mask', but the tokenizer has no mask token"):
        engine_baseline("mask", windows, [0, 1], tokenizer, H)


@pytest.mark.parametrize("shape", [(), (1,), (H,), (1, H)])
def test_arrays_are_broadcast(windows: list[Window], tiny_tokenizer: Any, shape: tuple[int, ...]) -> None:
    given = np.random.default_rng(0).normal(size=shape)
    values = engine_baseline(given, windows, [0, 1], tiny_tokenizer, H)["baseline_values"]
    total = sum(len(w.tokens) for w in windows)
    assert (values.shape, values.dtype) == ((total, H), np.float32)
    np.testing.assert_array_equal(values, np.broadcast_to(given.astype(np.float32), (total, H)))


def test_one_array_for_each_example(windows: list[Window], tiny_tokenizer: Any) -> None:
    given = [np.full((len(w.tokens), H), number) for number, w in enumerate(windows)]
    values = engine_baseline(given, windows, [0, 1], tiny_tokenizer, H)["baseline_values"]
    np.testing.assert_array_equal(values[:, 0], np.repeat([0, 1], [len(w.tokens) for w in windows]))


def test_all_windows_of_an_example_have_its_array(windows: list[Window], tiny_tokenizer: Any) -> None:
    given = [np.full(H, 5.0), np.full(H, 7.0)]
    values = engine_baseline(given, [*windows, windows[1]], [0, 1, 1], tiny_tokenizer, H)["baseline_values"]
    assert set(values[len(windows[0].tokens) :].ravel()) == {7.0}


@pytest.mark.parametrize("given", ["zeros", "", "PAD"])
def test_unknown_names(windows: list[Window], tiny_tokenizer: Any, given: str) -> None:
    with pytest.raises(ValueError, match=f"baseline: got '{given}', wanted 'zero', 'pad', 'mask'"):
        engine_baseline(given, windows, [0, 1], tiny_tokenizer, H)


@pytest.mark.parametrize(
    "given", [np.zeros(H + 1), np.zeros((3, H)), np.zeros((1, 1, H)), [[1, 2], [3]], {"a": 1}, "x y".split]
)
def test_wrong_shapes(windows: list[Window], tiny_tokenizer: Any, given: Any) -> None:
    with pytest.raises(ValueError, match=r"baseline: got .*wanted what broadcasts to \[T, H\] = \(7, 6\)"):
        engine_baseline(given, windows, [0, 1], tiny_tokenizer, H)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_what_is_not_finite(windows: list[Window], tiny_tokenizer: Any, bad: float) -> None:
    given = np.zeros(H)
    given[2] = bad
    with pytest.raises(ValueError, match=r"baseline: .*not finite"):
        engine_baseline(given, windows, [0, 1], tiny_tokenizer, H)


@pytest.mark.parametrize("count", [1, 3])
def test_wrong_number_of_arrays(windows: list[Window], tiny_tokenizer: Any, count: int) -> None:
    with pytest.raises(ValueError, match=f"baseline: got a list of {count} arrays, wanted one for each of 2"):
        engine_baseline([np.zeros(H)] * count, windows, [0, 1], tiny_tokenizer, H)
