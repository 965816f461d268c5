"""Plain gradients at the embeddings: sensitivity, gradient times input, the gradient of one-hot tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from bertqa_fast.attribution.gradient_presets import find_gradient_preset
from bertqa_fast.attribution.naming import EMBEDDINGS
from bertqa_fast.attribution.prepare import Example, as_list, prepare
from bertqa_fast.attribution.results import Attribution
from bertqa_fast.attribution.rules import require_count
from bertqa_fast.attribution.settings import SinglePassSettings
from bertqa_fast.attribution.single_pass import SinglePass, run_single_pass
from bertqa_fast.attribution.targets import target_mix

if TYPE_CHECKING:
    from bertqa_fast.model import Model

Kind = Literal["sensitivity", "input_x_gradient", "one_hot"]
KINDS: tuple[Kind, ...] = ("sensitivity", "input_x_gradient", "one_hot")


@overload
def gradients(
    model: Model, examples: Example, kind: Kind = ..., **settings: Unpack[SinglePassSettings]
) -> Attribution: ...
@overload
def gradients(
    model: Model, examples: Sequence[Example], kind: Kind = ..., **settings: Unpack[SinglePassSettings]
) -> list[Attribution]: ...
def gradients(
    model: Model,
    examples: Example | Sequence[Example],
    kind: Kind = "sensitivity",
    *,
    target: str = "logit",
    span: Any = "predicted",
    label: Any = "predicted",
    contrast: Any = None,
    preset: str | None = None,
    keep_values: bool = False,
    internal_batch_size: int | None = None,
    show_progress: bool | None = None,
    max_length: int = 384,
    doc_stride: int = 128,
    max_answer_length: int = 30,
) -> Attribution | list[Attribution]:
    """Attribute by one gradient g of the target at the embeddings' output e, both ``[T, H]``.

    Parameters
    ----------
    model : Model
        From :func:`bertqa_fast.load`.
    examples : QAExample, TextExample or a sequence of these
        One gives one result, a sequence gives a list in the same order.
    kind : {"sensitivity", "input_x_gradient", "one_hot"}
        ``"sensitivity"``: ``scores`` are |g|, ``signed`` the sums of g over H (Simonyan et al. 2014).
        ``"input_x_gradient"``: the same of g * e (Shrikumar et al. 2017), so that ``signed`` is g . e.
        ``"one_hot"``: the gradient with respect to one-hot ids ``[T, V]``, that is before the sum with
        positions and segments and before the LayerNorm; ``scores`` are its norms over the vocabulary,
        ``signed`` its entry at the token itself. The ``[T, V]`` matrix is never made: with the word
        embeddings W ``[V, E]`` and the gradient d of a word's embedding, |W d| is |R d| for the root R of
        W^T W.
    target : str
        As in :func:`bertqa_fast.integrated_gradients`, but ``"logit"`` by default: where a class is all but
        sure, the gradient of its probability vanishes.
    span, label, contrast
        As there. The predicted class is chosen by the run that explains it; of classes that tie to the last
        bit the first is named, and they share the gradient.
    preset : str, optional
        ``"wu2021"``: what the published code of Wu & Ong 2021 computes by its gradients (*squared* norms, of
        the logit of the *last* class). ``"dibia2020"``: what NeuralQA's published code computes (one-hot; the
        logits of the arg-max start and of the position *after* the arg-max end, over all tokens; scores
        divided by the largest).
    keep_values : bool
        Keep the vectors ``[T, H]``: g, g * e, or d, which is as wide as the embeddings (``[T, E]``).
    internal_batch_size : int, optional
        Windows in a batch; as many as are worth having by default.
    show_progress : bool, optional
        By default where stderr is a terminal and the work takes over two seconds.
    max_length, doc_stride, max_answer_length : int
        Windows and answers, as in :func:`bertqa_fast.predict`; the window with the best answer is explained.

    Returns
    -------
    Attribution, or a list of these
        ``layer`` is -1; there is no baseline, and so no ``delta`` and no ``error``.

    Raises
    ------
    ValueError, TypeError
        For an argument out of range; the message names it, what came and what was wanted.
    EngineError
        Where the runtime refuses.
    """
    if kind not in KINDS:
        raise ValueError(f"kind: got {kind!r}, wanted one of: {', '.join(KINDS)}")
    if internal_batch_size is not None:
        require_count("internal_batch_size", internal_batch_size)
    width = model.embedding_size if kind == "one_hot" else model.hidden_size
    if keep_values and width > model.hidden_size:
        raise ValueError(
            f"keep_values: got True for one_hot of a model whose embeddings have {width} numbers and its "
            f"blocks {model.hidden_size}, wanted False"
        )
    published = find_gradient_preset(
        preset,
        kind,
        target=(target, "logit"),
        span=(span, "predicted"),
        label=(label, "predicted"),
        contrast=(contrast, None),
    )
    target_mix(target, model.task)  # which refuses what the model does not have
    many, single = as_list(model, examples)
    if not many:
        return []
    pinned: dict[str, Any] = {"span": span, "label": label}
    # A class is chosen by the same run that explains it: no run before it is needed to know which.
    chosen_there = model.task == "text-classification" and _is(label, "predicted") and contrast is None
    if published is not None:
        chosen_there = False
        model.require_task(published.task)
        pinned |= published.pin(model, many, max_length, doc_stride, max_answer_length)
    if chosen_there:
        pinned["label"] = model.labels[0]  # any
    prepared = prepare(
        model,
        many,
        **pinned,
        contrast=contrast,
        max_length=max_length,
        doc_stride=doc_stride,
        max_answer_length=max_answer_length,
        show_progress=show_progress,
    )
    what = SinglePass(
        graph=f"gradient_{kind}",
        layers=[EMBEDDINGS],
        target=target,
        method=kind,
        preset=preset,
        chosen_there=chosen_there,
        width=width,
        rescale=None if published is None else published.rescale,
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
    results = [result[EMBEDDINGS] for result in found]
    return results[0] if single else results


def _is(given: Any, name: str) -> bool:
    return isinstance(given, str) and given == name
