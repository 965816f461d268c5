"""The analysis over runs of random readers, against slow loops over the same readers in float64."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.integrate import trapezoid
from scipy.stats import spearmanr

from bertqa_fast import _core
from bertqa_fast.analysis.analysis import CannotAnalyzeError, Result
from bertqa_fast.analysis.faithful.perturbation import Drawing, nearby, perturbations
from bertqa_fast.analysis.faithful.randomization import redrawing
from bertqa_fast.analysis.faithfulness import ANALYSIS, faithfulness
from bertqa_fast.analysis.registry import chosen
from bertqa_fast.analysis.replay import rebuild
from bertqa_fast.graphs.reference import Float64Reader, target_of
from bertqa_fast.runs.reader import Run

torch = pytest.importorskip("torch")

MakeRun = Callable[..., Run]
RULE = _core.quadrature_rule("gausslegendre", 4)  # what the runs of the tests have
QUICK: dict[str, Any] = {"fractions": (0.2, 0.6), "k": (1,), "steps": 3}


def measure(run: Run, model: Any, *measures: str, **options: Any) -> Result:
    return faithfulness(run, model, measures=measures, **options)


def rows_of(result: Result, table: str, **values: Any) -> list[dict[str, Any]]:
    found = result.table(table).where(**values)
    names = [column.name for column in found.columns]
    return [dict(zip(names, row, strict=True)) for row in found.rows]


def states_of(exact: Any, window: Any, ids: Any = None) -> list[Any]:
    given = window.input_ids if ids is None else ids
    return [state[0] for state in exact.hidden_states(given[None], window.token_type_ids[None])]


class SlowReader:
    """Target and log p of a window with some tokens erased, one run each, in float64."""

    def __init__(self, reader: Any, run: Run, window: Any, span: tuple[int, int]) -> None:
        settings = run.about["identity"]["settings"]
        self.exact, self.window = reader.exact, window
        self.known: dict[Any, list[float]] = {}
        self.targets = [target_of(settings["target"], span), target_of("log_probability", span)]
        self.tokens = {
            "mask": reader.model.tokenizer.mask_token_id,
            "pad": reader.model.tokenizer.pad_token_id,
        }
        self.states = states_of(self.exact, window)
        self.origins = [torch.zeros_like(state) for state in self.states]
        if settings["baseline"] != "zero":
            self.origins = states_of(self.exact, window, self._replaced(settings["baseline"]))

    def _replaced(self, kind: str, tokens: Any = None) -> Any:
        ids = self.window.input_ids.copy()
        for token in range(len(ids)) if tokens is None else tokens:
            if self.window.segment[token] >= 0:
                ids[token] = self.tokens[kind]
        return ids

    def __call__(self, cut: int, tokens: list[int], how: str) -> list[float]:
        key = (cut if how == "state" else -1, frozenset(tokens))
        if key not in self.known:
            self.known[key] = self._read(key[0], tokens, how)
        return self.known[key]

    def _read(self, cut: int, tokens: list[int], how: str) -> list[float]:
        if how == "state":
            state = self.states[cut + 1].clone()
            for token in tokens:
                state[token] = self.origins[cut + 1][token]
        else:
            state = states_of(self.exact, self.window, self._replaced(how, tokens))[0]
        return [float(target(*self.exact.logits_from(cut, state[None]))) for target in self.targets]


def slow_measures(read: SlowReader, cut: int, order: list[int], how: str) -> dict[str, float]:
    """Work out what a row of an order says, token by token."""
    full = read(cut, [], how)
    lost, left, odds = [], [], []
    for share in QUICK["fractions"]:
        first = order[: max(1, round(share * len(order)))]
        others = [token for token in order if token not in first]
        without, alone = read(cut, first, how), read(cut, others, how)
        lost.append(full[0] - without[0])
        left.append(full[0] - alone[0])
        odds.append(without[1] - full[1])
    shares, deletion, insertion = [], [], []
    for step in range(QUICK["steps"] + 1):
        count = round(step / QUICK["steps"] * len(order))
        shares.append(count / len(order))
        deletion.append(read(cut, order[:count], how)[0])
        insertion.append(read(cut, order[count:], how)[0])
    return {
        "aopc_comprehensiveness": float(np.mean(lost)),
        "aopc_sufficiency": float(np.mean(left)),
        "aopc_log_odds": float(np.mean(odds)),
        "deletion_area": float(trapezoid(deletion, shares)),
        "insertion_area": float(trapezoid(insertion, shares)),
    }


@pytest.mark.parametrize(
    ("settings", "erase", "part"),
    [
        ({}, "state", "window"),
        ({"baseline": "mask", "target": "span_probability"}, "state", "context"),
        ({"preset": "ramnath2020", "n_steps": None}, "state", "window"),
        ({}, "mask", "window"),
        ({"target": "logit"}, "pad", "context"),
    ],
    ids=["zero", "mask baseline", "input of the layer", "mask ids", "pad ids"],
)
def test_erasure_against_a_slow_loop(
    attributed: MakeRun, random_reader: Any, settings: dict[str, Any], erase: str, part: str
) -> None:
    reader = random_reader(layers=3)
    run = attributed(reader=reader, **settings)
    below = 1 if "preset" in settings else 0
    result = measure(run, reader.model, "erasure", erase=erase, part=part, limit=2, **QUICK)
    means: dict[Any, list[Any]] = {}
    for scored, window in rebuild(run, reader.model, "test", 2):
        read = SlowReader(reader, run, window, scored.span or (0, 0))
        allowed = [t for t, s in enumerate(window.segment) if s == 1 or (s == 0 and part == "window")]
        for layer, scores in zip(scored.layers, scored.scores, strict=True):
            falling = sorted(allowed, key=lambda token: (-scores[token], token))
            for name, order in (("scores", falling), ("least", falling[::-1])):
                wanted = slow_measures(read, layer - below, order, erase)
                keys = {"example": scored.example, "layer": layer, "order": name}
                [row] = rows_of(result, "faithfulness_examples", **keys)
                assert row["tokens"] == len(allowed)
                for measured, value in wanted.items():
                    assert row[measured] == pytest.approx(value, abs=2e-5), (keys, measured)
                    means.setdefault((layer, name, measured), []).append(value)
    assert len(means) == len(scored.layers) * 2 * 5
    for (layer, name, measured), values in means.items():
        [row] = rows_of(result, "faithfulness", layer=layer, order=name)
        assert row[measured] == pytest.approx(np.mean(values), abs=2e-5)
        assert row[f"{measured}_low"] <= row[measured] <= row[f"{measured}_high"]
        assert row["examples"] == 2


@pytest.mark.parametrize("erase", ["state", "mask"])
def test_laws(attributed: MakeRun, random_reader: Any, erase: str) -> None:
    """Nothing erased gives the run's own value; every word erased its baseline's where that is masked."""
    reader = random_reader()
    run = attributed(reader=reader, baseline="mask")
    options: dict[str, Any] = {"fractions": (0.5, 1.0), "k": (3, 999), "steps": 2, "draws": 2}
    result = measure(run, reader.model, "erasure", erase=erase, **options)
    assert result.examples == 4
    whole = np.mean([layers[0].value for layers in run])
    masked = np.mean([layers[-1].baseline_value for layers in run])
    for size in ("100 %", "999 tokens"):
        for row in rows_of(result, "faithfulness_sizes", size=size):
            assert row["sufficiency"] == 0
            if erase == "mask" or row["layer"] == -1:
                assert row["comprehensiveness"] == pytest.approx(whole - masked, abs=1e-5)
    for row in rows_of(result, "faithfulness_curves"):
        if row["share"] == 0:
            assert row["deletion"] == pytest.approx(whole, abs=1e-5)
        if row["share"] == 1:
            assert row["insertion"] == pytest.approx(whole, abs=1e-5)
    half = [(row["deletion"], row["insertion"]) for row in rows_of(result, "faithfulness_curves", share=0.5)]
    # Orders differ. The random one is the same at every layer, so that at the input it gives the same.
    assert len(set(half)) == (9 if erase == "state" else 7)


def test_drawing_again_gives_the_same(attributed: MakeRun, random_reader: Any) -> None:
    reader = random_reader()
    run = attributed(reader=reader)

    def random_rows(**options: Any) -> list[tuple[Any, ...]]:
        result = measure(run, reader.model, "erasure", **QUICK, **options)
        return list(result.table("faithfulness_examples").where(order="random").rows)

    first, fewer, other = random_rows(), random_rows(limit=2), random_rows(seed=1)
    np.testing.assert_allclose([row[5:] for row in fewer], [row[5:] for row in first[:6]], atol=2e-6)
    assert not np.allclose([row[5:] for row in other], [row[5:] for row in first], atol=1e-3)


def test_infidelity_against_a_slow_loop(attributed: MakeRun, random_reader: Any) -> None:
    reader = random_reader()
    run = attributed(reader=reader, baseline="mask")
    given: dict[str, Any] = {"samples": 7, "noise": 0.4, "stretch": 4, "seed": 5}
    kinds = ("gaussian", "square")
    result = measure(run, reader.model, "infidelity", perturb=kinds, limit_costly=2, **given)
    assert result.examples == 2
    for scored, window in rebuild(run, reader.model, "test", 2):
        assert scored.span is not None
        read = SlowReader(reader, run, window, scored.span)
        masked = np.where(window.segment >= 0, reader.model.tokenizer.mask_token_id, window.input_ids)
        states, origins = reader.model.hidden_states([window, replace(window, input_ids=masked)])
        for layer in scored.layers:
            x, origin = read.states[layer + 1], read.origins[layer + 1]
            values = reader.exact.integrated_gradients(layer, x, origin, *RULE, read.targets[0])
            change = states[layer + 1] - origins[layer + 1]
            rng = np.random.default_rng([5, scored.example, layer + 1])
            for kind in kinds:
                drawn = perturbations(
                    kind, change, np.flatnonzero(window.segment >= 0), Drawing(7, 0.4, 4), rng
                )
                errors = []
                for one in drawn:
                    noise = torch.tensor(one.astype(np.float64))
                    before, after = (
                        float(read.targets[0](*reader.exact.logits_from(layer, point[None])))
                        for point in (x, x - noise)
                    )
                    # The average gradient is not known where x equals x'; nothing is perturbed there.
                    slope = np.divide(values, (x - origin).numpy(), out=np.zeros_like(values), where=one != 0)
                    errors.append(((slope * one).sum() - (before - after)) ** 2)
                [row] = rows_of(
                    result, "infidelity_examples", example=scored.example, layer=layer, perturbation=kind
                )
                assert row["infidelity"] == pytest.approx(np.mean(errors), rel=2e-3, abs=1e-9)


def test_infidelity_of_the_whole_way_is_the_completeness_gap(attributed: MakeRun, random_reader: Any) -> None:
    reader = random_reader()
    run = attributed(reader=reader)
    result = measure(
        run, reader.model, "infidelity", perturb=("noisy_baseline",), noise=0.0, samples=2, limit_costly=4
    )
    for number, layers in run.numbered():
        for layer, att in layers.items():
            [row] = rows_of(result, "infidelity_examples", example=number, layer=layer)
            assert row["infidelity"] == pytest.approx(att.delta**2, rel=1e-3, abs=1e-9)
            assert row["no_explanation"] == pytest.approx((att.value - att.baseline_value) ** 2, rel=1e-3)


def test_max_sensitivity_against_a_slow_loop(attributed: MakeRun, random_reader: Any) -> None:
    reader = random_reader()
    run = attributed(reader=reader)
    result = measure(run, reader.model, "sensitivity", radius=0.3, nearby=3, limit_costly=2)
    for scored, window in rebuild(run, reader.model, "test", 2):
        read = SlowReader(reader, run, window, scored.span or (0, 0))
        states = reader.model.hidden_states([window])[0]
        for layer in scored.layers:
            rng = np.random.default_rng([0, scored.example, layer + 1])
            points = [states[layer + 1], *nearby(states[layer + 1], 0.3, 3, rng)]
            scores = []
            for point in points:
                x = torch.tensor(point.astype(np.float64))
                values = reader.exact.integrated_gradients(
                    layer, x, torch.zeros_like(x), *RULE, read.targets[0]
                )
                scores.append(np.linalg.norm(values, axis=1))
            largest = max(np.linalg.norm(other - scores[0]) for other in scores[1:])
            [row] = rows_of(result, "max_sensitivity_examples", example=scored.example, layer=layer)
            assert row["max_sensitivity"] == pytest.approx(largest / np.linalg.norm(scores[0]), rel=1e-3)


def test_randomization_against_a_reader_with_another_head(attributed: MakeRun, random_reader: Any) -> None:
    reader = random_reader()
    run = attributed(reader=reader)
    result = measure(run, reader.model, "randomization", top=3, seed=2, limit_costly=3)
    module = Float64Reader(reader.folder)
    head = module.module.qa_outputs
    draw = redrawing(["head"], "initial", module.module.config.to_dict(), 2)
    head.weight.copy_(torch.tensor(draw("qa.weight", head.weight.numpy().astype(np.float32))))
    head.bias.zero_()
    for scored, window in rebuild(run, reader.model, "test", 3):
        assert scored.span is not None
        hidden = states_of(module, window)
        words = np.flatnonzero(window.segment >= 0)
        for at, layer in enumerate(scored.layers):
            x = hidden[layer + 1]
            values = module.integrated_gradients(
                layer, x, torch.zeros_like(x), *RULE, target_of("probability", scored.span)
            )
            norms, sums = np.linalg.norm(values, axis=1)[words], values.sum(axis=1)[words]
            [row] = rows_of(
                result, "randomization_examples", example=scored.example, layer=layer, redrawn="head"
            )
            assert row["depth"] == 1
            assert row["spearman"] == pytest.approx(
                spearmanr(scored.scores[at, words], norms).statistic, abs=5e-3
            )
            assert row["spearman_signed"] == pytest.approx(
                spearmanr(scored.signed[at, words], sums).statistic, abs=5e-3
            )
            tops = [set(np.argsort(-s)[:3].tolist()) for s in (scored.scores[at, words], norms)]
            assert row["overlap"] == pytest.approx(len(tops[0] & tops[1]) / 3)
    table = result.table("randomization")
    assert list(dict.fromkeys(table.column("redrawn"))) == ["head", "block 1", "block 0", "embeddings"]
    assert set(table.column("examples")) == {3}
    chance = np.mean([3 / (s.segment >= 0).sum() for s, _ in rebuild(run, reader.model, "test", 3)])
    assert table.column("overlap_by_chance")[0] == pytest.approx(chance)


def test_everything_at_once(attributed: MakeRun, random_reader: Any) -> None:
    reader = random_reader()
    run = attributed(reader=reader)
    assert chosen("faithfulness") == [ANALYSIS]
    result = faithfulness(run, reader.model, limit=3, limit_costly=9, samples=3, nearby=1, **QUICK)
    assert result.examples == 3
    assert set(result.table("infidelity").column("examples")) == {3}  # --limit lowers both
    assert set(result.table("max_sensitivity").column("examples")) == {3}
    assert set(result.table("randomization").column("examples")) == {3}
    assert Result.from_dict(result.to_dict()).to_dict() == result.to_dict()
    assert sum("examples/s" in note for note in result.notes) == 3
    for table in result.tables:
        assert {"layer"} < {column.name for column in table.columns}
        assert set(table.column("layer")) == {-1, 0, 1}
    directed = [c for t in result.tables for c in t.columns if c.better]
    assert {c.name for c in directed if c.better == "higher" and not c.name.endswith(("_low", "_high"))} == {
        "aopc_comprehensiveness",
        "comprehensiveness",
        "insertion",
        "insertion_area",
    }
    for table in result.tables:
        for column in table.columns:
            for value in table.column(column.name):
                if isinstance(value, float) and not column.name.endswith(("_low", "_high")):
                    assert column.low is None or value >= column.low - 1e-6, (table.name, column.name)
                    assert column.high is None or value <= column.high + 1e-6, (table.name, column.name)
    figures = ANALYSIS.draw(result)
    assert list(figures) == [
        "faithfulness_deletion",
        "faithfulness_insertion",
        "faithfulness_aopc_comprehensiveness",
        "faithfulness_aopc_sufficiency",
        "faithfulness_aopc_log_odds",
        "infidelity",
        "max_sensitivity",
        "randomization",
    ]
    lines = figures["faithfulness_deletion"].axes[1].lines
    wanted = result.table("faithfulness_curves").where(layer=0, order="least")
    np.testing.assert_allclose(lines[2].get_ydata(), wanted.column("deletion"))
    np.testing.assert_allclose(
        figures["randomization"].axes[0].lines[2].get_ydata(),
        result.table("randomization").where(layer=1).column("spearman"),
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"preset": "ramnath2020-code", "n_steps": None}, "follow an arg-max along the path"),
        ({"contrast": (5, 6), "span": (8, 9)}, "contrast two spans"),
        ({"baseline": np.zeros(24)}, "start from a baseline of the caller's"),
        ({"windows": "merge"}, "merged"),
    ],
)
def test_runs_that_cannot_be_had_again(
    attributed: MakeRun, random_reader: Any, settings: dict[str, Any], message: str
) -> None:
    reader = random_reader()
    run = attributed(reader=reader, layers=[0], **settings)
    with pytest.raises(CannotAnalyzeError, match=message):
        faithfulness(run, reader.model)


def test_a_run_of_another_method(make_run: Any, written: Any, random_reader: Any) -> None:
    run = make_run(written("who ?", "ada .", np.ones((1, 7))))
    with pytest.raises(CannotAnalyzeError, match="no integrated gradients of a span"):
        faithfulness(run, random_reader().model)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"measures": ()}, "measures and perturb must not be empty"),
        ({"measures": ("speed",)}, "measures must be one of .*, got 'speed'"),
        ({"perturb": ("shot",)}, "perturb must be one of"),
        ({"erase": "zero"}, "erase must be one of state, mask, pad, got 'zero'"),
        ({"part": "title"}, "part must be one of"),
        ({"redraw": "uniform"}, "redraw must be one of"),
        ({"draws": 0}, "draws must be 1 or more, got 0"),
        ({"limit_costly": 0}, "limit_costly must be 1 or more, got 0"),
        ({"limit": 0}, "limit must be positive, got 0"),
        ({"radius": 0.0}, "radius must be positive"),
        ({"seed": -1}, "seed must not be negative"),
        ({"samples": 0}, "samples must be 1 or more"),
        ({"fractions": (2.0,)}, "fractions must hold"),
    ],
)
def test_refusals(attributed: MakeRun, random_reader: Any, options: dict[str, Any], message: str) -> None:
    reader = random_reader()
    run = attributed(reader=reader, layers=[1])
    with pytest.raises(ValueError, match=message):
        faithfulness(run, reader.model, **options)
