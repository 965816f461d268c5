"""The benchmarks' command lines, and what they compute with; no time is measured here."""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.runs.reader import Run

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SCRIPTS = sorted(path.name for path in BENCHMARKS.glob("*.py") if "\ndef main()" in path.read_text())


@pytest.fixture
def benchmark_module(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Import a module of benchmarks/ by name."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_has_help(script: str) -> None:
    pytest.importorskip("torch")
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / script), "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout


def test_every_script_is_listed() -> None:
    text = (BENCHMARKS / "README.md").read_text()
    assert [script for script in SCRIPTS if f"`{script}`" not in text] == []


def test_relative_l1(benchmark_module: Callable[[str], Any]) -> None:
    measure = benchmark_module("measure")
    wanted = np.array([3.0, 1.0])
    assert measure.relative_l1(wanted, wanted) == 0
    assert measure.relative_l1(np.array([3.0, 2.0]), wanted) == pytest.approx(0.25)
    assert measure.relative_l1(2 * wanted, 2 * wanted + 0.2) == pytest.approx(0.4 / 8.4)
    assert measure.relative_l1(np.array([0.5, 0.0]), np.zeros(2)) == 0.5


def test_error_summary(benchmark_module: Callable[[str], Any]) -> None:
    found = benchmark_module("measure").error_summary([0.001, 0.005, 0.02, 0.5])
    assert found["cases"] == 4
    assert found["median"] == pytest.approx(0.0125)
    assert found["worst"] == 0.5
    assert found["share_under_1_percent"] == 0.5
    assert found["share_under_3_percent"] == 0.75


def test_turns_start_with_another_contender_each_round(benchmark_module: Callable[[str], Any]) -> None:
    measure = benchmark_module("measure")
    order: list[str] = []

    def contender(name: str) -> Callable[[int], tuple[str, int]]:
        def run(turn: int) -> tuple[str, int]:
            order.append(name)
            return name, turn

        return run

    seconds, answers = measure.take_turns({name: contender(name) for name in "abc"}, 3)
    assert "".join(order) == "abcbcacab"
    assert answers["b"] == [("b", 0), ("b", 1), ("b", 2)]
    assert {name: len(times) for name, times in seconds.items()} == {"a": 3, "b": 3, "c": 3}


def test_goals(benchmark_module: Callable[[str], Any], tmp_path: Path) -> None:
    measure = benchmark_module("measure")
    assert measure.goal(1.6, at_least=1.5) == {"got": 1.6, "at_least": 1.5, "met": True}
    missed = {"goals": {"speed": measure.goal(1.2, at_least=1.5)}}
    options = argparse.Namespace(output=tmp_path / "out" / "r.json", strict=False, quick=True)
    measure.finish(missed, options)
    assert json.loads(options.output.read_text())["goals"]["speed"]["met"] is False
    options.strict = True
    with pytest.raises(SystemExit, match="1"):
        measure.finish(missed, options)


def test_flops_are_those_of_the_products(benchmark_module: Callable[[str], Any]) -> None:
    flops = benchmark_module("flops")
    T, H, A, inner = 5, 6, 2, 11
    D = H // A

    def product(m: int, k: int, n: int) -> int:
        return 2 * m * k * n

    there = product(T, H, 3 * H) + A * (product(T, D, T) + product(T, T, D)) + product(T, H, H)
    there += product(T, H, inner) + product(T, inner, H)
    back = product(T, H, inner) + product(T, inner, H) + product(T, H, H) + product(T, 3 * H, H)
    back += A * (product(T, D, T) + product(T, T, D) + product(T, T, D) + product(T, T, D))
    sizes = flops.Sizes(layers=4, hidden=H, intermediate=inner)
    assert flops.block_forward(sizes, T) == there
    assert flops.block_backward(sizes, T) == back
    assert flops.gradient(sizes, T, -1) == 4 * (there + back)
    assert flops.gradient(sizes, T, 3) == 0
    whole = flops.attribution(sizes, T, {-1: 2.0, 2: 1.5})
    assert whole == 4 * there + 2 * 4 * (there + back) + 1.5 * (there + back)


@pytest.mark.parametrize("smallest", [1, 4, 5, 16, 17])
def test_the_smallest_rule_that_passes(benchmark_module: Callable[[str], Any], smallest: int) -> None:
    references = benchmark_module("references")
    grid = (4, 6, 8, 12, 16)
    wanted = next((nodes for nodes in grid if nodes >= smallest), None)
    assert references.smallest_passing(grid, lambda nodes: nodes >= smallest) == wanted


