"""Targets by name: the seven numbers that graphs and engine take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bertqa_fast.attribution.targets import TARGETS, target_mix, target_value

NAMES = {
    "probability",
    "logit",
    "log_probability",
    "span_probability",
    *(f"{side}_{kind}" for side in ("start", "end") for kind in ("logit", "probability", "log_probability")),
}


def test_every_target_of_the_contract_is_there() -> None:
    assert set(TARGETS) == NAMES


@pytest.mark.parametrize("kind", ["logit", "probability", "log_probability"])
def test_both_ends_add_up(kind: str) -> None:
    np.testing.assert_array_equal(target_mix(kind), target_mix(f"start_{kind}") + target_mix(f"end_{kind}"))


def test_mixes_are_what_the_engine_takes() -> None:
    mixes = [target_mix(name) for name in sorted(TARGETS)]
    assert all(mix.dtype == np.float32 and mix.shape == (7,) for mix in mixes)
    assert len({tuple(mix) for mix in mixes}) == len(mixes)
    np.testing.assert_array_equal(target_mix("span_probability"), [0, 0, 0, 0, 0, 0, 1])


@pytest.mark.parametrize("target", ["Probability", "", "loss", None, 3, ["logit"], {"logit"}])
def test_unknown_targets(target: Any) -> None:
    with pytest.raises(ValueError, match=r"target: got .*wanted one of: .*probability"):
        target_mix(target)


@pytest.mark.parametrize("target", sorted(NAMES))
def test_values_are_those_of_pytorch(target: str) -> None:
    torch = pytest.importorskip("torch")
    from bertqa_fast.graphs.reference import target_of

    rng = np.random.default_rng(0)
    start, end = 20 * rng.normal(size=(2, 3, 7))
    wanted = target_of(target, (2, 4))(torch.tensor(start), torch.tensor(end)).numpy()
    np.testing.assert_allclose(target_value(target, (2, 4), start, end), wanted, rtol=1e-12)
    assert target_value(target, (2, 4), start[0], end[0]) == pytest.approx(wanted[0], rel=1e-12)


def test_values_of_large_logits_do_not_overflow() -> None:
    logits = np.array([1e4, -1e4], dtype=np.float32)
    assert target_value("probability", (0, 0), logits, logits) == 2
    assert target_value("start_log_probability", (1, 0), logits, logits) == -2e4
