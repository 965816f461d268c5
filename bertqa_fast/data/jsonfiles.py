"""JSON files, plain or gzipped: read with errors that name the file, written aside and renamed."""

from __future__ import annotations

import gzip
import json
import os
import tempfile
import zlib
from pathlib import Path
from typing import Any


def read_json(path: str | Path) -> Any:
    """Read a JSON file; a name that ends in ``.gz`` is unpacked.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is not JSON, not UTF-8, or a damaged or truncated gzip; the message names the path.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
        if path.suffix == ".gz":
            raw = gzip.decompress(raw)
        return json.loads(raw.decode("utf-8-sig"))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: wanted a gzipped JSON file, found a damaged gzip ({error})") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: wanted JSON in UTF-8, found other bytes ({error})") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: wanted JSON, found something else ({error})") from None


def write_json(value: Any, path: str | Path, *, indent: int | None = 1) -> Path:
    """Write a JSON file (gzipped where the name ends in ``.gz``), whole or not at all.

    The text goes to a file beside `path`, is flushed to the disk and then renamed.

    Raises
    ------
    ValueError
        `value` holds a number that JSON cannot hold (NaN, infinity).
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False).encode() + b"\n"
    if path.suffix == ".gz":
        raw = gzip.compress(raw, mtime=0)
    descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files that only their owner reads; give what a plain open would have given.
        umask = os.umask(0)
        os.umask(umask)
        Path(aside).chmod(0o666 & ~umask)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    return path