def test_references_and_rules_of_a_small_reader(
    benchmark_module: Callable[[str], Any],
    random_reader: Callable[..., Any],
    mixed_examples: list[bf.QAExample],
    tmp_path: Path,
) -> None:
    references = benchmark_module("references")
    model, path = random_reader().model, tmp_path / "references.npz"
    examples = mixed_examples[:2]
    file = references.ReferenceFile(path, model, 5e-4)
    found = references.fine_references(model, examples, file)
    assert set(found) == {(example.id, layer) for example in examples for layer in (-1, 0, 1)}
    again = references.ReferenceFile(path, model, 5e-4)
    for example in examples:
        for layer in (-1, 0, 1):
            assert (example, layer) in again
            np.testing.assert_array_equal(again.scores(example, layer), found[example.id, layer])
            assert again.how(example, layer)["gap"] <= 5e-4
    assert (examples[0], 0) not in references.ReferenceFile(path, model, 1e-5)  # a stricter one is asked for

    nodes, told_errors = references.smallest_rule(model, examples, 0, found)
    results = references.fixed_rule(model, examples, 0, nodes)
    errors = [
        benchmark_module("measure").relative_l1(result.scores, found[example.id, 0])
        for example, result in zip(examples, results, strict=True)
    ]
    assert nodes in references.GRID
    assert max(errors) <= 0.01
    assert told_errors == pytest.approx(errors, rel=1e-3)
    assert again.rule(examples, 0) is None
    again.put_rule(examples, 0, nodes, told_errors)
    again.save()
    assert references.ReferenceFile(path, model, 5e-4).rule(examples, 0) == (nodes, told_errors)
    assert again.rule(examples[:1], 0) is None

    told = references.judge([{0: result} for result in results], found)
    assert told["worst"] == max(errors)
    assert told["mean_evaluations"] == results[0].evaluations
    assert told["by_layer"][0]["cases"] == 2


@pytest.mark.parametrize("peer", ["captum_layer", "captum_suffix", "torch_loop"])
def test_peers_compute_the_same(
    benchmark_module: Callable[[str], Any],
    random_reader: Callable[..., Any],
    mixed_examples: list[bf.QAExample],
    peer: str,
) -> None:
    pytest.importorskip("captum")
    peers = benchmark_module("torch_peers")
    reader, example = random_reader(), mixed_examples[0]
    results = bf.integrated_gradients(reader.model, example, layer="all", method="gausslegendre", n_steps=5)
    torch_model = peers.TorchModel(reader.folder)
    case = peers.case_of(reader.model, example, results[0])
    for attention in peers.ATTENTION:
        torch_model.use_attention(attention)
        got = peers.PEERS[peer](torch_model, case, dict.fromkeys(results, 5), 2)
        for layer, result in results.items():
            np.testing.assert_allclose(got[layer], result.scores, rtol=1e-4, atol=1e-6)


def test_questions_have_the_tokens_asked_for(benchmark_module: Callable[[str], Any]) -> None:
    examples = benchmark_module("random_reader").questions_of(40, 3)
    assert [len(example.context.split()) for example in examples] == [33, 33, 33]
    assert len({example.context for example in examples}) == 3


def test_resident_memory_is_what_the_kernel_says(benchmark_module: Callable[[str], Any]) -> None:
    steady, measure = benchmark_module("steady_memory"), benchmark_module("measure")
    before = steady.resident()
    block = np.ones(64 << 20, dtype=np.uint8)
    after = steady.resident()
    assert 0 < before["anonymous"] <= before["resident"]
    assert after["resident"] - before["resident"] == pytest.approx(block.nbytes, rel=0.1)
    assert after["resident"] == pytest.approx(measure.resident_bytes("VmRSS"), rel=0.1)


def test_synthetic_runs_are_runs(benchmark_module: Callable[[str], Any], tmp_path: Path) -> None:
    benchmark_module("synthetic_run").write_run(tmp_path / "run", 7, 3, words=(8, 20), states=2, hidden=5)
    run = Run(tmp_path / "run")
    windows = list(run.scored())
    assert [window.layers for window in windows] == [(-1, 0, 1)] * 7
    assert len({window.context for window in windows}) == 2  # five questions a passage
    for window, prediction in zip(windows, run.predictions().values(), strict=True):
        assert window.span is not None
        first, last = window.span
        assert prediction.text == window.context[window.offsets[first, 0] : window.offsets[last, 1]]
        assert sum(best.probability for best in prediction.n_best) == pytest.approx(1)
        for at in np.flatnonzero(window.segment >= 0).tolist():
            text = (window.question, window.context)[window.segment[at]]
            start, end = window.offsets[at]
            assert text[start:end] == window.tokens[at].removeprefix("##")
    states = run.embeddings(1)
    assert states is not None
    assert states.shape == (3, len(windows[1].tokens), 5)
    assert run.embeddings(2) is None
    assert set(run.exact_scores()) == {window.id for window in windows}


@pytest.mark.slow
def test_analyses_are_measured(tmp_path: Path) -> None:
    script, out = BENCHMARKS / "analyses.py", tmp_path / "analyses.json"
    subprocess.run([sys.executable, str(script), "--quick", "--output", str(out)], check=True)
    found = json.loads(out.read_text())
    assert {"jsd", "roles", "pos", "quantifiers", "tsne"} <= set(found["analyses"])
    assert found["examples"] == found["analyses"]["jsd"]["examples"] == 20
    assert found["goals"]["roles_peak_bytes"]["met"]
