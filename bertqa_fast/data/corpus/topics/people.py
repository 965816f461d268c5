"""Lives of scientists, artists and teachers."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World

_JOBS = (
    ("a botanist", "plants"),
    ("a chemist", "dyes"),
    ("a geologist", "volcanoes"),
    ("a painter", "winter landscapes"),
    ("a surveyor", "coastlines"),
    ("a linguist", "mountain dialects"),
    ("a physician", "fevers"),
    ("a sculptor", "marble birds"),
    ("a weaver", "silk patterns"),
    ("a mathematician", "knots"),
    ("a clockmaker", "pendulums"),
    ("a meteorologist", "hailstorms"),
)


def _draw(w: World) -> dict[str, str]:
    who = w.someone()
    born = w.year(1790, 1930)
    job, subject = w.rng.choice(_JOBS)
    died = born + w.number(48, 90)
    moved = born + w.number(19, 30)
    return {
        "name": who.name,
        "last": who.last,
        "he": who.he,
        "his": who.his,
        "him": who.him,
        "job": job,
        "subject": subject,
        "born": str(born),
        "home": w.town(),
        "place": w.town(),
        "moved": str(moved),
        "mentor": w.name(),
        "friend": w.name(),
        "star": w.name(),
        "siblings": w.count(3, 12),
        "father_job": w.pick(
            ("a miller", "a ferryman", "a tax collector", "a baker", "a bell founder", "a cooper")
        ),
        "books": w.count(3, 40),
        "letters": w.count(150, 2400),
        "pupils": w.count(13, 260),
        "prize_year": str(moved + w.number(6, 17)),
        "prize": w.pick(("the Silver Compass", "the Linden Medal", "the Corvane Prize", "the Golden Quill")),
        "prize_money": w.money(200, 9000, 50),
        "died": str(died),
        "museum": w.town(),
        "illness": w.pick(("pneumonia", "a fall from a horse", "a weak heart", "malaria")),
    }


TOPIC = Topic(
    name="people",
    keys=("name", "last"),
    draw=_draw,
    openings=(
        "{name} was {job} born in {home} in {born}.",
        "Born in {born}, {name} grew up in {home} and became {job}.",
        "Few people in {home} expected that {name}, who was born there in {born}, would one day be {job}.",
        "{name}, {job}, came into the world at {home} in {born}.",
    ),
    lines=(
        (
            "{his} father was {father_job}, and there were {siblings} other children in the house.",
            "The child of {father_job}, {he} grew up with {siblings} brothers and sisters.",
            "With {siblings} siblings and {father_job} for a father, {he} knew little comfort as a child.",
        ),
        (
            (
                "In {moved} {he} moved to {place}, where {mentor} taught {him} "
                "all there was to know about {subject}."
            ),
            (
                "{mentor} took {him} on as an assistant in {moved}, and together "
                "they studied {subject} in {place}."
            ),
            (
                "A scholarship brought {him} to {place} in {moved}; {his} teacher "
                "there was {mentor}, an authority on {subject}."
            ),
        ),
        (
            "{he} published {books} books and left behind {letters} letters, most of them to {friend}.",
            (
                "Of the {letters} letters that survive, the majority are addressed "
                "to {friend}; the {books} books sold badly."
            ),
            "Besides {books} books, {he} wrote {letters} letters, nearly all of them to {friend}.",
        ),
        (
            "In {prize_year} {he} was awarded {prize}, which came with {prize_money}.",
            "{prize} went to {him} in {prize_year}, together with a purse of {prize_money}.",
            (
                "The jury gave {him} {prize} in {prize_year}, and {he} spent the "
                "{prize_money} on a house with a garden."
            ),
        ),
        (
            "Over the years {he} trained {pupils} pupils, of whom {star} was the most gifted.",
            "{star} was the most talented of the {pupils} students who passed through {his} workshop.",
        ),
        (
            "{he} died of {illness} in {died}, and {his} papers are now kept in {museum}.",
            "{illness} ended {his} life in {died}; a small museum in {museum} shows {his} papers.",
            "After {his} death from {illness} in {died}, the papers went to the archive at {museum}.",
        ),
    ),
    asks={
        "home": (
            "Where was {name} born?",
            "In which town did {last} spend {his} childhood?",
            "What is the birthplace of {name}?",
        ),
        "born": (
            "In what year was {name} born?",
            "When did {last} come into the world?",
            "What was {name}'s year of birth?",
        ),
        "job": ("What was {name}'s profession?", "What did {last} do for a living?"),
        "father_job": ("What did {name}'s father do?", "What was the occupation of {last}'s father?"),
        "siblings": (
            "How many siblings did {name} have?",
            "How many brothers and sisters did {last} grow up with?",
        ),
        "mentor": (
            "Who taught {name}?",
            "Under whom did {last} study in {place}?",
            "Who was {name}'s teacher?",
        ),
        "place": ("To which town did {name} move in {moved}?", "Where did {last} study with {mentor}?"),
        "moved": ("When did {name} go to {place}?", "In which year did {last} begin to work with {mentor}?"),
        "subject": ("What did {name} study together with {mentor}?", "On what was {mentor} an expert?"),
        "books": ("How many books did {name} write?", "How many books did {last} bring out in all?"),
        "letters": (
            "How many of {name}'s letters have been preserved?",
            "How many letters did {last} leave?",
        ),
        "pupils": ("How many students did {name} train?", "How many people learned their trade from {last}?"),
        "prize": ("Which award did {name} receive?", "What honour was given to {last} in {prize_year}?"),
        "prize_year": ("In what year did {name} win {prize}?", "When was {last} honoured with {prize}?"),
        "prize_money": (
            "How much money did {name} get with {prize}?",
            "How much was {prize} worth to {last}?",
        ),
        "illness": ("What did {name} die of?", "What was the cause of {last}'s death?"),
        "died": ("When did {name} die?", "In which year did {last} pass away?"),
        "museum": ("Where are {name}'s papers today?", "In which town can one see the papers of {last}?"),
        "friend": (
            "To whom are most of {name}'s letters addressed?",
            "With whom did {last} exchange most of {his} letters?",
        ),
        "star": ("Who was {name}'s most gifted pupil?", "Which student of {last} stood out from the rest?"),
    },
)
