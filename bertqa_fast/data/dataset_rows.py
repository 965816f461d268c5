"""Rows of a Hugging Face ``datasets.Dataset`` as examples, each read when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, overload

from bertqa_fast.data.examples import QAExample, TextExample
from bertqa_fast.data.row_readers import QuestionReader, TextReader

Example = QAExample | TextExample

# Of each field, the column that is taken where the caller names none.
_QUESTIONS = {name: name for name in ("question", "context", "id", "answers", "is_impossible")}
_TEXTS = {"text": "text", "text_pair": "text_pair", "label": "label", "id": "id"}
# What texts, and pairs of them, are called where a data set has no column "text" (those of GLUE, SNLI, …).
_PAIRS = (
    ("sentence", None),
    ("sentence1", "sentence2"),
    ("premise", "hypothesis"),
    ("question1", "question2"),
)
_NEEDED = ("question", "context", "text")
_INSTALL = "datasets is not installed: pip install 'bertqa_fast[datasets]'"


class DatasetExamples(Sequence[Example]):
    """The examples of a data set, in its order; a row is read when it is asked for, and not kept.

    Made by :func:`from_dataset`.

    Attributes
    ----------
    columns : dict of str to str
        Field of the example → column of the data set that it is read from.
    """

    def __init__(self, rows: Any, columns: Mapping[str, str], read: Callable[[Mapping[str, Any]], Example]):
        self.columns = dict(columns)
        self._rows = rows
        self._read = read

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Example: ...

    @overload
    def __getitem__(self, index: slice) -> list[Example]: ...

    def __getitem__(self, index: int | slice) -> Example | list[Example]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = range(len(self))[index]
        return self._example(number, self._rows[number])

    def __iter__(self) -> Iterator[Example]:
        return (self._example(number, row) for number, row in enumerate(self._rows))

    def _example(self, number: int, row: Mapping[str, Any]) -> Example:
        try:
            return self._read({field: row[column] for field, column in self.columns.items()})
        except (TypeError, ValueError) as error:
            names = ", ".join(f"{field} from {column!r}" for field, column in self.columns.items())
            raise type(error)(f"dataset: row {number}: {error} ({names})") from None


def from_dataset(
    dataset: Any,
    *,
    task: str | None = None,
    columns: Mapping[str, str | None] | None = None,
    label_names: bool = True,
) -> DatasetExamples:
    """Return the rows of a Hugging Face ``datasets.Dataset`` as examples.

    Nothing is copied: rows are read as they are asked for, so a data set larger than memory can be used.

    Parameters
    ----------
    dataset : datasets.Dataset
        One split. Rows are questions, as SQuAD's are (``question``, ``context``, and ``id``, ``answers``,
        ``is_impossible`` where there are such), or texts to classify (``text``, ``sentence``, or the pairs
        ``sentence1`` and ``sentence2``, ``premise`` and ``hypothesis``, ``question1`` and ``question2``; and
        ``label``, ``id``).
    task : str, optional
        The data set by whose rules they are read: it says which of the two they are, and whether a question
        without answers is one that its passage does not answer. When None they are questions where there are
        the columns ``question`` and ``context``, and such a question has no gold answer.
    columns : mapping of str to str, optional
        Field of the example → the column that it is read from, where that is another one; None for one that
        is to be left out. Of questions the fields are those of :class:`bertqa_fast.QAExample`, of texts those
        of :class:`bertqa_fast.TextExample`.
    label_names : bool
        Whether labels of a ``ClassLabel`` are given by name; otherwise by number. Its -1 is no label.

    Returns
    -------
    DatasetExamples
        A sequence of QAExample or TextExample. A row that cannot be one (a blank text, a label of another
        type) is a ``ValueError`` or ``TypeError`` with its number when it is read.

    Raises
    ------
    ImportError
        datasets is not installed.
    TypeError
        ``dataset`` is something else, such as several splits or a stream.
    ValueError
        Naming ``columns``: a field that there is none of, a column that the data set lacks or that holds no
        texts; or ``task``.
    """
    dataset = require_dataset(dataset).with_format(None)
    there = dataset.column_names
    defaults = _defaults(there, task, columns or {})
    found = _columns(defaults, columns or {}, there)
    for field in ("question", "context", "text", "text_pair"):
        if field in found and "string" not in str(getattr(dataset.features[found[field]], "dtype", "")):
            kind = dataset.features[found[field]]
            raise ValueError(
                f"columns: {field} is to be read from {found[field]!r}, got {kind}, wanted texts"
            )
    rows = dataset.select_columns(list(dict.fromkeys(found.values())))
    if "question" in defaults:
        return DatasetExamples(rows, found, QuestionReader(_unanswerable(task)))
    names = _class_names(dataset.features[found["label"]]) if "label" in found else None
    return DatasetExamples(rows, found, TextReader(names, label_names))


def require_dataset(dataset: Any) -> Any:
    """Return a ``datasets.Dataset``, and refuse everything else.

    Raises
    ------
    ImportError, TypeError
        As :func:`from_dataset`.
    """
    try:
        import datasets
    except ImportError as error:
        raise ImportError(_INSTALL, name="datasets") from error
    if isinstance(dataset, datasets.Dataset):
        return dataset
    hint = ""
    if isinstance(dataset, datasets.DatasetDict | datasets.IterableDatasetDict):
        hint = f"; choose one of its splits: {', '.join(map(str, dataset))}"
    elif isinstance(dataset, datasets.IterableDataset):
        hint = "; load it without streaming=True"
    raise TypeError(f"dataset must be a datasets.Dataset, got {type(dataset).__name__}{hint}")


def _defaults(
    there: Sequence[str], task: str | None, given: Mapping[str, str | None]
) -> dict[str, str | None]:
    """Return field → column as they are where nobody names one, for the kind of examples that it is."""
    if task is None:
        questions = {"question", "context"} <= set(there) | set(given) and "text" not in given
    else:
        from bertqa_fast.tasks.registry import get_task

        questions = get_task(task).head == "question-answering"
    if questions:
        return dict(_QUESTIONS)
    defaults: dict[str, str | None] = dict(_TEXTS)
    if "text" not in there:
        for text, pair in _PAIRS:
            if text in there and (pair is None or pair in there):
                return defaults | {"text": text, "text_pair": pair}
    return defaults


def _columns(
    defaults: Mapping[str, str | None], given: Mapping[str, str | None], there: Sequence[str]
) -> dict[str, str]:
    """Return field → column, of the fields that there are."""
    for field in given:
        if field not in defaults:
            raise ValueError(f"columns: got the field {field!r}, wanted some of {', '.join(defaults)}")
    found = {}
    for field, column in (defaults | given).items():  # type: ignore[operator]
        if column in there:
            found[field] = column
        elif field in _NEEDED or (field in given and column is not None):
            raise ValueError(
                f"columns: the data set has no column {column!r} for {field}, it has {', '.join(there)}; "
                f"name the one to read with columns={{{field!r}: …}}"
            )
    return found


def _unanswerable(task: str | None) -> bool:
    if task is None:
        return False
    from bertqa_fast.tasks.registry import get_task

    return get_task(task).unanswerable


def _class_names(feature: Any) -> list[str] | None:
    import datasets

    return list(feature.names) if isinstance(feature, datasets.ClassLabel) else None
