"""Which cells of the attention matrix a zone masks.

Rows attend to columns. A window is ``[CLS] question [SEP] passage [SEP]``::

                [CLS]  question  [SEP]  passage  [SEP]
    [CLS]         .       c        .       d       .
    question      .      q2        .      q2p      .
    [SEP]         .       c        .       d       .
    passage       .      p2q       .      p2       .
    [SEP]         .       c        .       d       .

``special="keep"``: these four blocks, no more; special tokens are in no zone.
``special="reference"``: the cells that the published code masks (Cui et al. 2022,
https://github.com/ymcui/mrc-model-analysis, ``modeling.py``): ``p2q`` has ``c`` too, ``q2p`` has ``d``.
``special="segment"``: a special token belongs to the side that it closes, and [CLS] to the question's, as
their token types say; the four zones tile the matrix.

Zone ``all`` is the whole matrix, special tokens included, whatever ``special`` is. A row of which nothing is
left has no softmax, so ``all_mode`` says what stands in its place: ``"self"``, every token attends to itself
alone; ``"uniform"``, to all tokens equally; ``"reference"``, what the published code comes to: it adds the
same number to every score, which a softmax does not notice, so that nothing is masked.

Windows have no padding here, and padding in a batch is never attended to.

Of a classifier's pair of texts the first stands where the question does, and the second where the passage
does. A text alone is all question: its zones are ``q2`` and ``all``, and under ``special="reference"`` what
is left of ``p2q``, the text in the rows of special tokens ([CLS] among them, which the class is read from).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.options import check_choice
from bertqa_fast.data.windows import Window

ZONES = ("q2", "q2p", "p2q", "p2", "all")
ALL = "all"
SPECIAL = ("keep", "segment", "reference")
ALL_MODES = ("self", "uniform", "reference")

QUESTION, PASSAGE, NEITHER = 0, 1, 2
# (class of the row, class of the column)
_BLOCKS = {
    "q2": ((QUESTION, QUESTION),),
    "q2p": ((QUESTION, PASSAGE),),
    "p2q": ((PASSAGE, QUESTION),),
    "p2": ((PASSAGE, PASSAGE),),
    ALL: tuple((row, column) for row in range(3) for column in range(3)),
}
_SPECIAL_ROWS = {"q2p": ((NEITHER, PASSAGE),), "p2q": ((NEITHER, QUESTION),)}


def parse_zones(zones: str | Sequence[str], name: str = "zones") -> tuple[str, ...]:
    """Return the zones that are named, in the order given.

    Parameters
    ----------
    zones : str or sequence of str
        One of ``ZONES``, or several.
    name : str
        The argument, for messages.

    Raises
    ------
    TypeError, ValueError
        There is none, one comes twice, or one is unknown; the message lists those that there are.
    """
    given = [zones] if isinstance(zones, str) else zones
    if not isinstance(given, Sequence):
        raise TypeError(f"{name}: got {type(zones).__name__}, wanted a zone or a list of zones")
    found = tuple(given)
    for zone in found:
        if zone not in ZONES:
            raise ValueError(f"{name}: got {zone!r}, wanted some of {', '.join(ZONES)}")
    if not found or len(set(found)) < len(found):
        raise ValueError(f"{name}: got {list(found)}, wanted at least one zone, and each once")
    return found


def join_zones(zones: str | Sequence[str], special: str) -> tuple[str, ...]:
    """Return zones that can be masked together.

    Raises
    ------
    TypeError, ValueError
        As :func:`parse_zones`; or ``all`` comes with others, or together they leave some row nothing.
    """
    found = parse_zones(zones, "zone")
    check_choice("special", special, SPECIAL)
    if found == (ALL,):
        return found
    if ALL in found:
        raise ValueError(f"zone: got {list(found)}, but 'all' is the whole matrix; wanted it alone")
    table = zone_table(found, special)
    sides = (QUESTION, PASSAGE) if special == "segment" else (QUESTION, PASSAGE, NEITHER)
    for row in sides:
        if table[row, list(sides)].all():
            side = ("question", "passage", "special")[row]
            raise ValueError(
                f"zone: got {list(found)} with special={special!r}, which leaves {side} tokens nothing to "
                "attend to; wanted fewer zones, zone='all', or special='keep'"
            )
    return found


def zone_table(zones: Sequence[str], special: str = "keep") -> NDArray[np.bool_]:
    """Return what zones mask, by the classes of row and column: bool ``[3, 3]``.

    Classes are 0 question, 1 passage, 2 neither; see :func:`classes_of`.
    """
    table = np.zeros((3, 3), dtype=np.bool_)
    for zone in zones:
        blocks = _BLOCKS[zone] + (_SPECIAL_ROWS.get(zone, ()) if special == "reference" else ())
        for cell in blocks:
            table[cell] = True
    return table


def classes_of(window: Window, special: str = "keep") -> NDArray[np.int8]:
    """Return each token's class, int8 ``[T]``: 0 question side, 1 passage side, 2 neither.

    Special tokens are neither, or with ``special="segment"`` on a side: those before the passage on the
    question's, those after it on the passage's, which is what BERT's token types say.
    """
    classes = np.where(window.segment < 0, NEITHER, window.segment).astype(np.int8)
    if special == "segment":
        passage = np.flatnonzero(window.segment == 1)
        at_passage = int(passage[0]) if len(passage) else len(classes)
        later = np.arange(len(classes)) > at_passage
        classes = np.where(classes == NEITHER, np.where(later, PASSAGE, QUESTION), classes).astype(np.int8)
    return classes


def masked_cells(
    window: Window, zone: str | Sequence[str], *, special: str = "keep", all_mode: str = "self"
) -> NDArray[np.bool_]:
    """Return the cells whose attention scores do not count, bool ``[T, T]``: rows attend to columns.

    Parameters
    ----------
    window : Window
        T tokens, special ones included.
    zone : str or sequence of str
        One of ``ZONES``, or several of the first four together.
    special : {"keep", "segment", "reference"}
        Where special tokens belong.
    all_mode : {"self", "uniform", "reference"}
        What ``all`` means. Under ``"uniform"`` no score counts, and every cell is True; under
        ``"reference"`` nothing is masked, and none is.

    Raises
    ------
    TypeError, ValueError
        Naming ``zone``, ``special`` or ``all_mode``, what came and what was wanted.
    """
    zones = join_zones(zone, special)
    check_choice("all_mode", all_mode, ALL_MODES)
    count = len(window.segment)
    if zones == (ALL,):
        if all_mode == "self":
            return ~np.eye(count, dtype=np.bool_)
        return np.full((count, count), all_mode == "uniform")
    classes = classes_of(window, special)
    return np.asarray(zone_table(zones, special)[classes[:, None], classes])


def has_cells(window: Window, zones: Sequence[str], special: str = "keep") -> bool:
    """Return whether zones mask anything in a window: a text alone has no second text.

    Raises
    ------
    ValueError
        They leave some row of the window nothing: a text alone whose special tokens belong to it.
    """
    if tuple(zones) == (ALL,):
        return True
    masked = masked_cells(window, zones, special=special)
    if masked.all(axis=1).any():
        raise ValueError(
            f"zone: got {list(zones)} with special={special!r}, which leaves tokens of a text alone nothing "
            "to attend to; wanted zone='all', or special='keep'"
        )
    return bool(masked.any())
