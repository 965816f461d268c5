"""JSON files, plain or gzipped: read with errors that name file and place, written aside and renamed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from bertqa_fast.data.textfiles import read_text
from bertqa_fast.storage import open_atomic, write_atomic

Kind = TypeVar("Kind")


def read_json(path: str | Path) -> Any:
    """Read a JSON file; a name that ends in ``.gz`` is unpacked.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is not JSON, not UTF-8, or a damaged or truncated gzip; the message names the path.
    """
    text = read_text(path, "JSON")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: wanted JSON, found something else ({error})") from None


def member(node: Any, key: str, kind: type[Kind], place: str, wanted: str) -> Kind:
    """Return what a JSON object holds under a key.

    Parameters
    ----------
    node : Any
        What was found where an object is wanted.
    key : str
        The key.
    kind : type
        What its value must be.
    place, wanted : str
        Where in which file that is, and what the file should look like.

    Raises
    ------
    ValueError
        `node` is no object, lacks the key, or holds something else; the message names the place.
    """
    if not isinstance(node, dict):
        raise unexpected(place, f"a {type(node).__name__}", wanted)
    if key not in node:
        raise unexpected(place, f"no {key!r} among {sorted(map(str, node))[:8]}", wanted)
    value = node[key]
    if not isinstance(value, kind):
        raise unexpected(place, f"{key!r} of type {type(value).__name__}", wanted)
    return value


def unexpected(place: str, found: str, wanted: str) -> ValueError:
    """Return the error of a file that holds something else than it should."""
    return ValueError(f"{place}: found {found}, wanted {wanted}")


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


def write_json_members(members: Iterable[tuple[str, Any]], path: str | Path) -> Path:
    """Write a JSON object with a line for each key, holding one value at a time.

    Raises
    ------
    ValueError
        A value holds a number that JSON cannot hold (NaN, infinity).
    """
    path = Path(path)
    with open_atomic(path) as file:
        packed = (
            gzip.GzipFile(fileobj=file, mode="wb", mtime=0, filename="") if path.suffix == ".gz" else None
        )
        begin = "{"
        for key, value in members:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
            (packed or file).write(f"{begin}\n {json.dumps(key, ensure_ascii=False)}: {text}".encode())
            begin = ","
        (packed or file).write(b"{}\n" if begin == "{" else b"\n}\n")
        if packed is not None:
            packed.close()
    return path
