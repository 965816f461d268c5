"""A run folder as the contents of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from bertqa_fast.analysis.trends import trends
from bertqa_fast.report.contents import Evaluation, Report, ReportAnalysis, ReportExample
from bertqa_fast.report.facts import condition_facts, model_facts
from bertqa_fast.report.tables import setting_text
from bertqa_fast.runs.heads import said
from bertqa_fast.runs.reader import Run


def run_report(
    run: Run,
    *,
    limit: int = 20,
    title: str | None = None,
    evaluations: Sequence[Evaluation] | None = None,
    more_facts: Mapping[str, Mapping[str, str]] | None = None,
    analyses: Sequence[ReportAnalysis] = (),
) -> Report:
    """Gather what a page shows of a run.

    Parameters
    ----------
    run : Run
        The run folder.
    limit : int
        Examples shown, from the first.
    title : str or None
        The heading; None names the model.
    evaluations : sequence of Evaluation or None
        Scores to show; None shows those of the run's own predictions, where they were scored.
    more_facts : mapping or None
        Further blocks of facts.
    analyses : sequence of ReportAnalysis
        What :func:`bertqa_fast.report.from_analyses.read_analyses` gathered.

    Raises
    ------
    ValueError
        The run has no examples yet.
    """
    answers, gold, exact = run.predictions(), run.gold(), run.exact_scores()
    examples = []
    for number, layers in islice(run.numbered(), limit):
        prediction = answers[number]
        matched = exact.get(prediction.id or "")
        examples.append(
            ReportExample(
                layers,
                gold=gold[number],
                predicted=str(said(prediction)),
                probability=prediction.probability,
                exact=None if matched is None else bool(matched),
            )
        )
    if not examples:
        raise ValueError(f"{run.folder} holds no finished examples yet, wanted at least one")
    about = run.about
    same = about["identity"]
    total = len(answers)
    notes = [] if len(examples) == total else [f"The first {len(examples)} of {total} examples are shown."]
    if about["status"] != "complete":
        notes.append("The run is not finished.")
    source = str(about["model"]["source"])
    if evaluations is None:
        evaluations = [Evaluation("this run", run.scores(), total)] if run.scores() else []
    return Report(
        title=title or f"Attributions of {source.rstrip('/').rsplit('/', 1)[-1]}",
        facts={
            "Model": model_facts(about["model"], same["model"]["precision"]),
            "Data": {
                "source": str(about["data"]["path"] or "in memory"),
                "examples": str(same["data"]["examples"]),
                "attributed": str(total),
            },
            "Conditions": condition_facts(next(iter(examples[0].layers.values()))) | _explained(run),
            **(more_facts or {}),
        },
        examples=tuple(examples),
        num_layers=about["model"]["num_layers"],
        evaluations=tuple(evaluations),
        notes=tuple(notes),
        analyses=tuple(analyses),
        trends=trends(analysis.result for analysis in analyses),
        details={
            "Settings of the run": {name: setting_text(v) for name, v in same["settings"].items()},
            "Hashes": {
                "run": about["identity_sha256"],
                "model": same["model"]["fingerprint"],
                "data": same["data"]["sha256"],
            },
            "Versions": dict(about["versions"]),
        },
    )


def _explained(run: Run) -> dict[str, str]:
    """Say what was explained of every example."""
    settings = run.about["identity"]["settings"]
    if run.head == "text-classification":
        return {"class": str(settings["label"])}
    return {"span": str(settings["span"])}
