"""Rescues from wells, ice, cliffs and snow."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    victim, hero = w.someone(), w.someone()
    year = w.year(1880, 1990)
    return {
        "name": victim.name,
        "he": victim.he,
        "his": victim.his,
        "him": victim.him,
        "age": w.count(7, 12),
        "trade": w.pick(_TRADES),
        "date": w.date(year),
        "town": w.town(),
        "trap": w.pick(
            (
                "an old well",
                "a disused mine shaft",
                "a flooded cellar",
                "a crevice in the cliff",
                "a collapsed barn",
            )
        ),
        "errand": w.pick(
            (
                "looking for a lost lamb",
                "gathering mushrooms",
                "chasing a kite",
                "following a fox",
                "picking sloes",
            )
        ),
        "deep": w.count(13, 60) + " feet",
        "witness": w.name(),
        "witness_job": w.pick(
            ("a passing pedlar", "a deaf shepherd", "the village teacher", "a nun", "an ice cream seller")
        ),
        "sign": w.pick(
            (
                "a faint whistle",
                "a barking dog",
                "a red scarf on a branch",
                "a tapping noise",
                "smoke from a fire",
            )
        ),
        "hero": hero.name,
        "hero_job": w.pick(
            ("a roofer", "a retired diver", "a trapeze artist", "a chimney sweep", "a bell ringer")
        ),
        "tool": w.pick(
            ("a bell rope", "two ladders tied together", "a fishing net", "a bed sheet", "a hay fork")
        ),
        "hours": w.count(14, 40) + " hours",
        "helpers": w.count(41, 160),
        "buckets": w.count(200, 900, 10),
        "food": w.pick(
            ("raw turnips", "half a bar of chocolate", "a pocketful of nuts", "an apple", "dry bread")
        ),
        "injury": w.pick(("a broken thumb", "frozen toes", "a sprained knee", "a black eye")),
        "doctor": w.name(),
        "weeks": w.count(2, 6),
        "mayor": w.name(),
        "reward": w.money(20, 700, 5),
        "gift": w.pick(
            ("a silver watch", "a new bicycle", "a barrel of cider", "a fur coat", "a rocking chair")
        ),
        "later": w.pick(
            ("a mountain guide", "a priest", "the mayor of the town", "an engineer", "a dentist")
        ),
        "sign_now": w.pick(
            ("an iron lid", "a stone cross", "a wooden bench", "a brass plate", "a willow tree")
        ),
    }


_TRADES = (
    "a baker",
    "a stonemason",
    "a lock keeper",
    "a tailor",
    "a carter",
    "a schoolmistress",
    "a blacksmith",
)

TOPIC = Topic(
    name="rescues",
    draw=_draw,
    openings=(
        "On {date} {name}, the {age}-year-old child of {trade}, fell into {trap} near {town} while {errand}.",
        (
            "{name} was {age} years old when, on {date}, {he} vanished into "
            "{trap} outside {town} while {errand}."
        ),
        "It happened on {date} outside {town}: {name}, aged {age}, was {errand} and dropped into {trap}.",
    ),
    lines=(
        (
            "{witness}, {witness_job}, noticed {sign} and ran for help.",
            "Had it not been for {sign}, {witness_job} named {witness} would have walked past.",
            "It was {sign} that made {witness}, {witness_job}, stop and call the others.",
        ),
        (
            "{hero}, {hero_job}, climbed down {deep} with {tool} and brought {him} up.",
            "With the help of {tool}, {hero_job} called {hero} reached {him} at a depth of {deep}.",
            "In the end {hero}, {hero_job}, was let down {deep} and used {tool} to free {him}.",
        ),
        (
            "By then {he} had been trapped for {hours} and had eaten nothing but {food}.",
            "{food} kept {him} alive for the {hours} that {he} had to wait.",
            "{he} spent {hours} in the dark, with {food} for a meal.",
        ),
        (
            "Some {helpers} neighbours had come, and they carried away {buckets} buckets of mud.",
            "{buckets} buckets of earth were passed from hand to hand by {helpers} people.",
        ),
        (
            "{doctor}, the doctor, found nothing worse than {injury}, which took {weeks} weeks to heal.",
            "The only harm was {injury}; the doctor, {doctor}, kept {him} in bed for {weeks} weeks.",
        ),
        (
            "The mayor, {mayor}, gave the rescuer {gift} as well as {reward} from the town's purse.",
            "For the rescuer there was {gift} and a reward of {reward}, handed over by the mayor, {mayor}.",
        ),
        (
            "{name} grew up to be {later}, and {sign_now} marks the spot today.",
            "Nowadays the place is marked by {sign_now}; the child it almost killed became {later}.",
        ),
    ),
    asks={
        "age": ("How old was {name}?", "At what age did {name} have the accident?"),
        "trade": ("What did the father or mother of {name} do?", "What was the trade of {name}'s family?"),
        "date": ("When did {name} disappear?", "On what day did {name} have the accident?"),
        "town": ("Near which town did {name} fall?", "Outside which place did {name} get into trouble?"),
        "trap": ("Into what did {name} fall?", "Where was {name} trapped?"),
        "errand": ("What was {name} doing before the fall?", "How did {name} come to fall?"),
        "deep": ("How deep was {name} trapped?", "How far down did {hero} have to climb?"),
        "witness": ("Who called for help for {name}?", "Who noticed that {name} was in danger?"),
        "witness_job": ("Who was {witness}?", "What kind of person was {witness}?"),
        "sign": ("What attracted the attention of {witness}?", "What told people where {name} was?"),
        "hero": ("Who rescued {name}?", "Who brought {name} out?", "To whom does {name} owe {his} life?"),
        "hero_job": ("What was the profession of {hero}?", "What did {hero} do for a living?"),
        "tool": ("What did {hero} use to free {name}?", "With what was {name} rescued?"),
        "hours": ("How long was {name} trapped?", "How much time did {name} spend in the dark?"),
        "food": ("What did {name} eat while waiting?", "What kept {name} alive?"),
        "helpers": (
            "How many people helped to free {name}?",
            "How many neighbours came to the aid of {name}?",
        ),
        "buckets": (
            "How many buckets of earth were removed to free {name}?",
            "How many buckets did people fill?",
        ),
        "doctor": ("Who examined {name}?", "Which doctor treated {name}?"),
        "injury": ("What injury did {name} have?", "How was {name} hurt?"),
        "weeks": ("How many weeks did {name} need to recover?", "For how many weeks was {name} unwell?"),
        "mayor": ("Who thanked the rescuer of {name}?", "Who was mayor at the time of {name}'s accident?"),
        "reward": (
            "How much money did the rescuer of {name} receive?",
            "How much was the reward for saving {name}?",
        ),
        "gift": ("What was given to the rescuer of {name} besides money?", "Which present did {hero} get?"),
        "later": ("What became of {name}?", "What did {name} become as an adult?"),
        "sign_now": (
            "What marks the place where {name} fell?",
            "What can be seen today at the spot of the accident?",
        ),
    },
)
