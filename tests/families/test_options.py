"""Configurations and checkpoints that a family refuses, and what it makes of those that it takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.families import FAMILIES, family_of
from bertqa_fast.graphs.activations import ACTIVATIONS
from bertqa_fast.tasks.torch_reader import load_reader

torch = pytest.importorskip("torch")

READER, CLASSIFIER = "question-answering", "text-classification"


@pytest.fixture
def changed(
    family_model: Callable[..., Any], random_family: ModuleType, tmp_path: Path
) -> Callable[..., Path]:
    """Copy a random model's folder with another configuration: ``changed(family, **settings)``."""

    def make(family: str, task: str = READER, **settings: Any) -> Path:
        source = family_model(family, task).folder
        folder = tmp_path / "changed"
        folder.mkdir()
        for file in source.iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        config = json.loads((source / "config.json").read_text()) | settings
        left = {name: value for name, value in config.items() if value is not ...}
        (folder / "config.json").write_text(json.dumps(left))
        return folder

    return make


CASES: list[tuple[str, dict[str, Any], str]] = [
    ("roberta", {"pad_token_id": None}, "got pad_token_id=None, wanted a token's number"),
    ("roberta", {"max_position_embeddings": 2}, "max_position_embeddings=2, wanted more than pad_token_id"),
    ("camembert", {"max_position_embeddings": ...}, "the configuration lacks max_position_embeddings"),
    ("xlm-roberta", {"max_position_embeddings": 80}, r"position_embeddings.* has the shape \[390, 24\]"),
    ("roberta", {"position_embedding_type": "relative_key_query"}, "wanted 'absolute'"),
    ("electra", {"is_decoder": True}, "got a decoder"),
    ("electra", {"hidden_act": "gelu_10"}, "hidden_act='gelu_10', wanted one of: gelu, gelu_python"),
    ("electra", {"embedding_size": 24}, r"word_embeddings.* has the shape \[101, 10\], wanted \[101, 24\]"),
    ("distilbert", {"activation": "mish"}, "activation='mish', wanted one of: gelu"),
    ("distilbert", {"n_layers": ...}, "the configuration lacks n_layers"),
    ("distilbert", {"n_layers": 4}, "has no tensor 'distilbert.transformer.layer.3"),
    ("albert", {"inner_group_num": 2}, "inner_group_num=2, wanted 1"),
    ("albert", {"num_hidden_groups": 4}, "num_hidden_groups=4, wanted 1 to 3"),
    ("albert", {"num_hidden_groups": 0}, "num_hidden_groups=0, wanted 1 to 3"),
    ("bert", {"type_vocab_size": "2"}, "type_vocab_size='2', wanted a positive integer"),
    ("bert", {"type_vocab_size": None}, "type_vocab_size=None, wanted a positive integer"),
    ("bert", {"hidden_act": ["gelu"]}, r"hidden_act=\['gelu'\], wanted one of: gelu"),
    ("bert", {"model_type": ["bert"]}, r"config.json: got model_type=\['bert'\], wanted a string"),
    ("bert", {"architectures": "BertModel"}, "got architectures='BertModel', wanted a list of strings"),
    ("bert", {"architectures": [["BertModel"]]}, "wanted a list of strings"),
    ("roberta", {"problem_type": "regression"}, "got problem_type='regression'"),
    (
        "camembert",
        {"architectures": ["CamembertForMaskedLM"]},
        "wanted one of: CamembertForQuestionAnswering",
    ),
]


