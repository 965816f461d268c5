"""The graphs of an export: forward runs, every cut, the finish, and the files themselves."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bertqa_fast as bf
from bertqa_fast import _core
from bertqa_fast.attribution.targets import target_mix
from bertqa_fast.graphs.manifest import read_manifest
from bertqa_fast.graphs.parity import parity_report
from bertqa_fast.graphs.reference import relative_difference, target_of

torch = pytest.importorskip("torch")

SIZES = [
    {},
    {"layers": 5, "hidden": 96, "heads": 6, "intermediate": 200, "activation": "gelu_new"},
    {"layers": 1, "hidden": 10, "heads": 1, "intermediate": 7, "activation": "relu", "seed": 3},
]
LENGTHS = [(5, 11, 17), (1, 2), (8,)]
TOLERANCE = 5e-6

Open = Callable[[str], _core.Session]


@pytest.fixture(params=SIZES, ids=["small", "odd", "one"], scope="module")
def reader(request: pytest.FixtureRequest, random_reader: Any) -> Any:
    return random_reader(**request.param)


@pytest.fixture(scope="module")
def open_graph(reader: Any, environment: _core.Environment) -> Open:
    return opener(reader, environment)


def opener(reader: Any, environment: _core.Environment) -> Open:
    folder = reader.model.folder
    entries = [(t.name, t.dtype, list(t.shape), t.offset, t.nbytes) for t in read_manifest(folder).tensors]
    weights = _core.WeightFile(environment, folder / "weights.bin", entries)
    return functools.cache(lambda name: _core.Session(environment, folder / f"{name}.onnx", weights))


def batch(reader: Any, lengths: tuple[int, ...], seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    shape = (len(lengths), max(lengths))
    mask = (np.arange(shape[1])[None] < np.array(lengths)[:, None]).astype(np.float32)
    vocabulary = reader.exact.module.config.vocab_size
    return {
        "input_ids": np.where(mask > 0, rng.integers(5, vocabulary, shape), 0),
        "token_type_ids": np.where(mask > 0, rng.integers(0, 2, shape), 0),
        "attention_mask": mask,
    }


def name_of(layer: int) -> str:
    return "embeddings" if layer == -1 else str(layer)


@pytest.mark.parametrize("lengths", LENGTHS)
def test_hidden_states(reader: Any, open_graph: Open, lengths: tuple[int, ...]) -> None:
    feeds = batch(reader, lengths)
    got = open_graph("hidden_states").run(feeds)
    states = reader.exact.hidden_states(*feeds.values())
    start, end = reader.exact.logits_from(reader.exact.num_layers - 1, states[-1])
    assert len(got) == reader.exact.num_layers + 3
    real = feeds["attention_mask"] > 0
    for layer, wanted in enumerate(states, start=-1):
        assert relative_difference(got[f"hidden_{name_of(layer)}"][real], wanted[real]) < TOLERANCE
    assert relative_difference(got["start_logits"][real], start[real]) < TOLERANCE
    assert relative_difference(got["end_logits"][real], end[real]) < TOLERANCE


def cut_feeds(hidden: np.ndarray, mask: np.ndarray, **changes: Any) -> dict[str, np.ndarray]:
    """One row for each example, at its end, unless changed."""
    E, T, _ = hidden.shape
    feeds: dict[str, Any] = {
        "hidden": hidden,
        "baseline": np.zeros_like(hidden),
        "attention_mask": mask,
        "softmax_mask": mask,
        "example": np.arange(E),
        "alpha": np.ones(E),
        "span_start": np.zeros((E, 1), dtype=np.int64),
        "span_end": np.full((E, 1), min(1, T - 1), dtype=np.int64),
        "span_sign": np.ones((E, 1)),
        "target_mix": target_mix("probability"),
        "reselect": np.array([False]),
    } | changes
    return {n: a.astype(np.float32) if a.dtype.kind == "f" else a for n, a in feeds.items()}


def inputs_of(end: str, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Leave out what graphs with this end of their name do not take."""
    left_out = ("softmax_mask", "reselect") if end else ()
    return {name: array for name, array in feeds.items() if name not in left_out}


