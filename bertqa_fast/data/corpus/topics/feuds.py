"""Quarrels between neighbours, and how they ended."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    one, two = w.someone(), w.someone()
    began, years = w.year(1820, 1930), w.number(13, 45)
    cause, why = w.rng.choice(_CAUSES)
    return {
        "name": f"the {one.last} and {two.last} quarrel",
        "one": one.name,
        "one_job": w.pick(_JOBS),
        "two": two.name,
        "two_job": w.pick(_JOBS),
        "town": w.town(),
        "cause": cause,
        "why": why,
        "began": str(began),
        "years": str(years),
        "insult": w.pick(("a horse thief", "a pickled onion", "a liar", "a weathercock", "an old goat")),
        "where": w.pick(
            (
                "in the middle of a sermon",
                "at a christening",
                "in the barber's shop",
                "on the ferry",
                "at the cattle market",
            )
        ),
        "damage": w.pick(
            ("a scarecrow in Sunday clothes", "fourteen cabbages", "the henhouse", "a new fence", "a beehive")
        ),
        "judge": w.name(),
        "court": w.town(),
        "trials": w.count(3, 12),
        "pages": w.count(150, 900, 5),
        "fine": w.money(5, 300, 5),
        "lawyer": w.name(),
        "fees": w.money(400, 6000, 50),
        "peace": w.name(),
        "peace_job": w.pick(
            ("the new priest", "a travelling dentist", "the postmistress", "a schoolgirl", "the midwife")
        ),
        "means": w.pick(
            (
                "by marrying them off to two sisters",
                "with a bottle of plum brandy",
                "by reading out their old letters",
            )
        ),
        "guests": w.count(46, 130),
        "feast": w.pick(
            ("a roast goose", "a barrel of herring", "a giant omelette", "potato soup", "plum tart")
        ),
        "ended": str(began + years),
        "today": w.pick(("a bus stop", "a playground", "a petrol station", "a rose garden", "a monument")),
    }


_JOBS = (
    "a saddler",
    "an organ builder",
    "a wine merchant",
    "a farmer",
    "a notary",
    "a potter",
    "a beekeeper",
    "a cobbler",
)

_CAUSES = (
    ("a pear tree", "its roots had crossed the border"),
    ("a strip of meadow", "nobody could find the deed"),
    ("a borrowed plough", "it had come back without its blade"),
    ("a barking dog", "it barked only on Sundays"),
    ("a garden gate", "it opened to the wrong side"),
    ("a duck pond", "the ducks did not care whose it was"),
    ("an unpaid bill", "both of them had lost their copy"),
    ("a blocked drain", "it had been blocked with a pumpkin"),
)

TOPIC = Topic(
    name="feuds",
    keys=("name", "one", "two"),
    draw=_draw,
    openings=(
        (
            "{name} began in {town} in {began}, when {one}, {one_job}, and "
            "{two}, {two_job}, fell out over {cause}."
        ),
        (
            "In {began} {one}, {one_job} in {town}, and the neighbour, {two}, who "
            "was {two_job}, started to argue about {cause}."
        ),
        (
            "{name} is still remembered in {town}: since {began}, {two}, {two_job}, and {one}, {one_job}, "
            "had not exchanged a friendly word, all because of {cause}."
        ),
    ),
    lines=(
        (
            "The trouble was that {why}.",
            "What made matters worse was that {why}.",
        ),
        (
            "{one} called {two} {insult} {where}.",
            "{two} was called {insult} by {one} {where}.",
            "{where}, and in front of everybody, {one} shouted that {two} was {insult}.",
        ),
        (
            "In return {two} destroyed {damage}.",
            "{two} took revenge and ruined {damage} that belonged to {one}.",
        ),
        (
            (
                "There were {trials} trials before the judge {judge} in {court}, "
                "and the files grew to {pages} pages."
            ),
            "{judge}, a judge in {court}, heard the case {trials} times and wrote {pages} pages about it.",
            (
                "The court at {court} dealt with it in {trials} trials; its "
                "judge, {judge}, filled {pages} pages."
            ),
        ),
        (
            "{one} had to pay a fine of {fine}, yet the lawyer, {lawyer}, charged {fees}.",
            "A lawyer by the name of {lawyer} earned {fees}, far more than the fine of {fine}.",
        ),
        (
            "After {years} years {peace_job}, {peace}, reconciled them {means}.",
            (
                "Peace was made {means}: the idea came from {peace}, {peace_job}, "
                "when {years} years had gone by."
            ),
            "It took {years} years until {peace}, {peace_job}, brought them together {means}.",
        ),
        (
            "In {ended}, {guests} guests were invited to celebrate the end of it with {feast}.",
            "{guests} people shared {feast} when the peace was celebrated in {ended}.",
        ),
        (
            "Where the two houses stood there is now {today}.",
            "Nothing is left of it but {today} on the very spot.",
        ),
    ),
    asks={
        "town": ("Where did {one} and {two} live?", "In which town did {name} take place?"),
        "began": ("When did {name} begin?", "In what year did {one} and {two} fall out?"),
        "cause": ("What did {one} and {two} quarrel about?", "What was the cause of {name}?"),
        "one_job": ("What was {one}'s trade?", "What did {one} do for a living?"),
        "two_job": ("What was {two}'s trade?", "What did {two} do for a living?"),
        "why": ("What made the quarrel of {one} and {two} difficult?", "What was the trouble in {name}?"),
        "insult": ("What did {one} call {two}?", "With what words did {one} insult {two}?"),
        "where": ("Where did {one} insult {two}?", "On what occasion was {two} insulted?"),
        "damage": (
            "What did {two} destroy?",
            "What did {two} ruin to take revenge on {one}?",
        ),
        "judge": ("Which judge heard the case of {one} and {two}?", "Who was the judge in {name}?"),
        "court": (
            "Where was the court that dealt with {name}?",
            "In which town did {one} and {two} meet in court?",
        ),
        "trials": (
            "How many trials were there in {name}?",
            "How many times did {one} and {two} go to court?",
        ),
        "pages": (
            "How many pages did the files on {name} have?",
            "How many pages were written about {name}?",
        ),
        "fine": ("How much was {one} fined?", "How much did {one} have to pay as a fine?"),
        "lawyer": ("Who was the lawyer in {name}?", "Who earned money from {name}?"),
        "fees": ("How much did {lawyer} charge?", "How much money did the lawyer make from {name}?"),
        "peace": ("Who reconciled {one} and {two}?", "Who made peace between {one} and {two}?"),
        "peace_job": ("Who was {peace}?", "What was the position of {peace}?"),
        "means": ("How were {one} and {two} reconciled?", "How did {peace} put an end to {name}?"),
        "years": ("How many years did {name} last?", "After how many years did {one} and {two} make peace?"),
        "ended": (
            "In which year was the end of {name} celebrated?",
            "When did people celebrate the peace of {one} and {two}?",
        ),
        "guests": (
            "How many people celebrated the end of {name}?",
            "How many guests came to the peace feast?",
        ),
        "feast": (
            "What was eaten at the end of {name}?",
            "What did the guests have when {one} and {two} made peace?",
        ),
        "today": ("What stands today where {one} and {two} lived?", "What is left of {name}?"),
    },
)
