"""Examples refuse bad fields by name."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from bertqa_fast.data.examples import Answer, QAExample, TextExample


def test_plain_strings_become_answers() -> None:
    example = QAExample("Who?", "Ada.", answers=["Ada", Answer("Ada.", 0)])
    assert example.answers == (Answer("Ada", None), Answer("Ada.", 0))
    assert hash(example) == hash(QAExample("Who?", "Ada.", None, ("Ada", Answer("Ada.", 0))))


def test_examples_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        QAExample("Who?", "Ada.").question = "When?"


@pytest.mark.parametrize(
    ("kind", "fields", "error", "message"),
    [
        (QAExample, {"question": "", "context": "c"}, ValueError, "question must hold some text"),
        (QAExample, {"question": "q", "context": " \n\t"}, ValueError, "context must hold some text"),
        (QAExample, {"question": 3, "context": "c"}, TypeError, "question must be a str, got int 3"),
        (QAExample, {"question": "q", "context": None}, TypeError, "context must be a str, got NoneType"),
        (QAExample, {"question": "q", "context": "c", "id": 7}, TypeError, "id must be a str, got int 7"),
        (QAExample, {"question": "q", "context": "c", "answers": "c"}, TypeError, "answers must be a seq"),
        (QAExample, {"question": "q", "context": "c", "answers": 5}, TypeError, "answers must be a seq"),
        (QAExample, {"question": "q", "context": "c", "answers": [5]}, TypeError, "answers must hold Answer"),
        (QAExample, {"question": "q", "context": "c", "is_impossible": 1}, TypeError, "is_impossible must"),
        (Answer, {"text": "c", "start": -1}, ValueError, "start must be 0 or more, got -1"),
        (Answer, {"text": "c", "start": 1.0}, TypeError, "start must be an int"),
        (Answer, {"text": "c", "start": True}, TypeError, "start must be an int"),
        (Answer, {"text": None}, TypeError, "text must be a str"),
        (TextExample, {"text": "  "}, ValueError, "text must hold some text"),
        (TextExample, {"text": "t", "text_pair": ""}, ValueError, "text_pair must hold some text"),
        (TextExample, {"text": "t", "label": 0.5}, TypeError, "label must be an int, a str or None"),
        (TextExample, {"text": "t", "id": 0}, TypeError, "id must be a str"),
    ],
)
def test_bad_fields_are_named(kind: Any, fields: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        kind(**fields)
