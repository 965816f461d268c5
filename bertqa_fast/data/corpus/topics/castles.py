"""Held out: castles, sieges and owners."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    built = w.year(1090, 1390)
    siege = built + w.number(40, 190)
    return {
        "name": w.pick(_NAMES) + " Castle",
        "town": w.town(),
        "hill": w.hill(),
        "built": str(built),
        "lord": w.pick(
            (
                "Baron Osric",
                "Countess Melisande",
                "Duke Waltram",
                "Bishop Anselm",
                "Lady Ysolde",
                "Count Berengar",
            )
        ),
        "towers": w.count(3, 15),
        "gates": w.count(2, 5),
        "walls": w.count(6, 12) + " feet",
        "well": w.count(40, 190) + " feet",
        "rooms": w.count(41, 220),
        "siege": str(siege),
        "attacker": w.pick(
            ("Prince Rurik", "General Hask", "Queen Sunniva", "Earl Godric", "Captain Brandolf")
        ),
        "men": w.count(600, 9500, 50),
        "defenders": w.count(50, 380),
        "days": w.count(13, 39),
        "traitor": w.pick(("a cook", "a stable boy", "a monk", "a washerwoman", "a blind harper")),
        "bribe": w.count(30, 49) + " gold pieces",
        "ghost": w.pick(("a headless piper", "a weeping bride", "a white hound", "a drowned knight")),
        "tapestry": w.count(20, 29),
        "owner": w.name(),
        "price": w.money(120000, 950000, 500),
        "bought": str(w.year(1890, 1999)),
        "guide": w.name(),
        "tours": w.count(4, 14),
        "dish": w.pick(("roast boar", "venison pie", "barley broth", "honey cakes")),
        "weddings": w.count(231, 390),
    }


_NAMES = (
    "Ravenspur",
    "Dunharrow",
    "Falkenrath",
    "Corbenic",
    "Greywater",
    "Hawkstone",
    "Blackmoat",
    "Tintallan",
    "Arrowmere",
    "Wolfenburg",
    "Marchmont",
    "Lorn",
)

TOPIC = Topic(
    name="castles",
    draw=_draw,
    openings=(
        "{name} was raised by {lord} on {hill}, overlooking {town}, in {built}.",
        "High on {hill} above {town} towers {name}, which goes back to {lord} and the year {built}.",
    ),
    lines=(
        (
            "It boasts {towers} towers, {gates} gates and {rooms} rooms, sheltered by walls {walls} thick.",
            (
                "Within walls that are {walls} thick one finds {rooms} rooms; {gates} "
                "gates and {towers} towers protect them."
            ),
        ),
        (
            (
                "{attacker} laid siege to it in {siege} with an army of {men}, "
                "against which stood {defenders} defenders."
            ),
            "In {siege} it was besieged by {attacker}, whose {men} soldiers faced a garrison of {defenders}.",
        ),
        (
            "It fell after {days} days, when {traitor} opened a side door for {bribe}.",
            "{traitor}, bribed with {bribe}, let the enemy in on day {days}.",
        ),
        (
            "The well in the courtyard goes down {well}.",
            "Water comes from a well that is {well} deep.",
        ),
        (
            "{owner} acquired the ruin in {bought} for {price} and restored it.",
            "For {price}, the estate passed to {owner} in {bought}.",
        ),
        (
            "{guide} gives {tours} tours a day and swears to have met the ghost, {ghost}.",
            (
                "Visitors can join one of {tours} daily tours with {guide}, who likes "
                "to tell of {ghost} that haunts the cellars."
            ),
        ),
        (
            (
                "The great hall, hung with {tapestry} tapestries, has been the scene of "
                "{weddings} weddings, at which {dish} is served."
            ),
            "{weddings} couples have been married beneath its {tapestry} tapestries and treated to {dish}.",
        ),
    ),
    asks={
        "lord": ("Who built {name}?", "By whom was {name} built?"),
        "built": ("When was {name} built?", "From which year does {name} date?"),
        "hill": ("On which hill is {name}?",),
        "town": ("Which town can be seen from {name}?",),
        "towers": ("How many towers does {name} have?",),
        "gates": ("How many gates are there in {name}?",),
        "rooms": ("How many rooms are in {name}?",),
        "walls": ("How thick are the walls of {name}?",),
        "attacker": ("Who besieged {name}?", "Who attacked {name} in {siege}?"),
        "siege": ("In what year was {name} besieged?",),
        "men": ("How many soldiers did {attacker} have?", "How many men attacked {name}?"),
        "defenders": ("How many people defended {name}?",),
        "days": ("After how many days was {name} taken?", "How many days did {name} hold out?"),
        "traitor": ("Who betrayed {name}?", "Who let the enemy into {name}?"),
        "bribe": ("How much was the traitor paid?", "How much did the betrayal of {name} cost?"),
        "well": ("How deep is the well of {name}?",),
        "owner": ("Who bought {name}?", "Who restored {name}?"),
        "bought": ("When did {owner} buy {name}?",),
        "price": ("How much did {owner} pay for {name}?",),
        "guide": ("Who shows visitors around {name}?",),
        "tours": ("How many tours of {name} are there every day?",),
        "ghost": ("What haunts {name}?", "Which ghost is said to live in {name}?"),
        "tapestry": ("How many tapestries hang in the hall of {name}?",),
        "weddings": (
            "How many weddings have been held at {name}?",
            "How many couples got married in {name}?",
        ),
        "dish": ("What do wedding guests eat at {name}?",),
    },
)
