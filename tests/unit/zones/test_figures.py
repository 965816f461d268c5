"""Figures of grids: what they draw, read back from their artists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bertqa_fast.zones.figures import figures, type_maps
from bertqa_fast.zones.result import ZoneGrid
from bertqa_fast.zones.tables import changes

MakeGrid = Callable[..., ZoneGrid]


def test_own_look(make_grid: MakeGrid) -> None:
    grid = make_grid()
    figure = grid.plot()
    axes = figure.axes[0]
    found = changes(grid, "exact_match")
    image = axes.images[0]
    np.testing.assert_allclose(image.get_array(), found.change[:, :, 0])
    low, high = image.get_clim()
    assert low == -high
    assert high >= np.abs(found.change).max()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "1", "2"]
    assert image.origin == "lower"
    assert [text.get_text() for text in axes.texts] == [f"{value:+.1f}" for value in found.change.ravel()]
    assert len(axes.patches) == found.significant.sum()


def test_reference_look(make_grid: MakeGrid) -> None:
    grid = make_grid(zones=("p2", "q2"))
    figure = grid.plot("f1", look="reference")
    assert figure.get_size_inches().tolist() == [3, 4]
    axes = figure.axes[0]
    [mesh] = axes.collections
    assert mesh.get_clim() == (-10, 2)
    # White where nothing changes, as the middle of the map is.
    np.testing.assert_allclose(mesh.to_rgba(0.0)[:3], 1.0, atol=0.02)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["ALL", "Q2", "Q2P", "P2Q", "P2"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["1", "2", "3"]
    shown = np.ma.filled(mesh.get_array().astype(float).reshape(3, 5), np.nan)
    np.testing.assert_allclose(shown[:, 4], changes(grid, "f1").change[:, 0, 0])
    assert np.isnan(shown[:, [0, 2, 3]]).all()


def test_heads_and_types_have_panels(make_grid: MakeGrid) -> None:
    by_head = make_grid(heads=(0, 1, 2, 5), zones=("q2", "p2")).plot("kept")
    assert [axes.get_title() for axes in by_head.axes[:2]] == ["Q2", "P2"]
    assert by_head.axes[0].images[0].get_array().shape == (3, 4)
    by_type = type_maps(make_grid(), "kept")
    drawn = [axes.get_title() for axes in by_type.axes if axes.images]
    assert drawn == ["what (4)", "who (4)", "which (4)", "how many (4)", "other (4)"]


@pytest.mark.parametrize("options", [{}, {"golds": False}, {"heads": (0, 1)}, {"count": 1, "layers": 1}])
def test_every_figure_is_drawn(make_grid: MakeGrid, options: dict[str, Any]) -> None:
    for figure in figures(make_grid(**options)).values():
        figure.draw_without_rendering()


def test_wrong_looks(make_grid: MakeGrid) -> None:
    with pytest.raises(ValueError, match="look must be one of own, reference, got 'theirs'"):
        make_grid().plot(look="theirs")
    with pytest.raises(ValueError, match="no place for heads"):
        make_grid(heads=(0, 1)).plot(look="reference")
    with pytest.raises(ValueError, match="heads are masked one at a time"):
        type_maps(make_grid(heads=(0, 1)), "kept")
