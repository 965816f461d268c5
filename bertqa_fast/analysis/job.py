"""Several analyses of one run, one after the other, into a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bertqa_fast.analysis.analysis import Analysis, CannotAnalyzeError, Result
from bertqa_fast.analysis.files import write_result

if TYPE_CHECKING:
    from bertqa_fast.model import Model
    from bertqa_fast.runs.reader import Run


@dataclass
class Done:
    """What became of the analyses.

    Attributes
    ----------
    results : dict
        Analysis to what it found.
    files : dict
        Analysis to the files that were written.
    refused : dict
        Analysis to the reason why the run cannot support it.
    """

    results: dict[str, Result] = field(default_factory=dict)
    files: dict[str, list[Path]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def analyze(
    run: Run,
    analyses: Sequence[Analysis],
    folder: Path,
    *,
    open_model: Callable[[], Model],
    limit: int | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    show_progress: bool | None = None,
    tell: Callable[[str], None] = lambda message: None,
) -> Done:
    """Do the analyses that the run supports, and write each as soon as it is done.

    Parameters
    ----------
    run : Run
        The run folder.
    analyses : sequence of Analysis
        What to do.
    folder : Path
        Where the files go.
    open_model : callable
        Called once, by the first analysis that runs the model; the model is closed at the end.
    limit : int or None
        Only this many examples; None leaves it to each analysis.
    options : mapping, optional
        Analysis to its options.
    show_progress : bool or None
        Progress bars; None shows them on a terminal.
    tell : callable
        Is told what was done, in a line each.

    Returns
    -------
    Done
        An analysis that the run cannot support is among ``refused``, and the others are done.

    Raises
    ------
    ValueError
        The run is one of a classifier.
    """
    if run.head != "question-answering":
        raise ValueError(
            f"{run.folder} holds a run of a classifier, wanted one of a reader: analyses speak of questions "
            "and passages (bertqa-fast study is for classifiers)"
        )
    done = Done()
    model: Model | None = None
    try:
        for analysis in analyses:
            given = dict((options or {}).get(analysis.name, {}))
            if limit is not None:
                given.setdefault("limit", limit)
            try:
                if not analysis.needs_model:
                    result = analysis.compute(run, show_progress=show_progress, **given)
                else:
                    if model is None:
                        model = open_model()
                    result = analysis.compute(run, model, show_progress=show_progress, **given)
            except CannotAnalyzeError as error:
                done.refused[analysis.name] = str(error)
                tell(f"{analysis.name}: {error}")
                continue
            done.results[analysis.name] = result
            done.files[analysis.name] = write_result(
                result, analysis.draw(result), folder, run.about["identity_sha256"]
            )
            tell(f"{analysis.name}: {result.examples} examples, {len(done.files[analysis.name])} files")
    finally:
        if model is not None:
            model.close()
    return done


def model_of(run: Run, model: Model) -> Model:
    """Return the model if it is the run's own.

    Raises
    ------
    CannotAnalyzeError
        It is another one.
    """
    wanted = run.about["identity"]["model"]["fingerprint"]
    if model.fingerprint != wanted:
        model.close()
        raise CannotAnalyzeError(
            f"the run is of another model: fingerprint {wanted[:12]} in the run, {model.fingerprint[:12]} of "
            f"{model.source}; give the run's own (--model)"
        )
    return model
