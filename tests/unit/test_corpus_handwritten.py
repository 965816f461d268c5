"""The hand-written passages and the format that they are written in."""

from __future__ import annotations

import pytest

from bertqa_fast.data.corpus.handwritten import locate, parse, read_passages

TEXT = """# One
The cat took two mice.
She took two more.

? How many mice did she take first?
= took [two] mice
= took [two mice]
? Who?
= The cat

# Two
Rain.

? What?
= Rain
"""


def test_there_are_passages_enough() -> None:
    passages = read_passages()
    assert len(passages) >= 30
    assert len({passage.title for passage in passages}) == len(passages)
    assert len({passage.text for passage in passages}) == len(passages)
    for passage in passages:
        assert len(passage.questions) >= 4, passage.title
        for question in passage.questions:
            assert question.answers, question
            for text, start in question.answers:
                assert passage.text.startswith(text, start)


def test_parse() -> None:
    one, two = parse(TEXT)
    assert (one.title, one.text) == ("One", "The cat took two mice.\nShe took two more.")
    assert [question.text for question in one.questions] == ["How many mice did she take first?", "Who?"]
    assert one.questions[0].answers == (("two", 13), ("two mice", 13))
    assert one.questions[1].answers == (("The cat", 0),)
    assert two.questions[0].answers == (("Rain", 0),)


def test_quotations_must_be_unmistakable() -> None:
    with pytest.raises(ValueError, match="got 2 times: 'took two'"):
        locate("took two", "She took two and he took two.")
    with pytest.raises(ValueError, match="got 0 times"):
        locate("three", "She took two.")


def test_an_answer_needs_a_question() -> None:
    with pytest.raises(ValueError, match="before any question in 'One'"):
        parse("# One\nText.\n= Text\n")
