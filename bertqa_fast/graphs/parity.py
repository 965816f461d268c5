"""Compare an exported model with PyTorch: logits, hidden states, and the gradient at every layer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bertqa_fast.attribution.naming import layer_name
from bertqa_fast.attribution.targets import target_mix
from bertqa_fast.data.examples import QAExample, TextExample
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.data.windows import make_windows
from bertqa_fast.graphs.reference import (
    Float64Classifier,
    Float64Model,
    Float64Reader,
    class_target_of,
    relative_difference,
    target_of,
)
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
    source: Any, export_dir: str | Path, *, text: tuple[str, str] | None = None, allow_bin: bool = False
) -> ParityReport:
    """Compare an export with the model it was made from.

    Parameters
    ----------
    source : str, Path or torch.nn.Module
        What was exported.
    export_dir : str or Path
        The export.
    text : (str, str), optional
        A question and a passage (of a classifier: a text and its pair) to compare on; built in when None.
    allow_bin : bool
        Read ``pytorch_model.bin`` where there are no safetensors.

    Returns
    -------
    ParityReport
        Logits, the hidden state of every layer, and the gradient at every layer of the target, which is the
        start probability plus the end probability of the best answer, or the probability of the predicted
        class.

    Raises
    ------
    ImportError
        Where torch is not installed.
    ExportError
        Where the export is damaged.
    """
    from bertqa_fast.model import load

    with load(export_dir) as model:
        exact = _exact(model, source, allow_bin)
        room = min(384, model.max_positions)
        if model.task == "text-classification":
            [window] = make_text_windows(
                model.window_tokenizer, [TextExample(*(text or (_PASSAGE, None)))], max_length=room
            )
            return ParityReport(_compare(model, window, *_class(model, exact, window)))
        example = QAExample(*(text or (_QUESTION, _PASSAGE)))
        window = make_windows(model.window_tokenizer, [example], max_length=room)[0]
        return ParityReport(_compare(model, window, *_answer(model, exact, example, window)))


def _exact(model: Model, source: Any, allow_bin: bool) -> Float64Model:
    if model.generic:
        from bertqa_fast.generic.reference import Float64Generic

        return Float64Generic(source, model.task, allow_bin=allow_bin)
    kind = Float64Classifier if model.task == "text-classification" else Float64Reader
    return kind(source, allow_bin=allow_bin)


@dataclass(frozen=True)
class _Target:
    """What gradients are compared of: in PyTorch, and as the engine takes it."""

    of_logits: Any
    pinned: tuple[int, int]


def _answer(
    model: Model, exact: Float64Model, example: QAExample, window: Window
) -> tuple[Float64Model, list[tuple[str, Any]], _Target]:
    """Return the logits by name, and the target of the best answer."""
    [logits] = model.logits([window])
    best = rank_answers(example, [window], [logits], n_best=1)
    span = (best.start_token, best.end_token)
    rows = list(zip(("start logits", "end logits"), logits, strict=True))
    return exact, rows, _Target(target_of(TARGET, span), span)


def _class(
    model: Model, exact: Float64Model, window: Window
) -> tuple[Float64Model, list[tuple[str, Any]], _Target]:
    """Return the logits by name, and the target of the predicted class."""
    [logits] = model.class_logits([window])
    label = int(np.argmax(logits))
    return exact, [("class logits", logits)], _Target(class_target_of(TARGET, label), (label, label))


def _compare(
    model: Model, window: Window, exact: Float64Model, logits: list[tuple[str, Any]], target: _Target
) -> list[tuple[str, float]]:
    states = exact.hidden_states(window.input_ids[None], window.token_type_ids[None])
    wanted = exact.logits_from(model.num_layers - 1, states[-1])
    rows = [
        (name, relative_difference(ours, theirs[0]))
        for (name, ours), theirs in zip(logits, wanted, strict=True)
    ]
    [hidden] = model.hidden_states([window])
    layers = range(-1, model.num_layers)
    for layer, ours, theirs in zip(layers, hidden, states, strict=True):
        rows.append((f"hidden state, {layer_name(layer)}", relative_difference(ours, theirs[0])))
    ours_at = _gradients(model, window, hidden, target.pinned)
    for layer, ours, theirs in zip(layers, ours_at, states, strict=True):
        gradient = exact.gradient(layer, theirs, target.of_logits)
        rows.append((f"gradient, {layer_name(layer)}", relative_difference(ours, gradient[0])))
    return rows


def _gradients(model: Model, window: Window, hidden: Any, pinned: tuple[int, int]) -> list[Any]:
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
            span_start=np.array([pinned[0]], dtype=np.int64),
            span_end=np.array([pinned[1]], dtype=np.int64),
            span_sign=np.array([1], dtype=np.float32),
            target_mix=target_mix(TARGET, model.task),
            baseline_values=baseline,
            keep_values=True,
        )
        found.append(out["values"][0] / (state - baseline))
    return found
