"""What commands print: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def results(json_wanted: bool) -> Console:
    """Return where tables go: stdout, or stderr where stdout is for JSON."""
    from rich.console import Console

    return Console(stderr=json_wanted, highlight=False)


def log(message: str) -> None:
    """Say what is being done, on stderr."""
    print(message, file=sys.stderr, flush=True)


def emit(value: Any) -> None:
    """Print a result as JSON on stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False))
