"""Files and folders that are whole or absent."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from bertqa_fast import storage
from bertqa_fast.data.jsonfiles import read_json, write_json, write_json_members
from bertqa_fast.storage import folder_lock, replace_folder, write_atomic


def fill_with(text: str) -> storage.Callable[[Path], None]:
    return lambda part: (part / "file").write_text(text) and None


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


class StopError(Exception):
    pass


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    write_atomic(path, "once")
    write_atomic(path, b"twice")
    assert path.read_text() == "twice"
    assert names(path.parent) == ["file.txt"]
    assert path.stat().st_mode & 0o777 == 0o666 & ~storage._UMASK


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.txt"
    write_atomic(path, "old")

    def no_space(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file.txt"]


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    folder = tmp_path / "out"

    def fill(part: Path) -> None:
        assert not folder.exists()
        assert part.parent == tmp_path
        (part / "file").write_text("x")

    replace_folder(folder, fill)
    assert names(tmp_path) == ["out"]
    assert folder.stat().st_mode & 0o777 == 0o777 & ~storage._UMASK


@pytest.mark.parametrize("exchange", [True, False])
def test_a_folder_is_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool) -> None:
    if not exchange:
        monkeypatch.setattr(storage, "_exchange", lambda one, other: False)
    folder = tmp_path / "out"
    replace_folder(folder, fill_with("old"))
    (folder / "other").write_text("goes too")

    def fill(part: Path) -> None:
        assert (folder / "file").read_text() == "old"
        (part / "file").write_text("new")

    replace_folder(folder, fill)
    assert (folder / "file").read_text() == "new"
    assert names(folder) == ["file"]
    assert names(tmp_path) == ["out"]


def test_folders_are_exchanged_in_one_step(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    if not storage._exchange(tmp_path / "one", tmp_path / "other"):
        pytest.skip("the file system cannot exchange names")
    assert (tmp_path / "one" / "file").read_text() == "other"
    assert (tmp_path / "other" / "file").read_text() == "one"
    assert not storage._exchange(tmp_path / "one", tmp_path / "absent")
    assert names(tmp_path) == ["one", "other"]


@pytest.mark.parametrize("error", [StopError, KeyboardInterrupt])
def test_filling_that_fails_leaves_the_old_folder(tmp_path: Path, error: type[BaseException]) -> None:
    folder = tmp_path / "out"
    replace_folder(folder, fill_with("old"))

    def fill(part: Path) -> None:
        (part / "file").write_text("half")
        raise error

    with pytest.raises(error):
        replace_folder(folder, fill)
    assert (folder / "file").read_text() == "old"
    assert names(tmp_path) == ["out"]


def test_leftovers_are_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in (".a[b]*.part-1", ".other.part-1", "a[b]*.part-1", ".ab.part-2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    replace_folder(tmp_path / "a[b]*", fill_with("new"))
    assert names(tmp_path) == [".ab.part-2", ".other.part-1", "a[b]*", "a[b]*.part-1"]


def test_a_link_to_a_folder_is_replaced_and_its_target_left(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_text("real")
    (tmp_path / "out").symlink_to(tmp_path / "real")
    replace_folder(tmp_path / "out", fill_with("new"))
    assert (tmp_path / "out" / "file").read_text() == "new"
    assert (tmp_path / "real" / "file").read_text() == "real"
    assert names(tmp_path) == ["out", "real"]


def test_one_at_a_time_and_no_file_stays(tmp_path: Path) -> None:
    folder, inside, most = tmp_path / "new" / "out", 0, 0
    guard = threading.Lock()

    def work() -> None:
        nonlocal inside, most
        for _ in range(30):
            with folder_lock(folder):
                with guard:
                    inside += 1
                    most = max(most, inside)
                with guard:
                    inside -= 1

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert most == 1
    assert names(tmp_path / "new") == []


def test_a_lock_left_by_a_dead_process_is_free(tmp_path: Path) -> None:
    (tmp_path / ".out.lock").write_text("")
    with folder_lock(tmp_path / "out"):
        assert names(tmp_path) == [".out.lock"]
    assert names(tmp_path) == []


def test_the_lock_goes_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(StopError), folder_lock(tmp_path / "out"):
        raise StopError
    with folder_lock(tmp_path / "out"):
        pass
    assert names(tmp_path) == []


def test_members_are_written_one_by_one(tmp_path: Path) -> None:
    value = {"a": [{"b": 'line\nand "quote"', "c": []}, {}], "ä": None, "empty": {}, "n": [1.5, [2]]}
    for name in ("file.json", "file.json.gz"):
        assert read_json(write_json_members(iter(value.items()), tmp_path / name)) == value
    plain = {key: str(item) for key, item in value.items()}
    write_json_members(plain.items(), tmp_path / "members.json")
    write_json(plain, tmp_path / "whole.json")
    assert (tmp_path / "members.json").read_bytes() == (tmp_path / "whole.json").read_bytes()
    write_json_members([], tmp_path / "none.json")
    assert (tmp_path / "none.json").read_text() == "{}\n"


def test_members_that_fail_leave_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text("old")
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json_members([("a", 1), ("b", float("nan"))], path)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["file.json"]
