"""Named settings of published work."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """Settings that a preset fixes.

    Attributes
    ----------
    method : str
        The quadrature rule.
    n_steps : int
        Its nodes.
    input_of_layer : bool
        ``layer=l`` is cut at the input of block ``l``, that is at the output of block ``l - 1``.
    reselect : bool
        The arg-max is taken afresh at every point of the path; ties share the gradient.
    softmax_over_padding : bool
        Windows are padded to ``max_length``, and the padding takes part in the softmax over positions.
    """

    method: str
    n_steps: int
    input_of_layer: bool
    reselect: bool
    softmax_over_padding: bool


PRESETS = {
    # The paper (Ramnath et al. 2020, Algorithm 1).
    "ramnath2020": Preset("riemann_right", 50, True, False, False),
    # What its published code computes, bugs included: the path ends at 0.95, and the arg-max moves.
    "ramnath2020-code": Preset("ramnath2020_code", 20, False, True, True),
}


def find_preset(name: str | None) -> Preset | None:
    """Look a preset up.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    if name is None:
        return None
    if not isinstance(name, str) or name not in PRESETS:
        raise ValueError(f"preset: got {name!r}, wanted one of: {', '.join(PRESETS)}")
    return PRESETS[name]
