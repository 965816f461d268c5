"""Museums, their collections and their visitors."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    opened = w.year(1820, 1980)
    thing, other, third = w.pick(_THINGS), w.pick(_THINGS), w.pick(_THINGS)
    return {
        "name": "the " + w.pick(_NAMES) + " Museum",
        "town": w.town(),
        "house": w.pick(
            (
                "a former brewery",
                "an old customs house",
                "a disused railway station",
                "a convent",
                "a grain store",
            )
        ),
        "opened": str(opened),
        "founder": w.name(),
        "director": w.name(),
        "architect": w.name(),
        "thing": thing,
        "other": other,
        "third": third,
        "n1": w.count(120, 4000),
        "n2": w.count(13, 900),
        "n3": w.count(3, 99),
        "rooms": w.count(4, 38),
        "floors": w.count(2, 6),
        "visitors": w.count(5000, 240000, 100),
        "ticket": w.money(2, 24),
        "weekday": w.pick(("Monday", "Tuesday", "Wednesday", "Thursday")),
        "prize": w.pick(_PRIZES),
        "maker": w.name(),
        "made": str(w.year(1420, 1790)),
        "bought": str(opened + w.number(3, 25)),
        "price": w.money(900, 700000, 100),
        "thief": str(opened + w.number(26, 29)),
        "stolen": w.count(2, 12),
        "guards": w.count(3, 25),
        "wing": w.money(250000, 9000000, 1000),
        "giver": w.pick(
            ("a shipping company", "a retired banker", "the city council", "a brewery", "an anonymous widow")
        ),
    }


_NAMES = (
    "Clock and Compass",
    "Harbour",
    "Toy",
    "Salt",
    "Tapestry",
    "Lantern",
    "Puppet",
    "Rope Makers'",
    "Glass",
    "Postal",
    "Tin Soldier",
    "Musical Box",
    "Paper",
    "Cartography",
)
_THINGS = (
    "globes",
    "pocket watches",
    "fans",
    "masks",
    "postcards",
    "locks",
    "thimbles",
    "fossils",
    "violins",
    "coins",
    "stuffed birds",
    "telescopes",
    "playing cards",
    "teapots",
    "tiles",
    "kites",
)
_PRIZES = (
    "a silver astrolabe",
    "a map on calfskin",
    "a walking doll",
    "an ivory chess set",
    "a glass harmonica",
    "a carved sea chest",
)

TOPIC = Topic(
    name="museums",
    draw=_draw,
    openings=(
        "{name} in {town} was founded by {founder} in {opened} and occupies {house}.",
        "In {opened} {founder} opened {name} in {house} in {town}.",
        "Visitors to {town} should not miss {name}, which {founder} set up in {house} in {opened}.",
    ),
    lines=(
        (
            "The collection comprises {n1} {thing}, {n2} {other} and {n3} {third}.",
            "It owns {n2} {other}, {n3} {third} and, above all, {n1} {thing}.",
            "On show are {n3} {third} and {n2} {other}; another {n1} {thing} are kept in the cellar.",
        ),
        (
            "There are {rooms} rooms on {floors} floors, watched over by {guards} guards.",
            "{guards} guards look after {rooms} rooms, which are spread over {floors} floors.",
            "One walks through {rooms} rooms on {floors} floors and meets {guards} guards on the way.",
        ),
        (
            "Its greatest treasure is {prize}, made by {maker} in {made} and bought for {price} in {bought}.",
            (
                "{prize} from the workshop of {maker}, dated {made}, was acquired in "
                "{bought} for {price} and is the pride of the house."
            ),
            "In {bought} the museum paid {price} for {prize} that {maker} had made in {made}.",
        ),
        (
            "Every year {visitors} people come, and each of them pays {ticket} at the door.",
            "Admission is {ticket}; the number of visitors has reached {visitors} a year.",
            "With an entrance fee of {ticket} and {visitors} visitors a year, it pays its own way.",
        ),
        (
            "The present director, {director}, closes the doors every {weekday}.",
            "{director} has been the director for some time now; {weekday} is the day of rest.",
            "Under its director, {director}, it is open daily except on {weekday}.",
        ),
        (
            (
                "Thieves came by night in {thief} and carried off {stolen} "
                "pieces, none of which has been seen again."
            ),
            "In {thief}, {stolen} objects were stolen in a single night.",
        ),
        (
            "A new wing by the architect {architect} cost {wing}, a gift from {giver}.",
            "{giver} gave {wing} for an extension, which was designed by {architect}.",
        ),
    ),
    asks={
        "town": ("In which town is {name}?", "Where is {name} located?"),
        "founder": ("Who founded {name}?", "Who set up {name}?"),
        "opened": ("When was {name} founded?", "In which year did {name} open its doors?"),
        "house": ("In what kind of building is {name}?", "What houses {name}?"),
        "n1": ("How many {thing} does {name} have?", "How many {thing} are there in {name}?"),
        "n2": ("How many {other} does {name} own?", "How many {other} belong to {name}?"),
        "n3": (
            "How many {third} are in the collection of {name}?",
            "How many {third} can be found in {name}?",
        ),
        "rooms": ("How many rooms does {name} have?", "Through how many rooms does one walk in {name}?"),
        "floors": ("How many floors does {name} have?", "Over how many floors does {name} extend?"),
        "guards": ("How many guards work in {name}?", "How many people guard {name}?"),
        "prize": ("What is the most valuable object in {name}?", "Which object did {maker} make?"),
        "maker": (
            "Who made the greatest treasure of {name}?",
            "From whose workshop does the pride of {name} come?",
        ),
        "made": (
            "In what year was {prize} in {name} made?",
            "From what year is the greatest treasure of {name}?",
        ),
        "bought": ("When did {name} acquire {prize}?", "In which year was the treasure of {name} bought?"),
        "price": ("How much did {name} pay for {prize}?", "How much money was spent on {prize}?"),
        "visitors": (
            "How many people visit {name} every year?",
            "How many visitors does {name} have in a year?",
        ),
        "ticket": ("How much does it cost to get into {name}?", "How much is a ticket to {name}?"),
        "director": ("Who is the director of {name}?", "Who runs {name}?"),
        "weekday": ("On which day is {name} closed?", "On what day can one not visit {name}?"),
        "thief": ("When was {name} robbed?", "In what year did thieves visit {name}?"),
        "stolen": (
            "How many objects were stolen from {name}?",
            "How many pieces did the thieves take from {name}?",
        ),
        "architect": ("Who designed the new wing of {name}?", "Which architect worked for {name}?"),
        "wing": (
            "How much did the extension of {name} cost?",
            "How much was spent on the new part of {name}?",
        ),
        "giver": ("Who paid for the new wing of {name}?", "Who gave the money for the extension of {name}?"),
    },
)
