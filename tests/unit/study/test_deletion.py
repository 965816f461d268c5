"""Word deletion: rankings, what is deleted, and curves against a loop over a made-up classifier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import bertqa_fast as bf
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.data.windows import Window
from bertqa_fast.study import deletion
from bertqa_fast.study.deletion import delete, deletion_curve, random_rankings, ranking
from bertqa_fast.study.texts import deletable

PAD = 0


@pytest.fixture(scope="module")
def windows(tiny_tokenizer: Any) -> list[Window]:
    texts = ["ada wrote it in paris", "who", "ships sailed from port when the year was 1 8 4 3"]
    examples = [*map(bf.TextExample, texts), bf.TextExample("ada wrote it", "who was it")]
    return make_text_windows(tiny_tokenizer, examples, max_length=64)


def by_sum(windows: Sequence[Window]) -> list[NDArray[np.float64]]:
    """Classify by ids and positions, so that it matters which tokens there are and where."""
    sums = [int((w.input_ids * (1 + np.arange(len(w.input_ids)))).sum()) for w in windows]
    return [np.eye(3)[total % 3] for total in sums]


def test_deletable_leaves_special_tokens_out(windows: list[Window]) -> None:
    for window in windows:
        kept = [token for token in window.tokens if token not in ("[CLS]", "[SEP]")]
        assert [window.tokens[at] for at in deletable(window)] == kept


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_ranking_falls_and_keeps_ties_in_order(scores: list[int]) -> None:
    positions = range(1, len(scores))
    found = ranking(np.array(scores, dtype=np.float32), list(positions)).tolist()
    assert found == sorted(positions, key=lambda at: (-scores[at], at))


def test_padding_keeps_all_but_ids(windows: list[Window]) -> None:
    window = windows[0]
    altered = delete(window, [2, 4], "pad", PAD)
    expected = window.input_ids.copy()
    expected[[2, 4]] = PAD
    np.testing.assert_array_equal(altered.input_ids, expected)
    assert altered.tokens == window.tokens
    assert window.input_ids[2] != PAD  # the whole window is as it was
    np.testing.assert_array_equal(altered.segment, window.segment)


def test_removing_is_reading_the_text_without_the_words(windows: list[Window], tiny_tokenizer: Any) -> None:
    altered = delete(windows[0], [2, 4], "remove", PAD)  # [CLS] ada wrote it in paris [SEP]
    [fresh] = make_text_windows(tiny_tokenizer, [bf.TextExample("ada it paris")], max_length=64)
    assert altered.tokens == fresh.tokens
    for name in ("input_ids", "token_type_ids", "segment", "max_context"):
        np.testing.assert_array_equal(getattr(altered, name), getattr(fresh, name))
    assert altered.offsets.tolist() == [[0, 0], [0, 3], [10, 12], [16, 21], [0, 0]]


def test_an_unknown_mode_is_named(windows: list[Window]) -> None:
    with pytest.raises(ValueError, match="mode: got 'mask', wanted one of: pad, remove"):
        delete(windows[0], [1], "mask", PAD)


@pytest.mark.parametrize("mode", deletion.MODES)
@pytest.mark.parametrize("held", [1, 7, 2048])
def test_curve_equals_a_loop(
    windows: list[Window], mode: str, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "_HELD", held)
    labels = [0, 1, 2, 0]
    orders = [random_rankings(window, 3, (5, n), reference=False) for n, window in enumerate(windows)]
    done: list[int] = []
    found = deletion_curve(by_sum, windows, labels, orders, 4, mode=mode, pad=PAD, advance=done.append)
    assert sum(done) == len(windows)
    for n, window in enumerate(windows):
        for k in range(5):
            right = []
            for order in orders[n]:
                gone = set(order[:k].tolist())
                ids = [
                    PAD if at in gone else int(number)
                    for at, number in enumerate(window.input_ids)
                    if mode == "pad" or at not in gone
                ]
                total = sum(number * (1 + at) for at, number in enumerate(ids))
                right.append(total % 3 == labels[n])
            assert found[n, k] == pytest.approx(np.mean(right))


def test_a_short_text_loses_all_its_tokens(windows: list[Window]) -> None:
    [order] = random_rankings(windows[1], 1, (0,), reference=False)
    seen: list[list[int]] = []

    def watch(altered: Sequence[Window]) -> list[NDArray[np.float64]]:
        seen.extend(window.input_ids.tolist() for window in altered)
        return by_sum(altered)

    deletion_curve(watch, [windows[1]], [0], [[order]], 3, mode="pad", pad=PAD)
    whole = windows[1].input_ids.tolist()
    assert seen == [whole, *[[whole[0], PAD, whole[2]]] * 3]


@pytest.mark.parametrize("reference", [False, True])
def test_random_orders(windows: list[Window], reference: bool) -> None:
    window = windows[2]
    draw: Callable[[int], Any] = lambda seed: random_rankings(window, 400, (seed,), reference=reference)  # noqa: E731
    orders = draw(1)
    positions = list(range(1, len(window.tokens) - (not reference)))
    assert all(sorted(order.tolist()) == positions for order in orders)
    assert all((one == other).all() for one, other in zip(orders, draw(1), strict=True))
    assert any((one != other).any() for one, other in zip(orders, draw(2), strict=True))
    first = np.bincount([order[0] for order in orders], minlength=len(window.tokens))[positions]
    share = 1 / len(positions)
    assert np.abs(first / 400 - share).max() < 5 * np.sqrt(share / 400)
