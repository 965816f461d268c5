"""Fine-tuning heads of every family, and the export of what it saves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.data.windows import make_windows
from bertqa_fast.families import FAMILIES
from bertqa_fast.tasks.torch_classifier import TorchClassifier, load_classifier
from bertqa_fast.tasks.torch_modules import positions_of
from bertqa_fast.tasks.torch_reader import TorchReader, load_reader

torch = pytest.importorskip("torch")

READER, CLASSIFIER = "question-answering", "text-classification"
WORDS = ("ada", "paris", "ships")
QUICK: dict[str, Any] = {
    "max_length": 24,
    "batch_size": 4,
    "epochs": 1,
    "bf16": False,
    "device": "cpu",
    "show_progress": False,
}


def lessons(task: str) -> Sequence[Any]:
    """Make questions, or texts of three classes."""
    words = [WORDS[number % 3] for number in range(8)]
    if task == CLASSIFIER:
        return [bf.TextExample(f"it was {word} in the year", label=n % 3) for n, word in enumerate(words)]
    context = "it was written by {} in the year"
    return [
        bf.QAExample("who wrote it?", context.format(word), str(n), (bf.Answer(word, 18),))
        for n, word in enumerate(words)
    ]


def in_head(module: Any, name: str) -> bool:
    """Whether a weight is of the head, for which the pooler counts."""
    base = module.base_model_prefix
    return not name.startswith(f"{base}.") or name.startswith(f"{base}.pooler")


@pytest.mark.parametrize("task", [READER, CLASSIFIER])
@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_taught_from_the_other_head_and_exported(
    family: str, task: str, family_model: Callable[..., Any], tmp_path: Path
) -> None:
    """The encoder is kept and the head drawn anew; the engine reads what was saved as PyTorch does."""
    other = READER if task == CLASSIFIER else CLASSIFIER
    source = family_model(family, other, num_hidden_layers=1)
    examples = lessons(task)

    def load(given: Any, seed: int = 1) -> tuple[Any, Any]:
        return (
            load_reader(given, seed=seed)
            if task == READER
            else load_classifier(given, labels=[0, 1, 2], seed=seed)
        )

    module, again, redrawn = (load(source.folder, seed)[0].state_dict() for seed in (1, 1, 2))
    taught = source.exact.module
    for name, values in module.items():
        assert torch.equal(values, again[name]), name
        if not in_head(taught, name):
            assert torch.equal(values.double(), taught.state_dict()[name]), name
        elif name.endswith("weight"):
            assert not torch.equal(values, redrawn[name]), name

    options = QUICK | ({} if task == READER else {"task": "tsv", "dev": examples})
    bf.finetune(source.folder, examples, tmp_path / "out", **options)
    trained = (TorchReader if task == READER else TorchClassifier)(*load(tmp_path / "out"))
    with bf.load(tmp_path / "out", cache_dir=tmp_path / "cache") as model:
        assert model.task == task
        make: Any = make_windows if task == READER else make_text_windows
        windows = make(model.window_tokenizer, examples)
        ours, theirs = (
            reader.logits(windows) if task == READER else reader.class_logits(windows)
            for reader in (model, trained)
        )
        for mine, other_mine in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine, other_mine, atol=1e-4)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_layers_of_a_head_that_fit_are_kept(family: str, random_family: ModuleType, tmp_path: Path) -> None:
    """Of a classifier of three classes, in a folder or in memory, one of two has all but the last layer."""
    three = random_family.random_module(family, CLASSIFIER, num_hidden_layers=1)
    three.save_pretrained(tmp_path)
    random_family.write_tokenizer(tmp_path)
    for given in (three, tmp_path):
        module, _ = load_classifier(given, tmp_path, labels=["a", "b"], seed=1)
        differing = {
            name
            for name, values in module.state_dict().items()
            if values.shape != three.state_dict()[name].shape
            or not torch.equal(values, three.state_dict()[name])
        }
        assert {name.rpartition(".")[2] for name in differing} == {"weight", "bias"}
        assert len({name.rpartition(".")[0] for name in differing}) == 1
        assert module.num_labels == 2


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_positions_are_those_of_the_export(family: str, family_model: Callable[..., Any]) -> None:
    made = family_model(family, CLASSIFIER)
    assert positions_of(made.exact.module) == made.model.max_positions
    longest = np.full((1, made.model.max_positions), 7)
    made.exact.module(input_ids=torch.tensor(longest))
    with pytest.raises((IndexError, RuntimeError)):
        made.exact.module(input_ids=torch.tensor(np.full((1, made.model.max_positions + 1), 7)))
