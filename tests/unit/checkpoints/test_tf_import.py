"""TensorFlow's checkpoints as models: against transformers, filled here by the published correspondence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.checkpoints.bundle import Bundle
from bertqa_fast.checkpoints.vocabulary import is_cased

torch = pytest.importorskip("torch")

Draw = Callable[[str, tuple[int, ...]], Any]
H, V = 8, 27
EXAMPLE = bf.QAExample("Who wrote it?", "It was written by Ada in Paris.")
KINDS = {
    "pretraining.ckpt": ("BertModel", "encoder"),
    "squad.ckpt": ("BertForQuestionAnswering", "question-answering"),
    "sentences.ckpt": ("BertForSequenceClassification", "text-classification"),
}


def filled(name: str, value: Draw) -> Any:
    """Return the model that a checkpoint is, its parameters set one by one, by hand."""
    import transformers

    config = transformers.BertConfig(
        vocab_size=V,
        hidden_size=H,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=12,
        max_position_embeddings=32,
        num_labels=3 if name == "sentences.ckpt" else 2,
    )
    module = getattr(transformers, KINDS[name][0])(config).eval()
    bert = getattr(module, "bert", module)

    def put(parameter: Any, variable: str) -> None:
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(value(variable, tuple(parameter.shape))))

    def dense(layer: Any, scope: str) -> None:
        kernel = value(f"{scope}/kernel", (layer.in_features, layer.out_features))
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(kernel).T)
        put(layer.bias, f"{scope}/bias")

    def norm(layer: Any, scope: str) -> None:
        put(layer.weight, f"{scope}/gamma")
        put(layer.bias, f"{scope}/beta")

    for kind in ("word", "position", "token_type"):
        put(getattr(bert.embeddings, f"{kind}_embeddings").weight, f"bert/embeddings/{kind}_embeddings")
    norm(bert.embeddings.LayerNorm, "bert/embeddings/LayerNorm")
    for number, block in enumerate(bert.encoder.layer):
        scope = f"bert/encoder/layer_{number}"
        attention = block.attention
        dense(attention.self.query, f"{scope}/attention/self/query")
        dense(attention.self.key, f"{scope}/attention/self/key")
        dense(attention.self.value, f"{scope}/attention/self/value")
        dense(attention.output.dense, f"{scope}/attention/output/dense")
        norm(attention.output.LayerNorm, f"{scope}/attention/output/LayerNorm")
        dense(block.intermediate.dense, f"{scope}/intermediate/dense")
        dense(block.output.dense, f"{scope}/output/dense")
        norm(block.output.LayerNorm, f"{scope}/output/LayerNorm")
    if bert.pooler is not None:
        dense(bert.pooler.dense, "bert/pooler/dense")
    if name == "squad.ckpt":
        put(module.qa_outputs.weight, "cls/squad/output_weights")
        put(module.qa_outputs.bias, "cls/squad/output_bias")
    if name == "sentences.ckpt":
        put(module.classifier.weight, "output_weights")
        put(module.classifier.bias, "output_bias")
    return module


@pytest.mark.parametrize("name", list(KINDS))
def test_the_folder_is_the_model(data: Path, tmp_path: Path, value: Draw, name: str) -> None:
    import transformers

    done = bf.import_tf(data / name, tmp_path / "model")
    architecture, task = KINDS[name]
    assert (done.output_dir, done.task, done.cased) == (str(tmp_path / "model"), task, False)
    wanted = filled(name, value)
    module, said = getattr(transformers, architecture).from_pretrained(
        tmp_path / "model", output_loading_info=True
    )
    assert not any(said.values())
    assert module.config.architectures == [architecture]
    assert module.config.num_labels == wanted.config.num_labels
    assert done.tensors == len(wanted.state_dict())
    for key, parameter in wanted.state_dict().items():
        np.testing.assert_array_equal(module.state_dict()[key].numpy(), parameter.numpy(), err_msg=key)
    ids = torch.tensor([[2, 5, 6, 7, 3, 8, 9, 10, 3]])
    with torch.no_grad():
        for ours, theirs in zip(module.eval()(ids).to_tuple(), wanted(ids).to_tuple(), strict=True):
            np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_what_is_left_out(data: Path, tmp_path: Path) -> None:
    done = bf.import_tf(data / "squad.ckpt", tmp_path / "reader")
    assert done.left_out == ("bert/pooler/dense/bias", "bert/pooler/dense/kernel", "global_step")
    encoder = bf.import_tf(data / "pretraining.ckpt", tmp_path / "encoder")
    assert {name.rpartition("/")[2] for name in encoder.left_out if name.startswith("bert/")} == {
        "adam_m",
        "adam_v",
    }
    assert "cls/predictions/output_bias" in encoder.left_out
    assert json.loads(json.dumps(done.to_dict()))["left_out"] == list(done.left_out)


def test_an_imported_reader_answers(data: Path, tmp_path: Path, value: Draw) -> None:
    bf.import_tf(data / "squad.ckpt.index", tmp_path / "reader")
    with bf.load(tmp_path / "reader", cache_dir=tmp_path / "cache") as model:
        ids = model.tokenizer(EXAMPLE.question, EXAMPLE.context, return_tensors="pt")
        with torch.no_grad():
            wanted = filled("squad.ckpt", value)(**ids)
        best = bf.predict(model, EXAMPLE, max_length=32)
        score = wanted.start_logits[0, best.start_token] + wanted.end_logits[0, best.end_token]
        assert best.score == pytest.approx(float(score), abs=1e-5)


def test_an_imported_encoder_is_fine_tuned(data: Path, tmp_path: Path, value: Draw) -> None:
    """At a rate next to 0 it keeps the weights, and gets a head."""
    from transformers import BertForQuestionAnswering

    bf.import_tf(data / "pretraining.ckpt", tmp_path / "encoder")
    with pytest.raises(ValueError, match=r"'BertModel'.*fine-tune it first"):
        bf.export(tmp_path / "encoder", tmp_path / "export")
    example = bf.QAExample("who wrote it?", "it was written by ada.", "1", (bf.Answer("ada", 18),))
    bf.finetune(
        tmp_path / "encoder",
        [example],
        tmp_path / "reader",
        epochs=1,
        learning_rate=1e-12,
        max_length=32,
        doc_stride=8,
        device="cpu",
        show_progress=False,
    )
    module = BertForQuestionAnswering.from_pretrained(tmp_path / "reader")
    for key, parameter in filled("pretraining.ckpt", value).state_dict().items():
        if not key.startswith("pooler"):
            np.testing.assert_allclose(module.bert.state_dict()[key], parameter, atol=1e-6, err_msg=key)


def test_the_task_can_be_chosen(data: Path, tmp_path: Path) -> None:
    done = bf.import_tf(data / "squad.ckpt", tmp_path / "encoder", task="encoder")
    assert done.task == "encoder"
    assert "cls/squad/output_weights" in done.left_out
    for task, missing in (
        ("question-answering", "cls/squad/output_weights"),
        ("text-classification", "output_weights"),
    ):
        with pytest.raises(ValueError, match=f"has no tensor '{missing}'"):
            bf.import_tf(data / "pretraining.ckpt", tmp_path / "other", task=task)
    with pytest.raises(ValueError, match="task: got 'reader', wanted one of: question-answering"):
        bf.import_tf(data / "squad.ckpt", tmp_path / "other", task="reader")


def test_where_the_files_are(data: Path, copy: Path, tmp_path: Path) -> None:
    for name in ("pretraining.ckpt", "sentences.ckpt", "types.ckpt"):
        (copy / f"{name}.index").unlink()
    for name in ("bert_config.json", "vocab.txt"):
        (copy / name).rename(tmp_path / name)
    files = {"config": tmp_path / "bert_config.json", "vocab": tmp_path / "vocab.txt"}
    for missing in files:
        rest = {argument: file for argument, file in files.items() if argument != missing}
        with pytest.raises(ValueError, match=rf"{missing}: there is no file .*; give the "):
            bf.import_tf(copy, tmp_path / "out", **rest)
    assert bf.import_tf(copy, tmp_path / "out", **files).task == "question-answering"
    assert (tmp_path / "out" / "vocab.txt").read_bytes() == (data / "vocab.txt").read_bytes()
    with pytest.raises(ValueError, match=r"output_dir: .*out exists, wanted a new or empty folder"):
        bf.import_tf(copy, tmp_path / "out", **files)
    with pytest.raises(
        ValueError, match=r"checkpoint: .* holds 4 of them \(pretraining.ckpt, .*name the one"
    ):
        bf.import_tf(data, tmp_path / "other")
    with pytest.raises(ValueError, match=r"checkpoint: .* holds no .index file"):
        bf.import_tf(tmp_path, tmp_path / "other")
    with pytest.raises(ValueError, match=r"checkpoint: there is no .*nowhere.ckpt.index"):
        bf.import_tf(tmp_path / "nowhere.ckpt", tmp_path / "other")
    assert not (tmp_path / "other").exists()


WORDS = ["[PAD]", "[unused1]", "[CLS]", "<S>", "the", "##s", "写", "\u211d"]  # the last has no small letter


@pytest.mark.parametrize(
    ("words", "cased"), [(WORDS, False), ([*WORDS, "The"], True), ([*WORDS, "##É"], True)]
)
def test_capitals_in_a_vocabulary(words: list[str], cased: bool) -> None:
    assert is_cased(words) is cased


@pytest.mark.parametrize(("piece", "cased", "pieces"), [
    ("Ada", None, ["[UNK]", "wrote", "Ada"]),
    ("Ada", False, ["who", "wrote", "ada"]),
    ("an", None, ["who", "wrote", "ada"]),
    ("an", True, ["[UNK]", "wrote", "[UNK]"]),
])  # fmt: skip
def test_capitals_in_a_text(
    copy: Path, tmp_path: Path, piece: str, cased: bool | None, pieces: list[str]
) -> None:
    vocabulary = copy / "vocab.txt"
    vocabulary.write_text(vocabulary.read_text().replace("\nd\n", f"\n{piece}\n"))
    done = bf.import_tf(copy / "squad.ckpt", tmp_path / "out", cased=cased)
    assert done.cased is (piece == "Ada" if cased is None else cased)
    with bf.load(tmp_path / "out", cache_dir=tmp_path / "cache") as model:
        assert model.tokenizer.tokenize("Who wrote Ada") == pieces


Spoil = Callable[[Path], object]


def config(**changes: Any) -> Spoil:
    def change(folder: Path) -> None:
        file = folder / "bert_config.json"
        settings = json.loads(file.read_text()) | changes
        file.write_text(json.dumps({key: value for key, value in settings.items() if value is not ...}))

    return change


def put(name: str, content: bytes) -> Spoil:
    return lambda folder: (folder / name).write_bytes(content)


def damage(folder: Path) -> None:
    bundle = Bundle(folder / "squad.ckpt")
    entry = bundle._entries["cls/squad/output_weights"]
    path = folder / f"squad.ckpt.data-{entry.shard:05d}-of-00002"
    content = bytearray(path.read_bytes())
    content[entry.offset + 5] ^= 1
    path.write_bytes(content)


CASES: list[tuple[str, Spoil, str]] = [
    ("no JSON", put("bert_config.json", b"{"), "config: .* is not JSON"),
    ("no end", put("bert_config.json", b"[" * 100_000), "config: .* is not JSON"),
    ("a list", put("bert_config.json", b"[]"), "config: .* holds list, wanted an object"),
    ("no size", config(hidden_size=...), "config: .*bert_config.json: the configuration lacks hidden_size"),
    ("an unknown activation", config(hidden_act="abc"), "config: .*: got hidden_act='abc'"),
    ("wider", config(hidden_size=16), r"/word_embeddings' .* shape \[27, 8\], wanted \[27, 16\]"),
    (
        "deeper",
        config(num_hidden_layers=3),
        "has no tensor 'bert/encoder/layer_2/attention/self/query/",
    ),
    ("shallower", config(num_hidden_layers=1), "says 1 layers, but .* the tensor 'bert/encoder/layer_1"),
    ("another vocabulary", config(vocab_size=28), r"'bert/embeddings/word_embeddings' .* wanted \[28, 8\]"),
    ("too many words", put("vocab.txt", b"a\n" * 28), "vocab: .* has 28 pieces, but .* embeddings for 27"),
    ("no words", put("vocab.txt", b""), r"vocab: .* lacks \[PAD\], \[UNK\], \[CLS\], \[SEP\], \[MASK\]"),
    ("no UTF-8", put("vocab.txt", b"\xff\n"), "vocab: .* is not UTF-8"),
    ("damaged weights", damage, "the tensor 'cls/squad/output_weights' is damaged: its checksum"),
]


@pytest.mark.parametrize(("spoil", "message"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_cannot_be_imported(copy: Path, tmp_path: Path, spoil: Spoil, message: str) -> None:
    spoil(copy)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(ValueError, match=message):
        bf.import_tf(copy / "squad.ckpt", out / "model")
    assert list(out.iterdir()) == []


def test_weights_that_are_no_numbers_with_fractions(
    write_bundle: Callable[..., Path], data: Path, tmp_path: Path
) -> None:
    bundle = Bundle(data / "squad.ckpt")
    entries = {name: (1, bundle.shape(name), bundle.read(name).tobytes(), {}) for name in bundle}
    entries["cls/squad/output_bias"] = (3, (2,), bytes(8), {})
    files = {"config": data / "bert_config.json", "vocab": data / "vocab.txt"}
    with pytest.raises(ValueError, match="the tensor 'cls/squad/output_bias' is of int32, wanted floating"):
        bf.import_tf(write_bundle(entries), tmp_path / "out", **files)


@pytest.mark.parametrize("types", [1, 3, 16])
def test_token_types_of_another_number(
    write_bundle: Callable[..., Path], copy: Path, tmp_path: Path, value: Draw, types: int
) -> None:
    """Of 16 a configuration need not tell: it is what BERT's code takes then."""
    from safetensors.numpy import load_file

    config(type_vocab_size=types if types < 16 else ...)(copy)
    bundle = Bundle(copy / "squad.ckpt")
    entries = {name: (1, bundle.shape(name), bundle.read(name).tobytes(), {}) for name in bundle}
    entries["global_step"] = (9, (), bytes(8), {})
    table = value("bert/embeddings/token_type_embeddings", (types, H))
    entries["bert/embeddings/token_type_embeddings"] = (1, (types, H), table.tobytes(), {})
    files = {"config": copy / "bert_config.json", "vocab": copy / "vocab.txt"}
    bf.import_tf(write_bundle(entries), tmp_path / "out", **files)
    stored = load_file(tmp_path / "out" / "model.safetensors")
    np.testing.assert_array_equal(stored["bert.embeddings.token_type_embeddings.weight"], table)
    assert json.loads((tmp_path / "out" / "config.json").read_text())["type_vocab_size"] == types


