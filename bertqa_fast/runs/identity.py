"""What makes two runs the same run: the model, the data and every setting that changes a row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from bertqa_fast.attribution.prepare import Example


def data_hash(examples: Sequence[Example]) -> str:
    """Return the SHA-256 of the examples: texts, ids and gold answers, in order."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(asdict(example), sort_keys=True).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def plain(value: Any) -> Any:
    """Return a setting as JSON can hold it; an array becomes its shape and hash."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [plain(item) for item in value]
    array = np.ascontiguousarray(value)
    digest = hashlib.sha256(array.astype(np.float64).tobytes()).hexdigest()
    return {"shape": list(array.shape), "sha256": digest}


def identity_hash(identity: Mapping[str, Any]) -> str:
    """Return the SHA-256 of an identity."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """Name what differs between two identities, such as ``"n_steps: 50 there, 20 here"``.

    Parameters
    ----------
    there, here : mapping
        What the folder holds, and what is asked for.
    """
    old, new = dict(_flat(there)), dict(_flat(here))
    return [
        f"{key}: {_shown(old.get(key))} there, {_shown(new.get(key))} here"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def _flat(value: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, item in value.items():
        name = f"{prefix}{key}"
        pairs += _flat(item, f"{name}.") if isinstance(item, Mapping) else [(name, item)]
    return pairs


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
