"""Folders and files that are whole or absent: written aside, then renamed."""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write a file so that readers see the old content or the new, never a part."""
    with open_atomic(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)


@contextmanager
def open_atomic(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to write; it gets its name once all is written, and is gone where writing fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o666 & ~_UMASK)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def check_result_folder(folder: Path, marker: str, what: str, overwrite: bool) -> None:
    """Refuse a folder that holds something, unless it is a result of the same kind that may be replaced.

    Parameters
    ----------
    folder : Path
        Where a result is to be written.
    marker : str
        Name of the file by which a result of this kind is known.
    what : str
        What such a result is called.
    overwrite : bool
        Whether one that is there may be replaced.

    Raises
    ------
    ValueError
        Naming the folder and what to do.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / marker).is_file():
        raise ValueError(f"{folder} holds something else than a {what}; choose another folder")
    if not overwrite:
        raise ValueError(f"{folder} holds a {what} already; overwrite it (--overwrite) or choose another")


def _read_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# Read once: the system can only tell by setting it, which other threads would notice.
_UMASK = _read_umask()


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder that is being made; the system lets it go if the process dies."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    path = folder.parent / f".{folder.name}.lock"
    while True:
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _is_still(path, file.fileno()):
                continue  # whoever held it removed the file: the lock is another file's by now
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether an open file is the one that its path names."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def replace_folder(folder: Path, fill: Callable[[Path], None]) -> None:
    """Make ``folder`` by filling an empty one beside it and renaming; hold :func:`folder_lock` meanwhile.

    What an earlier process left half-made is removed. An existing ``folder`` is replaced in one step, once
    the new one is whole.
    """
    prefix = f".{folder.name}.part-"
    for leftover in folder.parent.iterdir():
        if leftover.name.startswith(prefix):
            shutil.rmtree(leftover, ignore_errors=True)
    part = Path(tempfile.mkdtemp(dir=folder.parent, prefix=prefix))
    try:
        part.chmod(0o777 & ~_UMASK)
        fill(part)
        if not folder.exists():
            part.rename(folder)
        elif not folder.is_symlink() and _exchange(part, folder):
            shutil.rmtree(part)
        else:
            old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=prefix))
            folder.rename(old / "old")
            part.rename(folder)
            shutil.rmtree(old)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _exchange(one: Path, other: Path) -> bool:
    """Let two paths swap what they name, in one step; False where the system cannot.

    With two renames a process that dies between them would leave nothing under the name.
    """
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    at_cwd, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return bool(renameat2(at_cwd, os.fsencode(one), at_cwd, os.fsencode(other), exchange) == 0)
