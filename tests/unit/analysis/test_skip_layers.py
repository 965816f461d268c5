"""Skip-layer predictions, against PyTorch readers whose blocks were taken out."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.analysis.analysis import CannotAnalyzeError
from bertqa_fast.analysis.options import parse_options
from bertqa_fast.analysis.registry import ANALYSES
from bertqa_fast.analysis.skip_layers import draw, parse_sets, skip_layers
from bertqa_fast.analysis.skip_tables import Answers, tables
from bertqa_fast.data.windows import make_windows
from bertqa_fast.runs.reader import Run

Attributed = Callable[..., Run]


@pytest.fixture
def reader(random_reader: Any) -> Any:
    return random_reader(layers=3, seed=5)


def answer_without(reader: Any, example: bf.QAExample, skipped: tuple[int, ...]) -> str:
    """Take blocks out of the PyTorch encoder, and try every span of the context."""
    pytest.importorskip("torch")
    exact = copy.copy(reader.exact)
    exact.blocks = [block for number, block in enumerate(exact.blocks) if number not in skipped]
    [window] = make_windows(reader.model.window_tokenizer, [example])
    states = exact.hidden_states(window.input_ids[None], window.token_type_ids[None])
    start, end = (side[0].numpy() for side in exact.logits_from(len(exact.blocks) - 1, states[-1]))
    inside = np.flatnonzero(window.segment == 1).tolist()
    spans = [(first, last) for first in inside for last in inside if first <= last < first + 30]
    first, last = max(spans, key=lambda span: start[span[0]] + end[span[1]])
    return example.context[window.offsets[first, 0] : window.offsets[last, 1]]


def test_against_torch(attributed: Attributed, reader: Any, mixed_examples: list[bf.QAExample]) -> None:
    run = attributed(reader=reader)
    result = skip_layers(run, reader.model, blocks="0,2;2,1")
    table, each = result.table("skip_layers"), result.table("skip_layers_examples")
    sets = {"none": (), "0": (0,), "1": (1,), "2": (2,), "0,2": (0, 2), "1,2": (1, 2)}
    assert table.column("left_out") == list(sets)
    assert table.column("blocks") == [0, 1, 1, 1, 2, 2]
    for name, skipped in sets.items():
        for example in mixed_examples:
            wanted = answer_without(reader, example, skipped)
            assert each.where(left_out=name, example=example.id).column("answer") == [wanted]
        found = dict(
            zip(
                each.where(left_out=name).column("example"),
                each.where(left_out=name).column("answer"),
                strict=True,
            )
        )
        scores = bf.evaluate(mixed_examples, found)
        row = table.where(left_out=name)
        assert row.column("exact_match") == [pytest.approx(scores.exact_match)]
        assert row.column("f1") == [pytest.approx(scores.f1)]
        whole = table.where(left_out="none")
        assert row.column("f1_change") == [pytest.approx(scores.f1 - whole.column("f1")[0])]
        assert row.column("f1_change_low")[0] <= row.column("f1_change")[0] + 1e-9
    assert table.where(left_out="none").column("changed") == [0]
    assert any(share > 0 for share in table.column("changed"))
    figure = draw(result)["skip_layers"]
    lines = {line.get_label(): line.get_ydata() for line in figure.axes[0].lines}
    np.testing.assert_allclose(lines["F1"], table.column("f1"))
    np.testing.assert_allclose(lines["answers that change"], table.column("changed"))
    assert result.notes[-1].endswith("(6 models, one after the other)")


def test_one_block_is_what_the_blocks_above_make_of_its_input(
    attributed: Attributed, reader: Any, mixed_examples: list[bf.QAExample]
) -> None:
    """Another way round: the input of a block, run from its output on."""
    windows = make_windows(reader.model.window_tokenizer, mixed_examples)
    below = [hidden[1] for hidden in reader.model.hidden_states(windows)]  # what block 1 is given
    with reader.model.derived(blocks=[0, 2]) as left:
        for ours, theirs in zip(left.logits(windows), reader.model.logits_above(1, below), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_totals_by_hand() -> None:
    examples = [bf.QAExample("who?", "ada and bob", name, ("ada",)) for name in "abcd"]
    whole = Answers.of((), examples, ["ada", "ada", "The Ada", "bob"], "squad")
    less = Answers.of((1, 4), examples, ["ada", "bob", "ada", "bob and"], "squad")
    totals, each = tables([whole, less])
    assert totals.column("left_out") == ["none", "1,4"]
    assert totals.column("exact_match") == [75, 50]
    assert totals.column("exact_match_change") == [0, -25]
    assert totals.column("changed") == [0, 50]  # an article more is no other answer
    assert totals.column("changed_low")[0] is None
    assert 0 < totals.column("changed_low")[1] < 50 < totals.column("changed_high")[1] < 100
    assert each.where(left_out="1,4").column("changed") == [False, True, False, True]
    assert each.where(left_out="1,4").column("exact_match") == [1, 0, 1, 0]


def test_runs_without_gold_are_not_scored(attributed: Attributed, reader: Any) -> None:
    examples = [bf.QAExample("who?", "ada wrote it in the year.", f"q{n}") for n in range(3)]
    result = skip_layers(attributed(examples, reader), reader.model, limit=2)
    table = result.table("skip_layers")
    assert table.column("examples") == [2] * 4
    assert table.column("f1") == table.column("exact_match_change_low") == [None] * 4
    assert result.table("skip_layers_examples").column("f1") == [None] * 8
    assert [line.get_label() for line in draw(result)["skip_layers"].axes[0].lines] == ["answers that change"]


def test_sets_are_typed() -> None:
    assert parse_sets(None, 12) == []
    assert parse_sets("3,7", 12) == [(3, 7)]
    assert parse_sets("7, 3;10,11;0", 12) == [(3, 7), (10, 11), (0,)]
    known = {"skip-layers": ANALYSES["skip-layers"].options}
    assert parse_options(["skip-layers.blocks=3,7", "skip-layers.each=false"], known) == {
        "skip-layers": {"blocks": "3,7", "each": False}
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"blocks": "3"}, r"blocks must be 0 to 2, each once in a set; got '3'"),
        ({"blocks": "1,1"}, "each once in a set; got '1,1'"),
        ({"blocks": "-1"}, "blocks must be 0 to 2"),
        ({"blocks": "one"}, "blocks must be numbers with commas between .* got 'one'"),
        ({"blocks": "1;"}, "blocks must be numbers"),
        ({"blocks": "0,1,2"}, "blocks must leave at least one, got all 3"),
        ({"each": False}, "blocks must name a set of blocks where each is false"),
    ],
)
def test_wrong_options(attributed: Attributed, reader: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        skip_layers(attributed(reader=reader, limit=1), reader.model, **options)


def test_a_model_of_one_block(attributed: Attributed, random_reader: Any) -> None:
    single = random_reader(layers=1)
    with pytest.raises(CannotAnalyzeError, match="the model has one only"):
        skip_layers(attributed(reader=single, limit=1), single.model)
