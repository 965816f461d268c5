"""Bridges and the people who built them."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    begun = w.year(1780, 1915)
    opened = begun + w.number(2, 12)
    material = w.rng.choice(("granite", "iron", "brick", "oak", "steel", "limestone"))
    return {
        "name": "the " + w.pick(_NAMES) + " Bridge",
        "river": "the " + w.river(),
        "town": w.town(),
        "far": w.town(),
        "begun": str(begun),
        "opened": w.date(opened),
        "material": material,
        "engineer": w.name(),
        "mayor": w.name(),
        "cost": w.money(11000, 950000, 1000),
        "arches": w.count(3, 22),
        "length": w.count(90, 900) + " metres",
        "height": w.count(13, 80) + " metres",
        "width": w.count(4, 19) + " metres",
        "workers": w.count(60, 1200),
        "killed": w.count(2, 12),
        "carts": w.count(300, 2900, 10),
        "toll": w.pick(("a penny", "two pence", "a silver groat", "half a crown", "three farthings")),
        "abolished": str(opened + w.number(15, 60)),
        "flood": str(opened + w.number(61, 90)),
        "lost": w.count(2, 6),
        "repair": w.count(7, 30) + " months",
        "lamps": w.count(16, 140),
        "statue": w.pick(
            ("a heron", "a lion", "a kneeling angel", "a ferryman", "a dolphin", "a crowned bear")
        ),
    }


_NAMES = (
    "Weavers'",
    "Old Market",
    "Empress",
    "Monk's",
    "Nine Elms",
    "Cathedral",
    "Saltway",
    "Falcon",
    "Charter",
    "Candlemaker",
    "Long Meadow",
    "Victory",
    "Swallowtail",
    "Gatehouse",
    "Bishop's",
    "Whitestone",
)

TOPIC = Topic(
    name="bridges",
    draw=_draw,
    openings=(
        "{name} crosses {river} at {town} and carries the road to {far}.",
        "Anyone who travels from {town} to {far} has to cross {river} by {name}.",
        "{name} spans {river} and links {town} with {far}.",
    ),
    lines=(
        (
            "Work on it began in {begun} and it was opened to traffic on {opened}.",
            "It was opened on {opened}, though the first stone had been laid in {begun}.",
            "Begun in {begun}, it was not ready for use until {opened}.",
        ),
        (
            "The engineer {engineer} chose {material} and kept the cost at {cost}.",
            "It was designed by {engineer}, is made of {material} and cost {cost}.",
            "For {cost}, {engineer} gave the town a bridge of solid {material}.",
        ),
        (
            "It rests on {arches} arches and is {length} long, {width} wide and {height} high.",
            (
                "Its {arches} arches stretch over {length}; the roadway is {width} "
                "wide and lies {height} above the water."
            ),
            (
                "With a length of {length}, a width of {width} and a height "
                "of {height}, it needs {arches} arches."
            ),
        ),
        (
            "{workers} labourers took part in the work, and {killed} of them lost their lives.",
            "Of the {workers} men who worked on the site, {killed} died in accidents.",
            "The site employed {workers} workers; a plaque names the {killed} who were killed.",
        ),
        (
            (
                "At first everybody paid {toll} to cross, until the mayor, {mayor}, "
                "did away with the charge in {abolished}."
            ),
            (
                "The toll was {toll}; it was abolished in {abolished} at the "
                "wish of {mayor}, who was mayor then."
            ),
            "{mayor} ended the toll of {toll} in {abolished}, soon after becoming mayor.",
        ),
        (
            "In {flood} a flood swept away {lost} of the piers, and the repair took {repair}.",
            "It took {repair} to mend the damage after high water destroyed {lost} piers in {flood}.",
        ),
        (
            "At night {lamps} lamps light it, and on the parapet stands the figure of {statue}.",
            "A bronze statue of {statue} looks down on the roadway, which is lit by {lamps} lamps.",
            "On a normal day {carts} vehicles pass over it, under {lamps} lamps and the statue of {statue}.",
        ),
    ),
    asks={
        "river": ("Which river does {name} cross?", "Over which water does {name} lead?"),
        "begun": (
            "When did the building of {name} start?",
            "In what year was the first stone of {name} laid?",
        ),
        "opened": ("On what day was {name} opened?", "When could people first use {name}?"),
        "engineer": (
            "Who designed {name}?",
            "Which engineer was responsible for {name}?",
            "Who was the builder of {name}?",
        ),
        "material": ("What is {name} made of?", "From which material was {name} built?"),
        "cost": (
            "How much did {name} cost?",
            "How much money was needed to build {name}?",
            "What did {name} cost?",
        ),
        "arches": ("How many arches does {name} have?", "On how many arches does {name} rest?"),
        "length": ("How long is {name}?", "What is the length of {name}?"),
        "width": ("How wide is {name}?", "What is the width of {name}?"),
        "height": ("How high is {name}?", "How far above the river is {name}?"),
        "workers": ("How many people worked on {name}?", "How many labourers did it take to build {name}?"),
        "killed": (
            "How many workers died during the building of {name}?",
            "How many people were killed on the site?",
        ),
        "toll": ("What did it once cost to cross {name}?", "What toll did travellers pay on {name}?"),
        "mayor": ("Who abolished the toll on {name}?", "Which mayor made {name} free of charge?"),
        "abolished": (
            "When did {name} become free of charge?",
            "Since what year has nobody paid to use {name}?",
        ),
        "flood": ("In which year was {name} damaged by a flood?", "When did high water damage {name}?"),
        "lost": (
            "How many piers of {name} were destroyed by the water?",
            "How many piers did the flood take from {name}?",
        ),
        "repair": ("How long did it take to repair {name}?",),
        "lamps": ("How many lamps are there on {name}?", "How many lights illuminate {name} after dark?"),
        "carts": ("How many vehicles use {name} every day?",),
        "statue": ("Whose statue stands on {name}?", "What does the statue on {name} show?"),
        "far": ("Which town can be reached from {town} over {name}?",),
    },
)
