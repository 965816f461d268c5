"""Held out: races on water, road and snow."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    year = w.year(1931, 2021)
    return {
        "name": f"the {year} " + w.pick(_NAMES),
        "start": w.town(),
        "finish": w.town(),
        "date": w.day(),
        "length": w.count(18, 290) + " kilometres",
        "starters": w.count(40, 260),
        "finishers": w.count(13, 39),
        "winner": w.name(),
        "second": w.name(),
        "third": w.name(),
        "time": w.count(4, 11) + " hours",
        "gap": w.count(14, 55) + " seconds",
        "age": w.count(16, 51),
        "job": w.pick(
            ("a plumber", "a dairy farmer", "a librarian", "a ballet dancer", "an air traffic controller")
        ),
        "prize": w.money(300, 20000, 50),
        "gift": w.pick(
            ("a cow", "a silver kettle", "a lifetime of free coffee", "a mountain hut", "a grandfather clock")
        ),
        "wins": w.count(2, 9),
        "marshal": w.name(),
        "disqualified": w.name(),
        "offence": w.pick(("taking a shortcut", "pushing a rival", "accepting a lift", "starting too early")),
        "obstacle": w.pick(
            ("a herd of sheep", "a fallen tree", "a locked level crossing", "thin ice", "a wedding party")
        ),
        "wait": w.count(3, 12) + " minutes",
        "spectators": w.count(1300, 48000, 100),
        "buns": w.count(300, 1290, 10),
        "helpers": w.count(56, 140),
    }


_NAMES = (
    "Lantern Regatta",
    "Salt Marsh Run",
    "Reindeer Derby",
    "Twin Lakes Ski Race",
    "Grand Barge Race",
    "Hill Cycle Tour",
)

TOPIC = Topic(
    name="races",
    draw=_draw,
    openings=(
        "{name}, held on {date}, took {starters} starters from {start} to {finish}.",
        (
            "On {date} a field of {starters} lined up in {start} for {name}, "
            "the finish of which was in {finish}."
        ),
    ),
    lines=(
        (
            "First across the line was {winner}, {gap} ahead of {second}; {third} came in third.",
            "{winner} triumphed, {second} followed {gap} later, and {third} had to make do with third place.",
        ),
        (
            "Just {finishers} of them completed the {length}, the fastest in {time}.",
            (
                "The course of {length} was so hard that a mere {finishers} reached "
                "the end, the best of them after {time}."
            ),
        ),
        (
            "At {age} years of age the champion, {job} by trade, had already collected {wins} victories.",
            "The champion was {age} years old, worked as {job} and had won {wins} times before.",
        ),
        (
            "The reward consisted of {gift} and {prize} in cash.",
            "{prize} and {gift} were handed over at the finish.",
        ),
        (
            "{disqualified} was struck off the list by the chief marshal, {marshal}, for {offence}.",
            "The chief marshal, {marshal}, disqualified {disqualified}, who had been seen {offence}.",
        ),
        (
            "At the halfway point {obstacle} held everybody up for {wait}.",
            "{obstacle} brought the whole field to a halt for {wait}.",
        ),
        (
            "{spectators} onlookers lined the course, and {helpers} stewards handed out {buns} buns.",
            "While {helpers} stewards gave away {buns} buns, {spectators} onlookers cheered.",
        ),
    ),
    asks={
        "start": ("Where did {name} start?",),
        "finish": ("Where did {name} end?", "In which town was the finish of {name}?"),
        "date": ("On what day was {name} held?",),
        "starters": ("How many people started in {name}?", "How many competitors took part in {name}?"),
        "winner": ("Who won {name}?", "Who was the winner of {name}?"),
        "second": ("Who came second in {name}?", "Who was the runner-up in {name}?"),
        "third": ("Who finished third in {name}?",),
        "gap": ("By how much did {winner} beat {second}?",),
        "finishers": ("How many competitors finished {name}?", "How many people got to the end of {name}?"),
        "length": ("How long was the course of {name}?", "What distance had to be covered in {name}?"),
        "time": ("What was the winning time in {name}?", "How long did the fastest competitor take?"),
        "age": ("How old was the winner of {name}?",),
        "job": ("What was the profession of the winner of {name}?",),
        "wins": (
            "How many races had the champion won before?",
            "How many earlier victories did the champion have?",
        ),
        "gift": ("What did the winner of {name} receive besides money?",),
        "prize": ("How much money did the winner of {name} get?", "How much was the cash prize in {name}?"),
        "disqualified": ("Who was disqualified in {name}?",),
        "marshal": ("Who was the chief marshal of {name}?",),
        "offence": ("Why was {disqualified} disqualified?",),
        "obstacle": ("What stopped the competitors of {name}?",),
        "wait": ("How long did the competitors in {name} have to wait?",),
        "spectators": ("How many people watched {name}?", "How many spectators were there at {name}?"),
        "buns": ("How many buns were given away at {name}?",),
        "helpers": ("How many stewards worked at {name}?",),
    },
)
