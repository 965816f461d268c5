"""Masked zones of classifiers: the engine against PyTorch in float64, whose scores lose the same cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import bertqa_fast as bf
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.data.windows import Window
from bertqa_fast.zones.cells import SPECIAL, ZONES, classes_of, has_cells, masked_cells
from bertqa_fast.zones.decode import masked_class_logits
from bertqa_fast.zones.request import Masking

TOLERANCE = {"rtol": 1e-4, "atol": 1e-4}
LAYERS = 3


@pytest.fixture(scope="module")
def model(random_reader: Callable[..., Any]) -> bf.Model:
    opened: bf.Model = random_reader(layers=LAYERS, classes=3, seed=9).model
    return opened


@pytest.fixture(scope="module")
def exact(random_reader: Callable[..., Any]) -> Any:
    """Return a function that runs the classifier in float64 with cells masked in some blocks and heads."""
    import torch

    module = random_reader(layers=LAYERS, classes=3, seed=9).exact.module

    def logits(
        window: Window, cells: NDArray[np.bool_], layers: Sequence[int], heads: Sequence[int] = ()
    ) -> NDArray[np.float64]:
        count = len(window.tokens)
        lost = torch.zeros((1, 3, count, count), dtype=torch.float64)
        for head in heads or range(3):
            lost[0, head][torch.from_numpy(cells.copy())] = -1e300
        ids = torch.from_numpy(window.input_ids)[None]
        with torch.inference_mode():
            x = module.bert.embeddings(ids, token_type_ids=torch.from_numpy(window.token_type_ids)[None])
            for number, block in enumerate(module.bert.encoder.layer):
                found = block(x, attention_mask=lost if number in layers else lost * 0)
                x = found[0] if isinstance(found, tuple) else found
            out: NDArray[np.float64] = module.classifier(module.bert.pooler(x))[0].numpy()
        return out

    return logits


@pytest.fixture(scope="module")
def windows(model: bf.Model, mixed_texts: list[bf.TextExample]) -> list[Window]:
    """Three texts alone, and a pair, of several lengths."""
    return make_text_windows(model.window_tokenizer, mixed_texts)


@pytest.mark.parametrize("special", SPECIAL)
def test_every_zone_at_every_block(model: bf.Model, exact: Any, windows: list[Window], special: str) -> None:
    pair = [window for window in windows if (window.segment == 1).any()]
    maskings = [
        Masking.of(model, zone, layer, special=special, all_mode=mode)
        for layer in (*range(LAYERS), "all")
        for zone in ZONES
        for mode in (("self", "uniform") if zone == "all" else ("self",))
    ]
    found = masked_class_logits(model, pair, maskings)
    assert found.shape == (1 + len(maskings), len(pair), 3)
    for place, window in enumerate(pair):
        nothing = np.zeros((len(window.tokens),) * 2, dtype=bool)
        np.testing.assert_allclose(found[0, place], exact(window, nothing, ()), **TOLERANCE)
        for number, masking in enumerate(maskings, 1):
            cells = masked_cells(window, masking.zones, special=special, all_mode=masking.all_mode)
            wanted = exact(window, cells, masking.layers)
            np.testing.assert_allclose(found[number, place], wanted, **TOLERANCE, err_msg=str(masking))


def test_texts_alone_and_pairs_share_batches(model: bf.Model, exact: Any, windows: list[Window]) -> None:
    maskings = [
        Masking.of(model, zone, layer, special=special, heads=heads)
        for (zone, special), (layer, heads) in product(
            (("q2", "keep"), ("p2q", "reference"), ("all", "keep")), ((0, None), (1, [0, 2]), ([0, 2], None))
        )
    ]
    found = masked_class_logits(model, windows, [m for m in maskings if m.special == "keep"])
    others = masked_class_logits(model, windows, [m for m in maskings if m.special == "reference"])
    rows = iter([*found[1:], *others[1:]])
    for masking in sorted(maskings, key=lambda m: m.special):
        logits = next(rows)
        for place, window in enumerate(windows):
            cells = masked_cells(window, masking.zones, special=masking.special)
            wanted = exact(window, cells, masking.layers, masking.heads)
            np.testing.assert_allclose(logits[place], wanted, **TOLERANCE, err_msg=str(masking))


def test_what_the_first_token_does_not_read_changes_nothing(
    model: bf.Model, mixed_texts: list[bf.TextExample]
) -> None:
    plain = bf.predict(model, mixed_texts)
    last = bf.mask_attention(model, mixed_texts, "q2", LAYERS - 1)
    first = bf.mask_attention(model, mixed_texts, "q2", 0)
    for before, same, other in zip(plain, last, first, strict=True):
        np.testing.assert_allclose(same.logits, before.logits, rtol=1e-5, atol=1e-5)
        assert np.abs(np.subtract(other.logits, before.logits)).max() > 1e-3
    seen = bf.mask_attention(model, mixed_texts, "p2q", LAYERS - 1, special="reference")
    assert np.abs(np.subtract(seen[0].logits, plain[0].logits)).max() > 1e-3


def test_predictions_are_those_of_the_logits(model: bf.Model, mixed_texts: list[bf.TextExample]) -> None:
    pair = mixed_texts[2]
    found = bf.mask_attention(model, pair, "q2p", 1, special="segment", show_progress=False)
    [window] = make_text_windows(model.window_tokenizer, [pair])
    logits = masked_class_logits(model, [window], [Masking.of(model, "q2p", 1, special="segment")])[1, 0]
    np.testing.assert_allclose(found.logits, logits, rtol=1e-6)
    assert (found.id, found.index) == ("pair", int(logits.argmax()))
    assert bf.mask_attention(model, pair, "all", 0, all_mode="reference") == bf.predict(model, pair)


def test_zones_that_a_text_does_not_have_are_refused(
    model: bf.Model, mixed_texts: list[bf.TextExample]
) -> None:
    for zone in ("q2p", "p2q", "p2"):
        with pytest.raises(ValueError, match="a text alone has none of its cells; wanted 'q2' or 'all'"):
            bf.mask_attention(model, mixed_texts, zone, 0)
    with pytest.raises(ValueError, match="leaves tokens of a text alone nothing to attend to"):
        bf.mask_attention(model, mixed_texts[0], "q2", 0, special="segment")
    with pytest.raises(ValueError, match="head 'question-answering' to answer questions"):
        bf.mask_attention(model, bf.QAExample("who?", "ada"), "q2", 0)


def test_classes_of_a_text_alone(windows: list[Window]) -> None:
    [alone, *_] = windows
    np.testing.assert_array_equal(classes_of(alone, "segment"), 0)
    assert has_cells(alone, ["q2"])
    assert has_cells(alone, ["all"], "segment")
    assert not has_cells(alone, ["p2"])
    # Without its second text, a pair has what a text alone has.
    [pair] = [window for window in windows if (window.segment == 1).any()]
    assert all(has_cells(pair, [zone], special) for zone in ZONES for special in SPECIAL)
    bare = replace(pair, segment=np.where(pair.segment == 1, -1, pair.segment).astype(np.int8))
    assert not has_cells(bare, ["p2q"])
