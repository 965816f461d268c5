"""Offsets and words of tokenizers of every kind, against loops over bytes, characters and words."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bertqa_fast as bf
from bertqa_fast.data.pairs import Tokens, tokenize
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.data.windows import make_windows
from bertqa_fast.data.words import number_words, split_words, tight_offsets
from bertqa_fast.tokenizer import PlainTokenizer, backend_of, load_tokenizer, plain_tokens

from ..tokenizer_kinds import KINDS, UNKNOWN, WORDPIECE

OTHERS = [kind for kind in KINDS if kind not in WORDPIECE]
BYTE_LEVEL = [kind for kind in KINDS if kind.startswith("byte-level")]
Folder = Callable[[str], Path]

PIECES = [
    "Ada",
    "ship",
    "Who",
    " in",
    "1843",
    "'s",
    "…",
    "😀",
    "👩\u200d🚀",
    "é",
    "e\u0301",
    "ﬁ",
    "½",
    "東京",
]
PIECES += ["\u200b", "\t", "\n\n", "  ", "\u00a0", "\u3000", "▁", "Ġ", "İ", "ß", "</s>", "[SEP]", "가", "नि"]
LETTERS = st.characters(exclude_categories=["Cs"])
TEXTS = st.lists(st.sampled_from([*PIECES, " ", "."]) | st.text(LETTERS, max_size=4), max_size=9).map("".join)


@pytest.fixture(params=KINDS)
def any_tokenizer(request: pytest.FixtureRequest, tokenizer_folder: Folder) -> Any:
    return load_tokenizer(tokenizer_folder(request.param))


def tokens_of(tokenizer: Any, text: str) -> Tokens:
    return tokenize(backend_of(tokenizer), [text])[0]


def covered(tokens: Tokens, text: str) -> list[str]:
    return [text[a:b] for a, b in tokens.offsets.tolist()]


# What WordPiece says is the tokenizer's own, as it always was.


@pytest.mark.parametrize("kind", WORDPIECE)
def test_a_wordpiece_tokenizer_is_believed(tokenizer_folder: Folder, kind: str) -> None:
    tokenizer = load_tokenizer(tokenizer_folder(kind))
    text = "  Ada's aunt,\tin 1843 (e\u0301) ▁ 東京…"
    wanted = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    found = tokens_of(tokenizer, text)
    assert found.offsets.tolist() == [list(pair) for pair in wanted["offset_mapping"]]
    assert found.words.tolist() == wanted.word_ids()


# Windows


@settings(max_examples=25)
@given(question=TEXTS, context=TEXTS)
@pytest.mark.parametrize("kind", KINDS)
def test_ids_and_types_are_those_of_transformers(
    tokenizer_folder: Folder, kind: str, question: str, context: str
) -> None:
    full, plain = loaded(tokenizer_folder(kind))
    question, context = f"a{question}", f"a{context}"
    wanted = full(question, context, truncation=False, return_token_type_ids=True, verbose=False)
    alone = full(question, truncation=False, return_token_type_ids=True, verbose=False)
    for tokenizer in (full, plain):
        [window] = make_windows(tokenizer, [bf.QAExample(question, context)], max_length=900)
        assert window.input_ids.tolist() == wanted["input_ids"]
        assert window.token_type_ids.tolist() == wanted["token_type_ids"]
        assert window.segment.tolist() == [-1 if s is None else s for s in wanted.sequence_ids(0)]
        [window] = make_text_windows(tokenizer, [bf.TextExample(question)], max_length=900)
        assert window.input_ids.tolist() == alone["input_ids"]
        assert window.token_type_ids.tolist() == alone["token_type_ids"]


LOADED: dict[Path, tuple[Any, PlainTokenizer]] = {}


def loaded(folder: Path) -> tuple[Any, PlainTokenizer]:
    """Give a tokenizer of transformers and the same without it; nothing of it is left to transformers."""
    if folder not in LOADED:
        tokens = plain_tokens(folder)
        assert tokens is not None
        LOADED[folder] = load_tokenizer(folder), PlainTokenizer.read(folder, tokens)
    return LOADED[folder]


@pytest.mark.parametrize(
    ("kind", "before", "between", "pad", "mask"),
    [
        ("wordpiece cased", ["[CLS]"], ["[SEP]"], 0, 4),
        ("byte-level", ["<s>"], ["</s>", "</s>"], 1, 4),
        ("xlm-roberta", ["<s>"], ["</s>", "</s>"], 1, 4),
        ("albert", ["[CLS]"], ["[SEP]"], 0, 4),
    ],
)
def test_special_tokens(
    tokenizer_folder: Folder, kind: str, before: list[str], between: list[str], pad: int, mask: int
) -> None:
    _, plain = loaded(tokenizer_folder(kind))
    assert (plain.pad_token_id, plain.mask_token_id) == (pad, mask)
    [window] = make_windows(plain, [bf.QAExample("Who?", "Ada.")])
    special = [token for token, at in zip(window.tokens, window.segment, strict=True) if at < 0]
    assert special == [*before, *between, between[0]]
    assert not window.offsets[window.segment < 0].any()


def test_a_text_that_normalizes_to_nothing(tokenizer_folder: Folder) -> None:
    tokenizer = load_tokenizer(tokenizer_folder("albert"))
    with pytest.raises(ValueError, match="context of example 0 has no tokens that show text"):
        make_windows(tokenizer, [bf.QAExample("Who?", "\u0301")])
    with pytest.raises(ValueError, match="text of example 0 has no tokens that show text"):
        make_text_windows(tokenizer, [bf.TextExample("\u0301 ")])


# Offsets


@settings(max_examples=50)
@given(text=TEXTS)
@pytest.mark.parametrize("kind", OTHERS)
def test_laws_of_offsets(tokenizer_folder: Folder, kind: str, text: str) -> None:
    found = tokens_of(loaded(tokenizer_folder(kind))[1], text)
    starts, ends = found.offsets[:, 0], found.offsets[:, 1]
    assert (starts >= 0).all()
    assert (starts <= ends).all()
    assert (ends <= len(text)).all()
    assert (np.diff(starts) >= 0).all()
    assert (np.diff(ends) >= 0).all()
    assert all(part == part.strip() for part in covered(found, text))
    assert (found.words[starts == ends] >= -1).all()
    rising = [a for a in found.words.tolist() if a >= 0]
    assert rising == sorted(rising)
    assert sorted(set(rising)) == list(range(len(set(rising))))


def byte_alphabet() -> dict[str, int]:
    """Return the letter that GPT-2 writes for each byte: printable ones are themselves."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)]
    rest = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + at): byte for at, byte in enumerate(rest)}


