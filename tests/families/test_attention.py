"""Masked attention and attention traced back, of every family, against PyTorch in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.families import FAMILIES
from bertqa_fast.graphs.reference import relative_difference
from bertqa_fast.zones.cells import ZONES, masked_cells
from bertqa_fast.zones.decode import masked_class_logits, masked_logits
from bertqa_fast.zones.request import Masking

torch = pytest.importorskip("torch")

TOLERANCE = 1e-5


@pytest.fixture(params=sorted(FAMILIES))
def made(request: pytest.FixtureRequest, family_model: Callable[..., Any]) -> Any:
    return family_model(request.param, "question-answering")


@pytest.fixture(params=sorted(FAMILIES))
def classifier(request: pytest.FixtureRequest, family_model: Callable[..., Any]) -> Any:
    return family_model(request.param, "text-classification")


def masked_exactly(made: Any, window: Window, masking: Masking) -> Any:
    """Return the logits in float64, the scores of the cells that a masking takes being -1e300."""
    lost = masked_cells(window, masking.zones, special=masking.special, all_mode=masking.all_mode)
    bias = torch.zeros(1, made.model.num_heads, *lost.shape, dtype=torch.float64)
    bias[:, :, torch.from_numpy(lost)] = -1e300
    hidden = made.exact.embed(window.token_type_ids[None], input_ids=window.input_ids[None])
    for layer, block in enumerate(made.exact.blocks):
        hidden = block(hidden, bias if layer in masking.layers else None)
    return made.exact.logits(hidden)


def test_zones_at_every_layer(made: Any, mixed_examples: list[bf.QAExample]) -> None:
    windows = make_windows(made.model.window_tokenizer, mixed_examples[:2])
    maskings = [Masking.of(made.model, zone, layer) for layer in (0, 1, 2, "all") for zone in ZONES]
    found = masked_logits(made.model, windows, maskings)
    shifts = []
    for place, window in enumerate(windows):
        [unmasked] = found.of(0, slice(place, place + 1))
        for number, masking in enumerate(maskings, start=1):
            [ours] = found.of(number, slice(place, place + 1))
            for mine, theirs in zip(ours, masked_exactly(made, window, masking), strict=True):
                assert relative_difference(mine, theirs[0]) < TOLERANCE, masking
            shifts.append(float(np.abs(ours[0] - unmasked[0]).max()))
    assert np.median(shifts) > 0.05  # masks do something


def test_zones_of_pairs_of_texts(classifier: Any, mixed_texts: list[bf.TextExample]) -> None:
    windows = make_text_windows(classifier.model.window_tokenizer, mixed_texts[2:3])
    maskings = [Masking.of(classifier.model, zone, layer) for layer in (0, 1, 2, "all") for zone in ZONES]
    found = masked_class_logits(classifier.model, windows, maskings)
    for number, masking in enumerate(maskings, start=1):
        [wanted] = masked_exactly(classifier, windows[0], masking)
        assert relative_difference(found[number, 0], wanted[0]) < TOLERANCE, masking
    assert np.ptp(found[:, 0], axis=0).max() > 0.05  # masks do something


def test_attention_traced_back(made: Any, mixed_examples: list[bf.QAExample]) -> None:
    """Every head's row of the first token, times the same head's matrix of each block below."""
    example = mixed_examples[0]
    [window] = make_windows(made.model.window_tokenizer, [example])
    given = {"input_ids": torch.tensor(window.input_ids)[None]}
    if getattr(made.exact.module.config, "type_vocab_size", 0) > 1:
        given["token_type_ids"] = torch.tensor(window.token_type_ids)[None]
    attention = made.exact.module(**given, output_attentions=True).attentions
    rows = torch.zeros(made.model.num_heads, len(window.tokens), dtype=torch.float64)
    rows[:, 0] = 1
    traced = bf.attention_tracing(made.model, example, layer="all", residual=False)
    assert sorted(traced.layers) == [-1, 0, 1, 2]
    for layer in (1, 0, -1):
        rows = torch.einsum("as,ast->at", rows, attention[layer + 1][0])
        np.testing.assert_allclose(traced[layer].scores, rows.sum(0), atol=1e-5)
