"""Infidelity and max-sensitivity (Yeh et al. 2019): pure arithmetic, and the perturbations they need.

An attribution of x against a baseline x' is (x - x') times a gradient averaged along the path. That gradient
is the explanation Phi of Yeh et al., which predicts a change of f: for a perturbation I, the product of I and
Phi stands for f(x) - f(x - I).

- infidelity = E[(I . Phi - (f(x) - f(x - I)))^2]                        (eq. 1)
- max-sensitivity = max over y, |y - x| <= r, of |Phi(y) - Phi(x)|    (section 3)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.options import check_count

Floats = NDArray[np.float64]

PERTURBATIONS = ("gaussian", "noisy_baseline", "square")


@dataclass(frozen=True, slots=True)
class Drawing:
    """How perturbations are drawn.

    Attributes
    ----------
    samples : int
        How many.
    noise : float
        Standard deviation of Gaussian noise, in units of the root mean square of x - x'.
    stretch : int
        The most tokens that a square has: squares of images are stretches of text.
    """

    samples: int
    noise: float
    stretch: int

    def __post_init__(self) -> None:
        check_count("samples", self.samples)
        if not self.noise >= 0:
            raise ValueError(f"noise must not be negative, got {self.noise}")
        check_count("stretch", self.stretch)


def perturbations(
    kind: str,
    change: NDArray[np.float32],
    positions: NDArray[np.intp],
    drawing: Drawing,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Draw perturbations I, float32 ``[samples, T, H]``; the function is then asked for x - I.

    Parameters
    ----------
    kind : {"gaussian", "noisy_baseline", "square"}
        I is Gaussian noise; or x - x' less Gaussian noise, so that x - I lies about the baseline; or x - x'
        on a stretch of tokens, and nothing elsewhere. The stretch has 1 to ``drawing.stretch`` tokens, each
        length as likely, anywhere.
    change : float32 array of [T, H]
        x - x'. Where it is 0, nothing is perturbed: an attribution says nothing of the gradient there.
    positions : array of positions
        Tokens that a stretch may have, in order.
    drawing : Drawing
        How many, and how large.
    rng : numpy.random.Generator
        Draws them.
    """
    if kind == "square":
        most = min(drawing.stretch, len(positions))
        lengths = rng.integers(1, most, size=drawing.samples, endpoint=True)
        begins = rng.integers(0, len(positions) - lengths, endpoint=True)
        rank = np.full(len(change), -1)
        rank[positions] = np.arange(len(positions))
        inside = (rank >= begins[:, None]) & (rank < (begins + lengths)[:, None])
        return np.where(inside[:, :, None], change, np.float32(0))
    size = drawing.noise * np.sqrt(np.mean(np.square(change, dtype=np.float64)))
    drawn = rng.standard_normal((drawing.samples, *change.shape), dtype=np.float32) * np.float32(size)
    if kind == "noisy_baseline":
        drawn = change - drawn
    return np.where(change == 0, np.float32(0), drawn)


def predicted_changes(
    perturbed: NDArray[np.float32], values: NDArray[np.float32], change: NDArray[np.float32]
) -> Floats:
    """Return I . Phi of every perturbation, ``[N]``.

    Parameters
    ----------
    perturbed : float32 array of [N, T, H]
        I.
    values : float32 array of [T, H]
        The attribution, (x - x') Phi.
    change : float32 array of [T, H]
        x - x'; I is 0 wherever this is.
    """
    exact = values.astype(np.float64)
    gradient = np.divide(exact, change, out=np.zeros_like(exact), where=change != 0)
    return perturbed.reshape(len(perturbed), -1).astype(np.float64) @ gradient.ravel()


def infidelity(predicted: Floats, actual: Floats) -> tuple[float, float, float]:
    """Return infidelity, the same of the best multiple of the explanation, and that of no explanation.

    The best multiple is b = E[(I . Phi) d] / E[(I . Phi)^2] for the actual changes d: explanations of other
    units are compared by it. No explanation predicts no change: E[d^2].

    Parameters
    ----------
    predicted : float64 array of [N]
        I . Phi.
    actual : float64 array of [N]
        f(x) - f(x - I).
    """
    square = float(np.mean(predicted**2))
    best = float(np.mean(predicted * actual)) / square if square > 0 else 0.0
    return (
        float(np.mean((predicted - actual) ** 2)),
        float(np.mean((best * predicted - actual) ** 2)),
        float(np.mean(actual**2)),
    )


def nearby(
    state: NDArray[np.float32], radius: float, samples: int, rng: np.random.Generator
) -> list[NDArray[np.float32]]:
    """Draw points about x from the cube |y - x| <= r, every one as likely: arrays ``[T, H]``.

    Parameters
    ----------
    state : float32 array of [T, H]
        x.
    radius : float
        r in units of the root mean square of x.
    samples : int
        How many.
    rng : numpy.random.Generator
        Draws them.
    """
    reach = radius * np.sqrt(np.mean(np.square(state, dtype=np.float64)))
    steps = rng.uniform(-reach, reach, size=(samples, *state.shape))
    return list((state + steps).astype(np.float32))


def max_sensitivity(scores: Floats, others: Floats) -> float:
    """Return the largest distance of explanations from one, over its norm (both L2).

    Parameters
    ----------
    scores : array of [T]
        The explanation at x; NaN is returned where it is 0 everywhere.
    others : array of [N, T]
        At points nearby.
    """
    norm = float(np.linalg.norm(scores))
    return float(np.linalg.norm(others - scores, axis=-1).max()) / norm if norm > 0 else float("nan")
