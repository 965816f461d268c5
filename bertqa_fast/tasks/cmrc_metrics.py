"""CMRC 2018's own exact match and F1 (Cui et al. 2019), by which DRCD is scored too.

The rules are those of the data set's evaluation script, version 5. It splits what is not Chinese with
nltk.word_tokenize, which looks for sentences first, with a model that has to be downloaded; here the same
tokenizer takes each stretch for one sentence (docs/tasks.md says what that changes).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from functools import cache, lru_cache

from bertqa_fast.data.cmrc import read_cmrc
from bertqa_fast.data.squad import read_squad
from bertqa_fast.tasks.scores import Matched, Scores
from bertqa_fast.tasks.squad_metrics import golds_v1, means, score_texts
from bertqa_fast.tasks.task import Task

# The script's list. It also names a mark of two characters, "……", which no single character equals: an
# ellipsis stays. So do ASCII marks that are not here, and ‘ beside ’.
PUNCTUATION = "-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』"
_NO_PUNCTUATION = str.maketrans("", "", PUNCTUATION)
_CHINESE = re.compile("([\u4e00-\u9fa5])")


def without_punctuation(text: str) -> str:
    """Lower the case, drop blanks around the text, then :data:`PUNCTUATION`."""
    return text.lower().strip().translate(_NO_PUNCTUATION)


@lru_cache(256)  # a prediction is compared with several golds, and golds are often alike
def segments(text: str) -> tuple[str, ...]:
    """Split a text, without its punctuation, into Chinese characters (U+4E00 to U+9FA5) and words.

    Punctuation is dropped first, so that what stands on both sides of a mark is one word: ``"1843-1844"``
    gives ``("18431844",)``.
    """
    found: list[str] = []
    for part in _CHINESE.split(without_punctuation(text)):
        if _CHINESE.fullmatch(part):
            found.append(part)
        elif part:
            found += _words()(part)
    return tuple(found)


def exact_match(prediction: str, gold: str) -> float:
    """Return 1.0 where both texts are the same without punctuation, else 0.0."""
    return float(without_punctuation(prediction) == without_punctuation(gold))


def run_f1(prediction: str, gold: str) -> float:
    """Return the harmonic mean of precision and recall of the longest run of segments that both share.

    Two texts of no segments share nothing (0.0), as in the script, although they match.
    """
    predicted, wanted = segments(prediction), segments(gold)
    same = longest_common_run(predicted, wanted)
    # This order of operations rounds like the official scorer's.
    if same == 0:
        return 0.0
    precision, recall = same / len(predicted), same / len(wanted)
    return 2 * precision * recall / (precision + recall)


def longest_common_run(first: Sequence[str], second: Sequence[str]) -> int:
    """Return how many neighbours, in order and without a gap, both sequences share at most."""
    return SequenceMatcher(None, first, second, autojunk=False).find_longest_match().size


@cache
def _words() -> Callable[[str], list[str]]:
    """Return nltk's tokenizer, which takes a second to import."""
    from nltk.tokenize import NLTKWordTokenizer

    split: Callable[[str], list[str]] = NLTKWordTokenizer().tokenize
    return split


def _score(task: str, matched: Matched) -> Scores:
    """Score all questions; ``details`` has the mean of exact match and F1, which the script calls average."""
    per_example = score_texts(matched, golds_v1, measures=(exact_match, run_f1))
    exact, f1 = means(per_example, list(per_example))
    return Scores(
        task,
        len(per_example),
        matched.missing,
        matched.unknown,
        per_example,
        exact_match=exact,
        f1=f1,
        details={"average": (exact + f1) / 2},
    )


def _score_cmrc(matched: Matched) -> Scores:
    return _score("cmrc2018", matched)


def _score_drcd(matched: Matched) -> Scores:
    return _score("drcd", matched)


TASKS = (
    Task("cmrc2018", "question-answering", read_cmrc, _score_cmrc),
    Task("drcd", "question-answering", read_squad, _score_drcd),
)
