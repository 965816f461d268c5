"""Small towns: founding, trades, population and disasters."""

from __future__ import annotations

from bertqa_fast.data.corpus.topic import Topic
from bertqa_fast.data.corpus.world import World


def _draw(w: World) -> dict[str, str]:
    founded = w.year(1190, 1750)
    fire = w.year(1760, 1890)
    return {
        "name": w.town(),
        "river": "the " + w.river(),
        "hill": w.hill(),
        "founded": str(founded),
        "founder": w.pick(
            ("fishermen", "monks", "salt traders", "shepherds", "charcoal burners", "wool merchants")
        ),
        "people": w.count(1400, 39000),
        "before": w.count(300, 1300, 10),
        "mills": w.count(3, 19),
        "churches": w.count(2, 9),
        "pubs": w.count(4, 45),
        "trade": w.pick(
            ("leather gloves", "church bells", "mustard", "clay pipes", "linen", "wooden toys", "glass beads")
        ),
        "rival": w.town(),
        "distance": w.count(13, 95) + " kilometres",
        "fire": str(fire),
        "houses": w.count(46, 400),
        "cause": w.pick(("a baker's oven", "a lightning bolt", "an overturned lamp", "a burning haystack")),
        "rebuilder": w.name(),
        "mayor": w.name(),
        "votes": w.count(1500, 9900),
        "station": str(fire + w.number(5, 40)),
        "trains": w.count(13, 70),
        "tower": w.count(31, 90) + " metres",
        "bell": w.pick(("Old Martha", "Great Simon", "Black Agnes", "Thunderer")),
        "weight": w.count(2, 12) + " tonnes",
        "poet": w.name(),
        "school": w.count(110, 980),
    }


TOPIC = Topic(
    name="towns",
    draw=_draw,
    openings=(
        "{name} is a town of {people} inhabitants on {river}, at the foot of {hill}.",
        "On the bank of {river}, below {hill}, lies {name}, a town in which {people} people live.",
        "The town of {name}, home to {people} people, stands where {river} leaves {hill}.",
    ),
    lines=(
        (
            "It was founded by {founder} in {founded}, and at first it counted a mere {before} souls.",
            (
                "In {founded} a group of {founder} settled there; a century "
                "later the place had {before} residents."
            ),
            "{founder} came there in {founded}, and the oldest register lists {before} residents.",
        ),
        (
            "Its wealth came from {trade}, which were sold as far away as {rival}, {distance} to the south.",
            "The market of {rival}, {distance} away, was the best place to sell its main product, {trade}.",
            "The town lived on {trade}; merchants carried the goods over {distance} to {rival}.",
        ),
        (
            (
                "In {fire} a fire that started from {cause} destroyed {houses} "
                "houses, which {rebuilder} rebuilt in brick."
            ),
            (
                "{cause} set the town on fire in {fire}; {houses} houses burned, "
                "and {rebuilder} led the rebuilding."
            ),
            (
                "After {houses} houses had been lost in the great fire of {fire}, blamed "
                "on {cause}, {rebuilder} drew a new street plan."
            ),
        ),
        (
            "There are {churches} churches, {mills} old mills and {pubs} public houses.",
            "Visitors can count {pubs} public houses, but only {churches} churches and {mills} mills.",
            "Besides {mills} mills, the town boasts {pubs} public houses and {churches} churches.",
        ),
        (
            (
                "The tower of the town hall is {tower} tall and holds a bell "
                "called {bell}, which weighs {weight}."
            ),
            "{bell}, a bell of {weight}, hangs in a tower that reaches a height of {tower}.",
        ),
        (
            "The present mayor, {mayor}, was elected with {votes} votes.",
            "{votes} citizens voted for {mayor}, who has been mayor ever since.",
        ),
        (
            "A railway station was added in {station}, and {trains} trains stop there every day.",
            "Since {station} it has had a station, now served by {trains} trains a day.",
        ),
        (
            "The poet {poet} went to school there; the same school has {school} pupils today.",
            "{school} children attend the school at which the poet {poet} once learned to write.",
        ),
    ),
    asks={
        "people": (
            "How many people live in {name}?",
            "How many inhabitants does {name} have?",
            "What is the population of {name}?",
        ),
        "river": ("On which river does {name} lie?", "Which river flows past {name}?"),
        "hill": ("At the foot of which hill is {name}?", "Which height overlooks {name}?"),
        "founded": ("When was {name} founded?", "In what year did {name} come into being?"),
        "founder": ("Who founded {name}?", "What kind of people were the first settlers of {name}?"),
        "before": (
            "How many residents did {name} have in its early days?",
            "How many people lived in {name} at first?",
        ),
        "trade": ("What was {name} known for selling?", "Which goods made {name} rich?"),
        "rival": (
            "Where did the merchants of {name} sell their goods?",
            "To which market were the goods of {name} taken?",
        ),
        "distance": (
            "How far is it from {name} to {rival}?",
            "What is the distance between {name} and {rival}?",
        ),
        "fire": ("When did {name} burn down?", "In which year did fire break out in {name}?"),
        "houses": ("How many houses burned in {name}?", "How many buildings did the fire in {name} destroy?"),
        "cause": ("What started the fire in {name}?", "What caused the blaze in {name}?"),
        "rebuilder": ("Who rebuilt {name} after the fire?", "Under whose direction was {name} built anew?"),
        "churches": ("How many churches are there in {name}?", "How many churches does {name} have?"),
        "mills": ("How many mills are in {name}?", "How many mills can be seen in {name}?"),
        "pubs": ("How many public houses does {name} have?", "In how many pubs can one drink in {name}?"),
        "tower": (
            "How tall is the tower of the town hall in {name}?",
            "What is the height of the tower in {name}?",
        ),
        "bell": ("What is the bell of {name} called?", "What name was given to the bell in {name}?"),
        "weight": ("How heavy is the bell in {name}?", "How much does {bell} weigh?"),
        "mayor": ("Who is the mayor of {name}?", "Who governs {name} today?"),
        "votes": ("How many votes did {mayor} get?", "How many people in {name} voted for {mayor}?"),
        "station": ("When did {name} get a railway station?", "Since when have trains stopped in {name}?"),
        "trains": ("How many trains stop in {name} each day?", "How many trains a day serve {name}?"),
        "poet": ("Which poet was a pupil in {name}?", "Which writer was educated in {name}?"),
        "school": (
            "How many pupils attend the school in {name}?",
            "How many children go to school in {name}?",
        ),
    },
)
