"""Evenings at the theatre that did not go as planned."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    year = w.year(1860, 1995)
    return {
        "name": '"' + w.pick(_NAMES) + '"',
        "author": w.name(),
        "house": "the " + w.pick(("Alhambra", "Little Theatre", "Corn Exchange", "Palace", "Assembly Rooms")),
        "town": w.town(),
        "date": w.date(year),
        "star": w.name(),
        "part": w.pick(
            ("the king", "the miller's wife", "the ghost", "the drunken porter", "the talking bear")
        ),
        "ill": w.pick(("hiccups", "stage fright", "a swollen foot", "measles", "a lost voice")),
        "stand_in": w.name(),
        "stand_in_job": w.pick(
            (
                "the cloakroom attendant",
                "a fireman on duty",
                "the prompter",
                "a dentist from the front row",
                "the cook",
            )
        ),
        "lines": w.count(110, 480),
        "seats": w.count(300, 1900, 10),
        "empty": w.count(13, 99),
        "price": w.money(2, 12),
        "takings": w.money(400, 9000, 10),
        "mishap": w.pick(
            (
                "the moon fell down",
                "the curtain caught fire",
                "a goat ate the letter",
                "the trapdoor opened",
                "it began to rain in",
            )
        ),
        "act": w.pick(("the first act", "the second act", "the third act", "the last scene")),
        "saviour": w.name(),
        "saved": w.pick(
            (
                "by playing the fiddle",
                "by telling jokes",
                "with a bucket of sand",
                "by singing an aria",
                "with a ladder",
            )
        ),
        "calls": w.count(2, 12),
        "critic": w.name(),
        "paper": "the " + w.pick(("Evening Lantern", "Morning Courier", "Weekly Mirror", "Northern Post")),
        "verdict": w.pick(
            ("the best comedy of the year", "a triumph of plumbing", "an insult to bears", "pure magic")
        ),
        "later": w.count(100, 109),
    }


_NAMES = (
    "The Baron's Umbrella",
    "Two Doors Too Many",
    "The Silent Auctioneer",
    "A Bear for Breakfast",
    "The Wrong Bridegroom",
    "Midnight at the Mill",
    "The Borrowed Crown",
    "Aunt Eulalia's Will",
    "The Tin Prince",
    "Rain on Thursday",
)

TOPIC = Topic(
    name="performances",
    draw=_draw,
    openings=(
        "{name}, a play by {author}, was first performed at {house} in {town} on {date}.",
        "On {date} {house} in {town} gave the first performance of {name}, a play by {author}.",
        "The first night of {name} by {author}, on {date} at {house} in {town}, is still talked about.",
    ),
    lines=(
        (
            (
                "{star}, who was to play {part}, was kept away by {ill}, and "
                "{stand_in}, {stand_in_job}, stepped in."
            ),
            "Because {star} had come down with {ill}, the role of {part} fell to {stand_in}, {stand_in_job}.",
            "{stand_in_job}, {stand_in}, had to take over as {part} when {ill} struck {star}.",
        ),
        (
            "There were {lines} lines to learn and less than an hour to do it.",
            "The part has {lines} lines, and there was no time to learn them.",
        ),
        (
            "Of the {seats} seats {empty} were empty; tickets cost {price}, and {takings} was taken in.",
            "Tickets at {price} brought in {takings}, although {empty} of the {seats} seats stayed empty.",
            (
                "{takings} had been earned from tickets at {price}, and only "
                "{empty} seats out of {seats} were free."
            ),
        ),
        (
            "In {act}, {mishap}, but {saviour} rescued the evening {saved}.",
            "{mishap} during {act}; it was {saviour} who calmed the audience {saved}.",
            "When {mishap} in {act}, {saviour} kept everybody happy {saved}.",
        ),
        (
            "At the end the actors had to bow {calls} times.",
            "The applause called the actors back {calls} times.",
        ),
        (
            "{critic} of {paper} called it {verdict}.",
            'In {paper}, the critic {critic} wrote that it was "{verdict}".',
        ),
        (
            "It was performed {later} times in all.",
            "After {later} performances it was taken off.",
        ),
    ),
    asks={
        "author": ("Who wrote {name}?", "By whom is {name}?"),
        "house": ("At which theatre was {name} first performed?", "Which house first put on {name}?"),
        "town": ("In which town was {name} first seen?", "Where was the first night of {name}?"),
        "date": ("When was the first performance of {name}?", "On what day was {name} first played?"),
        "star": ("Who fell ill before the first night of {name}?", "Who was meant to play {part}?"),
        "part": ("What role did {stand_in} take over?", "Which part was {star} supposed to play?"),
        "ill": ("What was wrong with {star}?", "Why could {star} not appear?"),
        "stand_in": ("Who replaced {star}?", "Who took over a role in {name} at short notice?"),
        "stand_in_job": ("Who was {stand_in}?", "What was the usual work of {stand_in}?"),
        "lines": ("How many lines did the part have?", "How many lines had to be learned for {name}?"),
        "seats": ("How many seats did the theatre have?", "How many people could have watched {name}?"),
        "empty": ("How many seats were not sold for {name}?", "How many seats remained free at {name}?"),
        "price": ("How much was a ticket for {name}?", "How much did one pay to see {name}?"),
        "takings": (
            "How much money did the first night of {name} bring in?",
            "How much was earned with {name}?",
        ),
        "mishap": ("What went wrong in {name}?", "What happened during {act}?"),
        "act": ("When did the mishap occur in {name}?", "In which part of {name} was there a mishap?"),
        "saviour": ("Who saved the first night of {name}?", "Who calmed the audience of {name}?"),
        "saved": ("How did {saviour} save the evening?", "How was the audience of {name} kept happy?"),
        "calls": (
            "How many times did the actors in {name} have to bow?",
            "How many times were the actors called back?",
        ),
        "critic": ("Who reviewed {name}?", "Which critic wrote about {name}?"),
        "paper": ("In which newspaper was {name} reviewed?", "For which paper did {critic} write?"),
        "verdict": ("What did {critic} think of {name}?", "What did the newspaper call {name}?"),
        "later": ("How many times was {name} performed?", "How many performances of {name} were there?"),
    },
)
