"""The scores of every token at one layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.attribution.arrays import read_only
from bertqa_fast.attribution.naming import layer_name
from bertqa_fast.attribution.segmenters import Segmenter
from bertqa_fast.attribution.words import Reduce, Token, Word, merge_words, top

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, kw_only=True)
class Attribution:
    """Scores of every token of one window at one layer.

    Layer ``l`` (0 … L-1) is the output of encoder block ``l``; -1 is the output of the embeddings.
    Hugging Face's ``hidden_states[k]`` is layer ``k-1``. Arrays are read-only.

    Attributes
    ----------
    tokens : list of str
        The unpadded window, ``[T]``, with its special tokens.
    offsets : int32 array of [T, 2]
        Characters that each token shows of the question or context, white space left out, end exclusive;
        (0, 0) for special tokens. Equal where a token shows none, as a space in byte-level BPE.
    segment : int8 array of [T]
        0 question (or first text), 1 context (or second text), -1 special token.
    word_ids : int32 array of [T]
        The word of each token, numbered within its segment; -1 for special tokens and lone white space.
    scores : float32 array of [T]
        L2 norm over ``H`` of the integrated-gradients vector of each token.
    signed : float32 array of [T]
        Sum over ``H`` of the same vector, in units of the target.
    values : float32 array of [T, H] or None
        The vectors themselves, where they were asked for.
    layer : int
        The layer, see above.
    cut : int
        The layer whose output was interpolated; ``layer`` but under ``preset="ramnath2020"``.
    target : str
        What was explained, such as ``"probability"``.
    span : (int, int) or None
        Start and end of the explained answer, indices into ``tokens``, both inclusive; None for classes.
    label : str, int or None
        The explained class, as the model calls it (as text, where it was read from a run folder); None for
        questions.
    value, baseline_value : float
        The target at the input and at the baseline (None where a method has no baseline).
    delta : float or None
        Completeness gap: sum of ``signed`` - (``value`` - ``baseline_value``).
    error : float or None
        Estimated relative L1 error of ``scores``; for fixed rules |delta| / Σ|signed|, a lower bound.
    evaluations : float
        Gradient evaluations spent; a forward pass alone counts one half.
    converged : bool or None
        Whether the tolerance was met; None for rules with a fixed number of nodes.
    precision_error : float or None
        Estimated relative L1 error of the normalised scores that comes from computing in less than float32,
        beside ``error``: the larger one of two windows at the lowest layer asked for, with three nodes. None
        for float32, and where it was not measured.
    gaps : dict of str to float
        What parts of a method added to what they should only hand on, by name; ``delta`` is their sum and
        what no part answers for. Relevance by ``attn_lrp`` has ``softmax_<block>``; other methods have none.
    id : str or None
        The example's id.
    window : int
        Number of the window within its example; of a merged result, that of the best window.
    windows : int
        How many windows were joined (1 where nothing was).
    method : str
        The quadrature rule, or another attribution method.
    n_steps : int or None
        Nodes of a fixed rule.
    preset : str or None
        The named settings, if any were used.
    baseline : str or None
        The baseline by name, ``"array"`` for one of the caller's.
    question, context : str
        The texts that ``offsets`` point into: of a text to classify, the text and its pair (or ``""``).
    """

    tokens: list[str]
    offsets: NDArray[np.int32]
    segment: NDArray[np.int8]
    word_ids: NDArray[np.int32]
    scores: NDArray[np.float32]
    signed: NDArray[np.float32]
    layer: int
    target: str
    span: tuple[int, int] | None
    value: float
    baseline_value: float | None
    delta: float | None
    error: float | None
    evaluations: float
    converged: bool | None
    question: str
    context: str
    method: str
    values: NDArray[np.float32] | None = None
    cut: int | None = None
    id: str | None = None
    window: int = 0
    windows: int = 1
    n_steps: int | None = None
    preset: str | None = None
    baseline: str | None = None
    label: str | int | None = None
    precision_error: float | None = None
    gaps: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.tokens)
        if not count:
            raise ValueError("tokens must not be empty")
        fields: dict[str, Any] = {
            "tokens": list(self.tokens),
            "offsets": read_only("offsets", self.offsets, np.int32, (count, 2)),
            "segment": read_only("segment", self.segment, np.int8, (count,)),
            "word_ids": read_only("word_ids", self.word_ids, np.int32, (count,)),
            "scores": read_only("scores", self.scores, np.float32, (count,)),
            "signed": read_only("signed", self.signed, np.float32, (count,)),
        }
        if (fields["scores"] < 0).any():
            raise ValueError(f"scores must not be negative, got {float(fields['scores'].min())}")
        if self.values is not None:
            fields["values"] = read_only("values", self.values, np.float32, (count, None))
        if self.layer < -1:
            raise ValueError(f"layer must be -1 (the embeddings) or a block's number, got {self.layer}")
        if self.cut is None:
            fields["cut"] = self.layer
        if self.span is not None:
            start, end = (int(position) for position in self.span)
            if not 0 <= start <= end < count:
                raise ValueError(f"span must be 0 <= start <= end < {count}, got ({start}, {end})")
            fields["span"] = (start, end)
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        about = f"{layer_name(self.layer)}, {len(self.tokens)} tokens, {self.target} {self.value:.4g}"
        gap = "" if self.delta is None else f", delta {self.delta:.1e}"
        return f"Attribution({about}, {self.method}{gap})"

    def distribution(self) -> NDArray[np.float64]:
        """Scores divided by their sum, ``[T]``; the uniform distribution where every score is 0."""
        total = self.scores.sum(dtype=np.float64)
        if total == 0:
            return np.full(len(self.tokens), 1 / len(self.tokens))
        shares: NDArray[np.float64] = self.scores.astype(np.float64) / total
        return shares

    def words(self, reduce: Reduce = "sum", segmenter: Segmenter | None = None) -> list[Word]:
        """Join the tokens of each word, in reading order; special tokens are left out.

        Words are the tokenizer's: between blanks and marks, and every Chinese character by itself.

        Parameters
        ----------
        reduce : {"sum", "mean", "max"}
            How the scores of a word's tokens become one. Under ``"max"`` the signed score is the one of
            largest magnitude.
        segmenter : callable or "jieba", optional
            Says in the tokenizer's place what the words are: a function from the question's or the context's
            whole text to its words in order (blanks, and whatever it leaves out, are no words), or jieba's
            for Chinese. A token that lies across two words joins them; one in no word is a word of its own.

        Raises
        ------
        TypeError, ValueError
            ``reduce`` is none of these, or ``segmenter`` gives something else than words of the text.
        ImportError
            jieba is not installed.
        """
        return merge_words(self, reduce, segmenter)

    @overload
    def top(self, k: int, of: Literal["tokens"] = "tokens") -> list[Token]: ...

    @overload
    def top(self, k: int, of: Literal["words"]) -> list[Word]: ...

    def top(self, k: int, of: Literal["tokens", "words"] = "tokens") -> list[Token] | list[Word]:
        """Return the ``k`` tokens (or words, summed) of the largest scores, largest first.

        Ties keep reading order. Special tokens count among the tokens, not among the words.

        Raises
        ------
        TypeError, ValueError
            ``k`` is not a whole number >= 0, or ``of`` is neither ``"tokens"`` nor ``"words"``.
        """
        return top(self, k, of)

    def plot(self, **options: Any) -> Figure:
        """Draw the tokens' shares as bars; see :func:`bertqa_fast.report.heatmap.plot_bars`."""
        from bertqa_fast.report.heatmap import plot_bars

        return plot_bars(self, **options)

    def to_html(self, *, signed: bool = False) -> str:
        """Return the text as an HTML fragment, coloured by score, with layer and span named.

        Everything is escaped and styled in place: the fragment needs no style sheet and no script.

        Parameters
        ----------
        signed : bool
            Colour by the signed sums (blue raises the target, red lowers it) in place of the norms.
        """
        from bertqa_fast.report.fragment import attribution_html

        return attribution_html(self, signed=signed)

    def to_pandas(self) -> Any:
        """Return a ``pandas.DataFrame`` with a row for each token.

        Raises
        ------
        ImportError
            pandas is not installed.
        """
        from bertqa_fast.attribution.tables import token_frame

        return token_frame([self])

    def _repr_html_(self) -> str:
        return self.to_html()
