"""Topics: the facts of one kind of subject, sentences that state them and questions that ask for them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bertqa_fast.data.corpus.world import World

_SLOT = re.compile(r"\{(\w+)\}")
_COUNTING = re.compile(r"\bhow (?:many|much)\b", re.IGNORECASE)

_PRONOUNS = frozenset({"he", "his", "him"})

Facts = Mapping[str, str]


@dataclass(frozen=True)
class Topic:
    """One kind of subject.

    Attributes
    ----------
    name : str
        Short name, part of every id.
    draw : callable
        Makes up the facts of one subject: slot name -> text.
    openings : tuple of str
        Wordings of the first sentence, which introduces the subject by name.
    lines : tuple of tuple of str
        For each further statement its wordings. Statements may be left out and come in any order, so each
        leans on the opening alone.
    asks : dict of str to tuple of str
        Slot -> wordings of the question whose answer is that slot.
    keys : tuple of str
        The slots that name the subject; a passage on several subjects uses only questions that hold one.
    """

    name: str
    draw: Callable[[World], dict[str, str]]
    openings: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    asks: Mapping[str, tuple[str, ...]]
    keys: tuple[str, ...] = ("name",)


@dataclass(frozen=True)
class Paragraph:
    """A paragraph on one subject, and where in it each slot is stated first (character span)."""

    text: str
    facts: Facts
    spans: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Ask:
    """A question on one paragraph: its slot, its text, and whether it asks how many or how much."""

    slot: str
    text: str
    counting: bool


def slots(template: str) -> set[str]:
    """Return the slot names of a template."""
    return set(_SLOT.findall(template))


def is_counting(question: str) -> bool:
    """Return whether a question asks "how many" or "how much"."""
    return _COUNTING.search(question) is not None


def fill(template: str, facts: Facts) -> tuple[str, dict[str, tuple[int, int]]]:
    """Put facts into a template and capitalise it.

    Returns
    -------
    tuple of str and dict
        The sentence, and for every slot the characters ``[start, end)`` of its first appearance.

    Raises
    ------
    KeyError
        If the template has a slot that is not among the facts.
    """
    text, position = "", 0
    spans: dict[str, tuple[int, int]] = {}
    for match in _SLOT.finditer(template):
        text += template[position : match.start()]
        value = facts[match[1]]
        spans.setdefault(match[1], (len(text), len(text) + len(value)))
        text += value
        position = match.end()
    text += template[position:]
    return text[0].upper() + text[1:], spans


def _sentence(
    wordings: tuple[str, ...], facts: Facts, rng: random.Random, told: set[str]
) -> tuple[str, dict[str, tuple[int, int]]]:
    """Choose and fill a wording: a new one, and one that does not begin with figures, if there is any."""
    fresh = [wording for wording in wordings if wording not in told] or list(wordings)
    graceful = [wording for wording in fresh if not fill(wording, facts)[0][0].isdigit()]
    wording = rng.choice(graceful or fresh)
    told.add(wording)
    return fill(wording, facts)


def write_paragraph(topic: Topic, world: World, lines: int, told: set[str]) -> Paragraph:
    """Make up a subject and write its opening and some further statements in random order.

    Parameters
    ----------
    topic, world : Topic, World
        What to write about, and where the facts come from.
    lines : int
        Number of further statements; at most all that the topic has are written.
    told : set of str
        Wordings that the passage has used; they are avoided, and those of this paragraph are added.
    """
    facts = topic.draw(world)
    rng = world.rng
    text, spans = _sentence(topic.openings, facts, rng, told)
    for wordings in rng.sample(topic.lines, min(lines, len(topic.lines))):
        sentence, found = _sentence(wordings, facts, rng, told)
        for slot, (start, end) in found.items():
            spans.setdefault(slot, (len(text) + 1 + start, len(text) + 1 + end))
        text += " " + sentence
    return Paragraph(text, facts, spans)


def questions(topic: Topic, paragraph: Paragraph, rng: random.Random, *, named: bool) -> list[Ask]:
    """List every question that the paragraph answers, in random order.

    A question is left out where it names a fact that the paragraph does not state or gives its own answer
    away, and, if `named`, where it does not name the subject.
    """
    asks = []
    for slot, wordings in topic.asks.items():
        if slot not in paragraph.spans:
            continue
        for wording in wordings:
            needed = slots(wording)
            if not needed - _PRONOUNS <= paragraph.spans.keys() | set(topic.keys):
                continue
            if named and not needed & set(topic.keys):
                continue
            text = fill(wording, paragraph.facts)[0]
            if paragraph.facts[slot].lower() not in text.lower():
                asks.append(Ask(slot, text, is_counting(text)))
    rng.shuffle(asks)
    return asks
