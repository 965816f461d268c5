"""``explain`` of a text to classify."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

TEXT = ["--text", "ada <b>wrote</b> it"]
FAST = ["--steps", 6, "--target", "logit"]


def test_as_json(program: Callable[..., Any], random_reader: Any) -> None:
    model = random_reader(classes=3).folder
    done = program("explain", "--model", model, *TEXT, "--label", 2, "--layers", "1,-1", *FAST, "--json")
    found = json.loads(done.stdout)
    assert [layer["layer"] for layer in found["layers"]] == [1, -1]
    assert (found["label"], found["span"]) == (2, None)
    assert (
        found["prediction"]["label"]
        == max(found["prediction"]["classes"], key=lambda one: one["probability"])["label"]
    )
    for layer in found["layers"]:
        assert len(layer["scores"]) == len(found["tokens"])


def test_in_the_terminal_and_as_a_page(
    invoke: Callable[..., Any], random_reader: Any, tmp_path: Path
) -> None:
    model, page = random_reader(classes=3).folder, tmp_path / "page.html"
    done = invoke("explain", "--model", model, *TEXT, "--layers", 1, *FAST, "--html", page)
    assert "of class" in done.stdout
    assert "&lt;b&gt;" in page.read_text()
    assert "<b>wrote" not in page.read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give either --question and its passage, or --text"),
        ([*TEXT, "--question", "who?"], "give either --question and its passage, or --text"),
        ([*TEXT, "--context", "ada"], "the second text is --text-pair"),
        (["--question", "who?", "--text-pair", "ada"], "--text-pair belongs to --text"),
    ],
)
def test_wrong_use(invoke: Callable[..., Any], tmp_path: Path, arguments: list[str], message: str) -> None:
    done = invoke("explain", "--model", tmp_path, *arguments, status=2)
    assert message in " ".join(done.stderr.replace("│", " ").split())


def test_a_class_that_is_not_there(invoke: Callable[..., Any], random_reader: Any) -> None:
    done = invoke("explain", "--model", random_reader(classes=3).folder, *TEXT, "--label", 7, status=1)
    assert "label: got 7" in done.stderr
