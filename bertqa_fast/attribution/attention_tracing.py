"""Layer-wise attention tracing: attention followed back, head by head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bertqa_fast.attribution.layers import LayerArgument, parse_layers
from bertqa_fast.attribution.prepare import Example, as_list, prepare, texts_of
from bertqa_fast.attribution.results import Attribution, LayerAttributions
from bertqa_fast.attribution.rules import require_count
from bertqa_fast.engine_calls import advance, flatten
from bertqa_fast.progress import progress_bar

if TYPE_CHECKING:
    from bertqa_fast.model import Model

METHOD = "attention_tracing"


def attention_tracing(
    model: Model,
    examples: Example | Sequence[Example],
    residual: bool = False,
    *,
    layer: LayerArgument = "embeddings",
    source: Literal["cls", "span"] = "cls",
    span: Any = "predicted",
    internal_batch_size: int | None = None,
    show_progress: bool | None = None,
    max_length: int = 384,
    doc_stride: int = 128,
    max_answer_length: int = 30,
) -> Any:
    """Follow attention from a token of the last block's output down to the tokens of a layer.

    Every head h begins with v_h = 1 at the source and becomes v_h A_h of each block in turn, from the last
    one down, A_h ``[T, T]`` that head's attention; ``scores`` are sums over heads (Wu & Ong 2021, layer-wise
    attention tracing). Head h is chained with head h; values and output projections are not looked at, and no
    class is explained.

    Parameters
    ----------
    model : Model
        From :func:`bertqa_fast.load`.
    examples : QAExample, TextExample or a sequence of these
        One gives one result, a sequence gives a list in the same order.
    residual : bool
        Half of what a token has stays with it at every block, as the residual connection has it: v_h becomes
        v_h (A_h + I) / 2 (Abnar & Zuidema 2020, attention rollout, which averages the heads too). The
        published code of Wu & Ong does without.
    layer : int, str or list
        At whose output the scores are given; one pass serves all. As in
        :func:`bertqa_fast.integrated_gradients`.
    source : {"cls", "span"}
        Where tracing begins: the first token; or, of a reader, start and end of ``span``, half at each.
    span : str, pair or list
        Of a reader, which window is traced and where ``"span"`` begins; as in
        :func:`bertqa_fast.integrated_gradients`.
    internal_batch_size : int, optional
        Windows in a batch; as many as are worth having by default.
    show_progress : bool, optional
        By default where stderr is a terminal and the work takes over two seconds.
    max_length, doc_stride, max_answer_length : int
        Windows and answers, as in :func:`bertqa_fast.predict`.

    Returns
    -------
    Attribution, LayerAttributions, or a list of these
        ``target`` is ``"attention"``, ``value`` the number of heads A, which ``scores`` sum to;
        ``delta`` says how far they are from it.

    Raises
    ------
    ValueError, TypeError
        For an argument out of range; the message names it, what came and what was wanted.
    EngineError
        Where the runtime refuses.
    """
    if source not in ("cls", "span"):
        raise ValueError(f"source: got {source!r}, wanted 'cls' or 'span'")
    if source == "span":
        model.require_task("question-answering")
    if not isinstance(residual, bool):
        raise TypeError(f"residual: got {type(residual).__name__}, wanted a bool")
    if internal_batch_size is not None:
        require_count("internal_batch_size", internal_batch_size)
    layers, one_layer = parse_layers(layer, model.num_layers)
    many, single = as_list(model, examples)
    if not many:
        return []
    prepared = prepare(
        model,
        many,
        span=span,
        # Any class will do: none is explained.
        label=model.labels[0] if model.labels else "predicted",
        max_length=max_length,
        doc_stride=doc_stride,
        max_answer_length=max_answer_length,
        show_progress=show_progress,
    )
    ids, types, offsets = flatten(prepared.windows)
    nowhere = np.zeros(len(prepared.windows), dtype=np.int64)
    from_span = source == "span"
    with progress_bar(len(prepared.windows), "tracing", "window", show_progress) as bar:
        out = model.core.trace_attention(
            ids,
            types,
            offsets,
            layers=layers,
            first=prepared.targets["span_start"] if from_span else nowhere,
            second=prepared.targets["span_end"] if from_span else nowhere,
            residual=residual,
            rows_per_batch=internal_batch_size or 0,
            progress=advance(bar),
        )

    def attribution(number: int, at: int) -> Attribution:
        window = prepared.windows[number]
        scores = out["scores"][at, offsets[number] : offsets[number + 1]].copy()
        example = many[prepared.owners[number]]
        question, context = texts_of(example)
        return Attribution(
            tokens=window.tokens,
            offsets=window.offsets,
            segment=window.segment,
            word_ids=window.word_ids,
            scores=scores,
            signed=scores,
            layer=layers[at],
            target="attention",
            span=prepared.subjects[number].span,
            value=float(model.num_heads),
            baseline_value=None,
            delta=float(scores.sum(dtype=np.float64)) - model.num_heads,
            error=None,
            evaluations=0.5,
            converged=None,
            method=METHOD + ("_residual" if residual else ""),
            id=example.id,
            window=window.index,
            question=question,
            context=context,
        )

    results = [
        LayerAttributions(attribution(number, at) for at in range(len(layers)))
        for number in range(len(prepared.windows))
    ]
    chosen: list[Any] = [result[layers[0]] for result in results] if one_layer else list(results)
    return chosen[0] if single else chosen
