"""Exports while processes compete, are killed, or meet a full disk: what is left is whole or nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import bertqa_fast as bf
from bertqa_fast.graphs.manifest import read_manifest

SCRIPT = """
import sys, time
from pathlib import Path
sys.modules["torch"] = None  # nothing here needs it, and it takes seconds to import
import bertqa_fast as bf
from bertqa_fast.graphs import exporter

source, out, marker, pause, how = sys.argv[1:6]
save = exporter.save_tokenizer
def slowly(tokenizer, folder):
    Path(marker).touch()  # weights and graphs are written; tokenizer and manifest are not
    time.sleep(float(pause))
    return save(tokenizer, folder)
exporter.save_tokenizer = slowly
if how == "export":
    bf.export(source, out)
else:
    with bf.load(source, cache_dir=out) as model:
        assert bf.predict(model, bf.QAExample("who?", "ada")).text == "ada"
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(random_reader: Any, tmp_path: Path) -> Iterator[Start]:
    """Start an export of a reader in a process; it pauses once it is half written."""
    running: list[subprocess.Popen[str]] = []

    def run(
        out: Path, marker: str, pause: float, seed: int = 0, how: str = "export"
    ) -> subprocess.Popen[str]:
        arguments = [random_reader(seed=seed).folder, out, tmp_path / marker, pause, how]
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, *map(str, arguments)], stderr=subprocess.PIPE, text=True
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def wait_for(*paths: Path) -> None:
    end = time.monotonic() + 90
    while not all(path.exists() for path in paths):
        assert time.monotonic() < end, f"nobody made {paths}"
        time.sleep(0.01)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("how", ["export", "load"])
def test_two_processes_at_once(start: Start, tmp_path: Path, how: str) -> None:
    """Both want the same folder; one waits for the other, and what stays is whole."""
    out = tmp_path / "exports" / "out"
    processes = [start(out, f"marker{number}", 0.3, how=how) for number in (0, 1)]
    for process in processes:
        _, errors = process.communicate(timeout=90)
        assert process.returncode == 0, errors
    [made] = [out] if how == "export" else out.iterdir()
    read_manifest(made)
    assert names(made.parent) == [made.name]
    # A second export replaces the first; a second load takes what the first has made.
    markers = [path.name for path in tmp_path.glob("marker*")]
    assert len(markers) == (2 if how == "export" else 1)


def test_one_that_is_killed_leaves_nothing_under_the_name(start: Start, tmp_path: Path) -> None:
    out = tmp_path / "exports" / "out"
    process = start(out, "marker", 60)
    wait_for(tmp_path / "marker")
    assert any((part / "weights.bin").stat().st_size for part in out.parent.glob(".out.part-*"))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not out.exists()
    with pytest.raises(ValueError, match="source"):
        bf.load(str(out), cache_dir=tmp_path / "cache")
    # The next one clears up and is whole.
    _, errors = start(out, "again", 0).communicate(timeout=90)
    read_manifest(out)
    assert names(out.parent) == ["out"], errors


def test_one_that_is_killed_leaves_the_earlier_export(
    start: Start, random_reader: Any, tmp_path: Path
) -> None:
    out = bf.export(random_reader().folder, tmp_path / "exports" / "out")
    before = read_manifest(out).fingerprint
    process = start(out, "marker", 60, seed=1)
    wait_for(tmp_path / "marker")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert read_manifest(out).fingerprint == before
    with bf.load(out) as model:
        assert bf.predict(model, bf.QAExample("who?", "ada")).text == "ada"


def test_one_is_killed_while_another_waits(start: Start, tmp_path: Path) -> None:
    """The lock of a dead process is free: the other goes on and finishes."""
    out = tmp_path / "exports" / "out"
    first = start(out, "first", 60)
    wait_for(tmp_path / "first")
    second = start(out, "second", 0)
    time.sleep(0.5)
    assert not (tmp_path / "second").exists()
    first.send_signal(signal.SIGKILL)
    _, errors = second.communicate(timeout=90)
    assert second.returncode == 0, errors
    read_manifest(out)
    assert names(out.parent) == ["out"]


def test_a_reader_sees_the_old_or_the_new_while_it_is_replaced(random_reader: Any, tmp_path: Path) -> None:
    """Another process looks all the time while an export is replaced again and again."""
    out = bf.export(random_reader().folder, tmp_path / "exports" / "out")
    script = """
import os, sys, time
path, stop = sys.argv[1] + "/manifest.json", sys.argv[2]
print("ready", flush=True)
looks = missing = 0
while not os.path.exists(stop):
    looks += 1
    missing += not os.path.exists(path)
print(looks, missing)
"""
    watcher = subprocess.Popen(
        [sys.executable, "-c", script, str(out), str(tmp_path / "stop")], stdout=subprocess.PIPE, text=True
    )
    assert watcher.stdout is not None
    assert watcher.stdout.readline() == "ready\n"
    for seed in (1, 0, 1):
        bf.export(random_reader(seed=seed).folder, out)
    (tmp_path / "stop").touch()
    printed, _ = watcher.communicate(timeout=60)
    looks, missing = map(int, printed.split())
    assert looks > 10
    assert missing == 0


FULL = """
import json, resource, sys
sys.modules["torch"] = None  # nothing here needs it, and it takes seconds to import
import bertqa_fast as bf
source, out, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    bf.export(source, out)
except bf.ExportError as error:
    print(json.dumps(str(error)))
"""


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.95])
def test_a_disk_that_takes_no_more(
    random_reader: Any, run_python: Callable[..., Any], tmp_path: Path, share: float
) -> None:
    """Writing fails at the first file, in the weights, or after them; nothing is left behind."""
    reader = random_reader()
    largest = max(path.stat().st_size for path in reader.model.folder.iterdir())
    out = tmp_path / "exports" / "out"
    message = run_python(FULL, reader.folder, out, str(int(largest * share)))
    assert message.startswith(f"could not write the export to {out}")
    assert "MB free there" in message
    assert names(out.parent) == []


def test_a_full_disk_at_the_tokenizer(
    random_reader: Any, run_python: Callable[..., Any], tmp_path: Path
) -> None:
    """The tokenizers package raises no OSError; the export does."""
    from transformers import AutoTokenizer

    reader = random_reader()
    tokenizer = AutoTokenizer.from_pretrained(reader.folder)
    tokenizer.add_tokens([f"word{number}" for number in range(4000)])
    source = tmp_path / "source"
    source.mkdir()
    for name in ("config.json", "model.safetensors"):
        (source / name).write_bytes((reader.folder / name).read_bytes())
    tokenizer.save_pretrained(source)
    weights = (reader.model.folder / "weights.bin").stat().st_size
    assert (source / "tokenizer.json").stat().st_size > weights + 4096
    out = tmp_path / "exports" / "out"
    message = run_python(FULL, source, out, str(weights + 4096))
    assert message.startswith(f"could not write the export to {out}")
    assert names(out.parent) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_must_not_be_written(random_reader: Any, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o555)
    with pytest.raises(bf.ExportError, match="could not write the export"):
        bf.export(random_reader().folder, tmp_path / "locked" / "out")
