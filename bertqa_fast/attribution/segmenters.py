"""Words by a segmenter, for text whose tokenizer knows characters only: Chinese."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.data.words import number_words

if TYPE_CHECKING:
    from bertqa_fast.attribution.results import Attribution

Segmenter: TypeAlias = str | Callable[[str], Iterable[str]]

_NAMES = ("jieba",)


def segmented_word_ids(attribution: Attribution, segmenter: Segmenter) -> NDArray[np.int32]:
    """Return the word of each token ``[T]`` as a segmenter has them; -1 for special tokens.

    A token that holds characters of two words joins them, for its score cannot be divided. One that belongs
    to no word (a mark that the segmenter leaves out) is a word of its own.

    Raises
    ------
    TypeError, ValueError
        `segmenter` is neither a name that there is nor callable, or does not give words of the text.
    ImportError
        The segmenter of that name is not installed.
    """
    split = _find(segmenter)
    words = np.full(len(attribution.tokens), -1, dtype=np.int32)
    for segment, text in enumerate((attribution.question, attribution.context)):
        own = attribution.segment == segment
        words[own] = number_words(attribution.offsets[own], _edges(text, split(text)), alone=True)
    return words


def _edges(text: str, words: Iterable[str]) -> NDArray[np.int32]:
    """Return the first and one-past-last character of each word of a text ``[W, 2]``, blank ones left out."""
    edges, place = [], 0
    for word in words:
        if not isinstance(word, str):
            raise TypeError(f"segmenter must give words of type str, got {type(word).__name__}")
        start = text.find(word, place)
        if start < 0:
            raise ValueError(
                f"segmenter must give the words of the text in order, got {word!r} after {place}"
            )
        place = start + len(word)
        if word.strip():
            edges.append((start, place))
    return np.array(edges, dtype=np.int32).reshape(-1, 2)


def _find(segmenter: Segmenter) -> Callable[[str], Iterable[str]]:
    if isinstance(segmenter, str):
        if segmenter not in _NAMES:
            raise ValueError(f"segmenter must be callable or one of {', '.join(_NAMES)}, got {segmenter!r}")
        return _jieba()
    if not callable(segmenter):
        raise TypeError(
            f"segmenter must be callable or one of {', '.join(_NAMES)}, got {type(segmenter).__name__}"
        )
    return segmenter


@cache
def _jieba() -> Callable[[str], Iterable[str]]:
    """Return jieba's segmenter with its own dictionary.

    Its usual start keeps the dictionary in a file of a known name in the folder for temporary files, and
    trusts what it finds there; here it is read anew by each process, in about a second.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of outdated imports, and of escapes in its patterns
            import jieba
    except ImportError:
        raise ImportError(
            "segmenter 'jieba' is not installed: pip install 'bertqa_fast[jieba]'", name="jieba"
        ) from None
    tokenizer: Any = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    cut: Callable[[str], Iterable[str]] = tokenizer.lcut
    return cut
