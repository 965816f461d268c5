"""Run folders whose parts are damaged, missing or there twice: named, with what to do, and mended by it."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bertqa_fast.runs.files import RunFolderError, write_table
from bertqa_fast.runs.parts import Part, lost, missing, survey
from bertqa_fast.runs.reader import Run, embedding_path
from bertqa_fast.runs.store import RunWriter

Make = Callable[..., Any]
KINDS = ("windows", "scores", "predictions")
MEND = "delete part-0000{} in windows/, scores/ and predictions/ and run again with --resume"


@pytest.fixture
def folder(tmp_path: Path, run: Make) -> Path:
    """Return a run of forty examples in three parts."""
    run(tmp_path / "run", 40)
    return tmp_path / "run"


def file(folder: Path, kind: str, number: int = 1) -> Path:
    return folder / kind / f"part-0000{number}.{'json' if kind == 'predictions' else 'parquet'}"


def delete_part(folder: Path, number: int) -> None:
    for kind in KINDS:
        file(folder, kind, number).unlink()


def rewrite(path: Path, change: Callable[[Any], Any]) -> None:
    write_table(change(pq.read_table(path)), path)


def read_everything(folder: Path) -> None:
    run = Run(folder)
    for _ in run.numbered():
        pass
    for _ in run.scored():
        pass
    list(run.predictions().values())
    list(run.gold().values())


def assert_named(folder: Path, run: Make, reason: str, number: int = 1) -> None:
    """Look for the reason and for what to do in what a reader and what a resumed run say; then do it."""
    for refused in (lambda: read_everything(folder), lambda: run(folder, 40, resume=True)):
        with pytest.raises(RunFolderError, match=reason) as caught:
            refused()
        assert MEND.format(number) in str(caught.value)
    for kind in KINDS:
        file(folder, kind, number).unlink(missing_ok=True)
    run(folder, 40, resume=True)
    assert_whole(folder)


def assert_whole(folder: Path, count: int = 40) -> None:
    run = Run(folder)
    assert [number for number, _ in run.numbered()] == list(range(count))
    assert [window.id for window in run.scored()] == [f"q{n}" for n in range(count)]
    assert [prediction.id for prediction in run.predictions().values()] == [f"q{n}" for n in range(count)]
    assert run.about["counts"]["examples"] == len(run) == count
    assert run.about["status"] == "complete"


@pytest.mark.parametrize("kind", ["windows", "scores"])
def test_a_table_cut_off(folder: Path, run: Make, kind: str) -> None:
    path = file(folder, kind)
    path.write_bytes(path.read_bytes()[:300])
    assert_named(folder, run, rf"{kind}/part-00001\.parquet cannot be read")


@pytest.mark.parametrize(("kind", "column"), [("scores", "signed"), ("windows", "context")])
def test_a_flipped_bit(folder: Path, run: Make, kind: str, column: str) -> None:
    path = file(folder, kind)
    chunk = pq.ParquetFile(path).metadata.row_group(0)
    names = [chunk.column(n).path_in_schema.split(".")[0] for n in range(chunk.num_columns)]
    place = chunk.column(names.index(column))
    raw = bytearray(path.read_bytes())
    raw[(place.dictionary_page_offset or place.data_page_offset) + place.total_compressed_size - 4] ^= 1
    path.write_bytes(raw)
    assert_named(folder, run, rf"{kind}/part-00001\.parquet cannot be read")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "wanted JSON"),
        ('{"16": {"text": "Ada"}}', r"found \['text'\] for example 16"),
        ("{}", "wanted examples 16 to 31"),
    ],
)
def test_damaged_predictions(folder: Path, run: Make, content: str, reason: str) -> None:
    file(folder, "predictions").write_text(content)
    assert_named(folder, run, rf"predictions/part-00001\.json cannot be read .*{reason}")


def test_a_prediction_without_its_fields(folder: Path) -> None:
    path = file(folder, "predictions")
    entries = json.loads(path.read_text())
    del entries["20"]["prediction"]["score"]
    path.write_text(json.dumps(entries))
    with pytest.raises(RunFolderError, match=r"part-00001\.json cannot be read"):
        Run(folder).predictions()[16]


@pytest.mark.parametrize("kind", ["windows", "predictions"])
def test_scores_alone(folder: Path, run: Make, kind: str) -> None:
    file(folder, kind).unlink()
    assert_named(folder, run, rf"{kind}/part-00001\.\w+ cannot be read")


def test_rows_that_are_missing_or_twice(folder: Path, run: Make) -> None:
    rewrite(file(folder, "windows"), lambda table: table.slice(1))
    assert_named(folder, run, "wanted a row for each layer of examples 17 to 31")
    rewrite(file(folder, "windows"), lambda table: pa.concat_tables([table.slice(0, 3), table.slice(4)]))
    assert_named(folder, run, "wanted a row for each of some neighbours")
    rewrite(file(folder, "scores"), lambda table: table.slice(1))
    assert_named(folder, run, "wanted a row for each layer of examples 16 to 31")
    rewrite(file(folder, "scores"), lambda table: pa.concat_tables([table, table.slice(0, 1)]))
    assert_named(folder, run, "wanted a row for each layer of examples 16 to 31")
    rewrite(file(folder, "scores"), lambda table: table.filter(pa.compute.field("layer") < 1))
    assert_named(folder, run, r"found the layers \[-1, 0\], wanted the layers \[-1, 0, 1\] as in part 0")


def test_another_table_in_its_place(folder: Path, run: Make) -> None:
    pq.write_table(pa.table({"colour": ["red"]}), file(folder, "windows"))
    assert_named(folder, run, r"windows/part-00001\.parquet cannot be read")


def test_an_example_in_two_parts(folder: Path, run: Make) -> None:
    for kind in KINDS:
        shutil.copy(file(folder, kind, 1), file(folder, kind, 7))
    assert_named(folder, run, "example 16 is in part 1 and in part 7", number=7)


@pytest.mark.parametrize(
    ("gone", "named"),
    [((1,), "examples 16 to 31 done before"), ((2,), "examples 32 to 39"), ((0, 2), "0 to 15, ex")],
)
def test_missing_parts_are_named_and_computed_anew(
    folder: Path,
    run: Make,
    calls: list[list[str]],
    caplog: pytest.LogCaptureFixture,
    gone: tuple[int, ...],
    named: str,
) -> None:
    for number in gone:
        delete_part(folder, number)
    with pytest.raises(RunFolderError, match=f"{named}.*run again with --resume"):
        Run(folder)
    calls.clear()
    with caplog.at_level(logging.WARNING):
        run(folder, 40, resume=True)
    assert len(caplog.records) == len(gone)
    assert "missing; computed anew" in caplog.text
    # What is done again, and by parts that hold neighbours only.
    ranges = {0: range(16), 1: range(16, 32), 2: range(32, 40)}
    assert [name for call in calls for name in call] == [f"q{n}" for at in gone for n in ranges[at]]
    assert_whole(folder)


def test_lost_scores_are_a_missing_part(folder: Path, run: Make) -> None:
    file(folder, "scores").unlink()
    with pytest.raises(RunFolderError, match="examples 16 to 31 done before, but missing"):
        Run(folder)
    run(folder, 40, resume=True)
    assert_whole(folder)


def test_leftovers_of_a_killed_process_are_removed(folder: Path, run: Make) -> None:
    leftovers = [
        folder / "scores" / ".part-00003.parquet.ab12",
        folder / "embeddings" / ".example-000000.npz.ab12",
        folder / ".run.json.ab12",
    ]
    for path in leftovers:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    run(folder, 40, resume=True)
    assert not any(path.exists() for path in leftovers)


def test_kept_states_that_are_gone_or_damaged(tmp_path: Path, run: Make) -> None:
    folder = tmp_path / "run"
    run(folder, 3)
    about = json.loads((folder / "run.json").read_text())
    about["identity"]["settings"]["embeddings"] = 2
    (folder / "run.json").write_text(json.dumps(about))
    path = embedding_path(folder, 1)
    with pytest.raises(RunFolderError, match=r"example-000001\.npz cannot be read.*delete part-00000"):
        Run(folder).embeddings(1)
    path.parent.mkdir()
    np.savez(path, hidden_states=np.ones((3, 2, 4)))
    assert Run(folder).embeddings(1) is not None
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(RunFolderError, match=r"example-000001\.npz cannot be read"):
        Run(folder).embeddings(1)
    assert Run(folder).embeddings(2) is None


def test_the_run_file(folder: Path) -> None:
    (folder / "run.json").write_text("{")
    with pytest.raises(RunFolderError, match=r"run\.json"):
        Run(folder)
    (folder / "run.json").write_text('{"format": 99}')
    with pytest.raises(RunFolderError, match="wanted a run of format 1, found 99"):
        Run(folder)


def test_the_writer_takes_neighbours_that_are_new(folder: Path, make_layers: Make) -> None:
    about = json.loads((folder / "run.json").read_text())
    with RunWriter(folder, about["identity"], {}, resume=True) as writer:
        for numbers, message in [((40, 42), "those of neighbours"), ((39, 40), "must be new")]:
            with pytest.raises(ValueError, match=message):
                writer.add([(number, make_layers(2)) for number in numbers], {}, {}, 0.0)
    assert len(survey(folder)) == 3


def test_stretches_without_a_part() -> None:
    parts = [
        Part(0, range(2, 4), (0,), 1.0),
        Part(5, range(4, 6), (0,), 1.0),
        Part(2, range(9, 10), (0,), 1.0),
    ]
    assert missing(parts, 12) == [range(2), range(6, 9), range(10, 12)]
    assert missing(parts, 7) == [range(2), range(6, 7)]
    assert missing(parts, 1) == [range(1)]
    assert missing([], 3) == [range(3)]
    assert lost(parts, 3) == [range(2), range(6, 9)]
    assert lost(parts[1:2], 8) == [range(4), range(6, 8)]
    assert lost([], 0) == []
