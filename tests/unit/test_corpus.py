"""The built-in corpus: answers in their places, splits apart, and questions that need reading."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from dataclasses import asdict
from inspect import signature
from statistics import mean

import pytest

from bertqa_fast.data.corpus import DEV_QUESTIONS, TRAIN_QUESTIONS, builtin_corpus
from bertqa_fast.data.corpus.names import HELD_OUT, TRAIN, Pool
from bertqa_fast.data.corpus.settings import DEMO_SETTINGS
from bertqa_fast.data.corpus.topic import is_counting
from bertqa_fast.data.corpus.topics import HELD_OUT_TOPICS, TRAIN_TOPICS
from bertqa_fast.data.corpus.world import in_words
from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.squad import read_squad, write_squad
from bertqa_fast.tasks.finetune import finetune

SPLITS = ("train", "dev")
_NUMBER = re.compile(r"\d[\d,.]*|\b(?:" + "|".join(in_words(n) for n in range(99, 1, -1)) + r")\b", re.I)
_PIECE = re.compile(r"\w+|[^\w\s]")


@pytest.fixture(scope="module", params=[("train", 0), ("train", 7), ("dev", 0), ("dev", 7)])
def corpus(request: pytest.FixtureRequest) -> list[QAExample]:
    split, seed = request.param
    return builtin_corpus(split, questions=2000 if split == "train" else None, seed=seed)


def contexts(corpus: list[QAExample]) -> list[str]:
    return list(dict.fromkeys(example.context for example in corpus))


def test_sizes() -> None:
    assert len(builtin_corpus("train")) == TRAIN_QUESTIONS >= 3000
    assert len(builtin_corpus("dev")) == DEV_QUESTIONS >= 300
    assert len(builtin_corpus("dev", questions=999)) == 999


def test_answers_stand_at_their_places(corpus: list[QAExample]) -> None:
    for example in corpus:
        assert example.answers
        for answer in example.answers:
            assert answer.text.strip() == answer.text != ""
            assert answer.start is not None
            assert example.context[answer.start : answer.start + len(answer.text)] == answer.text


def test_ids_and_questions_are_unique(corpus: list[QAExample]) -> None:
    assert len({example.id for example in corpus}) == len(corpus)
    assert len({(example.question, example.context) for example in corpus}) == len(corpus)


def test_generated_questions_do_not_give_the_answer_away(corpus: list[QAExample]) -> None:
    generated = [example for example in corpus if not (example.id or "").startswith("hand")]
    assert generated
    assert not [e.id for e in generated if e.answers[0].text.lower() in e.question.lower()]


def test_a_quarter_of_the_questions_ask_how_many_or_how_much(corpus: list[QAExample]) -> None:
    assert 0.2 < mean(is_counting(example.question) for example in corpus) < 0.3


def test_passages_hold_several_numbers(corpus: list[QAExample]) -> None:
    numbers = [len(set(_NUMBER.findall(context))) for context in contexts(corpus)]
    assert mean(numbers) >= 3
    assert mean(count >= 3 for count in numbers) > 0.95


def test_passages_have_the_lengths_promised(corpus: list[QAExample]) -> None:
    # Words and marks are never more than word pieces.
    lengths = [len(_PIECE.findall(context)) for context in contexts(corpus)]
    assert mean(50 <= length <= 160 for length in lengths) > 0.9
    assert sum(length > 384 for length in lengths) >= 3


def test_texts_are_clean(corpus: list[QAExample]) -> None:
    for example in corpus:
        for text in (example.context, example.question):
            assert not re.search(r"[{}\t]|  |\.\.| [,.;?]|\n ", text), text
        assert example.question.endswith("?")
        assert example.question[0].isupper()


def test_splits_share_nothing() -> None:
    train = [example for seed in range(2) for example in builtin_corpus("train", seed=seed)]
    dev = [example for seed in range(2) for example in builtin_corpus("dev", seed=seed)]
    assert not {e.context for e in train} & {e.context for e in dev}
    assert not {topic.name for topic in TRAIN_TOPICS} & {topic.name for topic in HELD_OUT_TOPICS}
    text = "\n".join(contexts(train))
    assert not [town for town in HELD_OUT.towns if town in text]


def test_pools_of_names_are_apart_and_whole() -> None:
    for kind in Pool.__dataclass_fields__:
        train, held_out = getattr(TRAIN, kind), getattr(HELD_OUT, kind)
        assert not set(train) & set(held_out), kind
        for pool in (train, held_out):
            assert len(set(pool)) == len(pool)
            assert all(re.fullmatch(r"[^\s,]+( [^\s,]+)*", name) for name in pool)


@pytest.mark.parametrize("split", SPLITS)
def test_a_smaller_corpus_is_the_beginning_of_a_larger_one(split: str) -> None:
    whole = builtin_corpus(split, questions=400)
    for questions in (1, 3, 255, 300):
        assert builtin_corpus(split, questions=questions) == whole[:questions]


def test_seeds_differ() -> None:
    first, second = (builtin_corpus("train", questions=500, seed=seed) for seed in (0, 1))
    assert not {e.context for e in first} & {e.context for e in second}
    assert not {e.id for e in first} & {e.id for e in second}


def test_the_corpus_is_the_same_in_every_process() -> None:
    code = (
        "import hashlib; from bertqa_fast.data.corpus import builtin_corpus;"
        "print(hashlib.sha256(repr(builtin_corpus('train', questions=200)).encode()).hexdigest())"
    )
    here = hashlib.sha256(repr(builtin_corpus("train", questions=200)).encode()).hexdigest()
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    there = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    assert there.stdout.strip() == here


@pytest.mark.parametrize("split", SPLITS)
def test_written_as_squad_and_read_back(split: str, tmp_path: object) -> None:
    corpus = builtin_corpus(split, questions=280)
    path = write_squad(corpus, f"{tmp_path}/{split}.json")
    assert read_squad(path) == corpus


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="split must be 'train' or 'dev', got 'test'"):
        builtin_corpus("test")
    with pytest.raises(ValueError, match="questions must be at least 1, got 0"):
        builtin_corpus("train", questions=0)
    with pytest.raises(TypeError, match="questions must be an int, got float"):
        builtin_corpus("train", questions=1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="seed must be an int, got str"):
        builtin_corpus("train", seed="0")  # type: ignore[arg-type]


def test_settings_are_arguments_of_finetune() -> None:
    settings = dict(DEMO_SETTINGS)
    assert settings == {**DEMO_SETTINGS} == asdict(DEMO_SETTINGS)
    assert settings.keys() <= signature(finetune).parameters.keys()
    with pytest.raises(KeyError):
        DEMO_SETTINGS["colour"]
