"""``bertqa-fast devices``: what models can run on here."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bertqa_fast.cli.errors import one_line_errors
from bertqa_fast.cli.options import JsonOption
from bertqa_fast.cli.output import emit, results

if TYPE_CHECKING:
    from rich.table import Table

HELP = """List the devices: which are usable here, and what the others lack.

A graph of one node is run on each.

[bold]Examples[/bold]

[cyan]bertqa-fast devices[/cyan]

[cyan]bertqa-fast devices --json[/cyan]
"""


@one_line_errors
def devices(json: JsonOption = False) -> None:
    """Print what :func:`bertqa_fast.devices` finds."""
    import bertqa_fast as bf

    found = bf.devices()
    if json:
        emit([asdict(each) for each in found])
    else:
        results(json).print(device_table(found))


def device_table(found: list[Any]) -> Table:
    """Return a table of devices."""
    from rich.table import Table
    from rich.text import Text

    table = Table(show_lines=True)
    table.add_column("--device")
    table.add_column("usable")
    table.add_column("precision")
    table.add_column("what is missing")
    for each in found:
        usable = "yes" if each.available else "no"
        table.add_row(each.name, usable, ", ".join(each.precisions), Text(each.reason))
    return table
