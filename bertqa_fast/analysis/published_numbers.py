"""The published numbers themselves, as far as they were found."""

from __future__ import annotations

from bertqa_fast.analysis.published import PAPER, REPRODUCTION, Series, series

# Slide 32; layers 0 to 11, SQuAD, all questions of the development set.
_PAPER_ROLES = {
    "answer": (26.99, 26.09, 29.90, 30.44, 30.06, 30.75, 31.25, 32.37, 30.78, 34.58, 34.31, 34.63),
    "query": (22.94, 24.35, 22.41, 19.55, 18.33, 14.71, 15.33, 12.29, 18.91, 10.21, 10.56, 12.00),
    "contextual": (9.45, 9.43, 11.65, 11.13, 11.23, 11.57, 11.94, 12.32, 12.07, 13.41, 13.39, 13.74),
}
# The embeddings and layers 0 to 11, 1,000 questions; answer, contextual, query.
_REPRODUCED_ROLES = {
    "SQuAD": (
        (38.10, 32.96, 22.46),
        (37.58, 33.04, 22.20),
        (37.10, 33.58, 24.08),
        (41.00, 33.10, 19.62),
        (40.42, 36.40, 16.34),
        (40.82, 34.68, 18.58),
        (40.74, 36.46, 15.62),
        (40.06, 35.76, 14.12),
        (41.90, 34.94, 11.38),
        (41.18, 36.12, 11.66),
        (43.36, 35.40, 9.74),
        (42.52, 32.14, 10.30),
        (42.94, 34.02, 10.42),
    ),
    "DuoRC": (
        (11.78, 9.36, 24.00),
        (11.70, 12.00, 19.20),
        (12.60, 11.84, 17.54),
        (13.36, 11.96, 16.18),
        (13.16, 12.64, 20.30),
        (12.68, 11.24, 22.02),
        (12.96, 11.72, 15.72),
        (12.68, 11.90, 12.86),
        (13.36, 12.22, 8.24),
        (12.66, 12.78, 5.50),
        (12.90, 11.12, 6.74),
        (13.06, 11.86, 7.52),
        (12.94, 11.78, 8.68),
    ),
}

ROLES: tuple[Series, ...] = (
    *(series(PAPER, "SQuAD", role, values) for role, values in _PAPER_ROLES.items()),
    *(
        series(REPRODUCTION, data, role, [row[at] for row in rows], first=-1)
        for data, rows in _REPRODUCED_ROLES.items()
        for at, role in enumerate(("answer", "contextual", "query"))
    ),
)
"""Shares of answer, query and contextual words among the five words with the largest scores."""

NUMBERS_FOUND = "numbers found"
NUMBERS_OF_TOP = "numbers of the top words"
# The paper's: slides 39 to 41. The reproduction's: the embeddings and the last layer.
QUANTIFIERS: tuple[Series, ...] = (
    Series(PAPER, "SQuAD", NUMBERS_FOUND, {0: 5.6, 10: 17.7, 11: 15.5}),
    Series(PAPER, "DuoRC", NUMBERS_FOUND, {0: 12.9, 10: 21.6, 11: 22.6}),
    Series(REPRODUCTION, "SQuAD", NUMBERS_FOUND, {-1: 6.56, 11: 9.93}),
    Series(REPRODUCTION, "DuoRC", NUMBERS_FOUND, {-1: 35.0, 11: 53.0}),
    Series(REPRODUCTION, "SQuAD", NUMBERS_OF_TOP, {-1: 6.06, 11: 9.48}),
    Series(REPRODUCTION, "DuoRC", NUMBERS_OF_TOP, {-1: 23.7, 11: 41.0}),
)
"""Numbers among the five words with the largest scores of quantifier questions."""

