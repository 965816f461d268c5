"""Forward runs from given hidden states: against PyTorch in float64, and against runs from ids."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.data.windows import make_windows

SHAPES = (9, 40, 1, 17, 40, 23)  # T of each, in no order


@pytest.fixture
def reader(random_reader: Any) -> Any:
    return random_reader(layers=3, seed=5)


@pytest.fixture
def states() -> list[np.ndarray]:
    """Draw states that no embeddings lead to."""
    random = np.random.default_rng(0)
    return [random.normal(size=(tokens, 24)).astype(np.float32) for tokens in SHAPES]


@pytest.mark.parametrize("layer", [-1, 0, 1, 2])
def test_logits_are_those_of_torch(reader: Any, states: list[np.ndarray], layer: int) -> None:
    torch = pytest.importorskip("torch")
    logits = reader.model.logits_above(layer, states)
    assert len(logits) == len(states)
    for ours, given in zip(logits, states, strict=True):
        wanted = reader.exact.logits_from(layer, torch.tensor(given[None]).double())
        for side, theirs in zip(ours, wanted, strict=True):
            assert side.dtype == np.float32
            np.testing.assert_allclose(side, theirs[0], atol=3e-5)


@pytest.mark.parametrize("layer", [-1, 0, 1, 2])
def test_the_models_own_states_give_its_logits(
    reader: Any, mixed_examples: list[bf.QAExample], layer: int
) -> None:
    windows = make_windows(reader.model.window_tokenizer, mixed_examples)
    own = [hidden[layer + 1] for hidden in reader.model.hidden_states(windows)]
    wanted = reader.model.logits(windows)
    for ours, theirs in zip(reader.model.logits_above(layer, own), wanted, strict=True):
        for side, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(side, other, atol=1e-5)


def test_batches_do_not_matter(reader: Any, states: list[np.ndarray]) -> None:
    """Neither what shares a batch, which is padded, nor how large it is."""
    core = reader.model.core
    offsets = np.cumsum([0, *SHAPES])
    flat = np.concatenate(states)
    found = {rows: core.forward_above(0, flat, offsets, rows_per_batch=rows) for rows in (1, 4, 6)}
    for rows, batches, padding in ((1, 6, 0), (4, 2, 17 + 23 + 8), (6, 1, 17 + 23 + 31 + 39)):
        statistics = found[rows]["statistics"]
        assert statistics["batches"] == batches
        assert (statistics["rows"], statistics["padded_tokens"]) == (6, padding)
        assert statistics["tokens"] == sum(SHAPES) + padding
        assert statistics["stages"]["forward"][0] == batches
        for name in ("start_logits", "end_logits"):
            np.testing.assert_allclose(found[rows][name], found[1][name], atol=1e-5)
    for (a, b), (start, _) in zip(pairwise(offsets), reader.model.logits_above(0, states), strict=True):
        np.testing.assert_allclose(start, found[1]["start_logits"][a:b], atol=1e-5)


def test_lists_of_no_states(reader: Any) -> None:
    assert reader.model.logits_above(0, []) == []


STATE = np.zeros((3, 24), dtype=np.float32)


@pytest.mark.parametrize(
    ("layer", "states", "error", "message"),
    [
        (3, [STATE], ValueError, r"layer: got 3, wanted -1 \(embeddings\) to 2"),
        (-2, [STATE], ValueError, "layer: got -2"),
        ("0", [STATE], TypeError, "layer: got '0', wanted an integer"),
        (0, [STATE, STATE.tolist()], TypeError, "states: number 1 is list, wanted a float32 array"),
        (0, [STATE.astype(np.float64)], TypeError, "states: number 0 is float64"),
        (0, [STATE[0]], ValueError, r"states: number 0 has the shape \[24\], wanted \[T, 24\] with T from 1"),
        (0, [STATE[:, :5]], ValueError, r"has the shape \[3, 5\]"),
        (0, [STATE[:0]], ValueError, r"has the shape \[0, 24\]"),
        (0, [np.zeros((385, 24), np.float32)], ValueError, r"shape \[385, 24\], .* T from 1 to 384"),
        (0, [STATE + np.inf], ValueError, "states: number 0 holds values that are not finite"),
    ],
)
def test_wrong_arguments(
    reader: Any, layer: Any, states: list[Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        reader.model.logits_above(layer, states)


@pytest.mark.parametrize(
    ("states", "offsets", "message"),
    [
        (np.zeros(23, dtype=np.float32), [0, 1], "states: got 23 numbers, wanted a multiple of .* 24"),
        (STATE, [0, 2], r"offsets must run from 0 to the number of tokens \(3\)"),
        (STATE, [1, 3], "offsets must run from 0"),
        (STATE, [], "offsets must run from 0"),
        (STATE, [0, 2, 2, 3], "sequence 1 has 0 tokens"),
        (STATE, [0, 9, 3], "sequence 0 has 9 tokens|sequence 1 has -6 tokens"),
    ],
)
def test_the_engine_looks_at_what_it_is_given(
    reader: Any, states: np.ndarray, offsets: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        reader.model.core.forward_above(0, states, np.array(offsets, dtype=np.int64))


def test_progress_is_told_and_may_end_the_run(reader: Any, states: list[np.ndarray]) -> None:
    flat, offsets = np.concatenate(states), np.cumsum([0, *SHAPES])
    calls: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        calls.append((done, total))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reader.model.core.forward_above(0, flat, offsets, rows_per_batch=1, progress=progress)
    assert calls == [(0, 6), (1, 6), (2, 6)]
    reader.model.core.forward_above(0, flat, offsets, rows_per_batch=4, progress=lambda *at: calls.append(at))
    assert calls[3:] == [(0, 6), (4, 6), (6, 6)]


def test_inputs_may_be_changed_and_results_kept_afterwards(reader: Any, states: list[np.ndarray]) -> None:
    logits = reader.model.logits_above(0, states)
    before = [(start.copy(), end.copy()) for start, end in logits]
    for given in states:
        given[:] = 9
    reader.model.logits_above(0, states)
    for (start, end), (first, last) in zip(logits, before, strict=True):
        np.testing.assert_array_equal(start, first)
        np.testing.assert_array_equal(end, last)