@settings(max_examples=60)
@given(text=TEXTS)
@pytest.mark.parametrize("kind", BYTE_LEVEL)
def test_bytes_are_those_of_the_characters(tokenizer_folder: Folder, kind: str, text: str) -> None:
    text = "a" + text.replace("</s>", "")
    found = tokens_of(loaded(tokenizer_folder(kind))[1], text)
    letters = byte_alphabet()
    spelled = [bytes(letters[letter] for letter in token) for token in found.texts]
    whole = b"".join(spelled)
    prefix = len(whole) - len(text.encode())  # the space before the text
    assert whole[prefix:] == text.encode()
    owner = [at for at, letter in enumerate(text) for _ in letter.encode()]
    place = -prefix
    for piece, part in zip(spelled, covered(found, text), strict=True):
        held = [owner[byte] for byte in range(max(place, 0), place + len(piece))]
        place += len(piece)
        assert part == (text[held[0] : held[-1] + 1].strip() if held else "")


def plain_form(text: str) -> str:
    """Undo what normalizers do: compatibility forms, case, accents."""
    form = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in form if not unicodedata.combining(letter))


@settings(max_examples=50)
@given(text=TEXTS)
@pytest.mark.parametrize("kind", ["xlm-roberta", "camembert", "albert", "unigram"])
def test_tokens_are_spelled_as_their_text(tokenizer_folder: Folder, kind: str, text: str) -> None:
    found = tokens_of(loaded(tokenizer_folder(kind))[1], text)
    for token, part in zip(found.texts, covered(found, text), strict=True):
        bare = token.lstrip("▁")
        if token in UNKNOWN or part == "▁":
            continue
        assert bool(bare) == bool(part), (token, part)
        # A character that becomes several may be cut between tokens.
        assert plain_form(bare) in plain_form(part), (token, part)
        if len(part) > 1 and part.isalpha() and part.isascii():
            assert plain_form(bare) == plain_form(part)


def test_accents_stay_with_their_letters(tokenizer_folder: Folder) -> None:
    text = "cafe\u0301 au lait"
    assert tokens_of(load_tokenizer(tokenizer_folder("unigram")), text).words.tolist()[0] == 0
    for kind in ("unigram", "albert"):
        found = tokens_of(load_tokenizer(tokenizer_folder(kind)), text)
        ends = found.offsets[found.words == 0, 1]
        assert text[: ends.max()] == "cafe\u0301"


