"""Tokenized questions and contexts, and how a tokenizer puts the two together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class Tokens:
    """A tokenized text without special tokens; ``N`` is its number of tokens.

    Attributes
    ----------
    ids : int64 ``[N]``
        Numbers in the vocabulary.
    offsets : int32 ``[N, 2]``
        First and one-past-last character of each token.
    words : int32 ``[N]``
        The tokenizer's number of the word that the token is a piece of.
    texts : list of str
        The tokens as the vocabulary spells them.
    """

    ids: NDArray[np.int64]
    offsets: NDArray[np.int32]
    words: NDArray[np.int32]
    texts: list[str]

    def __len__(self) -> int:
        return len(self.texts)

    def part(self, first: int, end: int | None) -> Tokens:
        """Return the tokens from `first` up to, and without, `end`."""
        cut = slice(first, end)
        return Tokens(self.ids[cut], self.offsets[cut], self.words[cut], self.texts[cut])


def tokenize(backend: Tokenizer, texts: Sequence[str]) -> list[Tokens]:
    """Tokenize texts whole, without special tokens."""
    spelling: dict[int, str] = {}
    result = []
    for encoding in backend.encode_batch(list(texts), add_special_tokens=False):
        ids = encoding.ids
        # One string per entry of the vocabulary, not one per token: a data set has millions of tokens.
        spelling.update((i, _spelled(backend, i)) for i in set(ids) if i not in spelling)
        words = [-1 if word is None else word for word in encoding.word_ids]
        result.append(
            Tokens(
                np.array(ids, dtype=np.int64),
                np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2),
                np.array(words, dtype=np.int32),
                [spelling[i] for i in ids],
            )
        )
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
    """What a tokenizer puts before, between and after a question and a context.

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
        size = backend.get_vocab_size()
        if size <= sum(token.special for token in backend.get_added_tokens_decoder().values()):
            raise ValueError(f"tokenizer must have a vocabulary, got {size} special tokens alone")
        pair = backend.encode("a", "a")
        ids, types, sequence = pair.ids, pair.type_ids, pair.sequence_ids
        if 0 not in sequence or 1 not in sequence:
            raise ValueError("tokenizer must make a token of the letter 'a', got none")
        question, context = sequence.index(0), sequence.index(1)

        def specials(first: int, end: int) -> Specials:
            places = [i for i in range(first, end) if sequence[i] is None]
            chosen = [ids[i] for i in places]
            kinds = np.array([types[i] for i in places], dtype=np.int64)
            texts = [_spelled(backend, i) for i in chosen]
            return Specials(np.array(chosen, dtype=np.int64), kinds, texts)

        return cls(
            specials(0, question),
            specials(question, context),
            specials(context, len(ids)),
            types[question],
            types[context],
        )

    @property
    def special(self) -> int:
        """Number of special tokens around a pair."""
        return len(self.before.texts) + len(self.between.texts) + len(self.after.texts)
