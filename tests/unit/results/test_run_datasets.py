"""Runs as Hugging Face data sets, and data sets with the attributions of their rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.data.examples import QAExample
from bertqa_fast.runs.reader import Run

datasets = pytest.importorskip("datasets")

Make = Callable[..., Any]


def rows(count: int) -> Any:
    return datasets.Dataset.from_list(
        [
            {
                "id": f"q{number}",
                "title": "Ships",
                "question": f"Who sailed {number}?",
                "context": "Ada sailed.",
                "answers": {"text": ["Ada"], "answer_start": [0]},
            }
            for number in range(count)
        ],
        split="validation",
    )


def same(found: Any, wanted: Any) -> None:
    np.testing.assert_array_equal(np.array(found, dtype=object), np.array(wanted, dtype=object))


def test_a_run_has_a_row_for_each_example(tmp_path: Path, make_layers: Make, run: Make) -> None:
    run(tmp_path / "run", 20)
    found = Run(tmp_path / "run").to_dataset()
    assert len(found) == 20
    for number, row in enumerate(found):
        wanted = make_layers(2, seed=number, id=f"q{number}", span=(5, 7))
        first = wanted[-1]
        assert (row["example"], row["id"], row["span"]) == (number, f"q{number}", [5, 7])
        assert (row["prediction"], row["probability"], row["gold"]) == ("Ada", 0.9, ["Ada"])
        assert row["layer"] == [-1, 0, 1]
        for name in ("tokens", "segment", "word_ids", "offsets"):
            np.testing.assert_array_equal(row[name], getattr(first, name))
        for name in ("question", "context", "window", "windows", "target", "method", "n_steps", "label"):
            assert row[name] == getattr(first, name), name
        for name in ("scores", "signed"):
            np.testing.assert_array_equal(np.float32(row[name]), getattr(wanted, name))
        for name in ("value", "baseline_value", "delta", "error", "converged", "cut", "precision_error"):
            assert row[name] == [getattr(item, name) for item in wanted.values()], name


def test_layers_are_sorted_whatever_order_they_were_written_in(
    tmp_path: Path, make_layers: Make, run: Make
) -> None:
    import pyarrow.parquet as pq

    run(tmp_path / "run", 3)
    before = Run(tmp_path / "run").to_dataset().to_dict()
    part = tmp_path / "run" / "scores" / "part-00000.parquet"
    table = pq.read_table(part)
    pq.write_table(table.take(np.random.default_rng(0).permutation(len(table))), part)
    assert Run(tmp_path / "run").to_dataset().to_dict() == before


def test_rows_are_mapped_from_a_file(tmp_path: Path, run: Make) -> None:
    run(tmp_path / "run", 3)
    found = Run(tmp_path / "run").to_dataset()
    assert [file["filename"] for file in found.cache_files] == [str(tmp_path / "run" / "dataset.arrow")]
    assert type(found.data).__name__ == "MemoryMappedTable"
    elsewhere = Run(tmp_path / "run").to_dataset(tmp_path / "other" / "rows.arrow")
    assert elsewhere.to_dict() == found.to_dict()


def test_a_run_that_grew_is_written_anew(tmp_path: Path, run: Make) -> None:
    run(tmp_path / "run", 5, limit=2)
    before = Run(tmp_path / "run").to_dataset()
    run(tmp_path / "run", 5, resume=True)
    assert len(Run(tmp_path / "run").to_dataset()) == 5
    assert before["id"][:] == ["q0", "q1"]  # what was mapped before stays as it was


def test_the_types_of_columns(tmp_path: Path, run: Make) -> None:
    run(tmp_path / "run", 2)
    schema = Run(tmp_path / "run").to_dataset().features.arrow_schema
    assert str(schema.field("scores").type.value_type.value_type) == "float"
    assert str(schema.field("delta").type.value_type) == "double"
    assert str(schema.field("converged").type.value_type) == "bool"
    assert str(schema.field("tokens").type.value_type) == "string"


def test_a_data_set_gets_its_columns(
    tmp_path: Path, make_layers: Make, stand_in_model: Any, calls: list[list[str]]
) -> None:
    given = rows(20)
    found = bf.with_attributions(stand_in_model, given, tmp_path / "run")
    assert found.select_columns(given.column_names).to_dict() == given.to_dict()
    assert found.split == given.split
    assert {name for name in found.column_names if not name.startswith("attribution_")} == set(
        given.column_names
    )
    for number, row in enumerate(found):
        wanted = make_layers(2, seed=number, id=f"q{number}")
        np.testing.assert_array_equal(np.float32(row["attribution_scores"]), wanted.scores)
        assert row["attribution_tokens"] == wanted.tokens
    # The way back: the same examples, which the columns do not disturb.
    assert list(bf.from_dataset(found)) == list(bf.from_dataset(given))
    assert list(bf.from_dataset(found)) == [
        QAExample(f"Who sailed {n}?", "Ada sailed.", f"q{n}", (bf.Answer("Ada", 0),)) for n in range(20)
    ]


def test_rows_keep_their_order_and_format(
    tmp_path: Path, make_layers: Make, stand_in_model: Any, calls: list[list[str]]
) -> None:
    given = rows(6).select([5, 0, 3]).with_format("numpy", columns=["id"])
    found = bf.with_attributions(stand_in_model, given, tmp_path / "run", prefix="ig_")
    assert list(found["id"]) == ["q5", "q0", "q3"]
    assert [call for some in calls for call in some] == ["q5", "q0", "q3"]
    row = found[1]
    assert "title" not in row
    np.testing.assert_array_equal(row["ig_tokens"], make_layers(2, seed=0, id="q0").tokens)


def test_a_run_that_was_stopped_goes_on(
    tmp_path: Path, run: Make, stand_in_model: Any, calls: list[list[str]]
) -> None:
    given = rows(5)
    run(tmp_path / "run", data=bf.from_dataset(given), limit=2)
    found = bf.with_attributions(stand_in_model, given, tmp_path / "run", resume=True)
    assert [name for some in calls for name in some] == [f"q{number}" for number in range(5)]
    assert len(found) == 5
    with pytest.raises(ValueError, match="holds a run of another kind: data"):
        bf.with_attributions(stand_in_model, given.select(range(3)), tmp_path / "run", resume=True)


def test_what_is_refused_before_any_work(tmp_path: Path, stand_in_model: Any, calls: list[list[str]]) -> None:
    given = rows(2)
    with pytest.raises(ValueError, match="limit: every row gets its columns"):
        bf.with_attributions(stand_in_model, given, tmp_path / "run", limit=1)
    taken = given.add_column("attribution_span", [1, 2])
    with pytest.raises(ValueError, match="prefix: the data set has the columns attribution_span already"):
        bf.with_attributions(stand_in_model, taken, tmp_path / "run")
    with pytest.raises(ValueError, match="no column 'query' for question"):
        bf.with_attributions(stand_in_model, given, tmp_path / "run", columns={"question": "query"})
    blank = given.map(lambda row, number: {"context": " " if number else "Ada sailed."}, with_indices=True)
    with pytest.raises(ValueError, match="row 1: context must hold some text"):
        bf.with_attributions(stand_in_model, blank, tmp_path / "run")
    with pytest.raises(TypeError, match=r"dataset must be .* got list"):
        bf.with_attributions(stand_in_model, list(given), tmp_path / "run")
    assert not calls
    assert not (tmp_path / "run").exists()


def test_texts_and_their_classes(tmp_path: Path, random_reader: Any) -> None:
    model = random_reader(classes=2).model
    names = datasets.ClassLabel(names=["bad", "good"])
    given = datasets.Dataset.from_dict({"sentence": ["ada wrote it", "who ?"], "label": [1, 0]})
    given = given.cast_column("label", names)
    options: dict[str, Any] = {"n_steps": 4, "method": "gausslegendre", "layers": [0, 1]}
    found = bf.with_attributions(
        model, given, tmp_path / "run", task="sst2", label_names=False, show_progress=False, **options
    )
    assert found.features["label"] == names
    texts = [bf.TextExample("ada wrote it", label=1), bf.TextExample("who ?", label=0)]
    del options["layers"]
    for row, text in zip(found, texts, strict=True):
        wanted = bf.integrated_gradients(model, text, layer=[0, 1], **options)
        np.testing.assert_allclose(row["attribution_scores"], wanted.scores, rtol=1e-4, atol=1e-7)
        assert row["attribution_label"] == row["attribution_prediction"] == str(wanted[0].label)
        assert row["attribution_probability"] == pytest.approx(bf.predict(model, text).probability, rel=1e-5)
    assert Run(tmp_path / "run").gold() == {0: ("1",), 1: ("0",)}
    with pytest.raises(ValueError, match="has the label 'good', wanted one of the model's"):
        bf.with_attributions(model, given, tmp_path / "other", task="sst2")
