"""Yearly festivals."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    first = w.year(1870, 1995)
    return {
        "name": "the " + w.pick(_NAMES),
        "town": w.town(),
        "month": w.month(),
        "days": w.count(2, 9),
        "first": str(first),
        "founder": w.name(),
        "reason": w.pick(
            ("the end of a drought", "a good herring catch", "the return of the swallows", "a royal wedding")
        ),
        "guests": w.count(4000, 99000, 100),
        "stalls": w.count(30, 390),
        "bands": w.count(13, 75),
        "helpers": w.count(110, 900),
        "opener": w.name(),
        "gesture": w.pick(
            ("releasing a white pigeon", "cutting a giant cheese", "ringing a cow bell", "firing a cannon")
        ),
        "contest": w.pick(
            ("a barrel race", "a pie eating contest", "a tug of war", "a kite battle", "a log rolling match")
        ),
        "winner": w.name(),
        "best": w.count(46, 99) + " seconds",
        "prize": w.pick(
            ("a live goose", "a basket of honey", "a crown of straw", "a year's supply of bread")
        ),
        "food": w.pick(("smoked eel", "plum dumplings", "roast chestnuts", "fried dough", "pickled herring")),
        "tons": w.count(3, 12) + " tonnes",
        "drink": w.pick(("elderflower wine", "dark beer", "apple juice", "honey wine")),
        "litres": w.count(1000, 19000, 50) + " litres",
        "fee": w.money(2, 40),
        "profit": w.money(1500, 90000, 100),
        "cause": w.pick(
            ("the children's hospital", "the volunteer fire brigade", "the town band", "the animal shelter")
        ),
        "cancelled": str(first + w.number(6, 22)),
        "why": w.pick(("an outbreak of measles", "a strike", "a storm", "lack of money", "high water")),
        "fireworks": w.count(400, 3900, 10),
    }


_NAMES = (
    "Lantern Festival",
    "Herring Fair",
    "Feast of Bells",
    "Midsummer Fair",
    "Swallow Festival",
    "Night of Kites",
    "Straw Carnival",
    "Cherry Feast",
    "Raft Festival",
    "Festival of Masks",
    "Shepherds' Fair",
    "Harvest Parade",
    "Snow Ball",
    "Drummers' Gathering",
)

TOPIC = Topic(
    name="festivals",
    draw=_draw,
    openings=(
        "{name} is celebrated in {town} every {month} and lasts {days} days.",
        "For {days} days each {month}, the people of {town} celebrate {name}.",
        "Every {month} the streets of {town} belong to {name}, which goes on for {days} days.",
    ),
    lines=(
        (
            "It was first held in {first}, when {founder} wanted to mark {reason}.",
            "{founder} started the custom in {first} to celebrate {reason}.",
            (
                "The tradition goes back to {first} and to {founder}, who "
                "thought that {reason} deserved a party."
            ),
        ),
        (
            "About {guests} visitors come to see {stalls} stalls and to hear {bands} bands.",
            "There are {bands} bands and {stalls} stalls, and the crowd has grown to {guests} people.",
            "{bands} bands play for {guests} guests, who wander among {stalls} stalls.",
        ),
        (
            "It is opened by {opener}, who begins it by {gesture}, while {helpers} volunteers stand ready.",
            "{helpers} volunteers help out, and {opener} has the honour of {gesture} at the opening.",
        ),
        (
            "The high point is {contest}; {winner} holds the record with {best} and went home with {prize}.",
            "In {contest}, the main attraction, {winner} once won {prize} in a time of {best}.",
            "{winner} needed just {best} to win {contest}, for which the prize was {prize}.",
        ),
        (
            "Guests eat {tons} of {food} and drink {litres} of {drink}.",
            "{litres} of {drink} are drunk and {tons} of {food} disappear.",
            "The cooks prepare {tons} of {food}, and the cellars supply {litres} of {drink}.",
        ),
        (
            "Entrance costs {fee}, and the profit of {profit} goes to {cause}.",
            "{cause} receives the profit, which was {profit} last year at {fee} a ticket.",
            "Each visitor pays {fee}; last year {profit} was left over for {cause}.",
        ),
        (
            "Only once, in {cancelled}, did {why} prevent it.",
            "It had to be called off in {cancelled} because of {why}.",
        ),
        (
            "On the last evening {fireworks} rockets light up the sky.",
            "It closes with a display of {fireworks} fireworks.",
        ),
    ),
    asks={
        "town": ("Where is {name} celebrated?", "Which town holds {name}?"),
        "month": ("In which month does {name} take place?", "When in the year is {name} held?"),
        "days": ("How many days does {name} last?", "For how many days do people celebrate {name}?"),
        "first": ("When was {name} held for the first time?", "In which year did {name} begin?"),
        "founder": ("Who started {name}?", "Whose idea was {name}?"),
        "reason": ("What did {founder} want to celebrate?", "Why was {name} first held?"),
        "guests": ("How many people come to {name}?", "How many visitors does {name} attract?"),
        "stalls": ("How many stalls are there at {name}?", "How many stalls are set up for {name}?"),
        "bands": ("How many bands play at {name}?", "How many groups of musicians can one hear at {name}?"),
        "helpers": ("How many volunteers work at {name}?", "How many people help at {name} without pay?"),
        "opener": ("Who opens {name}?", "Who performs the opening ceremony of {name}?"),
        "gesture": ("How is {name} opened?", "What does {opener} do to open {name}?"),
        "contest": ("What is the main attraction of {name}?", "What did {winner} win?"),
        "winner": ("Who holds the record at {name}?", "Who won {prize} at {name}?"),
        "best": ("How much time did {winner} need?", "What is the record time at {name}?"),
        "prize": ("What did {winner} receive as a prize?", "What prize can be won at {name}?"),
        "tons": ("How much {food} is eaten at {name}?", "How much food do the guests of {name} consume?"),
        "food": ("What do people eat at {name}?", "Which dish is served at {name}?"),
        "litres": ("How much {drink} is drunk at {name}?", "How much do the guests of {name} drink?"),
        "drink": ("What is drunk at {name}?", "Which drink is popular at {name}?"),
        "fee": ("How much is a ticket to {name}?", "How much does one have to pay to enter {name}?"),
        "profit": (
            "How much profit did {name} make last year?",
            "How much money did {name} earn for {cause}?",
        ),
        "cause": ("Who gets the profit of {name}?", "For whose benefit is the money from {name}?"),
        "cancelled": ("In which year was {name} cancelled?", "When did {name} not take place?"),
        "why": ("Why was {name} cancelled in {cancelled}?", "What prevented {name} in {cancelled}?"),
        "fireworks": (
            "How many rockets are fired at the end of {name}?",
            "How many fireworks does one see at {name}?",
        ),
    },
)
