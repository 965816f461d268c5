"""The inputs: a question over a passage, and a text to classify."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """One gold answer.

    Parameters
    ----------
    text : str
        The answer as annotated; may be empty.
    start : int or None
        First character of the answer in its passage; None where the data set does not say.

    Raises
    ------
    TypeError, ValueError
        Where `text` is no string, or `start` is neither None nor a non-negative int.
    """

    text: str
    start: int | None = None

    def __post_init__(self) -> None:
        _require_string("text", self.text)
        if self.start is None:
            return
        if isinstance(self.start, bool) or not isinstance(self.start, int):
            raise TypeError(f"start must be an int or None, got {_described(self.start)}")
        if self.start < 0:
            raise ValueError(f"start must be 0 or more, got {self.start}")


@dataclass(frozen=True)
class QAExample:
    """A question over a passage.

    Parameters
    ----------
    question, context : str
        The question and the passage that is searched for the answer; neither may be blank.
    id : str or None
        The data set's name for the question.
    answers : tuple of Answer
        Gold answers, duplicates kept; plain strings are taken as answers at no known place.
    is_impossible : bool
        The passage does not answer the question (SQuAD v2).

    Raises
    ------
    TypeError, ValueError
        Naming the field, what came and what was wanted.
    """

    question: str
    context: str
    id: str | None = None
    answers: tuple[Answer, ...] = ()
    is_impossible: bool = False

    def __post_init__(self) -> None:
        _require_text("question", self.question)
        _require_text("context", self.context)
        if self.id is not None:
            _require_string("id", self.id)
        if isinstance(self.answers, str | Answer):
            raise TypeError(f"answers must be a sequence of answers, got one {_described(self.answers)}")
        try:
            answers = tuple(Answer(given) if isinstance(given, str) else given for given in self.answers)
        except TypeError:
            raise TypeError(
                f"answers must be a sequence of answers, got {_described(self.answers)}"
            ) from None
        for answer in answers:
            if not isinstance(answer, Answer):
                raise TypeError(f"answers must hold Answer or str, got {_described(answer)}")
        object.__setattr__(self, "answers", answers)
        if not isinstance(self.is_impossible, bool):
            raise TypeError(f"is_impossible must be a bool, got {_described(self.is_impossible)}")


@dataclass(frozen=True)
class TextExample:
    """A text, or a pair of texts, to classify.

    Parameters
    ----------
    text : str
        The text; may not be blank.
    text_pair : str or None
        A second text for models that read pairs; may not be blank.
    label : int, str or None
        The gold class, as a number or a name.
    id : str or None
        The data set's name for the example.

    Raises
    ------
    TypeError, ValueError
        Naming the field, what came and what was wanted.
    """

    text: str
    text_pair: str | None = None
    label: int | str | None = None
    id: str | None = None

    def __post_init__(self) -> None:
        _require_text("text", self.text)
        if self.text_pair is not None:
            _require_text("text_pair", self.text_pair)
        if self.label is not None and (isinstance(self.label, bool) or not isinstance(self.label, int | str)):
            raise TypeError(f"label must be an int, a str or None, got {_described(self.label)}")
        if self.id is not None:
            _require_string("id", self.id)


def _described(value: object) -> str:
    """Return the type of a value and the start of its text, for messages."""
    return f"{type(value).__name__} {repr(value)[:60]}"


def _require_string(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, got {_described(value)}")


def _require_text(name: str, value: object) -> None:
    """Refuse what is no string, and what is blank."""
    _require_string(name, value)
    if not str(value).strip():
        raise ValueError(f"{name} must hold some text, got {_described(value)}")
