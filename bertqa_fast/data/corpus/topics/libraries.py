"""Libraries and their books."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    founded = w.year(1590, 1940)
    return {
        "name": "the " + w.pick(_NAMES) + " Library",
        "town": w.town(),
        "founded": str(founded),
        "donor": w.name(),
        "donor_job": w.pick(
            ("a notary", "a spice merchant", "a judge", "a schoolteacher", "a duchess's physician")
        ),
        "first": w.count(110, 990),
        "books": w.count(12000, 900000, 100),
        "scrolls": w.count(14, 95),
        "maps": w.count(1000, 9900, 10),
        "languages": w.count(13, 70),
        "oldest": w.pick(
            ("a herbal", "a prayer book", "a treatise on bees", "a book of sea charts", "a cookery book")
        ),
        "oldest_year": str(founded - w.number(60, 400)),
        "scribe": w.name(),
        "librarian": w.name(),
        "years": w.count(12, 51),
        "staff": w.count(5, 60),
        "readers": w.count(900, 11000, 10),
        "seats": w.count(40, 420),
        "fee": w.money(3, 60),
        "fine": w.pick(("ten cents", "a penny", "fifty cents", "two pence")),
        "loan": w.pick(("three weeks", "a fortnight", "twenty days", "six weeks")),
        "dome": w.count(18, 50) + " metres",
        "painter": w.name(),
        "ceiling": w.pick(
            ("the nine winds", "the four seasons", "the night sky", "the voyages of a fisherman", "a feast")
        ),
        "flood": str(founded + w.number(20, 80)),
        "damaged": w.count(1100, 8800, 10),
        "returned": w.count(46, 140) + " years",
    }


_NAMES = (
    "Orchard Street",
    "Saint Barbara",
    "Lower Town",
    "Merchants'",
    "Mariners'",
    "Hillgate",
    "Old Mint",
    "Three Rivers",
    "Chapter House",
    "Quayside",
    "Linden Square",
    "Physicians'",
    "Ropewalk",
)

TOPIC = Topic(
    name="libraries",
    draw=_draw,
    openings=(
        (
            "{name} in {town} goes back to {donor}, {donor_job}, who gave "
            "{first} volumes to the town in {founded}."
        ),
        (
            "{name} of {town} was established in {founded}, when {donor}, "
            "{donor_job}, left {first} books to the public."
        ),
        (
            "With a gift of {first} books, {donor}, {donor_job}, laid the "
            "foundation of {name} in {town} in {founded}."
        ),
    ),
    lines=(
        (
            "Today it holds {books} volumes in {languages} languages, {maps} maps and {scrolls} scrolls.",
            (
                "Its shelves now carry {books} books, and there are {scrolls} scrolls and "
                "{maps} maps; {languages} languages are represented."
            ),
            (
                "By now the stock has grown to {books} books in {languages} languages, to "
                "which come {maps} maps and {scrolls} scrolls."
            ),
        ),
        (
            "The oldest item is {oldest}, copied by {scribe} in {oldest_year}.",
            "{scribe} wrote out {oldest} in {oldest_year}; nothing on the shelves is older.",
            (
                "Behind glass lies {oldest}, finished in {oldest_year} by {scribe} "
                "and older than anything else there."
            ),
        ),
        (
            (
                "The head librarian, {librarian}, has been in office for {years} "
                "years and leads a staff of {staff}."
            ),
            "{staff} people work for {librarian}, who has been head librarian for {years} years.",
        ),
        (
            "The {readers} registered readers pay {fee} a year and find {seats} seats in the reading room.",
            (
                "For {fee} a year anyone can become a member; so far {readers} "
                "have, though there are only {seats} seats."
            ),
            "There are {seats} seats for {readers} members, whose yearly fee is {fee}.",
        ),
        (
            "Books may be kept for {loan}, after which the fine is {fine} a day.",
            "Whoever keeps a book for longer than {loan} has to pay {fine} a day.",
        ),
        (
            "The dome rises to {dome}, and its ceiling shows {ceiling}, a work of {painter}.",
            "{painter} painted {ceiling} on the ceiling below the dome, which is {dome} high.",
        ),
        (
            "In {flood} the cellar was flooded and {damaged} volumes were damaged.",
            "{damaged} books got wet in the flood of {flood}.",
        ),
        (
            "One borrower brought a book back after {returned}.",
            "The longest overdue book came back after {returned} in a biscuit tin.",
        ),
    ),
    asks={
        "town": ("In which town is {name}?", "Where does {name} stand?"),
        "founded": ("When was {name} established?", "In which year was {name} founded?"),
        "donor": ("Who founded {name}?", "With whose gift did {name} begin?"),
        "donor_job": ("What was the profession of {donor}?", "Who was {donor}?"),
        "first": ("How many books did {donor} give?", "With how many books did {name} start?"),
        "books": (
            "How many books does {name} have today?",
            "How many volumes are now on the shelves of {name}?",
        ),
        "languages": (
            "In how many languages are there books in {name}?",
            "How many languages are represented in {name}?",
        ),
        "maps": ("How many maps does {name} own?", "How many maps are kept in {name}?"),
        "scrolls": ("How many scrolls are there in {name}?", "How many scrolls does {name} have?"),
        "oldest": ("What is the oldest item in {name}?", "What did {scribe} copy?"),
        "oldest_year": (
            "From what year is the oldest book in {name}?",
            "When was the oldest piece in {name} completed?",
        ),
        "scribe": ("Who copied the oldest book in {name}?", "From whose hand is the oldest item in {name}?"),
        "librarian": ("Who is in charge of {name}?", "Who is the head of {name}?"),
        "years": (
            "For how many years has {librarian} been in office?",
            "How many years has {librarian} worked as head librarian?",
        ),
        "staff": ("How many people work at {name}?", "How many employees does {name} have?"),
        "readers": ("How many members does {name} have?", "How many readers are registered at {name}?"),
        "seats": (
            "How many people can sit in the reading room of {name}?",
            "How many seats does {name} offer?",
        ),
        "fee": (
            "How much do members of {name} pay each year?",
            "How much does it cost to use {name} for a year?",
        ),
        "fine": (
            "What is the fine for late books at {name}?",
            "What does one pay at {name} for each day that a book is late?",
        ),
        "loan": (
            "For how long may one borrow a book from {name}?",
            "How long can a book from {name} be kept?",
        ),
        "dome": ("How high is the dome of {name}?", "What is the height of the dome of {name}?"),
        "painter": ("Who painted the ceiling of {name}?", "Which artist decorated {name}?"),
        "ceiling": ("What can be seen on the ceiling of {name}?", "What did {painter} paint in {name}?"),
        "flood": ("In what year was there a flood in {name}?", "When did water get into {name}?"),
        "damaged": (
            "How many books in {name} were damaged by water?",
            "How many volumes of {name} suffered in the flood?",
        ),
        "returned": ("How long was the most overdue book of {name} away?",),
    },
)
