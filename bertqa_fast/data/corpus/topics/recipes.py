"""Dishes, where they come from and what goes into them."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    spice, herb = w.pick(_SPICES), w.pick(_HERBS)
    return {
        "name": w.pick(_NAMES),
        "region": w.town(),
        "cook": w.name(),
        "inn": "the " + w.pick(("Blue Kettle", "Three Herons", "Copper Pan", "Old Anchor", "Laughing Goose")),
        "year": str(w.year(1840, 1990)),
        "people": w.count(3, 12),
        "flour": w.count(150, 900, 25) + " grams",
        "butter": w.count(40, 145, 5) + " grams",
        "eggs": w.count(2, 9),
        "onions": w.count(2, 7),
        "milk": w.count(110, 800, 10) + " millilitres",
        "spice": spice,
        "herb": herb,
        "rest": w.count(13, 55) + " minutes",
        "bake": w.count(56, 140) + " minutes",
        "degrees": w.count(160, 240, 5),
        "fruit": w.pick(("plums", "pears", "quinces", "sour cherries", "dried apricots", "walnuts")),
        "feast": w.pick(
            ("the harvest feast", "New Year's Eve", "midsummer night", "weddings", "the first snow")
        ),
        "drink": w.pick(("cider", "black tea", "buttermilk", "mulled wine", "ginger beer")),
        "book": w.pick(("A Northern Table", "The Patient Oven", "Bread and Salt", "Kitchens of the Coast")),
        "author": w.name(),
        "copies": w.count(1500, 80000, 100),
        "recipes": w.count(80, 420),
        "contest": str(w.year(1991, 2019)),
        "winner": w.name(),
        "entries": w.count(13, 95),
        "price": w.money(6, 39),
    }


_NAMES = (
    "miller's pudding",
    "shepherd's purse pie",
    "harbour pie",
    "golden ring cake",
    "widow's cake",
    "fisherman's loaf",
    "cloud cake",
    "beggar's crust",
    "ember bread",
    "monastery tart",
    "winter gingerbread",
    "ploughman's strudel",
    "lantern bread",
    "smuggler's pasty",
)
_SPICES = ("saffron", "cinnamon", "cardamom", "black pepper", "nutmeg", "aniseed", "caraway")
_HERBS = ("thyme", "parsley", "dill", "lovage", "rosemary", "sage", "chervil")

TOPIC = Topic(
    name="recipes",
    draw=_draw,
    openings=(
        "{name} is a dish from {region} that was first cooked by {cook} at {inn} in {year}.",
        "In {year} {cook}, who ran the kitchen of {inn} in {region}, served a new dish called {name}.",
        (
            "The dish known as {name} comes from {region}, where {cook} invented "
            "it in {year} for the guests of {inn}."
        ),
    ),
    lines=(
        (
            "For {people} people one needs {flour} of flour, {butter} of butter and {eggs} eggs.",
            (
                "The recipe, meant for {people} people, calls for {eggs} eggs, "
                "{flour} of flour and {butter} of butter."
            ),
            "{flour} of flour, {butter} of butter and {eggs} eggs are enough to feed {people} people.",
        ),
        (
            (
                "The cook adds {milk} of milk and {onions} onions, then seasons "
                "everything with {spice} and {herb}."
            ),
            (
                "Its flavour comes from {spice} and a little {herb}; {onions} "
                "onions and {milk} of milk keep it moist."
            ),
            (
                "{onions} onions are chopped and stirred into {milk} of milk, "
                "with {spice} and some {herb} for taste."
            ),
        ),
        (
            "The dough rests for {rest} and then goes into the oven for {bake} at {degrees} degrees.",
            "It is baked for {bake} at {degrees} degrees, but only after the dough has stood for {rest}.",
            "After a rest of {rest}, the dough spends {bake} in an oven heated to {degrees} degrees.",
        ),
        (
            "Traditionally it is eaten at {feast}, with {fruit} on the side and a glass of {drink}.",
            "Families serve it with {fruit} and {drink}, above all at {feast}.",
            (
                "No one would think of {feast} without it; {drink} is drunk "
                "with it and {fruit} are passed round."
            ),
        ),
        (
            (
                'The recipe was printed in "{book}" by {author}, a volume of '
                "{recipes} recipes that sold {copies} copies."
            ),
            (
                '{author} included it among the {recipes} recipes of "{book}", '
                "of which {copies} copies were bought."
            ),
        ),
        (
            "At a contest in {contest}, {winner} beat {entries} other cooks with it.",
            "{winner} won a contest with it in {contest}, ahead of {entries} rivals.",
            (
                "In {contest} there were {entries} cooks who tried to make it "
                "better than {winner}, and none of them did."
            ),
        ),
        (
            "A plate of it costs {price} at {inn} today.",
            "Guests of {inn} now pay {price} for a portion.",
        ),
    ),
    asks={
        "region": ("Where does {name} come from?", "In which town was {name} invented?"),
        "cook": ("Who invented {name}?", "Who was the first to cook {name}?"),
        "year": ("In what year was {name} first served?", "When was {name} invented?"),
        "inn": ("At which inn was {name} first eaten?", "In which house did {cook} cook?"),
        "flour": ("How much flour does {name} need?", "How much flour goes into {name}?"),
        "butter": ("How much butter is in {name}?", "How much butter does one need for {name}?"),
        "milk": ("How much milk is needed for {name}?", "How much milk goes into {name}?"),
        "eggs": ("How many eggs does {name} call for?", "How many eggs does the cook use for {name}?"),
        "onions": ("How many onions are there in {name}?", "How many onions have to be chopped for {name}?"),
        "people": (
            "How many people does the recipe for {name} serve?",
            "For how many people is {name} meant?",
        ),
        "spice": ("Which spice is put into {name}?", "With which spice is {name} seasoned?"),
        "herb": ("Which herb is used in {name}?", "What herb gives {name} its flavour?"),
        "rest": ("How long does the dough for {name} have to rest?",),
        "bake": ("How long is {name} baked?", "How much time does {name} spend in the oven?"),
        "degrees": ("At what temperature is {name} baked?", "How hot must the oven be for {name}?"),
        "feast": ("On what occasion is {name} eaten?", "When do families traditionally serve {name}?"),
        "fruit": ("What is served on the side with {name}?", "Which fruit accompanies {name}?"),
        "drink": ("What do people drink with {name}?", "Which drink is served with {name}?"),
        "book": (
            "In which book was the recipe for {name} printed?",
            "What is the title of the book by {author}?",
        ),
        "author": (
            "Who published the recipe for {name} in a book?",
            "Who wrote the cookery book that contains {name}?",
        ),
        "copies": (
            "How many copies of the book with {name} were sold?",
            "How many people bought {author}'s book?",
        ),
        "recipes": (
            "How many recipes are in the book that contains {name}?",
            "How many dishes did {author} describe?",
        ),
        "winner": ("Who won a contest with {name}?", "Which cook took first place in {contest}?"),
        "contest": ("In which year did {name} win a contest?", "When did {winner} win with {name}?"),
        "entries": (
            "How many cooks lost to {winner}?",
            "How many rivals did the maker of {name} defeat in {contest}?",
        ),
        "price": ("How much does {name} cost nowadays?", "How much do guests pay for {name} today?"),
    },
)
