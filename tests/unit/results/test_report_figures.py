"""Figures and terminal output hold the numbers they are given."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from bertqa_fast.report.colours import blend, strength
from bertqa_fast.report.contents import Evaluation
from bertqa_fast.report.describe import error_text
from bertqa_fast.report.pieces import answer_text, pieces
from bertqa_fast.report.terminal import evaluation_table, print_layers, token_line

Make = Callable[..., Any]


def labels(axes: Any) -> list[str]:
    return [tick.get_text() for tick in axes.get_xticklabels()]


def test_heat_map_cells_are_the_shares(make_layers: Make) -> None:
    layers = make_layers(3)
    strips = layers.plot(per_row=4).axes[:-1]
    assert len(strips) == 3
    cells = np.concatenate([axes.images[0].get_array() for axes in strips], axis=1)
    np.testing.assert_allclose(cells, layers.distribution())
    assert [label for axes in strips for label in labels(axes)] == layers.tokens
    assert [tick.get_text() for tick in strips[0].get_yticklabels()] == ["emb", "0", "1", "2"]
    assert len({(axes.images[0].norm.vmin, axes.images[0].norm.vmax) for axes in strips}) == 1


def test_signed_heat_map_is_symmetric(make_layers: Make) -> None:
    layers = make_layers(2)
    image = layers.plot(signed=True).axes[0].images[0]
    np.testing.assert_allclose(np.abs(image.get_array()).sum(axis=1), 1)
    assert image.norm.vmin == -image.norm.vmax


def test_around_keeps_question_and_neighbours(make_layers: Make, make_attribution: Make) -> None:
    kept = ["who", "sailed", "?", "[SEP]", "ada", "winter", "##bourne", "sailed"]
    assert labels(make_layers(1).plot(around=1).axes[0]) == kept
    assert labels(make_attribution().plot(around=1).axes[0]) == kept
    classes = make_attribution(span=None)
    assert labels(classes.plot(around=1).axes[0]) == classes.tokens


def test_bars_are_the_shares(make_attribution: Make) -> None:
    item = make_attribution()
    heights = [bar.get_height() for axes in item.plot(per_row=5).axes for bar in axes.patches]
    np.testing.assert_allclose(heights, item.distribution())
    signed = [bar.get_height() for bar in item.plot(signed=True).axes[0].patches]
    np.testing.assert_allclose(signed, item.signed)


def test_tokens_are_never_formulas(make_attribution: Make, make_layers: Make) -> None:
    tokens = ["$", "$\\frac{", "a_b", "^", "#", "%", "{", "}", "\\", "$x$", "&"]
    for figure in (
        make_attribution(tokens=tokens).plot(title="$1 and $2"),
        make_layers(1, tokens=tokens).plot(),
    ):
        figure.savefig(io.BytesIO(), format="png")


def test_scores_of_zero_draw(make_attribution: Make) -> None:
    make_attribution(scores=np.zeros(11), signed=np.zeros(11)).plot(signed=True).savefig(io.BytesIO())


def test_figure_options_refused(make_layers: Make) -> None:
    with pytest.raises(ValueError, match="per_row must be positive, got 0"):
        make_layers(1).plot(per_row=0)
    with pytest.raises(ValueError, match="around must not be negative, got -1"):
        make_layers(1).plot(around=-1)


def test_pieces_are_the_text(make_attribution: Make) -> None:
    item = make_attribution()
    shown = pieces(item)
    assert "".join(piece.before + piece.text for piece in shown if not piece.special).strip() == (
        "Who sailed? Ada Winterbourne sailed."
    )
    assert [piece.index for piece in shown if piece.answer] == [5, 6, 7]
    assert answer_text(item) == "Ada Winterbourne"
    assert answer_text(make_attribution(span=(0, 0))) == ""
    assert answer_text(make_attribution(span=None)) == ""


def test_token_line_shows_text_and_marks_what_is_left_out(make_attribution: Make) -> None:
    item = make_attribution()
    assert token_line(item).plain == "[CLS] Who sailed? [SEP] Ada Winterbourne sailed. [SEP]"
    assert token_line(item, around=0).plain == "Who sailed? Ada Winterbourne …"
    assert token_line(make_attribution(span=(8, 8)), around=0).plain == "Who sailed? … sailed …"


def test_terminal_prints_markup_as_text(make_layers: Make) -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=100)
    layers = make_layers(2, question="[red]?[/red] x", context="[bold]A[/bold] [/] and so on", span=None)
    print_layers(console, layers, around=None)
    console.print(
        evaluation_table([Evaluation("before", {"EM": 1.0}, 3), Evaluation("after", {"F1": 2.0}, 3)])
    )
    text = stream.getvalue()
    assert "[red]?[/red]" in text
    assert "hidden_states[k]" in text
    assert "emb" in text
    assert "2.0" in text


def test_strength_and_blend() -> None:
    np.testing.assert_allclose(strength([0, 1, -4]), [0, 0.5, 1])
    np.testing.assert_allclose(strength([1, 8], largest=4), [0.5, 1])
    np.testing.assert_array_equal(strength([0, 0]), [0, 0])
    assert blend((200, 0, 0), 0.5, (0, 100, 255)) == (100, 50, 128)


@pytest.mark.parametrize(
    ("error", "converged", "text"),
    [
        (0.034, None, "≥ 3.4%"),
        (0.034, True, "≈ 3.4%"),
        (2e-7, None, "≥ 2e-07"),
        (0.0, False, "≈ 0e+00"),
        (None, True, ""),
    ],
)
def test_error_says_whether_it_is_a_bound(
    make_attribution: Make, error: float | None, converged: bool | None, text: str
) -> None:
    assert error_text(make_attribution(error=error, converged=converged)) == text
