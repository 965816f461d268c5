"""Runs under attention masks: against PyTorch in float64 with the same cells masked, and what they share."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.engine_calls import flatten

LAYERS, HEADS = 3, 3
# By class of rows and columns: question, passage, neither.
Q2 = (1, 0, 0, 0, 0, 0, 0, 0, 0)
Q2P = (0, 1, 0, 0, 0, 0, 0, 0, 0)
P2Q = (0, 0, 0, 1, 0, 0, 0, 0, 0)
P2 = (0, 0, 0, 0, 1, 0, 0, 0, 0)
REFERENCE_P2Q = (0, 0, 0, 1, 0, 0, 1, 0, 0)
ALL = (1,) * 9


def cell(
    layers: list[int],
    table: tuple[int, ...] = Q2,
    *,
    keep_diagonal: bool = False,
    uniform: bool = False,
    heads: tuple[int, ...] = (),
    top: int = 0,
) -> tuple[Any, ...]:
    return (layers, list(table), keep_diagonal, uniform, list(heads), top)


@pytest.fixture
def reader(random_reader: Any) -> Any:
    return random_reader(layers=LAYERS, heads=HEADS, seed=5)


@pytest.fixture
def windows(reader: Any, mixed_examples: list[bf.QAExample]) -> list[Window]:
    """Windows of several lengths, some of them of the same question."""
    return make_windows(reader.model.window_tokenizer, mixed_examples, max_length=30, doc_stride=8)


def classes(window: Window) -> np.ndarray:
    return np.where(window.segment < 0, 2, window.segment).astype(np.int8)


def run(reader: Any, windows: list[Window], cells: list[Any], **options: Any) -> dict[str, Any]:
    ids, types, offsets = flatten(windows)
    every = np.concatenate([classes(window) for window in windows])
    found: dict[str, Any] = reader.model.core.masked_forward(
        ids, types, offsets, every, cells=cells, **options
    )
    return found | {"offsets": offsets}


def masked_by_hand(window: Window, given: tuple[Any, ...], attention: np.ndarray) -> np.ndarray:
    """Say which cells ``[A, T, T]`` are masked; ``attention`` is that of the block without the mask."""
    _, table, keep_diagonal, _, heads, top = given
    own, T = classes(window), len(window.tokens)
    masked = np.zeros((HEADS, T, T), dtype=bool)
    for head in heads or range(HEADS):
        for row in range(T):
            for column in range(T):
                hit = table[3 * own[row] + own[column]] == 1
                masked[head, row, column] = hit and not (keep_diagonal and row == column)
        if top:
            order = sorted(np.argwhere(masked[head]).tolist(), key=lambda at: -attention[head, at[0], at[1]])
            masked[head] = False
            for row, column in order[:top]:
                masked[head, row, column] = True
    return masked


def block_by_hand(block: Any, x: Any, masked: np.ndarray | None, uniform: tuple[int, ...]) -> tuple[Any, Any]:
    """Run a block of the reader in float64; return its output and its attention ``[1, A, T, T]``."""
    import torch

    own = block.attention.self
    query, key, value = (
        part(x).view(1, x.shape[1], HEADS, -1).transpose(1, 2) for part in (own.query, own.key, own.value)
    )
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    for head in uniform:
        scores[:, head] = 0
    if masked is not None:
        scores = scores.masked_fill(torch.tensor(masked)[None], -torch.inf)
    attention = scores.softmax(-1)
    context = (attention @ value).transpose(1, 2).reshape(x.shape)
    middle = block.attention.output(context, x)
    return block.output(block.intermediate(middle), middle), attention


def logits_by_hand(reader: Any, window: Window, given: tuple[Any, ...]) -> tuple[np.ndarray, np.ndarray]:
    layers, _, _, uniform, heads, _ = given
    x = reader.exact.hidden_states(window.input_ids[None], window.token_type_ids[None])[0]
    for number, block in enumerate(reader.exact.module.bert.encoder.layer):
        out, attention = block_by_hand(block, x, None, ())
        if number in layers:
            cells = None if uniform else masked_by_hand(window, given, attention[0].numpy())
            out, _ = block_by_hand(block, x, cells, tuple(heads or range(HEADS)) if uniform else ())
        x = out
    start, end = reader.exact.module.qa_outputs(x).unbind(-1)
    return start[0].numpy(), end[0].numpy()


def check(reader: Any, windows: list[Window], cells: list[Any], **options: Any) -> None:
    pytest.importorskip("torch")
    found = run(reader, windows, cells, **options)
    for number, given in enumerate(cells):
        for window, (a, b) in zip(windows, pairwise(found["offsets"]), strict=True):
            for side, wanted in zip(("start", "end"), logits_by_hand(reader, window, given), strict=True):
                ours = found[f"masked_{side}_logits"][number, a:b]
                np.testing.assert_allclose(ours, wanted, atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize("layer", range(LAYERS))
def test_logits_are_those_of_torch(reader: Any, windows: list[Window], layer: int) -> None:
    tables = [cell([layer], table) for table in (Q2, P2, Q2P, P2Q, REFERENCE_P2Q)]
    others = [cell([layer], ALL, keep_diagonal=True), cell([layer], uniform=True)]
    check(reader, windows, tables + others)


def test_some_heads_only(reader: Any, windows: list[Window]) -> None:
    cells = [cell([layer], table, heads=(head,)) for layer in (0, 2) for table in (Q2, P2) for head in (0, 2)]
    cells += [cell([1], P2Q, heads=(0, 1)), cell([1], uniform=True, heads=(1,))]
    check(reader, windows, cells)


def test_the_most_attended_cells_only(reader: Any, windows: list[Window]) -> None:
    cells = [cell([0], P2, top=1), cell([0], P2), cell([1], P2Q, top=7), cell([2], P2, top=3, heads=(1,))]
    cells.append(cell([1], Q2, top=10_000))  # more than there are
    check(reader, windows, cells)


def test_several_blocks_at_once(reader: Any, windows: list[Window]) -> None:
    cells = [cell([0, 1, 2], P2), cell([0, 2], Q2P), cell([1, 2], uniform=True), cell([0, 1], P2, top=4)]
    check(reader, windows, cells)


def test_the_unmasked_logits_come_along(reader: Any, windows: list[Window]) -> None:
    found = run(reader, windows, [cell([0])])
    for (a, b), (start, end) in zip(pairwise(found["offsets"]), reader.model.logits(windows), strict=True):
        np.testing.assert_allclose(found["start_logits"][a:b], start, atol=1e-6)
        np.testing.assert_allclose(found["end_logits"][a:b], end, atol=1e-6)


def test_masks_that_mask_nothing(reader: Any, windows: list[Window]) -> None:
    found = run(reader, windows, [cell([0], (0,) * 9), cell([0, 2], (0,) * 9)])
    for masked in found["masked_start_logits"]:
        np.testing.assert_allclose(masked, found["start_logits"], atol=1e-5)
    assert "masked" in found["statistics"]["stages"]  # of the second cell


def test_batches_do_not_matter(reader: Any, windows: list[Window]) -> None:
    """Neither what shares a batch, which is padded, nor how large it is."""
    cells = [cell([1], P2), cell([0], Q2, heads=(2,)), cell([0, 2], uniform=True), cell([1], P2, top=5)]
    alone = run(reader, windows, cells, rows_per_batch=1)
    assert alone["statistics"]["padded_tokens"] == 0
    together = run(reader, windows, cells, rows_per_batch=len(windows))
    assert together["statistics"]["padded_tokens"] > 0
    for side in ("masked_start_logits", "masked_end_logits"):
        np.testing.assert_allclose(together[side], alone[side], atol=2e-5)


def test_blocks_below_a_mask_are_run_once(reader: Any, windows: list[Window]) -> None:
    cells = [cell([layer], table) for table in (Q2, P2) for layer in range(LAYERS)]
    stages = run(reader, windows, cells, rows_per_batch=len(windows))["statistics"]["stages"]
    runs = {name: count for name, (count, _) in stages.items() if name != "loading"}
    assert runs == {"hidden_states": 1, "attend": LAYERS, "masked": 2 * LAYERS, "forward": 2 * LAYERS}


def test_attention_sums_to_one_and_is_that_of_torch(reader: Any, windows: list[Window]) -> None:
    pytest.importorskip("torch")
    ids, types, offsets = flatten(windows)
    for layer in range(LAYERS):
        flat = reader.model.core.attention(ids, types, offsets, layer=layer, rows_per_batch=3)[
            "probabilities"
        ]
        first = 0
        for window in windows:
            T = len(window.tokens)
            ours = flat[first : first + HEADS * T * T].reshape(HEADS, T, T)
            first += HEADS * T * T
            states = reader.exact.hidden_states(window.input_ids[None], window.token_type_ids[None])
            block = reader.exact.module.bert.encoder.layer[layer]
            _, wanted = block_by_hand(block, states[layer], None, ())
            np.testing.assert_allclose(ours, wanted[0], atol=2e-6)
            np.testing.assert_allclose(ours.sum(-1), 1, rtol=1e-6)
        assert first == len(flat)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (cell([]), r"layers: wanted blocks from 0 to 2, rising, at least one"),
        (cell([3]), r"layers: wanted blocks from 0 to 2"),
        (cell([-1]), r"layers: wanted blocks from 0 to 2"),
        (cell([1, 1]), r"layers: .*rising"),
        (cell([2, 1]), r"layers: .*rising"),
        (cell([0], heads=(3,)), r"heads: got 3, wanted 0 to 2"),
        (cell([0], ALL), r"cells: token 0 is left with nothing to attend to"),
        (cell([0], (2,) * 9), r"table: wanted zeros and ones"),
        (([0], [1], False, False, [], 0), r"table: got 1 numbers, wanted 9"),
    ],
)
def test_cells_that_cannot_be(reader: Any, windows: list[Window], given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run(reader, windows, [given])


def test_classes_that_cannot_be(reader: Any, windows: list[Window]) -> None:
    ids, types, offsets = flatten(windows)
    core = reader.model.core
    with pytest.raises(ValueError, match=r"classes: got 1, wanted one for each token"):
        core.masked_forward(ids, types, offsets, np.zeros(1, dtype=np.int8), cells=[])
    with pytest.raises(ValueError, match="classes: wanted 0 to 2"):
        core.masked_forward(ids, types, offsets, np.full(len(ids), 3, dtype=np.int8), cells=[])
    with pytest.raises(ValueError, match="layer: got 3, wanted a block, 0 to 2"):
        core.attention(ids, types, offsets, layer=3)


def test_runs_can_be_interrupted_between_cells(reader: Any, windows: list[Window]) -> None:
    calls = 0

    def stop(done: int, total: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(reader, windows, [cell([0]), cell([1]), cell([2])], rows_per_batch=len(windows), progress=stop)
    assert calls == 3
    run(reader, windows, [cell([0])])
