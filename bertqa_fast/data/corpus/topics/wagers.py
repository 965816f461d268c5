"""Wagers and how they were won."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    one, two = w.someone(), w.someone()
    return {
        "name": one.name,
        "he": one.he,
        "his": one.his,
        "him": one.him,
        "job": w.pick(_JOBS),
        "two": two.name,
        "two_job": w.pick(_JOBS),
        "year": str(w.year(1850, 1990)),
        "inn": "the " + w.pick(("Golden Carp", "Old Bell", "Drunken Duck", "White Stag", "Crooked Billet")),
        "task": w.pick(_TASKS),
        "stake": w.money(10, 900, 5),
        "other": w.pick(("a team of oxen", "a moustache", "a mill", "the family silver", "a racing pigeon")),
        "limit": w.count(13, 60) + " days",
        "start": w.town(),
        "goal": w.town(),
        "miles": w.count(61, 390) + " miles",
        "witness": w.name(),
        "witness_job": w.pick(
            ("the innkeeper", "a customs clerk", "the vicar", "an insurance agent", "a newspaper boy")
        ),
        "crowd": w.count(400, 9000, 50),
        "shoes": w.count(2, 12),
        "eggs": w.count(391, 600),
        "trouble": w.pick(
            ("a landslide", "a jealous goose", "a broken axle", "toothache", "a locked gate", "a brass band")
        ),
        "where": w.town(),
        "lost": w.count(2, 11) + " hours",
        "help": w.pick(
            ("a borrowed wheelbarrow", "mustard plasters", "a song", "a pair of stilts", "peppermint tea")
        ),
        "helper": w.name(),
        "early": w.count(14, 55) + " minutes",
        "use": w.pick(
            (
                "a new roof for the chapel",
                "a week of free beer",
                "dancing lessons",
                "a brass bathtub",
                "a cow",
            )
        ),
    }


_JOBS = (
    "a tailor",
    "a glazier",
    "a vet",
    "a grain dealer",
    "a cellist",
    "a pastry cook",
    "a gamekeeper",
    "a teacher",
)
_TASKS = (
    "walk backwards",
    "push a piano",
    "roll a barrel",
    "carry an anvil",
    "drive a flock of turkeys",
    "travel without spending a coin",
    "balance a chair on one finger",
)

TOPIC = Topic(
    name="wagers",
    draw=_draw,
    openings=(
        (
            "At {inn} in {year}, {name}, {job}, made a bet with {two}, {two_job}, to "
            "{task} from {start} to {goal} within {limit}."
        ),
        (
            "{name}, {job}, bet {two}, {two_job}, one evening in {year} at {inn} that {he} could "
            "{task} all the way from {start} to {goal} in {limit}."
        ),
        (
            "It was at {inn} in {year} that {two}, {two_job}, refused to believe that {name}, "
            "{job}, could {task} from {start} to {goal} in {limit}."
        ),
    ),
    lines=(
        (
            "The stake was {stake} against {other}.",
            "{name} put up {stake}, the other side {other}.",
            "If {he} lost, {he} would have to pay {stake}; if {he} won, {he} would get {other}.",
        ),
        (
            "{witness_job}, {witness}, was chosen as a witness and measured the distance: {miles}.",
            "{witness}, {witness_job}, who acted as witness, had worked out that it was {miles}.",
            "The road was {miles} long, as the witness, {witness_job} called {witness}, confirmed.",
        ),
        (
            "On the way {he} wore out {shoes} pairs of boots and ate {eggs} eggs.",
            "{eggs} eggs and {shoes} pairs of boots were used up before it was over.",
        ),
        (
            "Near {where}, {trouble} cost {him} {lost}.",
            "{he} lost {lost} near {where} because of {trouble}.",
            "{trouble} held {him} up for {lost} at {where}.",
        ),
        (
            "{helper} came to {his} aid with {help}.",
            "What saved {him} was {help}, the idea of a friend called {helper}.",
        ),
        (
            "{he} arrived with {early} to spare and was cheered by {crowd} people.",
            "A crowd of {crowd} saw {him} arrive {early} before the time was up.",
            "{crowd} people had gathered when {he} reached the goal, {early} early.",
        ),
        (
            "The winnings went into {use}.",
            "{he} spent the winnings on {use}.",
        ),
    ),
    asks={
        "job": ("What was {name}'s profession?", "What did {name} do for a living?"),
        "two": (
            "With whom did {name} make a bet?",
            "Who did not believe {name}?",
            "Against whom did {name} bet?",
        ),
        "two_job": ("What was the trade of {two}?", "Who was {two}?"),
        "year": ("In what year did {name} make the bet?", "When did {name} bet with {two}?"),
        "inn": ("At which inn did {name} make the bet?", "Where did {name} and {two} meet?"),
        "task": ("What did {name} claim to be able to do?", "What did {name} have to do to win?"),
        "start": ("Where did {name} set out?", "From which town did {name} start?"),
        "goal": ("Where did {name} have to go?", "Which town was the goal of {name}?"),
        "limit": ("How much time was {name} given?", "Within what time did {name} have to do it?"),
        "stake": ("How much money did {name} bet?", "How much would {name} have had to pay?"),
        "other": ("What did {two} stand to lose?", "What could {name} win?"),
        "witness": ("Who was the witness of {name}'s bet?", "Who measured the distance for {name}?"),
        "witness_job": ("What was the position of the witness, {witness}?", "Who was {witness}?"),
        "miles": ("How far did {name} have to go?", "What was the distance from {start} to {goal}?"),
        "shoes": ("How many pairs of boots did {name} wear out?", "How many pairs of boots were needed?"),
        "eggs": ("How many eggs did {name} eat?", "How many eggs were eaten on the way?"),
        "trouble": ("What held {name} up?", "Why did {name} lose time near {where}?"),
        "where": ("Where was {name} delayed?", "Near which town did {name} lose time?"),
        "lost": ("How much time did {name} lose?", "For how long was {name} held up?"),
        "helper": ("Who helped {name}?", "Who came to the aid of {name}?"),
        "help": ("What helped {name} to go on?", "With what did {helper} help?"),
        "early": ("How much time was left when {name} arrived?", "How early was {name}?"),
        "crowd": ("How many people cheered {name}?", "How many people saw {name} arrive?"),
        "use": ("What did {name} do with the money?", "On what were the winnings spent?"),
    },
)
