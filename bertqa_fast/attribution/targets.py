"""Targets: the scalar that is explained, by name.

``"probability"``, ``"logit"``, ``"log_probability"`` add what the name says of the start and of the end of
the span; ``"span_probability"`` is the product of the two probabilities; ``"start_..."`` and ``"end_..."``
take one of the two ends alone. Of a class there are the first three.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Weights of (start logit, end logit, start and end probability, start and end log-probability, product of the
# probabilities): what the graphs and csrc/engine/target.hpp take.
_FIRST = {"logit": 0, "probability": 2, "log_probability": 4}

TARGETS: dict[str, tuple[float, ...]] = {}
for _name, _at in _FIRST.items():
    _both = [0.0] * 7
    _both[_at] = _both[_at + 1] = 1.0
    TARGETS[_name] = tuple(_both)
    for _side, _offset in (("start", 0), ("end", 1)):
        _one = [0.0] * 7
        _one[_at + _offset] = 1.0
        TARGETS[f"{_side}_{_name}"] = tuple(_one)
TARGETS["span_probability"] = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


# A class is given to the engine as the start of a span, with no end.
CLASS_TARGETS = {name: TARGETS[f"start_{name}"] for name in _FIRST}


def target_mix(target: str, task: str = "question-answering") -> npt.NDArray[np.float32]:
    """Return the seven weights of a target of a model for ``task``, float32 ``[7]``.

    Raises
    ------
    ValueError
        For an unknown target.
    """
    known = CLASS_TARGETS if task == "text-classification" else TARGETS
    if not isinstance(target, str) or target not in known:
        raise ValueError(f"target: got {target!r}, wanted one of: {', '.join(sorted(known))}")
    return np.array(known[target], dtype=np.float32)


def target_value(
    target: str, span: tuple[int, int], start: npt.NDArray[np.float32], end: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """Return a target of a span from logits: what the engine works out at every point of a path.

    Parameters
    ----------
    target : str
        Its name.
    span : (int, int)
        Positions of the span's start and end, both inclusive.
    start, end : array of [..., T]
        Start and end logits; softmax goes over the last axis.

    Returns
    -------
    float64 array of [...]

    Raises
    ------
    ValueError
        For an unknown target.
    """
    mix = target_mix(target).astype(np.float64)
    parts = []
    for logits, position in zip((start, end), span, strict=True):
        exact = np.asarray(logits, dtype=np.float64)
        # The largest is taken out so that nothing overflows.
        lowered = exact - exact.max(axis=-1, keepdims=True)
        log_share = lowered[..., position] - np.log(np.exp(lowered).sum(axis=-1))
        parts.append((exact[..., position], np.exp(log_share), log_share))
    terms = [side for pair in zip(*parts, strict=True) for side in pair]
    value: npt.NDArray[np.float64] = np.asarray(
        sum(weight * term for weight, term in zip(mix[:6], terms, strict=True))
        + mix[6] * parts[0][1] * parts[1][1]
    )
    return value
