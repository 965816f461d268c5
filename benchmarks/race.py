"""The race of ``peers.py``: tune the PyTorch contenders, then time all contenders in turn."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import flops
from measure import every_turn, note, peak_memory, ratios, relative_l1, spread, take_turns
from numpy.typing import NDArray
from references import fixed_rule

import bertqa_fast as bf

Scores = Mapping[int, NDArray[Any]]
AGREE = 1e-3  # relative L1, float32 arithmetic in another order


def fixed_scores(model: bf.Model, examples: Sequence[bf.QAExample], rules: Mapping[int, int]) -> list[Scores]:
    """Attribute with the rules given, all examples at one layer after another."""
    scores: list[dict[int, NDArray[Any]]] = [{} for _ in examples]
    for layer, nodes in rules.items():
        for result, of_example in zip(fixed_rule(model, examples, layer, nodes), scores, strict=True):
            of_example[layer] = result.scores
    return list(scores)


def tune(torch_model: Any, case: Any, rules: Mapping[int, int]) -> tuple[dict[str, int], dict[str, Any]]:
    """Choose attention and batch sizes on the layer that takes longest; return sizes and times."""
    from torch_peers import ATTENTION, BATCHES, PEERS, torch_loop

    above = len(torch_model.blocks)
    layer = max(rules, key=lambda one: rules[one] * (above - 1 - one))
    rule = {layer: rules[layer]}
    batches = [size for size in BATCHES if size < rule[layer]] + [rule[layer]]

    def fastest(run: Callable[[int], object], choices: Sequence[Any]) -> dict[Any, float]:
        seconds, _ = take_turns({str(choice): every_turn(run, choice) for choice in choices}, 2)
        return {choice: min(seconds[str(choice)]) for choice in choices}

    def with_attention(name: Any) -> object:
        torch_model.use_attention(name)
        return torch_loop(torch_model, case, rule, batches[len(batches) // 2])

    attention = fastest(with_attention, ATTENTION)
    chosen = min(attention, key=attention.__getitem__)
    torch_model.use_attention(chosen)
    found: dict[str, Any] = {"layer": layer, "attention": attention, "chosen_attention": chosen}
    sizes = {}
    for name, peer in PEERS.items():
        times = fastest(partial(peer, torch_model, case, rule), batches)
        sizes[name] = min(times, key=times.__getitem__)
        found[name] = {"seconds_by_batch_size": times, "chosen": sizes[name]}
        note(f"{name}: batch size {sizes[name]}, {chosen} attention")
    return sizes, found


def race(
    model: bf.Model,
    source: Path,
    examples: Sequence[bf.QAExample],
    rules: dict[int, int],
    expected: Sequence[Scores],
    options: argparse.Namespace,
    auto: dict[str, Any],
) -> dict[str, Any]:
    """Time all contenders in turn; check their scores against those expected of the rules."""
    from torch_peers import PEERS, TorchModel, case_of

    torch_model, peaks = TorchModel(source), dict[str, int]()
    warm = bf.integrated_gradients(model, examples, layer="all", show_progress=False, **auto)
    cases = [case_of(model, example, result[-1]) for example, result in zip(examples, warm, strict=True)]
    middle = sorted(cases, key=lambda case: case.ids.shape[1])[len(cases) // 2]
    sizes, tuning = tune(torch_model, middle, rules)
    rounds = -(-len(examples) // options.together)
    parts = [slice(turn * options.together, (turn + 1) * options.together) for turn in range(rounds)]

    def ours(turn: int) -> list[Scores]:
        with peak_memory(peaks, "ours"):
            results = bf.integrated_gradients(
                model, examples[parts[turn]], layer="all", show_progress=False, **auto
            )
        return [{layer: each.scores for layer, each in result.items()} for result in results]

    def ours_same_rules(turn: int) -> list[Scores]:
        with peak_memory(peaks, "ours_same_rules"):
            return fixed_scores(model, examples[parts[turn]], rules)

    def peer_of(name: str) -> Callable[[int], list[Scores]]:
        def run(turn: int) -> list[Scores]:
            note(f"turn {turn + 1} of {rounds}: {name}")
            with peak_memory(peaks, name):
                return [PEERS[name](torch_model, case, rules, sizes[name]) for case in cases[parts[turn]]]

        return run

    contenders = {"ours": ours, "ours_same_rules": ours_same_rules, **{name: peer_of(name) for name in PEERS}}
    seconds, answers = take_turns(contenders, rounds)
    differences = {
        name: max(
            relative_l1(got[layer], wanted[layer])
            for got, wanted in zip(chain.from_iterable(answers[name]), expected, strict=True)
            for layer in rules
        )
        for name in contenders
        if name != "ours"
    }
    assert max(differences.values()) < AGREE, differences
    counts = [len(examples[part]) for part in parts]
    each = {name: [s / n for s, n in zip(times, counts, strict=True)] for name, times in seconds.items()}
    spent = sum(
        flops.attribution(sizes_of(model), len(result.tokens), {n: a.evaluations for n, a in result.items()})
        for result in warm
    ) / len(warm)
    return {
        "timed_questions": len(examples),
        "tokens": [len(result.tokens) for result in warm],
        "seconds_per_question": {name: spread(times) for name, times in each.items()},
        "times_slower_than_ours": {name: ratios(each[name], each["ours"]) for name in each if name != "ours"},
        "peak_memory": peaks,
        "scores_differ_from_engine": differences,
        "tuning": tuning,
        "gflop_per_question_of_ours": spent / 1e9,
    }


def sizes_of(model: bf.Model) -> flops.Sizes:
    return flops.Sizes(model.num_layers, model.hidden_size, int(model.config.intermediate_size))
