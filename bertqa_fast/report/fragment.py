"""One attribution as an HTML fragment that carries its own style: for notebooks and pages of one's own."""

from __future__ import annotations

from html import escape

from bertqa_fast.attribution.result import Attribution
from bertqa_fast.report.colours import hue, strength
from bertqa_fast.report.describe import layer_title, method_line, target_line, token_line
from bertqa_fast.report.pieces import Piece, pieces

# The text keeps the page's own colour, so the ground may never come near it, on light pages or dark ones.
MAX_ALPHA = 0.6


def attribution_html(attribution: Attribution, *, signed: bool = False) -> str:
    """Return the window's text, each token on a ground as strong as its score.

    Parameters
    ----------
    attribution : Attribution
        What is shown.
    signed : bool
        Colour by the signed sums (blue raises the target, red lowers it) in place of the norms.

    Returns
    -------
    str
        One ``<div>``; every text in it is escaped, and it needs no style sheet and no script.
    """
    strengths = strength(attribution.signed if signed else attribution.scores)
    shares = attribution.distribution()
    spans = []
    for piece in pieces(attribution):
        red, green, blue = hue(float(attribution.signed[piece.index]) if signed else None)
        ground = f"background:rgba({red},{green},{blue},{MAX_ALPHA * strengths[piece.index]:.3f})"
        title = token_line(attribution, piece.index, shares[piece.index])
        spans.append(
            f'{escape(piece.before)}<span style="{ground};{_shape(piece)}" title="{escape(title)}">'
            f"{escape(piece.text)}</span>"
        )
    heading = f"<b>{escape(layer_title(attribution.layer))}</b>"
    return (
        '<div style="margin:.8em 0;line-height:1.9;max-width:60em;overflow-wrap:anywhere">'
        f'<div style="font-size:.85em;line-height:1.4">{heading} · {escape(target_line(attribution))}<br>'
        f"{escape(method_line(attribution))}</div>{''.join(spans)}</div>"
    )


def _shape(piece: Piece) -> str:
    style = "border-radius:3px;padding:.1em 0"
    if piece.special:
        style += ";font-size:.75em;opacity:.75"
    if piece.answer:
        style += ";border-bottom:2px solid currentColor;font-weight:600"
    return style
