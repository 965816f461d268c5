"""Tables that know what their columns mean, and which way is better."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds.

    Attributes
    ----------
    name : str
        Its heading.
    about : str
        What it says, in words.
    unit : str
        ``"%"``, ``"bits"``, …; empty for names and plain numbers.
    better : {"higher", "lower"} or None
        The direction of a measure that has one.
    low, high : float or None
        Its range, where it has ends.
    """

    name: str
    about: str = ""
    unit: str = ""
    better: Literal["higher", "lower"] | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Table:
    """Rows under named columns.

    Attributes
    ----------
    name : str
        The stem of its files, such as ``"jsd_pairs"``; letters, digits, ``_`` and ``-``.
    title : str
        The heading.
    columns : tuple of Column
        Their names differ.
    rows : tuple of tuple
        Plain values (str, int, float, bool or None), one for each column.

    Raises
    ------
    ValueError
        A row is longer or shorter than the columns, or a column comes twice.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError(f"columns must differ, got {names}")
        for row in self.rows:
            if len(row) != len(names):
                raise ValueError(f"rows must have {len(names)} values, got {len(row)}: {row!r:.80}")

    @classmethod
    def of(
        cls, name: str, title: str, columns: Sequence[Column | str], rows: Iterable[Sequence[Any]]
    ) -> Self:
        """Make a table of any rows; numpy's numbers become plain ones, NaN becomes None."""
        given = tuple(Column(column) if isinstance(column, str) else column for column in columns)
        return cls(name, title, given, tuple(tuple(map(_plain, row)) for row in rows))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` gave."""
        columns = tuple(Column(**column) for column in data["columns"])
        return cls(data["name"], data["title"], columns, tuple(tuple(row) for row in data["rows"]))

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> list[Any]:
        """Return the values of a column.

        Raises
        ------
        KeyError
            There is no such column.
        """
        for at, column in enumerate(self.columns):
            if column.name == name:
                return [row[at] for row in self.rows]
        raise KeyError(f"table {self.name} has no column {name!r}")

    def where(self, **values: Any) -> Self:
        """Return the table of the rows that have these values, by name of the column."""
        places = {[column.name for column in self.columns].index(name): want for name, want in values.items()}
        rows = tuple(row for row in self.rows if all(row[at] == want for at, want in places.items()))
        return type(self)(self.name, self.title, self.columns, rows)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, for JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "columns": [asdict(column) for column in self.columns],
            "rows": [list(row) for row in self.rows],
        }

    def to_csv(self) -> str:
        """Return the table as CSV: a line of names, then the rows; None is empty."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(column.name for column in self.columns)
        writer.writerows(self.rows)
        return out.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
