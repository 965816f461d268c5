"""Baselines: where the path starts, in the space of the layer that is cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bertqa_fast.data.windows import Window

PLACEHOLDERS = ("pad", "mask")


def engine_baseline(
    baseline: Any, windows: Sequence[Window], owners: Sequence[int], tokenizer: Any, hidden_size: int
) -> dict[str, npt.NDArray[Any]]:
    """Turn the argument into what the engine takes.

    Parameters
    ----------
    baseline : str or array or list of arrays
        ``"zero"``; ``"pad"`` or ``"mask"`` (the hidden state of the same input with its word tokens replaced,
        special tokens, positions and segments kept); an array that broadcasts to ``[T, H]``; or a list of
        arrays, one for each example.
    windows : sequence of Window
        Those to be attributed.
    owners : sequence of int
        The example of each window.
    hidden_size : int
        H.

    Returns
    -------
    dict
        ``{}``, or ``baseline_ids`` int64 ``[total tokens]``, or ``baseline_values`` float32
        ``[total tokens, H]``.

    Raises
    ------
    ValueError
        For an unknown name, an array that does not broadcast, or one that is not finite.
    """
    if isinstance(baseline, str):
        if baseline == "zero":
            return {}
        if baseline not in PLACEHOLDERS:
            raise ValueError(f"baseline: got {baseline!r}, wanted 'zero', 'pad', 'mask' or an array")
        token = placeholder("baseline", baseline, tokenizer)
        ids = [np.where(w.segment >= 0, token, w.input_ids).astype(np.int64) for w in windows]
        return {"baseline_ids": np.concatenate(ids)}
    several = isinstance(baseline, list) and any(isinstance(item, np.ndarray) for item in baseline)
    count = max(owners, default=-1) + 1
    if several and len(baseline) != count:
        raise ValueError(
            f"baseline: got a list of {len(baseline)} arrays, wanted one for each of {count} examples"
        )
    parts = [
        _broadcast(baseline[owner] if several else baseline, len(w.input_ids), hidden_size)
        for w, owner in zip(windows, owners, strict=True)
    ]
    return {"baseline_values": np.concatenate(parts)}


def placeholder(argument: str, kind: str, tokenizer: Any) -> int:
    """Return the number of the token that stands for no word.

    Parameters
    ----------
    argument : str
        What the caller calls ``kind``, for messages.
    kind : {"pad", "mask"}
        Which.

    Raises
    ------
    ValueError
        It is another kind, or the tokenizer has no such token.
    """
    if kind not in PLACEHOLDERS:
        raise ValueError(f"{argument}: got {kind!r}, wanted one of {', '.join(PLACEHOLDERS)}")
    token: int | None = tokenizer.pad_token_id if kind == "pad" else tokenizer.mask_token_id
    if token is None:
        raise ValueError(f"{argument}: got {kind!r}, but the tokenizer has no {kind} token")
    return token


def _broadcast(values: Any, tokens: int, hidden_size: int) -> npt.NDArray[np.float32]:
    try:
        with np.errstate(over="ignore"):  # what does not fit becomes infinite and is refused below
            array = np.asarray(values, dtype=np.float32)
        full = np.broadcast_to(array, (tokens, hidden_size))
    except (TypeError, ValueError) as error:
        shape = f" of shape {values.shape}" if isinstance(values, np.ndarray) else ""
        raise ValueError(
            f"baseline: got {type(values).__name__}{shape}, wanted what broadcasts to [T, H] = "
            f"({tokens}, {hidden_size}), or a list of such, one for each example ({error})"
        ) from error
    if not np.isfinite(full).all():
        raise ValueError("baseline: got values that are not finite")
    return np.ascontiguousarray(full)
