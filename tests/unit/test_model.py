"""Loading a model, the cache of exports, and the object itself."""

from __future__ import annotations

import gc
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.data.windows import make_windows
from bertqa_fast.errors import DeviceUnavailableError, ExportError

EXAMPLE = bf.QAExample("who wrote it?", "it was written by ada in paris.", answers=("ada",))


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def folders(cache: Path) -> list[Path]:
    return sorted(cache.iterdir())


def test_first_use_exports_and_later_use_reuses(random_reader: Any, cache: Path) -> None:
    source = random_reader().folder
    with bf.load(source, cache_dir=cache) as model:
        [folder] = folders(cache)
        assert model.folder == folder
    stamp = (folder / "manifest.json").stat().st_mtime_ns
    with bf.load(str(source), cache_dir=str(cache)) as model:
        assert folders(cache) == [folder]
        assert (folder / "manifest.json").stat().st_mtime_ns == stamp
    with bf.load(folder) as model:
        assert model.source == str(source)


def test_other_weights_are_another_export(random_reader: Any, cache: Path) -> None:
    one, other = (bf.load(random_reader(seed=seed).folder, cache_dir=cache) for seed in (0, 1))
    assert one.fingerprint != other.fingerprint
    assert len(folders(cache)) == 2


def test_a_damaged_cache_is_made_anew_only_on_request(random_reader: Any, cache: Path) -> None:
    source = random_reader().folder
    bf.load(source, cache_dir=cache).close()
    [folder] = folders(cache)
    (folder / "weights.bin").write_bytes(b"short")
    with pytest.raises(ExportError, match="refresh=True"):
        bf.load(source, cache_dir=cache)
    with bf.load(source, cache_dir=cache, refresh=True) as model:
        assert bf.predict(model, EXAMPLE).text
    bf.load(source, cache_dir=cache).close()
    assert folders(cache) == [folder]


def test_a_half_made_export_is_never_taken_for_a_whole_one(random_reader: Any, cache: Path) -> None:
    """What a process leaves that dies while it exports has another name, and goes with the next export."""
    source = random_reader().folder
    with bf.load(source, cache_dir=cache) as model:
        name = model.folder.name
    shutil.rmtree(cache / name)
    left = cache / f".{name}.part-abc"
    left.mkdir()
    (left / "hidden_states.onnx").write_bytes(b"half")
    with bf.load(source, cache_dir=cache) as model:
        assert model.folder == cache / name
    assert folders(cache) == [cache / name]


def test_a_cache_that_cannot_be_written_serves_what_it_has(random_reader: Any, cache: Path) -> None:
    """Nothing is written beside an export that is there, not even a lock."""
    source = random_reader().folder
    bf.load(source, cache_dir=cache).close()
    before = cache.stat().st_mtime_ns
    bf.load(source, cache_dir=cache).close()
    assert cache.stat().st_mtime_ns == before


def test_where_the_cache_is(random_reader: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = random_reader().folder
    monkeypatch.delenv("BERTQA_FAST_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    with bf.load(source) as model:
        assert model.folder.parent == tmp_path / "xdg" / "bertqa_fast"
    monkeypatch.setenv("BERTQA_FAST_CACHE", str(tmp_path / "named"))
    with bf.load(source) as model:
        assert model.folder.parent == tmp_path / "named"
    with bf.load(source, cache_dir=tmp_path / "given") as model:
        assert model.folder.parent == tmp_path / "given"


def test_another_tokenizer_is_another_export(random_reader: Any, cache: Path) -> None:
    from transformers import AutoTokenizer

    source = random_reader().folder
    tokenizer = AutoTokenizer.from_pretrained(source)
    tokenizer.add_tokens(["zebra"])
    plain, own = (bf.load(source, cache_dir=cache, tokenizer=given) for given in (None, tokenizer))
    assert "zebra" not in plain.tokenizer.get_vocab()
    assert "zebra" in own.tokenizer.get_vocab()


def test_a_module_in_memory(random_reader: Any, cache: Path) -> None:
    pytest.importorskip("torch")
    from transformers import AutoModelForQuestionAnswering

    reader = random_reader()
    module = AutoModelForQuestionAnswering.from_pretrained(reader.folder)
    with pytest.raises(ValueError, match="tokenizer: got None"):
        bf.load(module, cache_dir=cache)
    with bf.load(module, cache_dir=cache, tokenizer=reader.model.tokenizer) as model:
        assert bf.predict(model, EXAMPLE) == bf.predict(reader.model, EXAMPLE)


def test_what_it_says_of_itself(random_reader: Any) -> None:
    reader = random_reader()
    model = reader.model
    assert (model.num_layers, model.hidden_size) == (2, 24)
    assert (model.task, model.device, model.precision) == ("question-answering", "cpu", "fp32")
    assert model.config.num_hidden_layers == 2
    assert model.tokenizer.is_fast
    assert repr(model) == f"Model({str(reader.folder)!r}, question-answering, 2 layers x 24, cpu, fp32)"


# Wrong arguments.


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"precision": "fp16"}, ValueError, "precision: got 'fp16', but device 'cpu' has 'fp32'"),
        (
            {"device": "tpu"},
            ValueError,
            r"device: got .tpu., wanted .cpu., .cuda., .cuda:N., .webgpu. or .openvino.",
        ),
        ({"device": "cuda:x"}, ValueError, "device: got"),
        ({"device": 0}, ValueError, "device: got .0."),
        ({"threads": 0}, ValueError, "threads: got 0, wanted a positive number"),
        ({"threads": -2}, ValueError, "threads: got -2"),
        ({"threads": "2"}, TypeError, "threads: got '2'"),
        ({"threads": 4096}, ValueError, "threads: got 4096, but .* already run"),
        ({"memory_budget": 0}, ValueError, "memory_budget: got 0, wanted a positive number of bytes"),
        ({"memory_budget": 1.5}, ValueError, "memory_budget: got 1.5"),
        ({"task": "text-classification"}, ValueError, "task: got 'text-classification'"),
        ({"refresh": True}, ValueError, "refresh: .* is an export, which cannot be made anew from itself"),
    ],
)
def test_wrong_arguments(
    random_reader: Any, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        bf.load(random_reader().model.folder, **arguments)


def test_a_device_that_is_not_there(random_reader: Any) -> None:
    """There is no silent fall-back to the processor."""
    try:
        bf.load(random_reader().model.folder, device="cuda").close()
    except DeviceUnavailableError as error:
        assert "cuda" in str(error)  # noqa: PT017
    else:
        pytest.skip("this machine has a GPU and its runtime")


def test_an_empty_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"source: .* has no config\.json"):
        bf.load(tmp_path)


