"""What commands print: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

# Everything that a terminal may take for a command, but tabs and line ends.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """Return a text without what a terminal would act on: data may hold anything."""
    return _CONTROLS.sub("", text)


def results(json_wanted: bool) -> Console:
    """Return where tables go: stdout, or stderr where stdout is for JSON."""
    from rich.console import Console
    from rich.segment import Segment

    class Quiet(Console):
        """Prints texts without the control characters in them."""

        def render(self, renderable: Any, options: Any = None) -> Iterable[Segment]:
            for segment in super().render(renderable, options):
                yield segment if segment.control else Segment(printable(segment.text), segment.style)

    return Quiet(stderr=json_wanted, highlight=False)


def log(message: str) -> None:
    """Say what is being done, on stderr."""
    print(printable(message), file=sys.stderr, flush=True)


def emit(value: Any) -> None:
    """Print a result as JSON on stdout."""
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    # JSON escapes most of them itself.
    print(_CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
