"""Decision flips: against a slow loop over PyTorch in float64, and against numbers counted by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.analysis.analysis import CannotAnalyzeError
from bertqa_fast.analysis.flip_tables import Flips, tables
from bertqa_fast.analysis.flips import ANALYSIS, decision_flips, draw
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.runs.reader import Run
from bertqa_fast.runs.scored import ScoredWindow
from bertqa_fast.tasks.squad_metrics import normalize

Attributed = Callable[..., Run]
K = (1, 2, 4, 9)


def best_span(window: Window, start: Any, end: Any) -> tuple[int, int]:
    """Try every span of the context, one after the other."""
    inside = np.flatnonzero(window.segment == 1).tolist()
    spans = [(first, last) for first in inside for last in inside if first <= last < first + 30]
    return max(spans, key=lambda span: float(start[span[0]] + end[span[1]]))


def text_of(scored: ScoredWindow, window: Window, span: tuple[int, int]) -> str:
    return scored.context[window.offsets[span[0], 0] : window.offsets[span[1], 1]]


def erased_logits(exact: Any, window: Window, layer: int, gone: list[int], mode: str) -> Any:
    """Erase with PyTorch: rows of the layer's output, or words that are read as another token."""
    ids = window.input_ids.copy()
    if mode != "state":
        ids[gone] = {"mask": 4, "pad": 0}[mode]
    states = exact.hidden_states(ids[None], window.token_type_ids[None])
    if mode == "state":
        states[layer + 1][:, gone] = 0.0
    else:
        layer = exact.num_layers - 1
    start, end = exact.logits_from(layer, states[layer + 1])
    return start[0], end[0]


@pytest.mark.parametrize("mode", ["state", "mask", "pad"])
def test_against_a_slow_loop(attributed: Attributed, random_reader: Any, mode: str) -> None:
    pytest.importorskip("torch")
    reader = random_reader()
    run = attributed()
    result = decision_flips(run, reader.model, k=K, part="window", erase=mode)
    examples = result.table("flips_examples")
    flipped = {key: [] for key in ("most", "least")}
    for scored in run.scored():
        example = bf.QAExample(scored.question, scored.context)
        [window] = make_windows(reader.model.window_tokenizer, [example])
        words = [at for at in range(len(window.tokens)) if window.segment[at] >= 0]
        whole = best_span(window, *erased_logits(reader.exact, window, -1, [], "state"))
        before = text_of(scored, window, whole)
        for at, layer in enumerate(scored.layers):
            for order, sign in (("most", -1), ("least", 1)):
                ranked = sorted(words, key=lambda word: sign * scored.scores[at, word])
                after = [
                    text_of(
                        scored,
                        window,
                        best_span(window, *erased_logits(reader.exact, window, layer, ranked[:k], mode)),
                    )
                    for k in K
                    if k <= len(words)
                ]
                changed = [normalize(text) != normalize(before) for text in after]
                row = examples.where(example=scored.key, layer=layer, order=order)
                first = changed.index(True) if any(changed) else None
                assert row.column("before") == [before]
                assert row.column("tokens") == [len(words)]
                assert row.column("first_k") == [None if first is None else K[first]]
                assert row.column("after") == [None if first is None else after[first]]
                flipped[order].append((layer, changed))
    for order, found in flipped.items():
        for layer in (-1, 0, 1):
            rows = result.table("flips").where(layer=layer, order=order)
            for step in range(len(K)):
                some = [changed[step] for at, changed in found if at == layer and step < len(changed)]
                assert rows.column("examples")[step] == len(some)
                assert rows.column("flipped")[step] == pytest.approx(100 * np.mean(some))


@pytest.mark.parametrize(("preset", "below"), [(None, 0), ("ramnath2020", 1)])
def test_states_are_erased_where_they_were_explained(
    attributed: Attributed, random_reader: Any, preset: str | None, below: int
) -> None:
    """With the run's baseline in the place of erased rows, and below the block that a preset explains."""
    model = random_reader().model
    settings = {"n_steps": None, "preset": preset} if preset else {"baseline": "mask"}
    run = attributed(**settings, limit=1)
    found = decision_flips(run, model, k=(3,), draws=1).table("flips_examples")
    scored = next(run.scored())
    [window] = make_windows(model.window_tokenizer, [bf.QAExample(scored.question, scored.context)])
    masked = replace(window, input_ids=np.where(window.segment >= 0, 4, window.input_ids))
    [states], [baselines] = model.hidden_states([window]), model.hidden_states([masked])
    context = np.flatnonzero(window.segment == 1)
    for at, layer in enumerate(scored.layers):
        gone = context[np.argsort(-scored.scores[at, context], kind="stable")[:3]]
        erased = states[layer - below + 1].copy()
        erased[gone] = 0 if preset else baselines[layer - below + 1][gone]
        [logits] = model.logits_above(layer - below, [erased])
        after = text_of(scored, window, best_span(window, *logits))
        row = found.where(layer=layer, order="most")
        if normalize(after) == normalize(row.column("before")[0]):
            assert row.column("after") == [None]
        else:
            assert row.column("after") == [after]


def test_baselines_of_the_caller_are_refused(attributed: Attributed, random_reader: Any) -> None:
    run = attributed(baseline=np.ones(24, dtype=np.float32), limit=1)
    with pytest.raises(CannotAnalyzeError, match="from a baseline of the caller's, wanted zero"):
        decision_flips(run, random_reader().model)
    assert decision_flips(run, random_reader().model, erase="mask", k=(1,)).examples == 1


