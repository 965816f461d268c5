"""Plain gradients of models that have learnt something, against float64 autograd."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.graphs.reference import (
    Float64Classifier,
    Float64Model,
    Float64Reader,
    class_target_of,
    relative_difference,
    target_of,
)

torch = pytest.importorskip("torch")

TOLERANCE = 1e-5
KINDS = ("sensitivity", "input_x_gradient", "one_hot")
SHARED = Path(__file__).resolve().parents[3] / "shared"
MODEL = SHARED / "models" / "minilm-l6-squad"
DATA = SHARED / "data" / "squad" / "dev-v1.1.json.gz"


def check(
    model: bf.Model, exact: Float64Model, examples: Sequence[Any], windows: list[Window], target: str
) -> None:
    """Compare all kinds at the target that each result says it explains."""
    found = {kind: bf.gradients(model, examples, kind, target=target) for kind in KINDS}
    embeddings = exact.module.bert.embeddings
    table = embeddings.word_embeddings.weight
    for number, window in enumerate(windows):
        first = found["sensitivity"][number]
        scalar = class_target_of(target, first.label) if first.span is None else target_of(target, first.span)
        word = table[torch.as_tensor(window.input_ids)].detach().requires_grad_(True)
        e = embeddings(inputs_embeds=word[None], token_type_ids=torch.as_tensor(window.token_type_ids)[None])
        of_e, of_word = torch.autograd.grad(scalar(*exact.logits_from(-1, e)).sum(), [e, word])
        wanted = {
            "sensitivity": of_e[0],
            "input_x_gradient": (of_e * e)[0],
            "one_hot": of_word @ table.T,  # of one-hot ids, [T, V]
        }
        for kind, vectors in wanted.items():
            scores = np.linalg.norm(vectors.detach().numpy(), axis=-1)
            assert relative_difference(found[kind][number].scores, scores) < TOLERANCE, (kind, number)


@pytest.mark.skipif(
    not (MODEL.is_dir() and DATA.is_file()), reason="the fine-tuned reader and SQuAD are not in ../shared"
)
@pytest.mark.parametrize("target", ["probability", "logit"])
def test_a_reader_of_real_questions(tmp_path_factory: pytest.TempPathFactory, target: str) -> None:
    examples = sorted(bf.read_squad(DATA)[::400], key=lambda e: len(e.context))[:3]
    with bf.load(MODEL, cache_dir=tmp_path_factory.mktemp("cache")) as model:
        windows = make_windows(model.window_tokenizer, examples)
        assert len(windows) == len(examples)
        check(model, Float64Reader(MODEL), examples, windows, target)


@pytest.mark.parametrize("target", ["probability", "logit"])
def test_a_classifier_that_was_fine_tuned(
    random_reader: Any, mixed_texts: list[bf.TextExample], tmp_path: Path, target: str
) -> None:
    words = ["ada", "paris", "ships"]
    lesson = [
        bf.TextExample(f"it was {words[n % 3]} in {1000 + 7 * n} .", label=n % 3, id=str(n))
        for n in range(48)
    ]
    folder = tmp_path / "classifier"
    report = bf.finetune(
        random_reader().folder,
        lesson,
        folder,
        task="tsv",
        batch_size=8,
        learning_rate=3e-3,
        epochs=25,
        max_length=16,
        bf16=False,
        device="cpu",
        validation=0,
    )
    assert np.mean(report.losses[-3:]) < 0.5 * report.losses[0]  # it has learnt
    with bf.load(folder, cache_dir=tmp_path / "cache") as model:
        windows = make_text_windows(model.window_tokenizer, mixed_texts)
        check(model, Float64Classifier(folder), mixed_texts, windows, target)
