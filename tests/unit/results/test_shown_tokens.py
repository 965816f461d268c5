"""What people are shown of tokens, for each way of spelling them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.data.spelling import shown
from bertqa_fast.data.windows import make_windows
from bertqa_fast.report.heatmap import plot_bars
from bertqa_fast.report.pieces import labels, pieces
from bertqa_fast.tokenizer import load_tokenizer

from ...tokenizer_kinds import KINDS

QUESTION = "Who left?"
CONTEXT = "Ada  sailed; 😀 the naïve café…\n"


@pytest.mark.parametrize(
    ("token", "text", "wanted"),
    [
        ("##ing", "ing", "##ing"),
        ("cafe", "Café", "cafe"),
        ("[UNK]", "😀", "[UNK]"),
        ("москва", "Москва", "москва"),
        ("▁été", "Été", "été"),
        ("Ġwas", "was", "was"),
        ("ĠcafÃ©", "café", "café"),
        ("Ã", "é", "é"),
        ("Ġ", "", "·"),
        ("Ċ", "", "·"),
        ("▁was", "was", "was"),
        ("▁", "", "·"),
        ("▁", "▁", "▁"),
        ("Ġ", "Ġ", "Ġ"),
        ("<0xF0>", "😀", "<0xF0>"),
    ],
)
def test_by_hand(token: str, text: str, wanted: str) -> None:
    assert shown(token, text) == wanted


@pytest.fixture(params=KINDS)
def item(
    request: pytest.FixtureRequest,
    tokenizer_folder: Callable[[str], Path],
    make_attribution: Callable[..., Any],
) -> Any:
    """Make an attribution of the words above, as a kind of tokenizer has them."""
    tokenizer = load_tokenizer(tokenizer_folder(request.param))
    [window] = make_windows(tokenizer, [bf.QAExample(QUESTION, CONTEXT)])
    first = int(np.flatnonzero(window.segment == 1)[0])
    count = len(window.tokens)
    return make_attribution(
        tokens=window.tokens,
        offsets=window.offsets,
        segment=window.segment,
        word_ids=window.word_ids,
        scores=np.ones(count, np.float32),
        signed=np.ones(count, np.float32),
        values=None,
        span=(first, first),
        question=QUESTION,
        context=CONTEXT,
    )


def test_running_text_is_the_users(item: Any) -> None:
    """Every character once; a token without one of its own has a dot."""
    parts = pieces(item)
    assert [part.index for part in parts] == list(range(len(item.tokens)))
    assert all(part.text for part in parts)
    for segment, text in enumerate((QUESTION, CONTEXT)):
        own = [part for part in parts if item.segment[part.index] == segment]
        read = own[0].text + "".join(part.before + part.text for part in own[1:])
        assert read.replace("·", "").strip() == text.strip()
    assert [part.text for part in parts if part.special] == [
        token for token, at in zip(item.tokens, item.segment, strict=True) if at < 0
    ]


def test_names_of_tokens_have_no_marks(item: Any) -> None:
    called = labels(item)
    assert len(called) == len(item.tokens)
    for name, token, at in zip(called, item.tokens, item.segment, strict=True):
        assert name == token if at < 0 else not set(name) & set("Ġ▁ĊÃ")
    ticks = plot_bars(item).axes[0].get_xticklabels()
    assert [tick.get_text() for tick in ticks] == called[: len(ticks)]
    page = item.to_html()
    assert "Ġ" not in page
    assert "▁" not in page
