"""Tokenized questions and contexts, and how a tokenizer puts the two together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer
from tokenizers.models import WordPiece

from bertqa_fast.data.words import number_words, split_words, tight_offsets


@dataclass(frozen=True, slots=True)
class Tokens:
    """A tokenized text without special tokens; ``N`` is its number of tokens.

    Attributes
    ----------
    ids : int64 ``[N]``
        Numbers in the vocabulary.
    offsets : int32 ``[N, 2]``
        First and one-past-last character that each token shows, without white space; of a byte of a longer
        character, that character. Equal where a token shows nothing, as a space in byte-level BPE.
    words : int32 ``[N]``
        The number of the word that the token is a piece of; -1 for none.
    texts : list of str
        The tokens as the vocabulary spells them.
    """

    ids: NDArray[np.int64]
    offsets: NDArray[np.int32]
    words: NDArray[np.int32]
    texts: list[str]

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def has_text(self) -> bool:
        """Whether any token shows text."""
        return bool((self.offsets[:, 1] > self.offsets[:, 0]).any())

    def part(self, first: int, end: int | None) -> Tokens:
        """Return the tokens from `first` up to, and without, `end`."""
        cut = slice(first, end)
        return Tokens(self.ids[cut], self.offsets[cut], self.words[cut], self.texts[cut])


def tokenize(backend: Tokenizer, texts: Sequence[str]) -> list[Tokens]:
    """Tokenize texts whole, without special tokens.

    Offsets and words are those of a WordPiece tokenizer; of any other those of
    :mod:`bertqa_fast.data.words`.
    """
    spelling: dict[int, str] = {}
    result = []
    words_of = None if isinstance(backend.model, WordPiece) else split_words(texts)
    for number, encoding in enumerate(backend.encode_batch(list(texts), add_special_tokens=False)):
        ids = encoding.ids
        # One string per entry of the vocabulary, not one per token: a data set has millions of tokens.
        spelling.update((i, _spelled(backend, i)) for i in set(ids) if i not in spelling)
        spelled = [spelling[i] for i in ids]
        offsets = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2)
        if words_of is None:
            found = [-1 if word is None else word for word in encoding.word_ids]
            words = np.array(found, dtype=np.int32)
        else:
            offsets = tight_offsets(texts[number], offsets, spelled)
            words = number_words(offsets, words_of[number])
        result.append(Tokens(np.array(ids, dtype=np.int64), offsets, words, spelled))
    return result


def _spelled(backend: Tokenizer, token: int) -> str:
    return backend.id_to_token(token) or ""  # None is for numbers that the tokenizer never gives


@dataclass(frozen=True, slots=True)
class Specials:
    """Neighbouring special tokens: ids and token types ``[N]``, and texts."""

    ids: NDArray[np.int64]
    types: NDArray[np.int64]
    texts: list[str]


@dataclass(frozen=True, slots=True)
class PairTemplate:
    """What a tokenizer puts before, between and after a question and a context, or any two texts.

    Attributes
    ----------
    before, between, after : Specials
        ``[CLS]``, ``[SEP]`` and ``[SEP]`` for BERT.
    question_type, context_type : int
        The token types of the two texts.
    """

    before: Specials
    between: Specials
    after: Specials
    question_type: int
    context_type: int

    @classmethod
    def of(cls, backend: Tokenizer) -> PairTemplate:
        """Read the template off an encoded pair, so that any tokenizer's own rule holds.

        Raises
        ------
        ValueError
            The tokenizer has no vocabulary, as one read from a folder without its files, or makes no token of
            a letter.
        """
        pair = _encoded(backend, "a", "a")
        question, context = pair.sequence_ids.index(0), pair.sequence_ids.index(1)
        return cls(
            _specials(backend, pair, 0, question),
            _specials(backend, pair, question, context),
            _specials(backend, pair, context, len(pair.ids)),
            pair.type_ids[question],
            pair.type_ids[context],
        )

    @classmethod
    def of_single(cls, backend: Tokenizer) -> PairTemplate:
        """Read off what is put around one text: a pair whose second text, and what follows it, is empty.

        Raises
        ------
        ValueError
            As :meth:`of`.
        """
        text = _encoded(backend, "a")
        place = text.sequence_ids.index(0)
        end = len(text.ids)
        return cls(
            _specials(backend, text, 0, place),
            _specials(backend, text, place, end),
            _specials(backend, text, end, end),
            text.type_ids[place],
            text.type_ids[place],
        )

    @property
    def special(self) -> int:
        """Number of special tokens around a pair."""
        return len(self.before.texts) + len(self.between.texts) + len(self.after.texts)


def _encoded(backend: Tokenizer, first: str, second: str | None = None) -> Encoding:
    """Encode one text or two, each of a letter, and see that every one has a token."""
    size = backend.get_vocab_size()
    if size <= sum(token.special for token in backend.get_added_tokens_decoder().values()):
        raise ValueError(f"tokenizer must have a vocabulary, got {size} special tokens alone")
    encoding = backend.encode(first, second)
    if not {0} | ({1} if second else set()) <= set(encoding.sequence_ids):
        raise ValueError("tokenizer must make a token of the letter 'a', got none")
    return encoding


def _specials(backend: Tokenizer, encoding: Encoding, first: int, end: int) -> Specials:
    """Return the special tokens from `first` up to, and without, `end`."""
    places = [i for i in range(first, end) if encoding.sequence_ids[i] is None]
    ids = [encoding.ids[i] for i in places]
    types = np.array([encoding.type_ids[i] for i in places], dtype=np.int64)
    return Specials(np.array(ids, dtype=np.int64), types, [_spelled(backend, i) for i in ids])
