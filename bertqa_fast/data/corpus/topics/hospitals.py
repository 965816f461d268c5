"""Held out: hospitals and their doctors."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    opened = w.year(1780, 1910)
    return {
        "name": w.pick(_NAMES) + w.pick((" Hospital", " Infirmary")),
        "town": w.town(),
        "opened": w.date(opened),
        "nun": w.name(),
        "first": w.count(6, 20),
        "beds": w.count(120, 990),
        "doctors": w.count(21, 118),
        "nurses": w.count(1000, 1900),
        "surgeon": w.name(),
        "operation": w.pick(("a kidney transplant", "a heart operation", "a skin graft", "an eye operation")),
        "op_year": str(w.year(1951, 1984)),
        "hours": w.count(2, 19) + " hours",
        "patient": w.pick(
            ("a postman", "a schoolgirl", "a trapeze artist", "a fishmonger", "a retired general")
        ),
        "lived": w.count(3, 29) + " years",
        "plague": w.pick(("cholera", "influenza", "smallpox", "diphtheria")),
        "plague_year": str(opened + w.number(5, 29)),
        "sick": w.count(2000, 9000, 10),
        "dead": w.count(119, 700),
        "garden": w.pick(("medicinal herbs", "roses", "tobacco", "poppies", "lemon trees")),
        "gardener": w.name(),
        "lift": w.money(12000, 99000, 100),
        "maker": w.name(),
        "births": w.count(800, 3900),
        "cat": w.pick(("Morphine", "Doctor Whiskers", "Sister Agatha", "Plaster", "Thermometer")),
        "chief": w.name(),
        "car_park": w.money(2, 11),
    }


_NAMES = (
    "Saint Damian's",
    "Queen Philippa",
    "The Seamen's",
    "Holy Well",
    "Mercy Lane",
    "Lady Margaret",
    "Elmtree",
    "South Ward",
)

TOPIC = Topic(
    name="hospitals",
    draw=_draw,
    openings=(
        "{name} in {town} admitted its first patients on {opened}, when {nun} had {first} beds made up.",
        "With {first} beds and the energy of {nun}, {name} in {town} opened on {opened}.",
    ),
    lines=(
        (
            (
                "By now {doctors} doctors and {nurses} nurses attend to {beds} "
                "beds under the medical director, {chief}."
            ),
            (
                "{chief}, the medical director, can rely on {nurses} nurses "
                "and {doctors} doctors for {beds} beds."
            ),
        ),
        (
            (
                "In {op_year} {surgeon} performed {operation} on {patient} that took "
                "{hours}; the patient lived for another {lived}."
            ),
            (
                "{patient} survived for {lived} after {operation} that lasted {hours}, "
                "carried out by {surgeon} in {op_year}."
            ),
        ),
        (
            "During the {plague} of {plague_year}, {sick} sick were brought in and {dead} died.",
            "{plague} filled the wards in {plague_year}: out of {sick} people {dead} could not be saved.",
        ),
        (
            "Behind the building {gardener} grows {garden}.",
            "The garden is known for its {garden}, tended by {gardener}.",
        ),
        (
            "{births} babies are born there each year.",
            "Each year its midwives help {births} babies into the world.",
        ),
        (
            "A lift, installed by {maker}, cost {lift}.",
            "{maker} charged {lift} for the lift.",
        ),
        (
            (
                "The patients are fond of a cat called {cat}, less so of the "
                "car park, which costs {car_park} an hour."
            ),
            "Parking is {car_park} an hour, but a cat by the name of {cat} cheers everybody up.",
        ),
    ),
    asks={
        "town": ("In which town is {name}?",),
        "opened": ("When did {name} open?", "On what day did {name} receive its first patients?"),
        "nun": ("Who set up {name}?", "Who was behind the opening of {name}?"),
        "first": ("How many beds did {name} have at first?", "With how many beds did {name} begin?"),
        "beds": ("How many beds does {name} have today?",),
        "doctors": ("How many doctors work at {name}?",),
        "nurses": ("How many nurses are employed by {name}?",),
        "chief": ("Who is the medical director of {name}?", "Who runs {name} today?"),
        "surgeon": ("Who operated on {patient}?", "Which surgeon made {name} known?"),
        "operation": ("What did {surgeon} perform?", "What kind of surgery did {patient} undergo?"),
        "op_year": ("In what year did {surgeon} operate on {patient}?",),
        "hours": ("How long did {operation} take?", "How much time did {surgeon} need?"),
        "patient": ("On whom did {surgeon} operate?",),
        "lived": ("How long did the patient live after the operation?",),
        "plague": ("Which disease broke out in {plague_year}?",),
        "plague_year": ("When was there an outbreak of {plague}?",),
        "sick": (
            "How many sick people were brought to {name}?",
            "How many people were taken to {name} in {plague_year}?",
        ),
        "dead": ("How many patients died of {plague}?", "How many people did {name} lose in {plague_year}?"),
        "garden": ("What grows in the garden of {name}?",),
        "gardener": ("Who looks after the garden of {name}?",),
        "births": ("How many babies are born at {name} in a year?",),
        "maker": ("Who installed the lift at {name}?",),
        "lift": ("How much did the lift cost?", "How much did {name} pay for its lift?"),
        "cat": ("What is the cat of {name} called?",),
        "car_park": ("How much does it cost to park at {name} for an hour?",),
    },
)
