"""What commands print of texts that hold commands for a terminal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rich.table import Table
from rich.text import Text

from bertqa_fast.cli import output

HOSTILE = "a\x1b]0;owned\x07b\x1b[2Jc\x9b2Jd\x7f\re"
LEFT = "a]0;ownedb[2Jc2Jde"


def test_tables_and_texts(capsys: pytest.CaptureFixture[str]) -> None:
    console = output.results(False)
    table = Table(title=HOSTILE)
    table.add_column(HOSTILE)
    table.add_row(Text(HOSTILE, style="bold"))
    console.print(table)
    console.print(HOSTILE, markup=False)
    said = capsys.readouterr().out
    assert said.count(LEFT) == 4
    assert not any((ord(letter) < 32 and letter != "\n") or 127 <= ord(letter) < 160 for letter in said)


def test_colours_stay(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    output.results(False).print(Text("red", style="red"))
    assert "\x1b[31mred" in capsys.readouterr().out


def test_messages(capsys: pytest.CaptureFixture[str]) -> None:
    output.log(HOSTILE)
    assert capsys.readouterr().err == LEFT + "\n"


@pytest.mark.parametrize("value", [HOSTILE, {"key\x9b": ["\t\n\x85"]}])
def test_json_says_the_same(value: Any, capsys: pytest.CaptureFixture[str]) -> None:
    output.emit(value)
    said = capsys.readouterr().out
    assert json.loads(said) == value
    assert not any((ord(letter) < 32 and letter != "\n") or 127 <= ord(letter) < 160 for letter in said)
