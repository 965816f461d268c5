"""JSON files, plain or gzipped: read with errors that name the file, written aside and renamed."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

from bertqa_fast.storage import write_atomic


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

    Raises
    ------
    ValueError
        `value` holds a number that JSON cannot hold (NaN, infinity).
    """
    path = Path(path)
    raw = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False).encode() + b"\n"
    write_atomic(path, gzip.compress(raw, mtime=0) if path.suffix == ".gz" else raw)
    return path
