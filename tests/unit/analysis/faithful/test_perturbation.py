"""Infidelity and max-sensitivity of functions that can be worked out."""

from __future__ import annotations

import numpy as np
import pytest

from bertqa_fast.analysis.faithful.perturbation import (
    PERTURBATIONS,
    Drawing,
    infidelity,
    max_sensitivity,
    nearby,
    perturbations,
    predicted_changes,
)

T, H = 6, 5
POSITIONS = np.array([1, 2, 4, 5])
rng = np.random.default_rng(0)
STATE = rng.normal(size=(T, H)).astype(np.float32)
BASELINE = rng.normal(size=(T, H)).astype(np.float32)
CHANGE = STATE - BASELINE
WEIGHTS = rng.normal(size=(T, H))


def draw(kind: str, samples: int = 40, **options: float) -> np.ndarray:
    given = {"noise": 0.5, "stretch": 3} | options
    drawing = Drawing(samples, given["noise"], int(given["stretch"]))
    return perturbations(kind, CHANGE, POSITIONS, drawing, np.random.default_rng(4))


def linear(states: np.ndarray) -> np.ndarray:
    return (states.astype(np.float64) * WEIGHTS).sum(axis=(-2, -1))


@pytest.mark.parametrize("kind", PERTURBATIONS)
def test_a_linear_function_explained_by_its_gradient(kind: str) -> None:
    drawn = draw(kind)
    values = (WEIGHTS * CHANGE).astype(np.float32)  # what integrated gradients are of it
    predicted = predicted_changes(drawn, values, CHANGE)
    actual = linear(STATE) - linear(STATE - drawn)
    found, scaled, nothing = infidelity(predicted, actual)
    assert nothing > 0.1
    assert found < 1e-10 * nothing
    assert scaled < 1e-10 * nothing
    # Twice the explanation is as far off as none, and its best multiple is the half of it.
    found, scaled, nothing = infidelity(2 * predicted, actual)
    assert found == pytest.approx(nothing, rel=1e-4)
    assert scaled < 1e-10 * nothing


def test_a_quadratic_function_in_closed_form() -> None:
    """Of f = |x|²/2, explained by its gradient x, the error is |I|²/2; its square has the mean below."""
    sigma, samples = 0.3, 20_000
    drawing = Drawing(samples, sigma, 1)
    ones = np.ones((T, H), dtype=np.float32)  # x, and x - x' for x' = 0: noise in units of 1
    drawn = perturbations("gaussian", ones, POSITIONS, drawing, np.random.default_rng(0))
    predicted = predicted_changes(drawn, ones, ones)
    left = (ones - drawn).astype(np.float64)
    actual = (T * H - (left**2).sum(axis=(1, 2))) / 2
    n = T * H  # E[(|I|²)²] = sigma^4 (n² + 2 n) for n independent values
    assert infidelity(predicted, actual)[0] == pytest.approx(sigma**4 * (n**2 + 2 * n) / 4, rel=0.03)


def test_infidelity_by_hand() -> None:
    found = infidelity(np.array([1.0, 2.0]), np.array([0.0, 4.0]))
    # ((1-0)² + (2-4)²)/2; the best multiple is 8/5: ((8/5)² + (16/5-4)²)/2; (0 + 16)/2
    np.testing.assert_allclose(found, (2.5, 1.6, 8.0))
    assert infidelity(np.zeros(2), np.array([0.0, 4.0])) == (8.0, 8.0, 8.0)


def test_gaussian_noise() -> None:
    drawn = draw("gaussian", 4000)
    rms = np.sqrt(np.mean(CHANGE.astype(np.float64) ** 2))
    assert drawn.dtype == np.float32
    assert np.abs(drawn.mean(axis=0)).max() < 0.05 * rms
    np.testing.assert_allclose(drawn.std(axis=0), 0.5 * rms, rtol=0.06)


def test_the_baseline_without_and_with_noise() -> None:
    np.testing.assert_allclose(draw("noisy_baseline", noise=0.0), np.broadcast_to(CHANGE, (40, T, H)))
    noisy = draw("noisy_baseline", 4000)
    np.testing.assert_allclose((STATE - noisy).mean(axis=0), BASELINE, atol=0.06)


def test_squares_are_stretches_of_tokens_set_to_the_baseline() -> None:
    drawn = draw("square", 500)
    erased = drawn.any(axis=2)
    np.testing.assert_array_equal(drawn, np.where(erased[:, :, None], CHANGE, 0))
    seen = {tuple(np.flatnonzero(row)) for row in erased}
    # Token 3 stands between tokens that follow each other in the list.
    assert seen == {(1,), (2,), (4,), (5,), (1, 2), (2, 4), (4, 5), (1, 2, 4), (2, 4, 5)}
    assert {tuple(np.flatnonzero(row)) for row in draw("square", 200, stretch=99).any(axis=2)} > seen


def test_what_equals_the_baseline_is_left_alone() -> None:
    change = CHANGE.copy()
    change[0] = 0
    for kind in PERTURBATIONS:
        drawn = perturbations(kind, change, POSITIONS, Drawing(9, 0.5, 3), np.random.default_rng(0))
        assert not drawn[:, 0].any()
        values = (WEIGHTS * change).astype(np.float32)
        wanted = (drawn.astype(np.float64) * WEIGHTS).sum(axis=(1, 2))
        np.testing.assert_allclose(predicted_changes(drawn, values, change), wanted, rtol=1e-5, atol=1e-6)


def test_points_nearby() -> None:
    points = nearby(STATE, 0.2, 300, np.random.default_rng(0))
    reach = 0.2 * np.sqrt(np.mean(STATE.astype(np.float64) ** 2))
    steps = np.array(points) - STATE
    assert np.abs(steps).max() == pytest.approx(reach, rel=0.01)
    assert np.abs(steps).max() < reach * (1 + 1e-5)
    assert points[0].dtype == np.float32


def test_max_sensitivity_by_hand() -> None:
    scores = np.array([3.0, 4.0])
    assert max_sensitivity(scores, np.array([[3.0, 4.0], [3.0, 2.0], [4.0, 4.0]])) == pytest.approx(2 / 5)
    assert max_sensitivity(scores, scores[None]) == 0
    assert np.isnan(max_sensitivity(np.zeros(2), scores[None]))


def test_max_sensitivity_of_a_linear_explanation_is_the_steps_own() -> None:
    """Where scores are the state itself, the largest change is the largest step."""
    flat = STATE.reshape(-1).astype(np.float64)
    points = nearby(STATE, 0.1, 50, np.random.default_rng(1))
    steps = [np.linalg.norm(point.astype(np.float64).ravel() - flat) for point in points]
    found = max_sensitivity(flat, np.array([point.ravel() for point in points], dtype=np.float64))
    assert found == pytest.approx(max(steps) / np.linalg.norm(flat))


@pytest.mark.parametrize(
    ("samples", "noise", "stretch", "message"),
    [
        (0, 0.1, 1, "samples must be 1 or more"),
        (1, -0.1, 1, "noise must not be negative"),
        (1, float("nan"), 1, "noise must not be negative"),
        (1, 0.1, 0, "stretch must be 1 or more"),
    ],
)
def test_refusals(samples: int, noise: float, stretch: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Drawing(samples, noise, stretch)
