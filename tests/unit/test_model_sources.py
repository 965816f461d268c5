"""What a model is read from: safetensors of any precision, whole or in shards, old names, live modules."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import bertqa_fast as bf
from bertqa_fast.checkpoints.safetensors_reader import SafetensorsCheckpoint
from bertqa_fast.cli.demo_sources import is_reader
from bertqa_fast.graphs.checkpoint import open_source
from bertqa_fast.graphs.manifest import read_manifest
from bertqa_fast.tasks.torch_reader import load_reader
from bertqa_fast.tokenizer import load_tokenizer

torch = pytest.importorskip("torch")


@pytest.fixture
def folder(random_reader: Any, tmp_path: Path) -> Path:
    """Copy a reader's folder, to spoil it."""
    return Path(shutil.copytree(random_reader().folder, tmp_path / "reader"))


def weights_of(export: Path) -> bytes:
    return (export / "weights.bin").read_bytes()


def edit_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({k: v for k, v in config.items() if v is not ...}))


NEVER_RUN = "needs code of its own, which is never run"


@pytest.fixture
def ran(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder code of its own and say yes to whoever asks; return the file that running it makes."""
    made = folder.with_name("ran")
    (folder / "own.py").write_text(f"open({str(made)!r}, 'w').close()\nclass Own: pass\n")
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    return made


def test_code_of_a_configuration_is_never_run(folder: Path, ran: Path) -> None:
    edit_config(folder, model_type="own", auto_map={"AutoConfig": "own.Own"})
    with pytest.raises(ValueError, match=NEVER_RUN):
        load_reader(folder, seed=0)
    with pytest.raises(ValueError, match="contains custom code"):
        is_reader(str(folder))
    assert not ran.exists()


def test_code_of_a_tokenizer_is_never_run(folder: Path, ran: Path, random_reader: Any) -> None:
    path = folder / "tokenizer_config.json"
    given = {"tokenizer_class": "Own", "auto_map": {"AutoTokenizer": [None, "own.Own"]}}
    path.write_text(json.dumps(json.loads(path.read_text()) | given))
    # Without a configuration nothing says which of transformers' own classes would do.
    (folder / "config.json").unlink()
    with pytest.raises(ValueError, match=NEVER_RUN):
        load_reader(random_reader().folder, folder, seed=0)
    with pytest.raises(ValueError, match=NEVER_RUN):
        load_tokenizer(folder)
    assert not ran.exists()


@pytest.mark.parametrize("name", ["bfloat16", "float16", "float64"])
def test_other_precisions_become_float32(random_reader: Any, tmp_path: Path, name: str) -> None:
    from transformers import AutoModelForQuestionAnswering

    source = random_reader().folder
    module = AutoModelForQuestionAnswering.from_pretrained(source, dtype=getattr(torch, name))
    module.save_pretrained(tmp_path)
    checkpoint = SafetensorsCheckpoint([tmp_path / "model.safetensors"])
    for key, value in module.state_dict().items():
        assert checkpoint[key].dtype == np.float32
        np.testing.assert_array_equal(checkpoint[key], value.float().numpy())


def test_shards_give_the_same_export(random_reader: Any, tmp_path: Path) -> None:
    from transformers import AutoModelForQuestionAnswering

    reader = random_reader()
    sharded = Path(shutil.copytree(reader.folder, tmp_path / "sharded"))
    (sharded / "model.safetensors").unlink()
    module = AutoModelForQuestionAnswering.from_pretrained(reader.folder)
    module.save_pretrained(sharded, max_shard_size="10KB")
    assert len(list(sharded.glob("model-*.safetensors"))) > 2
    exported = bf.export(sharded, tmp_path / "out")
    assert weights_of(exported) == weights_of(reader.model.folder)
    missing = min(sharded.glob("model-*.safetensors"))
    missing.unlink()
    with pytest.raises(ValueError, match=rf"source: .*index.json names {missing.name}, which is not there"):
        bf.export(sharded, tmp_path / "other")


def test_names_of_old_checkpoints(random_reader: Any, folder: Path, tmp_path: Path) -> None:
    """Checkpoints made from TensorFlow's call a LayerNorm's parameters gamma and beta."""
    tensors = load_file(folder / "model.safetensors")
    swap = {"weight": "gamma", "bias": "beta"}
    renamed = {
        ".".join([*key.split(".")[:-1], swap[key.split(".")[-1]]]) if "LayerNorm" in key else key: value
        for key, value in tensors.items()
    }
    assert any(key.endswith("gamma") for key in renamed)
    save_file(renamed, folder / "model.safetensors")
    exported = bf.export(folder, tmp_path / "out")
    assert weights_of(exported) == weights_of(random_reader().model.folder)


def test_a_module_in_memory(random_reader: Any, tmp_path: Path) -> None:
    from transformers import AutoModelForQuestionAnswering

    reader = random_reader()
    module = AutoModelForQuestionAnswering.from_pretrained(reader.folder)
    with pytest.raises(ValueError, match="tokenizer: got None, wanted the tokenizer of the in-memory module"):
        bf.export(module, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    exported = bf.export(module, tmp_path / "out", tokenizer=reader.model.tokenizer)
    assert weights_of(exported) == weights_of(reader.model.folder)
    half = bf.export(module.bfloat16(), tmp_path / "half", tokenizer=reader.model.tokenizer)
    assert read_manifest(half).spec == read_manifest(exported).spec


@pytest.mark.parametrize(
    ("name", "content"),
    [("added_tokens.json", '{"lovelace": 7}'), ("special_tokens_map.json", '{"pad_token": "[MASK]"}')],
)
def test_the_fingerprint_tells_older_files_of_a_tokenizer_apart(
    folder: Path, name: str, content: str
) -> None:
    vocabulary = load_tokenizer(folder).get_vocab()
    for file in ("tokenizer.json", "tokenizer_config.json"):
        (folder / file).unlink()
    (folder / "vocab.txt").write_text("\n".join(sorted(vocabulary, key=lambda piece: vocabulary[piece])))
    (folder / name).write_text("{}")
    before, read = open_source(folder).fingerprint, load_tokenizer(folder)
    (folder / name).write_text(content)
    again = load_tokenizer(folder)
    assert (read("lovelace").input_ids, read.pad_token) != (again("lovelace").input_ids, again.pad_token)
    assert open_source(folder).fingerprint != before


def test_a_tokenizer_given_as_its_folder_is_read(folder: Path, random_reader: Any) -> None:
    """What the folder holds counts, not what it is called."""
    module = random_reader().exact.module
    before = open_source(module, str(folder))
    assert before.fingerprint == open_source(module, load_tokenizer(folder)).fingerprint
    changed = load_tokenizer(folder)
    changed.add_tokens(["sailed from"])
    changed.save_pretrained(folder)
    assert open_source(module, folder).fingerprint != before.fingerprint


def test_the_fingerprint_tells_weights_configuration_and_tokenizer_apart(
    random_reader: Any, folder: Path
) -> None:
    from transformers import AutoTokenizer

    seen = {open_source(folder).fingerprint}

    def differs(tokenizer: Any = None) -> bool:
        fingerprint = open_source(folder, tokenizer).fingerprint
        new = fingerprint not in seen
        seen.add(fingerprint)
        return new

    assert not differs()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["anew"])
    assert differs(tokenizer)
    edit_config(folder, layer_norm_eps=1e-6)
    assert differs()
    tensors = load_file(folder / "model.safetensors")
    tensors["qa_outputs.bias"] = tensors["qa_outputs.bias"] + 1
    save_file(tensors, folder / "model.safetensors")
    assert differs()
    tokenizer.save_pretrained(folder)
    assert differs()


# What is no such model: the message names the source and says what was wanted.


Spoil = Callable[[Path], None]


def drop(*names: str) -> Spoil:
    return lambda folder: [(folder / name).unlink() for name in names] and None


def config(**changes: Any) -> Spoil:
    return lambda folder: edit_config(folder, **changes)


def put(name: str, data: bytes) -> Spoil:
    return lambda folder: (folder / name).write_bytes(data) and None


def truncate(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def only_bin(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def without_head(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    del tensors["qa_outputs.weight"]
    save_file(tensors, folder / "model.safetensors")


def not_finite(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    tensors["qa_outputs.weight"][0, 3] = np.nan
    save_file(tensors, folder / "model.safetensors")


CASES: list[tuple[str, Spoil, str]] = [
    ("no config", drop("config.json"), "has no config.json, wanted a model folder"),
    ("config no JSON", put("config.json", b'{"model_type": '), "config.json is not JSON"),
    ("config a list", put("config.json", b"[]"), "config.json holds list"),
    ("no weights", drop("model.safetensors"), "has no model.safetensors"),
    ("weights in a .bin", only_bin, r"has no model.safetensors, only pytorch_model.bin. .*allow_bin=True"),
    ("weights cut short", truncate, "cannot read .*model.safetensors"),
    ("weights of something else", put("model.safetensors", b"PK\x03\x04" * 99), "cannot read"),
    ("weights empty", put("model.safetensors", b""), "cannot read"),
    ("no head", without_head, "has no tensor 'qa_outputs.weight'"),
    ("not a number", not_finite, "'qa.weight' holds values that are not finite"),
    ("no tokenizer", drop("tokenizer.json", "tokenizer_config.json"), "has no tokenizer, wanted one of"),
    ("damaged tokenizer", put("tokenizer.json", b"{"), "no tokenizer could be read"),
    # Whether the extra "generic" is installed or not.
    ("another family", config(model_type="gpt2"), "of type 'gpt2', wanted|lacks weights of GPT2|cannot load"),
    ("no family", config(model_type=...), "a model of type '.*', wanted one of: albert, bert"),
    ("another head", config(architectures=["BertForMaskedLM"]), "'BertForMaskedLM', wanted one of: Bert"),
    ("no head named", config(architectures=[]), "wanted one of: BertForQuestionAnswering"),
    ("a decoder", config(is_decoder=True), "got a decoder, wanted an encoder"),
    ("relative positions", config(position_embedding_type="relative_key"), "wanted 'absolute'"),
    ("an unknown activation", config(hidden_act="mish"), "hidden_act='mish', wanted one of: gelu"),
    ("wider than its weights", config(hidden_size=48), r"has the shape \[.*24\], wanted \[.*48\]"),
    ("deeper than its weights", config(num_hidden_layers=3), "has no tensor 'bert.encoder.layer.2"),
    ("another vocabulary", config(vocab_size=7), r"word_embeddings.* has the shape .*, wanted \[7, 24\]"),
    ("heads that do not divide", config(num_attention_heads=5), "num_heads: got 5, wanted a divisor"),
    ("no size", config(hidden_size=...), "the configuration lacks hidden_size"),
    ("a size that is none", config(intermediate_size="40"), "intermediate_size: got '40', wanted a positive"),
]


@pytest.mark.parametrize(("spoil", "message"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_no_reader(folder: Path, tmp_path: Path, spoil: Spoil, message: str) -> None:
    spoil(folder)
    out = tmp_path / "exports" / "out"
    with pytest.raises(ValueError, match=message):
        bf.export(folder, out)
    assert not out.parent.exists() or list(out.parent.iterdir()) == []


@pytest.mark.parametrize("source", [None, 3, {"a": 1}, b"bytes", torch.nn.Linear(2, 2)])
def test_what_is_no_source(source: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"source: got .*wanted a folder, a hub id or a transformers module"):
        bf.export(source, tmp_path / "out")


@pytest.mark.parametrize("source", ["./nowhere", "/nowhere/at/all", "a/b/c"])
def test_no_such_folder(source: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"source: there is no folder {source}"):
        bf.load(source, cache_dir=tmp_path)


def test_an_encoder_without_a_head(random_reader: Any, tmp_path: Path) -> None:
    module = random_reader().exact.module.bert
    with pytest.raises(ValueError, match=r"source: got the architecture 'BertModel'.*fine-tune it first"):
        bf.export(module, tmp_path / "out", tokenizer=random_reader().model.tokenizer)
