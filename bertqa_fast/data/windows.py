"""Windows: what a model reads of a question and its passage, ``[CLS] question [SEP] passage [SEP]``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.data.examples import QAExample, TextExample
from bertqa_fast.data.pairs import PairTemplate, Tokens, tokenize
from bertqa_fast.tokenizer import backend_of


@dataclass(frozen=True, eq=False, slots=True)
class Window:
    """One window over one example, without padding; ``T`` is its number of tokens, special ones included.

    Of a text to classify there is one window. Read "text" for question, and "second text" for context, which
    is empty where there is one text alone.

    Attributes
    ----------
    example : int
        Index into the list of examples that the windows were made from.
    index : int
        Number of the window within its example.
    input_ids, token_type_ids : int64 ``[T]``
        What the model is given.
    offsets : int32 ``[T, 2]``
        First and one-past-last character that each token shows of the question or the context, white space
        left out; (0, 0) for specials. See :mod:`bertqa_fast.data.words`.
    segment : int8 ``[T]``
        0 question, 1 context, -1 special.
    word_ids : int32 ``[T]``
        The number of the word within the whole question or context; -1 for special tokens, and for white
        space that is a token by itself.
    max_context : bool ``[T]``
        True for the context tokens that no other window of the example shows with more on both sides.
    context_first : int
        Number, within the whole tokenized context, of the first context token of this window.
    tokens : list of str
        The tokens' texts, ``T`` of them.
    """

    example: int
    index: int
    input_ids: NDArray[np.int64]
    token_type_ids: NDArray[np.int64]
    offsets: NDArray[np.int32]
    segment: NDArray[np.int8]
    word_ids: NDArray[np.int32]
    max_context: NDArray[np.bool_]
    context_first: int
    tokens: list[str]


def make_windows(
    tokenizer: Any,
    examples: Sequence[QAExample],
    *,
    max_length: int = 384,
    doc_stride: int = 128,
    max_query_length: int | None = None,
) -> list[Window]:
    """Cut examples into windows of at most `max_length` tokens.

    Parameters
    ----------
    tokenizer : transformers fast tokenizer or PlainTokenizer
        Must know offsets.
    examples : sequence of QAExample
        What to cut.
    max_length : int
        Tokens per window at most, special ones included.
    doc_stride : int
        How many context tokens the start of a window lies behind the start of the one before. (Hugging
        Face gives this name to the overlap instead.)
    max_query_length : int or None
        Question tokens beyond this many are cut off; None cuts nothing.

    Returns
    -------
    list of Window
        Grouped by example, in the order of the examples; every context token is in at least one window.

    Raises
    ------
    TypeError
        `tokenizer` has no offsets, or `examples` holds something else.
    ValueError
        Naming ``max_length``, ``doc_stride``, ``max_query_length``, the ``question`` that leaves no room for
        the context, or the ``question`` or ``context`` of no tokens.

    Notes
    -----
    Windows and the max-context rule, min(left, right) + 0.01 · length, are those of the run_squad script of
    Devlin et al. 2019; of two windows that show a token equally well the first has it.
    """
    backend = backend_of(tokenizer)
    for name, value in (("max_length", max_length), ("doc_stride", doc_stride)):
        require_count(name, value)
    if max_query_length is not None:
        require_count("max_query_length", max_query_length)
    for example in examples:
        if not isinstance(example, QAExample):
            raise TypeError(f"examples must hold QAExample, got {type(example).__name__}")
    if not examples:
        return []
    template = PairTemplate.of(backend)
    questions = tokenize(backend, [example.question for example in examples])
    # Neighbours in a reading data set share their passage: each is tokenized once.
    numbers: dict[str, int] = {}
    for example in examples:
        numbers.setdefault(example.context, len(numbers))
    contexts = tokenize(backend, list(numbers))

    windows: list[Window] = []
    for e, example in enumerate(examples):
        question, context = questions[e], contexts[numbers[example.context]]
        for name, sequence in (("question", question), ("context", context)):
            require_text(name, example, e, sequence)
        question = question.part(0, max_query_length)
        room = max_length - len(question) - template.special
        if room < 1:
            raise ValueError(
                f"question of {name_of(example, e)} has {len(question)} tokens, and wanted are at most "
                f"{max(0, max_length - template.special - 1)}: a window of max_length={max_length} with "
                f"{template.special} special tokens must leave room for the context. Shorten the question, "
                "or give max_query_length"
            )
        starts, owned = _spans(len(context), room, doc_stride)
        for index, start in enumerate(starts):
            part = context.part(start, start + room)
            mine = owned[index, start : start + len(part)]
            windows.append(join(template, e, index, question, part, mine, start))
    return windows


def _spans(count: int, room: int, stride: int) -> tuple[list[int], NDArray[np.bool_]]:
    """Return the windows' starts over `count` tokens, and ``[windows, count]``: who owns which token."""
    starts = [0]
    # Never advance by more than what a window shows: no token may fall between two windows.
    while starts[-1] + room < count:
        starts.append(starts[-1] + min(room, stride))
    if len(starts) == 1:
        return starts, np.ones((1, count), dtype=np.bool_)
    first = np.array(starts)[:, None]
    length = np.minimum(room, count - first)
    token = np.arange(count)[None, :]
    left, right = token - first, first + length - 1 - token
    score = np.where((left >= 0) & (right >= 0), np.minimum(left, right) + 0.01 * length, -1.0)
    return starts, score.argmax(axis=0)[None, :] == np.arange(len(starts))[:, None]