QUANTIFIER_FACTS: dict[str, dict[str, float | None]] = {
    "SQuAD": {"questions": 799, "exact_match": 87.35, "confidence": 85.0},
    "DuoRC": {"questions": 310, "exact_match": 53.5, "confidence": None},
}
"""Quantifier questions, their exact match and mean confidence (about), in per cent; the paper's."""

# Of the five words with the largest scores; the least and the most over the layers.
POS_RANGES = (
    (PAPER, "not stated", "punctuation", 10.0, 10.0),
    (PAPER, "not stated", "stop-word", 10.0, 10.0),
    (PAPER, "not stated", "verb", 10.0, 10.0),
    (PAPER, "not stated", "adjective", 10.0, 10.0),
    (REPRODUCTION, "SQuAD", "entity", 48.0, 59.0),
    (REPRODUCTION, "SQuAD", "verb", 3.7, 10.0),
    (REPRODUCTION, "SQuAD", "stop-word", 12.0, 20.0),
    (REPRODUCTION, "SQuAD", "adverb", 2.0, 2.0),
    (REPRODUCTION, "SQuAD", "adjective", 6.0, 6.0),
    (REPRODUCTION, "SQuAD", "punctuation", 6.6, 12.0),
)
"""Shares in per cent, most of them given as "about"."""

ENTITIES_IN_ANSWERS = {"SQuAD": 82.04, "DuoRC": 79.78}
"""Share of entities in answer spans, in per cent; the paper's."""

# Slide 22: layers 0 to 11, 1,000 questions of SQuAD, above the diagonal; hundredths of a bit.
_TOP_5 = (
    (49, 42, 41, 47, 44, 48, 56, 60, 60, 60, 59),
    (45, 45, 45, 49, 49, 50, 50, 51, 51, 49),
    (33, 37, 35, 38, 44, 48, 47, 49, 47),
    (32, 33, 37, 43, 47, 45, 46, 45),
    (28, 32, 34, 38, 37, 39, 36),
    (23, 31, 38, 35, 39, 35),
    (22, 32, 28, 31, 28),
    (19, 15, 20, 14),
    (17, 23, 16),
    (16, 7),
    (10,),
)
_REST_5 = (
    (14, 15, 15, 16, 16, 17, 16, 15, 15, 20, 18),
    (14, 15, 15, 17, 17, 16, 15, 16, 20, 19),
    (12, 13, 14, 16, 16, 16, 17, 21, 19),
    (12, 13, 15, 16, 16, 17, 21, 19),
    (11, 13, 15, 15, 16, 19, 18),
    (11, 12, 14, 15, 18, 17),
    (11, 14, 15, 17, 17),
    (10, 11, 13, 13),
    (8, 12, 12),
    (11, 11),
    (8,),
)
DIVERGENCES = {
    kept: {
        (row, row + 1 + at): hundredths / 100
        for row, values in enumerate(cells)
        for at, hundredths in enumerate(values)
    }
    for kept, cells in (("top 5", _TOP_5), ("rest 5", _REST_5))
}
"""Jensen-Shannon divergence of two layers in bits; the paper's, on SQuAD."""

# Off the diagonal, over 13 layers and all 384 tokens: least, most, mean.
DIVERGENCE_RANGES = {
    "SQuAD": {
        "top 2": (0.05, 0.73, 0.512),
        "top 5": (0.06, 0.60, 0.406),
        "top 10": (0.06, 0.56, 0.359),
        "rest 2": (0.09, 0.42, 0.204),
        "rest 5": (0.08, 0.38, 0.184),
        "rest 10": (0.07, 0.38, 0.184),
    },
    "DuoRC": {
        "top 2": (0.10, 0.72, 0.491),
        "top 5": (0.06, 0.62, 0.412),
        "top 10": (0.07, 0.58, 0.380),
        "rest 2": (0.10, 0.33, 0.210),
        "rest 5": (0.08, 0.28, 0.179),
        "rest 10": (0.07, 0.24, 0.164),
    },
}
"""The reproduction's divergences in bits."""
