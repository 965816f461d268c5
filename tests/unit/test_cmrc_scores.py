"""CMRC 2018's scores: by hand, and against the rules written down another way, on the whole data set."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bertqa_fast as bf
from bertqa_fast.data.examples import QAExample
from bertqa_fast.tasks.cmrc_metrics import (
    PUNCTUATION,
    exact_match,
    longest_common_run,
    run_f1,
    segments,
    without_punctuation,
)

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("《跑跑卡丁车》", list("跑跑卡丁车")),
        (" 在1843年，", ["在", "1843", "年"]),
        ("1843-1844年", ["18431844", "年"]),  # a mark goes before words are looked for
        ("约翰·F·肯尼迪", [*"约翰", "f", *"肯尼迪"]),
        ("Nexon Co.", ["nexon", "co", "."]),  # the tokenizer's rule for the end of a sentence
        ("由Nexon Co.开发", ["由", "nexon", "co", ".", *"开发"]),
        ("(NFL)", ["(", "nfl", ")"]),  # ASCII brackets, commas and full stops are not in the list
        ("3.5%、1,000", ["3.5", "%", "1,000"]),
        ("等等……", ["等", "等", "……"]),  # … is not: the list has two of them as one
        ("‘甲’", ["‘", "甲"]),  # ’ is in the list and ‘ is not
        ("㐀龥龦", ["㐀", "龥", "龦"]),  # U+9FA5 is the last character
        ("１４ ４１", ["１４", "４１"]),  # full-width digits are a word
        ("「梵語」", list("梵語")),
        ("。", []),
        ("", []),
    ],
)
def test_segments(text: str, wanted: list[str]) -> None:
    assert segments(text) == tuple(wanted)


@pytest.mark.parametrize(
    ("prediction", "gold", "exact", "f1"),
    [
        ("跑跑卡丁车", "《跑跑卡丁车》", 1, 1),
        ("在1843年", "1843年", 0, 2 * (2 / 3) / (2 / 3 + 1)),
        ("甲乙戊丁", "甲乙丙丁", 0, 1 / 2),  # 甲乙 is common; 丁 is too, but apart from it
        ("丁甲乙丙", "甲乙丙丁", 0, 3 / 4),
        ("1843", "1843-1844", 0, 0),
        ("(NFL)", "nfl", 0, 2 * (1 / 3) / (1 / 3 + 1)),
        ("A B", "ab", 0, 0),  # blanks inside count
        (" AB ", "ab", 1, 1),
        ("甲", "乙", 0, 0),
        ("", "甲", 0, 0),
        ("", "", 1, 0),
        ("。", "，", 1, 0),
    ],
)
def test_by_hand(prediction: str, gold: str, exact: float, f1: float) -> None:
    assert exact_match(prediction, gold) == exact
    assert run_f1(prediction, gold) == pytest.approx(f1)


@pytest.mark.parametrize("task", ["cmrc2018", "drcd"])
def test_all_together(task: str) -> None:
    examples = [
        QAExample("？", "文", "several", ("甲乙丙丁", "乙丙")),
        QAExample("？", "文", "right", ("1843年。",)),
        QAExample("？", "文", "missing", ("甲",)),
    ]
    found = bf.evaluate(examples, {"several": "甲乙丙", "right": "1843年", "other": "x"}, task)
    # 3 of 3 and 3 of 4 against the first, 2 of 3 and 2 of 2 against the second.
    several = max(2 * 0.75 / 1.75, 2 * (2 / 3) / (5 / 3))
    assert found.per_example == {
        "several": (0, pytest.approx(several)),
        "right": (1, 1),
        "missing": (0, 0),
    }
    assert (found.task, found.count, found.missing, found.unknown) == (task, 3, 1, 1)
    assert (found.exact_match, found.f1) == pytest.approx((100 / 3, 100 * (several + 1) / 3))
    assert found.details == {"average": pytest.approx((100 / 3 + 100 * (several + 1) / 3) / 2)}


def run_by_search(first: list[str], second: list[str]) -> int:
    """Look for ever shorter pieces of one text, each segment a character of it, in the other."""
    letters = {segment: chr(0xE000 + n) for n, segment in enumerate(dict.fromkeys([*first, *second]))}
    one, other = ("".join(letters[segment] for segment in part) for part in (first, second))
    return next(
        size
        for size in range(len(one), -1, -1)
        if any(one[n : n + size] in other for n in range(len(one) - size + 1))
    )


SEGMENTS = st.lists(st.sampled_from(["甲", "乙", "丙", "1843", "ab"]), max_size=12)


@given(first=SEGMENTS, second=SEGMENTS)
def test_the_longest_common_run(first: list[str], second: list[str]) -> None:
    assert longest_common_run(first, second) == run_by_search(first, second)
    assert longest_common_run(first, first) == len(first)


@given(
    text=st.text(st.sampled_from("甲乙龥龦 aB1.,%()" + PUNCTUATION), max_size=20), gold=st.text(max_size=8)
)
def test_scores_agree_with_each_other(text: str, gold: str) -> None:
    assert 0 <= run_f1(text, gold) <= 1
    assert run_f1(text, text) == bool(segments(text))
    if segments(text) and exact_match(text, gold):
        assert run_f1(text, gold) == 1
    assert not set(without_punctuation(text)) & set(PUNCTUATION)


def kind(character: str) -> str:
    return "chinese" if "一" <= character <= "龥" else "mark" if character in PUNCTUATION else "other"


def split_by_kind(text: str) -> list[str]:
    """Segments by the kind of each character, words by nltk's own entry."""
    from nltk.tokenize import word_tokenize

    kept = [character for character in text.lower().strip() if kind(character) != "mark"]
    found: list[str] = []
    for name, group in groupby(kept, kind):
        run = list(group)
        found += run if name == "chinese" else word_tokenize("".join(run), preserve_line=True)
    return found