@pytest.mark.parametrize("number", [14, 19])
def test_weights_of_half_precision(
    write_bundle: Callable[..., Path], data: Path, tmp_path: Path, value: Draw, number: int
) -> None:
    """A bfloat16 is the upper half of a float32; its lower half is 0 when it is read."""
    from safetensors.numpy import load_file

    weights = value("cls/squad/output_weights", (2, H))
    if number == 14:
        half = (weights.view("<u4") >> 16).astype("<u2")
        wanted = (half.astype("<u4") << 16).view("<f4")
    else:
        half = weights.astype("<f2")
        wanted = half.astype("<f4")
    bundle = Bundle(data / "squad.ckpt")
    entries = {name: (1, bundle.shape(name), bundle.read(name).tobytes(), {}) for name in bundle}
    entries["global_step"] = (9, (), bytes(8), {})
    entries["cls/squad/output_weights"] = (number, (2, H), half.tobytes(), {})
    files = {"config": data / "bert_config.json", "vocab": data / "vocab.txt"}
    bf.import_tf(write_bundle(entries), tmp_path / "out", **files)
    stored = load_file(tmp_path / "out" / "model.safetensors")["qa_outputs.weight"]
    assert stored.dtype == np.float32
    np.testing.assert_array_equal(stored, wanted)
