"""Attributions as HTML fragments that carry their own style: for notebooks and pages of one's own."""

from __future__ import annotations

from html import escape
from uuid import uuid4

from bertqa_fast.attribution.layer_results import LayerAttributions
from bertqa_fast.attribution.naming import LAYER_NUMBERING, layer_tick
from bertqa_fast.attribution.result import Attribution
from bertqa_fast.report.colours import hue, strength
from bertqa_fast.report.describe import layer_title, method_line, target_line, token_line
from bertqa_fast.report.pieces import Piece, labels, pieces

# The text keeps the page's own colour, so the ground may never come near it, on light pages or dark ones.
MAX_ALPHA = 0.6

# Greys that are see-through and the page's own ink read on light pages and dark ones. The inputs are out of
# sight and not out of reach: tab and arrow keys still find them.
_STYLE = """\
.NAME{position:relative;margin:.8em 0;max-width:60em}
.NAME>input{position:absolute;left:0;opacity:0;pointer-events:none}
.NAME>label{display:inline-block;min-width:1.2em;margin:0 .25em .25em 0;padding:.1em .5em;text-align:center;\
font-size:.85em;border:1px solid rgba(127,127,127,.6);border-radius:6px;cursor:pointer}
.NAME>input:checked+label{background:rgba(127,127,127,.35);border-color:currentColor;font-weight:600}
.NAME>input:focus-visible+label{outline:2px solid currentColor;outline-offset:2px}
.NAME>section{display:none}
"""


def layers_html(layers: LayerAttributions, *, signed: bool = False) -> str:
    """Return the window's text with a choice of the layer whose scores colour it.

    The choice is made of radio buttons and style rules, so that it works where scripts do not run; where the
    style is taken away too, as some viewers of notebooks do, the layers stand one below the other. The last
    layer is shown first.

    Parameters
    ----------
    layers : LayerAttributions
        What is shown.
    signed : bool
        Colour by the signed sums (blue raises the target, red lowers it) in place of the norms.

    Returns
    -------
    str
        One ``<div>``; every text in it is escaped. Its names are new in each call: several results on one
        page, or one result twice, do not meddle with each other.
    """
    if len(layers) == 1:
        return "".join(attribution_html(item, signed=signed) for item in layers.values())
    name = f"bertqa-{uuid4().hex[:12]}"
    last = len(layers) - 1
    shown = ",".join(f"#{name}-{at}:checked~.{name}-{at}" for at in range(len(layers)))
    choices = "".join(
        f'<input type="radio" name="{name}" id="{name}-{at}"{" checked" if at == last else ""}>'
        f'<label for="{name}-{at}" title="{escape(layer_title(layer))}">{escape(layer_tick(layer))}</label>'
        for at, layer in enumerate(layers)
    )
    texts = "".join(
        f'<section class="{name}-{at}">{attribution_html(item, signed=signed)}</section>'
        for at, item in enumerate(layers.values())
    )
    return (
        f'<div class="{name}" role="group" aria-label="Layer">'
        f"<style>{_STYLE.replace('NAME', name)}{shown}{{display:block}}</style>"
        f'<span style="font-size:.85em;margin-right:.6em" title="{escape(LAYER_NUMBERING)}">Layer</span>'
        f"{choices}{texts}</div>"
    )


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
    called = labels(attribution)
    for piece in pieces(attribution):
        red, green, blue = hue(float(attribution.signed[piece.index]) if signed else None)
        ground = f"background:rgba({red},{green},{blue},{MAX_ALPHA * strengths[piece.index]:.3f})"
        title = token_line(attribution, piece.index, shares[piece.index], called[piece.index])
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
