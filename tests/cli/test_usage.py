"""What every command has: help with examples, status 2 for wrong use, one line and status 1 for failures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bertqa_fast.cli.devices import device_table
from bertqa_fast.cli.main import app
from bertqa_fast.device import DeviceInfo

Program = Callable[..., Any]

COMMANDS = [
    "demo",
    "finetune",
    "predict",
    "evaluate",
    "export",
    "import-tf",
    "attribute",
    "explain",
    "zones",
    "study",
    "report",
    "convert",
    "devices",
]


def test_help_lists_the_commands(program: Program) -> None:
    text = program("--help").stdout
    for command in COMMANDS:
        assert f" {command} " in text
    assert "Exit status" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples_and_json(command: str) -> None:
    text = CliRunner().invoke(app, [command, "--help"]).stdout
    assert f"bertqa-fast {command} " in text.split("Examples")[1]
    assert "--json" in text


def test_devices_are_listed(program: Program) -> None:
    found = json.loads(program("devices", "--json").stdout)
    assert [each["name"] for each in found] == ["cpu", "cuda", "webgpu", "openvino"]
    assert (found[0]["available"], found[0]["precisions"][0], found[0]["reason"]) == (True, "fp32", "")
    assert all(each["available"] or "device=" in each["reason"] for each in found)
    assert "openvino" in program("devices").stdout


def test_names_of_extras_are_no_markup() -> None:
    from rich.console import Console

    console = Console(width=200)
    with console.capture() as printed:
        console.print(device_table([DeviceInfo("cuda", False, ("fp32",), "pip install bertqa_fast[gpu]")]))
    assert "pip install bertqa_fast[gpu]" in printed.get()


def test_version(program: Program) -> None:
    from bertqa_fast import __version__

    assert program("--version").stdout.strip() == __version__


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "No such command"),
        (["predict"], "--model"),
        (["export", "m", "--output-dir", "d", "--colour", "red"], "No such option"),
        (["explain", "--model", "m", "--question", "q"], "--context"),
        (
            ["explain", "--model", "m", "--question", "q", "--context", "c", "--layers", "one"],
            "'one' is no layer",
        ),
        (["explain", "--model", "m", "--question", "q", "--context", "c", "--span", "1"], "'1' is no span"),
        (["attribute", "--model", "m", "--data", "d", "--output-dir", "o", "--limit", "0"], "--limit"),
        (["attribute", "--model", "m", "--data", "d", "--output-dir", "o", "--windows", "x"], "--windows"),
        (["zones", "--model", "m", "--data", "d", "--output-dir", "o", "--zones", "q3"], "'q3'"),
        (
            ["zones", "--model", "m", "--data", "d", "--output-dir", "o", "--heads", "two"],
            "'two' names no heads",
        ),
        (["zones", "--model", "m", "--data", "d", "--output-dir", "o", "--special", "x"], "--special"),
        (["evaluate", "--data", "d"], "--predictions or --model"),
    ],
)
def test_wrong_use_is_status_two(arguments: list[str], message: str) -> None:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stdout == ""


def test_wrong_use_is_status_two_of_the_process(program: Program) -> None:
    assert "--output-dir" in program("export", "somewhere", status=2).stderr


def failure(done: Any) -> str:
    """Return the one line that a failure prints."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("bertqa-fast: error: ")]
    assert len(lines) == 1
    assert done.stdout == ""
    return str(lines[0])


def test_missing_files_are_named(invoke: Program, tiny_model: Path, tmp_path: Path) -> None:
    absent = tmp_path / "absent.json"
    for command in ("predict", "attribute"):
        arguments = ["--model", tiny_model, "--data", absent, "--output-dir", tmp_path / "out"]
        assert f"there is no file {absent}" in failure(invoke(command, *arguments, status=1))
    assert "absent" in failure(
        invoke("export", tmp_path / "absent", "--output-dir", tmp_path / "o", status=1)
    )
    assert "not a run folder" in failure(invoke("report", tmp_path, "--out", tmp_path / "r.html", status=1))


def test_file_of_another_kind_is_named(invoke: Program, tiny_model: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.json"
    data.write_text("[1, 2]")
    arguments = ["--model", tiny_model, "--data", data, "--output-dir", tmp_path / "out"]
    assert str(data) in failure(invoke("attribute", *arguments, status=1))
    assert not (tmp_path / "out").exists()


def test_layer_out_of_range_is_named(invoke: Program, tiny_model: Path) -> None:
    question = ["--question", "Who sailed?", "--context", "Ada sailed."]
    line = failure(invoke("explain", "--model", tiny_model, *question, "--layers", "7", status=1))
    assert "layer" in line
    assert "7" in line


def test_unknown_task_is_named(invoke: Program, squad_file: Path, tmp_path: Path) -> None:
    done = invoke("evaluate", "--data", squad_file, "--predictions", squad_file, "--task", "quiz", status=1)
    assert "task must be one of" in failure(done)


def test_failure_is_status_one_of_the_process(program: Program, tmp_path: Path) -> None:
    assert "not a run folder" in failure(program("report", tmp_path, "--out", tmp_path / "r.html", status=1))


def test_debugging_shows_the_traceback(program: Program, environ: dict[str, str], tmp_path: Path) -> None:
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "bertqa_fast", "report", str(tmp_path), "--out", str(tmp_path / "r.html")],
        capture_output=True,
        text=True,
        check=False,
        env=environ | {"BERTQA_FAST_DEBUG": "1"},
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr
