"""Held out: observatories and telescopes."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    built = w.year(1862, 1975)
    return {
        "name": w.hill() + " Observatory",
        "town": w.town(),
        "built": str(built),
        "patron": w.name(),
        "patron_job": w.pick(
            ("a brewer", "a railway director", "a soap manufacturer", "an ironmaster", "a tea importer")
        ),
        "cost": w.money(30000, 990000, 1000),
        "altitude": w.count(1200, 3900) + " metres",
        "mirror": w.count(60, 400, 5) + " centimetres",
        "tons": w.count(3, 45) + " tonnes",
        "domes": w.count(2, 7),
        "maker": w.name(),
        "director": w.name(),
        "staff": w.count(13, 59),
        "nights": w.count(190, 310),
        "comets": w.count(4, 12),
        "asteroids": w.count(46, 900),
        "finder": w.name(),
        "star": w.pick(("Lumen Minor", "Tessa's Star", "the Copper Giant", "Pellow 7")),
        "found": str(built + w.number(5, 20)),
        "plates": w.count(4000, 98000, 50),
        "fire": str(built + w.number(21, 40)),
        "animal": w.pick(("wild goats", "porcupines", "foxes", "snow finches")),
        "visits": w.pick(("the first Friday", "the last Sunday", "the second Saturday")),
        "guests": w.count(30, 140),
        "road": str(built + w.number(41, 60)),
    }


TOPIC = Topic(
    name="observatories",
    draw=_draw,
    openings=(
        (
            "{name} stands {altitude} above sea level, a long drive from {town}, "
            "and has watched the sky since {built}."
        ),
        (
            "Astronomers have worked at {name} since {built}; the place lies at "
            "{altitude}, and the nearest town is {town}."
        ),
    ),
    lines=(
        (
            "{patron}, {patron_job}, had left {cost} for that very purpose.",
            "The {cost} it swallowed had been bequeathed by {patron}, {patron_job}.",
        ),
        (
            "Ground by {maker}, the main mirror has a diameter of {mirror} and a weight of {tons}.",
            (
                "Its largest mirror spans {mirror}, tips the scales at {tons} "
                "and came from the workshop of {maker}."
            ),
        ),
        (
            (
                "Under the guidance of {director}, {staff} people share {domes} "
                "domes and {nights} clear nights a year."
            ),
            (
                "The site offers {nights} clear nights a year and {domes} domes to "
                "the {staff} scientists around {director}."
            ),
        ),
        (
            "So far, {comets} comets and {asteroids} asteroids have been spotted from there.",
            (
                "The logbook lists {asteroids} asteroids and {comets} comets "
                "that were seen there before anywhere else."
            ),
        ),
        (
            "Fame arrived in {found}, when {finder} noticed a new star, since known as {star}.",
            "It was {finder} who, in {found}, identified the object now called {star}.",
        ),
        (
            "Of its photographic plates {plates} survived the fire of {fire}.",
            "A blaze in {fire} spared {plates} photographic plates.",
        ),
        (
            "On {visits} of the month up to {guests} members of the public are let in.",
            "The public, at most {guests} at a time, is welcome on {visits} of each month.",
        ),
        (
            "A paved road has reached it since {road}; before that, {animal} were the only company.",
            "Nobody but {animal} kept the astronomers company until a road was completed in {road}.",
        ),
    ),
    asks={
        "altitude": ("How high up is {name}?", "At what altitude was {name} built?"),
        "town": ("What is the nearest town to {name}?",),
        "built": ("Since when have astronomers used {name}?", "In what year did {name} start work?"),
        "patron": ("Who left the money for {name}?", "Whose inheritance made {name} possible?"),
        "patron_job": ("What was {patron}'s profession?",),
        "cost": ("How much did it cost to build {name}?", "How much money did {patron} leave?"),
        "maker": ("Who ground the mirror of {name}?", "Who made the mirror used at {name}?"),
        "mirror": ("What is the diameter of the mirror at {name}?", "How wide is the main mirror of {name}?"),
        "tons": ("How heavy is the mirror of {name}?", "How much does the main mirror at {name} weigh?"),
        "director": ("Who heads {name}?", "Who is in charge at {name}?"),
        "staff": ("How many scientists work at {name}?", "How many people are employed at {name}?"),
        "domes": ("How many domes does {name} have?",),
        "nights": ("How many clear nights are there at {name} in a year?",),
        "comets": ("How many comets were discovered at {name}?",),
        "asteroids": ("How many asteroids has {name} found?",),
        "finder": ("Who discovered {star}?", "Which astronomer made {name} famous?"),
        "star": ("What is the object called that {finder} discovered?",),
        "found": ("In which year was {star} discovered?",),
        "plates": (
            "How many photographic plates were not lost in the fire?",
            "How many plates of {name} survived?",
        ),
        "fire": ("When did {name} burn?",),
        "guests": ("How many visitors does {name} admit at once?",),
        "visits": ("When can the public visit {name}?",),
        "road": ("When was the road to {name} finished?",),
        "animal": ("Which animals live around {name}?",),
    },
)
