"""Inventions, patents and how they fared."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    who = w.someone()
    year = w.year(1830, 1985)
    return {
        "name": "the " + w.pick(_NAMES),
        "inventor": who.name,
        "last": who.last,
        "he": who.he,
        "his": who.his,
        "town": w.town(),
        "year": str(year),
        "patent": w.date(year + w.number(1, 4)),
        "number": w.count(10000, 99000),
        "tries": w.count(14, 290),
        "years": w.count(2, 11),
        "workplace": w.pick(
            ("a cow shed", "an attic", "a flooded cellar", "a chapel", "a laundry", "a rented garage")
        ),
        "parts": w.count(30, 420),
        "weight": w.count(2, 90) + " kilograms",
        "price": w.money(3, 480),
        "sold": w.count(700, 95000, 100),
        "helper": w.name(),
        "investor": w.name(),
        "loan": w.money(1000, 50000, 500),
        "rival": w.name(),
        "court": w.town(),
        "damages": w.money(600, 40000, 100),
        "fair": w.town(),
        "medal": w.pick(("a gold medal", "a silver medal", "an honourable mention", "a bronze cup")),
        "fair_year": str(year + w.number(5, 12)),
        "visitors": w.count(1100, 9000, 50),
        "left": w.count(3, 12),
        "museum": w.town(),
        "fuel": w.pick(
            ("steam", "compressed air", "a coiled spring", "paraffin", "a falling weight", "a foot pedal")
        ),
    }


_NAMES = (
    "self-winding umbrella",
    "potato sorter",
    "mechanical letter opener",
    "rain organ",
    "folding piano",
    "rope climber",
    "hay compressor",
    "automatic page turner",
    "egg lifter",
    "double kettle",
    "road sweeper",
    "snow brush",
    "cherry stoner",
    "pocket barometer",
    "walking plough",
    "shoe polisher",
)

TOPIC = Topic(
    name="inventions",
    keys=("name", "last"),
    draw=_draw,
    openings=(
        "{name} was invented in {year} by {inventor} of {town}.",
        "In {year} {inventor}, who lived in {town}, came up with {name}.",
        "It was in {town} that {inventor} built the first model of {name} in {year}.",
    ),
    lines=(
        (
            "After {tries} failed attempts and {years} years of work in {workplace}, it finally ran.",
            "{he} worked on it for {years} years in {workplace} and threw away {tries} models.",
            "It took {years} years and {tries} trials, all carried out in {workplace}.",
        ),
        (
            "It had {parts} parts, weighed {weight} and was driven by {fuel}.",
            "Driven by {fuel}, the device weighed {weight} and consisted of {parts} pieces.",
            "The machine, {weight} in weight, was put together from {parts} parts and ran on {fuel}.",
        ),
        (
            "The patent, number {number}, was granted on {patent}.",
            "On {patent} the office granted patent number {number}.",
        ),
        (
            "{investor} lent {loan} for the first workshop, and {helper} did the drawings.",
            "The drawings were made by {helper}; the money, {loan}, was put up by {investor}.",
            "Without {loan} from {investor} and the drawings of {helper}, nothing would have come of it.",
        ),
        (
            "It was sold at {price} apiece, and {sold} were bought within a decade.",
            "{sold} customers paid {price} each for one.",
            "At {price} it was not cheap, yet {sold} of them found a buyer.",
        ),
        (
            "{rival} copied the design and had to pay {damages} after a trial in {court}.",
            "A court in {court} made {rival}, who had copied it, pay {damages}.",
        ),
        (
            "At the {fair} fair of {fair_year} it won {medal} and was admired by {visitors} visitors.",
            "It was given {medal} at {fair} in {fair_year}, where {visitors} people queued to see it.",
            (
                "{visitors} people saw it at the exhibition in {fair} in "
                "{fair_year}, and the jury awarded it {medal}."
            ),
        ),
        (
            "Only {left} of them are left, one of which stands in the museum of {museum}.",
            "The museum in {museum} shows one of the {left} that have survived.",
        ),
    ),
    asks={
        "inventor": ("Who invented {name}?", "To whom do we owe {name}?", "Who was the inventor of {name}?"),
        "town": ("Where was {name} invented?", "In which town did the inventor of {name} live?"),
        "year": ("When was {name} invented?", "In what year did {inventor} come up with {name}?"),
        "tries": (
            "How many attempts failed before {name} worked?",
            "How many times did {last} fail with {name}?",
        ),
        "years": (
            "How many years did {inventor} work on {name}?",
            "How many years did it take to develop {name}?",
        ),
        "workplace": ("Where did {inventor} work on {name}?", "In what kind of place was {name} developed?"),
        "parts": ("How many parts did {name} have?", "Of how many pieces did {name} consist?"),
        "weight": ("How much did {name} weigh?", "How heavy was {name}?"),
        "fuel": ("What drove {name}?", "How was {name} powered?"),
        "patent": ("When was {name} patented?", "On what date was the patent for {name} granted?"),
        "number": (
            "What was the number of the patent for {name}?",
            "Under which number was {name} patented?",
        ),
        "investor": ("Who lent money for {name}?", "Who financed {name}?"),
        "loan": ("How much did {investor} lend?", "How much money was put into {name} at the start?"),
        "helper": ("Who drew the plans for {name}?", "Who made the drawings of {name}?"),
        "price": ("How much did {name} cost?", "How much did customers pay for {name}?"),
        "sold": ("How many pieces of {name} were sold?", "How many people bought {name}?"),
        "rival": ("Who copied {name}?", "Who stole the design of {name}?"),
        "damages": (
            "How much did {rival} have to pay?",
            "How much did it cost {rival} to have copied {name}?",
        ),
        "court": ("Where was the trial about {name} held?", "In which town did a court decide about {name}?"),
        "fair": ("At the fair of which town was {name} shown?", "Where did {name} win {medal}?"),
        "medal": ("Which award did {name} win?", "What was given to {name} in {fair_year}?"),
        "fair_year": ("When was {name} shown in {fair}?", "In which year did {name} win {medal}?"),
        "visitors": (
            "How many people saw {name} in {fair}?",
            "How many visitors admired {name} at the fair?",
        ),
        "left": ("How many examples of {name} still exist?", "How many of {name} have survived?"),
        "museum": ("Where can {name} be seen today?", "In which town's museum is {name} shown?"),
    },
)
