"""The topics: templates and facts fit together, and a world never repeats itself."""

from __future__ import annotations

import random

import pytest

from bertqa_fast.data.corpus.names import HELD_OUT, TRAIN
from bertqa_fast.data.corpus.topic import Topic, fill, is_counting, questions, slots, write_paragraph
from bertqa_fast.data.corpus.topics import HELD_OUT_TOPICS, TRAIN_TOPICS
from bertqa_fast.data.corpus.world import World, in_words

drawn_from = random.Random
TOPICS = [*TRAIN_TOPICS, *HELD_OUT_TOPICS]
each_topic = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)


def test_topics_have_names_of_their_own() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS) >= 25


@each_topic
def test_templates_are_made_of_facts(topic: Topic) -> None:
    facts = topic.draw(World(drawn_from(0), TRAIN))
    for group in (topic.openings, *topic.lines, *topic.asks.values()):
        assert isinstance(group, tuple)
        for template in group:
            assert slots(template) <= facts.keys(), template
    assert all(
        template.endswith((".", '."')) for group in (topic.openings, *topic.lines) for template in group
    )
    assert all(set(topic.keys) & slots(opening) for opening in topic.openings)


@each_topic
def test_every_question_can_be_answered(topic: Topic) -> None:
    stated = {
        slot for group in (topic.openings, *topic.lines) for wording in group for slot in slots(wording)
    }
    for slot, wordings in topic.asks.items():
        assert slot in stated
        assert all(slots(wording) <= stated | {*topic.keys, "his"} for wording in wordings)


@each_topic
def test_every_topic_asks_how_many_and_other_things(topic: Topic) -> None:
    counting = [any(map(is_counting, wordings)) for wordings in topic.asks.values()]
    assert sum(counting) >= 4
    assert len(counting) - sum(counting) >= 8


@each_topic
def test_paragraphs_state_their_facts_where_they_say(topic: Topic) -> None:
    pool = TRAIN if topic in TRAIN_TOPICS else HELD_OUT
    for seed in range(20):
        world = World(drawn_from(seed), pool)
        paragraph = write_paragraph(topic, world, 99, set())
        for slot, (start, end) in paragraph.spans.items():
            assert paragraph.text[start:end].lower() == paragraph.facts[slot].lower()
        asks = questions(topic, paragraph, world.rng, named=True)
        assert len({ask.slot for ask in asks}) >= 12
        # A name may have been capitalised.
        names = [paragraph.facts[key][1:] for key in topic.keys]
        assert all(any(name in ask.text for name in names) for ask in asks)


def test_fill_tells_where_a_slot_first_stands() -> None:
    text, spans = fill("{a} and {b} and {a}", {"a": "the fox", "b": "a hen"})
    assert text == "The fox and a hen and the fox"
    assert spans == {"a": (0, 7), "b": (12, 17)}
    with pytest.raises(KeyError):
        fill("{c}", {"a": "the fox"})


def test_a_world_repeats_nothing() -> None:
    for seed in range(30):
        world = World(drawn_from(seed), TRAIN)
        assert len({world.number(2, 40) for _ in range(30)}) == 30
        assert len({world.town() for _ in range(60)}) == 60
        people = [world.someone() for _ in range(40)]
        assert len({person.last for person in people}) == 40
        assert all(person.name == f"{person.first} {person.last}" for person in people)


def test_dates_of_one_world_are_written_one_way() -> None:
    for seed in range(10):
        world = World(drawn_from(seed), TRAIN)
        dates = [world.date(1900 + number) for number in range(5)]
        assert len({date[0].isdigit() for date in dates}) == 1


def test_numbers_in_words() -> None:
    assert [in_words(n) for n in (0, 13, 20, 42, 99)] == [
        "zero",
        "thirteen",
        "twenty",
        "forty-two",
        "ninety-nine",
    ]
    assert len({in_words(n) for n in range(100)}) == 100
    for number in (-1, 100):
        with pytest.raises(ValueError, match=f"got {number}"):
            in_words(number)
