"""Railway lines."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    opened = w.year(1838, 1900)
    start, end = w.town(), w.town()
    return {
        "name": "the " + w.pick(_NAMES) + " Railway",
        "start": start,
        "end": end,
        "opened": w.date(opened),
        "length": w.count(14, 290) + " miles",
        "stations": w.count(7, 44),
        "tunnels": w.count(2, 13),
        "viaducts": w.count(3, 21),
        "longest": w.count(600, 5900, 10) + " yards",
        "summit": w.hill(),
        "height": w.count(900, 2400) + " feet",
        "engineer": w.name(),
        "chairman": w.name(),
        "cost": w.money(50000, 990000, 1000),
        "engine": w.pick(
            ("Hercules", "Morning Star", "Lady Maud", "Grasshopper", "Vulcan's Pride", "Thistle")
        ),
        "speed": w.count(20, 75) + " miles an hour",
        "maker": w.name(),
        "coaches": w.count(4, 15),
        "goods": w.pick(("slate", "milk", "timber", "fish", "coal", "hops")),
        "load": w.count(300, 2900, 10) + " tons",
        "passengers": w.count(3000, 80000, 100),
        "fare": w.money(2, 12),
        "crash": str(opened + w.number(6, 20)),
        "injured": w.count(14, 80),
        "signalman": w.name(),
        "closed": str(opened + w.number(50, 95)),
        "reopened": str(opened + w.number(96, 120)),
        "volunteers": w.count(81, 490),
        "minutes": w.count(35, 200) + " minutes",
    }


_NAMES = (
    "Slate Valley",
    "Border Counties",
    "Moorland Light",
    "East Fells",
    "Coastal",
    "Three Valleys",
    "Northern Hop",
    "Lakeside",
    "Heathland",
    "Great Eastern Marsh",
    "Grey Mountain",
    "Quarrymen's",
)

TOPIC = Topic(
    name="railways",
    draw=_draw,
    openings=(
        "{name} was opened on {opened} and runs for {length} from {start} to {end}.",
        "On {opened} the first train of {name} left {start} for {end}, {length} away.",
        "{start} and {end}, {length} apart, have been joined by {name} since {opened}.",
    ),
    lines=(
        (
            "There are {stations} stations, {tunnels} tunnels and {viaducts} viaducts along the line.",
            (
                "On its way it passes {viaducts} viaducts and {tunnels} "
                "tunnels and stops at {stations} stations."
            ),
            (
                "The engineers needed {tunnels} tunnels and {viaducts} viaducts "
                "to connect the {stations} stations."
            ),
        ),
        (
            "The longest tunnel measures {longest}; the summit, at {summit}, is {height} above the sea.",
            (
                "At {summit} the line reaches {height}, its highest point, and the "
                "longest tunnel has a length of {longest}."
            ),
        ),
        (
            "{engineer} surveyed the route for the chairman, {chairman}, and {cost} was spent on it.",
            "The chairman, {chairman}, had raised {cost}; the route was chosen by {engineer}.",
            (
                "It was surveyed by {engineer} and cost {cost}, most of it "
                "collected by {chairman}, the chairman."
            ),
        ),
        (
            'The best known engine, "{engine}", was built by {maker} and reached {speed}.',
            '{maker} supplied an engine called "{engine}", which could do {speed}.',
            'At {speed}, the engine "{engine}" from the works of {maker} was the fastest of its day.',
        ),
        (
            "A train of {coaches} coaches needed {minutes} for the whole trip, and the fare was {fare}.",
            "For {fare} passengers sat for {minutes} in one of the {coaches} coaches.",
            "The trip took {minutes} and cost {fare}; each train had {coaches} coaches.",
        ),
        (
            "In a year it carried {passengers} passengers and {load} of {goods}.",
            "{load} of {goods} and {passengers} passengers were moved every year.",
        ),
        (
            "In {crash} a mistake of the signalman {signalman} led to a collision with {injured} injured.",
            (
                "{injured} people were hurt in a collision in {crash}, for which "
                "{signalman}, a signalman, was blamed."
            ),
        ),
        (
            "Closed in {closed}, it was brought back to life in {reopened} by {volunteers} volunteers.",
            (
                "The last regular train ran in {closed}; {volunteers} volunteers "
                "reopened the line in {reopened}."
            ),
            "{volunteers} enthusiasts have run it since {reopened}, long after it was closed in {closed}.",
        ),
    ),
    asks={
        "start": ("Where does {name} begin?", "From which town did the first train of {name} leave?"),
        "end": ("Where does {name} end?", "To which town does {name} lead?"),
        "opened": ("When was {name} opened?", "On what date did trains begin to run on {name}?"),
        "length": ("How long is {name}?", "How far is it from {start} to {end} by train?"),
        "stations": ("How many stations does {name} have?", "How many stations are there on {name}?"),
        "tunnels": ("How many tunnels does {name} have?", "How many tunnels were dug for {name}?"),
        "viaducts": (
            "How many viaducts are there on {name}?",
            "How many viaducts had to be built for {name}?",
        ),
        "longest": ("How long is the longest tunnel of {name}?",),
        "summit": ("Where is the highest point of {name}?", "What is the summit of {name} called?"),
        "height": ("At what height is the summit of {name}?", "How high does {name} climb?"),
        "engineer": ("Who surveyed the route of {name}?", "Who chose the route of {name}?"),
        "chairman": ("Who was the chairman of {name}?", "Who raised the money for {name}?"),
        "cost": ("How much did {name} cost?", "How much money was needed for {name}?"),
        "engine": (
            "What was the best known engine of {name} called?",
            "What is the name of an engine that ran on {name}?",
        ),
        "maker": ("Who built the engine {engine}?", "Who supplied an engine to {name}?"),
        "speed": ("How fast was {engine}?", "What speed did the engine of {name} reach?"),
        "coaches": (
            "How many coaches did a train of {name} have?",
            "Of how many coaches was a train on {name} made up?",
        ),
        "minutes": ("How long did the trip on {name} take?", "How much time did a trip on {name} take?"),
        "fare": ("How much was the fare on {name}?", "How much did passengers of {name} pay?"),
        "passengers": (
            "How many passengers used {name} in a year?",
            "How many people travelled on {name} each year?",
        ),
        "load": ("How much {goods} did {name} carry?", "How much freight was carried by {name} every year?"),
        "goods": ("What did {name} carry besides passengers?", "Which goods were moved on {name}?"),
        "crash": ("When was there an accident on {name}?", "In what year did trains of {name} collide?"),
        "injured": ("How many people were injured on {name}?", "How many people were hurt in {crash}?"),
        "signalman": ("Who caused the accident on {name}?", "Whose mistake led to the collision on {name}?"),
        "closed": ("In which year was {name} closed?", "When did regular service on {name} stop?"),
        "reopened": ("When was {name} reopened?", "Since what year has {name} been running again?"),
        "volunteers": (
            "How many volunteers work for {name}?",
            "How many enthusiasts brought {name} back to life?",
        ),
    },
)
