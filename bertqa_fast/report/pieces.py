"""The window as running text: the caller's own words, cut where the tokens are cut."""

from __future__ import annotations

from dataclasses import dataclass

from bertqa_fast.attribution.result import Attribution
from bertqa_fast.data.spelling import NO_TEXT, shown_tokens


@dataclass(frozen=True)
class Piece:
    """One token as it is shown.

    Attributes
    ----------
    index : int
        Position of the token in the window.
    before : str
        The text between the previous token of the segment and this one; a space before special tokens.
    text : str
        The characters that the token shows and no token before it does; a special token itself, and ``·`` for
        any other that has none, as the second byte of a character.
    special : bool
        Whether it is a special token.
    answer : bool
        Whether it lies in the explained span.
    """

    index: int
    before: str
    text: str
    special: bool
    answer: bool


def pieces(attribution: Attribution) -> list[Piece]:
    """Cut the question and the context into the window's tokens, in order.

    Parameters
    ----------
    attribution : Attribution
        Its offsets point into its ``question`` and ``context``.
    """
    texts = (attribution.question, attribution.context)
    first, last = attribution.span if attribution.span is not None else (1, 0)
    shown = []
    segment, end = -1, 0
    for index, token in enumerate(attribution.tokens):
        here = int(attribution.segment[index])
        start, stop = (int(edge) for edge in attribution.offsets[index])
        goes_on = here >= 0 and here == segment
        own = texts[here][max(start, end) if goes_on else start : stop] if here >= 0 else ""
        before = texts[here][end:start] if goes_on else " "
        shown.append(
            Piece(
                index=index,
                before=before if index else "",
                text=token if here < 0 else own or NO_TEXT,
                special=here < 0,
                answer=first <= index <= last,
            )
        )
        segment, end = here, max(stop, end) if goes_on else stop
    return shown


def labels(attribution: Attribution) -> list[str]:
    """Return what each token is called in figures and tables, T of them."""
    texts = (attribution.question, attribution.context)
    return shown_tokens(attribution.tokens, attribution.offsets, attribution.segment, texts)


def answer_text(attribution: Attribution) -> str:
    """Return the explained span as text; empty for classes and for spans of special tokens."""
    if attribution.span is None:
        return ""
    start, end = attribution.span
    segment = int(attribution.segment[start])
    if segment < 0 or segment != int(attribution.segment[end]):
        return ""
    text = (attribution.question, attribution.context)[segment]
    return text[int(attribution.offsets[start, 0]) : int(attribution.offsets[end, 1])]
