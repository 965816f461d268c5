"""The steps of the demo: fine-tune, evaluate, export, attribute, analyse, report."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from bertqa_fast.cli.demo_analyses import FOLDER, demo_analyses
from bertqa_fast.cli.demo_sources import demo_data, demo_model, is_reader
from bertqa_fast.cli.export import compare, parity_table
from bertqa_fast.cli.output import log, results
from bertqa_fast.data.examples import QAExample
from bertqa_fast.graphs.manifest import is_export
from bertqa_fast.report.contents import Evaluation

# As many questions are printed with all their layers; the page has them all.
_PRINTED = 2
# Hidden states are kept of as many, for the analyses that show where tokens lie.
_KEPT = 2
SEED = 0


@dataclass(frozen=True)
class DemoOptions:
    """What the command line says; see ``bertqa-fast demo --help``."""

    output_dir: Path
    model: str | None = None
    data: Path | None = None
    train: Path | None = None
    questions: int = 6
    limit: int = 1000
    train_limit: int = 10_000
    device: str = "cpu"
    threads: int | None = None
    allow_bin: bool = False
    to_stderr: bool = False


@dataclass
class _Progress:
    """What was done so far."""

    evaluations: list[Evaluation] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    training: dict[str, str] = field(default_factory=dict)

    def timed(self, name: str, work: Callable[[], Any]) -> Any:
        """Say what begins, do it, and note how long it took."""
        log(f"{name} …")
        started = time.monotonic()
        value = work()
        self.seconds[name] = round(time.monotonic() - started, 1)
        log(f"{name}: {self.seconds[name]:.1f} s")
        return value


def run_demo(options: DemoOptions) -> dict[str, Any]:
    """Run every step; return what was made, as plain data.

    Parameters
    ----------
    options : DemoOptions
        What to read, where to write.

    Raises
    ------
    ImportError
        PyTorch is needed and missing.
    ValueError, OSError, BertqaError
        As the steps raise them.
    """
    from bertqa_fast.model import load
    from bertqa_fast.report.from_analyses import read_analyses
    from bertqa_fast.report.from_run import run_report
    from bertqa_fast.report.html import write_report
    from bertqa_fast.report.terminal import evaluation_table, print_layers
    from bertqa_fast.runs.attribute import attribute_dataset
    from bertqa_fast.runs.reader import Run

    source = demo_model(options.model)
    held_out, data_name = demo_data("dev", options.data, options.limit)
    console = results(options.to_stderr)
    done = _Progress()
    trained = options.data is None or options.train is not None or not is_reader(source)
    reader = _train(source, held_out, options, done) if trained else source
    if is_export(Path(reader)):
        folder, parity = Path(reader), None
    else:
        folder = done.timed("export", lambda: _export(reader, options))
        parity = done.timed(
            "parity with PyTorch", lambda: compare(reader, folder, allow_bin=options.allow_bin)
        )
    if parity is not None:
        console.print(parity_table(parity))
    run_folder = _fresh_run(options.output_dir / "run")
    with load(folder, device=options.device, threads=options.threads) as model:
        stage = "after fine-tuning" if trained else "as it is"
        done.evaluations.append(done.timed(f"evaluation {stage}", lambda: _evaluate(model, held_out, stage)))
        console.print(evaluation_table(done.evaluations))
        chosen = spread(held_out, options.questions)
        done.timed(
            f"attribution of {len(chosen)} questions at every layer",
            lambda: attribute_dataset(
                model, chosen, run_folder, layers="all", embeddings=_KEPT, data_path=data_name
            ),
        )
    run = Run(run_folder)
    for number, layers in enumerate(run):
        if number < _PRINTED:
            console.print()
            print_layers(console, layers)
    analysed = done.timed(
        "analyses",
        lambda: demo_analyses(run, lambda: load(folder, device=options.device, threads=options.threads)),
    )
    page = write_report(
        run_report(
            run,
            limit=options.questions,
            title="From an encoder to attributions",
            evaluations=done.evaluations,
            more_facts={
                "Data": {"source": data_name, "scored": str(len(held_out)), "explained": str(len(chosen))},
                **({"Training": done.training} if done.training else {}),
            },
            analyses=read_analyses(run.folder / FOLDER, run) if analysed.results else (),
        ),
        options.output_dir / "report.html",
    )
    log(f"wrote {page}")
    return {
        "report": str(page),
        "model": reader,
        "export": str(folder),
        "run": str(run_folder),
        "evaluation": {stage.name: dict(stage.scores) for stage in done.evaluations},
        "parity": None if parity is None else dict(parity.rows),
        "analyses": list(analysed.results),
        "refused": analysed.refused,
        "seconds": done.seconds,
    }


def spread(examples: Sequence[QAExample], count: int) -> list[QAExample]:
    """Choose ``count`` examples evenly over the data, without looking at how they are answered."""
    places = np.linspace(0, len(examples) - 1, min(count, len(examples))).round().astype(int)
    return [examples[place] for place in places]


def _train(source: str, held_out: list[QAExample], options: DemoOptions, done: _Progress) -> str:
    """Score the model as it is, fine-tune it, and return where the reader is."""
    from bertqa_fast.data.corpus.settings import DEMO_SETTINGS
    from bertqa_fast.tasks.finetune import finetune
    from bertqa_fast.tasks.torch_reader import TorchReader, choose_device, has_fast_bf16, load_reader

    if find_spec("torch") is None:
        raise ImportError(
            "fine-tuning needs PyTorch: pip install 'bertqa_fast[train]'; "
            "or give a reader with --model and questions with --data"
        )
    train, name = demo_data("train", options.train, None)
    settings = dict(DEMO_SETTINGS)
    stage = "before fine-tuning"

    def before() -> Evaluation:
        module, tokenizer = load_reader(source, seed=SEED, allow_bin=options.allow_bin)
        place = choose_device(options.device)
        reader = TorchReader(module.to(place), tokenizer, bf16=has_fast_bf16(place))
        return _evaluate(reader, held_out, stage)

    done.evaluations.append(done.timed(f"evaluation {stage}", before))
    target = options.output_dir / "model"
    report = done.timed(
        f"fine-tuning on {min(len(train), options.train_limit)} questions of {name}",
        lambda: finetune(
            source,
            train,
            target,
            allow_bin=options.allow_bin,
            limit=options.train_limit if options.train_limit < len(train) else None,
            # What an earlier demo left there with other settings may go; anything else stays.
            device=options.device,
            overwrite=(target / "training.json").is_file(),
            **settings,
        ),
    )
    done.training.update(
        {
            "data": name,
            "windows": str(report.windows),
            "steps": str(report.steps),
            "time": f"{report.seconds:.0f} s",
            **{key.replace("_", " "): str(value) for key, value in settings.items()},
        }
    )
    return str(target)


def _evaluate(model: Any, examples: list[QAExample], name: str) -> Evaluation:
    from bertqa_fast.tasks.evaluate import evaluate
    from bertqa_fast.tasks.predict import predict

    scores = evaluate(examples, predict(model, examples), "squad")
    return Evaluation(name, {"EM": scores.exact_match or 0.0, "F1": scores.f1 or 0.0}, scores.count)


def _export(source: str, options: DemoOptions) -> Path:
    from bertqa_fast.graphs.exporter import export

    return export(source, options.output_dir / "export", allow_bin=options.allow_bin)


def _fresh_run(folder: Path) -> Path:
    """Remove an earlier demo's run, and nothing else."""
    if (folder / "run.json").is_file():
        shutil.rmtree(folder)
    return folder
