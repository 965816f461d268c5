"""What a report says, before anything is said about how it looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bertqa_fast.analysis.analysis import Result
from bertqa_fast.analysis.tables import Table
from bertqa_fast.attribution.layer_results import LayerAttributions


@dataclass(frozen=True)
class ReportExample:
    """One explained example.

    Attributes
    ----------
    layers : LayerAttributions
        Its attributions; they carry the texts, the span and the conditions.
    gold : tuple of str
        Gold answers, or the gold class; empty where none is known.
    predicted : str
        The model's answer or class.
    probability : float or None
        What the model gives it, by the n-best list.
    exact : bool or None
        Whether the prediction matches a gold answer; None where it was not scored.
    """

    layers: LayerAttributions
    gold: tuple[str, ...] = ()
    predicted: str = ""
    probability: float | None = None
    exact: bool | None = None


@dataclass(frozen=True)
class Evaluation:
    """Scores over a data set at one stage.

    Attributes
    ----------
    name : str
        The stage, such as ``"before fine-tuning"``.
    scores : mapping
        Name of the metric to its value in per cent; higher is better.
    count : int
        Examples that were scored.
    """

    name: str
    scores: Mapping[str, float]
    count: int


@dataclass(frozen=True)
class ReportAnalysis:
    """What an analysis found, as a page shows it.

    Attributes
    ----------
    result : Result
        Tables, settings and notes.
    figures : mapping
        Name to the picture, as a ``data:`` address.
    left_out : int
        Figures that the analysis has beside these.
    """

    result: Result
    figures: Mapping[str, str] = field(default_factory=dict)
    left_out: int = 0


@dataclass(frozen=True)
class Report:
    """Everything that a page shows.

    Attributes
    ----------
    title : str
        The heading.
    facts : mapping
        Blocks of facts, such as ``{"Model": {"source": "…"}}``, in order, at the head of the page.
    examples : sequence of ReportExample
        What is explained.
    evaluations : sequence of Evaluation
        Stages, in order.
    notes : sequence of str
        What a reader has to know: what was left out, what did not converge.
    num_layers : int
        Encoder blocks of the model, for the picture of the numbering.
    analyses : sequence of ReportAnalysis
        What analyses of the run found, in order.
    trends : Table or None
        What a published study claims, beside what these analyses found.
    details : mapping
        Blocks of facts at the foot of the page: settings, hashes, versions.
    """

    title: str
    facts: Mapping[str, Mapping[str, str]]
    examples: tuple[ReportExample, ...]
    num_layers: int
    evaluations: tuple[Evaluation, ...] = ()
    notes: tuple[str, ...] = field(default=())
    analyses: tuple[ReportAnalysis, ...] = ()
    trends: Table | None = None
    details: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
