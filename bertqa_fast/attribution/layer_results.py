"""The scores of several layers of one window, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.attribution.naming import layer_name
from bertqa_fast.attribution.result import Attribution

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class LayerAttributions(Mapping[int, Attribution]):
    """Attributions of one window at several layers: a read-only mapping from layer to :class:`Attribution`.

    Layer ``l`` (0 … L-1) is the output of encoder block ``l``; -1 is the output of the embeddings.
    Hugging Face's ``hidden_states[k]`` is layer ``k-1``. The order is that in which they were given.

    Parameters
    ----------
    attributions : iterable of Attribution
        One for each layer, all of the same window.

    Raises
    ------
    ValueError
        There are none, a layer comes twice, or the windows differ.
    """

    def __init__(self, attributions: Iterable[Attribution]) -> None:
        self._by_layer: dict[int, Attribution] = {}
        for item in attributions:
            if not isinstance(item, Attribution):
                raise TypeError(f"attributions must hold Attribution objects, got {type(item).__name__}")
            if item.layer in self._by_layer:
                raise ValueError(
                    f"attributions must have one result for each layer, got {layer_name(item.layer)} twice"
                )
            self._by_layer[item.layer] = item
        if not self._by_layer:
            raise ValueError("attributions must not be empty")
        first = self._first
        for item in self._by_layer.values():
            if (item.tokens, item.id, item.window) != (first.tokens, first.id, first.window):
                raise ValueError(
                    f"attributions must share one window, got {layer_name(item.layer)} of window "
                    f"{item.window} of example {item.id!r} beside {first.window} of {first.id!r}"
                )

    def __getitem__(self, layer: int) -> Attribution:
        return self._by_layer[layer]

    def __iter__(self) -> Iterator[int]:
        return iter(self._by_layer)

    def __len__(self) -> int:
        return len(self._by_layer)

    def __repr__(self) -> str:
        first = self._first
        about = f"layers {list(self.layers)}, {len(first.tokens)} tokens"
        return f"LayerAttributions({about}, {first.target} {first.value:.4g})"

    @property
    def _first(self) -> Attribution:
        return next(iter(self._by_layer.values()))

    @property
    def layers(self) -> tuple[int, ...]:
        """The layers in order; -1 is the embeddings."""
        return tuple(self._by_layer)

    @property
    def tokens(self) -> list[str]:
        """The window's tokens, ``[T]``."""
        return self._first.tokens

    @property
    def id(self) -> str | None:
        """The example's id."""
        return self._first.id

    @property
    def span(self) -> tuple[int, int] | None:
        """The explained answer, indices into ``tokens``, both inclusive; None for classes."""
        return self._first.span

    @property
    def scores(self) -> NDArray[np.float32]:
        """The scores of every layer, ``[layers, T]``, rows in the order of :attr:`layers`."""
        return np.stack([item.scores for item in self.values()])

    @property
    def signed(self) -> NDArray[np.float32]:
        """The signed sums of every layer, ``[layers, T]``."""
        return np.stack([item.signed for item in self.values()])

    def distribution(self) -> NDArray[np.float64]:
        """Each layer's scores divided by their sum, ``[layers, T]``; uniform where they are all 0."""
        return np.stack([item.distribution() for item in self.values()])

    def plot(self, **options: Any) -> Figure:
        """Draw the token x layer heat map; see :func:`bertqa_fast.report.heatmap.plot_heatmap`."""
        from bertqa_fast.report.heatmap import plot_heatmap

        return plot_heatmap(self, **options)

    def to_html(self, *, signed: bool = False) -> str:
        """Return the text as an HTML fragment with a choice of the layer that colours it.

        Everything is escaped; the fragment carries its own style and needs no script. Where a viewer takes
        the style away, the layers stand one below the other.

        Parameters
        ----------
        signed : bool
            Colour by the signed sums (blue raises the target, red lowers it) in place of the norms.
        """
        from bertqa_fast.report.fragment import layers_html

        return layers_html(self, signed=signed)

    def to_pandas(self) -> Any:
        """Return a ``pandas.DataFrame`` with a row for each layer and token.

        Raises
        ------
        ImportError
            pandas is not installed.
        """
        from bertqa_fast.attribution.tables import token_frame

        return token_frame(list(self.values()))

    def _repr_html_(self) -> str:
        return self.to_html()