# Use.


def test_closed_models_say_so(random_reader: Any, cache: Path) -> None:
    with bf.load(random_reader().folder, cache_dir=cache) as model:
        bf.predict(model, EXAMPLE)
    model.close()  # twice is no mistake
    for call in (
        lambda: bf.integrated_gradients(model, EXAMPLE, layer=0),
        lambda: bf.predict(model, EXAMPLE),
        lambda: model.core,
    ):
        with pytest.raises(ValueError, match=r"model: it is closed, wanted an open one"):
            call()


def test_logits_and_hidden_states_are_those_of_torch(
    random_reader: Any, mixed_examples: list[bf.QAExample]
) -> None:
    pytest.importorskip("torch")
    reader = random_reader()
    windows = make_windows(reader.model.tokenizer, mixed_examples)
    logits, hidden = reader.model.logits(windows), reader.model.hidden_states(windows)
    assert len(logits) == len(hidden) == len(windows)
    for window, (start, end), states in zip(windows, logits, hidden, strict=True):
        wanted = reader.exact.hidden_states(window.input_ids[None], window.token_type_ids[None])
        assert states.shape == (3, len(window.tokens), 24)
        for ours, theirs in zip(states, wanted, strict=True):
            np.testing.assert_allclose(ours, theirs[0], atol=1e-5)
        for ours, theirs in zip((start, end), reader.exact.logits_from(1, wanted[-1]), strict=True):
            assert ours.dtype == np.float32
            np.testing.assert_allclose(ours, theirs[0], atol=1e-5)
    assert reader.model.logits([]) == reader.model.hidden_states([]) == []


def test_results_outlive_model_and_engine(random_reader: Any, cache: Path) -> None:
    model = bf.load(random_reader(seed=1).folder, cache_dir=cache)
    [window] = make_windows(model.tokenizer, [EXAMPLE])
    ids = np.ascontiguousarray(window.input_ids, dtype=np.int64)
    out = model.core.forward(ids, np.zeros_like(ids), np.array([0, len(ids)]), layers=[-1, 1])
    result = bf.integrated_gradients(model, EXAMPLE, n_steps=3, keep_values=True)
    [hidden], [(start, _)] = model.hidden_states([window]), model.logits([window])
    arrays = [hidden, start, *(v for v in out.values() if isinstance(v, np.ndarray))]
    arrays += [a for layer in result.values() for a in (layer.scores, layer.signed, layer.values)]
    before = [array.copy() for array in arrays]
    model.close()
    del model, out
    gc.collect()
    # Memory that was freed would be taken by these.
    _ = [np.full(array.size, 7, dtype=array.dtype) for array in arrays for _ in range(8)]
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_arguments_may_be_changed_and_freed_afterwards(random_reader: Any) -> None:
    """Results are copies: neither shares memory with what was given."""
    baseline = np.ones(24, dtype=np.float32)
    got = bf.integrated_gradients(random_reader().model, EXAMPLE, layer=0, baseline=baseline, n_steps=3)
    before = got.scores.copy()
    baseline[:] = 9
    np.testing.assert_array_equal(got.scores, before)
    with pytest.raises(ValueError, match="read-only"):
        got.scores[0] = 1


def test_the_manifest_names_the_source(random_reader: Any) -> None:
    reader = random_reader()
    data = json.loads((reader.model.folder / "manifest.json").read_text())
    assert data["source"] == str(reader.folder)
    assert data["fingerprint"] == reader.model.fingerprint
