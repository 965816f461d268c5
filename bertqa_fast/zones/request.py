"""What is to be masked: checked, and as the engine takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bertqa_fast.analysis.options import check_choice
from bertqa_fast.zones.cells import ALL, ALL_MODES, SPECIAL, join_zones, zone_table

if TYPE_CHECKING:
    from bertqa_fast.model import Model

# layers, table, keep_diagonal, uniform, heads, top
EngineCell = tuple[list[int], list[int], bool, bool, list[int], int]


@dataclass(frozen=True, slots=True)
class Masking:
    """What one decode masks; made by :meth:`of`, which checks it.

    Attributes
    ----------
    zones : tuple of str
        Masked together.
    layers : tuple of int
        Encoder blocks in which they are masked, rising.
    heads : tuple of int
        The heads in which they are; none stands for all.
    special, all_mode : str
        As in :mod:`bertqa_fast.zones.cells`.
    top : int or None
        Only so many cells of the zone, those of the highest attention probability, for each head.
    """

    zones: tuple[str, ...]
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    special: str
    all_mode: str
    top: int | None

    @classmethod
    def of(
        cls,
        model: Model,
        zone: str | Sequence[str],
        layer: Any,
        *,
        special: str = "keep",
        all_mode: str = "self",
        heads: Any = None,
        top: int | None = None,
    ) -> Masking:
        """Check the arguments of :func:`bertqa_fast.mask_attention`.

        Raises
        ------
        TypeError, ValueError
            Naming the argument, what came and what was wanted.
        """
        check_choice("special", special, SPECIAL)
        check_choice("all_mode", all_mode, ALL_MODES)
        zones = join_zones(zone, special)
        if top is not None:
            check_top(top)
            if zones == (ALL,):
                raise ValueError(f"top: got {top} with zone 'all', wanted None or other zones")
        chosen = parse_heads(heads, model.num_heads)
        return cls(zones, parse_blocks(layer, model.num_layers), chosen, special, all_mode, top)

    @property
    def changes_nothing(self) -> bool:
        """Whether this is the published code's ``all``: it adds the same to every score of a softmax."""
        return self.zones == (ALL,) and self.all_mode == "reference"

    def cell(self) -> EngineCell:
        """Return it as the engine takes it."""
        whole = self.zones == (ALL,)
        return (
            list(self.layers),
            zone_table(self.zones, self.special).astype(int).ravel().tolist(),
            whole and self.all_mode == "self",
            whole and self.all_mode == "uniform",
            list(self.heads),
            self.top or 0,
        )


def parse_blocks(layer: Any, num_layers: int, name: str = "layer") -> tuple[int, ...]:
    """Return the encoder blocks that are meant, rising.

    Parameters
    ----------
    layer : int, ``"all"`` or sequence of int
        Block l, inside of which attention is masked.
    num_layers : int
        L.
    name : str
        The argument, for messages.

    Raises
    ------
    TypeError, ValueError
        There is none, one comes twice, is no integer or no block of the model.
    """
    if isinstance(layer, str) and layer == "all":
        return tuple(range(num_layers))
    return tuple(sorted(_numbers(layer, num_layers, name, "encoder blocks 0")))


def parse_heads(heads: Any, num_heads: int) -> tuple[int, ...]:
    """Return the heads that are meant, rising; none stands for all of them.

    Raises
    ------
    TypeError, ValueError
        As :func:`parse_blocks`.
    """
    return () if heads is None else tuple(sorted(_numbers(heads, num_heads, "heads", "heads 0")))


def check_top(top: object) -> None:
    """Refuse what is no positive integer.

    Raises
    ------
    TypeError, ValueError
        Naming ``top`` and what came.
    """
    if isinstance(top, bool) or not isinstance(top, int | np.integer):
        raise TypeError(f"top: got {top!r}, wanted a positive integer or None")
    if top < 1:
        raise ValueError(f"top: got {top}, wanted a positive integer or None")


def _numbers(given: Any, count: int, name: str, what: str) -> list[int]:
    wanted = f"wanted some of {what} to {count - 1}"
    if isinstance(given, str):
        raise ValueError(f"{name}: got {given!r}, {wanted}")
    if isinstance(given, int | np.integer):
        given = [given]
    if not isinstance(given, Sequence | np.ndarray):
        raise TypeError(f"{name}: got {type(given).__name__}, {wanted}")
    for number in given:
        if isinstance(number, bool | np.bool_) or not isinstance(number, int | np.integer):
            raise TypeError(f"{name}: got {number!r}, {wanted}")
        if not 0 <= number < count:
            raise ValueError(f"{name}: got {number}, {wanted}")
    numbers = [int(number) for number in given]
    if not numbers or len(set(numbers)) < len(numbers):
        raise ValueError(f"{name}: got {numbers}, wanted at least one, and each once")
    return numbers
