"""Options of analyses: as they are typed (``jsd.k=2,5``), and what they may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def parse_options(texts: Iterable[str], known: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Read options; an option's default says of what type it is.

    Parameters
    ----------
    texts : iterable of str
        ``ANALYSIS.OPTION=VALUE`` each; values of a list are separated by commas.
    known : mapping
        Analysis → option → default.

    Returns
    -------
    dict
        Analysis → option → value.

    Raises
    ------
    ValueError
        An option is not of this form, unknown, or its value not of its type; the message lists what there is.
    """
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        analysis, dot, option = name.partition(".")
        if not (equals and dot):
            raise ValueError(f"option must be ANALYSIS.OPTION=VALUE, such as jsd.k=2,5; got {text!r}")
        if analysis not in known:
            raise ValueError(f"option {text!r}: the analysis must be one of {', '.join(known)}")
        if option not in known[analysis]:
            raise ValueError(f"option {text!r}: {analysis} has {', '.join(known[analysis]) or 'no options'}")
        try:
            parsed = _parsed(value, known[analysis][option])
        except ValueError:
            default = known[analysis][option]
            raise ValueError(f"option {text!r}: wanted a value such as {_shown(default)}") from None
        found.setdefault(analysis, {})[option] = parsed
    return found


def check_choice(name: str, value: str, known: Sequence[str]) -> None:
    """Refuse a value that is none of those known.

    Raises
    ------
    ValueError
        Naming the option, what came and what there is.
    """
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}")


def check_count(name: str, value: int) -> None:
    """Refuse a number below 1.

    Raises
    ------
    ValueError
        Naming the option and what came.
    """
    if value < 1:
        raise ValueError(f"{name} must be 1 or more, got {value}")


def _parsed(value: str, default: Any) -> Any:
    if isinstance(default, bool):
        if value not in ("true", "false"):
            raise ValueError(value)
        return value == "true"
    if isinstance(default, tuple):
        return tuple(_parsed(part.strip(), default[0]) for part in value.split(",") if part.strip())
    if isinstance(default, int | float | str):
        return type(default)(value)
    return value  # None stands for a text


def _shown(default: Any) -> str:
    if isinstance(default, tuple):
        return ",".join(map(str, default))
    return str(default).lower() if isinstance(default, bool) else str(default)
