"""Classifiers from end to end, on a tiny random encoder; PyTorch stands in for the engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

Invoke = Callable[..., Any]

TEXTS = ["ada sailed", "the ship left port", "crates of tea", "who sailed in may", "ada and tea", "14 crates"]
QUICK = ("--epochs", 1, "--batch-size", 4, "--max-length", 16, "--no-bf16", "--device", "cpu")


@pytest.fixture
def sst_file(tmp_path: Path) -> Path:
    path = tmp_path / "train.txt"
    path.write_text("".join(f"{number % 3} {text}\n" for number, text in enumerate(TEXTS)))
    return path


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    rows = [f'{"pos" if number % 2 else "neg"},"{text}"\n' for number, text in enumerate(TEXTS)]
    path.write_text("sentiment,review\n" + "".join(rows))
    return path


@pytest.fixture
def in_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands open models in PyTorch."""

    def open_model(source: str, *_: Any) -> Any:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        from bertqa_fast.tasks.torch_classifier import TorchClassifier

        module = AutoModelForSequenceClassification.from_pretrained(source)
        return nullcontext(TorchClassifier(module, AutoTokenizer.from_pretrained(source)))

    for command in ("predict", "evaluate"):
        monkeypatch.setattr(f"bertqa_fast.cli.{command}.open_model", open_model)


@pytest.mark.usefixtures("in_torch")
def test_sst_from_end_to_end(invoke: Invoke, tiny_model: Path, sst_file: Path, tmp_path: Path) -> None:
    model, out = tmp_path / "classifier", tmp_path / "out"
    options = ("--task", "sst5", "--json")
    done = invoke(
        "finetune",
        *("--model", tiny_model, "--train", sst_file, "--output-dir", model, "--dropout", 0),
        *QUICK,
        *options,
    )
    report = json.loads(done.stdout)
    assert report["settings"]["dropout"] == 0
    assert (report["examples"], report["dev"]["count"], report["best_epoch"]) == (5, 1, 1)
    assert len(json.loads((model / "config.json").read_text())["id2label"]) == 5

    use = ("--model", model, "--data", sst_file, "--max-length", 16)
    done = invoke("predict", *use, "--output-dir", out, *options)
    assert json.loads(done.stdout)["texts"] == 6
    labels = json.loads((out / "predictions.json").read_text())
    classes = json.loads((out / "probabilities.json").read_text())
    assert list(labels) == list(classes) == [str(number) for number in range(6)]
    for key, ranked in classes.items():
        assert labels[key] == ranked[0]["label"]
        assert sorted(entry["label"] for entry in ranked) == [0, 1, 2, 3, 4]
        assert sum(entry["probability"] for entry in ranked) == pytest.approx(1)
        assert ranked == sorted(ranked, key=lambda entry: -entry["probability"])

    by_model = json.loads(invoke("evaluate", *use, *options).stdout)
    file = ("--data", sst_file, "--predictions", out / "predictions.json")
    by_file = json.loads(invoke("evaluate", *file, "--output-dir", out, *options).stdout)
    assert by_model == by_file
    right = [int(labels[str(number)] == number % 3) for number in range(6)]
    assert by_file["accuracy"] == pytest.approx(100 * sum(right) / 6)
    assert list(json.loads((out / "exact_scores.json").read_text()).values()) == right
    text = invoke("evaluate", *file, "--task", "sst5").stdout
    assert "accuracy" in text
    assert "macro_f1" in text


@pytest.mark.usefixtures("in_torch")
def test_a_table_with_named_columns(invoke: Invoke, tiny_model: Path, csv_file: Path, tmp_path: Path) -> None:
    model = tmp_path / "classifier"
    columns = ("--task", "tsv", "--text-column", "review", "--label-column", "sentiment")
    files = ("--train", csv_file, "--dev", csv_file, "--output-dir", model)
    done = invoke("finetune", "--model", tiny_model, *files, *QUICK, *columns)
    assert "kept epoch 1 of 1" in done.output
    assert json.loads((model / "config.json").read_text())["id2label"] == {"0": "neg", "1": "pos"}
    use = ("--model", model, "--max-length", 16)
    scores = json.loads(invoke("evaluate", *use, "--data", csv_file, *columns, "--json").stdout)
    assert scores["count"] == 6

    bare = tmp_path / "bare.txt"
    bare.write_text("a\tb\nada\ttea\nship\tport\n")
    pairs = ("--task", "tsv", "--text-column", "a", "--pair-column", "b", "--label-column", "")
    done = invoke(
        "predict", *use, "--data", bare, "--output-dir", tmp_path / "out", *pairs, "--delimiter", r"\t"
    )
    assert "predictions.json" in done.stdout
    found = json.loads((tmp_path / "out" / "predictions.json").read_text())
    assert set(found) == {"0", "1"}
    assert set(found.values()) <= {"neg", "pos"}


def test_what_cannot_be_is_one_line(invoke: Invoke, sst_file: Path, csv_file: Path, tmp_path: Path) -> None:
    predictions = tmp_path / "p.json"
    predictions.write_text('{"0": 1.5}')
    for arguments, message in (
        (("--data", sst_file, "--task", "sst5", "--delimiter", ","), "the files of 'sst5' have a format of"),
        (("--data", csv_file, "--task", "tsv"), "text: found the column 'text' not among"),
        (("--data", csv_file, "--task", "sst2"), "wanted lines 'label text'"),
        (("--data", sst_file, "--task", "sst5"), "found 1.5 for '0', wanted predictions: {id: label"),
    ):
        done = invoke("evaluate", *arguments, "--predictions", predictions, status=1)
        assert message in done.output
    predictions.write_text("[]")
    done = invoke("evaluate", "--data", sst_file, "--task", "sst5", "--predictions", predictions, status=1)
    assert "found a list, wanted predictions" in done.output
