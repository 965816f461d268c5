"""A data set of texts, attributed into a run folder, resumed and reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.runs.attribute import attribute_dataset
from bertqa_fast.runs.reader import Run

pytest.importorskip("torch")

LINES = ["1 ada wrote it in paris", "0 who wrote <b> it", "2 ships sailed from port", "1 the year ada left"]
FAST = ["--method", "gausslegendre", "--steps", 4, "--target", "logit", "--max-length", 32]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "test.txt"
    path.write_text("\n".join(LINES) + "\n")
    return path


def test_a_run_of_a_classifier(
    invoke: Callable[..., Any], random_reader: Any, data: Path, tmp_path: Path
) -> None:
    model, folder = random_reader(classes=5).folder, tmp_path / "run"
    common = ["--model", model, "--data", data, "--task", "sst5", "--output-dir", folder, *FAST]
    invoke("attribute", *common, "--limit", 2, "--embeddings", 1)
    invoke("attribute", *common, "--embeddings", 1, "--resume")
    run = Run(folder)
    examples = bf.read_sst(data)
    with bf.load(model) as opened:
        wanted = bf.integrated_gradients(
            opened, examples, method="gausslegendre", n_steps=4, target="logit", max_length=32
        )
        predicted = bf.predict(opened, examples, max_length=32)
    assert (len(run), run.head, run.task) == (4, "text-classification", "sst5")
    for number, layers in run.numbered():
        for layer, got in layers.items():
            assert got.label == str(wanted[number][layer].label)
            assert got.span is None
            np.testing.assert_allclose(got.scores, wanted[number][layer].scores, rtol=1e-3, atol=1e-5)
    for number, prediction in run.predictions().items():
        assert prediction.label == predicted[number].label
        assert prediction.probabilities == pytest.approx(predicted[number].probabilities, abs=1e-5)
    assert [gold for _, gold in sorted(run.gold().items())] == [("1",), ("0",), ("2",), ("1",)]
    labels = json.loads((folder / "predictions.json").read_text())
    assert list(labels.values()) == [p.label for p in predicted]
    assert set(run.scores()) == {"accuracy", "macro-F1"}
    states = run.embeddings(0)
    assert states is not None
    assert states.shape[0] == random_reader(classes=5).exact.num_layers + 1

    page = tmp_path / "page.html"
    invoke("report", folder, "--out", page)
    text = page.read_text()
    assert "&lt;b&gt;" in text
    assert "of class" in text
    assert "Texts, classes and errors" in text
    assert "Questions, answers" not in text
    done = invoke("analyze", folder, "--what", "jsd", "--output-dir", tmp_path / "a", status=1)
    assert "holds a run of a classifier" in done.stderr
    done = invoke("convert", folder, "--to", "reference", "--output-dir", tmp_path / "c", status=1)
    assert "holds a run of a classifier" in done.stderr


def test_a_reader_does_not_classify(
    invoke: Callable[..., Any], random_reader: Any, data: Path, tmp_path: Path
) -> None:
    arguments = ["--data", data, "--task", "sst5", "--output-dir", tmp_path / "run"]
    done = invoke("attribute", "--model", random_reader().folder, *arguments, status=1)
    assert "wanted 'text-classification'" in done.stderr


def test_classes_that_cannot_be_scored_are_refused_before_any_work(
    invoke: Callable[..., Any], random_reader: Any, data: Path, tmp_path: Path
) -> None:
    data.write_text("4 ada wrote it\n")
    arguments = ["--data", data, "--task", "sst5", "--output-dir", tmp_path / "run", *FAST]
    done = invoke("attribute", "--model", random_reader(classes=3).folder, *arguments, status=1)
    assert "number 0 has the label 4, wanted one of the model's (0, 1, 2)" in " ".join(done.stderr.split())
    arguments[3] = "sst2"
    data.write_text("1 ada wrote it\n")
    done = invoke("attribute", "--model", random_reader(classes=3).folder, *arguments, status=1)
    assert "model: got the class 2, wanted those of sst2 (0, 1)" in " ".join(done.stderr.split())
    assert not (tmp_path / "run").exists()


def test_the_states_are_those_of_the_window_that_was_explained(random_reader: Any, tmp_path: Path) -> None:
    model = random_reader(classes=5).model
    long = bf.TextExample("ada wrote it in the year " * 30, label=1, id="long")
    attribute_dataset(
        model,
        [long],
        tmp_path / "run",
        task="sst5",
        layers=[1],
        target="logit",
        method="gausslegendre",
        n_steps=1,
    )
    states = Run(tmp_path / "run").embeddings(0)
    assert states is not None
    assert states.shape[1] == len(next(iter(Run(tmp_path / "run"))).tokens) > 128
