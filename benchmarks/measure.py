"""What the benchmarks share: taking turns, medians and spreads, peak memory, errors of scores, reports."""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

import bertqa_fast as bf
from bertqa_fast.data.windows import make_windows

SHARED = Path(__file__).resolve().parents[2] / "shared"
READER = SHARED / "models" / "minilm-l6-squad"
SQUAD_DEV = SHARED / "data" / "squad" / "dev-v1.1.json.gz"

Answer = TypeVar("Answer")


def note(text: str) -> None:
    """Say on stderr how far it is."""
    print(text, file=sys.stderr, flush=True)


def options_parser(doc: str | None) -> argparse.ArgumentParser:
    """Make a parser that shows a script's docstring and knows what every script takes."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--output", type=Path, help="write the JSON there too")
    parser.add_argument("--threads", type=int, help="threads of every contender; the usable cores by default")
    parser.add_argument("--quick", action="store_true", help="smallest sizes: does the script run?")
    parser.add_argument("--strict", action="store_true", help="status 1 where a goal is missed")
    return parser


def draw_questions(
    path: Path, count: int, seed: int, *, tokenizer: Any = None, max_tokens: int | None = None
) -> list[bf.QAExample]:
    """Draw questions of a SQuAD file; a smaller draw of the same seed is the beginning of a larger one.

    With ``max_tokens`` (which needs ``tokenizer``) only those are drawn whose one window is no longer.
    """
    every = bf.read_squad(path)
    random.Random(seed).shuffle(every)  # noqa: S311
    if max_tokens is None:
        return every[:count]
    short = (
        example
        for example in every
        if len(make_windows(tokenizer, [example], max_length=512)[0].tokens) <= max_tokens
    )
    return list(islice(short, count))


def take_turns(
    contenders: Mapping[str, Callable[[int], Answer]], rounds: int
) -> tuple[dict[str, list[float]], dict[str, list[Answer]]]:
    """Time contenders in turn, each round from another one on.

    Returns
    -------
    tuple of (dict of str to list of float, dict of str to list)
        Seconds and answers of every contender, a number a round. Each is called with the round's number.
    """
    names = list(contenders)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    answers: dict[str, list[Answer]] = {name: [] for name in names}
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            began = time.perf_counter()
            answer = contenders[name](turn)
            seconds[name].append(time.perf_counter() - began)
            answers[name].append(answer)
    return seconds, answers


def every_turn(run: Callable[..., Answer], *arguments: Any) -> Callable[[int], Answer]:
    """Make a contender that does the same in every round."""
    return lambda _turn: run(*arguments)


def spread(values: Sequence[float]) -> dict[str, float | int]:
    """Return median, smallest, largest and number."""
    middle = statistics.median(values)
    return {"median": middle, "min": min(values), "max": max(values), "runs": len(values)}


def ratios(slower: Sequence[float], faster: Sequence[float]) -> dict[str, float | int]:
    """Return the spread of the ratios, round by round."""
    return spread([a / b for a, b in zip(slower, faster, strict=True)])


def relative_l1(got: NDArray[Any], wanted: NDArray[Any]) -> float:
    """Return sum |got - wanted| / sum |wanted|, in float64; the plain sum where ``wanted`` is 0."""
    right = np.asarray(wanted, dtype=np.float64)
    size = float(np.abs(right).sum())
    return float(np.abs(np.asarray(got, dtype=np.float64) - right).sum()) / (size or 1.0)


def error_summary(errors: Sequence[float]) -> dict[str, float | int]:
    """Return median, 95th percentile, worst, and the shares under 1 and 3 per cent."""
    every = np.asarray(errors, dtype=np.float64)
    return {
        "cases": len(every),
        "median": float(np.median(every)),
        "percentile_95": float(np.percentile(every, 95)),
        "worst": float(every.max()),
        "share_under_1_percent": float(np.mean(every <= 0.01)),
        "share_under_3_percent": float(np.mean(every <= 0.03)),
    }


def resident_bytes(key: str = "VmHWM") -> int:
    """Return this process's peak (``VmHWM``) or present (``VmRSS``) resident memory."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextmanager
def peak_memory(peaks: dict[str, int], name: str) -> Iterator[None]:
    """Keep in ``peaks[name]`` the largest resident memory of the process within the block.

    The kernel's high-water mark is reset first; where that is not allowed, it is that of the process so far.
    """
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    yield
    peaks[name] = max(peaks.get(name, 0), resident_bytes())


def goal(got: float, *, at_least: float | None = None, at_most: float | None = None) -> dict[str, Any]:
    """Return a figure beside its goal, and whether it is met."""
    met = (at_least is None or got >= at_least) and (at_most is None or got <= at_most)
    limits = {"at_least": at_least, "at_most": at_most}
    return {"got": got, **{key: limit for key, limit in limits.items() if limit is not None}, "met": met}


def finish(report: dict[str, Any], options: argparse.Namespace) -> None:
    """Print the report and write it; end with status 1 where ``--strict`` is given and a goal is missed."""
    report = {"peak_memory": {"process": resident_bytes()}, **report, "quick": options.quick}
    text = json.dumps(report, indent=1)
    print(text)
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(text + "\n")
    missed = [name for name, found in report.get("goals", {}).items() if not found["met"]]
    for name in missed:
        note(f"missed: {name}: {report['goals'][name]}")
    if missed and options.strict:
        sys.exit(1)
