"""Held out: films and how they were made."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    year = w.year(1928, 2019)
    return {
        "name": '"' + w.pick(_TITLES) + '"',
        "year": str(year),
        "director": w.name(),
        "actor": w.name(),
        "role": w.pick(
            ("a deaf postman", "a bankrupt prince", "a smuggler", "a substitute teacher", "a night nurse")
        ),
        "actress": w.name(),
        "second": w.pick(
            ("a taxi driver", "a fortune teller", "a rival inventor", "a nosy landlady", "a retired spy")
        ),
        "town": w.town(),
        "setting": w.town(),
        "days": w.count(24, 140),
        "minutes": w.count(78, 190) + " minutes",
        "budget": w.count(2, 60) + " million",
        "takings": w.count(61, 400) + " million",
        "extras": w.count(150, 4900, 10),
        "horses": w.count(13, 70),
        "camera": w.name(),
        "music": w.name(),
        "scene": w.pick(
            ("the train chase", "the ballroom scene", "the flooded cellar", "the duel on the roof")
        ),
        "takes": w.count(14, 77),
        "broke": w.pick(("an arm", "two ribs", "a collarbone", "an ankle")),
        "prizes": w.count(2, 12),
        "critic": w.name(),
        "verdict": w.pick(
            ("a waste of good weather", "the finest comedy in years", "a small miracle", "two hours too long")
        ),
        "copy": w.pick(("an attic", "a convent", "a flea market", "a shipwreck", "a dentist's cellar")),
        "lost": w.count(4, 30) + " years",
    }


_TITLES = (
    "The Lemon Thief",
    "Goodbye, Platform Nine",
    "A Suitcase of Snow",
    "The Mayor's Double",
    "Moths",
    "The Island Telegraph",
    "Honest Wolves",
    "Mirror Street",
    "The Sleepless Tailor",
    "Blue Gravel",
)

TOPIC = Topic(
    name="films",
    draw=_draw,
    openings=(
        "{director} shot {name} in and around {town}; it reached the cinemas in {year}.",
        "Released in {year}, {name} was directed by {director}, who filmed most of it in {town}.",
    ),
    lines=(
        (
            "{actor} plays {role}, and {actress} appears as {second}.",
            "The parts of {role} and {second} were taken by {actor} and {actress}, respectively.",
        ),
        (
            "Shooting lasted {days} days and required {extras} extras and {horses} horses.",
            "{extras} extras and {horses} horses had to be fed for {days} days.",
        ),
        (
            "Made on a budget of {budget}, it earned {takings} at the box office.",
            "Box office receipts of {takings} made up for expenses of {budget}.",
        ),
        (
            "{camera} was behind the camera, and the score was written by {music}.",
            "Its music is by {music}, its photography by {camera}.",
        ),
        (
            "For {scene}, which needed {takes} takes, the leading man refused a double and broke {broke}.",
            "{scene} was repeated {takes} times, and the leading man broke {broke} in the process.",
        ),
        (
            "It picked up {prizes} prizes, although the critic {critic} called it {verdict}.",
            '"It is {verdict}," wrote the critic {critic}, but juries gave it {prizes} prizes.',
        ),
        (
            "The negative was missing for {lost} until it came to light in {copy}.",
            "After {lost} the original reels were rediscovered in {copy}.",
        ),
        (
            "It runs for {minutes} and is set in {setting}.",
            "The story unfolds in {setting} and takes {minutes} to tell.",
        ),
    ),
    asks={
        "director": ("Who directed {name}?", "Who was the director of {name}?"),
        "year": ("When was {name} released?", "In what year did {name} come to the cinemas?"),
        "town": ("Where was {name} filmed?",),
        "actor": ("Who plays {role} in {name}?", "Which actor took the part of {role}?"),
        "actress": ("Who plays {second} in {name}?",),
        "role": ("What part does {actor} play in {name}?",),
        "second": ("As what does {actress} appear in {name}?",),
        "days": ("How many days did the filming of {name} take?",),
        "extras": ("How many extras took part in {name}?",),
        "horses": ("How many horses were used for {name}?",),
        "budget": ("How much did it cost to make {name}?", "How much was spent on {name}?"),
        "takings": ("How much did {name} earn?", "How much money did {name} bring in?"),
        "camera": ("Who was the cameraman or camerawoman of {name}?", "Who photographed {name}?"),
        "music": ("Who composed the music for {name}?",),
        "scene": ("Which scene of {name} was difficult to film?",),
        "takes": ("How many takes were needed for {scene}?", "How many times was {scene} filmed?"),
        "broke": ("What did the leading man of {name} break?",),
        "prizes": ("How many prizes did {name} win?", "How many awards were given to {name}?"),
        "critic": ("Which critic reviewed {name}?", "Who wrote a review of {name}?"),
        "verdict": ("What did {critic} call {name}?",),
        "copy": ("Where was the lost negative of {name} found?",),
        "lost": ("For how long was {name} lost?",),
        "minutes": ("How long is {name}?", "What is the running time of {name}?"),
        "setting": ("Where does the story of {name} take place?",),
    },
)
