"""Files of text: UTF-8, with or without a byte order mark, gzipped or not."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path


def read_text(path: str | Path, kind: str) -> str:
    """Read a text file as it stands, line ends included; a name that ends in ``.gz`` is unpacked.

    Parameters
    ----------
    path : str or Path
        The file.
    kind : str
        What it is to hold, for messages, such as ``"JSON"``.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is not UTF-8, or a damaged or truncated gzip; the message names the path.
    """
    path = Path(path)
    raw = path.read_bytes()
    try:
        return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: wanted a gzipped {kind} file, found a damaged gzip ({error})") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: wanted {kind} in UTF-8, found other bytes ({error})") from None
