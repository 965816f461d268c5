"""Grids: every cell is what masking it alone gives, and the baseline is the reader's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.data.windows import make_windows
from bertqa_fast.zones import grid as module
from bertqa_fast.zones.ranking import span_probability


@pytest.fixture(scope="module")
def model(random_reader: Callable[..., Any]) -> bf.Model:
    opened: bf.Model = random_reader().model
    return opened


def test_cells_are_those_of_single_decodes(model: bf.Model, mixed_examples: list[bf.QAExample]) -> None:
    grid = bf.zone_grid(model, mixed_examples, show_progress=False)
    assert (len(grid), grid.layers, grid.zones, grid.heads) == (4, (0, 1), module.ZONES, (None,))
    plain = bf.predict(model, mixed_examples)
    assert grid.unmasked.text.tolist() == [p.text for p in plain]
    scores = bf.evaluate(mixed_examples, plain)
    assert 100 * grid.unmasked.exact_match.mean() == pytest.approx(scores.exact_match)
    assert 100 * grid.unmasked.f1.mean() == pytest.approx(scores.f1)
    for layer in (0, 1):
        for at, zone in enumerate(grid.zones):
            alone = bf.mask_attention(model, mixed_examples, zone, layer)
            cell = (slice(None), layer, at, 0)
            assert grid.masked.text[cell].tolist() == [p.text for p in alone]
            assert grid.masked.start_char[cell].tolist() == [p.start_char for p in alone]
            assert grid.masked.end_char[cell].tolist() == [p.end_char for p in alone]
            assert grid.masked.window[cell].tolist() == [p.window for p in alone]
            np.testing.assert_allclose(
                grid.masked.score[cell], [p.score for p in alone], rtol=1e-4, atol=1e-4
            )
            assert 100 * grid.masked.f1[cell].mean() == pytest.approx(bf.evaluate(mixed_examples, alone).f1)


def test_kept_is_the_probability_of_the_unmasked_answer(
    model: bf.Model, torch_reader: Any, mixed_examples: list[bf.QAExample]
) -> None:
    from bertqa_fast.zones.cells import masked_cells

    grid = bf.zone_grid(model, mixed_examples, zones="p2", layers=1)
    for number, example in enumerate(mixed_examples):
        [window] = make_windows(model.window_tokenizer, [example])
        answer = bf.predict(model, example)
        for found, lost in (
            (grid.unmasked.kept[number], None),
            (grid.masked.kept[number, 0, 0, 0], masked_cells(window, "p2")),
        ):
            shares = []
            for logits, at in zip(
                torch_reader(window, lost, (1,)), (answer.start_token, answer.end_token), strict=True
            ):
                powers = np.exp(logits - logits.max())
                shares.append(powers[at] / powers.sum())
            assert found == pytest.approx(np.mean(shares), abs=1e-4)


def test_heads_one_at_a_time(model: bf.Model, mixed_examples: list[bf.QAExample]) -> None:
    grid = bf.zone_grid(model, mixed_examples, zones=["p2", "all"], layers=[1], heads="each", top=3)
    assert grid.heads == (0, 1, 2)
    for head in grid.heads:
        alone = bf.mask_attention(model, mixed_examples, "p2", 1, heads=head, top=3)
        assert grid.masked.text[:, 0, 0, head].tolist() == [p.text for p in alone]
    assert bf.zone_grid(model, mixed_examples[0], zones="q2", heads=[2, 0]).heads == (0, 2)


def test_pieces_and_windows_change_nothing(
    model: bf.Model, mixed_examples: list[bf.QAExample], monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [replace(example, id=f"{example.id}-{copy}") for copy in range(3) for example in mixed_examples]
    options: dict[str, Any] = {"max_length": 24, "doc_stride": 6, "show_progress": False}
    whole = bf.zone_grid(model, many, **options)
    assert whole.unmasked.window.max() > 0
    monkeypatch.setattr(module, "_LOGITS", 1000)
    monkeypatch.setattr(module, "_CHUNK", 5)
    small = bf.zone_grid(model, many, **options)
    assert small.ids == whole.ids
    assert small.masked.text.tolist() == whole.masked.text.tolist()
    np.testing.assert_array_equal(small.masked.exact_match, whole.masked.exact_match)
    np.testing.assert_allclose(small.masked.kept, whole.masked.kept, atol=1e-5)


def test_the_published_all_keeps_every_answer(model: bf.Model, mixed_examples: list[bf.QAExample]) -> None:
    grid = bf.zone_grid(model, mixed_examples, zones=["all", "q2"], layers=0, all_mode="reference")
    assert grid.masked.text[:, 0, 0, 0].tolist() == grid.unmasked.text.tolist()
    np.testing.assert_array_equal(grid.masked.kept[:, 0, 0, 0], grid.unmasked.kept)
    alone = bf.zone_grid(model, mixed_examples, zones="all", layers=0, all_mode="reference")
    np.testing.assert_allclose(alone.masked.kept[:, 0, 0, 0], grid.unmasked.kept, atol=1e-6)


def test_scores_are_the_tasks(model: bf.Model, mixed_examples: list[bf.QAExample]) -> None:
    examples = [replace(example, answers=()) for example in mixed_examples]
    assert bf.zone_grid(model, examples, zones="q2", layers=0).metrics == ("kept",)
    options: dict[str, Any] = {"zones": "q2", "layers": 0, "task": "squad_v2"}
    silent = bf.zone_grid(model, examples, null_score_diff_threshold=-1e9, **options)
    assert silent.unmasked.exact_match.tolist() == [1.0] * 4
    assert set(silent.unmasked.text) == {""}
    assert ((silent.masked.kept >= 0) & (silent.masked.kept <= 1)).all()
    mixed = [mixed_examples[0], *examples[1:]]
    some = bf.zone_grid(model, mixed, zones="q2", layers=0)
    assert np.isfinite(some.unmasked.f1).tolist() == [True, False, False, False]
    assert np.isfinite(some.masked.f1[:, 0, 0, 0]).tolist() == [True, False, False, False]


def test_what_it_was_made_of_is_said(model: bf.Model, mixed_examples: list[bf.QAExample]) -> None:
    grid = bf.zone_grid(model, mixed_examples, zones="q2", layers=1, top=4, special="segment")
    assert grid.about["model"]["fingerprint"] == model.fingerprint
    assert (grid.about["model"]["num_layers"], grid.about["model"]["num_heads"]) == (2, 3)
    assert grid.about["settings"] == {
        "top": 4,
        "special": "segment",
        "all_mode": "self",
        "max_length": 384,
        "doc_stride": 128,
        "max_query_length": None,
        "max_answer_length": 30,
        "null_score_diff_threshold": None,
    }
    assert grid.about["task"] == "squad"
    assert repr(grid) == "ZoneGrid(4 examples, q2, layers 1, all heads)"


def test_span_probability() -> None:
    random = np.random.default_rng(0)
    start, end = random.normal(size=(2, 3, 5)).astype(np.float32)
    start[1] += 500  # no overflow
    found = span_probability(start, end, 1, 4)
    wanted = [
        (
            np.exp(np.float64(s[1])) / np.exp(s.astype(float)).sum()
            + np.exp(e[4]) / np.exp(e.astype(float)).sum()
        )
        / 2
        for s, e in zip(start, end, strict=True)
    ]
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_wrong_arguments_are_named(model: bf.Model, mixed_examples: list[bf.QAExample]) -> None:
    for options, message in (
        ({"zones": ["q2", "q2"]}, "zones: got .* each once"),
        ({"layers": [5]}, "layers: got 5"),
        ({"heads": "every"}, "heads: got 'every'"),
        ({"top": 2, "zones": "all"}, "top: got 2 with zone 'all' alone"),
        ({"task": "quiz"}, "task must be one of"),
        ({"special": "drop"}, "special must be one of"),
    ):
        with pytest.raises(ValueError, match=message):
            bf.zone_grid(model, mixed_examples, **options)
    with pytest.raises(ValueError, match="examples must hold at least one, got none"):
        bf.zone_grid(model, [])
    with pytest.raises(ValueError, match="'middle' twice"):
        bf.zone_grid(model, [mixed_examples[0]] * 2)
    with pytest.raises(TypeError, match="examples must hold QAExample, got str"):
        bf.zone_grid(model, ["who?"])  # type: ignore[list-item]
