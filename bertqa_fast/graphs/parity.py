"""Compare an exported model with PyTorch: logits, hidden states, and the gradient at every layer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bertqa_fast.attribution.naming import layer_name
from bertqa_fast.attribution.targets import target_mix
from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.windows import make_windows
from bertqa_fast.graphs.reference import Float64Reader, relative_difference, target_of
from bertqa_fast.tasks.answers import rank_answers

if TYPE_CHECKING:
    from bertqa_fast.data.windows import Window
    from bertqa_fast.model import Model

TARGET = "probability"
_QUESTION = "Who wrote the first program?"
_PASSAGE = (
    "In 1843 Ada Lovelace published her notes on the Analytical Engine. Note G holds what many call the "
    "first program: a method for computing Bernoulli numbers, written for a machine that was never built."
)


@dataclass(frozen=True)
class ParityReport:
    """How far an export is from PyTorch in float64.

    Attributes
    ----------
    rows : list of (str, float)
        What was compared, and the Frobenius norm of the difference relative to PyTorch's.
    """

    rows: list[tuple[str, float]]

    @property
    def worst(self) -> float:
        """The largest difference."""
        return max(difference for _, difference in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the rows and the largest difference as JSON types."""
        return {"rows": dict(self.rows), "worst": self.worst}


def parity_report(
    source: Any, export_dir: str | Path, *, text: tuple[str, str] | None = None
) -> ParityReport:
    """Compare an export with the model it was made from.

    Parameters
    ----------
    source : str, Path or torch.nn.Module
        What was exported.
    export_dir : str or Path
        The export.
    text : (str, str), optional
        A question and a passage to compare on; a built-in pair when None.

    Returns
    -------
    ParityReport
        Start and end logits, the hidden state of every layer, and the gradient at every layer of the target,
        which is the start probability plus the end probability of the best answer.

    Raises
    ------
    ImportError
        Where torch is not installed.
    ExportError
        Where the export is damaged.
    """
    from bertqa_fast.model import load

    reader = Float64Reader(source)
    question, passage = text or (_QUESTION, _PASSAGE)
    with load(export_dir) as model:
        example = QAExample(question, passage)
        room = min(384, model.max_positions)
        window = make_windows(model.window_tokenizer, [example], max_length=room)[0]
        return ParityReport(_compare(model, reader, example, window))


def _compare(
    model: Model, reader: Float64Reader, example: QAExample, window: Window
) -> list[tuple[str, float]]:
    states = reader.hidden_states(window.input_ids[None], window.token_type_ids[None])
    start, end = reader.logits_from(model.num_layers - 1, states[-1])
    [logits] = model.logits([window])
    [hidden] = model.hidden_states([window])
    rows = [
        ("start logits", relative_difference(logits[0], start[0])),
        ("end logits", relative_difference(logits[1], end[0])),
    ]
    layers = range(-1, model.num_layers)
    for layer, ours, theirs in zip(layers, hidden, states, strict=True):
        rows.append((f"hidden state, {layer_name(layer)}", relative_difference(ours, theirs[0])))
    best = rank_answers(example, [window], [logits], n_best=1)
    span = (best.start_token, best.end_token)
    ours_at = _gradients(model, window, hidden, span)
    for layer, ours, theirs in zip(layers, ours_at, states, strict=True):
        wanted = reader.gradient(layer, theirs, target_of(TARGET, span))
        rows.append((f"gradient, {layer_name(layer)}", relative_difference(ours, wanted[0])))
    return rows


def _gradients(model: Model, window: Window, hidden: Any, span: tuple[int, int]) -> list[Any]:
    """Return the engine's gradient at every layer, ``[T, H]`` each.

    A path of one node at its end, from a baseline one below the hidden state: what the engine returns is the
    gradient there times x - x', which is 1 but for rounding.
    """
    found = []
    for layer, state in zip(range(-1, model.num_layers), hidden, strict=True):
        baseline = state - np.float32(1)
        out = model.core.integrate(
            np.ascontiguousarray(window.input_ids, dtype=np.int64),
            np.ascontiguousarray(window.token_type_ids, dtype=np.int64),
            np.array([0, len(window.input_ids)], dtype=np.int64),
            layers=[layer],
            nodes=np.array([1.0]),
            weights=np.array([1.0]),
            span_start=np.array([span[0]], dtype=np.int64),
            span_end=np.array([span[1]], dtype=np.int64),
            span_sign=np.array([1], dtype=np.float32),
            target_mix=target_mix(TARGET),
            baseline_values=baseline,
            keep_values=True,
        )
        found.append(out["values"][0] / (state - baseline))
    return found
