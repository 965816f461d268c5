"""Layer-wise relevance propagation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bertqa_fast.attribution.layers import LayerArgument, parse_layers
from bertqa_fast.attribution.prepare import Example, as_list, prepare
from bertqa_fast.attribution.rules import require_count
from bertqa_fast.attribution.single_pass import SinglePass, run_single_pass
from bertqa_fast.attribution.targets import target_mix

if TYPE_CHECKING:
    from bertqa_fast.model import Model

Rule = Literal["wu_ong", "epsilon", "alpha_beta", "attn_lrp"]
RULES: tuple[Rule, ...] = ("wu_ong", "epsilon", "alpha_beta", "attn_lrp")
# What relevance begins with: weights of (logit, probability, 1).
_SEEDS = {"logit": (1.0, 0.0, 0.0), "probability": (0.0, 1.0, 0.0)}


def relevance(
    model: Model,
    examples: Example | Sequence[Example],
    rule: Rule = "wu_ong",
    *,
    layer: LayerArgument = "embeddings",
    target: str = "logit",
    span: Any = "predicted",
    label: Any = "predicted",
    keep_values: bool = False,
    internal_batch_size: int | None = None,
    show_progress: bool | None = None,
    max_length: int = 384,
    doc_stride: int = 128,
    max_answer_length: int = 30,
) -> Any:
    """Propagate the relevance of a class, or of an answer's two ends, back to the tokens.

    Parameters
    ----------
    model : Model
        From :func:`bertqa_fast.load`.
    examples : QAExample, TextExample or a sequence of these
        One gives one result, a sequence gives a list in the same order.
    rule : {"wu_ong", "epsilon", "alpha_beta", "attn_lrp"}
        How relevance passes what a block does (``docs/relevance.md`` has the equations): what the published
        code of Wu & Ong 2021 computes, its double counting included; the epsilon rule (Bach et al. 2015, eq.
        58) with attention weights taken as given; the alpha-beta rule (eq. 60) in its place on linear layers;
        AttnLRP (Achtibat et al. 2024).
    layer : int, str or list
        At whose output relevance is given; one pass serves all. As in
        :func:`bertqa_fast.integrated_gradients`.
    target : {"logit", "probability"}
        What relevance begins with: the logit of the class (of both ends of the span), or its probability at
        the place of the logit.
    span, label
        What is explained, as in :func:`bertqa_fast.integrated_gradients`.
    keep_values : bool
        Keep the relevance ``[T, H]`` itself.
    internal_batch_size : int, optional
        Windows in a batch; as many as are worth having by default.
    show_progress : bool, optional
        By default where stderr is a terminal and the work takes over two seconds.
    max_length, doc_stride, max_answer_length : int
        Windows and answers, as in :func:`bertqa_fast.predict`.

    Returns
    -------
    Attribution, LayerAttributions, or a list of these
        ``scores`` are sums over H of |R|, ``signed`` sums of R; ``delta`` is the conservation gap, the sum of
        all R less what it began with, and ``gaps`` with ``"attn_lrp"`` what each softmax above the layer
        added to it.

    Raises
    ------
    ValueError, TypeError
        For an argument out of range; the message names it, what came and what was wanted.
    EngineError
        Where the runtime refuses.
    """
    if rule not in RULES:
        raise ValueError(f"rule: got {rule!r}, wanted one of: {', '.join(RULES)}")
    if target not in _SEEDS:
        raise ValueError(f"target: got {target!r}, wanted one of: {', '.join(_SEEDS)}")
    if internal_batch_size is not None:
        require_count("internal_batch_size", internal_batch_size)
    target_mix(target, model.task)
    layers, one_layer = parse_layers(layer, model.num_layers)
    many, single = as_list(model, examples)
    if not many:
        return []
    prepared = prepare(
        model,
        many,
        span=span,
        label=label,
        max_length=max_length,
        doc_stride=doc_stride,
        max_answer_length=max_answer_length,
        show_progress=show_progress,
    )
    what = SinglePass(
        graph=f"relevance_{rule}",
        layers=layers,
        target=target,
        method=f"relevance_{rule}",
        seed=np.array(_SEEDS[target], dtype=np.float32),
        softmax_blocks=range(model.num_layers if rule == "attn_lrp" else 0),
    )
    found = run_single_pass(
        model,
        many,
        prepared,
        what,
        keep_values=keep_values,
        rows_per_batch=internal_batch_size,
        show_progress=show_progress,
    )
    results: list[Any] = [result[layers[0]] for result in found] if one_layer else list(found)
    return results[0] if single else results
