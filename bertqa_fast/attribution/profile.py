"""Where the time of a call went."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

# The engine's stages, in the order of their work, in words.
_STAGES = {
    "loading": "loading graphs",
    "hidden_states": "hidden states",
    "forward": "forward, above the cut",
    "cut": "gradients, above the cut",
    "all_layers": "gradients, all layers",
    "weigh": "weighted sums",
    "finish": "scores",
}


@dataclass(frozen=True)
class Profile:
    """What a call of :func:`bertqa_fast.integrated_gradients` did, and how long each stage took.

    Attributes
    ----------
    windows, paths : int
        Windows explained, and layers of windows.
    evaluations : float
        Mean gradient evaluations of a path; forward ones count half.
    batches, rows : int
        Runs of graphs, and points on paths in them.
    padding : float
        Share of these runs' tokens that are padding.
    memory_budget : int
        Bytes that activations may take.
    tokens_per_batch : int
        What a batch of gradients should have: the fastest size that the model's work so far has shown.
    to_device, from_device : int
        Bytes copied to a device that has memory of its own, and back: 0 on the CPU. Weights are not counted.
    stages : dict
        Stage to (runs, seconds): ``preparing`` (windows, predictions), ``loading``, ``hidden_states``,
        ``forward``, ``cut``, ``all_layers``, ``weigh``, ``finish``, and ``rest`` (outside all of these).
    """

    windows: int
    paths: int
    evaluations: float
    batches: int
    rows: int
    padding: float
    memory_budget: int
    tokens_per_batch: int
    to_device: int
    from_device: int
    stages: Mapping[str, tuple[int, float]]

    @property
    def seconds(self) -> float:
        """All stages together."""
        return sum(seconds for _, seconds in self.stages.values())

    def __str__(self) -> str:
        """Lay it out as a table for people."""
        lines = [
            f"{self.windows} windows, {self.paths} paths, {self.evaluations:.1f} evaluations a path",
            f"{self.batches} batches of {self.rows} rows in all, {100 * self.padding:.1f} % padding, "
            f"memory budget {self.memory_budget / 2**20:.0f} MiB, {self.tokens_per_batch} tokens in a batch",
        ]
        if self.to_device:
            up, down = self.to_device / 2**20, self.from_device / 2**20
            lines.append(f"{up:.1f} MiB copied to the device, {down:.1f} MiB back")
        names = {"preparing": "preparing"} | _STAGES | {"rest": "the rest"}
        for name, words in names.items():
            runs, seconds = self.stages.get(name, (0, 0.0))
            share = 100 * seconds / (self.seconds or 1.0)
            lines.append(
                f"  {words:<26}{seconds:9.3f} s {share:5.1f} %  {f'{runs} runs' if runs else ''}".rstrip()
            )
        return "\n".join(lines)


def profile_of(
    out: Mapping[str, Any],
    evaluations: npt.NDArray[np.float64],
    *,
    prepared: float,
    total: float,
    budget: int,
    tokens_per_batch: int,
) -> Profile:
    """Make a profile of the engine's statistics; ``prepared`` and ``total`` are seconds of the whole call."""
    statistics = out["statistics"]
    stages = dict(statistics["stages"])
    known = sum(seconds for _, seconds in stages.values())
    tokens = statistics["tokens"]
    return Profile(
        windows=evaluations.shape[1],
        paths=evaluations.size,
        evaluations=float(evaluations.mean()) if evaluations.size else 0.0,
        batches=statistics["batches"],
        rows=statistics["rows"],
        padding=statistics["padded_tokens"] / tokens if tokens else 0.0,
        memory_budget=budget,
        tokens_per_batch=tokens_per_batch,
        to_device=statistics["to_device"],
        from_device=statistics["from_device"],
        stages={"preparing": (0, prepared), **stages, "rest": (0, max(0.0, total - prepared - known))},
    )


def receiver(profile: bool | Callable[[Profile], object]) -> Callable[[Profile], object] | None:
    """Return what takes the profile: nothing, a printer to stderr, or the caller's own function.

    Raises
    ------
    TypeError
        For anything else.
    """
    if profile is False:
        return None
    if profile is True:
        return lambda made: print(made, file=sys.stderr)
    if callable(profile):
        return profile
    raise TypeError(f"profile: got {type(profile).__name__}, wanted a bool or a function of one argument")
