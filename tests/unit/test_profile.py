"""Where time went, on request."""

from __future__ import annotations

from typing import Any

import pytest

import bertqa_fast as bf

EXAMPLES = [
    bf.QAExample("who?", "ada wrote it."),
    bf.QAExample("when was it?", "it was in 1843 that the ships left."),
]


def profile_of(model: bf.Model, **settings: Any) -> bf.Profile:
    made: list[bf.Profile] = []
    bf.integrated_gradients(model, EXAMPLES, profile=made.append, **settings)
    assert len(made) == 1
    return made[0]


@pytest.mark.parametrize(("traversal", "stage"), [("cuts", "cut"), ("all_layers", "all_layers")])
def test_fixed_nodes_are_counted(random_reader: Any, traversal: str, stage: str) -> None:
    model = random_reader().model
    profile = profile_of(model, layer=[0, 1], method="gausslegendre", n_steps=3, traversal=traversal)
    assert (profile.windows, profile.paths, profile.evaluations) == (2, 4, 3.5)
    assert profile.rows == 2 * 2 * (1 + 3)
    assert 0 <= profile.padding < 1
    assert profile.tokens_per_batch > 0
    runs = {name: runs for name, (runs, _) in profile.stages.items()}
    assert runs["finish"] <= runs["weigh"]
    assert 1 <= runs[stage] <= runs["weigh"]
    assert runs["forward"] >= 1
    assert runs["hidden_states"] >= 1
    assert profile.seconds == pytest.approx(sum(s for _, s in profile.stages.values()))
    assert all(seconds >= 0 for _, seconds in profile.stages.values())


def test_graphs_are_loaded_once(random_reader: Any) -> None:
    with bf.load(random_reader().folder, cache_dir=random_reader().cache) as model:
        first, second = (profile_of(model, layer=0) for _ in range(2))
    assert (
        first.stages["loading"][0] == 2
    )  # hidden_states is there since the predictions, finish since loading
    assert "loading" not in second.stages


def test_a_table_on_stderr(random_reader: Any, capsys: pytest.CaptureFixture[str]) -> None:
    bf.integrated_gradients(random_reader().model, EXAMPLES[0], 0, profile=True, show_progress=False)
    printed = capsys.readouterr()
    assert printed.out == ""
    for words in (
        "1 windows, 1 paths",
        "% padding",
        "memory budget",
        "gradients, above the cut",
        "preparing",
    ):
        assert words in printed.err


def test_few_points_at_many_layers_share_batches(random_reader: Any) -> None:
    runs = profile_of(random_reader().model, layer="all", internal_batch_size=64).stages
    assert runs["all_layers"][0] >= 1
    assert "cut" not in runs
    full = profile_of(random_reader().model, layer="all", internal_batch_size=1).stages
    assert "all_layers" not in full


def test_anything_else_is_refused(random_reader: Any) -> None:
    with pytest.raises(TypeError, match="profile: got str, wanted a bool or a function"):
        bf.integrated_gradients(random_reader().model, EXAMPLES, 0, profile="yes")  # type: ignore[call-overload]