def test_random_orders_are_the_same_in_every_call(attributed: Attributed, random_reader: Any) -> None:
    run, model = attributed(), random_reader().model
    one, two = (decision_flips(run, model, k=(2, 5), draws=2) for _ in range(2))
    assert one.tables == two.tables
    other = decision_flips(run, model, k=(2, 5), draws=2, seed=1)
    assert one.table("flips").where(order="most") == other.table("flips").where(order="most")
    # The first examples are drawn the same orders, however many there are.
    first = decision_flips(run, model, k=(2, 5), draws=2, limit=1).table("flips_examples")
    assert first.rows == tuple(row for row in one.table("flips_examples").rows if row[0] == "middle")
    assert first.where(layer=0).column("order") == ["most", "random 1", "random 2", "least"]


def test_everything_erased_at_once(attributed: Attributed, random_reader: Any) -> None:
    """With every word of the context gone all orders come to the same."""
    table = decision_flips(attributed(), random_reader().model, k=(7,), erase="mask", limit=2, draws=2).table(
        "flips_examples"
    )
    short = table.where(example="short")
    assert short.column("tokens") == [7] * 3 * 4
    assert len(set(short.column("after"))) == 1


def test_another_span_of_the_same_text_counts_only_as_a_span(
    attributed: Attributed, random_reader: Any
) -> None:
    text, span = (
        decision_flips(attributed_once, random_reader().model, k=(1, 3), change=change).table("flips")
        for attributed_once in [attributed()]
        for change in ("text", "span")
    )
    pairs = list(zip(text.column("flipped"), span.column("flipped"), strict=True))
    assert all(by_text <= by_span for by_text, by_span in pairs)


def test_shares_and_first_steps_by_hand() -> None:
    flips = Flips((0,), (1, 2, 5), 2)
    # Whether the answer changes at each k: most important first, random twice, least important first.
    noted = {
        "a": [[True, True, True], [False, True, True], [False, False, False], [False, False, False]],
        "b": [[False, True, False], [True, True, True], [False, False, True], [False, False, True]],
        "c": [[True, True], [False, False], [False, False], [False, False]],  # it has fewer than 5 tokens
    }
    for key, orders in noted.items():
        example = flips.open(key, 3 if key == "c" else 9, "before")
        for order, changed in enumerate(orders):
            example.note(0, order, changed, [f"{key}{step}" for step in range(len(changed))])
    shares, first, examples = tables(flips)
    assert shares.where(order="most").column("examples") == [3, 3, 2]
    assert shares.where(order="most").column("flipped") == pytest.approx([200 / 3, 100, 50])
    assert shares.where(order="least").column("flipped") == pytest.approx([0, 0, 50])
    assert shares.where(order="random").column("flipped") == pytest.approx([100 / 6, 200 / 6, 75])
    for column in ("flipped_low", "flipped", "flipped_high"):
        assert all(0 <= value <= 100 for value in shares.column(column))
    assert first.column("order") == ["most", "random", "least"]
    assert first.column("never") == pytest.approx([0, 50, 200 / 3])
    assert first.column("median_k") == [1, 2, 5]
    assert first.column("mean_k") == pytest.approx([4 / 3, 8 / 3, 5])
    assert first.where(order="least").column("mean_k_low") == [5]
    assert examples.where(order="most").column("first_k") == [1, 2, 1]
    assert examples.where(order="most").column("after") == ["a0", "b1", "c0"]
    assert examples.where(example="c", order="random 2").column("first_k") == [None]


def test_what_nobody_flips_is_empty() -> None:
    flips = Flips((0,), (9,), 1)
    flips.open("a", 3, "before").note(0, 0, [], [])
    shares, first, _ = tables(flips)
    assert shares.column("examples") == [0, 0, 0]
    assert shares.column("flipped") == shares.column("flipped_low") == [None] * 3
    assert first.column("never") == [100] * 3
    assert first.column("median_k") == first.column("mean_k_high") == [None] * 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"erase": "rows"}, "erase must be one of state, mask, pad, got 'rows'"),
        ({"part": "all"}, "part must be one of context, window"),
        ({"change": "score"}, "change must be one of text, span"),
        ({"k": ()}, "k must hold positive numbers"),
        ({"k": (0, 1)}, "k must hold positive numbers"),
        ({"seed": -1}, "seed none below 0"),
        ({"draws": 0}, "draws must be 1 or more, got 0"),
        ({"limit": 0}, "limit must be positive"),
    ],
)
def test_wrong_options(
    attributed: Attributed, random_reader: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        decision_flips(attributed(limit=1), random_reader().model, **options)


def test_figures_and_what_is_said(attributed: Attributed, random_reader: Any) -> None:
    result = decision_flips(attributed(), random_reader().model, k=(5, 1, 1), draws=1, limit=3)
    assert result.examples == 3
    assert result.settings["k"] == [5, 1, 1]
    assert result.table("flips").column("k") == [1, 5] * 9
    assert any("left-over that is never called" in note for note in result.notes)
    assert result.notes[-1].startswith("3 examples in ")
    figures = draw(result)
    panels = figures["flips_over_k"].axes
    assert [axes.get_title() for axes in panels] == [
        "most important first",
        "random",
        "least important first",
    ]
    drawn = panels[0].lines[1].get_ydata()
    np.testing.assert_allclose(drawn, result.table("flips").where(layer=0, order="most").column("flipped"))
    lines = {line.get_label(): line for line in figures["flips_over_layers"].axes[0].lines}
    wanted = result.table("flips").where(order="random", k=1).column("flipped")
    np.testing.assert_allclose(lines["random"].get_ydata(), wanted)
    assert ANALYSIS.needs_model
    assert replace(result) == type(result).from_dict(result.to_dict())
