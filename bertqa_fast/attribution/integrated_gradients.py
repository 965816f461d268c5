"""Integrated gradients of a reader or a classifier at any of its layers."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

import numpy as np
import numpy.typing as npt

from bertqa_fast.attribution.baselines import engine_baseline
from bertqa_fast.attribution.layers import Layer, LayerArgument, parse_layers
from bertqa_fast.attribution.merge import merge_windows
from bertqa_fast.attribution.naming import EMBEDDINGS
from bertqa_fast.attribution.precision_error import precision_error
from bertqa_fast.attribution.prepare import Example, as_list, prepare, texts_of
from bertqa_fast.attribution.presets import Preset, find_preset
from bertqa_fast.attribution.profile import Profile, profile_of, receiver
from bertqa_fast.attribution.results import Attribution, LayerAttributions
from bertqa_fast.attribution.rules import find_rule, require_count
from bertqa_fast.attribution.settings import IntegrationSettings
from bertqa_fast.attribution.targets import target_mix
from bertqa_fast.engine_calls import advance, flatten
from bertqa_fast.errors import ConvergenceWarning
from bertqa_fast.progress import progress_bar

if TYPE_CHECKING:
    from bertqa_fast.model import Model

Result = Attribution | LayerAttributions
OneLayer = int | Literal["embeddings"]
SeveralLayers = Literal["all"] | list[Layer] | list[int] | tuple[Layer, ...] | range


@overload
def integrated_gradients(
    model: Model, examples: Example, layer: OneLayer, **settings: Unpack[IntegrationSettings]
) -> Attribution: ...
@overload
def integrated_gradients(
    model: Model, examples: Example, layer: SeveralLayers = ..., **settings: Unpack[IntegrationSettings]
) -> LayerAttributions: ...
@overload
def integrated_gradients(
    model: Model, examples: Sequence[Example], layer: OneLayer, **settings: Unpack[IntegrationSettings]
) -> list[Attribution]: ...
@overload
def integrated_gradients(
    model: Model,
    examples: Sequence[Example],
    layer: SeveralLayers = ...,
    **settings: Unpack[IntegrationSettings],
) -> list[LayerAttributions]: ...
def integrated_gradients(
    model: Model,
    examples: Example | Sequence[Example],
    layer: LayerArgument = "all",
    *,
    target: str = "probability",
    span: Any = "predicted",
    label: Any = "predicted",
    contrast: Any = None,
    baseline: Any = "zero",
    method: str = "auto",
    n_steps: int | None = None,
    tol: float = 0.01,
    preset: str | None = None,
    windows: Literal["best", "merge"] = "best",
    keep_values: bool = False,
    internal_batch_size: int | None = None,
    traversal: Literal["auto", "cuts", "all_layers"] = "auto",
    show_progress: bool | None = None,
    profile: bool | Callable[[Profile], object] = False,
    check_precision: bool = True,
    max_length: int = 384,
    doc_stride: int = 128,
    max_answer_length: int = 30,
) -> Result | list[Attribution] | list[LayerAttributions]:
    """Attribute a reader's answer, or a classifier's class, to the tokens, at one layer or at several.

    The attribution of hidden value x_i is (x_i - x'_i) times the integral over a in [0, 1] of dF/dx_i at
    x' + a (x - x') (Sundararajan et al. 2017, eq. 1), where x is the hidden state ``[T, H]`` at the layer,
    x' the baseline and F the target; ``scores`` are its L2 norms over H (Ramnath et al. 2020), ``signed``
    its sums.

    Parameters
    ----------
    model : Model
        From :func:`bertqa_fast.load`.
    examples : QAExample, TextExample or a sequence of these
        Questions for a reader, texts for a classifier. One gives one result, a sequence gives a list in the
        same order.
    layer : int, str or list
        ``0 … L-1``: the output of that encoder block. ``"embeddings"`` or -1: the embeddings. ``"all"``:
        all of these. Or a list. (Hugging Face's ``hidden_states[k]`` is layer ``k - 1``.)
    target : str
        ``"probability"`` (start probability plus end probability), ``"logit"``, ``"log_probability"``,
        ``"span_probability"`` (their product), or ``"start_..."`` and ``"end_..."`` of the first three.
        Probabilities are softmax over the window's positions. Of a class: ``"probability"``, ``"logit"`` or
        ``"log_probability"``.
    span : str, pair or list
        Where the target is pinned: ``"predicted"``, ``"gold"``, or (start, end) positions in the window, both
        inclusive; a list gives each example its own.
    label : str, int or list
        Of classifiers, in place of ``span``: ``"predicted"``, ``"gold"``, or a class by its name or number.
    contrast : str, int, pair or list, optional
        Explain the target of ``span`` (or ``label``) minus that of this span (or class).
    baseline : str or array
        ``"zero"``; ``"pad"`` or ``"mask"``: the hidden state of the same input with word tokens replaced;
        or an array that broadcasts to ``[T, H]``, or a list of arrays, one for each example.
    method : str
        ``"auto"``: every layer of every example gets nodes where its integrand moves, until its estimated
        error is below ``tol`` (docs/quadrature.md). Or fixed nodes: ``"gausslegendre"``, ``"riemann_left"``,
        ``"riemann_right"``, ``"riemann_middle"``, ``"riemann_trapezoid"`` (weights sum to exactly 1).
    n_steps : int, optional
        Nodes of a fixed rule, 50 by default; the most that ``"auto"`` may spend, 128 by default (fewer than 5
        leave nothing to adapt: they are Gauss-Legendre nodes).
    tol : float
        Bound of the estimated relative L1 error of the token scores under ``"auto"``. What does not get there
        with ``n_steps`` nodes has ``converged`` False, and a warning says so. Fixed rules do not use it.
    preset : str, optional
        ``"ramnath2020"``: the paper's settings (the input of the layer, zero baseline, right Riemann, 50
        steps).
        ``"ramnath2020-code"``: what its published code computes (the output of the layer, 20 points on
        [0, 0.95], the arg-max taken afresh at each, softmax over the padded window; ``delta`` is None).
    windows : {"best", "merge"}
        Of a passage longer than ``max_length`` allows, explain the window with the best answer, or all,
        joined by the max-context rule.
    keep_values : bool
        Keep the vectors ``[T, H]``, not only their norms and sums.
    internal_batch_size : int, optional
        Rows (points on a path) in a batch. By default as many as are worth having, which is found out while
        working, within the model's memory budget; other batches may move the last bits of a result.
    traversal : {"auto", "cuts", "all_layers"}
        How several layers are gone through: one after the other, each on its own graph, or all together, in
        the same batches. The numbers are the same. By default as many layers go together as fill a batch.
    show_progress : bool, optional
        By default where stderr is a terminal and the work takes over two seconds.
    profile : bool or function
        True prints to stderr where the time went: evaluations, batches, padding, seconds of each stage. A
        function is called with the :class:`bertqa_fast.Profile` instead.
    check_precision : bool
        With a model of less than float32, compare a few points with float32 the first time that a layer and
        target are asked for (``precision_error`` of the results). It takes float32's memory meanwhile.
    max_length, doc_stride, max_answer_length : int
        Windows and answers, as in :func:`bertqa_fast.predict`. A text to classify has one window, cut off at
        ``max_length`` tokens.

    Returns
    -------
    Attribution, LayerAttributions, or a list of these
        ``Attribution`` for one layer, ``LayerAttributions`` for ``"all"`` and lists.

    Raises
    ------
    ValueError, TypeError
        For an argument out of range; the message names it, what came and what was wanted.
    EngineError
        Where the runtime refuses.
    """
    if windows not in ("best", "merge"):
        raise ValueError(f"windows: got {windows!r}, wanted 'best' or 'merge'")
    if traversal not in ("auto", "cuts", "all_layers"):
        raise ValueError(f"traversal: got {traversal!r}, wanted 'auto', 'cuts' or 'all_layers'")
    if contrast is not None and windows == "merge":
        raise ValueError("contrast: it needs one window, wanted windows='best'")
    if not isinstance(tol, int | float) or not 0 < tol < 1:
        raise ValueError(f"tol: got {tol!r}, wanted a number between 0 and 1")
    if internal_batch_size is not None:
        require_count("internal_batch_size", internal_batch_size)
    started = time.perf_counter()
    give_profile = receiver(profile)
    fixed = find_preset(preset)
    _refuse_conflicts(preset, fixed, target, span, label, contrast, baseline, method, n_steps)
    rule = find_rule(method, n_steps, fixed)
    if fixed and fixed.softmax_over_padding:
        model.require_task("question-answering")
    mix = target_mix(target, model.task)
    layers, single_layer = _layers(layer, model.num_layers, fixed)
    cuts = [one - 1 if fixed and fixed.input_of_layer else one for one in layers]

    many, single = as_list(model, examples)
    if not many:
        return []
    prepared = prepare(
        model,
        many,
        span=span,
        label=label,
        contrast=contrast,
        merge=windows == "merge",
        max_length=max_length,
        doc_stride=doc_stride,
        max_answer_length=max_answer_length,
        show_progress=show_progress,
    )
    flat, owners = prepared.windows, prepared.owners
    ids, types, offsets = flatten(flat)
    start_baseline = engine_baseline(baseline, flat, owners, model.window_tokenizer, model.hidden_size)
    prepared_after = time.perf_counter() - started
    request: dict[str, Any] = {
        "input_ids": ids,
        "token_type_ids": types,
        "offsets": offsets,
        **prepared.targets,
        "target_mix": mix,
        "reselect": bool(fixed and fixed.reselect),
        "pad_to": max_length if fixed and fixed.softmax_over_padding else 0,
        "softmax_over_padding": bool(fixed and fixed.softmax_over_padding),
        **start_baseline,
    }
    with progress_bar(None, "attributing", "path", show_progress) as bar:
        out = model.core.integrate(
            **request,
            layers=cuts,
            nodes=rule.nodes,
            weights=rule.weights,
            tolerance=None if rule.limit is None else float(tol),
            max_nodes=rule.limit or 0,
            rows_per_batch=internal_batch_size or 0,
            keep_values=keep_values,
            traversal=traversal,
            progress=advance(bar),
        )
        of_precision = precision_error(model, request, min(cuts)) if check_precision else None

    if give_profile is not None:
        elapsed = time.perf_counter() - started
        give_profile(
            profile_of(
                out,
                out["evaluations"],
                prepared=prepared_after,
                total=elapsed,
                budget=model.memory_budget,
                tokens_per_batch=model.core.tokens_per_batch,
            )
        )
    if rule.limit is not None:
        _warn_of_unconverged(out["error"], out["evaluations"], tol, rule.limit)

    def attribution(number: int, at: int) -> Attribution:
        window, subject = flat[number], prepared.subjects[number]
        question, context = texts_of(many[owners[number]])
        part = slice(offsets[number], offsets[number + 1])
        signed = out["signed"][at, part].copy()
        value, at_baseline = float(out["value"][number]), float(out["baseline_value"][at, number])
        delta: float | None = float(signed.sum(dtype=np.float64)) - (value - at_baseline)
        error: float | None = abs(delta or 0.0) / (float(np.abs(signed).sum(dtype=np.float64)) or 1.0)
        converged: bool | None = None
        if rule.limit is not None:
            error = float(out["error"][at, number])
            converged = error <= tol
        if fixed and fixed.reselect:  # the target moves along the path: there is nothing to be complete to
            delta = error = None
        return Attribution(
            tokens=window.tokens,
            offsets=window.offsets,
            segment=window.segment,
            word_ids=window.word_ids,
            scores=out["scores"][at, part].copy(),
            signed=signed,
            values=out["values"][at, part].copy() if keep_values else None,
            layer=layers[at],
            cut=cuts[at],
            target=target,
            span=subject.span,
            label=subject.label,
            value=value,
            baseline_value=at_baseline,
            delta=delta,
            error=error,
            evaluations=float(out["evaluations"][at, number]),
            converged=converged,
            precision_error=of_precision,
            id=many[owners[number]].id,
            window=window.index,
            method=rule.name,
            n_steps=None if rule.limit is not None else len(rule.nodes),
            preset=preset,
            baseline=baseline if isinstance(baseline, str) else "array",
            question=question,
            context=context,
        )

    results: list[LayerAttributions] = []
    for owner, numbers in groupby(range(len(flat)), key=owners.__getitem__):
        own = list(numbers)
        each = [LayerAttributions(attribution(n, at) for at in range(len(layers))) for n in own]
        results.append(merge_windows(each, [flat[n] for n in own], prepared.best[owner]))
    if single_layer:
        alone = [result[layers[0]] for result in results]
        return alone[0] if single else alone
    return results[0] if single else results


def _refuse_conflicts(
    preset: str | None,
    fixed: Preset | None,
    target: str,
    span: Any,
    label: Any,
    contrast: Any,
    baseline: Any,
    method: str,
    n_steps: int | None,
) -> None:
    if fixed is None:
        return
    given = {
        "target": isinstance(target, str) and target == "probability",
        "span": isinstance(span, str) and span == "predicted",
        "label": isinstance(label, str) and label == "predicted",
        "contrast": contrast is None,
        "baseline": isinstance(baseline, str) and baseline == "zero",
        "method": method == "auto",
        "n_steps": n_steps is None,
    }
    changed = [name for name, default in given.items() if not default]
    if changed:
        raise ValueError(f"preset: {preset!r} fixes {', '.join(changed)}, wanted them left at their defaults")


def _warn_of_unconverged(
    error: npt.NDArray[np.float64], evaluations: npt.NDArray[np.float64], tol: float, limit: int
) -> None:
    missed = error > tol
    if not missed.any():
        return
    spent = missed & (evaluations >= limit)
    reasons = []
    if spent.any():
        reasons.append(
            f"{int(spent.sum())} spent all of their {limit} nodes (allow more, n_steps=, or a larger tol)"
        )
    if broken := int(missed.sum() - spent.sum()):
        reasons.append(
            f"{broken} meet a jump of the target that no nodes resolve, most often at the baseline itself "
            "(another baseline= or target= may have none)"
        )
    warnings.warn(
        f"{int(missed.sum())} of {missed.size} paths have not converged: the estimated error is up to "
        f"{float(error.max()):.2g} where tol is {tol:g}; {'; '.join(reasons)}",
        ConvergenceWarning,
        stacklevel=3,
    )


def _layers(layer: LayerArgument, num_layers: int, fixed: Preset | None) -> tuple[list[int], bool]:
    layers, single = parse_layers(layer, num_layers)
    if fixed is None or not fixed.input_of_layer or EMBEDDINGS not in layers:
        return layers, single
    if isinstance(layer, str) and layer == "all":
        return [one for one in layers if one != EMBEDDINGS], single
    raise ValueError("layer: got the embeddings, which have no input layer; wanted 0 or more for this preset")
