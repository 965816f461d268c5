"""Space probes and what they measured."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    year = w.year(1968, 1998)
    return {
        "name": w.pick(_NAMES) + w.pick((" 1", " 2", " 3", "")),
        "target": w.pick(
            (
                "the comet Halvorsen",
                "the moon Tethra",
                "the asteroid Ondine",
                "the planet Kyros",
                "the moon Lir",
            )
        ),
        "launch": w.date(year),
        "site": w.town(),
        "arrival": str(year + w.number(2, 11)),
        "agency": w.pick(
            ("the Orbital Survey", "the Northern Space Office", "the Astral Institute", "the Sky Bureau")
        ),
        "chief": w.name(),
        "designer": w.name(),
        "cost": w.count(110, 980) + " million",
        "mass": w.count(160, 3900, 5) + " kilograms",
        "cameras": w.count(2, 7),
        "sensors": w.count(8, 19),
        "panels": w.count(20, 60) + " square metres",
        "pictures": w.count(1500, 88000),
        "distance": w.count(41, 990) + " kilometres",
        "speed": w.count(14, 40) + " kilometres a second",
        "found": w.pick(
            ("a ring of dust", "frozen ammonia", "an underground ocean", "a second core", "traces of methane")
        ),
        "craters": w.count(210, 1400),
        "fault": w.pick(
            ("a stuck antenna", "a broken gyroscope", "a loose cable", "a software error", "a leaking valve")
        ),
        "hours": w.count(3, 70),
        "fixer": w.name(),
        "message": w.pick(
            ("a copper plate", "a recording of whales", "a child's drawing", "a tiny flag", "a silver coin")
        ),
        "end": str(year + w.number(12, 24)),
        "signal": w.count(20, 300) + " minutes",
        "team": w.count(61, 640),
        "planet_temp": "minus " + w.count(100, 240) + " degrees",
    }


_NAMES = (
    "Albatross",
    "Pathfinder of Dawn",
    "Hermia",
    "Borealis",
    "Sparrowhawk",
    "Candela",
    "Nomad",
    "Vesper",
    "Meridian",
    "Thalassa",
    "Corvid",
    "Lodestar",
    "Argent",
    "Pilgrim",
)

TOPIC = Topic(
    name="probes",
    draw=_draw,
    openings=(
        "The space probe {name} was launched from {site} on {launch} to explore {target}.",
        "On {launch} a rocket left {site} with the probe {name}, whose destination was {target}.",
        "{name}, a space probe bound for {target}, lifted off at {site} on {launch}.",
    ),
    lines=(
        (
            "It was built for {agency} under the direction of {chief}, after a design by {designer}.",
            "{chief} led the mission for {agency}; the craft itself was designed by {designer}.",
            "{designer} had drawn the craft, {agency} ordered it, and {chief} directed the flight.",
        ),
        (
            (
                "It weighed {mass}, carried {cameras} cameras and {sensors} other "
                "instruments, and had solar panels of {panels}."
            ),
            (
                "On board were {cameras} cameras and {sensors} further instruments, fed by "
                "{panels} of solar panels; the mass was {mass}."
            ),
            (
                "With {sensors} instruments, {cameras} cameras and {panels} of "
                "solar cells, it came to a weight of {mass}."
            ),
        ),
        (
            "The project cost {cost} and employed {team} people.",
            "A team of {team} worked on it, with a budget of {cost}.",
        ),
        (
            (
                "In {arrival} it arrived, passed its target at a distance of "
                "{distance} and sent home {pictures} pictures."
            ),
            (
                "It reached its target in {arrival}, took {pictures} photographs "
                "and came as close as {distance}."
            ),
            "The encounter came in {arrival}: {pictures} images were taken from {distance} away.",
        ),
        (
            "It discovered {found}, counted {craters} craters and measured {planet_temp}.",
            (
                "The data showed {craters} craters, a temperature of {planet_temp} "
                "and, to everyone's surprise, {found}."
            ),
        ),
        (
            "Halfway there, {fault} silenced it for {hours} hours, until {fixer} found a remedy.",
            "{fixer} saved the mission when {fault} had cut off all contact for {hours} hours.",
            "Contact was lost for {hours} hours because of {fault}; the solution came from {fixer}.",
        ),
        (
            "It travels at {speed}, and a signal takes {signal} to reach us.",
            "Its signals are {signal} old when they arrive, for it moves away at {speed}.",
        ),
        (
            "For anyone who may find it, {message} is fixed to its side; the radio fell silent in {end}.",
            "The last signal came in {end}, but {message} on its hull will last for ages.",
        ),
    ),
    asks={
        "target": ("What was {name} sent to explore?", "What was the destination of {name}?"),
        "launch": ("When was {name} launched?", "On what day did {name} leave the ground?"),
        "site": ("From where was {name} launched?", "At which place did {name} take off?"),
        "agency": ("Which organisation ordered {name}?", "For whom was {name} built?"),
        "chief": ("Who directed the mission of {name}?", "Who was in charge of {name}?"),
        "designer": ("Who designed {name}?", "Whose design was used for {name}?"),
        "mass": ("How much did {name} weigh?", "What was the mass of {name}?"),
        "cameras": ("How many cameras did {name} carry?", "How many cameras were on board {name}?"),
        "sensors": (
            "How many instruments did {name} have besides the cameras?",
            "How many other instruments did {name} carry?",
        ),
        "panels": (
            "How large were the solar panels of {name}?",
            "What area did the solar panels of {name} have?",
        ),
        "cost": ("How much did {name} cost?", "How much money did the {name} project need?"),
        "team": ("How many people worked on {name}?", "How large was the team behind {name}?"),
        "arrival": ("In what year did {name} reach its target?", "When did {name} get to {target}?"),
        "pictures": ("How many pictures did {name} take?", "How many photographs were sent home by {name}?"),
        "distance": (
            "How close did {name} come to its target?",
            "At what distance did {name} pass {target}?",
        ),
        "found": ("What did {name} discover?", "Which discovery of {name} was a surprise?"),
        "craters": ("How many craters did {name} see?", "How many craters were counted by {name}?"),
        "planet_temp": ("What temperature did {name} measure?", "How cold is it on {target}?"),
        "fault": ("What went wrong with {name}?", "Why was contact with {name} lost?"),
        "hours": (
            "For how many hours was {name} silent?",
            "How many hours went by without contact with {name}?",
        ),
        "fixer": ("Who saved {name}?", "Who solved the problem with {name}?"),
        "speed": ("How fast is {name}?", "At what speed does {name} travel?"),
        "signal": (
            "How long does a signal from {name} take?",
            "How much time do the signals of {name} need to reach us?",
        ),
        "message": (
            "What does {name} carry for those who may find it?",
            "What is attached to the outside of {name}?",
        ),
        "end": ("When was {name} last heard from?", "In which year did {name} stop sending?"),
    },
)
