"""The head: logits, and the gradient of every target, by autograd and by finite differences in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bertqa_fast.attribution.targets import TARGETS, target_mix
from bertqa_fast.graphs.builder import FLOAT, Graph
from bertqa_fast.graphs.qa_head import TargetInputs, qa_logits, qa_logits_backward, qa_target_gradient
from bertqa_fast.graphs.reference import relative_difference, target_of

torch = pytest.importorskip("torch")

RunPart = Callable[..., dict[str, np.ndarray]]
R, T = 3, 9
SPANS = [(0, 4), (2, 2), (7, 8)]
CONTRASTS = [(3, 3), (0, 8), (1, 2)]


def logits(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    start, end = np.random.default_rng(seed).normal(scale=2.0, size=(2, R, T)).astype(np.float32)
    return start, end


def target_feeds(
    mix: np.ndarray, spans: list[list[tuple[int, int]]], signs: list[float], mask: np.ndarray, reselect: bool
) -> dict[str, np.ndarray]:
    """``spans``: K for each of the R rows."""
    return {
        "at_start": np.array([[i for i, _ in row] for row in spans]),
        "at_end": np.array([[j for _, j in row] for row in spans]),
        "sign": np.array([signs] * len(spans)),
        "mix": mix,
        "reselect": np.array([reselect]),
        "mask": mask,
    }


def build(g: Graph) -> None:
    target = TargetInputs("at_start", "at_end", "sign", "mix", "reselect", "mask")
    d_start, d_end = qa_target_gradient(g, "start", "end", target)
    g.output(d_start, "d_start", FLOAT, ["R", "T"])
    g.output(d_end, "d_end", FLOAT, ["R", "T"])


def by_autograd(
    target: Callable[[Any, Any], Any], start: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    points = [torch.tensor(x.astype(np.float64), requires_grad=True) for x in (start, end)]
    value = target(*points).sum()
    gradients = torch.autograd.grad(value, points, allow_unused=True, materialize_grads=True)
    return gradients[0].numpy(), gradients[1].numpy()


@pytest.mark.parametrize("contrast", [False, True])
@pytest.mark.parametrize("name", sorted(TARGETS))
def test_gradient_of_every_target(run_part: RunPart, name: str, contrast: bool) -> None:
    start, end = logits()
    spans = [[s, c] if contrast else [s] for s, c in zip(SPANS, CONTRASTS, strict=True)]
    feeds = target_feeds(target_mix(name), spans, [1.0, -1.0][: 1 + contrast], np.ones((R, T)), False)
    got = run_part(build, {"start": start, "end": end} | feeds)
    for row in range(R):
        wanted = by_autograd(
            target_of(name, SPANS[row], CONTRASTS[row] if contrast else None),
            start[row : row + 1],
            end[row : row + 1],
        )
        for side, expected in zip(("d_start", "d_end"), wanted, strict=True):
            np.testing.assert_allclose(got[side][row], expected[0], atol=3e-7)
        both = np.concatenate([got["d_start"][row], got["d_end"][row]])
        assert relative_difference(both, np.concatenate([wanted[0][0], wanted[1][0]])) < 1e-6


def log_softmax(x: np.ndarray) -> np.ndarray:
    result: np.ndarray = x - x.max() - np.log(np.exp(x - x.max()).sum())
    return result


def formula(name: str, start: np.ndarray, end: np.ndarray, span: tuple[int, int]) -> float:
    """Write the targets down once more, in numpy and float64."""
    i, j = span
    log_p, log_q = log_softmax(start)[i], log_softmax(end)[j]
    ends = {
        "logit": (start[i], end[j]),
        "probability": (np.exp(log_p), np.exp(log_q)),
        "log_probability": (log_p, log_q),
    }
    if name == "span_probability":
        return float(np.exp(log_p + log_q))
    for side, prefix in enumerate(("start_", "end_")):
        if name.startswith(prefix):
            return float(ends[name.removeprefix(prefix)][side])
    return float(sum(ends[name]))


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_gradient_by_finite_differences(run_part: RunPart, name: str) -> None:
    start, end = logits(1)
    feeds = target_feeds(target_mix(name), [[s] for s in SPANS], [1.0], np.ones((R, T)), False)
    got = run_part(build, {"start": start, "end": end} | feeds)
    row, step = 0, 1e-5
    x = np.concatenate([start[row], end[row]]).astype(np.float64)

    def value(x: np.ndarray) -> float:
        return formula(name, x[:T], x[T:], SPANS[row])

    slopes = [(value(x + step * unit) - value(x - step * unit)) / (2 * step) for unit in np.eye(2 * T)]
    both = np.concatenate([got["d_start"][row], got["d_end"][row]])
    np.testing.assert_allclose(both, slopes, atol=1e-6)


def test_padding_has_no_part_in_the_softmax(run_part: RunPart) -> None:
    start, end = logits(2)
    mask = np.ones((R, T))
    mask[1, 5:] = 0
    start[1, 5:], end[1, 5:] = 50.0, -50.0
    spans = [[(0, 4)], [(2, 4)], [(7, 8)]]
    got = run_part(
        build,
        {"start": start, "end": end} | target_feeds(target_mix("probability"), spans, [1.0], mask, False),
    )
    wanted = by_autograd(target_of("probability", (2, 4)), start[1:2, :5], end[1:2, :5])
    for side, expected in zip(("d_start", "d_end"), wanted, strict=True):
        np.testing.assert_allclose(got[side][1, :5], expected[0], atol=1e-6)
        np.testing.assert_array_equal(got[side][1, 5:], 0)


@pytest.mark.parametrize("name", ["probability", "logit", "span_probability"])
def test_reselecting_follows_the_largest_and_ties_share(run_part: RunPart, name: str) -> None:
    start, end = logits(3)
    start[0] = 1.25  # all tie
    start[1, [2, 5]] = 9.0  # two tie
    mix = target_mix(name)
    got = run_part(
        build, {"start": start, "end": end} | target_feeds(mix, [[(0, 0)]] * R, [1.0], np.ones((R, T)), True)
    )

    def target(s: Any, e: Any) -> Any:
        # amax shares its gradient among ties
        if name == "logit":
            return s.amax(-1) + e.amax(-1)
        p, q = s.softmax(-1).amax(-1), e.softmax(-1).amax(-1)
        return p + q if name == "probability" else p * q

    wanted = by_autograd(target, start, end)
    for side, expected in zip(("d_start", "d_end"), wanted, strict=True):
        np.testing.assert_allclose(got[side], expected, atol=1e-6)
    if name == "probability":
        np.testing.assert_allclose(got["d_start"][0], 0, atol=1e-8)


def test_a_sure_answer_keeps_its_gradient(run_part: RunPart) -> None:
    """Where p is nearly 1 the gradient p (1 - p) is small, and must still be right."""
    start, end = logits(4)
    start[:, 3] += 14.0
    end[:, 6] += 14.0
    feeds = target_feeds(target_mix("log_probability"), [[(3, 6)]] * R, [1.0], np.ones((R, T)), False)
    got = run_part(build, {"start": start, "end": end} | feeds)
    wanted = by_autograd(target_of("log_probability", (3, 6)), start, end)
    assert relative_difference(got["d_start"], wanted[0]) < 1e-5
    assert relative_difference(got["d_end"], wanted[1]) < 1e-5


def test_logits_and_their_twin(run_part: RunPart, random_reader: Any, spec_and_weights: Any) -> None:
    reader = random_reader()
    spec, weights = spec_and_weights(reader)
    H = spec.hidden_size
    rng = np.random.default_rng(5)
    x, d_start, d_end = rng.normal(size=(2, 5, H)), *rng.normal(size=(2, 2, 5))

    def build_logits(g: Graph) -> None:
        start, end = qa_logits(g, "x", g.op("Shape", "d_start"))
        g.output(start, "start", FLOAT, ["B", "T"])
        g.output(end, "end", FLOAT, ["B", "T"])
        g.output(qa_logits_backward(g, "d_start", "d_end"), "dx", FLOAT, ["N", H])

    got = run_part(build_logits, {"x": x.reshape(10, H), "d_start": d_start, "d_end": d_end}, weights)
    head = reader.exact.module.qa_outputs
    wanted = head(torch.tensor(x))
    assert relative_difference(got["start"], wanted[..., 0]) < 1e-6
    assert relative_difference(got["end"], wanted[..., 1]) < 1e-6
    dx = torch.einsum("bt,h->bth", torch.tensor(d_start), head.weight[0]) + torch.einsum(
        "bt,h->bth", torch.tensor(d_end), head.weight[1]
    )
    assert relative_difference(got["dx"], dx.reshape(10, H)) < 1e-6
