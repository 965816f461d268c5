"""Sailing ships and steamers."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    built = w.year(1720, 1840)
    lost = built + w.number(9, 55)
    good, other = w.pick(_GOODS), w.pick(_GOODS)
    return {
        "name": "the " + w.pick(_NAMES),
        "kind": w.pick(("brig", "schooner", "barque", "paddle steamer", "frigate", "clipper", "cutter")),
        "built": str(built),
        "yard": w.town(),
        "builder": w.name(),
        "captain": w.name(),
        "mate": w.name(),
        "owner": w.name(),
        "cost": w.money(2000, 90000, 500),
        "crew": w.count(14, 190),
        "guns": w.count(4, 40, 2),
        "masts": w.count(2, 5),
        "length": w.count(70, 310) + " feet",
        "port": w.town(),
        "goal": w.town(),
        "days": w.count(13, 140),
        "good": good,
        "other": other,
        "barrels": w.count(40, 900),
        "crates": w.count(20, 700),
        "lost": str(lost),
        "wreck": w.town(),
        "cause": w.pick(
            ("a fire in the galley", "thick fog", "a hidden reef", "a sudden gale", "drifting ice")
        ),
        "drowned": w.count(3, 13),
        "saved": w.count(14, 90),
        "diver": w.name(),
        "found": str(lost + w.number(40, 120)),
        "depth": w.count(20, 130) + " metres",
    }


_NAMES = (
    "Marigold",
    "Northern Wren",
    "Saint Ottilie",
    "Black Heron",
    "Good Intent",
    "Lady Corisande",
    "Halcyon Star",
    "Prudence",
    "Silver Tern",
    "Wandering Jane",
    "Emperor of the North",
    "Boreas",
    "Sea Thistle",
    "Patience",
    "Golden Plover",
    "Fair Rosamund",
    "Kittiwake",
    "Bold Venture",
    "Queen of Tides",
    "Merry Sister",
)
_GOODS = (
    "salt",
    "tar",
    "olive oil",
    "lamp oil",
    "tea",
    "raisins",
    "pottery",
    "copper wire",
    "wool",
    "whisky",
    "nutmeg",
)

TOPIC = Topic(
    name="ships",
    draw=_draw,
    openings=(
        "{name} was a {kind} launched at {yard} in {built}.",
        "In {built} a new {kind}, {name}, slid into the water at {yard}.",
        "Built at {yard} and launched in {built}, {name} was a {kind} of the old school.",
        "The people of {yard} still talk about {name}, a {kind} that was finished there in {built}.",
    ),
    lines=(
        (
            "{builder} drew the plans, and {owner} paid {cost} for her.",
            "Her owner was {owner}, who had handed {cost} to the shipwright {builder}.",
            "She was designed by {builder} and cost {owner} no less than {cost}.",
        ),
        (
            "She measured {length}, had {masts} masts and carried {guns} guns.",
            "With {guns} cannon, {masts} masts and a length of {length}, she was an impressive sight.",
            "From bow to stern she was {length} long; {masts} masts rose above a deck with {guns} guns.",
        ),
        (
            "{captain} commanded a crew of {crew}, with {mate} as first mate.",
            "The captain, {captain}, and the first mate, {mate}, were in charge of {crew} sailors.",
            "{crew} men served on board under {captain}; the first mate was {mate}.",
        ),
        (
            "On her best known voyage she went from {port} to {goal} in {days} days.",
            "It took her {days} days to reach {goal} from {port}, a record that stood for a generation.",
            "She is remembered for the run from {port} to {goal}, which she completed in {days} days.",
        ),
        (
            "In her hold lay {barrels} barrels of {good} and {crates} crates of {other}.",
            "Her usual cargo was {good}, up to {barrels} barrels of it, beside {crates} crates of {other}.",
            "She could load {crates} crates of {other} as well as {barrels} barrels of {good}.",
        ),
        (
            (
                "In {lost} she sank near {wreck} because of {cause}: {drowned} "
                "people drowned and {saved} were rescued."
            ),
            (
                "{cause} sent her to the bottom off {wreck} in {lost}; {saved} people "
                "were pulled from the water, {drowned} were not."
            ),
            (
                "Her end came in {lost} off {wreck}, when {cause} cost {drowned} "
                "lives, while {saved} survivors came ashore."
            ),
        ),
        (
            "The diver {diver} came upon the wreck in {found}, at a depth of {depth}.",
            "Her remains lie {depth} down and were discovered by {diver} in {found}.",
            "Nobody knew where she lay until {found}, when {diver} saw her anchor {depth} below the surface.",
        ),
    ),
    asks={
        "yard": ("Where was {name} built?", "At which place was {name} launched?"),
        "built": ("When was {name} launched?", "In which year was {name} completed?"),
        "kind": ("What type of ship was {name}?", "What sort of vessel was {name}?"),
        "builder": ("Who designed {name}?", "Which shipwright made the plans of {name}?"),
        "owner": ("Who owned {name}?", "Who paid for the building of {name}?"),
        "cost": (
            "How much did {name} cost?",
            "How much money was spent on {name}?",
            "What was the price of {name}?",
        ),
        "length": ("How long was {name}?", "What was the length of {name}?"),
        "masts": ("How many masts did {name} have?",),
        "guns": ("How many guns were there on {name}?", "With how many cannon was {name} armed?"),
        "captain": (
            "Who was the captain of {name}?",
            "Who commanded {name}?",
            "Under whose command did {name} sail?",
        ),
        "mate": ("Who was first mate on {name}?", "Who was second in command to {captain}?"),
        "crew": ("How many sailors were in the crew of {name}?", "How many people served on {name}?"),
        "port": (
            "From where did {name} set out for {goal}?",
            "Where did the voyage of {name} to {goal} begin?",
        ),
        "goal": (
            "Where did {name} sail from {port}?",
            "What was the destination of {name} on her famous voyage?",
        ),
        "days": (
            "How many days did {name} need to get to {goal}?",
            "How many days was {name} under way from {port}?",
        ),
        "barrels": (
            "How many barrels of {good} could {name} carry?",
            "How many barrels were in the hold of {name}?",
        ),
        "crates": ("How many crates of {other} were on {name}?", "How many crates did {name} take on board?"),
        "good": ("What was in the barrels on {name}?",),
        "other": ("What did the crates on {name} contain?",),
        "lost": ("In what year did {name} go down?", "When was {name} lost?"),
        "wreck": ("Where did {name} sink?", "Near which town was {name} wrecked?"),
        "cause": ("Why did {name} sink?", "What caused the loss of {name}?"),
        "drowned": ("How many people died when {name} sank?", "How many lives were lost with {name}?"),
        "saved": ("How many people survived the sinking of {name}?", "How many were rescued from {name}?"),
        "diver": ("Who found the wreck of {name}?", "Who discovered what is left of {name}?"),
        "found": ("When was the wreck of {name} discovered?",),
        "depth": ("How deep does the wreck of {name} lie?", "At what depth was {name} found?"),
    },
)
