"""What an analysis is, and what it gives."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from bertqa_fast.analysis.tables import Table
from bertqa_fast.errors import BertqaError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class CannotAnalyzeError(BertqaError, ValueError):
    """A run does not hold what an analysis needs; the message says what, and how to make a run that does."""


@dataclass(frozen=True)
class Result:
    """What an analysis found.

    Attributes
    ----------
    name : str
        The analysis.
    title : str
        Its heading.
    settings : mapping
        Every option that it was run with, those left to their defaults included.
    examples : int
        Over how many.
    tables : tuple of Table
        All that was found; figures are drawn from nothing else.
    notes : tuple of str
        What a reader has to know: what was left out, what a published number is not comparable in.
    """

    name: str
    title: str
    settings: Mapping[str, Any]
    examples: int
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = field(default=())

    def table(self, name: str) -> Table:
        """Return one of its tables.

        Raises
        ------
        KeyError
            There is no such table.
        """
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(f"{self.name} has no table {name!r}, but {', '.join(t.name for t in self.tables)}")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, for JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "settings": dict(self.settings),
            "examples": self.examples,
            "tables": [table.to_dict() for table in self.tables],
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` gave."""
        return cls(
            data["name"],
            data["title"],
            data["settings"],
            data["examples"],
            tuple(Table.from_dict(table) for table in data["tables"]),
            tuple(data["notes"]),
        )


_SOME = 200  # what a limit may look like


@dataclass(frozen=True)
class Analysis:
    """One analysis.

    Attributes
    ----------
    name : str
        What users call it.
    compute : callable
        ``compute(run, *, limit, show_progress, …) -> Result``, or ``compute(run, model, …)`` where
        ``needs_model``. Its other keyword arguments are the options that users may set.
    draw : callable
        ``draw(result)`` returns the figures by name, from the result's tables alone.
    needs_model : bool
        Whether it runs the model.
    """

    name: str
    compute: Callable[..., Result]
    draw: Callable[[Result], Mapping[str, Figure]]
    needs_model: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """The options that users may set, with their defaults; of ``limit`` a number where there is none."""
        parameters = inspect.signature(self.compute).parameters
        found = {
            name: parameter.default
            for name, parameter in parameters.items()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY and name != "show_progress"
        }
        return found | {"limit": found["limit"] or _SOME}


def settings_of(function: Callable[..., Any], local: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keyword-only arguments that a function was called with, as JSON can hold them.

    Parameters
    ----------
    function : callable
        The analysis's ``compute``.
    local : mapping
        Its ``locals()`` as it begins.
    """
    names = [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and name != "show_progress"
    ]
    return {name: list(v) if isinstance(v := local[name], tuple) else v for name in names}
