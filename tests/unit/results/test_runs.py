"""Run folders: written part by part, resumed without repeating or dropping, refused where they differ."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bertqa_fast.attribution import integrated_gradients as attribution_module
from bertqa_fast.data.examples import QAExample
from bertqa_fast.runs import heads as heads_module
from bertqa_fast.runs import store as store_module
from bertqa_fast.runs.files import RunFolderError, part_numbers
from bertqa_fast.runs.parts import survey
from bertqa_fast.runs.reader import Run

Make = Callable[..., Any]


def test_what_is_read_is_what_was_computed(tmp_path: Path, make_layers: Make, run: Make) -> None:
    about = run(tmp_path / "run", 20)
    stored = Run(tmp_path / "run")
    assert len(stored) == 20
    for number, layers in stored.numbered():
        wanted = make_layers(2, seed=number, id=f"q{number}", span=(5, 7))
        assert list(layers) == list(wanted)
        for layer, item in layers.items():
            for name in wanted[layer].__dataclass_fields__:
                np.testing.assert_array_equal(getattr(item, name), getattr(wanted[layer], name), err_msg=name)
            assert item.scores.dtype == np.float32
            assert item.offsets.dtype == np.int32
    assert about["status"] == "complete"
    assert about["counts"]["examples"] == 20
    assert about["counts"]["evaluations"] == 20 * 3 * 50
    assert about["identity"]["settings"]["layers"] == [-1, 0, 1]


def test_missing_values_come_back_as_none(
    tmp_path: Path, make_layers: Make, monkeypatch: pytest.MonkeyPatch, run: Make
) -> None:
    def gradients(model: Any, examples: Any, layer: Any, *, show_progress: Any = None) -> Any:
        changes = {
            "delta": None,
            "error": None,
            "span": None,
            "converged": True,
            "label": "good",
            "preset": "p",
        }
        return [make_layers(1, id=None, n_steps=None, baseline_value=None, **changes) for _ in examples]

    monkeypatch.setattr(attribution_module, "integrated_gradients", gradients)
    run(tmp_path / "run", 1)
    item = next(iter(Run(tmp_path / "run")))[0]
    assert (item.delta, item.error, item.span, item.id, item.n_steps, item.baseline_value) == (None,) * 6
    assert item.converged is True
    assert (item.label, item.preset) == ("good", "p")


def test_parts_hold_sixteen_examples_at_most(tmp_path: Path, calls: list[list[str]], run: Make) -> None:
    run(tmp_path / "run", 40)
    assert part_numbers(tmp_path / "run") == [0, 1, 2]
    assert [part.examples for part in survey(tmp_path / "run")] == [range(16), range(16, 32), range(32, 40)]
    assert [len(call) for call in calls] == [1, 15, 16, 8]


def test_prediction_files(tmp_path: Path, run: Make) -> None:
    run(tmp_path / "run", 3)
    folder = tmp_path / "run"
    assert json.loads((folder / "predictions.json").read_text()) == {"q0": "Ada", "q1": "Ada", "q2": "Ada"}
    nbest = json.loads((folder / "nbest_predictions.json").read_text())
    assert nbest["q1"][0]["probability"] == 0.9
    assert Run(folder).exact_scores() == {"q0": 1, "q1": 1, "q2": 1}
    assert Run(folder).predictions()[2].n_best[0].end_char == 3


def test_examples_without_ids_or_gold(tmp_path: Path, run: Make) -> None:
    plain = [QAExample("Who sailed 0?", "Ada sailed."), QAExample("Who sailed 1?", "Ada sailed.")]
    run(tmp_path / "run", data=plain)
    assert json.loads((tmp_path / "run" / "predictions.json").read_text()) == {"#0": "Ada", "#1": "Ada"}
    assert not (tmp_path / "run" / "exact_scores.json").exists()


def test_interrupted_run_is_resumed(
    tmp_path: Path, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, run: Make
) -> None:
    computed = attribution_module.integrated_gradients

    def interrupted(model: Any, examples: list[QAExample], **options: Any) -> Any:
        if any(example.id == "q16" for example in examples):
            raise KeyboardInterrupt
        return computed(model, examples, **options)

    interrupted.__signature__ = __import__("inspect").signature(computed)  # type: ignore[attr-defined]
    monkeypatch.setattr(attribution_module, "integrated_gradients", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "run", 20)
    assert Run(tmp_path / "run").about["status"] == "running"
    assert len(Run(tmp_path / "run")) == 16
    monkeypatch.setattr(attribution_module, "integrated_gradients", computed)
    run(tmp_path / "run", 20, resume=True)
    assert [layers.id for layers in Run(tmp_path / "run")] == [f"q{n}" for n in range(20)]
    assert sorted(name for call in calls for name in call) == sorted(f"q{n}" for n in range(20))


def test_half_written_part_is_computed_again(
    tmp_path: Path, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, run: Make
) -> None:
    whole = store_module.write_table

    def full_disk(table: Any, path: Path) -> None:
        if path.parent.name == "scores" and path.name == "part-00001.parquet":
            raise OSError(28, "No space left on device")
        whole(table, path)

    monkeypatch.setattr(store_module, "write_table", full_disk)
    with pytest.raises(OSError, match="No space"):
        run(tmp_path / "run", 20)
    assert (tmp_path / "run" / "windows" / "part-00001.parquet").exists()
    assert len(Run(tmp_path / "run")) == 16
    monkeypatch.setattr(store_module, "write_table", whole)
    (tmp_path / "run" / "scores" / ".part-00001.parquet.abc").touch()
    run(tmp_path / "run", 20, resume=True)
    assert [layers.id for layers in Run(tmp_path / "run")] == [f"q{n}" for n in range(20)]
    assert not list((tmp_path / "run" / "scores").glob(".part*"))


def test_resuming_a_finished_run_computes_nothing(tmp_path: Path, calls: list[list[str]], run: Make) -> None:
    run(tmp_path / "run", 5)
    calls.clear()
    about = run(tmp_path / "run", 5, resume=True)
    assert calls == []
    assert about["counts"]["examples"] == 5


def test_limit_can_grow(tmp_path: Path, calls: list[list[str]], run: Make) -> None:
    run(tmp_path / "run", 20, limit=2)
    assert len(Run(tmp_path / "run")) == 2
    calls.clear()
    run(tmp_path / "run", 20, limit=6, resume=True)
    assert [name for call in calls for name in call] == ["q2", "q3", "q4", "q5"]
    assert len(json.loads((tmp_path / "run" / "predictions.json").read_text())) == 6


def test_resume_starts_where_there_is_nothing(tmp_path: Path, run: Make) -> None:
    (tmp_path / "empty").mkdir()
    run(tmp_path / "empty", 2, resume=True)
    run(tmp_path / "absent", 2, resume=True)
    assert len(Run(tmp_path / "empty")) == len(Run(tmp_path / "absent")) == 2


def test_other_settings_model_or_data_are_refused(tmp_path: Path, run: Make, stand_in_model: Any) -> None:
    folder = tmp_path / "run"
    run(folder, 3, n_steps=50)
    with pytest.raises(ValueError, match="holds a run already"):
        run(folder, 3, n_steps=50)
    with pytest.raises(ValueError, match=r"settings\.n_steps: 50 there, 20 here"):
        run(folder, 3, n_steps=20, resume=True)
    with pytest.raises(ValueError, match=r"settings\.layers: \[-1, 0, 1\] there, \[1\] here"):
        run(folder, 3, n_steps=50, layers=1, resume=True)
    with pytest.raises(ValueError, match=r"data\.examples: 3 there, 4 here; data\.sha256"):
        run(folder, 4, n_steps=50, resume=True)
    other = SimpleNamespace(**vars(stand_in_model) | {"fingerprint": "0" * 64})
    with pytest.raises(ValueError, match=r"model\.fingerprint: \"fff"):
        run(folder, 3, model=other, resume=True, n_steps=50)


def test_settings_written_out_equal_their_defaults(tmp_path: Path, run: Make) -> None:
    run(tmp_path / "run", 2)
    run(tmp_path / "run", 2, target="probability", layers=["embeddings", 0, 1], resume=True)
    array = np.ones((1, 4))
    run(tmp_path / "array", 2, baseline=array)
    run(tmp_path / "array", 2, baseline=array.copy(), resume=True)
    with pytest.raises(ValueError, match="baseline"):
        run(tmp_path / "array", 2, baseline=2 * array, resume=True)


def test_foreign_folder_is_left_alone(tmp_path: Path, run: Make) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    for resume in (False, True):
        with pytest.raises(ValueError, match=r"not a run folder: wanted run\.json"):
            run(tmp_path, 2, resume=resume)
    with pytest.raises(ValueError, match="not a run folder"):
        Run(tmp_path)


def test_two_writers_are_refused(tmp_path: Path, run: Make) -> None:
    holder = store_module.RunWriter(tmp_path / "run", {}, {}, resume=False)
    with holder, pytest.raises(RunFolderError, match="in use by another process"):
        run(tmp_path / "run", 2, resume=True)


def test_bad_arguments(tmp_path: Path, run: Make) -> None:
    for options, message in [
        ({"limit": 0}, "limit must be positive, got 0"),
        ({"embeddings": -1}, "embeddings must not be negative"),
        ({"layers": 7}, "layer"),
    ]:
        with pytest.raises(ValueError, match=message):
            run(tmp_path / "run", 2, **options)
    with pytest.raises(TypeError, match="options must be those of integrated_gradients, got colour"):
        run(tmp_path / "run", 2, colour="red")
    with pytest.raises(ValueError, match=r"task must be one of .*, got 'squid'"):
        run(tmp_path / "run", 2, task="squid")
    with pytest.raises(ValueError, match="at least one"):
        run(tmp_path / "run", data=[])
    two = [QAExample(f"Who {verb}?", "Ada sailed.", "q0") for verb in ("sailed", "left")]
    with pytest.raises(ValueError, match="got 'q0' twice"):
        run(tmp_path / "run", data=two)
    assert not (tmp_path / "run").exists()


def test_hidden_states_of_the_first_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Make, stand_in_model: Any
) -> None:
    states = np.arange(3 * 11 * 4, dtype=np.float32).reshape(3, 11, 4)
    model = SimpleNamespace(**vars(stand_in_model), hidden_states=lambda windows: [states + len(windows[0])])
    monkeypatch.setattr(heads_module, "make_windows", lambda tokenizer, examples: [examples[0].id])
    run(tmp_path / "run", 4, model=model, embeddings=2)
    stored = Run(tmp_path / "run")
    first = stored.embeddings(1)
    assert first is not None
    np.testing.assert_array_equal(first, states + 2)
    assert stored.embeddings(2) is None
    assert len(list((tmp_path / "run" / "embeddings").iterdir())) == 2
