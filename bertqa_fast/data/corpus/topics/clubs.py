"""Odd clubs and their rules."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    founded = w.year(1790, 1985)
    return {
        "name": "the " + w.pick(_NAMES),
        "town": w.town(),
        "founded": str(founded),
        "founder": w.name(),
        "founder_job": w.pick(
            (
                "a retired admiral",
                "a piano teacher",
                "a bored judge",
                "a butcher",
                "a translator",
                "a hat maker",
            )
        ),
        "spark": w.pick(
            ("a missed coach", "a bad dinner", "a thunderstorm", "a dream", "a misprint in the newspaper")
        ),
        "place": w.pick(
            (
                "the back room of a bakery",
                "a boathouse",
                "the old fire station",
                "a greenhouse",
                "a bell tower",
            )
        ),
        "weekday": w.pick(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")),
        "first": w.count(3, 9),
        "members": w.count(46, 480),
        "waiting": w.count(13, 45),
        "fee": w.money(2, 60),
        "rule": w.pick(
            (
                "nobody may wear a watch",
                "all talk must rhyme",
                "hats stay on",
                "shoes are left at the door",
                "no one may say no",
            )
        ),
        "fine": w.pick(
            ("a jar of honey", "a bottle of ink", "a dozen eggs", "a round of drinks", "one silver spoon")
        ),
        "president": w.name(),
        "since": str(founded + w.number(5, 35)),
        "treasurer": w.name(),
        "chest": w.money(900, 30000, 50),
        "song": w.pick(("Ode to a Teapot", "We Shall Be Late", "The Mole's March", "Three Cheers for Fog")),
        "guest": w.name(),
        "guest_job": w.pick(
            ("a prime minister", "an opera singer", "a world champion at chess", "an astronaut")
        ),
        "reason": w.pick(
            ("for yawning", "for bringing a dog", "for laughing at the wrong moment", "for arriving on time")
        ),
        "trip": w.town(),
        "cakes": w.count(140, 390),
    }


_NAMES = (
    "Society of Slow Walkers",
    "Club of the Left-Handed",
    "Friends of Fog",
    "Brotherhood of the Broken Umbrella",
    "League of Late Risers",
    "Moth Club",
    "Guild of Kite Menders",
    "Circle of Silent Readers",
    "Turnip Society",
    "Order of the Cold Bath",
    "Association of Amateur Echoes",
)

TOPIC = Topic(
    name="clubs",
    draw=_draw,
    openings=(
        "{name} was founded in {town} in {founded} by {founder}, {founder_job}, after {spark}.",
        "It was {spark} that led {founder}, {founder_job} from {town}, to found {name} in {founded}.",
        (
            "Founded by {founder_job} called {founder}, {name} has existed in {town} since "
            "{founded}; the whole thing began with {spark}."
        ),
    ),
    lines=(
        (
            "It meets in {place} every {weekday}.",
            "Every {weekday} the members gather in {place}.",
            "Meetings are held in {place}, and always on a {weekday}.",
        ),
        (
            (
                "At first there were {first} members; now there are {members}, and "
                "{waiting} people are on the waiting list."
            ),
            (
                "It has grown from {first} members to {members}, while another "
                "{waiting} are waiting to be admitted."
            ),
            (
                "Of the {members} members of today, none belongs to the {first} who came "
                "at the beginning; {waiting} others hope to join."
            ),
        ),
        (
            "Its chief rule is that {rule}, and whoever breaks it owes the others {fine}.",
            "Since {rule}, a member who forgets has to bring {fine}.",
            "{rule}: that is the first rule, and {fine} is the penalty.",
        ),
        (
            "The yearly fee is {fee}; the treasurer, {treasurer}, has saved {chest}.",
            (
                "{treasurer} looks after the money, at present {chest}, and "
                "collects {fee} from everyone once a year."
            ),
        ),
        (
            "{president} has been president since {since}.",
            "Its president, {president}, was elected in {since} and has been re-elected ever since.",
        ),
        (
            "The most famous guest, {guest}, {guest_job}, was thrown out {reason}.",
            "{guest}, {guest_job}, came once and was shown the door {reason}.",
        ),
        (
            'On the yearly outing to {trip} the members eat {cakes} cakes and sing "{song}".',
            'Once a year they travel to {trip}, where "{song}" is sung and {cakes} cakes are eaten.',
        ),
    ),
    asks={
        "town": ("Where was {name} founded?", "In which town is {name} at home?"),
        "founded": ("When was {name} founded?", "Since when has {name} existed?"),
        "founder": ("Who founded {name}?", "Whose idea was {name}?"),
        "founder_job": ("What was the occupation of {founder}?", "Who was {founder}?"),
        "spark": ("What led to the founding of {name}?", "What gave {founder} the idea?"),
        "place": ("Where does {name} meet?", "In what place do the members of {name} gather?"),
        "weekday": ("On which day does {name} meet?", "When are the meetings of {name}?"),
        "first": (
            "How many members did {name} have in the beginning?",
            "With how many members did {name} start?",
        ),
        "members": ("How many members does {name} have now?", "How many people belong to {name} today?"),
        "waiting": (
            "How many people would like to join {name}?",
            "How many are on the waiting list of {name}?",
        ),
        "rule": ("What is the most important rule of {name}?", "What must members of {name} remember?"),
        "fine": (
            "What is the penalty for breaking the rule of {name}?",
            "What must a member of {name} bring as a penalty?",
        ),
        "fee": ("How much do members of {name} pay in a year?", "How much does it cost to belong to {name}?"),
        "treasurer": ("Who looks after the money of {name}?", "Who is the treasurer of {name}?"),
        "chest": ("How much money does {name} have?", "How much has {treasurer} put aside?"),
        "president": ("Who is the president of {name}?", "Who is at the head of {name}?"),
        "since": ("When did {president} become president?", "Since which year has {president} led {name}?"),
        "guest": ("Who was thrown out of {name}?", "Who was the most famous guest of {name}?"),
        "guest_job": ("Who was {guest}?", "For what was {guest} known?"),
        "reason": ("Why did {guest} have to leave?", "Why was a famous guest thrown out of {name}?"),
        "trip": ("Where does {name} go once a year?", "What is the goal of the yearly outing of {name}?"),
        "cakes": (
            "How many cakes do the members of {name} eat on the outing?",
            "How many cakes are eaten in {trip}?",
        ),
        "song": ("What do the members of {name} sing?", "Which song belongs to {name}?"),
    },
)
