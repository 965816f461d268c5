"""Lighthouses and their keepers."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    lit = w.year(1760, 1910)
    return {
        "name": "the " + w.pick(_NAMES) + " lighthouse",
        "near": w.town(),
        "lit": w.date(lit),
        "builder": w.name(),
        "height": w.count(18, 70) + " metres",
        "steps": w.count(90, 390),
        "range": w.count(13, 40) + " nautical miles",
        "seconds": w.count(3, 12) + " seconds",
        "colour": w.pick(("red and white", "plain grey", "black and yellow", "chalk white", "dark green")),
        "fuel": w.pick(("whale oil", "paraffin", "rapeseed oil", "coal", "gas")),
        "electric": str(lit + w.number(40, 80)),
        "keeper": w.name(),
        "years": w.count(13, 47),
        "assistant": w.name(),
        "wreck": "the " + w.pick(("Corncrake", "Amity", "Star of Valdora", "Three Brothers", "Glad Tidings")),
        "wreck_year": str(lit + w.number(5, 30)),
        "saved": w.count(6, 48),
        "rower": w.name(),
        "walls": w.count(2, 5) + " metres",
        "stone": w.pick(("granite", "sandstone", "brick", "basalt", "limestone")),
        "cost": w.money(4000, 96000, 100),
        "boats": w.count(50, 300),
        "auto": str(lit + w.number(85, 110)),
        "use": w.pick(("a guest house", "a museum", "a weather station", "a writer's retreat")),
        "beds": w.count(4, 14),
        "bird": w.pick(("puffins", "gannets", "terns", "cormorants")),
        "nests": w.count(400, 3900),
    }


_NAMES = (
    "Gull Point",
    "Widow's Rock",
    "South Skerry",
    "Anvil Head",
    "Needle Reef",
    "Cape Sorrow",
    "Ness Holm",
    "Sugarloaf",
    "Stack Rock",
    "Outer Shoal",
    "Hook Sand",
    "Broken Tooth",
)

TOPIC = Topic(
    name="lighthouses",
    draw=_draw,
    openings=(
        "{name}, off the coast near {near}, was built by {builder} and first lit on {lit}.",
        (
            "On {lit} the lamp of {name}, the work of {builder}, shone over "
            "the sea near {near} for the first time."
        ),
        "{builder} built {name} near {near}, and its lamp was lit on {lit}.",
    ),
    lines=(
        (
            "The tower, painted {colour}, is {height} high and has {steps} steps.",
            "One climbs {steps} steps to the top of the tower, which is {height} high and painted {colour}.",
            "{steps} steps lead up the tower; it is {height} tall and its colour is {colour}.",
        ),
        (
            "Its beam flashes every {seconds} and can be seen from {range} away.",
            "Sailors {range} out at sea can see its flash, which comes every {seconds}.",
            "At a distance of up to {range} ships see a flash every {seconds}.",
        ),
        (
            "The lamp burned {fuel} until {electric}, when electric light replaced it.",
            "In {electric} electricity took the place of {fuel}.",
        ),
        (
            "{keeper} kept the light for {years} years, helped by {assistant}.",
            "For {years} years the keeper was {keeper}, whose assistant was {assistant}.",
            "{assistant} was the assistant of {keeper}, the keeper who stayed for {years} years.",
        ),
        (
            "When {wreck} ran aground in {wreck_year}, {rower} rowed out and saved {saved} passengers.",
            (
                "In {wreck_year}, {saved} passengers of {wreck} owed their "
                "lives to {rower}, who rowed out to them."
            ),
            "{rower} became famous in {wreck_year} for bringing {saved} people ashore from {wreck}.",
        ),
        (
            (
                "The walls are of {stone}, {walls} thick at the foot; {boats} boatloads "
                "of it were shipped out, at a cost of {cost}."
            ),
            "It cost {cost}, for {boats} boatloads of {stone} were needed for walls that are {walls} thick.",
        ),
        (
            "Since {auto} it has worked by itself, and the keeper's house is now {use} with {beds} beds.",
            "No one has lived there since {auto}; the house has been turned into {use} with {beds} beds.",
        ),
        (
            "On the rocks below there are {nests} nests of {bird}.",
            "{nests} pairs of {bird} nest on the cliffs around it.",
        ),
    ),
    asks={
        "near": ("Near which town is {name}?", "On the coast near which place does {name} stand?"),
        "lit": ("When was {name} first lit?", "On which day did {name} begin to shine?"),
        "builder": ("Who built {name}?", "Whose work is {name}?"),
        "height": ("How tall is {name}?", "What is the height of {name}?"),
        "steps": ("How many steps does {name} have?", "How many steps must one climb in {name}?"),
        "colour": ("What colour is {name}?", "In which colour is {name} painted?"),
        "range": ("From how far away can the light of {name} be seen?", "What is the range of {name}?"),
        "seconds": ("How often does {name} flash?", "At what interval does {name} send out its beam?"),
        "fuel": (
            "What was burned in {name} in former times?",
            "Which fuel did {name} use before electricity?",
        ),
        "electric": ("When did {name} get electric light?", "In what year was {name} electrified?"),
        "keeper": ("Who was the keeper of {name}?", "Who looked after {name}?"),
        "years": ("How many years did {keeper} serve?", "For how many years did {keeper} look after {name}?"),
        "assistant": ("Who helped {keeper}?", "Who was the assistant at {name}?"),
        "wreck": ("Which ship ran aground near {name}?", "From which ship did {rower} save people?"),
        "wreck_year": (
            "In what year did {rower} save people near {name}?",
            "When was there a shipwreck at {name}?",
        ),
        "saved": ("How many people did {rower} save?", "How many passengers were brought ashore at {name}?"),
        "rower": ("Who rescued the people from {wreck}?", "Who was the hero of {name}?"),
        "stone": ("What is {name} built of?", "Which stone was used for {name}?"),
        "walls": ("How thick are the walls of {name}?",),
        "boats": (
            "How many boatloads were needed for {name}?",
            "How many boatloads of {stone} went into {name}?",
        ),
        "cost": ("How much did {name} cost?", "How much money was spent on {name}?"),
        "auto": ("Since when has {name} had no keeper?", "When did {name} become automatic?"),
        "use": (
            "What is the keeper's house of {name} today?",
            "What has the house at {name} been turned into?",
        ),
        "beds": ("How many beds are there at {name}?", "How many people can sleep at {name}?"),
        "nests": (
            "How many nests of {bird} are there at {name}?",
            "How many pairs of {bird} breed at {name}?",
        ),
        "bird": ("Which birds breed at {name}?", "What kind of birds live on the rocks of {name}?"),
    },
)
