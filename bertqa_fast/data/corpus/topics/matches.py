"""Ball games and their scores."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    sport, verb = w.rng.choice(
        (
            ("football", "goals"),
            ("handball", "goals"),
            ("water polo", "goals"),
            ("ice hockey", "goals"),
            ("rugby", "points"),
        )
    )
    year = w.year(1920, 2020)
    winner, loser = w.town() + " " + w.pick(_CLUBS), w.town() + " " + w.pick(_CLUBS)
    return {
        "name": f"the {year} {sport} final",
        "winner": winner,
        "loser": loser,
        "date": w.date(year),
        "stadium": w.pick(
            ("Harbour Park", "the Oval Meadow", "Lantern Field", "Crown Arena", "the Old Brickworks")
        ),
        "city": w.town(),
        "crowd": w.count(1200, 64000, 10),
        "fans": w.count(200, 1100, 5),
        "unit": verb,
        "score": w.count(7, 12),
        "against": w.count(2, 6),
        "scorer": w.name(),
        "own": w.count(2, 6),
        "keeper": w.name(),
        "saves": w.count(13, 30),
        "trainer": w.name(),
        "coach": w.name(),
        "referee": w.name(),
        "cards": w.count(2, 9),
        "minute": w.count(20, 85),
        "hurt": w.name(),
        "injury": w.pick(("a broken wrist", "a twisted ankle", "a bruised rib", "a torn muscle")),
        "weather": w.pick(("heavy rain", "a snowstorm", "dense fog", "hail", "a thunderstorm")),
        "delay": w.count(10, 75) + " minutes",
        "prize": w.money(500, 40000, 100),
        "ticket": w.money(2, 45),
        "trophy": w.pick(("a silver bowl", "a golden oar", "a crystal owl", "a copper shield")),
        "titles": w.count(2, 11),
    }


_CLUBS = (
    "Rovers",
    "United",
    "Falcons",
    "Athletic",
    "Wanderers",
    "Tigers",
    "Mariners",
    "Rangers",
    "Lions",
    "Harriers",
)

TOPIC = Topic(
    name="matches",
    draw=_draw,
    openings=(
        "On {date}, {winner} beat {loser} in {name}.",
        "{name} was played on {date} and ended with a victory of {winner} over {loser}.",
        "{loser} lost {name} to {winner} on {date}.",
    ),
    lines=(
        (
            (
                "The match took place at {stadium} in {city} before {crowd} spectators, "
                "{fans} of whom had come with the visitors."
            ),
            "{crowd} people filled {stadium} in {city}, among them {fans} supporters of the losing side.",
            "A crowd of {crowd} had gathered at {stadium} in {city}, and {fans} of them wept at the end.",
        ),
        (
            "The winners scored {score} {unit}, their opponents only {against}.",
            "The losing side managed {against} {unit} and let in {score}.",
            (
                "When the whistle blew, the board showed {score} {unit} for the "
                "champions and {against} for the others."
            ),
        ),
        (
            (
                "{scorer} alone was responsible for {own} {unit}, while the "
                "goalkeeper {keeper} stopped {saves} shots."
            ),
            (
                "The hero of the day was {scorer} with {own} {unit}, closely followed "
                "by {keeper}, who made {saves} saves in goal."
            ),
            "With {saves} saves, the goalkeeper {keeper} outshone even {scorer}, the maker of {own} {unit}.",
        ),
        (
            "{trainer} had trained the winners for years; {coach} resigned as coach of the beaten team.",
            "The beaten team's coach, {coach}, congratulated {trainer}, the trainer of the champions.",
        ),
        (
            "The referee, {referee}, showed {cards} yellow cards and was booed off the field.",
            "{cards} yellow cards were handed out by {referee}, who refereed a final for the last time.",
            "Under the strict eye of the referee {referee} there were {cards} yellow cards.",
        ),
        (
            "After {minute} minutes {hurt} had to be carried off with {injury}.",
            "{hurt} suffered {injury} after {minute} minutes of play and left the field.",
        ),
        (
            "Because of {weather}, play started {delay} late.",
            "{weather} had delayed the start by {delay}.",
        ),
        (
            "The champions took home {trophy} and {prize}; it was title number {titles} for the club.",
            "Besides {trophy}, the club received {prize} and celebrated {titles} titles in all.",
            "A ticket cost {ticket}, and the winning club was given {trophy} along with {prize}.",
        ),
    ),
    asks={
        "winner": ("Who won {name}?", "Which team was victorious in {name}?", "Which club defeated {loser}?"),
        "loser": ("Which team lost {name}?", "Against whom did {winner} play in {name}?"),
        "date": ("When was {name} played?", "On what day did {name} take place?"),
        "stadium": ("In which stadium was {name} held?", "Where in {city} was {name} played?"),
        "city": ("Which town hosted {name}?", "In which town was {name} held?"),
        "crowd": ("How many people watched {name}?", "How many spectators came to {name}?"),
        "score": (
            "How many {unit} did {winner} score in {name}?",
            "How many {unit} did the winners of {name} make?",
        ),
        "against": (
            "How many {unit} did {loser} score in {name}?",
            "How many {unit} did the losers of {name} manage?",
        ),
        "scorer": ("Who scored most often in {name}?", "Which player was the hero of {name}?"),
        "own": ("How many {unit} did {scorer} score?", "How many {unit} in {name} came from {scorer}?"),
        "keeper": ("Who was the goalkeeper in {name}?", "Who stood in goal for the winners of {name}?"),
        "saves": ("How many shots did {keeper} stop in {name}?", "How many saves did {keeper} make?"),
        "trainer": ("Who trained the winners of {name}?", "Who was the trainer of {winner}?"),
        "coach": ("Who was the coach of the losers of {name}?", "Who coached {loser}?"),
        "referee": ("Who was the referee of {name}?", "Which referee was in charge of {name}?"),
        "cards": (
            "How many yellow cards were shown in {name}?",
            "How many players were shown a yellow card by {referee}?",
        ),
        "hurt": ("Who was injured in {name}?", "Which player was unable to finish {name}?"),
        "injury": ("What injury did {hurt} suffer?", "What happened to {hurt} in {name}?"),
        "weather": ("Why did {name} begin late?", "What delayed the start of {name}?"),
        "delay": ("By how much was the start of {name} delayed?", "How late did {name} begin?"),
        "trophy": ("What trophy was given to the winners of {name}?", "What did {winner} win besides money?"),
        "prize": ("How much money did the winners of {name} get?", "How much prize money went to {winner}?"),
        "ticket": ("How much did one pay to get into {name}?", "How much was a ticket for {name}?"),
        "titles": ("How many titles has {winner} won in all?",),
    },
)
