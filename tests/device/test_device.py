"""What holds on every device: the CPU's numbers, values that stay there, nothing left to the CPU unsaid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast import _core
from bertqa_fast.data.windows import make_windows
from bertqa_fast.device import PRECISIONS, open_environment
from bertqa_fast.engine_calls import flatten
from bertqa_fast.graphs.manifest import read_manifest

OWN_MEMORY = ("cuda", "webgpu")  # kinds of device whose memory is not the host's
SAME = 1e-4  # of what is compared
TARGETS = ("logit", "probability", "log_probability", "span_probability")


def kind_of(device: str) -> str:
    return device.partition(":")[0]


@pytest.fixture(scope="module")
def reader(random_reader: Callable[..., Any]) -> Any:
    return random_reader()


@pytest.fixture(scope="module")
def on_cpu(reader: Any) -> bf.Model:
    """Open the export that the device runs a second time."""
    return bf.load(reader.model.folder, device="cpu")


def attribute(model: bf.Model, examples: list[bf.QAExample], **settings: Any) -> list[bf.LayerAttributions]:
    settings = {"method": "gausslegendre", "n_steps": 3, "layer": "all"} | settings
    return bf.integrated_gradients(model, examples, show_progress=False, **settings)


def assert_same(ours: bf.Attribution, theirs: bf.Attribution) -> None:
    """Token scores, their signed sums and the target, to 1e-4 of all scores (L1) and of the target."""
    size = np.abs(theirs.scores).sum()
    assert size > 0
    assert np.abs(ours.scores - theirs.scores).sum() <= SAME * size
    assert np.abs(ours.signed - theirs.signed).sum() <= SAME * np.abs(theirs.signed).sum() + 1e-6
    assert (ours.span, ours.tokens, ours.evaluations) == (theirs.span, theirs.tokens, theirs.evaluations)
    assert ours.value == pytest.approx(theirs.value, rel=SAME)
    assert ours.baseline_value == pytest.approx(theirs.baseline_value, rel=SAME, abs=1e-6)


WAYS: list[dict[str, Any]] = [
    *({"target": target} for target in TARGETS),
    {"baseline": "mask", "method": "riemann_trapezoid"},
    {"contrast": (0, 0), "span": (7, 9)},
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "-".join(map(str, way.values())))
def test_scores_are_those_of_the_cpu(
    reader: Any, on_cpu: bf.Model, mixed_examples: list[bf.QAExample], way: dict[str, Any]
) -> None:
    """One export, every layer, the same call."""
    assert (reader.model.folder, on_cpu.device) == (on_cpu.folder, "cpu")
    wanted = attribute(on_cpu, mixed_examples, **way)
    got = attribute(reader.model, mixed_examples, **way)
    for ours, theirs in zip(got, wanted, strict=True):
        assert list(ours) == list(theirs) == [-1, 0, 1]
        for layer in theirs:
            assert_same(ours[layer], theirs[layer])


def test_nodes_that_are_chosen_are_those_of_the_cpu(
    reader: Any, on_cpu: bf.Model, mixed_examples: list[bf.QAExample]
) -> None:
    """`method="auto"` looks at the device's numbers; these are near enough to the CPU's to choose alike."""
    some = mixed_examples[:2]
    wanted = attribute(on_cpu, some, method="auto", n_steps=None)
    got = attribute(reader.model, some, method="auto", n_steps=None)
    for ours, theirs in zip(got, wanted, strict=True):
        for layer in theirs:
            assert_same(ours[layer], theirs[layer])


def test_a_deeper_reader(random_reader: Callable[..., Any], mixed_examples: list[bf.QAExample]) -> None:
    """Differences do not pile up over blocks."""
    deep = random_reader(layers=5, hidden=32, heads=4, intermediate=64, seed=7)
    with bf.load(deep.model.folder, device="cpu") as on_cpu:
        [wanted] = attribute(on_cpu, mixed_examples[:1], layer=[-1, 2, 4], n_steps=2)
    [got] = attribute(deep.model, mixed_examples[:1], layer=[-1, 2, 4], n_steps=2)
    for layer in wanted:
        assert_same(got[layer], wanted[layer])


def test_predictions_are_those_of_the_cpu(
    reader: Any, on_cpu: bf.Model, mixed_examples: list[bf.QAExample]
) -> None:
    wanted = bf.predict(on_cpu, mixed_examples, show_progress=False)
    got = bf.predict(reader.model, mixed_examples, show_progress=False)
    assert [each.text for each in got] == [each.text for each in wanted]


def test_runs_under_masks_are_those_of_the_cpu(
    reader: Any, on_cpu: bf.Model, mixed_examples: list[bf.QAExample]
) -> None:
    windows = make_windows(reader.model.window_tokenizer, mixed_examples)
    classes = np.concatenate([np.where(w.segment < 0, 2, w.segment).astype(np.int8) for w in windows])
    passage = [0, 0, 0, 0, 1, 0, 0, 0, 0]
    ways: list[tuple[list[int], bool, list[int], int]] = [
        ([0], False, [], 0),
        ([1], False, [1], 0),
        ([1], False, [], 5),
        ([0], True, [], 0),
        ([0, 1], False, [], 0),
    ]
    cells = [(layers, passage, False, uniform, heads, top) for layers, uniform, heads, top in ways]
    got, wanted = (
        model.core.masked_forward(*flatten(windows), classes, cells=cells) for model in (reader.model, on_cpu)
    )
    for name in ("start_logits", "masked_start_logits", "masked_end_logits"):
        np.testing.assert_allclose(got[name], wanted[name], atol=SAME * np.abs(wanted[name]).max())
    ours, theirs = (model.core.attention(*flatten(windows), layer=1) for model in (reader.model, on_cpu))
    np.testing.assert_allclose(ours["probabilities"], theirs["probabilities"], atol=SAME)


def test_runs_from_hidden_states_are_those_of_the_cpu(reader: Any, on_cpu: bf.Model) -> None:
    random = np.random.default_rng(0)
    states = [random.normal(size=(tokens, 24)).astype(np.float32) for tokens in (9, 31, 20)]
    for layer in (-1, 0, 1):
        got, wanted = (model.logits_above(layer, states) for model in (reader.model, on_cpu))
        for ours, theirs in zip(got, wanted, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=SAME, atol=SAME * np.abs(theirs).max())


def test_only_arithmetic_of_shapes_is_left_to_the_cpu(device: str, reader: Any) -> None:
    """Such nodes work on a few integers; any other one would be an error with its name."""
    manifest = read_manifest(reader.model.folder)
    entries = [(t.name, t.dtype, list(t.shape), t.offset, t.nbytes) for t in manifest.tensors]
    env = open_environment(device)
    weights = _core.WeightFile(env, reader.model.folder / "weights.bin", entries)
    for graph in manifest.graphs:
        session = _core.Session(env, reader.model.folder / f"{graph}.onnx", weights, device=device)
        for _provider, kind, node in session.left_to_cpu:
            assert "index/" in node, f"{graph}: {node} ({kind})"


def test_what_a_device_leaves_to_the_cpu_is_named(device: str, make_graph: Callable[..., Any]) -> None:
    if kind_of(device) not in OWN_MEMORY:
        pytest.skip(f"no operator is known that {device} does not have")
    node = ("NonMaxSuppression", ["boxes", "scores"], ["kept"], {})
    ends = [("boxes", "float32", [1, 4, 4]), ("scores", "float32", [1, 1, 4])]
    path = make_graph([node], ends, [("kept", "int64", [None, 3])])
    env = open_environment(device)
    try:
        session = _core.Session(env, path, device=device, allow_partial=True)
    except bf.EngineError as error:
        pytest.skip(f"the runtime has no such operator at all: {error}")
    if not session.left_to_cpu:
        pytest.skip(f"{device} has this operator")
    with pytest.raises(bf.DeviceUnavailableError, match=r"leaves (every node|the node).*allow_partial=True"):
        _core.Session(env, path, device=device)


def gradient_inputs(session: _core.Session, tokens: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    sizes = {"E": 1, "R": 2, "T": tokens, "K": 1}
    inputs = {}
    for name, dtype, _shape in session.inputs:
        hidden = [1, tokens, 24]
        shape = {
            "hidden": hidden,
            "baseline": hidden,
            "attention_mask": [1, tokens],
            "softmax_mask": [1, tokens],
            "example": [sizes["R"]],
            "alpha": [sizes["R"]],
            "span_start": [1, 1],
            "span_end": [1, 1],
            "span_sign": [1, 1],
            "target_mix": [7],
            "reselect": [1],
        }[name]
        values = np.ones(shape) if dtype.startswith("float") else np.zeros(shape)
        inputs[name] = (rng.normal(size=shape) if name == "hidden" else values).astype(dtype)
    return inputs


def test_gradients_stay_on_the_device(device: str, reader: Any) -> None:
    manifest = read_manifest(reader.model.folder)
    entries = [(t.name, t.dtype, list(t.shape), t.offset, t.nbytes) for t in manifest.tensors]
    env = open_environment(device)
    weights = _core.WeightFile(env, reader.model.folder / "weights.bin", entries)
    session = _core.Session(env, reader.model.folder / "cut_0.onnx", weights, device=device)
    places = session.places(gradient_inputs(session, 8), ["gradient"])
    own = {"cuda": "Cuda", "webgpu": "WebGPU"}.get(kind_of(device))
    if own is None:
        assert "Cpu" in places["gradient"] or "CPU" in places["gradient"]
    else:
        assert places["gradient"].startswith(own)


def test_bytes_that_are_copied_are_few(device: str, reader: Any, mixed_examples: list[bf.QAExample]) -> None:
    """Hidden states, rows and gradients never travel; what does is counted."""
    examples, steps = mixed_examples[:1], (2, 6)
    profiles: list[bf.Profile] = []
    for n_steps in steps:
        attribute(reader.model, examples, n_steps=n_steps, profile=profiles.append)
    if kind_of(device) not in OWN_MEMORY:
        assert [(p.to_device, p.from_device) for p in profiles] == [(0, 0)] * len(steps)
        return
    tokens = len(attribute(reader.model, examples)[0].tokens)
    state = tokens * reader.model.hidden_size * 4
    layers = reader.model.num_layers + 1
    fewer, more = profiles
    # Down come scores and signed sums of every layer, logits, and of every point its logits and slopes.
    per_point = 3 * tokens * 4
    assert more.from_device - fewer.from_device == (steps[1] - steps[0]) * layers * per_point
    assert fewer.from_device < (steps[0] + 3) * layers * per_point
    # Up go ids, masks, one tensor of zeros, and of every point a few numbers.
    assert fewer.to_device < 2 * state + 4096
    assert more.to_device - fewer.to_device < state


def test_values_come_back_when_asked_for(
    reader: Any, on_cpu: bf.Model, mixed_examples: list[bf.QAExample]
) -> None:
    wanted = attribute(on_cpu, mixed_examples[:2], layer=0, keep_values=True)
    got = attribute(reader.model, mixed_examples[:2], layer=0, keep_values=True)
    for ours, theirs in zip(got, wanted, strict=True):
        assert np.allclose(ours.values, theirs.values, rtol=1e-4, atol=1e-5 * np.abs(theirs.values).max())


def test_the_list_of_devices_has_it(device: str) -> None:
    found = {each.name: each for each in bf.devices()}
    assert set(found) == set(PRECISIONS)
    assert found["cpu"].available
    for each in found.values():
        assert each.available == (not each.reason)
    if device in found:
        assert found[device].available, found[device].reason