def test_offsets_by_hand() -> None:
    #       0123456789
    text = " ab  c\u0301 d"
    given_ = [(0, 1), (0, 3), (3, 4), (3, 6), (7, 9), (8, 9), (9, 9)]
    spelled = ["▁", "ab", "▁", "▁c", "▁d", "▁", "Ġ"]
    found = tight_offsets(text, np.array(given_, dtype=np.int32), spelled)
    assert found.tolist() == [[1, 1], [1, 3], [4, 4], [5, 7], [8, 9], [8, 8], [9, 9]]
    nothing = np.zeros((0, 2), dtype=np.int32)
    assert tight_offsets("", nothing, []).shape == (0, 2)


# Words


def slow_words(text: str) -> list[tuple[int, int]]:
    """Find the words of a text character by character, as Devlin et al. 2019 split."""
    words, start, last = [], -1, -1
    for at, letter in [*enumerate(text), (len(text), " ")]:
        kind = unicodedata.category(letter)
        blank = letter in "\t\n\r" or kind == "Zs"
        removed = not blank and (kind in ("Cc", "Cf", "Cn", "Co") or letter in "\0\ufffd")
        ascii_mark = letter.isascii() and letter.isprintable() and not letter.isalnum() and letter != " "
        alone = ascii_mark or kind.startswith("P") or is_chinese(letter)
        if (blank or alone) and start >= 0:
            words.append((start, last + 1))
            start = -1
        if alone:
            words.append((at, at + 1))
        elif not blank and not removed:
            start, last = (at if start < 0 else start), at
    return words


def is_chinese(letter: str) -> bool:
    ranges = [(0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2CEAF), (0xF900, 0xFAFF)]
    return any(a <= ord(letter) <= b for a, b in [*ranges, (0x2F800, 0x2FA1F)])


# Of rare characters each library has the categories of its own version of Unicode.
KNOWN = st.characters(codec="cp1252") | st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)


@given(st.lists(st.sampled_from([*PIECES, " ", "."]) | st.text(KNOWN, max_size=5), max_size=9).map("".join))
def test_words_are_berts(text: str) -> None:
    assert [tuple(edges) for edges in split_words([text])[0].tolist()] == slow_words(text)


def slow_numbers(offsets: list[list[int]], words: list[tuple[int, int]], *, alone: bool) -> list[int]:
    """Give each token the number of its word; a token over several words makes one of them."""
    joined = [set(range(a, b)) for a, b in words]
    for a, b in offsets:
        touched = [word for word in joined if word & set(range(a, b))]
        if len(touched) > 1:
            joined = [word for word in joined if word not in touched] + [set().union(*touched)]
    numbers, order = [], []
    for a, b in offsets:
        key: Any = next((frozenset(word) for word in joined if word & set(range(a, b))), None)
        if key is None and alone and b > a:
            key = ("alone", len(order))
        if key is not None and key not in order:
            order.append(key)
        numbers.append(-1 if key is None else order.index(key))
    for at in range(len(offsets) - 2, -1, -1):
        if offsets[at][0] == offsets[at][1] == offsets[at + 1][0]:
            numbers[at] = numbers[at + 1]
    return numbers


@given(
    cuts=st.lists(st.integers(0, 12), max_size=8),
    skipped=st.sets(st.integers(0, 8)),
    word_cuts=st.lists(st.integers(0, 12), max_size=8, unique=True),
    alone=st.booleans(),
)
def test_numbers_against_a_slow_loop(
    cuts: list[int], skipped: set[int], word_cuts: list[int], alone: bool
) -> None:
    offsets = [list(pair) for at, pair in enumerate(pairwise(sorted(cuts))) if at not in skipped]
    words = list(pairwise(sorted(word_cuts)))[::2]
    found = number_words(
        np.array(offsets, dtype=np.int32).reshape(-1, 2),
        np.array(words, dtype=np.int32).reshape(-1, 2),
        alone=alone,
    )
    assert found.dtype == np.int32
    assert found.tolist() == slow_numbers(offsets, words, alone=alone)


TEXT = "Who, in May, saw (14) crates of tea?  The café… in 東京: Ada's."


def test_all_kinds_find_the_same_words(any_tokenizer: Any) -> None:
    found = tokens_of(any_tokenizer, TEXT)
    words = [
        TEXT[found.offsets[own, 0].min() : found.offsets[own, 1].max()]
        for own in (found.words == number for number in range(found.words.max() + 1))
    ]
    wanted = [TEXT[a:b] for a, b in slow_words(TEXT)]
    # A token over several words joins them, and no tokenizer here has others than these.
    for pair in (["'", "s"], ["s", "."], [")", "c"], ["e", "?"], ["a", "?"], ["東", "京"]):
        both = "".join(pair)
        if both in words:
            at = next(n for n in range(len(wanted)) if wanted[n : n + 2] == pair)
            wanted[at : at + 2] = [both]
    if found.words.max() + 1 != len(wanted):
        pytest.fail(f"{words}")
    assert words == wanted
