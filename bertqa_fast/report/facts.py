"""What a page says about the model and the conditions, gathered from the results themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bertqa_fast.attribution.result import Attribution
from bertqa_fast.report.contents import Report, ReportExample
from bertqa_fast.runs.description import versions

if TYPE_CHECKING:
    from bertqa_fast.model import Model


def explanation_report(model: Model, example: ReportExample) -> Report:
    """Return a report of one example, explained by an open model."""
    first = next(iter(example.layers.values()))
    about = {
        "source": model.source,
        "task": model.task,
        "num_layers": model.num_layers,
        "hidden_size": model.hidden_size,
        "device": model.device,
    }
    return Report(
        title=first.question,
        facts={
            "Model": model_facts(about, model.precision),
            "Conditions": condition_facts(first),
        },
        examples=(example,),
        num_layers=model.num_layers,
        details={"Hashes": {"model": model.fingerprint}, "Versions": versions()},
    )


def model_facts(about: Mapping[str, Any], precision: str) -> dict[str, str]:
    """Return the facts about a model.

    Parameters
    ----------
    about : mapping
        The ``model`` block of ``run.json``.
    precision : str
        What it computes in.
    """
    return {
        "source": str(about["source"]),
        "task": str(about["task"]),
        "encoder blocks": str(about["num_layers"]),
        "hidden size": str(about["hidden_size"]),
        "device": f"{about['device']}, {precision}",
    }


def condition_facts(item: Attribution) -> dict[str, str]:
    """Return how an attribution was computed; the same holds for all of a run."""
    facts = {"method": item.method}
    if item.n_steps is not None:
        facts["nodes"] = str(item.n_steps)
    if item.preset is not None:
        facts["preset"] = item.preset
    facts["target"] = item.target
    facts["baseline"] = item.baseline or "none"
    return facts
