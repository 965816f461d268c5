"""Rivers from source to mouth."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    return {
        "name": "the " + w.river(),
        "source": w.hill(),
        "mouth": w.town(),
        "length": w.count(80, 940) + " kilometres",
        "height": w.count(950, 2400) + " metres",
        "deep": w.count(13, 40) + " metres",
        "wide": w.count(110, 790) + " metres",
        "bridges": w.count(13, 60),
        "dams": w.count(2, 9),
        "islands": w.count(10, 49),
        "first_town": w.town(),
        "big_town": w.town(),
        "dwellers": w.count(20000, 400000, 1000),
        "branch": "the " + w.river(),
        "other_branch": "the " + w.river(),
        "fish": w.pick(("salmon", "eels", "pike", "sturgeon", "trout", "perch")),
        "species": w.count(14, 70),
        "bird": w.pick(("kingfishers", "grey herons", "otters", "beavers", "white storks")),
        "pairs": w.count(20, 260),
        "flood": str(w.year(1780, 1995)),
        "rise": w.count(4, 11) + " metres",
        "homeless": w.count(700, 9900, 10),
        "traveller": w.name(),
        "year": str(w.year(1640, 1779)),
        "vessel": w.pick(("a raft", "a birch canoe", "a flat-bottomed boat", "a coracle", "a dugout")),
        "weeks": w.count(2, 12),
        "plant": str(w.year(1905, 1990)),
        "homes": w.count(5000, 90000, 500),
        "planner": w.name(),
    }


TOPIC = Topic(
    name="rivers",
    draw=_draw,
    openings=(
        "{name} rises on {source} and flows for {length} before it reaches the sea at {mouth}.",
        "From its source on {source} to its mouth at {mouth}, {name} covers {length}.",
        "{name}, a river with a length of {length}, springs from {source} and ends at {mouth}.",
    ),
    lines=(
        (
            (
                "Its spring lies {height} above the sea, and at its widest the river "
                "measures {wide}; it is up to {deep} deep."
            ),
            (
                "Nowhere is it deeper than {deep} or wider than {wide}, and its "
                "spring is found at an altitude of {height}."
            ),
            "The spring bubbles up at {height}; further down the water is {wide} wide and {deep} deep.",
        ),
        (
            "It is crossed by {bridges} bridges, held back by {dams} dams and dotted with {islands} islands.",
            "There are {islands} islands in its course, {dams} dams and {bridges} bridges.",
            (
                "Engineers have put {dams} dams and {bridges} bridges across "
                "it, and maps show {islands} islands."
            ),
        ),
        (
            (
                "The first town on its banks is {first_town}, the largest is "
                "{big_town} with {dwellers} inhabitants."
            ),
            (
                "{big_town}, where {dwellers} people live, is the biggest place "
                "on the river; {first_town} is the first."
            ),
            (
                "Having passed {first_town}, the first town, it reaches {big_town}, the "
                "largest one, with a population of {dwellers}."
            ),
        ),
        (
            "From the left it takes in {branch}, from the right {other_branch}.",
            "{branch} joins it on the left bank and {other_branch} on the right bank.",
        ),
        (
            (
                "Fishermen prize its {fish}, one of {species} kinds of fish, and "
                "{pairs} pairs of {bird} live along the banks."
            ),
            "{species} species of fish have been counted, {fish} above all, besides {pairs} pairs of {bird}.",
        ),
        (
            "In {flood} it rose by {rise} and made {homeless} people homeless.",
            "{homeless} people lost their homes when the water rose by {rise} in {flood}.",
            (
                "The worst flood, in {flood}, lifted the water by {rise} and "
                "drove {homeless} people from their houses."
            ),
        ),
        (
            (
                "{traveller} was the first to go down the whole river, in "
                "{year}, in {vessel}; it took {weeks} weeks."
            ),
            "In {year} {traveller} needed {weeks} weeks to travel its full length in {vessel}.",
        ),
        (
            "A power station planned by {planner} has supplied {homes} homes since {plant}.",
            "Since {plant} its water has made electricity for {homes} homes, thanks to {planner}.",
        ),
    ),
    asks={
        "source": ("Where does {name} rise?", "Where is the source of {name}?"),
        "mouth": ("Where does {name} flow into the sea?", "At which town does {name} end?"),
        "length": ("How long is {name}?", "What is the length of {name}?"),
        "height": ("At what altitude is the spring of {name}?", "How high above the sea does {name} rise?"),
        "deep": ("How deep is {name}?", "What is the greatest depth of {name}?"),
        "wide": ("How wide does {name} become?", "What is the greatest width of {name}?"),
        "bridges": ("How many bridges cross {name}?", "How many bridges are there over {name}?"),
        "dams": ("How many dams are there on {name}?", "How many dams hold back {name}?"),
        "islands": ("How many islands lie in {name}?", "How many islands does {name} have?"),
        "first_town": ("Which town on {name} comes first?", "What is the first town that {name} passes?"),
        "big_town": (
            "What is the largest town on {name}?",
            "Which is the biggest town on the banks of {name}?",
        ),
        "dwellers": (
            "How many people live in {big_town}?",
            "How many inhabitants does the largest town on {name} have?",
        ),
        "branch": ("Which river joins {name} from the left?", "What flows into {name} on the left side?"),
        "other_branch": (
            "Which river joins {name} from the right?",
            "What flows into {name} on the right side?",
        ),
        "fish": (
            "Which fish from {name} is popular with fishermen?",
            "Which kind of fish is {name} noted for?",
        ),
        "species": (
            "How many kinds of fish live in {name}?",
            "How many species of fish are found in {name}?",
        ),
        "pairs": (
            "How many pairs of {bird} live on {name}?",
            "How many pairs of {bird} have been counted at {name}?",
        ),
        "bird": ("Which animals live in pairs along {name}?",),
        "flood": ("In which year was the worst flood of {name}?", "When did {name} flood people's homes?"),
        "rise": (
            "How far did {name} rise in {flood}?",
            "By how much did the level of {name} go up in {flood}?",
        ),
        "homeless": (
            "How many people were made homeless by {name}?",
            "How many people had to leave their houses in {flood}?",
        ),
        "traveller": (
            "Who was the first to travel the whole of {name}?",
            "Who went down {name} in {vessel}?",
        ),
        "year": (
            "When did {traveller} travel down {name}?",
            "In what year was {name} first travelled from end to end?",
        ),
        "vessel": ("In what kind of boat did {traveller} go down {name}?", "What did {traveller} travel in?"),
        "weeks": (
            "How many weeks did {traveller} spend on {name}?",
            "How many weeks did the trip down {name} take?",
        ),
        "planner": ("Who planned the power station on {name}?", "Who designed the power station on {name}?"),
        "plant": (
            "Since when has {name} been used to make electricity?",
            "In what year did the power station on {name} start work?",
        ),
        "homes": (
            "How many homes get electricity from {name}?",
            "How many households does the power station on {name} supply?",
        ),
    },
)
