"""Things found in attics, bogs and walls."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    year = w.year(1925, 2012)
    spot, purpose = w.rng.choice(_SPOTS)
    return {
        "name": w.pick(_NAMES),
        "place": w.town(),
        "year": str(year),
        "finder": w.name(),
        "finder_job": w.pick(
            (
                "a plumber",
                "an apprentice roofer",
                "a peat cutter",
                "a student",
                "a cleaning lady",
                "a night porter",
            )
        ),
        "spot": spot,
        "purpose": purpose,
        "owner": w.name(),
        "owner_job": w.pick(
            ("a disgraced banker", "an actress", "a smuggler", "a court musician", "a miser")
        ),
        "hidden": str(year - w.number(70, 290)),
        "reason": w.pick(
            (
                "to keep it from the tax inspectors",
                "for fear of fire",
                "to spite a greedy cousin",
                "because of the war",
            )
        ),
        "coins": w.count(130, 2400),
        "letters": w.count(13, 90),
        "rings": w.count(2, 12),
        "expert": w.name(),
        "expert_job": w.pick(("a professor of history", "a jeweller", "a museum curator", "a watchmaker")),
        "months": w.count(3, 11) + " months",
        "method": w.pick(
            ("with X-rays", "with a toothbrush", "under a microscope", "with warm milk", "in a bath of oil")
        ),
        "price": w.money(2000, 400000, 500),
        "buyer": w.pick(
            (
                "a chocolate maker",
                "the county museum",
                "a film star",
                "an oil company",
                "the finder's own aunt",
            )
        ),
        "share": w.money(100, 1900, 50),
        "spent": w.pick(
            ("a fishing boat", "a set of teeth", "a trip around the world", "a piano", "a greenhouse")
        ),
        "thief": w.name(),
        "caught": w.pick(("at an airport", "in a pawnshop", "by a dog", "at a carnival", "in a lift")),
    }


_SPOTS = (
    ("behind a chimney", "repairing a pipe"),
    ("under the pulpit", "searching for a cat"),
    ("inside a mattress", "moving house"),
    ("in a bog", "digging for worms"),
    ("beneath a dance floor", "laying cables"),
    ("in a hollow oak", "hiding from the rain"),
    ("above a false ceiling", "hanging a lamp"),
    ("at the bottom of a cistern", "looking for a lost ring"),
)
_NAMES = (
    "the Miser's Chest",
    "the Bog Crown",
    "the Blind Fiddler's Hoard",
    "the Iron Casket",
    "the Green Trunk",
    "the Abbess's Purse",
    "the Chimney Treasure",
    "the Sailor's Box",
    "the Forgotten Safe",
    "the Linen Sack",
)

TOPIC = Topic(
    name="finds",
    draw=_draw,
    openings=(
        "{name} was discovered {spot} in {place} in {year} by {finder}, {finder_job}, who was {purpose}.",
        "While {purpose} in {place} in {year}, {finder_job} called {finder} came upon {name} {spot}.",
        (
            "Nobody was looking for {name} when {finder}, {finder_job}, came across it {spot} "
            "in {place} in {year}; the job at hand was {purpose}."
        ),
    ),
    lines=(
        (
            "It had been hidden in {hidden} by {owner}, {owner_job}, {reason}.",
            "{owner}, {owner_job}, had put it there in {hidden} {reason}.",
            "{reason}, {owner_job} by the name of {owner} had hidden it in {hidden}.",
        ),
        (
            "Inside lay {coins} coins, {letters} letters and {rings} rings.",
            "It contained {rings} rings, {letters} letters and as many as {coins} coins.",
            "{letters} letters were found in it, along with {coins} coins and {rings} rings.",
        ),
        (
            "{expert}, {expert_job}, cleaned the contents {method}, which took {months}.",
            "For {months} {expert_job} named {expert} worked on it {method}.",
            "The contents were restored {method} by {expert}, {expert_job}, in the course of {months}.",
        ),
        (
            "It was sold to {buyer} for {price}, of which the finder got {share}.",
            "{buyer} paid {price} for it, but no more than {share} went to the finder.",
            "The finder received {share} of the {price} that {buyer} paid.",
        ),
        (
            "With the money the finder bought {spent}.",
            "The finder did not think twice and spent it all on {spent}.",
        ),
        (
            "Years later {thief} tried to steal it and was caught {caught}.",
            "A thief, {thief}, made off with it once, only to be caught {caught}.",
        ),
    ),
    asks={
        "place": ("In which town was {name} found?", "Where did {name} come to light?"),
        "year": ("When was {name} discovered?", "In what year did {finder} find {name}?"),
        "finder": ("Who found {name}?", "Who is the finder of {name}?"),
        "finder_job": ("What was the occupation of {finder}?", "Who was {finder}?"),
        "spot": ("Where exactly was {name}?", "In what hiding place was {name} discovered?"),
        "purpose": ("What was {finder} doing when {name} was found?", "What had {finder} been busy with?"),
        "owner": ("Who hid {name}?", "To whom had {name} belonged?"),
        "owner_job": ("Who was {owner}?", "What kind of person was {owner}?"),
        "hidden": ("When was {name} hidden?", "In which year did {owner} hide {name}?"),
        "reason": ("Why was {name} hidden?", "For what reason did {owner} hide {name}?"),
        "coins": ("How many coins were in {name}?", "How many coins did {finder} find?"),
        "letters": ("How many letters did {name} contain?", "How many letters were found in {name}?"),
        "rings": ("How many rings were in {name}?", "How many rings came out of {name}?"),
        "expert": ("Who restored the contents of {name}?", "Which expert worked on {name}?"),
        "expert_job": ("What was {expert}'s profession?", "What did {expert} do for a living?"),
        "method": ("How was {name} cleaned?", "In what way did {expert} restore {name}?"),
        "months": (
            "How long did the restoration of {name} take?",
            "How much time did {expert} spend on {name}?",
        ),
        "price": (
            "How much did {name} sell for?",
            "How much did {buyer} pay?",
            "What was the price of {name}?",
        ),
        "buyer": ("Who bought {name}?", "To whom was {name} sold?"),
        "share": ("How much did the finder of {name} get?", "How much money did {finder} receive?"),
        "spent": ("What did the finder of {name} buy?", "On what did {finder} spend the money?"),
        "thief": ("Who tried to steal {name}?", "Who was caught with {name}?"),
        "caught": ("Where or how was {thief} caught?", "How did the attempt to steal {name} end?"),
    },
)
