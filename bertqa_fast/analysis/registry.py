"""The analyses that there are: a new one is a new module with ``ANALYSIS``, named in the tuple below."""

from __future__ import annotations

from bertqa_fast.analysis import (
    conicity,
    divergence,
    faithfulness,
    flips,
    pos,
    projection,
    quantifiers,
    roles,
    skip_layers,
)
from bertqa_fast.analysis.analysis import Analysis

_MODULES = (
    divergence,
    roles,
    pos,
    quantifiers,
    projection,
    flips,
    faithfulness,
    conicity,
    skip_layers,
)
ANALYSES: dict[str, Analysis] = {module.ANALYSIS.name: module.ANALYSIS for module in _MODULES}


def chosen(what: str) -> list[Analysis]:
    """Return the analyses that are named, in the order of the registry.

    Parameters
    ----------
    what : str
        ``"all"``, or names with commas between.

    Raises
    ------
    ValueError
        A name is unknown; the message lists those that there are.
    """
    names = [name.strip() for name in what.split(",") if name.strip()]
    if names == ["all"]:
        return list(ANALYSES.values())
    unknown = [name for name in names if name not in ANALYSES]
    if unknown or not names:
        got = ", ".join(map(repr, unknown)) or "none"
        raise ValueError(f"what must be all, or some of {', '.join(ANALYSES)}; got {got}")
    return [analysis for name, analysis in ANALYSES.items() if name in names]
