"""Published settings of fine-tuning, and a loss over the passage alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertqa_fast.data.examples import Answer, QAExample
from bertqa_fast.data.windows import make_windows
from bertqa_fast.tasks.finetune import finetune
from bertqa_fast.tasks.presets import PRESETS, find_preset
from bertqa_fast.tasks.training_data import label_places, label_windows, pad

torch = pytest.importorskip("torch")

CONTEXT = "it was written by ada in paris ."
TRAIN = [
    QAExample("who wrote it ?", CONTEXT, "a", (Answer("ada", CONTEXT.index("ada")),)),
    QAExample(
        "where was it ?", CONTEXT + " the ships sailed .", "b", (Answer("paris", CONTEXT.index("paris")),)
    ),
]
QUICK: dict[str, Any] = {"bf16": False, "device": "cpu", "max_length": 40}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("ramnath2020", (6, 2, 384, False)),
        ("cui2022-squad", (64, 3, 512, False)),
        ("cui2022-cmrc", (64, 2, 512, True)),
    ],
)
def test_published_settings(name: str, wanted: tuple[int, int, int, bool]) -> None:
    preset = find_preset(name)
    assert (preset.batch_size, preset.epochs, preset.max_length, preset.passage_only) == wanted
    assert (preset.learning_rate, preset.doc_stride) == (3e-5, 128)
    assert preset.fill(epochs=None, batch_size=0, passage_only=False) == {
        "epochs": wanted[1],
        "batch_size": 0,
        "passage_only": False,
    }


def test_arguments_go_before_the_preset_s(
    tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any
) -> None:
    report = finetune(
        tiny_reader(),
        TRAIN,
        tmp_path / "r",
        tokenizer=tiny_tokenizer,
        preset="cui2022-cmrc",
        epochs=1,
        **QUICK,
    )
    wanted = {"batch_size": 64, "epochs": 1, "max_length": 40, "doc_stride": 128, "passage_only": True}
    assert wanted.items() <= report.settings.items()
    assert report.steps == 1
    assert set(PRESETS) == {"ramnath2020", "cui2022-squad", "cui2022-cmrc", "wu2021"}
    assert find_preset(None) is PRESETS["ramnath2020"]


def test_where_labels_can_stand(tiny_tokenizer: Any) -> None:
    windows = make_windows(tiny_tokenizer, TRAIN)
    found = label_places(windows)
    assert found.shape == pad(windows, 0)["input_ids"].shape
    for window, row in zip(windows, found, strict=True):
        passage = np.flatnonzero(window.segment == 1).tolist()
        assert np.flatnonzero(row).tolist() == [0, *passage]
    labels = label_windows(tiny_tokenizer, TRAIN)
    assert found[[0, 1], labels.starts].all()


def test_a_loss_over_the_passage(
    tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any
) -> None:
    """The first loss is the cross entropy of the logits at the first token and the passage alone."""
    source = tiny_reader(dropout=0.0)
    report = finetune(
        source, TRAIN, tmp_path / "r", tokenizer=tiny_tokenizer, epochs=1, passage_only=True, **QUICK
    )
    data = label_windows(tiny_tokenizer, TRAIN)
    with torch.no_grad():
        output = source(**{key: torch.from_numpy(value) for key, value in pad(data.windows, 0).items()})
    wanted = []
    for row, window in enumerate(data.windows):
        kept = [0, *np.flatnonzero(window.segment == 1)]
        for logits, labels in ((output.start_logits, data.starts), (output.end_logits, data.ends)):
            shares = torch.log_softmax(logits[row, kept].double(), -1)
            wanted.append(-float(shares[kept.index(labels[row])]))
    assert report.losses == [pytest.approx(np.mean(wanted), rel=1e-5)]
    whole = finetune(source, TRAIN, tmp_path / "w", tokenizer=tiny_tokenizer, epochs=1, **QUICK)
    assert whole.losses[0] > report.losses[0]