def masked_target(name: str, spans: list[tuple[int, int]], mask: np.ndarray) -> Callable[[Any, Any], Any]:
    """Give each row its own span, and keep the padding out of the softmax."""
    away = (1.0 - torch.tensor(mask).double()) * -1e300

    def target(start: Any, end: Any) -> Any:
        pairs = zip(start + away, end + away, spans, strict=True)
        return torch.stack([target_of(name, span)(s[None], e[None])[0] for s, e, span in pairs])

    return target


@pytest.mark.parametrize("lengths", LENGTHS)
def test_every_cut_gives_the_gradient_there(reader: Any, open_graph: Open, lengths: tuple[int, ...]) -> None:
    feeds = batch(reader, lengths)
    mask = feeds["attention_mask"]
    spans = [(length // 3, length - 1) for length in lengths]
    states = reader.exact.hidden_states(*feeds.values())
    for layer in range(-1, reader.exact.num_layers):
        hidden = states[layer + 1].numpy().astype(np.float32)
        for name in ("probability", "logit", "log_probability"):
            feeds_of_cut = cut_feeds(
                hidden,
                mask,
                span_start=np.array([[s] for s, _ in spans]),
                span_end=np.array([[e] for _, e in spans]),
                target_mix=target_mix(name),
            )
            exact = torch.tensor(hidden.astype(np.float64))
            wanted = reader.exact.gradient(layer, exact, masked_target(name, spans, mask), mask)
            for end in ("", "_logits") if name == "logit" else ("",):
                got = open_graph(f"cut_{name_of(layer)}{end}").run(inputs_of(end, feeds_of_cut))["gradient"]
                assert relative_difference(got, wanted) < TOLERANCE, (layer, name, end)


ROWS_OF_LAYERS = st.lists(st.lists(st.integers(0, 1), max_size=3), min_size=3, max_size=3)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(owners=ROWS_OF_LAYERS, seed=st.integers(0, 99), end=st.sampled_from(["", "_logits"]))
def test_rows_of_all_layers_share_a_batch(
    random_reader: Any, environment: _core.Environment, owners: list[list[int]], seed: int, end: str
) -> None:
    """Any number of rows at every layer, none too: each gets what its own cut gives it."""
    if not any(owners):
        owners = [[], [1], []]
    reader = random_reader()
    assert reader.exact.num_layers == 2
    rng = np.random.default_rng(seed)
    feeds = batch(reader, (9, 6), seed)
    mask = feeds["attention_mask"]
    states = [state.numpy().astype(np.float32) for state in reader.exact.hidden_states(*feeds.values())]
    baselines = [rng.normal(size=states[0].shape).astype(np.float32) for _ in states]
    common = {
        "span_start": np.array([[2, 3], [4, 0]]),
        "span_end": np.array([[2, 8], [4, 5]]),
        "span_sign": np.array([[1.0, -1.0], [1.0, -0.5]]),
        "target_mix": target_mix("logit" if end else "probability"),
    }
    alphas = [rng.random(len(some)) for some in owners]
    open_one = opener(reader, environment)
    together = inputs_of(
        end,
        cut_feeds(states[0], mask, example=np.concatenate(owners).astype(np.int64), alpha=np.hstack(alphas))
        | {name: np.asarray(a, np.float32) if a.dtype.kind == "f" else a for name, a in common.items()},
    )
    for name in ("hidden", "baseline"):
        del together[name]
    together["rows"] = np.array([len(some) for some in owners])
    for layer, (state, baseline) in enumerate(zip(states, baselines, strict=True), start=-1):
        together |= {f"hidden_{name_of(layer)}": state, f"baseline_{name_of(layer)}": baseline}
    got = open_one(f"all_layers{end}").run(together)
    first = 0
    for layer, (some, alpha) in enumerate(zip(owners, alphas, strict=True), start=-1):
        if not some:
            continue
        feeds_of_cut = cut_feeds(
            states[layer + 1],
            mask,
            baseline=baselines[layer + 1],
            example=np.array(some),
            alpha=alpha,
            **common,
        )
        wanted = open_one(f"cut_{name_of(layer)}").run(feeds_of_cut)
        own = slice(first, first + len(some))
        assert relative_difference(got["gradient"][own], wanted["gradient"]) < TOLERANCE
        assert relative_difference(got["slopes"][own], wanted["slopes"]) < 10 * TOLERANCE
        for name in ("start", "end"):
            logits = wanted[f"{name}_logits"]
            if end:
                logits = np.take_along_axis(logits, common[f"span_{name}"][some], axis=1)
            assert relative_difference(got[f"{name}_logits"][own], logits) < TOLERANCE
        first += len(some)
    assert first == len(got["gradient"])


def test_points_anywhere_on_the_paths(reader: Any, open_graph: Open) -> None:
    """Five rows of two examples, in mixed order, from a baseline: forward, and forward and back."""
    rng = np.random.default_rng(4)
    feeds = batch(reader, (9, 6))
    mask = feeds["attention_mask"]
    states = reader.exact.hidden_states(*feeds.values())
    owner, alpha = np.array([1, 0, 0, 1, 0]), np.array([0.3, 0.0, 0.9, 1.0, 0.5], dtype=np.float32)
    spans = [(2, 5), (4, 4)]
    for layer in range(-1, reader.exact.num_layers):
        hidden = states[layer + 1].numpy().astype(np.float32)
        baseline = rng.normal(size=hidden.shape).astype(np.float32)
        feeds_of_cut = cut_feeds(
            hidden,
            mask,
            baseline=baseline,
            example=owner,
            alpha=alpha,
            span_start=np.array([[2], [4]]),
            span_end=np.array([[5], [4]]),
        )
        got = open_graph(f"cut_{name_of(layer)}").run(feeds_of_cut)
        x, origin = (torch.tensor(a.astype(np.float64)) for a in (hidden, baseline))
        change = (x - origin)[owner]
        rows = origin[owner] + torch.tensor(alpha).double()[:, None, None] * change
        row_mask = mask[owner]
        target = masked_target("probability", [spans[e] for e in owner], row_mask)
        wanted = reader.exact.gradient(layer, rows, target, row_mask)
        assert relative_difference(got["gradient"][row_mask > 0], wanted[row_mask > 0]) < TOLERANCE
        slopes = (change * wanted).sum(-1)
        assert relative_difference(got["slopes"][row_mask > 0], slopes[row_mask > 0]) < 10 * TOLERANCE
        forward = open_graph(f"forward_{name_of(layer)}")
        names = ("hidden", "baseline", "attention_mask", "example", "alpha")
        logits = forward.run({name: feeds_of_cut[name] for name in names})
        start, end = reader.exact.logits_from(layer, rows, row_mask)
        for found in (got, logits):
            assert relative_difference(found["start_logits"][row_mask > 0], start[row_mask > 0]) < TOLERANCE
            assert relative_difference(found["end_logits"][row_mask > 0], end[row_mask > 0]) < TOLERANCE


def weigh_feeds(reader: Any, sums: int, rows: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    shape = (5, reader.exact.module.config.hidden_size)
    return {
        "accumulator": rng.normal(size=(sums, *shape)).astype(np.float32),
        "weights": rng.normal(size=(sums, rows)).astype(np.float32),
        "gradient": rng.normal(size=(rows, *shape)).astype(np.float32),
    }


def test_weigh(reader: Any, open_graph: Open) -> None:
    feeds = weigh_feeds(reader, 2, 7, seed=5)
    got = open_graph("weigh").run(feeds)["accumulated"]
    exact = {name: array.astype(np.float64) for name, array in feeds.items()}
    wanted = exact["accumulator"] + np.einsum("ar,rth->ath", exact["weights"], exact["gradient"])
    assert relative_difference(got, wanted) < 1e-6


def test_a_row_of_no_weight_leaves_no_trace(reader: Any, open_graph: Open) -> None:
    """Even where it is not finite: at a baseline of zeros every LayerNorm may divide by nothing."""
    feeds = weigh_feeds(reader, 2, 3, seed=6)
    feeds["weights"][:, 1] = 0
    kept = feeds["gradient"] * np.array([1, 0, 1], dtype=np.float32)[:, None, None]
    without = open_graph("weigh").run(feeds | {"gradient": kept})
    feeds["gradient"][1] = [[np.inf], [-np.inf], [np.nan], [0], [1]]
    np.testing.assert_array_equal(open_graph("weigh").run(feeds)["accumulated"], without["accumulated"])


def test_finish(reader: Any, open_graph: Open) -> None:
    H = reader.exact.module.config.hidden_size
    hidden, baseline = np.random.default_rng(6).normal(size=(2, 2, 5, H)).astype(np.float32)
    accumulated = np.random.default_rng(7).normal(size=(3, 5, H)).astype(np.float32)
    owner = np.array([1, 0, 1])
    feeds = {"hidden": hidden, "baseline": baseline, "accumulated": accumulated, "example": owner}
    got = open_graph("finish").run(feeds)
    wanted = (hidden.astype(np.float64) - baseline)[owner] * accumulated
    assert relative_difference(got["values"], wanted) < 1e-6
    assert relative_difference(got["scores"], np.linalg.norm(wanted, axis=-1)) < 1e-6
    np.testing.assert_allclose(got["signed"], wanted.sum(-1), atol=1e-5)


def test_every_file_is_valid_onnx_over_one_weight_file(reader: Any) -> None:
    folder: Path = reader.model.folder
    manifest = read_manifest(folder)
    graphs = sorted(folder.glob("*.onnx"))
    assert {p.stem for p in graphs} == set(manifest.graphs)
    layers = reader.exact.num_layers
    assert len(graphs) == 3 * (layers + 1) + 2 * layers + 14
    for path in graphs:
        onnx.checker.check_model(path, full_check=True)
        graph = onnx.load(path, load_external_data=False).graph
        external = [t for t in graph.initializer if t.data_location == onnx.TensorProto.EXTERNAL]
        assert sorted(t.name for t in external) == sorted(manifest.graphs[path.stem])
        assert all(t.external_data[0].value == "weights.bin" for t in external)
        inside = sum(len(t.raw_data) for t in graph.initializer)
        assert inside < 4096, "weights belong into the weight file"
    # Every weight once, and what follows from some: nothing but alignment between them.
    used = sum(t.nbytes for t in manifest.tensors)
    parameters = sum(
        p.numel() for n, p in reader.exact.module.named_parameters() if not n.startswith("bert.pooler")
    )
    spec = manifest.spec
    # The square weights, transposed, and the root of the word embeddings' Gram matrix.
    copies = (spec.num_layers + 1) * spec.hidden_size**2
    assert used == 4 * (parameters + copies)
    ends = sorted((t.offset, t.offset + t.nbytes) for t in manifest.tensors)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(ends))


def test_parity_report_is_small_and_complete(reader: Any) -> None:
    report = parity_report(
        reader.folder, reader.model.folder, text=("who wrote it?", "ada wrote it in paris.")
    )
    layers = reader.exact.num_layers + 1
    assert len(report.rows) == 2 + 2 * layers
    assert report.worst == max(d for _, d in report.rows) < 1e-5
    assert json.loads(json.dumps(report.to_dict()))["worst"] == report.worst


def test_parity_report_sees_another_model(random_reader: Any) -> None:
    one, other = random_reader(), random_reader(seed=1)
    assert parity_report(other.folder, one.model.folder).worst > 0.1


def test_parity_of_a_module_in_memory(random_reader: Any, tmp_path: Path) -> None:
    reader = random_reader()
    module, tokenizer = reader.exact.module, reader.model.tokenizer
    before = {name: value.clone() for name, value in module.state_dict().items()}
    folder = bf.export(module, tmp_path / "out", tokenizer=tokenizer)
    assert parity_report(module, folder).worst < 1e-5
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
