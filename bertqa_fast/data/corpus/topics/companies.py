"""Companies, what they make and whom they employ."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    boss = w.someone()
    founded = w.year(1850, 1955)
    return {
        "name": f"{boss.last} {w.pick(_SUFFIXES)}",
        "founder": boss.name,
        "he": boss.he,
        "his": boss.his,
        "partner": w.name(),
        "town": w.town(),
        "founded": str(founded),
        "product": w.pick(_PRODUCTS),
        "second": w.pick(_PRODUCTS),
        "capital": w.money(500, 30000, 100),
        "lender": w.pick(
            ("an aunt", "a neighbour", "the village priest", "a savings bank", "a horse dealer")
        ),
        "first_staff": w.count(2, 12),
        "staff": w.count(90, 7800, 5),
        "countries": w.count(13, 80),
        "shops": w.count(20, 300),
        "pieces": w.count(10000, 900000, 500),
        "sales": w.count(2, 95) + " million",
        "rival": w.pick(
            ("Northgate Tools", "Harlequin Ltd", "the Meridian Group", "Oldcastle Mills", "Pelican Goods")
        ),
        "offer": w.count(110, 900) + " million",
        "offer_year": str(founded + w.number(30, 45)),
        "chief": w.name(),
        "chief_year": str(founded + w.number(46, 60)),
        "strike": str(founded + w.number(10, 29)),
        "weeks": w.count(2, 12),
        "wage": w.count(13, 19) + " per cent",
        "fire": w.money(40000, 800000, 1000),
        "patents": w.count(13, 220),
        "engineer": w.name(),
        "logo": w.pick(("a red fox", "a sleeping owl", "two crossed keys", "a sailing boat", "a blue acorn")),
    }


_SUFFIXES = ("& Sons", "Works", "Instruments", "Brothers", "Manufacturing", "and Company")
_PRODUCTS = (
    "umbrellas",
    "sewing machines",
    "bicycles",
    "door locks",
    "fountain pens",
    "garden tools",
    "thermometers",
    "kitchen scales",
    "toy trains",
    "rubber boots",
    "microscopes",
    "bakery ovens",
    "tents",
    "harmonicas",
)

TOPIC = Topic(
    name="companies",
    draw=_draw,
    openings=(
        "{name} was founded in {town} in {founded} by {founder} and makes {product}.",
        (
            "In {founded} {founder} opened a workshop in {town}, from which "
            "{name}, a maker of {product}, has grown."
        ),
        "{name}, known for its {product}, was started by {founder} in {town} in {founded}.",
    ),
    lines=(
        (
            (
                "The starting capital of {capital} was a loan from {lender}, "
                "and there were {first_staff} employees."
            ),
            "{lender} lent the {capital} that was needed, and the first {first_staff} workers were hired.",
            "It began with {first_staff} workers and {capital} borrowed from {lender}.",
        ),
        (
            (
                "Today {staff} people work for the firm, which sells in "
                "{countries} countries and runs {shops} shops."
            ),
            "It now has {staff} employees and {shops} shops and exports to {countries} countries.",
            (
                "With {shops} shops and customers in {countries} countries, "
                "the firm gives work to {staff} people."
            ),
        ),
        (
            "The factory turns out {pieces} pieces a year, and the turnover is {sales}.",
            "Yearly sales of {sales} are made with {pieces} pieces.",
            "Each year {pieces} items leave the factory; they bring in {sales}.",
        ),
        (
            "{partner} joined as a partner and persuaded the firm to make {second} too.",
            "The idea of making {second} as well came from {partner}, a later partner.",
            "A second line, {second}, was added when {partner} became a partner.",
        ),
        (
            "In {offer_year} {rival} offered {offer} for the firm, but the family refused.",
            "The family turned down {offer} from {rival} in {offer_year}.",
            "{rival} tried to buy it for {offer} in {offer_year}, without success.",
        ),
        (
            "A strike in {strike} lasted {weeks} weeks and raised wages by {wage}.",
            "Wages rose by {wage} in {strike}, after the workers had been on strike for {weeks} weeks.",
        ),
        (
            "The engineer {engineer} alone holds {patents} patents.",
            "{patents} patents are in the name of {engineer}, the chief engineer.",
        ),
        (
            "Since {chief_year} it has been led by {chief}; its sign is {logo}.",
            "{chief} has been at the top since {chief_year}, and {logo} adorns every product.",
            "Its trademark, {logo}, was kept when {chief} took over the management in {chief_year}.",
        ),
    ),
    asks={
        "founder": ("Who founded {name}?", "Who was the founder of {name}?"),
        "town": ("Where was {name} founded?", "In which town did {name} begin?"),
        "founded": ("When was {name} founded?", "In which year was {name} set up?"),
        "product": ("What does {name} make?", "For which products is {name} known?"),
        "capital": (
            "How much money was borrowed to start {name}?",
            "How much was the starting capital of {name}?",
        ),
        "lender": ("Who lent {founder} money?", "From whom did the starting capital of {name} come?"),
        "first_staff": (
            "How many employees did {name} have at first?",
            "With how many workers did {name} begin?",
        ),
        "staff": ("How many people does {name} employ today?", "How many employees does {name} have now?"),
        "countries": (
            "In how many countries does {name} sell its goods?",
            "To how many countries does {name} export?",
        ),
        "shops": ("How many shops does {name} run?", "How many shops belong to {name}?"),
        "pieces": (
            "How many pieces does {name} produce in a year?",
            "How many items leave {name} every year?",
        ),
        "sales": ("How much does {name} turn over in a year?", "How much are the yearly sales of {name}?"),
        "partner": ("Who became a partner in {name}?", "Whose idea was it that {name} should make {second}?"),
        "second": ("What else does {name} make?", "What did {partner} want {name} to produce?"),
        "rival": ("Who wanted to buy {name}?", "Which firm made an offer for {name}?"),
        "offer": ("How much did {rival} offer for {name}?", "How much was {name} worth to {rival}?"),
        "offer_year": (
            "When did {rival} try to buy {name}?",
            "In what year did the owners of {name} reject an offer?",
        ),
        "strike": (
            "In which year did the workers of {name} go on strike?",
            "When was there a strike at {name}?",
        ),
        "weeks": (
            "How many weeks did the strike at {name} last?",
            "For how many weeks did the workers of {name} stay away?",
        ),
        "wage": (
            "By how much did wages rise at {name}?",
            "How much more did the workers of {name} earn after the strike?",
        ),
        "engineer": ("Who holds most of the patents of {name}?", "Which engineer works for {name}?"),
        "patents": (
            "How many patents does {engineer} hold?",
            "How many inventions of {engineer} are protected by patents?",
        ),
        "chief": ("Who leads {name} now?", "Who is the present head of {name}?"),
        "chief_year": ("Since when has {chief} led {name}?", "In what year did {chief} take over {name}?"),
        "logo": ("What is the trademark of {name}?", "What is shown on the products of {name}?"),
    },
)