@pytest.mark.parametrize(
    ("family", "settings", "message"), CASES, ids=[f"{case[0]}-{next(iter(case[1]))}" for case in CASES]
)
def test_what_is_refused(
    changed: Callable[..., Path], tmp_path: Path, family: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"source: .*{message}"):
        bf.export(changed(family, **settings), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("model_type", ["mpnet", "deberta-v2", "gpt2"])
def test_other_models_are_named(model_type: str) -> None:
    with pytest.raises(ValueError, match=f"of type '{model_type}', wanted one of: albert, bert, camembert"):
        family_of(model_type)


def test_a_projection_that_is_missing_is_named(changed: Callable[..., Path], tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    folder = changed("electra")
    weights = load_file(folder / "model.safetensors")
    left = {name: values for name, values in weights.items() if "embeddings_project" not in name}
    save_file(left, folder / "model.safetensors")
    with pytest.raises(ValueError, match="wanted a projection between them in the checkpoint"):
        bf.export(folder, tmp_path / "out")


@pytest.mark.parametrize("family", sorted(set(FAMILIES) - {"distilbert"}))
def test_token_types_that_are_missing_are_named(
    family: str, changed: Callable[..., Path], tmp_path: Path
) -> None:
    """Zeros in their place would be another model's answers."""
    from safetensors.numpy import load_file, save_file

    folder = changed(family)
    weights = load_file(folder / "model.safetensors")
    left = {name: values for name, values in weights.items() if "token_type_embeddings" not in name}
    save_file(left, folder / "model.safetensors")
    with pytest.raises(ValueError, match=r"no tensor '\w+\.embeddings\.token_type_embeddings\.weight'"):
        bf.export(folder, tmp_path / "out")


def test_a_head_whose_bias_is_one_number_is_refused(changed: Callable[..., Path], tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    folder = changed("bert", CLASSIFIER)
    weights = load_file(folder / "model.safetensors")
    save_file(weights | {"classifier.bias": np.float32([1]).reshape(())}, folder / "model.safetensors")
    with pytest.raises(ValueError, match="got a head of 1 output"):
        bf.export(folder, tmp_path / "out")


def test_a_configuration_nested_without_end_is_no_json(changed: Callable[..., Path], tmp_path: Path) -> None:
    folder = changed("bert")
    (folder / "config.json").write_text("[" * 100_000)
    with pytest.raises(ValueError, match=r"config\.json is not JSON"):
        bf.export(folder, tmp_path / "out")


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_a_regression_head_is_refused(family: str, random_family: ModuleType, tmp_path: Path) -> None:
    random_family.write_model(tmp_path / "model", family, CLASSIFIER, classes=1)
    with pytest.raises(ValueError, match="got a head of 1 output, wanted a classifier"):
        bf.export(tmp_path / "model", tmp_path / "out")


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_the_names_are_those_of_transformers(family: str) -> None:
    """Its classes by these names exist, and the heads' tasks are theirs."""
    import transformers

    for architecture, task in FAMILIES[family].architectures.items():
        kind = getattr(transformers, architecture)
        assert kind.config_class.model_type == family
        assert (
            task
            == {"QuestionAnswering": READER, "SequenceClassification": CLASSIFIER}[
                architecture.partition("For")[2]
            ]
        )


def test_activations_are_all_of_a_kind() -> None:
    """What transformers has as GELU, its approximations, ReLU, SiLU and tanh, each under all its names."""
    from transformers.activations import ACT2FN

    x = torch.linspace(-12, 12, 200).double()
    known = {name: ACT2FN[name](x) for name in ACTIVATIONS}
    for name in ACT2FN:
        if name in ("xielu", "prelu"):  # which have parameters of their own
            continue
        value = ACT2FN[name](x)
        alike = [other for other, wanted in known.items() if torch.allclose(value, wanted, atol=1e-9)]
        assert not alike or name in known, (name, alike)


def test_a_checkpoint_of_the_encoders_own_names(
    family_model: Callable[..., Any], changed: Callable[..., Path], tmp_path: Path
) -> None:
    """Weights without the encoder's prefix are found too."""
    from safetensors.numpy import load_file, save_file

    folder = changed("electra")
    weights = load_file(folder / "model.safetensors")
    save_file(
        {name.removeprefix("electra."): values for name, values in weights.items()},
        folder / "model.safetensors",
    )
    with bf.load(bf.export(folder, tmp_path / "out")) as model:
        example = bf.QAExample("who wrote it?", "ada wrote it.")
        wanted = bf.predict(family_model("electra", READER).model, example)
        np.testing.assert_allclose(bf.predict(model, example).score, wanted.score, rtol=1e-6)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_a_module_in_memory_and_some_of_its_blocks(
    family: str, family_model: Callable[..., Any], random_family: ModuleType, tmp_path: Path
) -> None:
    """It is the model of its folder; and what is derived says its depth by the configuration's own name."""
    made = family_model(family, CLASSIFIER)
    module = random_family.random_module(family, CLASSIFIER)
    folder = bf.export(module, tmp_path / "out", tokenizer=made.model.tokenizer)
    example = bf.TextExample("ada wrote it")
    with bf.load(folder) as model:
        assert bf.predict(model, example) == bf.predict(made.model, example)
        with model.derived(blocks=[0, 2]) as fewer:
            assert fewer.config.num_hidden_layers == fewer.num_layers == 2
            assert fewer.labels == model.labels


@pytest.mark.parametrize("family", ["roberta", "xlm-roberta", "camembert"])
def test_padding_of_another_number_is_refused(
    family: str, changed: Callable[..., Path], tmp_path: Path
) -> None:
    """The first token, number 0, is padding to transformers then: its position is another."""
    folder = changed(family, pad_token_id=0)
    message = r"pad_token_id=0 in the configuration.* '\[PAD\]', number 1, in the tokenizer; wanted one"
    with pytest.raises(ValueError, match=message):
        bf.export(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(ValueError, match=message):
        load_reader(folder, seed=0)


def test_padding_that_a_tokenizer_lacks_is_no_other(changed: Callable[..., Path], tmp_path: Path) -> None:
    folder = changed("roberta")
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"pad_token": None}))
    assert bf.export(folder, tmp_path / "out").is_dir()


def test_padding_inside_a_text_keeps_its_place(family_model: Callable[..., Any]) -> None:
    """A baseline of padding has RoBERTa's positions in order; transformers given them says the same."""
    made = family_model("roberta", READER)
    example = bf.QAExample("who wrote it?", "ada wrote it.")
    got = bf.integrated_gradients(made.model, example, layer=-1, baseline="pad", n_steps=4)
    count = len(got.tokens)
    ids = torch.tensor(np.where(got.segment >= 0, 1, made.model.tokenizer.convert_tokens_to_ids(got.tokens)))
    out = made.exact.module(input_ids=ids[None], position_ids=torch.arange(2, count + 2)[None])
    assert got.span is not None
    start, end = (logits.softmax(-1)[0] for logits in (out.start_logits, out.end_logits))
    assert got.baseline_value == pytest.approx(float(start[got.span[0]] + end[got.span[1]]), abs=1e-5)
