"""Fine-tuning a tiny classifier: it learns, is the plain loop, and keeps its best epoch."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertqa_fast.data.examples import QAExample, TextExample
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.tasks.class_lesson import ClassLesson, _hold_out
from bertqa_fast.tasks.finetune import finetune
from bertqa_fast.tasks.predict import predict
from bertqa_fast.tasks.presets import find_preset
from bertqa_fast.tasks.torch_classifier import TorchClassifier, load_classifier
from bertqa_fast.tasks.training_data import batch_order, pad

torch = pytest.importorskip("torch")

QUICK: dict[str, Any] = {"max_length": 16, "batch_size": 4, "epochs": 1, "bf16": False, "device": "cpu"}
NAMES = ["ada", "ships"]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny matrices gain nothing from threads, and lose much where other work runs beside the tests."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def made(count: int, names: list[str] | None = None) -> list[TextExample]:
    """Make texts whose class is the one word that differs: a number, or the word where `names` are given."""
    words = names or ["ada", "paris", "ships"]
    return [
        TextExample(
            f"it was {words[number % len(words)]} in {1000 + 7 * number} .",
            label=words[number % len(words)] if names else number % len(words),
            id=str(number),
        )
        for number in range(count)
    ]


@pytest.fixture(scope="session")
def tiny_classifier(tiny_reader: Callable[..., Any]) -> Callable[..., Any]:
    """Make a random classifier of as many classes."""
    from transformers import BertForSequenceClassification

    def make(classes: int = 3, seed: int = 0, dropout: float = 0.1) -> Any:
        config = tiny_reader(dropout=dropout).config
        config.num_labels = classes
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return BertForSequenceClassification(config).eval()

    return make


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(str(folder / "model.safetensors"))


def assert_same(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert first.keys() == second.keys()
    for name in first:
        assert torch.equal(first[name], second[name]), name


def scripted(monkeypatch: pytest.MonkeyPatch, values: list[float]) -> list[dict[str, Any]]:
    """Let epochs score what is given, and return what their weights were."""
    left, states = iter(values), []

    def score(lesson: ClassLesson) -> dict[str, Any]:
        states.append({name: value.clone() for name, value in lesson.module.state_dict().items()})
        return {"macro_f1": next(left)}

    monkeypatch.setattr(ClassLesson, "score_epoch", score)
    return states


def test_it_learns_and_the_folder_is_whole(
    tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any
) -> None:
    source = tiny_reader(encoder=True, dropout=0.0)
    train = [*made(36, NAMES), TextExample("ada", id="no label")]
    options: dict[str, Any] = {"tokenizer": tiny_tokenizer, "task": "tsv", "dev": made(12, NAMES)}
    options |= QUICK | {"epochs": 10, "learning_rate": 5e-3}
    report = finetune(source, train, tmp_path / "c", **options)
    assert (report.examples, report.windows, report.dropped, report.steps) == (36, 36, 1, 90)
    assert report.dev is not None
    assert report.epochs is not None
    assert report.best_epoch is not None
    assert report.dev == report.epochs[report.best_epoch - 1]
    assert report.dev["count"] == 12
    best = max(scores["macro_f1"] for scores in report.epochs)
    assert report.dev["macro_f1"] == best == 100
    assert [scores["macro_f1"] for scores in report.epochs].index(best) == report.best_epoch - 1
    stored = json.loads((tmp_path / "c" / "training.json").read_text())
    assert (stored["dev"], stored["epochs"], stored["best_epoch"]) == (
        report.dev,
        report.epochs,
        report.best_epoch,
    )
    assert [entry.name for entry in tmp_path.iterdir() if not entry.name.endswith(".lock")] == ["c"]

    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    module = AutoModelForSequenceClassification.from_pretrained(str(tmp_path / "c"))
    assert module.config.id2label == {0: "ada", 1: "ships"}
    assert module.config.label2id == {"ada": 0, "ships": 1}
    assert module.config.architectures == ["BertForSequenceClassification"]
    classifier = TorchClassifier(module, AutoTokenizer.from_pretrained(str(tmp_path / "c")))
    found = predict(classifier, made(8, NAMES), max_length=16)
    assert [prediction.label for prediction in found] == NAMES * 4

    again = finetune(source, train, tmp_path / "c", **options)
    assert (again.losses, again.dev, again.epochs) == (report.losses, report.dev, report.epochs)


def test_it_is_the_plain_loop(
    tmp_path: Path, tiny_classifier: Callable[..., Any], tiny_tokenizer: Any
) -> None:
    """The same steps written out with the library's own loss and schedule give the same weights."""
    from transformers import get_linear_schedule_with_warmup

    train, settings = made(10), QUICK | {"learning_rate": 1e-3, "epochs": 2, "validation": 0.0}
    report = finetune(
        tiny_classifier(dropout=0.0),
        train,
        tmp_path / "c",
        tokenizer=tiny_tokenizer,
        task="tsv",
        seed=3,
        **settings,
    )
    assert (report.dev, report.epochs, report.best_epoch) == (None, None, None)

    module = tiny_classifier(dropout=0.0).train()
    flat = [p for name, p in module.named_parameters() if "LayerNorm" in name or name.endswith(".bias")]
    rest = [p for name, p in module.named_parameters() if not ("LayerNorm" in name or name.endswith(".bias"))]
    groups = [{"params": rest, "weight_decay": 0.01}, {"params": flat, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, eps=1e-6)
    windows = make_text_windows(tiny_tokenizer, train, max_length=16)
    schedule = get_linear_schedule_with_warmup(optimizer, 0, 6)
    losses = []
    for numbers in batch_order(10, 4, 2, seed=3):
        batch = {k: torch.from_numpy(v) for k, v in pad([windows[n] for n in numbers], 0).items()}
        output = module(**batch, labels=torch.tensor([train[n].label for n in numbers]))
        optimizer.zero_grad()
        output.loss.backward()
        losses.append(output.loss.item())
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    assert report.losses == pytest.approx(losses, rel=1e-4)
    for name, value in weights(tmp_path / "c").items():
        # The softmaxes above these cancel them: their gradient is rounding noise, which Adam blows up.
        if not name.endswith("key.bias"):
            torch.testing.assert_close(value, module.state_dict()[name], rtol=1e-3, atol=1e-5, msg=name)


def test_the_best_epoch_is_kept(
    tmp_path: Path,
    tiny_classifier: Callable[..., Any],
    tiny_tokenizer: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of equal ones the first; the weights are those that the epoch ended with."""
    states = scripted(monkeypatch, [50.0, 70.0, 70.0, 60.0])
    report = finetune(
        tiny_classifier(),
        made(8),
        tmp_path / "c",
        tokenizer=tiny_tokenizer,
        task="tsv",
        **QUICK | {"epochs": 4},
    )
    assert report.best_epoch == 2
    assert report.dev == {"macro_f1": 70.0}
    assert_same(weights(tmp_path / "c"), states[1])
    assert not torch.equal(states[1]["classifier.weight"], states[3]["classifier.weight"])


@pytest.mark.parametrize("every", [None, 0, 2])
def test_an_interrupted_run_goes_on_to_the_bit(
    tmp_path: Path,
    tiny_classifier: Callable[..., Any],
    tiny_tokenizer: Any,
    monkeypatch: pytest.MonkeyPatch,
    every: int | None,
) -> None:
    """Also where the best epoch lies before the interruption: 8 texts in batches of 4, one held out."""
    from bertqa_fast.tasks import training

    def run(name: str) -> Any:
        options = QUICK | {"epochs": 4, "checkpoint_every": every}
        return finetune(
            tiny_classifier(), made(8), tmp_path / name, tokenizer=tiny_tokenizer, task="tsv", **options
        )

    scores = [50.0, 70.0, 60.0, 65.0]
    scripted(monkeypatch, scores)
    whole = run("whole")
    forward, steps = training.forward, []

    def interrupted(*arguments: Any, **options: Any) -> Any:
        steps.append(1)
        if len(steps) in (3, 6, 7):  # within an epoch, at the end of one, within the next
            os.kill(os.getpid(), signal.SIGINT)
        return forward(*arguments, **options)

    scripted(monkeypatch, scores)
    monkeypatch.setattr(training, "forward", interrupted)
    for kept in (1, 2, 2):
        with pytest.raises(KeyboardInterrupt):
            run("parts")
        found = sorted(path.name for path in (tmp_path / "parts.partial").iterdir())
        assert found == [f"best-{kept:04d}", f"step-{len(steps):08d}"]
    report = run("parts")
    assert len(steps) == whole.steps == 8
    assert (report.losses, report.epochs, report.best_epoch) == (whole.losses, whole.epochs, 2)
    assert_same(weights(tmp_path / "parts"), weights(tmp_path / "whole"))
    assert not (tmp_path / "parts.partial").exists()


def test_a_checkpoint_without_its_best_epoch_is_damaged(
    tmp_path: Path,
    tiny_classifier: Callable[..., Any],
    tiny_tokenizer: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from bertqa_fast.tasks import training

    def run(**options: Any) -> Any:
        return finetune(
            tiny_classifier(),
            made(8),
            tmp_path / "c",
            tokenizer=tiny_tokenizer,
            task="tsv",
            **QUICK | options,
        )

    forward, steps = training.forward, []

    def failing(*arguments: Any, **options: Any) -> Any:
        steps.append(1)
        if len(steps) == 4:
            raise RuntimeError("power cut")
        return forward(*arguments, **options)

    monkeypatch.setattr(training, "forward", failing)
    with pytest.raises(RuntimeError, match="power cut"):
        run(epochs=2)
    best = tmp_path / "c.partial" / "best-0001"
    (best / "model.safetensors").unlink()
    best.rmdir()
    with pytest.raises(ValueError, match=r"is damaged \(there is no best-0001\)"):
        run(epochs=2)
    assert run(epochs=2, resume=False).steps == 4


def test_what_is_fresh_and_what_is_kept(
    tmp_path: Path, tiny_reader: Callable[..., Any], tiny_classifier: Callable[..., Any], tiny_tokenizer: Any
) -> None:
    encoder = tiny_reader()  # a reader's encoder has no pooler
    encoder.save_pretrained(tmp_path / "reader")
    three = tiny_classifier(3)
    three.save_pretrained(tmp_path / "three")
    for source, of_source in ((encoder, encoder), (tmp_path / "reader", encoder)):
        modules = [
            load_classifier(source, tiny_tokenizer, labels=["a", "b"], seed=seed)[0] for seed in (1, 1, 2)
        ]
        for module in modules:
            assert_same(module.bert.embeddings.state_dict(), of_source.bert.embeddings.state_dict())
            assert_same(module.bert.encoder.state_dict(), of_source.bert.encoder.state_dict())
            assert module.config.id2label == {0: "a", 1: "b"}
        pooled = [module.bert.pooler.dense.weight for module in modules]
        assert torch.equal(pooled[0], pooled[1])
        assert not torch.equal(pooled[0], pooled[2])
        assert not modules[0].bert.pooler.dense.bias.any()
    for given in (three, tmp_path / "three"):
        same = load_classifier(given, tiny_tokenizer, labels=["a", "b", "c"], seed=1)[0]
        assert_same(same.state_dict(), three.state_dict())
        assert same.config.id2label == {0: "a", 1: "b", 2: "c"}
        fewer = load_classifier(given, tiny_tokenizer, labels=[0, 1], seed=1)[0]
        assert fewer.classifier.weight.shape == (2, 24)
        assert torch.equal(fewer.bert.pooler.dense.weight, three.bert.pooler.dense.weight)
        assert fewer.config.id2label == {0: "LABEL_0", 1: "LABEL_1"}
    assert three.config.id2label == {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"}


def test_a_share_is_held_out() -> None:
    examples = made(30)
    learned, held_out = _hold_out(examples, 0.1, seed=1)
    assert (len(learned), len(held_out)) == (27, 3)
    assert sorted(learned + held_out, key=lambda example: int(example.id or 0)) == examples
    assert [e for e in examples if e in learned] == learned
    assert _hold_out(examples, 0.1, seed=1) == (learned, held_out)
    assert _hold_out(examples, 0.1, seed=2)[1] != held_out
    assert _hold_out(examples, 0.0, seed=1) == (examples, [])
    assert len(_hold_out(examples, 0.001, seed=1)[1]) == 1
    with pytest.raises(ValueError, match="train must hold examples beside those held out, got 1"):
        _hold_out(examples[:1], 0.1, seed=1)


def test_the_classes_are_the_tasks_or_the_datas(
    tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any
) -> None:
    def names(name: str, task: str, train: list[TextExample]) -> Any:
        finetune(tiny_reader(), train, tmp_path / name, tokenizer=tiny_tokenizer, task=task, **QUICK)
        return json.loads((tmp_path / name / "config.json").read_text())["id2label"]

    twice = [*made(4), *made(4)]  # several files may have the same ids
    assert names("a", "sst5", twice) == {str(n): f"LABEL_{n}" for n in range(5)}
    report = json.loads((tmp_path / "a" / "training.json").read_text())
    assert (report["examples"], report["dev"]["count"], report["settings"]["validation"]) == (7, 1, 0.1)
    odd = [TextExample("ada", label=label) for label in ("10", 2, "2", "no") * 2]
    assert names("b", "tsv", odd) == {"0": "2", "1": "10", "2": "no"}


def test_published_settings(tmp_path: Path, tiny_tokenizer: Any) -> None:
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        vocab_size=len(tiny_tokenizer),
        hidden_size=12,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    long = TextExample("ada " * 600, label=1)
    report = finetune(
        BertForSequenceClassification(config),
        [long, *made(17)],
        tmp_path / "c",
        dev=made(3),
        tokenizer=tiny_tokenizer,
        task="sst5",
        bf16=False,
    )
    preset = find_preset(None, "text-classification")
    wanted = {"batch_size": 8, "learning_rate": 2e-5, "epochs": 3, "max_length": 512, "warmup_ratio": 0.1}
    wanted |= {"weight_decay": 0.01, "max_grad_norm": 1.0, "validation": None, "doc_stride": None}
    assert wanted.items() <= report.settings.items()
    assert preset is find_preset("wu2021", "text-classification")
    assert (report.steps, report.windows, report.examples) == (9, 18, 18)
    assert report.dev is not None
    assert report.dev["count"] == 3
    assert np.isfinite(report.losses).all()


def test_bad_arguments_are_named(
    tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any
) -> None:
    good: dict[str, Any] = {"train": made(6), "task": "tsv", "tokenizer": tiny_tokenizer} | QUICK
    question = QAExample("who ?", "ada")
    for options, error, message in (
        ({"preset": "ramnath2020"}, ValueError, "preset must be one of wu2021, got 'ramnath2020'"),
        ({"train": []}, ValueError, "train must hold at least one example"),
        ({"train": [question]}, TypeError, "train must hold TextExample, got QAExample"),
        ({"train": made(1) * 2}, ValueError, r"train must hold texts of two classes or more, got \[0\]"),
        ({"train": [TextExample("ada")]}, ValueError, r"two classes or more, got \[\]"),
        ({"dev": []}, ValueError, "dev must hold at least one example, got none"),
        ({"dev": [question]}, TypeError, "dev must hold TextExample, got QAExample"),
        (
            {"dev": [TextExample("a", label=7, id="x")]},
            ValueError,
            "dev must have labels among 0, 1, 2, got 7",
        ),
        ({"dev": [TextExample("a")]}, ValueError, "got None for number 0"),
        ({"task": "sst2"}, ValueError, "train must have labels among 0, 1, got 2 for '2'"),
        (
            {"dev": made(3), "validation": 0.2},
            ValueError,
            "validation must be None where dev is given, got 0.2",
        ),
        ({"validation": 1.0}, ValueError, "validation must be from 0 to below 1, or None, got 1.0"),
        ({"validation": 0.95}, ValueError, "train must hold examples beside those held out, got 6"),
        ({"doc_stride": 8}, ValueError, "doc_stride and passage_only must be None for texts"),
        ({"max_length": 65}, ValueError, "max_length must be at most the model's 64 positions, got 65"),
        ({"max_length": 2}, ValueError, "max_length must leave each text a token"),
    ):
        arguments = good | options
        with pytest.raises(error, match=message):
            finetune(tiny_reader(), arguments.pop("train"), tmp_path / "c", **arguments)
    assert not (tmp_path / "c").exists()
    assert not (tmp_path / "c.partial").exists()
