"""Failures as one clear line and exit status 1; wrong use of the command line is 2, by the parser."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from bertqa_fast.cli.output import log
from bertqa_fast.errors import BertqaError

Command = TypeVar("Command", bound=Callable[..., Any])
DEBUG = "BERTQA_FAST_DEBUG"
_KNOWN = (BertqaError, ValueError, TypeError, OSError, ImportError, FloatingPointError, MemoryError)


def one_line_errors(command: Command) -> Command:
    """Make a command end with status 1 and one line on stderr where it fails in a known way.

    With ``BERTQA_FAST_DEBUG=1`` in the environment the traceback is shown in its place.
    """

    @functools.wraps(command)
    def guarded(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except KeyboardInterrupt:
            _fail("interrupted")
        except BrokenPipeError:
            # Whoever read stdout has left; what is still buffered has nowhere to go.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(1) from None
        except _KNOWN as error:
            if os.environ.get(DEBUG):
                raise
            _fail(" ".join(str(error).split()) or type(error).__name__)

    return guarded  # type: ignore[return-value]  # the wrapper has the command's own signature


def _fail(message: str) -> None:
    log(f"bertqa-fast: error: {message}")
    raise SystemExit(1)
