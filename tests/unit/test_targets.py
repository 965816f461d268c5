"""Targets by name: the seven numbers that graphs and engine take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bertqa_fast.attribution.targets import TARGETS, target_mix

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
