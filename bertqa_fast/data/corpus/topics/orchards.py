"""Orchards and farms."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    founded = w.year(1805, 1960)
    fruit, other = w.pick(_FRUITS), w.pick(_FRUITS)
    return {
        "name": w.pick(_NAMES),
        "town": w.town(),
        "founded": str(founded),
        "planter": w.name(),
        "owner": w.name(),
        "fruit": fruit,
        "other": other,
        "trees": w.count(600, 9800, 10),
        "others": w.count(110, 590),
        "hectares": w.count(13, 90) + " hectares",
        "harvest": w.count(91, 800) + " tonnes",
        "pickers": w.count(20, 260),
        "wage": w.money(4, 30),
        "month": w.month(),
        "hives": w.count(14, 75),
        "honey": w.count(300, 2900, 10) + " kilograms",
        "keeper": w.name(),
        "juice": w.count(4000, 70000, 500) + " litres",
        "press": str(founded + w.number(11, 40)),
        "frost": str(founded + w.number(41, 60)),
        "lost": w.count(2, 9),
        "pest": w.pick(("caterpillars", "a fungus", "starlings", "wasps", "field mice")),
        "sort": w.pick(("Autumn Bride", "Old Sergeant", "Ruby Maid", "Prince of Frost", "Honey Lantern")),
        "grower": w.name(),
        "price": w.money(2, 5),
        "dog": w.pick(("a sheepdog", "two geese", "a donkey", "a blind horse", "a tame fox")),
        "age": w.count(100, 240) + " years",
        "cellars": w.count(2, 12),
    }


_NAMES = (
    "Larkfield Orchard",
    "Sunnybank Orchard",
    "Hedgehog Farm",
    "the Monks' Orchard",
    "Greenlea Orchard",
    "Windfall Farm",
    "Bellflower Orchard",
    "Longacre Farm",
    "Two Brooks Orchard",
    "Cuckoo Farm",
    "Highfold Orchard",
    "Nightjar Farm",
)
_FRUITS = ("apple", "pear", "cherry", "plum", "quince", "apricot", "walnut", "almond")

TOPIC = Topic(
    name="orchards",
    draw=_draw,
    openings=(
        "{name} near {town} was planted by {planter} in {founded} and now belongs to {owner}.",
        "In {founded} {planter} planted {name} on a slope near {town}; today its owner is {owner}.",
        "{owner} is the present owner of {name} near {town}, which {planter} laid out in {founded}.",
    ),
    lines=(
        (
            "On {hectares} of land grow {trees} {fruit} trees and {others} {other} trees.",
            "It has {others} {other} trees and {trees} {fruit} trees, which take up {hectares}.",
            "The {hectares} are shared by {trees} {fruit} trees and {others} {other} trees.",
        ),
        (
            "In {month}, {pickers} pickers bring in {harvest} of fruit and earn {wage} a day.",
            (
                "The harvest of {harvest} is gathered in {month} by {pickers} "
                "pickers, who are paid {wage} a day."
            ),
            "{pickers} helpers are hired each {month} at {wage} a day, and they gather {harvest}.",
        ),
        (
            "{keeper} keeps {hives} beehives under the trees, which yield {honey} of honey.",
            "Among the trees stand {hives} hives; {keeper}, the beekeeper, takes {honey} of honey from them.",
            "{honey} of honey come from the {hives} beehives of {keeper}.",
        ),
        (
            "A press was bought in {press}; it makes {juice} of juice a year, stored in {cellars} cellars.",
            "Since {press} the farm has had its own press, and {cellars} cellars hold {juice} of juice.",
        ),
        (
            "In {frost} a late frost and {pest} left only {lost} trees unharmed.",
            "{pest} and a late frost struck in {frost}, and no more than {lost} trees escaped.",
        ),
        (
            'A variety named "{sort}" was bred there by {grower} and is sold at {price} a pound.',
            '{grower} bred "{sort}" there, a variety that brings {price} a pound at the market.',
        ),
        (
            "The oldest tree has stood for {age} and is guarded by {dog}.",
            "{dog} keeps watch over the oldest tree, whose age is put at {age}.",
        ),
    ),
    asks={
        "town": ("Near which town is {name}?", "Where is {name}?"),
        "founded": ("When was {name} planted?", "In which year was {name} laid out?"),
        "planter": ("Who planted {name}?", "Who laid out {name}?"),
        "owner": ("Who owns {name} now?", "To whom does {name} belong today?"),
        "hectares": ("How large is {name}?", "How much land does {name} cover?"),
        "trees": ("How many {fruit} trees are there at {name}?", "How many {fruit} trees does {name} have?"),
        "others": (
            "How many {other} trees grow at {name}?",
            "How many of the trees at {name} are {other} trees?",
        ),
        "pickers": ("How many pickers work at {name}?", "How many people help with the harvest at {name}?"),
        "harvest": ("How much fruit is harvested at {name}?", "How much do the pickers at {name} bring in?"),
        "wage": (
            "How much do pickers at {name} earn in a day?",
            "How much is paid for a day's work at {name}?",
        ),
        "month": ("In which month is the harvest at {name}?", "When does {name} hire pickers?"),
        "keeper": ("Who keeps bees at {name}?", "Who is the beekeeper of {name}?"),
        "hives": ("How many beehives are there at {name}?", "How many hives does {keeper} look after?"),
        "honey": ("How much honey is produced at {name}?", "How much honey does {keeper} get?"),
        "press": ("When did {name} get a press?", "In what year was the press of {name} bought?"),
        "juice": ("How much juice does {name} make?", "How much juice is stored at {name}?"),
        "cellars": ("How many cellars does {name} have?", "In how many cellars is the juice of {name} kept?"),
        "frost": ("In which year did frost damage {name}?", "When was {name} hit by a late frost?"),
        "pest": ("What damaged {name} besides frost?", "What attacked the trees of {name} in {frost}?"),
        "lost": (
            "How many trees at {name} were not harmed?",
            "How many trees of {name} escaped the damage in {frost}?",
        ),
        "sort": ("Which variety was bred at {name}?", "What is the variety called that {grower} bred?"),
        "grower": ("Who bred a new variety at {name}?", "Who is the breeder of the variety from {name}?"),
        "price": (
            "How much does a pound of the variety from {name} cost?",
            "How much is paid for a pound of it at the market?",
        ),
        "age": ("How old is the oldest tree of {name}?", "What is the age of the oldest tree at {name}?"),
        "dog": (
            "What guards the oldest tree of {name}?",
            "Who or what watches over the oldest tree of {name}?",
        ),
    },
)
