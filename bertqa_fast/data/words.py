"""Characters and words of tokens, for tokenizers that do not split a text as BERT's do.

WordPiece splits a text into words first, and its offsets cover what a token shows. Byte-level BPE and
SentencePiece take spaces into tokens, and their pieces of words are cut at spaces (punctuation stays with the
word) or by rules of their own. Here their tokens get offsets without white space, and the words that BERT's
splitting finds in the same text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from bertqa_fast.data.spelling import is_marks


@cache
def _splitter() -> Tokenizer:
    """Return what splits a text as BERT's tokenizers do, one token for each word."""
    splitter = Tokenizer(models.WordLevel({"": 0}, unk_token=""))
    splitter.normalizer = normalizers.BertNormalizer(strip_accents=False, lowercase=False)
    splitter.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return splitter


def split_words(texts: Sequence[str]) -> list[NDArray[np.int32]]:
    """Find the words of texts as a cased BERT does: at white space, punctuation and Chinese characters.

    Parameters
    ----------
    texts : sequence of str
        What is split.

    Returns
    -------
    list of int32 arrays ``[W, 2]``
        First and one-past-last character of each word. Every mark of punctuation and every Chinese character
        is a word (Devlin et al. 2019); control characters are in none.
    """
    found = _splitter().encode_batch(list(texts), add_special_tokens=False)
    return [np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2) for encoding in found]


def tight_offsets(text: str, offsets: NDArray[np.int32], spelled: Sequence[str]) -> NDArray[np.int32]:
    """Return the characters that tokens show, without white space at either end.

    Parameters
    ----------
    text : str
        What was tokenized.
    offsets : int32 ``[N, 2]``
        The tokenizer's.
    spelled : sequence of str
        The N tokens as the vocabulary spells them. One of marks for spaces alone shows nothing, though
        tokenizers say that a mark before a word covers the word's first character.

    Returns
    -------
    int32 ``[N, 2]``
        First and one-past-last character. A token that shows nothing has an empty stretch, behind the white
        space that it stands for. Combining marks that a normalizer joined with their letter, and that no
        token covers, are the letter's.
    """
    length = len(text)
    space = np.fromiter((letter.isspace() for letter in text), dtype=np.bool_, count=length)
    place = np.arange(length, dtype=np.int32)
    # Of every place the next character that is no white space, and the end of the last one before.
    after, before = np.full(length + 1, length, np.int32), np.zeros(length + 1, np.int32)
    after[:-1] = np.minimum.accumulate(np.where(space, length, place)[::-1])[::-1]
    before[1:] = np.maximum.accumulate(np.where(space, 0, place + 1))
    starts = np.minimum(after[offsets[:, 0]], offsets[:, 1])
    ends = np.maximum(before[offsets[:, 1]], starts)
    for token in [at for at, piece in enumerate(spelled) if is_marks(piece)]:
        if ends[token] > starts[token] and text[starts[token]] != spelled[token][0]:
            ends[token] = starts[token]
    tight = np.stack([starts, ends], axis=1)
    if not text.isascii():
        _take_combining(text, tight)
    return tight


def _take_combining(text: str, offsets: NDArray[np.int32]) -> None:
    """Lengthen tokens by the combining marks behind them that no token covers."""
    steps = np.zeros(len(text) + 1, dtype=np.int64)
    np.add.at(steps, offsets[:, 0], 1)
    np.add.at(steps, offsets[:, 1], -1)
    uncovered = np.flatnonzero(np.cumsum(steps[:-1]) == 0)
    for place in uncovered.tolist():
        if unicodedata.category(text[place]).startswith("M"):
            behind = (offsets[:, 1] == place) & (offsets[:, 0] < place)
            offsets[behind, 1] = place + 1


def number_words(
    offsets: NDArray[np.int32], words: NDArray[np.int32], *, alone: bool = False
) -> NDArray[np.int32]:
    """Return the number of each token's word.

    Parameters
    ----------
    offsets : int32 ``[N, 2]``
        The characters of tokens, in order.
    words : int32 ``[W, 2]``
        The characters of words, in order.
    alone : bool
        A token with text that is in no word is a word of its own; otherwise it is in none.

    Returns
    -------
    int32 ``[N]``
        Rising from 0; -1 for a token in no word. A token that holds characters of several words joins them,
        for its score cannot be divided. One that shows nothing belongs to the token that it stands right
        before, and else to no word.
    """
    shows = offsets[:, 1] > offsets[:, 0]
    first = np.searchsorted(words[:, 1], offsets[:, 0], side="right")
    last = np.searchsorted(words[:, 0], offsets[:, 1], side="left") - 1
    held = shows & (first <= last)
    reached = np.maximum.accumulate(np.where(held, last, -1)) if len(offsets) else last
    begins = ~held | (first > np.concatenate([[-1], reached])[:-1])
    counted = shows if alone else held
    numbers = np.where(counted, np.cumsum(begins & counted) - 1, -1).astype(np.int32)
    for token in np.flatnonzero(~shows)[::-1].tolist():
        if token + 1 < len(offsets) and offsets[token + 1, 0] == offsets[token, 1]:
            numbers[token] = numbers[token + 1]
    return numbers
