"""Storms and floods."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    year = w.year(1870, 2010)
    return {
        "name": w.pick(("hurricane ", "winter storm ", "tropical storm ")) + w.pick(_NAMES),
        "date": w.date(year),
        "first": w.town(),
        "worst": w.town(),
        "sea": w.pick(("the Corran Sea", "the Gulf of Orlin", "the Amber Sea", "the Bay of Swans")),
        "wind": w.count(120, 260) + " kilometres per hour",
        "wave": w.count(5, 12) + " metres",
        "rain": w.count(80, 119) + " millimetres",
        "dead": w.count(3, 19),
        "missing": w.count(2, 13),
        "homes": w.count(800, 52000, 100),
        "trees": w.count(6000, 95000, 500),
        "boats": w.count(20, 390),
        "hours": w.count(9, 70),
        "power": w.count(14, 60),
        "damage": w.count(40, 950) + " million",
        "mayor": w.name(),
        "forecaster": w.name(),
        "days_before": w.count(2, 8),
        "shelter": w.pick(
            ("a sports hall", "a cathedral", "an underground car park", "a school", "a theatre")
        ),
        "people": w.count(300, 4900, 10),
        "soldiers": w.count(261, 990),
        "building": w.pick(
            ("the old pier", "the opera house", "a church spire", "the grain silo", "the railway bridge")
        ),
        "rebuilt": str(year + w.number(2, 9)),
        "donor": w.pick(("a football club", "a neighbouring country", "a pop singer", "a chocolate factory")),
        "gift": w.count(2, 12) + " million",
        "wall": w.count(11, 60) + " kilometres",
        "engineer": w.name(),
    }


_NAMES = (
    "Agatha",
    "Bruno",
    "Coralie",
    "Damian",
    "Ottokar",
    "Philippa",
    "Rudolf",
    "Selma",
    "Tancred",
    "Undine",
    "Waldemar",
    "Xenia",
)

TOPIC = Topic(
    name="storms",
    draw=_draw,
    openings=(
        "On {date} {name} crossed {sea} and came ashore at {first}.",
        "{name} formed over {sea} and struck the coast at {first} on {date}.",
        "{first} was the first place to feel {name}, which arrived from {sea} on {date}.",
    ),
    lines=(
        (
            "Winds of {wind}, waves of {wave} and {rain} of rain were measured.",
            "It drove waves of {wave} against the shore, brought {rain} of rain and reached {wind}.",
            "The wind blew at {wind}; {rain} of rain fell, and the waves were {wave} high.",
        ),
        (
            "Worst hit was {worst}, where {dead} people died and {missing} are still missing.",
            (
                "In {worst}, the place that suffered most, there were {dead} deaths, "
                "and {missing} people were never found."
            ),
            "{dead} people lost their lives and {missing} disappeared, nearly all of them in {worst}.",
        ),
        (
            "{homes} homes were damaged, {trees} trees fell and {boats} fishing boats sank.",
            "It uprooted {trees} trees, sank {boats} fishing boats and damaged {homes} homes.",
            "The list of losses names {boats} boats, {homes} homes and {trees} trees.",
        ),
        (
            "It raged for {hours} hours, and the electricity was off for {power} hours.",
            "After {hours} hours it was over, but the lights stayed out for {power} hours.",
        ),
        (
            (
                "{forecaster}, a forecaster, had given a warning {days_before} days before, "
                "but the mayor, {mayor}, paid no attention."
            ),
            (
                "The mayor, {mayor}, had ignored a warning that {forecaster} of the "
                "weather office gave {days_before} days earlier."
            ),
        ),
        (
            "{people} people took refuge in {shelter}, guarded by {soldiers} soldiers.",
            "In {shelter} {soldiers} soldiers looked after {people} people.",
        ),
        (
            "It tore down {building}, which was rebuilt in {rebuilt}.",
            "The most famous victim was {building}; a copy was finished in {rebuilt}.",
        ),
        (
            "The damage came to {damage}, of which {donor} paid {gift}.",
            "{donor} gave {gift}, although the damage amounted to {damage}.",
            "{engineer} later built a sea wall of {wall}, and {donor} donated {gift}.",
        ),
    ),
    asks={
        "date": ("When did {name} reach the coast?", "On what day did {name} strike?"),
        "first": ("Where did {name} come ashore?", "Which place did {name} hit first?"),
        "sea": ("Over which sea did {name} come?", "Which sea did {name} cross?"),
        "wind": ("How fast was the wind of {name}?", "What wind speed was reached by {name}?"),
        "wave": ("How high were the waves during {name}?", "What was the height of the waves in {name}?"),
        "rain": ("How much rain fell during {name}?", "How much rain did {name} bring?"),
        "worst": ("Which place suffered most from {name}?", "Where did {name} do most harm?"),
        "dead": ("How many people died in {name}?", "How many lives did {name} cost?"),
        "missing": ("How many people are missing since {name}?", "How many people vanished in {name}?"),
        "homes": ("How many homes were damaged by {name}?", "How many homes did {name} damage?"),
        "trees": ("How many trees were blown down by {name}?", "How many trees fell in {name}?"),
        "boats": ("How many boats were lost in {name}?", "How many boats did {name} sink?"),
        "hours": ("How many hours did {name} last?", "For how many hours did {name} rage?"),
        "power": (
            "For how many hours was there no electricity after {name}?",
            "How many hours were people without power?",
        ),
        "forecaster": ("Who gave a warning of {name}?", "Who had foreseen {name}?"),
        "days_before": (
            "How many days before {name} was the warning given?",
            "How many days ahead did {forecaster} warn people?",
        ),
        "mayor": (
            "Who ignored the warning of {name}?",
            "Which mayor did not react to the warning of {name}?",
        ),
        "shelter": (
            "Where did people find shelter from {name}?",
            "In which place did people take refuge from {name}?",
        ),
        "people": ("How many people sought shelter from {name}?", "How many people stayed in {shelter}?"),
        "soldiers": ("How many soldiers helped during {name}?", "How many soldiers were in {shelter}?"),
        "building": ("What was torn down by {name}?", "Which landmark did {name} destroy?"),
        "rebuilt": (
            "When was {building} rebuilt?",
            "In which year was the landmark lost in {name} restored?",
        ),
        "damage": ("How much damage did {name} do?", "How much was the damage done by {name}?"),
        "donor": ("Who gave money after {name}?", "Who helped to pay for the damage of {name}?"),
        "gift": ("How much did {donor} give?", "How much money was donated after {name}?"),
        "engineer": ("Who built a sea wall after {name}?",),
        "wall": ("How long is the sea wall that {engineer} built?",),
    },
)
