"""An attribution in words: the one-line captions that every output shares."""

from __future__ import annotations

from bertqa_fast.attribution.naming import EMBEDDINGS, layer_name
from bertqa_fast.attribution.result import Attribution
from bertqa_fast.report.pieces import answer_text


def layer_title(layer: int) -> str:
    """Name a layer with what it is: ``"layer 3, output of encoder block 3"``."""
    what = "their output" if layer == EMBEDDINGS else f"output of encoder block {layer}"
    return f"{layer_name(layer)}, {what}"


def target_line(attribution: Attribution) -> str:
    """Say what was explained: the target, its values, and the answer or class."""
    about = attribution.target.replace("_", " ")
    about += f" {attribution.value:.4g}"
    if attribution.baseline_value is not None:
        about += f" (baseline {attribution.baseline_value:.4g})"
    if attribution.label is not None:
        return f"{about} of class {attribution.label}"
    if attribution.span is not None:
        start, end = attribution.span
        where = f"token {start}" if start == end else f"tokens {start}-{end}"
        return f"{about} of “{answer_text(attribution)}” ({where})"
    return about


def method_line(attribution: Attribution) -> str:
    """Say how it was computed and how good it is."""
    steps = "" if attribution.n_steps is None else f" with {attribution.n_steps} nodes"
    parts = [attribution.method + steps]
    if attribution.preset is not None:
        parts.insert(0, f"preset {attribution.preset}")
    if attribution.baseline is not None:
        parts.append(f"baseline {attribution.baseline}")
    if attribution.delta is not None:
        parts.append(f"delta {attribution.delta:+.1e}")
    if attribution.error is not None:
        parts.append(f"error {error_text(attribution)}")
    if attribution.converged is False:
        parts.append("NOT CONVERGED")
    if attribution.cut != attribution.layer and attribution.cut is not None:
        parts.append(f"cut at the output of {layer_name(attribution.cut)}")
    return ", ".join(parts)


def error_text(attribution: Attribution) -> str:
    """Return the error in per cent, or as a power of ten where that would read 0; empty where unknown."""
    if attribution.error is None:
        return ""
    size = f"{attribution.error:.1%}" if attribution.error >= 1e-3 else f"{attribution.error:.0e}"
    # A fixed rule cannot see its own error: the completeness gap only bounds it from below.
    return f"≥ {size}" if attribution.converged is None else f"≈ {size}"


def token_line(attribution: Attribution, index: int, share: float, token: str) -> str:
    """One token's numbers, for tooltips, behind what it is called."""
    score, signed = float(attribution.scores[index]), float(attribution.signed[index])
    return f"{token}: {share:.2%}, score {score:.4g}, signed {signed:+.4g}"
