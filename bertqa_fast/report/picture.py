"""The picture of the layer numbering: what layer l is, and which hidden state of Hugging Face's it is."""

from __future__ import annotations

from typing import Any

_WIDTH, _GAP = 108, 62


def numbering_picture(num_layers: int) -> dict[str, Any]:
    """Lay out the boxes of the model and the cuts between them, for the SVG template.

    Parameters
    ----------
    num_layers : int
        Encoder blocks; more than four are shown as the first two, dots, and the last.

    Returns
    -------
    dict
        ``width``, and ``boxes``: each with its text, its place, and the layer that its output is (None for
        the dots and the head).
    """
    blocks: list[int | None] = list(range(num_layers))
    if num_layers > 4:
        blocks = [0, 1, None, num_layers - 1]
    names: list[tuple[str, int | None]] = [("embeddings", -1)]
    names += [("…", None) if block is None else (f"block {block}", block) for block in blocks]
    names.append(("head", None))
    boxes = []
    left = 8
    for name, layer in names:
        width = 32 if name == "…" else _WIDTH
        boxes.append({"name": name, "x": left, "width": width, "layer": layer, "dots": name == "…"})
        left += width + _GAP
    return {"width": left - _GAP + 8, "boxes": boxes, "gap": _GAP}
