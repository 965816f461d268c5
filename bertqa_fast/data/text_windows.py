"""What a classifier reads of a text, ``[CLS] text [SEP]``, or of a pair, ``[CLS] text [SEP] pair [SEP]``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bertqa_fast.data.examples import TextExample
from bertqa_fast.data.pairs import PairTemplate, Tokens, tokenize
from bertqa_fast.data.windows import Window, join, require_count, require_text
from bertqa_fast.tokenizer import backend_of


def make_text_windows(
    tokenizer: Any, examples: Sequence[TextExample], *, max_length: int = 384
) -> list[Window]:
    """Make one window of each text, or pair of texts, cut off at `max_length` tokens.

    Parameters
    ----------
    tokenizer : transformers fast tokenizer or PlainTokenizer
        Must know offsets.
    examples : sequence of TextExample
        What to cut; texts and pairs may be mixed.
    max_length : int
        Tokens per window at most, special ones included.

    Returns
    -------
    list of Window
        As many as examples, in their order. ``segment`` is 0 in the first text, 1 in the second and -1 for
        special tokens.

    Raises
    ------
    TypeError
        `tokenizer` has no offsets, or `examples` holds something else.
    ValueError
        Naming ``max_length``, which must leave each text a token, or the ``text`` or ``text_pair`` of no
        tokens.

    Notes
    -----
    What is cut off is what transformers cuts off with ``truncation=True`` (longest first): of a pair the
    longer text until both are as long, then both; of an odd token the longer one has it, and of two that were
    as long the second.
    """
    backend = backend_of(tokenizer)
    require_count("max_length", max_length)
    for example in examples:
        if not isinstance(example, TextExample):
            raise TypeError(f"examples must hold TextExample, got {type(example).__name__}")
    if not examples:
        return []
    pairs = [e for e, example in enumerate(examples) if example.text_pair is not None]
    texts = tokenize(backend, [example.text for example in examples])
    seconds = dict(zip(pairs, tokenize(backend, [examples[e].text_pair or "" for e in pairs]), strict=True))
    single = PairTemplate.of_single(backend)
    pair = PairTemplate.of(backend) if pairs else single
    nothing = Tokens(np.zeros(0, np.int64), np.zeros((0, 2), np.int32), np.zeros(0, np.int32), [])

    windows = []
    for e, (example, text) in enumerate(zip(examples, texts, strict=True)):
        parts = {"text": text} | ({"text_pair": seconds[e]} if e in seconds else {})
        template = pair if e in seconds else single
        for name, part in parts.items():
            require_text(name, example, e, part)
        room = max_length - template.special
        if room < len(parts):
            raise ValueError(
                f"max_length must leave each text a token beside {template.special} special ones, "
                f"got {max_length} where {template.special + len(parts)} are needed"
            )
        second = seconds.get(e, nothing)
        first_count, second_count = _longest_first(len(text), len(second), room)
        second = second.part(0, second_count)
        everything = np.ones(len(second), dtype=np.bool_)
        windows.append(join(template, e, 0, text.part(0, first_count), second, everything, 0))
    return windows


def _longest_first(first: int, second: int, room: int) -> tuple[int, int]:
    """Return how many tokens of two texts are kept, `room` together."""
    if first + second <= room:
        return first, second
    half, longer_half = room // 2, room - room // 2
    if min(first, second) <= half:
        # The shorter fits beside what is left of the longer one.
        return (first, room - first) if first <= second else (room - second, second)
    return (longer_half, half) if first > second else (half, longer_half)
