"""Shares in per cent over layers: the table that several analyses fill, and its figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from bertqa_fast.analysis.estimates import mean_interval
from bertqa_fast.analysis.figures import over_layers
from bertqa_fast.analysis.published import PAPER, PUBLISHED_COLUMNS, REPRODUCTION, Series, data_of, find
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.attribution.naming import layer_tick

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bertqa_fast.runs.reader import Run

_NUMBERS = (
    Column("share", "mean over the examples", "%", low=0, high=100),
    Column("lower", "end of the mean's 95 % normal interval", "%"),
    Column("upper", "end of the mean's 95 % normal interval", "%"),
    Column("examples", "that the mean is over"),
)


def shares_table(
    name: str,
    title: str,
    of: Column,
    run: Run,
    layers: Sequence[int],
    shares: Mapping[str, NDArray[Any]],
    published: Sequence[Series] = (),
) -> Table:
    """Make the table of mean shares: ``layer``, a name, ``share``, its interval, ``examples``.

    Parameters
    ----------
    name, title : str
        The table's.
    of : Column
        What the shares are of.
    run : Run
        Whose depth and data set the published numbers have to fit.
    layers : sequence of int
        The layers.
    shares : mapping
        Name to ``[N, layers]`` between 0 and 1, a row for each example; N may differ.
    published : sequence of Series
        What was published of the same names; without any, the table has no columns for it.
    """
    num_layers = int(run.about["model"]["num_layers"])
    columns = [Column("layer", "output of this block; -1 is the embeddings"), of, *_NUMBERS]
    sources = (PAPER, REPRODUCTION) if published else ()
    found = {of_one: mean_interval(100.0 * values) for of_one, values in shares.items()}
    rows = []
    for at, layer in enumerate(layers):
        for of_one, numbers in found.items():
            known = [find(published, source, data_of(run), of_one) for source in sources]
            beside = [None if one is None else one.at(layer, num_layers) for one in known]
            rows.append((layer, of_one, *(number[at] for number in numbers), len(shares[of_one]), *beside))
    return Table.of(name, title, [*columns, *(PUBLISHED_COLUMNS if published else ())], rows)


def draw_shares(table: Table, *, title: str, label: str) -> Figure:
    """Draw a line with its interval for each name of a table of shares, the paper's numbers dashed.

    Parameters
    ----------
    table : Table
        What :func:`shares_table` made.
    title, label : str
        The heading, and what is drawn upwards.
    """
    of = table.columns[1].name
    layers = list(dict.fromkeys(table.column("layer")))
    series: dict[str, list[Any]] = {}
    paper: dict[str, list[Any]] = {}
    bands = {}
    for name in dict.fromkeys(table.column(of)):
        part = table.where(**{of: name})
        series[name] = part.column("share")
        bands[name] = (part.column("lower"), part.column("upper"))
        if PAPER in [column.name for column in table.columns]:
            paper[f"{PAPER}, {name}"] = part.column(PAPER)
    known = {name: values for name, values in paper.items() if any(value is not None for value in values)}
    ticks = [layer_tick(layer) for layer in layers]
    return over_layers({**series, **known}, ticks, title=title, label=label, bands=bands, low=0)
