"""Windows of texts and pairs: what the library's own tokenizer makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from bertqa_fast.data.examples import QAExample, TextExample
from bertqa_fast.data.text_windows import make_text_windows

WORDS = ["who", "wrote", "ada's", "1843", "É\u00a0ships,", "paris"]


def test_a_text_and_a_pair_by_hand(tiny_tokenizer: Any) -> None:
    examples = [TextExample("Ada wrote it."), TextExample("Who ?", "ada, 18")]
    one, two = make_text_windows(tiny_tokenizer, examples)
    assert one.tokens == ["[CLS]", "ada", "wrote", "it", ".", "[SEP]"]
    assert one.segment.tolist() == [-1, 0, 0, 0, 0, -1]
    assert one.offsets.tolist() == [[0, 0], [0, 3], [4, 9], [10, 12], [12, 13], [0, 0]]
    assert two.tokens == ["[CLS]", "who", "?", "[SEP]", "ada", ",", "1", "##8", "[SEP]"]
    assert two.segment.tolist() == [-1, 0, 0, -1, 1, 1, 1, 1, -1]
    assert two.word_ids.tolist() == [-1, 0, 1, -1, 0, 1, 2, 2, -1]
    assert [(w.example, w.index, w.context_first) for w in (one, two)] == [(0, 0, 0), (1, 0, 0)]
    assert make_text_windows(tiny_tokenizer, []) == []


@pytest.fixture(scope="module")
def wanted_tokenizer(tiny_tokenizer_folder: Path) -> Any:
    """Return one of its own: a call with truncation changes the tokenizer that it is made on."""
    return AutoTokenizer.from_pretrained(str(tiny_tokenizer_folder))


def check(tokenizer: Any, wanted_tokenizer: Any, example: TextExample, max_length: int) -> None:
    (window,) = make_text_windows(tokenizer, [example], max_length=max_length)
    texts = (example.text,) if example.text_pair is None else (example.text, example.text_pair)
    wanted = wanted_tokenizer(
        *texts,
        truncation=True,
        max_length=max_length,
        return_offsets_mapping=True,
        return_token_type_ids=True,
    )
    assert window.input_ids.tolist() == wanted["input_ids"]
    assert window.token_type_ids.tolist() == wanted["token_type_ids"]
    assert window.offsets.tolist() == [list(pair) for pair in wanted["offset_mapping"]]
    assert window.segment.tolist() == [-1 if i is None else i for i in wanted.sequence_ids(0)]
    assert window.word_ids.tolist() == [-1 if word is None else word for word in wanted.word_ids(0)]
    assert window.tokens == wanted_tokenizer.convert_ids_to_tokens(wanted["input_ids"])


@given(
    first=st.lists(st.sampled_from(WORDS), min_size=1, max_size=8),
    second=st.none() | st.lists(st.sampled_from(WORDS), min_size=1, max_size=8),
    max_length=st.integers(5, 40),
)
def test_it_is_what_the_library_makes(
    tiny_tokenizer: Any, wanted_tokenizer: Any, first: list[str], second: list[str] | None, max_length: int
) -> None:
    pair = None if second is None else " ".join(second)
    check(tiny_tokenizer, wanted_tokenizer, TextExample(" ".join(first), pair), max_length)


def test_every_truncation_of_a_pair(tiny_tokenizer: Any, wanted_tokenizer: Any) -> None:
    for first in range(1, 6):
        for second in range(1, 6):
            for room in range(2, 11):
                example = TextExample("ada " * first, "who " * second)
                check(tiny_tokenizer, wanted_tokenizer, example, room + 3)


def test_bad_arguments_are_named(tiny_tokenizer: Any) -> None:
    text = TextExample("ada", id="x")
    for examples, options, error, message in (
        (
            [text],
            {"max_length": 2},
            ValueError,
            "max_length must leave each text a token .* where 3 are needed",
        ),
        ([TextExample("a", "b")], {"max_length": 4}, ValueError, "got 4 where 5 are needed"),
        ([text], {"max_length": 8.0}, TypeError, "max_length must be an int, got float"),
        ([text, TextExample("\u0300", id="y")], {}, ValueError, "text of example 'y' has no tokens"),
        ([TextExample("a", "\u0300")], {}, ValueError, "text_pair of example 0 has no tokens"),
        ([QAExample("a", "b")], {}, TypeError, "examples must hold TextExample, got QAExample"),
    ):
        with pytest.raises(error, match=message):
            make_text_windows(tiny_tokenizer, examples, **options)
    with pytest.raises(TypeError, match="tokenizer must be a fast one"):
        make_text_windows(None, [text])
    (window,) = make_text_windows(tiny_tokenizer, [text], max_length=np.int64(3))
    assert window.tokens == ["[CLS]", "ada", "[SEP]"]
