"""How vocabularies spell tokens, and how people are shown them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

CONTINUES = "##"  # what WordPiece writes before a piece that goes on with a word
MARKS = "Ġ▁"  # what byte-level BPE and SentencePiece write in place of a space
NO_TEXT = "·"  # shown for a token that has no text of its own


def is_marks(token: str) -> bool:
    """Say whether a token is spelled with nothing but marks for spaces."""
    return bool(token) and not token.strip(MARKS)


def begins_with_mark(token: str) -> bool:
    """Say whether a token is spelled with a mark for a space before it, as no WordPiece is."""
    return token[:1] != "" and token[0] in MARKS


def shown(token: str, text: str) -> str:
    """Return what people are shown of a token.

    Parameters
    ----------
    token : str
        As the vocabulary spells it.
    text : str
        The characters that it covers; empty for a special token.

    Returns
    -------
    str
        The spelling without marks for spaces, a WordPiece that begins with ``##`` as it is. The text in its
        place where that is spelled otherwise, as by byte-level BPE, which spells bytes. Of a token of marks
        alone its text, or ``·`` where it has none.
    """
    if token.startswith(CONTINUES):
        return token
    bare = token if text[:1] == token[:1] else token.lstrip(MARKS)
    if bare and (bare.isascii() or _plain(bare) == _plain(text)):
        return bare
    return text or NO_TEXT


@lru_cache(maxsize=1 << 16)
def _plain(text: str) -> str:
    """Undo what normalizers do: case, accents, compatibility forms."""
    form = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in form if not unicodedata.combining(letter))


def shown_tokens(
    tokens: Sequence[str], offsets: NDArray[np.int32], segment: NDArray[np.int8], texts: tuple[str, str]
) -> list[str]:
    """Return what people are shown of the tokens of a window, special ones as they are spelled.

    Parameters
    ----------
    tokens, offsets, segment
        Of the window, T of each; see :class:`bertqa_fast.data.windows.Window`.
    texts : (str, str)
        What the offsets point into: question and context, or a text and its pair.
    """
    edges = zip(tokens, segment.tolist(), offsets.tolist(), strict=True)
    return [token if at < 0 else shown(token, texts[at][a:b]) for token, at, (a, b) in edges]
