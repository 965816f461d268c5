"""Texts with a class: lines ``label text`` (SST-2, SST-5), and tables with named columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bertqa_fast.data.examples import TextExample
from bertqa_fast.data.textfiles import read_text

_SST = "lines 'label text' with a whole number for the label, such as '3 a fine film .'"
_DELIMITERS = {".tsv": "\t", ".csv": ","}


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a table has what; see :func:`read_tsv`."""

    text: str = "text"
    label: str | None = "label"
    text_pair: str | None = None
    delimiter: str | None = None
    id: str | None = None


def read_sst(path: str | Path) -> list[TextExample]:
    """Read a file of lines ``label text``, as SST-2 and SST-5 are spread, ``.gz`` accepted.

    Every line becomes one example, in the order of the file, whose id is the number of the line, from 0.
    Blank lines count and are passed over.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    list of TextExample
        ``label`` is an int: 0 negative to 1 (SST-2) or 4 (SST-5) positive.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        A line is something else, or there is none; the message names the path and the line, from 1.
    """
    examples = []
    for number, line in enumerate(io.StringIO(read_text(path, "text"))):
        if not line.strip():
            continue
        label, _, text = line.strip().partition(" ")
        if not is_whole(label) or not text.strip():
            raise ValueError(f"{path}: line {number + 1}: found {line.strip()[:60]!r}, wanted {_SST}")
        examples.append(TextExample(text.strip(), label=int(label), id=str(number)))
    if not examples:
        raise ValueError(f"{path}: found no texts, wanted {_SST}")
    return examples


def read_tsv(
    path: str | Path,
    *,
    text: str = "text",
    label: str | None = "label",
    text_pair: str | None = None,
    delimiter: str | None = None,
    id: str | None = None,  # noqa: A002 - what it is called in the examples
) -> list[TextExample]:
    """Read a table with a header, tab- or comma-separated, ``.gz`` accepted.

    Every row becomes one example, in the order of the file. In a table of commas a field in quotes may hold
    commas, line ends and, doubled, quotes. In one of tabs a quote is a character like others, as the data
    sets that are spread as ``.tsv`` have it (GLUE, ChnSentiCorp). Blank lines are passed over.

    Parameters
    ----------
    path : str or Path
        The file.
    text : str
        The column of the text.
    label : str or None
        The column of the class; None where there is none.
    text_pair : str or None
        The column of a second text (QNLI, MRPC).
    delimiter : str or None
        What separates fields, one character. None tells from the name: ``.tsv`` or ``.csv``, before ``.gz``.
    id : str or None
        The column of the ids. None numbers the rows, from 0.

    Returns
    -------
    list of TextExample
        ``label`` is an int where every label of the file is a whole number, otherwise a name.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        Naming the path and the line, from 1 (of a row over several lines, the last): a column that is not in
        the header or there twice, a row of more or fewer fields, a blank text or label; or a delimiter that
        cannot be told, or no row at all.
    """
    path = Path(path)
    columns = Columns(text, label, text_pair, _delimiter(path, delimiter), id)
    rows = _rows(path, str(columns.delimiter))
    try:
        line, header = next(rows)
    except StopIteration:
        raise ValueError(f"{path}: found nothing, wanted a header and rows") from None
    place = {
        name: _column(path, header, name, argument)
        for name, argument in ((text, "text"), (label, "label"), (text_pair, "text_pair"), (id, "id"))
        if name is not None
    }
    labels: list[str | None] = []
    examples: list[TextExample] = []
    for line, row in rows:
        if len(row) != len(header):
            raise ValueError(f"{path}: line {line}: found {len(row)} fields, wanted {len(header)}: {header}")
        given = None if label is None else row[place[label]].strip()
        if given == "":
            raise ValueError(f"{path}: line {line}: found a blank {label!r}, wanted a label")
        labels.append(given)
        try:
            examples.append(
                TextExample(
                    row[place[text]],
                    None if text_pair is None else row[place[text_pair]],
                    id=str(len(examples)) if id is None else row[place[id]],
                )
            )
        except ValueError as error:
            raise ValueError(f"{path}: line {line}: {error}") from None
    if not examples:
        raise ValueError(f"{path}: found a header and no rows, wanted at least one")
    numbers = all(given is None or is_whole(given) for given in labels)
    return [
        example if given is None else _labelled(example, int(given) if numbers else given)
        for example, given in zip(examples, labels, strict=True)
    ]


def read_columns(path: str | Path, columns: Columns) -> list[TextExample]:
    """Read a table whose columns were named beforehand; see :func:`read_tsv`."""
    return read_tsv(
        path,
        text=columns.text,
        label=columns.label,
        text_pair=columns.text_pair,
        delimiter=columns.delimiter,
        id=columns.id,
    )


def is_whole(label: str) -> bool:
    """Whether a label is a whole number, written as Python writes it: ``"01"`` and ``"+1"`` are names."""
    return re.fullmatch("0|-?[1-9][0-9]*", label) is not None


def _labelled(example: TextExample, label: int | str) -> TextExample:
    return TextExample(example.text, example.text_pair, label, example.id)


def _delimiter(path: Path, given: str | None) -> str:
    if given is not None:
        if len(given) != 1 or given in '"\r\n':
            raise ValueError(f"delimiter must be one character, no quote or line end, got {given!r}")
        return given
    suffix = (path.with_suffix("") if path.suffix == ".gz" else path).suffix
    try:
        return _DELIMITERS[suffix.lower()]
    except KeyError:
        raise ValueError(
            f"delimiter must be given where the name does not end in .tsv or .csv (and .gz), got {path}"
        ) from None


def _rows(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not blank, each with the number of its last line."""
    # Line ends are the reader's business: within quotes they belong to the field.
    lines = io.StringIO(read_text(path, "text"), newline="")
    if delimiter == "\t":
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise ValueError(f"{path}: line {reader.line_num}: wanted a row of a table ({error})") from None


def _column(path: Path, header: list[str], name: str, argument: str) -> int:
    if header.count(name) != 1:
        found = "twice" if name in header else "not"
        raise ValueError(f"{path}: {argument}: found the column {name!r} {found} among {header}, wanted once")
    return header.index(name)
