"""The plug for taggers, and the groups of both tag sets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bertqa_fast.analysis import taggers
from bertqa_fast.analysis.analysis import CannotAnalyzeError
from bertqa_fast.analysis.taggers import CLAWS, PENN, Tagger, load_tagger

PENN_GROUPS = {
    "entity": "CD NN NNP NNS NNPS PRP PRP$",
    "adjective": "JJ JJR JJS",
    "verb": "VB VBD VBG VBN VBP VBZ",
    "adverb": "RB RBR RBS",
    "stop-word": "CC DT EX IN LS MD PDT POS RP TO UH WDT WP WP$ WRB",
    "other": "FW SYM X",
}
CLAWS_GROUPS = {
    "entity": "CRD NN0 NN1 NN2 NP0 PNP PNI PNX DPS",
    "adjective": "AJ0 AJC AJS ORD",
    "verb": "VBZ VDD VHG VVI",
    "adverb": "AV0 XX0",
    "stop-word": "AT0 AVP AVQ CJC CJS CJT DT0 DTQ EX0 ITJ PNQ POS PRF PRP TO0 VM0",
    "punctuation": "PUN PUQ PUL PUR",
    "other": "UNC ZZ0",
}


@pytest.mark.parametrize(("tag_set", "wanted"), [(PENN, PENN_GROUPS), (CLAWS, CLAWS_GROUPS)])
def test_groups(tag_set: dict[str, str], wanted: dict[str, str]) -> None:
    tagger = Tagger("stub", lambda words: [], tag_set, "CD")
    for group, tags in wanted.items():
        assert {tagger.group("word", tag) for tag in tags.split()} == {group}
    assert tagger.group("word", "") == "other"
    assert tagger.group("%", "NN") == "punctuation"
    assert tagger.group("n't", "RB" if tag_set is PENN else "XX0") == "adverb"


def test_neighbours_are_tagged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Sequence[str]] = []

    def tag(words: tuple[str, ...]) -> list[str]:
        calls.append(words)
        return ["NN"] * len(words)

    monkeypatch.setitem(taggers.TAGGERS, "stub", lambda: Tagger("stub", tag, PENN, "CD"))
    tagger = load_tagger("stub", "pos")
    for words in (("a", "b"), ("a", "b"), ("c",), ("a", "b")):
        assert tagger.tag(words) == ["NN"] * len(words)
    assert calls == [("a", "b"), ("c",)]
    assert tagger.is_number("CD")
    assert not tagger.is_number("NN")


def missing() -> Tagger:
    raise ImportError("none here")


def not_downloaded() -> Tagger:
    raise LookupError("no model")


def test_the_first_that_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Tagger("there", lambda words: [], PENN, "CD")
    known = {"a": missing, "b": not_downloaded, "there": lambda: there, "d": missing}
    monkeypatch.setattr(taggers, "TAGGERS", known)
    assert load_tagger("auto", "pos").name == "there"
    with pytest.raises(
        CannotAnalyzeError, match=r"pos needs the tagger b, .* pip install 'bertqa_fast\[pos\]'"
    ):
        load_tagger("b", "pos")
    monkeypatch.delitem(known, "there")
    with pytest.raises(CannotAnalyzeError, match="pos needs a part-of-speech tagger"):
        load_tagger("auto", "pos")
    with pytest.raises(ValueError, match="tagger must be one of auto, a, b, d, got 'spacy'"):
        load_tagger("spacy", "pos")


SENTENCE = "The Panthers quickly defeated 49 red apples , and she waited for twenty - four days ."
GROUPS = (
    "stop-word entity adverb verb entity adjective entity punctuation stop-word entity verb stop-word "
    "entity punctuation entity entity punctuation"
)


@pytest.mark.parametrize("name", ["nltk", "hanta"])
def test_real_taggers(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip({"nltk": "nltk", "hanta": "HanTa"}[name])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "morphmodel_en.pgz").write_bytes(b"not a model")  # must not be read
    try:
        tagger = load_tagger(name, "pos")
    except CannotAnalyzeError as error:
        pytest.skip(str(error))
    words = SENTENCE.split()
    tagged = list(zip(words, tagger.tag(tuple(words)), strict=True))
    assert [tagger.group(word, tag) for word, tag in tagged] == GROUPS.split()
    assert [word for word, tag in tagged if tagger.is_number(tag)] == ["49", "twenty", "four"]
