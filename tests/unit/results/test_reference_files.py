"""The reference's files: what numpy alone reads back of them, against what the run holds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bertqa_fast.data.examples import QAExample
from bertqa_fast.runs import heads as heads_module
from bertqa_fast.runs.files import RunFolderError
from bertqa_fast.runs.reader import Run, embedding_path
from bertqa_fast.runs.reference_files import write_reference_files

Make = Callable[..., Any]
TOKENS = ["[CLS]", "who", "sailed", "?", "[SEP]", "ada", "winter", "##bourne", "sailed", ".", "[SEP]"]


@pytest.fixture
def make_run(run: Make, stand_in_model: Any, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Write a run of 3 layers; example n keeps n + layer / 10 + token / 100 in all of its 4 hidden values."""

    def states(windows: list[int]) -> Any:
        layer, token = np.ogrid[-1:2, 0:11]
        return [np.repeat((windows[0] + layer / 10 + token / 100)[..., None], 4, axis=2)]

    def number(tokenizer: Any, examples: list[QAExample]) -> list[int]:
        return [int(examples[0].question.split()[2][:-1])]

    monkeypatch.setattr(heads_module, "make_windows", number)
    model = SimpleNamespace(**vars(stand_in_model), hidden_states=states)

    def make(folder: Path, count: int = 18, **options: Any) -> Run:
        run(folder, count, model=model, **({"embeddings": 17} | options))
        return Run(folder)

    return make


def load(path: Path) -> Any:
    """Read a file as the reference's scripts do."""
    stored = np.load(path, allow_pickle=True)
    assert (stored.shape, stored.dtype) == ((), np.dtype(object))
    return stored.item()


def test_scores_words_and_lengths(tmp_path: Path, make_run: Make, make_layers: Make) -> None:
    run = make_run(tmp_path / "run")
    done = write_reference_files(run, tmp_path / "out")
    assert done.examples == 18
    for layer in (-1, 0, 1):
        found = load(tmp_path / "out" / "ig_scores" / f"importance_scores_ig_{layer}.npy")
        assert list(found) == ["words", "imp_scores", "seq_len"]
        for part in found.values():
            assert list(part) == [f"q{n}" for n in range(18)]
        assert all(words == TOKENS for words in found["words"].values())
        assert set(found["seq_len"].values()) == {11}
        for number in range(18):
            scores = found["imp_scores"][f"q{number}"]
            assert (scores.shape, scores.dtype) == ((384,), np.float32)
            wanted = make_layers(2, seed=number, id=f"q{number}")[layer].scores
            np.testing.assert_array_equal(scores[:11], wanted)
            assert not scores[11:].any()
    assert load(tmp_path / "out" / "qn_and_doc_tokens.npy") == {f"q{n}": TOKENS for n in range(18)}
    assert load(tmp_path / "out" / "exact_scores.npy") == {f"q{n}": 1 for n in range(18)}
    written = {str(path.relative_to(tmp_path / "out")) for path in done.files}
    assert written == {str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*.npy")}
    assert len(written) == 8


def test_hidden_states(tmp_path: Path, make_run: Make) -> None:
    done = write_reference_files(make_run(tmp_path / "run"), tmp_path / "out")
    assert done.notes == ("hidden states of the first 17 examples, which is what the run kept",)
    for layer in (-1, 0, 1):
        found = load(tmp_path / "out" / "embs" / f"emb_enclayer_{layer}.npy")
        assert isinstance(found, OrderedDict)
        assert list(found) == [f"q{n}" for n in range(17)]
        for number, entry in enumerate(found.values()):
            assert list(entry) == ["emb", "sep", "start_ind", "end_ind"]
            assert (entry["sep"], entry["start_ind"], entry["end_ind"]) == (4, 5, 7)
            assert entry["emb"].dtype == np.float32
            wanted = np.repeat((number + layer / 10 + np.arange(11) / 100)[:, None], 4, axis=1)
            np.testing.assert_allclose(entry["emb"], wanted, rtol=1e-6)


def test_duorc(tmp_path: Path, make_run: Make) -> None:
    done = write_reference_files(make_run(tmp_path / "run", task="duorc", embeddings=2), tmp_path / "out")
    out = tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "embs_duorc",
        "exact_scores.npy",
        "ig_scores_duorc",
        "qn_and_doc_tokens.npy",
    ]
    found = load(out / "embs_duorc" / "emb_enclayer_1.npy")
    assert {key: value.shape for key, value in found.items()} == {"q0": (11, 4), "q1": (11, 4)}
    assert load(out / "ig_scores_duorc" / "importance_scores_ig_0.npy")["seq_len"]["q17"] == 11
    assert any("goes by question" in note for note in done.notes)


def test_what_a_run_does_not_have_is_said(tmp_path: Path, make_run: Make) -> None:
    data = [QAExample("Who sailed 0?", "Ada sailed."), QAExample("Who sailed 1?", "Ada sailed.")]
    run = make_run(tmp_path / "run", data=data, embeddings=0)
    run.about["status"] = "running"
    done = write_reference_files(run, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "ig_scores",
        "qn_and_doc_tokens.npy",
    ]
    notes = " ".join(done.notes)
    assert "not finished: 2 examples" in notes
    assert "no exact_scores.npy" in notes
    assert "no embs/: the run kept no hidden states (--embeddings N)" in notes
    assert list(load(tmp_path / "out" / "qn_and_doc_tokens.npy")) == ["#0", "#1"]


def test_the_code_preset_scores_pads(tmp_path: Path, make_run: Make) -> None:
    run = make_run(tmp_path / "run", 2)
    run.about["identity"]["settings"]["preset"] = "ramnath2020-code"
    assert any("padding are 0" in note for note in write_reference_files(run, tmp_path / "out").notes)


def test_what_has_no_place_in_the_files_is_refused(
    tmp_path: Path, make_run: Make, make_layers: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path / "run", 2)
    run.about["identity"]["settings"]["windows"] = "merge"
    with pytest.raises(ValueError, match=r"joined the windows of each passage.*--windows best"):
        write_reference_files(run, tmp_path / "out")
    empty = make_run(tmp_path / "empty", 2)
    empty._parts = []
    with pytest.raises(ValueError, match="no finished examples"):
        write_reference_files(empty, tmp_path / "out")
    monkeypatch.setattr("bertqa_fast.runs.reference_files.LENGTH", 10)
    with pytest.raises(ValueError, match=r"the window of q0 has 11 tokens.*--max-length 10"):
        write_reference_files(Run(tmp_path / "run"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_states_of_another_window_are_refused(tmp_path: Path, make_run: Make) -> None:
    run = make_run(tmp_path / "run", 2)
    np.savez(embedding_path(run.folder, 1), hidden_states=np.zeros((3, 9, 4), dtype=np.float32))
    with pytest.raises(RunFolderError, match=r"example-000001\.npz is of 9 tokens.*q1 has 11"):
        write_reference_files(run, tmp_path / "out")
