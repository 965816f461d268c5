"""One window's attention at one layer, head by head, with the zones it falls into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.options import check_choice
from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.spelling import shown_tokens
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.engine_calls import flatten
from bertqa_fast.tasks.answers import rank_answers
from bertqa_fast.tasks.predict import reading_tokenizer
from bertqa_fast.zones.cells import ALL, SPECIAL, ZONES, masked_cells
from bertqa_fast.zones.request import parse_blocks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bertqa_fast.model import Model

_LABELS = 60  # tokens whose texts fit along an axis
_FOUR = tuple(zone for zone in ZONES if zone != ALL)


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """Attention probabilities of a window: A heads, T tokens.

    Attributes
    ----------
    window : Window
        The window, with its tokens and their segments.
    layer : int
        The encoder block.
    probabilities : float32 ``[A, T, T]``
        Rows attend to columns; every row of a head sums to 1.
    texts : (str, str) or None
        The question and the passage, for the figure; without them it has the tokens as they are spelled.
    """

    window: Window
    layer: int
    probabilities: NDArray[np.float32]
    texts: tuple[str, str] | None = None

    @property
    def tokens(self) -> list[str]:
        """The tokens' texts, T of them."""
        return self.window.tokens

    def __repr__(self) -> str:
        heads, count, _ = self.probabilities.shape
        return f"AttentionMap(layer {self.layer}, {heads} heads, {count} tokens)"

    def zone_mass(self, special: str = "keep") -> dict[str, NDArray[np.float64]]:
        """Return which share of each head's attention falls into each zone, ``[A]`` under every name.

        Parameters
        ----------
        special : {"keep", "segment", "reference"}
            Where special tokens belong, as in :func:`bertqa_fast.mask_attention`.

        Returns
        -------
        dict
            ``q2``, ``q2p``, ``p2q``, ``p2``, and ``rest``, what is in none; they sum to 1 for every head.
        """
        check_choice("special", special, SPECIAL)
        total = self.probabilities.shape[1]
        mass = {
            zone: self.probabilities[:, masked_cells(self.window, zone, special=special)].sum(
                axis=1, dtype=np.float64
            )
            / total
            for zone in _FOUR
        }
        whole = self.probabilities.sum(axis=(1, 2), dtype=np.float64) / total
        return mass | {"rest": np.maximum(whole - np.sum(list(mass.values()), axis=0), 0.0)}

    def plot(self, head: int | None = None) -> Figure:
        """Draw the matrix: rows attend to columns, lines between question, passage and special tokens.

        Parameters
        ----------
        head : int, optional
            One head; by default the mean of all. Colours show the root of the probability, so that more
            than the strongest cells can be seen.

        Raises
        ------
        ValueError, TypeError
            There is no such head.
        """
        from bertqa_fast.zones.request import parse_heads

        heads = list(parse_heads(head, len(self.probabilities))) or slice(None)
        return _figure(self, self.probabilities[heads].mean(axis=0), head)


def attention_map(
    model: Model,
    example: QAExample,
    layer: int,
    *,
    window: int | None = None,
    max_length: int = 384,
    doc_stride: int = 128,
    max_query_length: int | None = None,
) -> AttentionMap:
    """Return a reader's attention over one window of an example, at one layer.

    Parameters
    ----------
    model : Model
        A reader, from :func:`bertqa_fast.load`.
    example : QAExample
        The question and its passage.
    layer : int
        Encoder block 0 … L-1.
    window : int, optional
        Number of the window within the example; by default the one that the predicted answer is in.
    max_length, doc_stride, max_query_length
        Windows, as in :func:`bertqa_fast.predict`.

    Returns
    -------
    AttentionMap

    Raises
    ------
    ValueError, TypeError
        For an argument out of range; the message names it, what came and what was wanted.
    """
    tokenizer = reading_tokenizer(model, max_length)
    if not isinstance(example, QAExample):
        raise TypeError(f"example: got {type(example).__name__}, wanted one QAExample")
    blocks = parse_blocks(layer, model.num_layers)
    if len(blocks) > 1:
        raise ValueError(f"layer: got {layer!r}, wanted one encoder block 0 to {model.num_layers - 1}")
    windows = make_windows(
        tokenizer,
        [example],
        max_length=max_length,
        doc_stride=doc_stride,
        max_query_length=max_query_length,
    )
    if window is None:
        logits = model.logits(windows, show_progress=False) if len(windows) > 1 else []
        window = rank_answers(example, windows, logits, n_best=1).window if logits else 0
    if isinstance(window, bool) or not isinstance(window, int | np.integer):
        raise TypeError(f"window: got {window!r}, wanted an integer or None")
    if not 0 <= window < len(windows):
        raise ValueError(f"window: got {window}, wanted 0 to {len(windows) - 1}")
    chosen = windows[window]
    found = model.core.attention(*flatten([chosen]), layer=blocks[0])
    count = len(chosen.tokens)
    probabilities = found["probabilities"].reshape(-1, count, count)
    return AttentionMap(chosen, blocks[0], probabilities, (example.question, example.context))


def _figure(of: AttentionMap, shown: NDArray[Any], head: int | None) -> Figure:
    from matplotlib.colors import PowerNorm
    from matplotlib.figure import Figure

    count = len(of.tokens)
    labelled = count <= _LABELS
    size = min(11.0, max(4.0, 0.16 * count)) if labelled else 6.5
    figure = Figure(figsize=(size + 1.2, size + 0.4), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shown, cmap="Blues", norm=PowerNorm(0.5, vmin=0, vmax=max(float(shown.max()), 1e-6)))
    borders = np.flatnonzero(np.diff(of.window.segment)) + 0.5
    for border in borders:
        for line in (axes.axhline, axes.axvline):
            line(border, color="#d95f02", linewidth=0.7)
    if labelled:
        window, texts = of.window, of.texts
        called = shown_tokens(of.tokens, window.offsets, window.segment, texts) if texts else of.tokens
        axes.set_xticks(range(count), called, fontsize=6, rotation=90)
        axes.set_yticks(range(count), called, fontsize=6)
    else:
        middles = [float(np.flatnonzero(of.window.segment == side).mean()) for side in (0, 1)]
        axes.set_xticks(middles, ["question", "passage"], fontsize=8)
        axes.set_yticks(middles, ["question", "passage"], fontsize=8, rotation=90, va="center")
    axes.set_xlabel("attended to", fontsize=8)
    axes.set_ylabel("attends", fontsize=8)
    who = f"mean of {len(of.probabilities)} heads" if head is None else f"head {head}"
    axes.set_title(f"Attention, layer {of.layer}, {who}", fontsize=10)
    bar = figure.colorbar(image, ax=axes, fraction=0.046, pad=0.03)
    bar.set_label("probability", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    return figure
