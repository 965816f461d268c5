"""Masked attention and attention traced back, of every family, against PyTorch in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.data.windows import make_windows
from bertqa_fast.families import FAMILIES
from bertqa_fast.zones.cells import ZONES, masked_cells
from bertqa_fast.zones.decode import masked_logits
from bertqa_fast.zones.request import Masking

torch = pytest.importorskip("torch")


@pytest.fixture(params=sorted(FAMILIES))
def made(request: pytest.FixtureRequest, family_model: Callable[..., Any]) -> Any:
    return family_model(request.param, "question-answering")


def test_zones_at_every_layer(made: Any, mixed_examples: list[bf.QAExample]) -> None:
    windows = make_windows(made.model.window_tokenizer, mixed_examples[:2])
    maskings = [Masking.of(made.model, zone, layer) for layer in (0, 1, 2, "all") for zone in ZONES]
    found = masked_logits(made.model, windows, maskings)
    shifts = []
    for place, window in enumerate(windows):
        embedded = made.exact.embed(window.token_type_ids[None], input_ids=window.input_ids[None])
        [unmasked] = found.of(0, slice(place, place + 1))
        for number, masking in enumerate(maskings, start=1):
            lost = masked_cells(window, masking.zones, special=masking.special, all_mode=masking.all_mode)
            bias = torch.zeros(1, made.model.num_heads, *lost.shape, dtype=torch.float64)
            bias[:, :, torch.from_numpy(lost)] = -1e300
            hidden = embedded
            for layer, block in enumerate(made.exact.blocks):
                hidden = block(hidden, bias if layer in masking.layers else None)
            [ours] = found.of(number, slice(place, place + 1))
            for mine, theirs in zip(ours, made.exact.logits(hidden), strict=True):
                np.testing.assert_allclose(mine, theirs[0], atol=2e-5, rtol=1e-5, err_msg=str(masking))
            shifts.append(float(np.abs(ours[0] - unmasked[0]).max()))
    assert np.median(shifts) > 0.05  # masks do something


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
