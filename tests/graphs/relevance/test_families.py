"""Relevance of every family's own parts, by every rule, against the slow implementation at every layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.attribution.relevance import RULES
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.data.windows import make_windows

from .slow import SlowRelevance

TOLERANCE, ROUNDING = 5e-5, 2.0**-22
HEADS = ["text-classification", "question-answering"]
# The other two are RoBERTa by their weights' names.
FAMILIES = ["albert", "bert", "distilbert", "electra", "roberta"]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("family", FAMILIES)
def test_relevance_at_every_layer(
    family_model: Callable[..., Any], family: str, head: str, rule: Any, mixed_texts: list[bf.TextExample]
) -> None:
    made = family_model(family, head)
    if head == HEADS[0]:
        example: Any = mixed_texts[1]
        [window] = make_text_windows(made.model.window_tokenizer, [example])
        chosen: dict[str, Any] = {"label": 1}
        pinned: tuple[int, ...] = (1,)
    else:
        example = bf.QAExample("who?", "ada wrote it.")
        [window] = make_windows(made.model.window_tokenizer, [example])
        pinned = (4, 5)
        chosen = {"span": pinned}
    results = bf.relevance(made.model, example, rule, layer="all", keep_values=True, **chosen)
    found = SlowRelevance(made.exact.module)(
        rule, window.input_ids, window.token_type_ids, pinned, (1.0, 0.0, 0.0)
    )
    tolerance = max(TOLERANCE, ROUNDING / found.narrowest)
    assert sorted(found.layers) == sorted(results.layers)
    for layer, got in results.items():
        wanted = found.layers[layer].numpy()
        np.testing.assert_allclose(got.values, wanted, atol=tolerance * np.abs(wanted).max(), rtol=0)
