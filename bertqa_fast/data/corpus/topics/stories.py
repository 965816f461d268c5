"""Little stories of what people did on a day out."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    hero, friend, thief, aunt = w.someone(), w.someone(), w.someone(), w.someone()
    ware, other = w.pick(_WARES), w.pick(_WARES)
    return {
        "name": hero.first,
        "he": hero.he,
        "his": hero.his,
        "him": hero.him,
        "last": hero.last,
        "friend": friend.first,
        "aunt": aunt.first,
        "thief": thief.first,
        "town": w.town(),
        "village": w.town(),
        "weekday": w.pick(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")),
        "hour": w.pick(("half past six", "a quarter to eight", "five o'clock", "noon", "ten past nine")),
        "ware": ware,
        "other": other,
        "n1": w.count(13, 60),
        "n2": w.count(3, 12),
        "sold": w.count(2, 11),
        "earned": w.money(5, 95),
        "spent": w.money(2, 30),
        "bought": w.pick(
            ("a second-hand saddle", "a lamp", "a tin whistle", "a pair of boots", "a map", "a blue kettle")
        ),
        "animal": w.pick(("a donkey", "a goat", "a grey mare", "a big dog", "an ox")),
        "animal_name": w.pick(("Biscuit", "Napoleon", "Cricket", "Pudding", "Sergeant", "Button")),
        "miles": w.count(3, 19) + " miles",
        "hours": w.count(2, 8) + " hours",
        "weather": w.pick(("a hailstorm", "thick fog", "a cloudburst", "a sandstorm", "heavy snow")),
        "shelter": w.pick(("a barn", "a chapel", "an empty mill", "a cave", "a hollow tree")),
        "lost": w.pick(("a glove", "the house key", "a silver button", "an umbrella", "a hat")),
        "finder": w.pick(("a shepherd", "the postman", "a schoolgirl", "a nun", "the blacksmith")),
        "reward": w.pick(("a jar of jam", "a kiss on the cheek", "a slice of cake", "a new penny", "a song")),
        "meal": w.pick(("onion soup", "fried trout", "bean stew", "cold mutton", "pancakes")),
        "steps": w.count(70, 300),
        "guests": w.count(4, 14),
    }


_WARES = (
    "eggs",
    "candles",
    "cheeses",
    "brooms",
    "baskets",
    "cabbages",
    "clay pots",
    "melons",
    "ducklings",
    "woollen socks",
)

TOPIC = Topic(
    name="stories",
    draw=_draw,
    openings=(
        (
            "On {weekday} morning {name} left {village} for the market in "
            "{town} with {n1} {ware} and {n2} {other}."
        ),
        (
            "{name} of {village} loaded {n1} {ware} and {n2} {other} on a "
            "cart one {weekday} and set off for {town}."
        ),
        (
            "It was a {weekday} when {name} carried {n2} {other} and {n1} "
            "{ware} from {village} to the fair at {town}."
        ),
    ),
    lines=(
        (
            "The cart was pulled by {animal} called {animal_name}, and the road was {miles} long.",
            "{animal} named {animal_name} drew the cart over all the {miles}.",
            "It is {miles} by road, but {animal_name}, {animal}, knew the way.",
        ),
        (
            "{he} started at {hour} and was on the road for {hours}.",
            "The journey began at {hour} and took {hours}.",
            "{his} trip, which had started at {hour}, lasted {hours}.",
        ),
        (
            "By evening {sold} of the {other} had been sold, and {he} had earned {earned}.",
            "{he} took {earned} that day, though {sold} of the {other} were all that customers wanted.",
            "Customers bought only {sold} of the {other}; still, {earned} lay in {his} purse.",
        ),
        (
            "For {spent} {he} bought {bought} as a present for {friend}.",
            "{he} could not resist {bought}, which cost {spent} and was meant for {friend}.",
            "A present for {friend} had to be found too: {bought}, for which {he} paid {spent}.",
        ),
        (
            "On the way {he} was surprised by {weather} and hid in {shelter}.",
            "{weather} forced {him} to wait in {shelter}.",
        ),
        (
            "{he} lost {lost}, but {finder} brought it back and was given {reward}.",
            "{finder} found {lost} that {he} had dropped, and received {reward} for it.",
        ),
        (
            "In the evening {aunt}, {his} aunt, cooked {meal} for {guests} guests.",
            "{his} aunt, {aunt}, had {guests} guests that evening and served {meal}.",
        ),
        (
            (
                "In the crowd somebody called {thief} tried to steal the purse and was "
                "chased up the {steps} steps of the church tower."
            ),
            "A pickpocket by the name of {thief} was caught after running up {steps} steps.",
        ),
    ),
    asks={
        "weekday": (
            "On which day did {name} go to market?",
            "On what day of the week did {name} travel to {town}?",
        ),
        "village": ("Where did {name} live?", "Which village did {name} come from?"),
        "town": ("Where did {name} want to sell the goods?", "To which town did {name} go?"),
        "n1": ("How many {ware} did {name} take along?", "How many {ware} were on the way to {town}?"),
        "n2": ("How many {other} did {name} take to {town}?", "With how many {other} did {name} leave home?"),
        "sold": ("How many {other} did {name} sell?", "How many of the {other} found a buyer?"),
        "earned": ("How much money did {name} make?", "How much did {name} earn that day?"),
        "spent": ("How much did {name} pay for {bought}?", "How much did the present for {friend} cost?"),
        "bought": ("What did {name} buy?", "What present did {name} find for {friend}?"),
        "friend": ("For whom did {name} buy {bought}?", "Who was to get {bought}?"),
        "animal": ("What kind of animal was {animal_name}?", "Which animal pulled {name}'s cart?"),
        "animal_name": (
            "What was the animal called that pulled {name}'s cart?",
            "What was the name of {name}'s animal?",
        ),
        "miles": ("How long is the road from {village} to {town}?", "How far did {name} have to go?"),
        "hour": ("At what time did {name} set off?", "When did {name}'s journey begin?"),
        "hours": ("How long was {name} on the road?", "How much time did {name} need for the trip?"),
        "weather": ("What kept {name} from going on?", "What weather surprised {name}?"),
        "shelter": ("Where did {name} wait?", "Where did {name} find shelter from {weather}?"),
        "lost": ("What did {name} lose?", "Which of {name}'s things was found again?"),
        "finder": ("Who found what {name} had lost?", "Who brought back {lost}?"),
        "reward": ("How was the finder of {lost} rewarded?", "What did {finder} get from {name}?"),
        "aunt": ("What was the name of {name}'s aunt?", "Who cooked {meal}?"),
        "meal": ("What did {aunt} cook?", "What was there to eat at {name}'s aunt's?"),
        "guests": ("How many guests did {aunt} have?", "For how many guests did {name}'s aunt cook?"),
        "thief": ("Who tried to steal the purse?", "What was the thief in {name}'s story called?"),
        "steps": ("How many steps did {thief} run up?", "How many steps does the church tower have?"),
    },
)
