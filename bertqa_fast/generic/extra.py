"""What the generic path needs beside the package: the extra ``generic``."""

from __future__ import annotations

from importlib.util import find_spec

INSTALL = "pip install 'bertqa_fast[generic]'"
# Names to import by, and names of the packages.
_NEEDED = {
    "torch": "torch",
    "transformers": "transformers",
    "onnxscript": "onnxscript",
    "onnx_ad": "onnx-ad",
}


def missing() -> list[str]:
    """Name the packages that are not installed, without importing those that are."""
    return [package for name, package in _NEEDED.items() if find_spec(name) is None]


def require() -> None:
    """Refuse to go on where a package is missing.

    Raises
    ------
    ImportError
        Naming what is missing and the extra that brings it.
    """
    if absent := missing():
        raise ImportError(f"the generic path needs {', '.join(absent)}, not installed here: {INSTALL}")
