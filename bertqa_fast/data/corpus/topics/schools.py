"""Schools and their teachers."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    founded = w.year(1790, 1955)
    return {
        "name": w.pick(_NAMES) + w.pick((" School", " Academy", " College")),
        "town": w.town(),
        "founded": str(founded),
        "founder": w.name(),
        "first": w.count(5, 29),
        "pupils": w.count(210, 1900),
        "teachers": w.count(30, 140),
        "classrooms": w.count(31, 80),
        "head": w.name(),
        "since": str(founded + w.number(20, 40)),
        "subject": w.pick(
            ("music", "navigation", "astronomy", "cookery", "chess", "drawing", "boat building")
        ),
        "hours": w.count(3, 9),
        "fees": w.money(900, 9900, 50),
        "scholars": w.count(6, 28),
        "song": w.pick(("Forward, Young Larks", "The Lamp We Carry", "Hills of Morning", "Ink and Honour")),
        "composer": w.name(),
        "uniform": w.pick(("a green cap", "a yellow scarf", "a straw hat", "a purple tie", "red socks")),
        "team": w.pick(("rowing", "fencing", "swimming", "hockey", "debating")),
        "cups": w.count(4, 24),
        "coach": w.name(),
        "fire": str(founded + w.number(41, 60)),
        "burnt": w.pick(("the gymnasium", "the chapel", "the kitchen", "the west wing", "the stables")),
        "repair": w.money(10000, 400000, 1000),
        "famous": w.name(),
        "famous_job": w.pick(
            ("an opera singer", "a polar explorer", "a judge", "a film director", "a racing driver")
        ),
        "expelled": w.pick(
            ("keeping a pig", "painting a statue blue", "selling cigarettes", "flooding a corridor")
        ),
        "languages": w.count(3, 8),
        "trees": w.count(82, 200),
    }


_NAMES = (
    "Hollybank",
    "Saint Cuthman's",
    "Ravenhall",
    "Queen Adela",
    "Oak Lane",
    "Windermoor",
    "Fairmount",
    "Beechcroft",
    "Saint Ursula's",
    "Harbour Street",
    "Kingsmead",
    "Castlegate",
)

TOPIC = Topic(
    name="schools",
    draw=_draw,
    openings=(
        "{name} in {town} was founded by {founder} in {founded} with {first} pupils.",
        "When {founder} founded {name} in {town} in {founded}, only {first} children came.",
        (
            "In {founded}, {first} boys and girls sat in the first class of "
            "{name}, which {founder} had founded in {town}."
        ),
    ),
    lines=(
        (
            "Now {teachers} teachers instruct {pupils} pupils in {classrooms} classrooms.",
            "Today it counts {pupils} pupils, {teachers} teachers and {classrooms} classrooms.",
            (
                "There are {classrooms} classrooms for the {pupils} pupils of today "
                "and the {teachers} people who teach them."
            ),
        ),
        (
            (
                "Its head, {head}, took office in {since} and made {subject} "
                "compulsory for {hours} hours a week."
            ),
            "Since {since} it has been led by {head}, who insists on {hours} hours of {subject} a week.",
            (
                "{head}, head teacher since {since}, wants every child to "
                "have {hours} hours of {subject} a week."
            ),
        ),
        (
            "The fees are {fees} a year, but {scholars} children pay nothing.",
            "{scholars} children attend it free of charge; all others pay {fees} a year.",
        ),
        (
            'The school song, "{song}", was composed by {composer}, and everybody wears {uniform}.',
            '{composer} wrote the school song, "{song}", which is sung by pupils with {uniform}.',
        ),
        (
            "The {team} team has won {cups} cups under its coach, {coach}.",
            "Coached by {coach}, the {team} team has brought home {cups} cups.",
            "{coach} coaches the {team} team, and {cups} cups are on display in the hall.",
        ),
        (
            "In {fire} {burnt} burned down, and {repair} had to be raised for a new one.",
            "A fire in {fire} destroyed {burnt}; the repair cost {repair}.",
        ),
        (
            "Its best known former pupil is {famous}, {famous_job}, who was expelled for {expelled}.",
            "{famous}, later {famous_job}, had to leave it for {expelled}.",
        ),
        (
            "The pupils can learn {languages} foreign languages and have planted {trees} trees.",
            "{languages} foreign languages are taught, and the yard has {trees} trees.",
        ),
    ),
    asks={
        "town": ("Where is {name}?", "In which town was {name} founded?"),
        "founded": ("When was {name} founded?", "In which year did {name} open?"),
        "founder": ("Who founded {name}?", "Who was the founder of {name}?"),
        "first": (
            "How many pupils did {name} have at the beginning?",
            "How many children were in the first class of {name}?",
        ),
        "pupils": ("How many pupils does {name} have now?", "How many children attend {name} today?"),
        "teachers": ("How many teachers work at {name}?", "How many people teach at {name}?"),
        "classrooms": ("How many classrooms are there at {name}?", "How many classrooms does {name} have?"),
        "head": ("Who is the head of {name}?", "Who leads {name}?"),
        "since": ("Since when has {head} been in office?", "In what year did {head} become head of {name}?"),
        "subject": (
            "Which subject must every pupil of {name} take?",
            "What subject does {head} consider important?",
        ),
        "hours": (
            "How many hours of {subject} do the pupils of {name} have?",
            "How many hours a week does {name} give to {subject}?",
        ),
        "fees": ("How much does a year at {name} cost?", "How much do parents pay {name} for a year?"),
        "scholars": (
            "How many children go to {name} without paying?",
            "How many pupils of {name} pay no fees?",
        ),
        "song": ("What is the song of {name} called?", "What do the pupils of {name} sing?"),
        "composer": ("Who composed the song of {name}?", "Who wrote {song}?"),
        "uniform": (
            "What do the pupils of {name} wear?",
            "By which piece of clothing does one know pupils of {name}?",
        ),
        "team": ("In what sport is {name} successful?", "Which team of {name} wins cups?"),
        "cups": ("How many cups has {name} won?", "How many cups has the team of {coach} won?"),
        "coach": ("Who coaches the team of {name}?", "Who is the coach at {name}?"),
        "fire": ("When was there a fire at {name}?", "In which year did a part of {name} burn?"),
        "burnt": ("Which part of {name} burned down?", "What was destroyed by fire at {name}?"),
        "repair": (
            "How much did the damage at {name} cost?",
            "How much money did {name} need after the fire?",
        ),
        "famous": ("Who is the best known former pupil of {name}?", "Who was expelled from {name}?"),
        "famous_job": ("What became of {famous}?", "What was the later profession of {famous}?"),
        "expelled": ("Why was {famous} expelled?", "For what reason did {famous} have to leave {name}?"),
        "languages": (
            "How many languages can one learn at {name}?",
            "How many foreign languages does {name} teach?",
        ),
        "trees": (
            "How many trees did the pupils of {name} plant?",
            "How many trees are there in the yard of {name}?",
        ),
    },
)
