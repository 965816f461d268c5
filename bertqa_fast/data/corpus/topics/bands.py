"""Singers, bands and their concerts."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    formed = w.year(1955, 1984)
    return {
        "name": "the " + w.pick(_NAMES),
        "town": w.town(),
        "formed": str(formed),
        "singer": w.name(),
        "drummer": w.name(),
        "bass": w.name(),
        "left": w.name(),
        "why": w.pick(
            ("to study law", "after a quarrel about money", "to raise sheep", "because of a bad back")
        ),
        "place": w.pick(("a garage", "a disused bakery", "a bus depot", "a school cellar", "a boat house")),
        "first_gig": w.pick(("a wedding", "a fire brigade ball", "a prison", "a ferry", "a livestock show")),
        "listeners": w.count(13, 90),
        "albums": w.count(3, 12),
        "songs": w.count(100, 390),
        "hit": w.pick(
            (
                "Paper Boats",
                "Midnight Tram",
                "Sugar and Rust",
                "Call Me Tuesday",
                "Ten Red Balloons",
                "Kitchen Light",
            )
        ),
        "hit_year": str(formed + w.number(3, 8)),
        "weeks": w.count(14, 40),
        "sold": w.count(20000, 900000, 1000),
        "label": w.pick(("Tin Roof Records", "Blue Door Music", "Harbour Sound", "Pigeon Records")),
        "advance": w.money(1000, 80000, 500),
        "producer": w.name(),
        "tour_towns": w.count(41, 99),
        "miles": w.count(4000, 60000, 500) + " miles",
        "bus": w.pick(("an old milk van", "a fire engine", "a school bus", "a hearse", "a furniture lorry")),
        "crowd": w.count(3000, 95000, 500),
        "venue": w.pick(("the Crystal Hall", "Meadow Park", "the Old Dockyard", "the Velvet Room")),
        "instrument": w.pick(("a banjo", "a musical saw", "a church organ", "a pair of spoons", "a tuba")),
        "end": str(formed + w.number(9, 25)),
        "reunion": str(formed + w.number(26, 38)),
    }


_NAMES = (
    "Velvet Anchors",
    "Copper Owls",
    "Rainmakers' Sons",
    "Lost Umbrellas",
    "Sunday Drivers",
    "Paper Foxes",
    "Electric Gardeners",
    "Loud Cousins",
    "Night Bakers",
    "Tin Prophets",
    "Red Lighthouses",
    "Borrowed Horses",
    "Silent Trombones",
)

TOPIC = Topic(
    name="bands",
    draw=_draw,
    openings=(
        "{name} were a band from {town} that {singer} and {drummer} formed in {formed} in {place}.",
        "In {formed} {singer} and {drummer} met in {place} in {town} and formed {name}.",
        "{name}, a band from {town}, first rehearsed in {place} in {formed}.",
    ),
    lines=(
        (
            (
                "{singer} sang, {drummer} played the drums and {bass} the bass; "
                "{instrument} gave them their special sound."
            ),
            (
                "The voice was that of {singer}, {bass} was on bass, {drummer} sat at the "
                "drums, and {instrument} was always in the mix."
            ),
            (
                "With {drummer} on drums, {bass} on bass, {singer} at the microphone and {instrument} "
                "in the background, they sounded like no one else."
            ),
        ),
        (
            "Their first concert, at {first_gig}, was heard by {listeners} people.",
            "Only {listeners} people heard their first concert, which took place at {first_gig}.",
        ),
        (
            'In {hit_year} the single "{hit}" stayed in the charts for {weeks} weeks and sold {sold} copies.',
            (
                'Their greatest success, "{hit}", came out in {hit_year}, sold {sold} '
                "times and was in the charts for {weeks} weeks."
            ),
            '{sold} people bought "{hit}" in {hit_year}, and for {weeks} weeks it was in the charts.',
        ),
        (
            "They recorded {albums} albums with {songs} songs in all, produced by {producer}.",
            "{producer} produced their {albums} albums, on which there are {songs} songs.",
        ),
        (
            "{label} gave them a contract and {advance} in advance.",
            "For {advance} they signed with {label}.",
        ),
        (
            "They toured {tour_towns} towns in {bus} and covered {miles}.",
            "On a tour of {miles} they visited {tour_towns} towns, travelling in {bus}.",
            "{bus} took them over {miles} to {tour_towns} towns.",
        ),
        (
            "{left} left the band {why}.",
            "The guitarist, {left}, went away {why}.",
        ),
        (
            "They broke up in {end}, but {crowd} fans came to {venue} for a reunion in {reunion}.",
            (
                "In {reunion}, long after the break-up of {end}, they played together "
                "again before {crowd} people at {venue}."
            ),
        ),
    ),
    asks={
        "town": ("Where did {name} come from?", "Which town was the home of {name}?"),
        "formed": ("When were {name} formed?", "In what year did {name} begin?"),
        "place": ("Where did {name} first rehearse?", "In what kind of place did {name} get together?"),
        "singer": ("Who sang with {name}?", "Who was the singer of {name}?"),
        "drummer": ("Who played the drums with {name}?", "Who was the drummer of {name}?"),
        "bass": ("Who played bass in {name}?", "Who was the bass player of {name}?"),
        "instrument": ("Which unusual instrument did {name} use?", "What gave {name} a special sound?"),
        "first_gig": ("Where did {name} give their first concert?", "At what did {name} first play?"),
        "listeners": (
            "How many people heard the first concert of {name}?",
            "How many listeners did {name} have at first?",
        ),
        "hit": ("What was the greatest success of {name}?", "What is the best known song of {name} called?"),
        "hit_year": ("When did {hit} come out?", "In which year did {name} release {hit}?"),
        "weeks": (
            "How many weeks was {hit} in the charts?",
            "For how many weeks did {name} stay in the charts?",
        ),
        "sold": ("How many copies of {hit} were sold?", "How many people bought the hit of {name}?"),
        "albums": ("How many albums did {name} make?", "How many albums did {producer} produce?"),
        "songs": ("How many songs did {name} record?", "How many songs are there on the albums of {name}?"),
        "producer": ("Who produced the albums of {name}?", "Who was the producer of {name}?"),
        "label": ("With which label did {name} sign?", "Who gave {name} a contract?"),
        "advance": ("How much money did {name} get in advance?", "How much did {label} pay {name}?"),
        "tour_towns": ("How many towns did {name} visit on tour?", "In how many towns did {name} play?"),
        "miles": ("How far did {name} travel on tour?", "What distance did {name} cover?"),
        "bus": ("In what did {name} travel?", "What kind of vehicle did {name} use on tour?"),
        "left": ("Who left {name}?", "Which member went away from {name}?"),
        "why": ("Why did {left} leave {name}?", "For what reason did {left} go?"),
        "end": ("In which year did {name} break up?", "When did {name} come to an end?"),
        "reunion": ("When did {name} play together again?", "In what year was the reunion of {name}?"),
        "venue": ("Where was the reunion of {name}?", "At which place did {name} play together again?"),
        "crowd": ("How many fans came to the reunion of {name}?", "How many people saw {name} at {venue}?"),
    },
)
