"""Held out: islands and their inhabitants."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    settled = w.year(1640, 1870)
    plant = w.pick(("seaweed", "lavender", "daffodils", "potatoes", "samphire"))
    return {
        "name": w.pick(_NAMES),
        "port": w.town(),
        "ferry": w.count(25, 170) + " minutes",
        "distance": w.count(6, 24) + " miles",
        "area": w.count(3, 60) + " square kilometres",
        "people": w.count(61, 1900),
        "sheep": w.count(2000, 9900, 10),
        "cars": w.count(2, 12),
        "peak": w.hill(),
        "height": w.count(90, 890) + " metres",
        "settled": str(settled),
        "settler": w.name(),
        "families": w.count(4, 17),
        "reason": w.pick(
            ("religious freedom", "unpaid debts", "the whaling", "a shipwreck", "a failed rebellion")
        ),
        "plant": plant,
        "income": w.count(100, 900, 10) + " tons",
        "buyer": w.town(),
        "doctor": w.name(),
        "teacher": w.name(),
        "children": w.count(13, 24),
        "cable": str(w.year(1931, 1979)),
        "before": w.pick(("candles", "peat fires", "fish oil lamps", "windmills")),
        "bird": w.pick(("storm petrels", "razorbills", "ospreys", "sea eagles")),
        "pairs": w.count(25, 59),
        "watcher": w.name(),
        "queen": w.pick(("a golden spoon", "a harp", "a barrel of rum", "a stuffed seal")),
    }


_NAMES = (
    "Hestray",
    "Little Corrin",
    "Innisfall",
    "Saint Bride's Isle",
    "Skellow",
    "Great Maddy",
    "Torsay",
    "Pinnock",
    "Fennoway",
)

TOPIC = Topic(
    name="islands",
    draw=_draw,
    openings=(
        "The island of {name} lies {distance} off {port}, and the crossing takes {ferry}.",
        "It is a crossing of {ferry} from {port} to the island of {name}, {distance} away.",
    ),
    lines=(
        (
            "On its {area} dwell {people} islanders and {sheep} sheep, and there are {cars} cars.",
            (
                "{sheep} sheep outnumber the {people} islanders by far; {cars} "
                "cars are enough for an area of {area}."
            ),
        ),
        (
            "The highest point, {peak}, is {height} above the waves.",
            "{peak} is its highest point and climbs to {height}.",
        ),
        (
            "{families} families under {settler} settled there in {settled} because of {reason}.",
            "Driven by {reason}, {settler} arrived in {settled} with {families} families.",
        ),
        (
            "The islanders make a living from {plant}, of which {income} a year go to {buyer}.",
            "Every year {income} of {plant} are shipped to {buyer}, the main source of income.",
        ),
        (
            "{doctor} is the only doctor, and {teacher} teaches all {children} children in one room.",
            "All {children} children are taught by {teacher}; when somebody is ill, {doctor} is called.",
        ),
        (
            "Electricity came by cable in {cable}; until then people relied on {before}.",
            "People had relied on {before} before a cable brought electricity in {cable}.",
        ),
        (
            "{pairs} pairs of {bird} breed in the west, as {watcher}, the warden, has recorded.",
            "The warden, {watcher}, counts the {bird} each spring: there are {pairs} pairs.",
        ),
    ),
    asks={
        "port": ("From which port does one travel to {name}?",),
        "distance": ("How far is {name} from the mainland?", "How many miles separate {name} from {port}?"),
        "ferry": (
            "How long does it take to get to {name}?",
            "How much time does the crossing to {name} take?",
        ),
        "area": ("How large is {name}?", "What is the area of {name}?"),
        "people": ("How many people live on {name}?", "What is the population of {name}?"),
        "sheep": ("How many sheep are there on {name}?",),
        "cars": ("How many cars are on {name}?", "How many cars do the islanders have?"),
        "peak": ("What is the highest point of {name}?",),
        "height": ("How high is {peak}?",),
        "settler": ("Who led the first settlers of {name}?", "Who settled on {name}?"),
        "settled": ("When was {name} settled?", "In what year did {settler} come to {name}?"),
        "families": (
            "How many families came with {settler}?",
            "How many families were the first to live on {name}?",
        ),
        "reason": ("Why did {settler} go to {name}?",),
        "plant": ("What do the people of {name} live on?", "What is grown or gathered on {name} for sale?"),
        "income": ("How much {plant} does {name} sell each year?", "How much {plant} is shipped to {buyer}?"),
        "buyer": ("Where is the {plant} from {name} sold?",),
        "doctor": ("Who treats the sick on {name}?",),
        "teacher": ("Who is the teacher on {name}?",),
        "children": ("How many children go to school on {name}?", "How many pupils does {teacher} have?"),
        "cable": ("When did {name} get electricity?",),
        "before": ("What did the islanders use before there was electricity?",),
        "bird": ("Which rare birds breed on {name}?",),
        "pairs": ("How many pairs of {bird} are there on {name}?",),
        "watcher": ("Who counts the birds on {name}?", "Who is the warden of {name}?"),
    },
)
