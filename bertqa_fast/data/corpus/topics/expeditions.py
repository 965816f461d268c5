"""Journeys into ice, desert and mountains."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    year = w.year(1840, 1960)
    leader = w.someone()
    beast, food = w.pick(("dogs", "mules", "camels", "ponies", "yaks")), w.pick(_FOOD)
    return {
        "name": f"the {leader.last} expedition",
        "leader": leader.name,
        "goal": w.pick(_GOALS),
        "start": w.town(),
        "left": w.date(year),
        "year": str(year + w.number(1, 4)),
        "members": w.count(7, 48),
        "beast": beast,
        "beasts": w.count(13, 120),
        "food": food,
        "kilos": w.count(200, 4000, 50) + " kilograms",
        "sponsor": w.pick(
            ("the Royal Map Office", "a newspaper", "a tea company", "the Geographical Club", "a banker")
        ),
        "sum": w.money(3000, 120000, 500),
        "doctor": w.name(),
        "drawer": w.name(),
        "guide": w.name(),
        "maps": w.count(5, 60),
        "plants": w.count(130, 1900),
        "days": w.count(61, 380),
        "distance": w.count(400, 3900, 10) + " kilometres",
        "cold": w.count(14, 60) + " degrees below zero",
        "dead": w.count(2, 6),
        "illness": w.pick(("scurvy", "frostbite", "snow blindness", "typhus", "exhaustion")),
        "lost": w.pick(("a sledge", "both boats", "the main tent", "the only compass", "the cooking stove")),
        "place": w.hill(),
        "height": w.count(1900, 6900) + " metres",
        "book": w.pick(
            ("Beyond the Last Map", "The White Silence", "A Winter Without Sun", "Where Rivers Begin")
        ),
    }


_FOOD = ("dried fish", "biscuits", "rice", "pemmican", "oatmeal", "salted pork")
_GOALS = (
    "the source of the Arrin",
    "the Great Salt Desert",
    "the northern ice cap",
    "the Valley of Mirrors",
    "the Lost Glacier",
    "the Amber Coast",
    "the inland sea",
)

TOPIC = Topic(
    name="expeditions",
    keys=("name", "leader"),
    draw=_draw,
    openings=(
        "On {left} {leader} set out from {start} in search of {goal}; the journey became known as {name}.",
        "{name}, led by {leader}, left {start} on {left} and headed for {goal}.",
        "The aim of {name}, which departed from {start} on {left} under {leader}, was to reach {goal}.",
    ),
    lines=(
        (
            "The party consisted of {members} people with {beasts} {beast} and {kilos} of {food}.",
            "{members} travellers, {beasts} {beast} and {kilos} of {food} made up the caravan.",
            "Its {beasts} {beast} were loaded with {kilos} of {food}, enough for {members} people.",
        ),
        (
            "It was paid for by {sponsor}, which gave {sum}.",
            "The money, {sum} in all, came from {sponsor}.",
            "With {sum} from {sponsor}, there was no lack of good equipment.",
        ),
        (
            "{doctor} went along as physician, {drawer} as draughtsman, and {guide} knew the way.",
            "The guide was {guide}; {drawer} made the drawings and {doctor} looked after the sick.",
            "Among the members were the physician {doctor}, the artist {drawer} and a local guide, {guide}.",
        ),
        (
            "They were under way for {days} days and covered {distance}.",
            "After {distance} and {days} days the survivors came home.",
            "The whole route, {distance} long, kept them busy for {days} days.",
        ),
        (
            (
                "The temperature fell to {cold}, {dead} members died of "
                "{illness}, and {lost} had to be left behind."
            ),
            "At {cold}, {illness} killed {dead} of the travellers, who had already lost {lost}.",
            "{illness} took {dead} lives; it was {cold} when the others abandoned {lost}.",
        ),
        (
            "In {year} the group climbed {place}, which turned out to be {height} high.",
            "{place}, a peak of {height}, was climbed for the first time in {year}.",
        ),
        (
            "The scientific yield was rich: {plants} pressed plants and {maps} maps.",
            "They brought back {maps} maps and no fewer than {plants} dried plants.",
        ),
        (
            'The story was told in "{book}", which the artist of the party illustrated.',
            'A popular account called "{book}" appeared soon after.',
        ),
    ),
    asks={
        "leader": ("Who led {name}?", "Who was at the head of {name}?"),
        "goal": ("What was {name} looking for?", "What did {leader} want to reach?"),
        "start": ("Where did {name} begin?", "From which town did {leader} set out?"),
        "left": ("When did {name} depart?", "On what day did {leader} leave {start}?"),
        "members": ("How many people took part in {name}?", "How many members did {name} have?"),
        "beasts": ("How many {beast} did {name} take along?", "How many animals accompanied {leader}?"),
        "beast": ("Which animals carried the baggage of {name}?", "What animals were used by {name}?"),
        "food": ("What did the members of {name} eat?", "What kind of provisions did {name} carry?"),
        "kilos": ("How much {food} did {name} carry?", "How much food did {leader} take along?"),
        "sponsor": ("Who paid for {name}?", "Who financed {leader}'s journey?"),
        "sum": ("How much money did {name} receive?", "How much did {sponsor} give for {name}?"),
        "doctor": ("Who was the doctor of {name}?", "Who took care of the sick on {name}?"),
        "drawer": ("Who made the drawings on {name}?", "Which artist travelled with {leader}?"),
        "guide": ("Who showed {name} the way?", "Who was the guide of {name}?"),
        "days": ("How many days did {name} last?", "For how many days was {leader} on the road?"),
        "distance": ("How far did {name} travel?", "What distance was covered by {name}?"),
        "cold": ("How cold did it get on {name}?", "What was the lowest temperature on {name}?"),
        "dead": ("How many members of {name} died?", "How many of {leader}'s companions lost their lives?"),
        "illness": ("What did some of the members of {name} die of?", "Which illness struck {name}?"),
        "lost": ("What did {name} have to leave behind?", "What did {leader} lose on the way?"),
        "place": ("Which mountain did {name} climb?", "What was climbed by {name} in {year}?"),
        "year": ("In what year did {name} climb {place}?", "When was {place} climbed by {leader}'s group?"),
        "height": ("How high is {place}?", "What is the height of {place}?"),
        "plants": (
            "How many plants did {name} bring back?",
            "How many plants were collected by {leader}'s party?",
        ),
        "maps": ("How many maps were made by {name}?", "How many maps did {name} draw?"),
        "book": ("In which book is {name} described?", "What is the title of the account of {name}?"),
    },
)
