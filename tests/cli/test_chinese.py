"""CMRC 2018 and DRCD from end to end, on a random reader of Chinese."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bertqa_fast.runs.reader import Run

Program = Callable[..., Any]

CONTEXT = "《跑跑卡丁车》由韩国Nexon开发。1843年，船离开了港口；１４年，它又离开了　港口。"
QUESTIONS = [("谁开发了它？", "Nexon", 0), ("船离开了哪里？", "港口", 1), ("哪一年？", "1843年", 0)]


@pytest.fixture(scope="session")
def chinese_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a random reader: 2 blocks, 16 wide, 2 heads."""
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertForQuestionAnswering, BertTokenizerFast

    folder = tmp_path_factory.mktemp("chinese")
    characters = dict.fromkeys(CONTEXT + "".join(question for question, *_ in QUESTIONS) + "nexo?a")
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *(f"##{c}" for c in characters)]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    BertTokenizerFast(vocab=vocabulary, do_lower_case=True).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=384,
    )
    BertForQuestionAnswering(config).save_pretrained(folder)
    return folder


@pytest.fixture
def squad_style(tmp_path: Path) -> Path:
    """Return a file in SQuAD's format, as DRCD, XQuAD and CMRC 2018 have; one answer is misplaced by 1."""
    qas = [
        {
            "id": f"q{number}",
            "question": question,
            "answers": [{"text": text, "answer_start": CONTEXT.index(text) + shift}],
        }
        for number, (question, text, shift) in enumerate(QUESTIONS)
    ]
    path = tmp_path / "dev.json"
    path.write_text(json.dumps({"data": [{"paragraphs": [{"context": CONTEXT, "qas": qas}]}]}))
    return path


@pytest.fixture
def own_format(tmp_path: Path) -> Path:
    """Return a file in CMRC 2018's own format."""
    qas = [
        {"query_id": f"t{number}", "query_text": question, "answers": [text]}
        for number, (question, text, _) in enumerate(QUESTIONS)
    ]
    path = tmp_path / "train.json"
    path.write_text(
        json.dumps([{"context_id": "T", "context_text": CONTEXT, "title": "船", "qas": qas}]), "utf-8"
    )
    return path


@pytest.mark.parametrize("task", ["cmrc2018", "drcd", "squad"])
def test_answers_and_attributions(
    invoke: Program, chinese_model: Path, squad_style: Path, tmp_path: Path, task: str
) -> None:
    model, data = ["--model", chinese_model], ["--data", squad_style, "--task", task]
    said = invoke("predict", *model, *data, "--output-dir", tmp_path / "p", "--json")
    predictions = Path(json.loads(said.stdout)["files"]["predictions"])
    texts = json.loads(predictions.read_text())
    assert all(text and text in CONTEXT for text in texts.values())
    scores = json.loads(invoke("evaluate", *data, "--predictions", predictions, "--json").stdout)
    assert (scores["task"], scores["count"]) == (task, 3)
    assert ("average" in scores) == (task != "squad")
    run = [*model, *data, "--layers", "1", "--steps", 2, "--embeddings", 0, "--output-dir", tmp_path / "run"]
    about = json.loads(invoke("attribute", *run, "--json").stdout)
    assert {key: about["scores"][key] for key in scores} == scores
    (first, *_) = Run(tmp_path / "run")
    words = [word.text for word in first[1].words() if word.segment == 1]
    assert words[:8] == [*"《跑跑卡丁车》", "由"]
    assert "Nexon" in words
    assert "１４" in words


def test_misplaced_answers_are_reported(
    invoke: Program, squad_style: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "p.json").write_text(json.dumps({f"q{n}": text for n, (_, text, _) in enumerate(QUESTIONS)}))
    evaluate = ["evaluate", "--data", squad_style, "--predictions", tmp_path / "p.json", "--json"]
    assert json.loads(invoke(*evaluate, "--task", "cmrc2018").stdout)["average"] == 100
    assert "of 3 answers, 1 stood elsewhere than they said (moved)" in caplog.text


def test_training_on_two_files(
    invoke: Program, chinese_model: Path, squad_style: Path, own_format: Path, tmp_path: Path
) -> None:
    done = invoke(
        *["finetune", "--model", chinese_model, "--task", "cmrc2018", "--preset", "cui2022-cmrc"],
        *["--train", own_format, "--train", squad_style, "--dev", squad_style, "--epochs", 1],
        *["--max-length", 64, "--output-dir", tmp_path / "reader", "--device", "cpu", "--json"],
    )
    report = json.loads(done.stdout)
    assert (report["examples"], report["dropped"], report["steps"]) == (6, 0, 1)
    assert (report["settings"]["batch_size"], report["settings"]["passage_only"]) == (64, True)
    assert (report["dev"]["task"], report["dev"]["count"]) == ("cmrc2018", 3)
    with_squad_s_rules = invoke(
        *["finetune", "--model", chinese_model, "--task", "drcd", "--train", squad_style, "--epochs", 1],
        *["--max-length", 64, "--output-dir", tmp_path / "other", "--device", "cpu", "--json"],
    )
    assert json.loads(with_squad_s_rules.stdout)["dropped"] == 1