def score_by_search(prediction: str, golds: list[str]) -> tuple[float, float]:
    predicted, best = split_by_kind(prediction), 0.0
    for gold in map(split_by_kind, golds):
        # 2PR / (P + R) is twice the run over both lengths.
        best = max(best, 2 * run_by_search(predicted, gold) / max(1, len(predicted) + len(gold)))
    plain = ["".join(c for c in t.lower().strip() if kind(c) != "mark") for t in (prediction, *golds)]
    return float(plain[0] in plain[1:]), best


def said(number: int, example: QAExample, other: QAExample) -> str:
    """Say something that a reader might: a gold answer cut, extended, with marks, or of another question."""
    answer = example.answers[number % len(example.answers)]
    start, end = answer.start or 0, (answer.start or 0) + len(answer.text)
    longer = example.context[max(0, start - number % 4) : end + number % 7]
    return [
        answer.text,
        answer.text[: -1 - number % 3] or answer.text,
        answer.text[1 + number % 2 :] or answer.text,
        longer,
        f"“{answer.text}，{longer}。",
        other.answers[0].text,
        example.context[start // 2 : start // 2 + 30],
    ][number % 7]


@pytest.mark.parametrize(("task", "name"), [("cmrc2018", "cmrc2018/cmrc2018_dev"), ("drcd", "drcd/DRCD_dev")])
def test_the_published_questions(task: str, name: str) -> None:
    path = SHARED / f"{name}.json.gz"
    if not path.is_file():
        pytest.skip(f"no {path}")
    examples = (bf.read_cmrc if task == "cmrc2018" else bf.read_squad)(path)
    texts = {
        str(example.id): said(number, example, examples[number - 50])
        for number, example in enumerate(examples)
        if number % 40
    }
    found = bf.evaluate(examples, texts, task)
    wanted = {
        str(example.id): score_by_search(texts[str(example.id)], [a.text for a in example.answers])
        if str(example.id) in texts
        else (0.0, 0.0)
        for example in examples
    }
    assert found.missing == len(examples) - len(texts) > 0
    for key, scores in wanted.items():
        assert found.per_example[key] == pytest.approx(scores, abs=1e-12), key
    assert found.f1 == pytest.approx(100 * sum(f1 for _, f1 in wanted.values()) / len(wanted))
    assert 10 < (found.exact_match or 0) < 30 < (found.f1 or 0) < 70
    # The gold answers themselves, each of them.
    for number in range(min(len(example.answers) for example in examples)):
        perfect = bf.evaluate(examples, {str(e.id): e.answers[number].text for e in examples}, task)
        assert (perfect.exact_match, perfect.f1) == (100, 100)
