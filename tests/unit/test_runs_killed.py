"""A run that is killed at random moments, twenty times, and resumed is the run that was never killed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bertqa_fast.runs.files import part_path
from bertqa_fast.runs.parts import survey
from bertqa_fast.runs.reader import Run

KILLS = 20
EXAMPLES = 300

# Everything is imported once: each process that is to be killed is a fork, with sessions of its own.
SUPERVISOR = """
import json, os, random, signal, sys, time, traceback
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import tokenizers

import bertqa_fast as bf
from bertqa_fast.runs import pace
from bertqa_fast.runs.attribute import attribute_dataset
from bertqa_fast.runs.files import part_numbers
from bertqa_fast.runs.reader import Run

pa.Table.from_pylist([{"imports": "what is imported late"}])
reader, cache, killed, whole = map(Path, sys.argv[1:5])
kills, count = map(int, sys.argv[5:])
pace.MAX_EXAMPLES = 4  # small parts: many places to be killed at
names = ["ada", "paris", "the port", "a year", "the ships"]
examples = [
    bf.QAExample(f"who wrote it in {n} ?", f"it was written by {names[n % 5]} in {n}.", f"q{n}", ("ada",))
    for n in range(count)
]

def attribute(folder):
    with bf.load(reader, cache_dir=cache) as model:
        attribute_dataset(model, examples, folder, layers=[-1, 1], resume=True, embeddings=40,
                          method="gausslegendre", n_steps=2, show_progress=False)

def fork(work, *arguments):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work(*arguments)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return child

def finished(child):
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, status

def readable(folder):
    # What a killed process leaves is a beginning of the run, without a gap.
    assert len(Run(folder)) >= len(part_numbers(folder))

finished(fork(lambda: bf.load(reader, cache_dir=cache).close()))  # exports it
began = time.monotonic()
finished(fork(attribute, whole))
elapsed = time.monotonic() - began
parts = len(part_numbers(whole))
each = elapsed / parts

moments = random.Random(0)
died = []
while len(died) < kills:
    before = len(part_numbers(killed))
    least = before + moments.randrange(3)
    child = fork(attribute, killed)
    # At least so many further parts, then a random time; but never so many that nothing is left to be killed.
    while len(part_numbers(killed)) < least:
        assert os.waitpid(child, os.WNOHANG) == (0, 0), "it ended before it was killed"
        time.sleep(each / 20)
    wait = time.monotonic() + moments.random() * (2 * each if least > before else elapsed / 10)
    while time.monotonic() < wait and len(part_numbers(killed)) < least + 2:
        time.sleep(each / 20)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, "it ended before it was killed"
    died.append(len(part_numbers(killed)))
    if died[-1]:
        finished(fork(readable, killed))
finished(fork(attribute, killed))
print(json.dumps({"died": died, "parts": parts}))
"""


def table(folder: Path, kind: str) -> Any:
    """Return the rows of all parts, in their order."""
    return pa.concat_tables(pq.read_table(part_path(folder, kind, part.number)) for part in survey(folder))


@pytest.mark.slow
def test_twenty_kills_change_nothing(
    random_reader: Callable[..., Any], run_python: Callable[..., Any], tmp_path: Path
) -> None:
    reader = random_reader(layers=2, hidden=8, heads=2, intermediate=8)
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    folders = (reader.folder, tmp_path / "cache", killed, whole)
    found = run_python(SUPERVISOR, *folders, str(KILLS), str(EXAMPLES))
    assert len(found["died"]) == KILLS
    assert found["died"] == sorted(found["died"])
    assert 0 < found["died"][-1] < found["parts"]

    assert table(killed, "windows").equals(table(whole, "windows"))
    ours, wanted = table(killed, "scores"), table(whole, "scores")
    assert ours.schema == wanted.schema
    assert len(ours) == len(wanted) == 2 * EXAMPLES
    for name in ours.column_names:
        # Other neighbours in a batch may move the last bits of a number, and nothing else.
        column = ours.column(name).combine_chunks(), wanted.column(name).combine_chunks()
        if pa.types.is_list(column[0].type):
            assert column[0].value_lengths().equals(column[1].value_lengths())
            column = column[0].flatten(), column[1].flatten()
        if pa.types.is_floating(column[0].type):
            assert column[0].is_null().equals(column[1].is_null())
            numbers = [each.drop_null().to_numpy() for each in column]
            np.testing.assert_allclose(*numbers, rtol=1e-4, atol=1e-6, err_msg=name)
        else:
            assert column[0].equals(column[1]), name

    for name in ("predictions.json", "exact_scores.json"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()
    runs = Run(killed), Run(whole)
    for name in ("identity", "scores", "status"):
        assert runs[0].about[name] == runs[1].about[name]
    for name in ("examples", "windows", "evaluations"):
        assert runs[0].about["counts"][name] == runs[1].about["counts"][name]
    for number in range(41):
        states = [run.embeddings(number) for run in runs]
        if number == 40:
            assert states == [None, None]
        else:
            np.testing.assert_allclose(*states, rtol=1e-4, atol=1e-5)
    assert not [path for path in killed.rglob(".*") if path.name != ".lock"]
    assert json.loads((killed / "nbest_predictions.json").read_text()).keys() == {
        f"q{n}" for n in range(EXAMPLES)
    }
