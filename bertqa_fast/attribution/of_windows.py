"""Integrated gradients of windows whose spans are known: from their ids, or from given hidden states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.attribution.baselines import engine_baseline
from bertqa_fast.attribution.rules import find_rule
from bertqa_fast.attribution.targets import target_mix
from bertqa_fast.data.windows import Window
from bertqa_fast.engine_calls import advance, flatten
from bertqa_fast.progress import progress_bar

if TYPE_CHECKING:
    from bertqa_fast.model import Model


@dataclass(frozen=True, slots=True)
class Explaining:
    """How windows are explained: the settings of :func:`bertqa_fast.integrated_gradients` of these names."""

    target: str = "probability"
    baseline: str = "zero"
    method: str = "auto"
    n_steps: int | None = None
    tol: float = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """One window at the layers asked for.

    Attributes
    ----------
    scores, signed : float32 array of [layers, T]
        L2 norms and sums over ``H`` of the attribution vectors.
    values : float32 array of [layers, T, H] or None
        The vectors, where they were asked for.
    value : float
        The target at the input, or at the given states.
    converged : bool array of [layers] or None
        Whether the tolerance was met; None for rules with a fixed number of nodes.
    """

    scores: NDArray[np.float32]
    signed: NDArray[np.float32]
    values: NDArray[np.float32] | None
    value: float
    converged: NDArray[np.bool_] | None

    @property
    def missed(self) -> int:
        """At how many layers the tolerance was not met."""
        return 0 if self.converged is None else int((~self.converged).sum())


def explain_windows(
    model: Model,
    windows: Sequence[Window],
    spans: Sequence[tuple[int, int]],
    layers: Sequence[int],
    how: Explaining,
    *,
    states: Sequence[NDArray[np.float32]] | None = None,
    keep_values: bool = False,
    show_progress: bool | None = None,
) -> list[Explained]:
    """Explain windows, each by the span that it is given; nothing is ranked or chosen.

    Parameters
    ----------
    model : Model
        The reader.
    windows : sequence of Window
        What it reads; one may come several times.
    spans : sequence of (int, int)
        Where the target of each is pinned: positions in the window, both inclusive.
    layers : sequence of int
        l is the output of encoder block l, -1 the embeddings.
    how : Explaining
        Target, baseline and quadrature.
    states : sequence of float32 arrays of [T, H], optional
        Hidden states to explain in place of those that the model has of the windows, at the one layer in
        ``layers``. Baselines stay those of the windows.
    keep_values : bool
        Keep the vectors, not only their norms and sums.
    show_progress : bool or None
        A bar of paths; None shows it on a terminal.

    Returns
    -------
    list of Explained
        One for each window.

    Raises
    ------
    ValueError
        Spans or states are not as many as windows, states are not finite or of another shape, or come with
        several layers; and what ``integrated_gradients`` says of the settings.
    """
    if len(spans) != len(windows):
        raise ValueError(f"spans: got {len(spans)}, wanted one for each of {len(windows)} windows")
    if not windows:
        return []
    rule = find_rule(how.method, how.n_steps, None)
    ids, types, offsets = flatten(windows)
    ends = np.asarray(spans, dtype=np.int64)
    request: dict[str, Any] = engine_baseline(
        how.baseline, windows, range(len(windows)), model.window_tokenizer, model.hidden_size
    )
    if states is not None:
        request["states"] = _flat(states, windows, model.hidden_size)
    with progress_bar(None, "attributing", "path", show_progress) as bar:
        out = model.core.integrate(
            ids,
            types,
            offsets,
            layers=list(layers),
            nodes=rule.nodes,
            weights=rule.weights,
            span_start=np.ascontiguousarray(ends[:, 0]),
            span_end=np.ascontiguousarray(ends[:, 1]),
            span_sign=np.ones(len(windows), dtype=np.float32),
            target_mix=target_mix(how.target),
            tolerance=None if rule.limit is None else how.tol,
            max_nodes=rule.limit or 0,
            keep_values=keep_values,
            progress=advance(bar),
            **request,
        )
    explained = []
    for number in range(len(windows)):
        part = slice(offsets[number], offsets[number + 1])
        explained.append(
            Explained(
                out["scores"][:, part],
                out["signed"][:, part],
                out["values"][:, part] if keep_values else None,
                float(out["value"][number]),
                None if rule.limit is None else out["error"][:, number] <= how.tol,
            )
        )
    return explained


def _flat(
    states: Sequence[NDArray[np.float32]], windows: Sequence[Window], hidden_size: int
) -> NDArray[np.float32]:
    if len(states) != len(windows):
        raise ValueError(f"states: got {len(states)}, wanted one for each of {len(windows)} windows")
    for number, (state, window) in enumerate(zip(states, windows, strict=True)):
        wanted = (len(window.input_ids), hidden_size)
        if state.shape != wanted:
            raise ValueError(f"states: number {number} is of shape {state.shape}, wanted [T, H] = {wanted}")
    return np.ascontiguousarray(np.concatenate(states), dtype=np.float32)
