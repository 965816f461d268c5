"""Masked decoding: the engine against PyTorch, whose scores lose the cells that ``masked_cells`` names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import bertqa_fast as bf
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.tasks.answers import rank_answers
from bertqa_fast.zones.cells import SPECIAL, ZONES, masked_cells
from bertqa_fast.zones.decode import masked_logits
from bertqa_fast.zones.request import Masking

TOLERANCE = {"rtol": 1e-3, "atol": 2e-4}


@pytest.fixture(scope="module")
def model(random_reader: Callable[..., Any]) -> bf.Model:
    opened: bf.Model = random_reader().model
    return opened


@pytest.fixture(scope="module")
def windows(model: bf.Model, mixed_examples: list[bf.QAExample]) -> list[Window]:
    return make_windows(model.window_tokenizer, mixed_examples)


def compare(
    model: bf.Model, reader: Any, windows: Sequence[Window], maskings: Sequence[Masking], cells: Any = None
) -> None:
    """Compare the unmasked logits, and those of every masking, window by window."""
    found = masked_logits(model, windows, maskings)
    for number, masking in enumerate([None, *maskings]):
        for place, window in enumerate(windows):
            [ours] = found.of(number, slice(place, place + 1))
            if masking is None:
                theirs = reader(window)
            else:
                lost = (
                    masked_cells(window, masking.zones, special=masking.special, all_mode=masking.all_mode)
                    if cells is None
                    else cells(window)
                )
                theirs = reader(window, lost, masking.layers, masking.heads)
            for mine, other in zip(ours, theirs, strict=True):
                np.testing.assert_allclose(mine, other, **TOLERANCE, err_msg=f"{masking}, window {place}")


@pytest.mark.parametrize("special", SPECIAL)
def test_every_zone_at_every_layer(
    model: bf.Model, torch_reader: Any, windows: list[Window], special: str
) -> None:
    maskings = [
        Masking.of(model, zone, layer, special=special, all_mode=mode)
        for layer in (0, 1, "all")
        for zone in ZONES
        for mode in (("self", "uniform", "reference") if zone == "all" else ("self",))
    ]
    compare(model, torch_reader, windows, maskings)


def test_some_heads_and_joined_zones(model: bf.Model, torch_reader: Any, windows: list[Window]) -> None:
    maskings = [
        Masking.of(model, zone, layer, heads=heads)
        for zone, layer, heads in (
            ("p2", 0, 1),
            ("q2p", 1, [0, 2]),
            ("all", 0, [2]),
            (["q2", "p2q"], 0, None),
            (["q2", "q2p", "p2q", "p2"], "all", None),
            (["p2", "p2q"], [1, 0], 0),
        )
    ]
    compare(model, torch_reader, windows, maskings)


@pytest.mark.parametrize("top", [1, 7, 10_000])
def test_only_the_strongest_cells(
    model: bf.Model, torch_reader: Any, windows: list[Window], top: int
) -> None:
    def strongest(window: Window) -> NDArray[np.bool_]:
        zone = masked_cells(window, "p2q")
        lost = np.zeros((torch_reader.num_heads, *zone.shape), dtype=bool)
        for head, probabilities in enumerate(torch_reader.attention(window, 1)):
            order = np.argsort(-np.where(zone, probabilities, -1.0), axis=None)[: min(top, zone.sum())]
            lost[head].flat[order] = True
        return lost

    compare(model, torch_reader, windows, [Masking.of(model, "p2q", 1, top=top)], strongest)


def test_one_in_one_out(model: bf.Model, torch_reader: Any, mixed_examples: list[bf.QAExample]) -> None:
    found = bf.mask_attention(model, mixed_examples, "p2", [0, 1], show_progress=False)
    assert [prediction.id for prediction in found] == [example.id for example in mixed_examples]
    alone = bf.mask_attention(model, mixed_examples[1], "p2", "all", n_best=3)
    assert (alone.text, alone.start_token, alone.end_token) == (
        found[1].text,
        found[1].start_token,
        found[1].end_token,
    )
    assert len(alone.n_best) == 3
    [window] = make_windows(model.window_tokenizer, [mixed_examples[1]])
    logits = torch_reader(window, masked_cells(window, "p2"), (0, 1))
    wanted = rank_answers(mixed_examples[1], [window], [logits])
    assert (alone.text, alone.start_token, alone.end_token) == (
        wanted.text,
        wanted.start_token,
        wanted.end_token,
    )
    assert alone.score == pytest.approx(wanted.score, rel=1e-3, abs=1e-3)
    assert bf.mask_attention(model, [], "p2", 0) == []


def test_long_passages_have_windows(model: bf.Model, mixed_examples: list[bf.QAExample]) -> None:
    example = mixed_examples[2]
    options = {"max_length": 24, "doc_stride": 5}
    found = bf.mask_attention(model, example, "q2p", 0, **options)
    windows = make_windows(model.window_tokenizer, [example], **options)
    assert len(windows) > 1
    logits = masked_logits(model, windows, [Masking.of(model, "q2p", 0)]).of(1, slice(0, len(windows)))
    assert found == rank_answers(example, windows, logits)


def test_the_published_all_changes_nothing(model: bf.Model, mixed_examples: list[bf.QAExample]) -> None:
    plain = bf.predict(model, mixed_examples)
    assert bf.mask_attention(model, mixed_examples, "all", 0, all_mode="reference") == plain
    assert [p.score for p in bf.mask_attention(model, mixed_examples, "all", 0)] != [p.score for p in plain]


def test_wrong_arguments_are_named(model: bf.Model, mixed_examples: list[bf.QAExample]) -> None:
    for arguments, options, message in (
        (("q3", 0), {}, "zone: got 'q3'"),
        (("q2", 2), {}, "layer: got 2, wanted some of encoder blocks 0 to 1"),
        (("q2", 0), {"heads": [3]}, "heads: got 3, wanted some of heads 0 to 2"),
        (("q2", 0), {"max_length": 999}, "max_length must be at most"),
    ):
        with pytest.raises(ValueError, match=message):
            bf.mask_attention(model, mixed_examples, *arguments, **options)
    with pytest.raises(TypeError, match="examples must hold QAExample, got str"):
        bf.mask_attention(model, ["who?"], "q2", 0)  # type: ignore[list-item]
