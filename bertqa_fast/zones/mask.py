"""Answer questions, or classify texts, with attention zones masked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, overload

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.data.examples import QAExample, TextExample
from bertqa_fast.data.windows import Window
from bertqa_fast.tasks.answers import Logits, Prediction
from bertqa_fast.tasks.classify import ClassPrediction
from bertqa_fast.tasks.limits import window_tokenizer
from bertqa_fast.tasks.predict import predict
from bertqa_fast.zones.cells import has_cells
from bertqa_fast.zones.decode import masked_class_logits, masked_logits
from bertqa_fast.zones.request import Masking

if TYPE_CHECKING:
    from bertqa_fast.model import Model


class MaskingOptions(TypedDict, total=False):
    """The keyword arguments of :func:`mask_attention`, which has their meanings and defaults."""

    special: str
    all_mode: str
    heads: Any
    top: int | None
    max_length: int
    doc_stride: int
    max_query_length: int | None
    n_best: int
    max_answer_length: int
    null_score_diff_threshold: float | None
    distinct_texts: bool
    show_progress: bool | None


class MaskedModel:
    """A model with zones masked, as :func:`bertqa_fast.predict` takes it."""

    def __init__(self, model: Model, masking: Masking) -> None:
        self.masking = masking
        self.task = model.task
        self.max_positions = model.max_positions
        self.window_tokenizer = model.window_tokenizer
        self._model = model

    @property
    def tokenizer(self) -> Any:
        """The model's tokenizer."""
        return self._model.tokenizer

    @property
    def config(self) -> Any:
        """The model's configuration."""
        return self._model.config

    @property
    def labels(self) -> tuple[str | int, ...]:
        """A classifier's classes."""
        return self._model.labels

    def logits(self, windows: Sequence[Window], *, show_progress: bool | None = None) -> list[Logits]:
        """Return start and end logits ``[T]`` of each window, in order; progress is the caller's."""
        if not windows:
            return []
        return masked_logits(self._model, windows, [self.masking]).of(1, slice(0, len(windows)))

    def class_logits(
        self, windows: Sequence[Window], *, show_progress: bool | None = None
    ) -> list[NDArray[np.float32]]:
        """Return the logits of each window's classes ``[C]``, in order; progress is the caller's.

        Raises
        ------
        ValueError
            A text has no cell of the zones: they are between two texts, and it stands alone.
        """
        for window in windows:
            if not has_cells(window, self.masking.zones, self.masking.special):
                raise ValueError(
                    f"zone: got {list(self.masking.zones)}, but a text alone has none of its cells; wanted "
                    "'q2' or 'all', or pairs of texts"
                )
        return list(masked_class_logits(self._model, windows, [self.masking])[1]) if windows else []


@overload
def mask_attention(
    model: Model,
    examples: QAExample,
    zone: str | Sequence[str],
    layer: Any,
    **options: Unpack[MaskingOptions],
) -> Prediction: ...
@overload
def mask_attention(
    model: Model,
    examples: Sequence[QAExample],
    zone: str | Sequence[str],
    layer: Any,
    **options: Unpack[MaskingOptions],
) -> list[Prediction]: ...
@overload
def mask_attention(
    model: Model,
    examples: TextExample,
    zone: str | Sequence[str],
    layer: Any,
    **options: Unpack[MaskingOptions],
) -> ClassPrediction: ...
@overload
def mask_attention(
    model: Model,
    examples: Sequence[TextExample],
    zone: str | Sequence[str],
    layer: Any,
    **options: Unpack[MaskingOptions],
) -> list[ClassPrediction]: ...
def mask_attention(
    model: Model,
    examples: Any,
    zone: str | Sequence[str],
    layer: Any,
    *,
    special: str = "keep",
    all_mode: str = "self",
    heads: Any = None,
    top: int | None = None,
    max_length: int = 384,
    doc_stride: int = 128,
    max_query_length: int | None = None,
    n_best: int = 20,
    max_answer_length: int = 30,
    null_score_diff_threshold: float | None = None,
    distinct_texts: bool = False,
    show_progress: bool | None = None,
) -> Any:
    """Answer questions, or classify texts, with a zone of the attention matrix masked (Cui et al. 2022).

    What is masked gets no attention: its scores are left out of the softmax, the others share what it had.

    Parameters
    ----------
    model : Model
        A reader or a classifier, from :func:`bertqa_fast.load`.
    examples : QAExample or sequence of QAExample; for a classifier TextExample or sequence of TextExample
        One gives one prediction, a sequence a list in the same order.
    zone : str or sequence of str
        ``"q2"`` (question to question), ``"q2p"`` (question to passage), ``"p2q"``, ``"p2"``, several of
        these, which are masked together, or ``"all"``. Rows attend: in ``"q2p"`` question tokens cannot
        attend to the passage. Of a pair of texts the first is the question and the second the passage; a text
        alone is all question.
    layer : int, ``"all"`` or sequence of int
        Encoder blocks 0 … L-1 inside of which the zone is masked, in one decode.
    special : {"keep", "segment", "reference"}
        Where [CLS] and [SEP] belong: to no zone; to the side that their token type says; or as in the
        published code. :mod:`bertqa_fast.zones.cells` draws them.
    all_mode : {"self", "uniform", "reference"}
        What ``"all"`` means: every token attends to itself alone; to all equally; or what the published code
        comes to, which is nothing: the answers are the unmasked ones.
    heads : int or sequence of int, optional
        Only in these heads; all of them by default.
    top : int, optional
        Only so many cells of the zone, those that get the highest attention probability, for each head.
    max_length, doc_stride, max_query_length, n_best, max_answer_length : int
        Windows and answers, as in :func:`bertqa_fast.predict`; so are ``null_score_diff_threshold`` and
        ``distinct_texts``. A classifier looks at ``max_length`` alone.
    show_progress : bool or None
        A progress bar; None shows it on a terminal.

    Returns
    -------
    Prediction or list of Prediction; for a classifier ClassPrediction or list of ClassPrediction

    Raises
    ------
    ValueError, TypeError
        For an argument out of range; the message names it, what came and what was wanted. Among others for
        a text alone that has none of the zone's cells, or one of whose tokens would have nothing left to
        attend to.
    EngineError
        Where the runtime refuses.
    """
    window_tokenizer(model, max_length)  # checks it before the zones are looked at
    masking = Masking.of(model, zone, layer, special=special, all_mode=all_mode, heads=heads, top=top)
    decoder: Any = model if masking.changes_nothing else MaskedModel(model, masking)
    return predict(
        decoder,
        examples,
        max_length=max_length,
        doc_stride=doc_stride,
        max_query_length=max_query_length,
        n_best=n_best,
        max_answer_length=max_answer_length,
        null_score_diff_threshold=null_score_diff_threshold,
        distinct_texts=distinct_texts,
        show_progress=show_progress,
    )
