"""The keywords of :func:`bertqa_fast.integrated_gradients`, for type checkers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypedDict

from bertqa_fast.attribution.profile import Profile


class IntegrationSettings(TypedDict, total=False):
    """See :func:`bertqa_fast.integrated_gradients`."""

    target: str
    span: Any
    label: Any
    contrast: Any
    baseline: Any
    method: str
    n_steps: int | None
    tol: float
    preset: str | None
    windows: Literal["best", "merge"]
    keep_values: bool
    internal_batch_size: int | None
    traversal: Literal["auto", "cuts", "all_layers"]
    show_progress: bool | None
    profile: bool | Callable[[Profile], object]
    check_precision: bool
    max_length: int
    doc_stride: int
    max_answer_length: int


class SinglePassSettings(TypedDict, total=False):
    """What methods of one run forward and back have in common; see :func:`bertqa_fast.gradients`."""

    target: str
    span: Any
    label: Any
    contrast: Any
    preset: str | None
    keep_values: bool
    internal_batch_size: int | None
    show_progress: bool | None
    max_length: int
    doc_stride: int
    max_answer_length: int
