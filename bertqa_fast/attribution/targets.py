"""Targets: the scalar that is explained, by name.

``"probability"``, ``"logit"``, ``"log_probability"`` add what the name says of the start and of the end of
the span; ``"span_probability"`` is the product of the two probabilities; ``"start_..."`` and ``"end_..."``
take one of the two ends alone.
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


def target_mix(target: str) -> npt.NDArray[np.float32]:
    """Return the seven weights of a target, float32 ``[7]``.

    Raises
    ------
    ValueError
        For an unknown target.
    """
    if not isinstance(target, str) or target not in TARGETS:
        raise ValueError(f"target: got {target!r}, wanted one of: {', '.join(sorted(TARGETS))}")
    return np.array(TARGETS[target], dtype=np.float32)