def join(
    template: PairTemplate,
    example: int,
    index: int,
    question: Tokens,
    context: Tokens,
    owned: NDArray[np.bool_],
    first: int,
) -> Window:
    """Put a question and a stretch of context together, ``[CLS] question [SEP] context [SEP]``.

    Parameters
    ----------
    template : PairTemplate
        What goes around the two.
    example, index, first : int
        `Window.example`, `Window.index` and `Window.context_first`.
    question, context : Tokens
        What is put together; either may have no tokens.
    owned : bool
        `Window.max_context` of the context's tokens.
    """
    before, between, after = template.before, template.between, template.after
    at_question = len(before.texts)
    at_context = at_question + len(question) + len(between.texts)
    count = at_context + len(context) + len(after.texts)
    types = np.concatenate(
        [
            before.types,
            np.full(len(question), template.question_type, dtype=np.int64),
            between.types,
            np.full(len(context), template.context_type, dtype=np.int64),
            after.types,
        ]
    )
    offsets = np.zeros((count, 2), dtype=np.int32)
    segment, words = np.full(count, -1, dtype=np.int8), np.full(count, -1, dtype=np.int32)
    for number, at, part in ((0, at_question, question), (1, at_context, context)):
        place = slice(at, at + len(part))
        offsets[place], segment[place], words[place] = part.offsets, number, part.words
    max_context = np.zeros(count, dtype=np.bool_)
    max_context[at_context : at_context + len(context)] = owned
    return Window(
        example=example,
        index=index,
        input_ids=np.concatenate([before.ids, question.ids, between.ids, context.ids, after.ids]),
        token_type_ids=types,
        offsets=offsets,
        segment=segment,
        word_ids=words,
        max_context=max_context,
        context_first=first,
        tokens=[*before.texts, *question.texts, *between.texts, *context.texts, *after.texts],
    )


def with_text(window: Window) -> NDArray[np.bool_]:
    """Say which tokens show text, ``[T]``: answers begin and end with such tokens."""
    return np.asarray(window.offsets[:, 1] > window.offsets[:, 0])


def name_of(example: QAExample | TextExample, number: int) -> str:
    """Name an example for messages, by its id or else its number."""
    return f"example {number}" if example.id is None else f"example {example.id!r}"


def require_text(name: str, example: QAExample | TextExample, number: int, tokens: Tokens) -> None:
    """Refuse the text of an example, called `name`, of which no token shows anything."""
    if not tokens.has_text:
        given = getattr(example, name)[:60]
        raise ValueError(
            f"{name} of {name_of(example, number)} has no tokens that show text, wanted one or more: "
            f"{given!r}"
        )


def require_count(name: str, value: object) -> None:
    """Refuse what is no int of 1 or more."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an int, got {type(value).__name__} {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be 1 or more, got {value}")
