"""The stub of the extension is what the extension says of itself; ``make stub`` writes it."""

from __future__ import annotations

import difflib
import subprocess
import sys
from pathlib import Path


def test_stub_has_not_drifted(root: Path, tmp_path: Path) -> None:
    generate = [sys.executable, "-m", "pybind11_stubgen", "bertqa_fast._core", "--numpy-array-use-type-var"]
    subprocess.run([*generate, "-o", str(tmp_path)], check=True, capture_output=True)
    fresh = tmp_path / "bertqa_fast" / "_core.pyi"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "format",
            "--quiet",
            "--config",
            str(root / "pyproject.toml"),
            str(fresh),
        ],
        check=True,
    )
    kept = root / "bertqa_fast" / "_core.pyi"
    drift = difflib.unified_diff(
        kept.read_text().splitlines(),
        fresh.read_text().splitlines(),
        "_core.pyi",
        "the extension",
        lineterm="",
    )
    assert not (text := "\n".join(drift)), f"make stub brings it up to date:\n{text}"
