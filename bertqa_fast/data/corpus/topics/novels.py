"""Novels: their plots, sales and authors."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    author, hero, friend, enemy = w.someone(), w.someone(), w.someone(), w.someone()
    year = w.year(1890, 2000)
    return {
        "name": '"' + w.pick(_TITLES) + '"',
        "author": author.name,
        "author_last": author.last,
        "year": str(year),
        "genre": w.pick(("crime novel", "love story", "ghost story", "satire", "family saga", "sea story")),
        "hero": hero.name,
        "hero_last": hero.last,
        "hero_job": w.pick(
            ("a piano tuner", "a customs officer", "a widowed baker", "a young judge", "a lock keeper")
        ),
        "friend": friend.name,
        "enemy": enemy.name,
        "place": w.town(),
        "flight": w.town(),
        "object": w.pick(
            ("a stolen will", "a locked box", "a photograph", "a forged painting", "a bundle of letters")
        ),
        "hiding": w.pick(("a church organ", "a beehive", "the family grave", "a flour sack", "a clock case")),
        "killer": w.pick(
            ("the gardener", "the notary", "the twin sister", "the bishop", "the chess teacher")
        ),
        "pages": w.count(140, 890),
        "chapters": w.count(13, 64),
        "weeks": w.count(3, 12),
        "copies": w.count(2000, 900000, 500),
        "languages": w.count(14, 43),
        "refused": w.count(4, 19),
        "publisher": w.pick(("Heron Press", "Tallow & Finch", "Old Bridge Books", "the Lamplight House")),
        "advance": w.money(100, 9000, 50),
        "film": str(year + w.number(4, 20)),
        "director": w.name(),
        "award": w.pick(
            ("the Amber Pen", "the Harbour Prize", "the Night Reader Award", "the Golden Inkwell")
        ),
        "sequel": w.pick(("The Second Key", "After the Thaw", "No Word from Anna", "The Empty Pier")),
    }


_TITLES = (
    "The Salt Road",
    "A House Without Doors",
    "Seven Cold Summers",
    "The Clockmaker's Debt",
    "Rain over Corvane",
    "The Last Ferry",
    "Paper Lions",
    "What the Miller Saw",
    "The Glass Harbour",
    "Under a Tin Moon",
    "The Quiet Auction",
    "Letters to a Lock",
    "The Winter Tenant",
)

TOPIC = Topic(
    name="novels",
    draw=_draw,
    openings=(
        "{name} is a {genre} by {author} that appeared in {year}.",
        "In {year} {author} published {name}, a {genre}.",
        "The {genre} {name}, which came out in {year}, was written by {author}.",
    ),
    lines=(
        (
            "Its main character is {hero}, {hero_job} from {place}, who comes across {object}.",
            "It tells of {hero}, {hero_job} who finds {object} in {place}.",
            "In {place}, {object} falls into the hands of {hero}, {hero_job}.",
        ),
        (
            "With the help of {friend}, the hero escapes to {flight}, followed by the villain, {enemy}.",
            "{enemy} is the villain of the story; a faithful companion, {friend}, leads the way to {flight}.",
            "The villain, {enemy}, is tricked by {friend}, and the story moves on to {flight}.",
        ),
        (
            "In the end the proof turns up in {hiding}, and {killer} is arrested.",
            "The last pages show that {killer} was guilty; the evidence lay in {hiding}.",
        ),
        (
            "The book has {pages} pages in {chapters} chapters and was written in {weeks} weeks.",
            "Its {chapters} chapters, {pages} pages in all, were put on paper within {weeks} weeks.",
            "It took {weeks} weeks to write the {pages} pages, which are divided into {chapters} chapters.",
        ),
        (
            (
                "Refused by {refused} publishers, it was finally taken by "
                "{publisher} for an advance of {advance}."
            ),
            "{publisher} paid {advance} for it after {refused} other firms had said no.",
        ),
        (
            "It sold {copies} copies, was translated into {languages} languages and won {award}.",
            (
                "{award} was its reward; {copies} copies were printed, and there "
                "are translations into {languages} languages."
            ),
            (
                "Translated into {languages} languages and honoured with {award}, "
                "it reached a sale of {copies} copies."
            ),
        ),
        (
            "It was filmed by {director} in {film}.",
            "{director} made a film of it in {film}.",
        ),
        (
            'A sequel, "{sequel}", was less successful.',
            'The author continued the story in "{sequel}".',
        ),
    ),
    asks={
        "author": ("Who wrote {name}?", "Who is the author of {name}?"),
        "year": ("When was {name} published?", "In which year did {name} come out?"),
        "genre": ("What kind of book is {name}?", "To what genre does {name} belong?"),
        "hero": (
            "Who is the main character of {name}?",
            "Who is the hero of {name}?",
            "Who finds {object} in {name}?",
        ),
        "hero_job": ("What is the occupation of the hero of {name}?", "What does {hero} do for a living?"),
        "place": ("Where does the story of {name} begin?", "In which town is {object} found?"),
        "object": ("What does {hero} find in {name}?", "What does the main character of {name} discover?"),
        "friend": ("Who helps the hero of {name}?", "Which character in {name} is a loyal helper?"),
        "enemy": ("Who is the villain of {name}?", "Who is the bad character in {name}?"),
        "flight": (
            "To which town does the story of {name} move?",
            "Where does the hero of {name} go with {friend}?",
        ),
        "hiding": ("Where is the evidence found in {name}?", "In what was the proof hidden in {name}?"),
        "killer": ("Who turns out to be guilty in {name}?", "Who is arrested in the end of {name}?"),
        "pages": ("How many pages does {name} have?", "How many pages long is {name}?"),
        "chapters": ("How many chapters are there in {name}?", "Into how many chapters is {name} divided?"),
        "weeks": (
            "How many weeks did {author} need to write {name}?",
            "In how many weeks was {name} written?",
        ),
        "refused": ("How many publishers rejected {name}?", "How many publishers did not want {name}?"),
        "publisher": ("Who published {name}?", "Which publisher accepted {name}?"),
        "advance": ("How much was the advance for {name}?", "How much did {publisher} pay {author}?"),
        "copies": ("How many copies of {name} were sold?", "How many copies did {name} reach?"),
        "languages": (
            "Into how many languages was {name} translated?",
            "In how many languages can one read {name}?",
        ),
        "award": ("Which award did {name} win?", "With what prize was {name} honoured?"),
        "director": ("Who made a film of {name}?", "Which director turned {name} into a film?"),
        "film": ("When was {name} filmed?", "In what year was {name} made into a film?"),
        "sequel": ("What is the sequel of {name} called?", "In which book is the story of {name} continued?"),
    },
)
