"""Famous animals."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    beast, home, food = w.rng.choice(_BEASTS)
    born = w.year(1890, 1980)
    return {
        "name": w.pick(_NAMES),
        "beast": beast,
        "home": home,
        "food": food,
        "born": w.date(born),
        "town": w.town(),
        "keeper": w.name(),
        "vet": w.name(),
        "mother": w.pick(("Duchess", "Sheba", "Old Nell", "Fatima", "Clementine")),
        "weight": w.count(140, 900) + " kilograms",
        "birth_weight": w.count(13, 39) + " kilograms",
        "meal": w.count(4, 12) + " kilograms",
        "young": w.count(2, 11),
        "tricks": w.count(13, 50),
        "trick": w.pick(("open a gate", "ring a bell", "paint with a brush", "count to six", "catch hats")),
        "escape": str(born + w.number(3, 8)),
        "hours": w.count(3, 30) + " hours",
        "found": w.pick(
            (
                "in a bakery",
                "on the roof of a school",
                "in the cathedral",
                "at the railway station",
                "in a bath house",
            )
        ),
        "price": w.money(500, 25000, 100),
        "seller": w.name(),
        "visitors": w.count(10000, 400000, 500),
        "cards": w.count(200, 2900),
        "friend": w.pick(("a goat", "a white cat", "a parrot", "an old pony", "a one-eyed dog")),
        "died": str(born + w.number(15, 40)),
        "statue": w.name(),
        "bronze": w.count(700, 4000, 50),
    }


_BEASTS = (
    ("an elephant", "the zoo", "hay"),
    ("a brown bear", "the castle moat", "honey bread"),
    ("a hippopotamus", "the zoo", "water lilies"),
    ("a sea lion", "the harbour basin", "herring"),
    ("a camel", "the travelling circus", "dates"),
    ("a walrus", "the aquarium", "mussels"),
    ("a bison", "the royal park", "turnips"),
    ("a gorilla", "the zoo", "bananas"),
    ("a tiger", "the circus", "horse meat"),
)
_NAMES = (
    "Bertram",
    "Goliath",
    "Princess Mimi",
    "Rosamunda",
    "Old Tom",
    "Kasimir",
    "Zuleika",
    "Major",
    "Primrose",
    "Baltasar",
    "Snowdrop",
    "Sultan",
    "Peppermint",
    "Wilhelmina",
)

TOPIC = Topic(
    name="animals",
    draw=_draw,
    openings=(
        "{name} was {beast} that lived in {home} of {town}, where it was born on {born}.",
        "Born on {born}, {name} was {beast} and the darling of {home} in {town}.",
        "Everybody in {town} knew {name}, {beast} born on {born} in {home}.",
    ),
    lines=(
        (
            "At birth it weighed {birth_weight}, fully grown {weight}; it ate {meal} of {food} a day.",
            "From {birth_weight} it grew to {weight} on a daily diet of {meal} of {food}.",
            (
                "It was fed {meal} of {food} each day and, after a start at "
                "{birth_weight}, ended up at {weight}."
            ),
        ),
        (
            "The keeper, {keeper}, taught it {tricks} tricks, among them to {trick}.",
            "It knew {tricks} tricks and could even {trick}, thanks to the patience of its keeper, {keeper}.",
            "{keeper}, who kept it, was proud of its {tricks} tricks; it had learned to {trick}.",
        ),
        (
            "In {escape} it escaped and was found {hours} later {found}.",
            "It ran away in {escape}; people found it {found} after {hours}.",
            "After an escape in {escape} that lasted {hours}, it turned up {found}.",
        ),
        (
            "Its mother, {mother}, had been bought from {seller} for {price}.",
            "{seller} had sold its mother, {mother}, for {price}.",
        ),
        (
            "It had {young} young ones and shared its stall with {friend}.",
            "{friend} was its best friend, and it became the parent of {young} little ones.",
        ),
        (
            "In its best year {visitors} visitors came to see it, and it got {cards} birthday cards.",
            "{cards} birthday cards arrived in the year in which it drew {visitors} visitors.",
        ),
        (
            "It died in {died} in the care of the vet {vet}.",
            "{vet}, the vet, could not save it when it fell ill in {died}.",
        ),
        (
            "A bronze statue by {statue} for which children collected {bronze} coins recalls it.",
            "Children gave {bronze} coins for a statue, which {statue} cast in bronze.",
        ),
    ),
    asks={
        "beast": ("What kind of animal was {name}?", "What sort of creature was {name}?"),
        "town": ("In which town did {name} live?", "Where was {name} at home?"),
        "born": ("When was {name} born?", "What is the birthday of {name}?"),
        "birth_weight": ("How much did {name} weigh at birth?", "How heavy was {name} when it was born?"),
        "weight": ("How much did {name} weigh when fully grown?", "What was the weight of the grown {name}?"),
        "meal": ("How much did {name} eat in a day?", "How much {food} was given to {name} every day?"),
        "food": ("What did {name} eat?", "On what was {name} fed?"),
        "keeper": ("Who was the keeper of {name}?", "Who taught {name} its tricks?"),
        "tricks": ("How many tricks did {name} know?", "How many tricks did {keeper} teach {name}?"),
        "trick": ("What had {name} learned to do?", "What is an example of what {name} could do?"),
        "escape": ("In which year did {name} run away?", "When did {name} escape?"),
        "hours": ("How long was {name} free?", "After how much time was {name} found?"),
        "found": ("Where was {name} found after its escape?", "Where did {name} turn up?"),
        "mother": ("What was the name of {name}'s mother?", "Who was {name}'s mother?"),
        "seller": ("Who sold the mother of {name}?", "From whom was {mother} bought?"),
        "price": ("How much did the mother of {name} cost?", "How much was paid for {mother}?"),
        "young": ("How many young did {name} have?", "How many little ones did {name} have?"),
        "friend": ("Who was the best friend of {name}?", "With which animal did {name} share its stall?"),
        "visitors": ("How many visitors came to see {name}?", "How many people saw {name} in its best year?"),
        "cards": ("How many birthday cards did {name} receive?", "How many cards were sent to {name}?"),
        "died": ("When did {name} die?", "In what year did the life of {name} end?"),
        "vet": ("Which vet treated {name}?", "Who was with {name} when it died?"),
        "statue": ("Who made the statue of {name}?", "Which artist cast {name} in bronze?"),
        "bronze": (
            "How many coins did children collect for {name}?",
            "How many coins were given for the statue of {name}?",
        ),
    },
)
