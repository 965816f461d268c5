"""What an export of the generic path is: what it has, what it refuses, and what it needs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.generic import extra
from bertqa_fast.graphs.manifest import read_manifest
from bertqa_fast.graphs.parity import parity_report

LENGTH = {"max_length": 64}
SCRIPT = """
import json, sys

for name in ("torch", "onnx_ad", "onnxscript"):
    sys.modules[name] = None  # as if it were not installed
import bertqa_fast as bf

example = bf.QAExample("who wrote it?", "it was written by ada in paris.")
with bf.load(sys.argv[1]) as model:
    result = bf.integrated_gradients(model, example, layer="all", n_steps=4, max_length=64)
    assert not {"transformers", "onnx"} & set(sys.modules)
print(json.dumps(result.scores.tolist()))
"""


@pytest.fixture
def mpnet(made: Callable[[str], Any]) -> Any:
    return made("mpnet")


def test_it_runs_without_torch(mpnet: Any, run_python: Callable[..., Any]) -> None:
    said = run_python(SCRIPT, mpnet.model.folder)
    example = bf.QAExample("who wrote it?", "it was written by ada in paris.")
    wanted = bf.integrated_gradients(mpnet.model, example, layer="all", n_steps=4, **LENGTH)
    np.testing.assert_allclose(said, wanted.scores, rtol=1e-4, atol=1e-6)


def test_positions_are_those_behind_padding(mpnet: Any) -> None:
    # 66 rows, of which padding has the second: counting begins behind it.
    assert mpnet.model.max_positions == 64
    long = bf.QAExample("who wrote it?", "ada " * 200)
    assert bf.predict(mpnet.model, long, **LENGTH).text
    with pytest.raises(ValueError, match="at most the model's 64 positions"):
        bf.predict(mpnet.model, long, max_length=65)


def test_what_needs_the_inside_of_blocks_is_refused(mpnet: Any, mixed_examples: list[Any]) -> None:
    model, example = mpnet.model, mixed_examples[0]
    assert model.generic
    calls: list[tuple[str, Callable[[], Any]]] = [
        ("relevance_epsilon", lambda: bf.relevance(model, example, "epsilon", **LENGTH)),
        ("attend_2", lambda: bf.attention_tracing(model, example, **LENGTH)),
        ("attend_0", lambda: bf.mask_attention(model, example, "q2", 0, **LENGTH)),
        ("attend_1", lambda: bf.attention_map(model, example, 1, **LENGTH)),
    ]
    for graph, call in calls:
        with pytest.raises(ValueError, match=f'its export has no graph "{graph}".*generic'):
            call()
    with pytest.raises(ValueError, match="traversal: got 'all_layers', but an export of the generic path"):
        bf.integrated_gradients(model, example, layer="all", traversal="all_layers", **LENGTH)
    with (
        pytest.raises(ValueError, match="is a generic export, whose blocks and weights cannot be told apart"),
        model.derived(blocks=[0]),
    ):
        pass


def test_lower_precisions_are_refused(mpnet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bertqa_fast.model.check_device", lambda *given: given)  # as if the CPU had them
    for precision in ("bf16", "bf16x3"):
        with pytest.raises(
            ValueError, match=f"precision: got '{precision}', which a family's export has alone"
        ):
            bf.load(mpnet.model.folder, precision=precision)


def test_the_parity_report_knows_it(mpnet: Any) -> None:
    text = ("who wrote it?", "it was written by ada in 1843.")
    report = parity_report(mpnet.folder, mpnet.model.folder, text=text)
    assert len(report.rows) == 2 + 2 * (mpnet.model.num_layers + 1)
    assert report.worst < 1e-5


def test_an_architecture_of_a_family_both_ways(
    needs_extra: None, random_reader: Any, mixed_examples: list[Any], tmp_path: Path
) -> None:
    reader = random_reader(layers=2, seed=4)
    folder = bf.export(reader.folder, tmp_path / "generic", generic=True)
    manifest = read_manifest(folder)
    assert (manifest.model_type, manifest.generic, manifest.task) == ("bert", True, "question-answering")
    options: dict[str, Any] = {"layer": "all", "method": "gausslegendre", "n_steps": 3}
    with bf.load(folder) as model:
        for target in ("span_probability", "start_logit"):
            ours = bf.integrated_gradients(model, mixed_examples, target=target, **options)
            wanted = bf.integrated_gradients(reader.model, mixed_examples, target=target, **options)
            for mine, other in zip(ours, wanted, strict=True):
                np.testing.assert_allclose(mine.scores, other.scores, rtol=1e-4, atol=1e-6)
        reselected = [
            bf.integrated_gradients(each, mixed_examples[0], layer=0, preset="ramnath2020-code").scores
            for each in (model, reader.model)
        ]
        np.testing.assert_allclose(*reselected, rtol=1e-4, atol=1e-6)


def test_a_module_in_memory_is_left_as_it_was(made: Callable[[str], Any], tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification

    one = made("mpnet-classes")
    module = AutoModelForSequenceClassification.from_pretrained(one.folder).train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    with bf.load(module, tokenizer=one.model.tokenizer, cache_dir=tmp_path) as model:
        text = bf.TextExample("who wrote it?", "it was written by ada.")
        found = bf.predict(model, text, **LENGTH)
        np.testing.assert_allclose(found.logits, bf.predict(one.model, text, **LENGTH).logits, rtol=1e-5)
    assert module.training
    assert all(parameter.requires_grad for parameter in module.parameters())
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())


def test_without_the_extra_the_way_to_it_is_named(
    made: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = made("mpnet").folder
    with pytest.raises(ValueError, match=r"got a model of type 'mpnet', wanted one of: .*bert"):
        bf.export(folder, tmp_path / "out", generic=False)
    monkeypatch.setattr(extra, "missing", lambda: ["onnx-ad"])
    with pytest.raises(ValueError, match=r"needs onnx-ad: pip install 'bertqa_fast\[generic\]'"):
        bf.export(folder, tmp_path / "out")
    with pytest.raises(ImportError, match=r"needs onnx-ad, not installed here: pip install"):
        bf.export(folder, tmp_path / "out", generic=True)
    assert not (tmp_path / "out").exists()


def test_regression_is_refused(made: Callable[[str], Any], tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(made("mpnet-classes").folder, folder)
    config = json.loads((folder / "config.json").read_text()) | {"problem_type": "regression"}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="got problem_type='regression', wanted a classifier of one class"):
        bf.export(folder, tmp_path / "out")


def test_weights_that_are_missing_are_not_made_up(made: Callable[[str], Any], tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    folder = tmp_path / "model"
    shutil.copytree(made("mpnet").folder, folder)
    tensors = load_file(folder / "model.safetensors")
    del tensors["mpnet.encoder.layer.1.attention.attn.q.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"lacks weights of MPNetForQuestionAnswering, among them .*attn\.q"):
        bf.export(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()
