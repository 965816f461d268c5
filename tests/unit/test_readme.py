"""The README says what the kept benchmark results say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_table_is_that_of_the_kept_results() -> None:
    script = ROOT / "benchmarks" / "readme_table.py"
    subprocess.run([sys.executable, str(script), "--check"], check=True)


def test_the_paths_it_names_are_there() -> None:
    text = (ROOT / "README.md").read_text()
    for name in ("docs/figures/readme.png", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"):
        assert name in text or name == "LICENSE"
        assert (ROOT / name).is_file()
