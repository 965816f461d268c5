"""Fine-tune, attribute, analyse and report with a model of every kind of tokenizer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.analysis.words import words_of
from bertqa_fast.data.windows import make_windows
from bertqa_fast.runs.reader import Run
from bertqa_fast.study.run import study_classifier
from bertqa_fast.tasks.torch_reader import TorchReader

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

MODELS = {
    "wordpiece": "bert",
    "wordpiece cased": "electra",
    "byte-level": "roberta",
    "xlm-roberta": "xlm-roberta",
    "camembert": "camembert",
    "albert": "albert",
    "unigram": "distilbert",
}
CONTEXT = "The ship left port in May with Ada, Bob and 14 crates of tea.  It came back in 1843 (from Paris)."
QUESTIONS = [("Who sailed?", "Ada, Bob"), ("How many crates were there?", "14"), ("Where from?", "Paris")]
WORDS = "The ship left port in May with Ada , Bob and 14 crates of tea . It came back in 1843 ( from Paris"
QUICK = ("--max-length", 80, "--device", "cpu")
FEW = ("--method", "gausslegendre", "--steps", 3)
STEPS: dict[str, Any] = {"method": "gausslegendre", "n_steps": 2}


def encoder(kind: str, tokenizer_folder: Path, folder: Path) -> Path:
    """Save a random encoder of 2 blocks, 16 wide, with a tokenizer."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(tokenizer_folder)
    family = MODELS[kind]
    sizes: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": 16,
        "embedding_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 24,
        "max_position_embeddings": 130,
        "pad_token_id": tokenizer.pad_token_id,
    }
    if family == "distilbert":
        own = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 24}
        sizes = {
            name: sizes[name] for name in ("vocab_size", "max_position_embeddings", "pad_token_id")
        } | own
    config = transformers.AutoConfig.for_model(family, **sizes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        transformers.AutoModel.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@dataclass(frozen=True)
class Made:
    """What the commands made of one kind of tokenizer."""

    kind: str
    reader: Path
    run: Run
    page: str
    analysis: Path


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQuAD file of three questions on one passage."""
    qas = [
        {
            "id": f"q{number}",
            "question": question,
            "answers": [{"text": answer, "answer_start": CONTEXT.index(answer)}],
        }
        for number, (question, answer) in enumerate(QUESTIONS)
    ]
    path = tmp_path_factory.mktemp("data") / "train.json"
    path.write_text(json.dumps({"data": [{"paragraphs": [{"context": CONTEXT, "qas": qas}]}]}))
    return path


@pytest.fixture(scope="module", params=MODELS)
def made(
    request: pytest.FixtureRequest,
    invoke: Callable[..., Any],
    tokenizer_folder: Callable[[str], Path],
    data: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Made:
    folder, kind = tmp_path_factory.mktemp("made"), request.param
    source = encoder(kind, tokenizer_folder(kind), folder / "encoder")
    given = ["--train", data, "--dev", data, "--epochs", 2, "--batch-size", 3, "--no-bf16", *QUICK]
    invoke("finetune", "--model", source, *given, "--output-dir", folder / "reader")
    model = ["--model", folder / "reader", "--data", data, "--task", "squad"]
    run, analysis, page = folder / "run", folder / "analysis", folder / "page.html"
    invoke("attribute", *model, *FEW, "--max-length", 80, "--output-dir", run)
    wanted = ["--what", "jsd,roles,quantifiers" + (",tsne" if kind == "byte-level" else "")]
    invoke("analyze", run, *wanted, "--option", "jsd.k=3", "--output-dir", analysis)
    invoke("report", run, "--analysis", analysis, "--out", page)
    return Made(kind, folder / "reader", Run(run), page.read_text("utf-8"), analysis)


def test_answers_are_slices_without_white_space(made: Made) -> None:
    predictions = made.run.predictions()
    assert len(predictions) == len(QUESTIONS)
    for prediction in predictions.values():
        for entry in prediction.n_best:
            assert entry.text == CONTEXT[entry.start_char : entry.end_char] == entry.text.strip() != ""


def test_words_are_the_same_for_every_kind(made: Made) -> None:
    window = next(iter(made.run.scored()))
    words = words_of(window, 1)
    # The end of the passage is one token of some vocabularies, and so one word.
    assert words.texts[: len(WORDS.split())] == WORDS.split()
    assert "".join(words.texts).endswith("(fromParis).")
    inside = window.word_ids[window.segment == 1]
    total = window.scores[:, window.segment == 1][:, inside >= 0].sum(axis=1, dtype=np.float64)
    np.testing.assert_allclose(words.sums(window.scores).sum(axis=1), total, rtol=1e-6)


def test_converted_files_have_the_tokens_of_the_run(
    made: Made, invoke: Callable[..., Any], tmp_path: Path
) -> None:
    invoke("convert", made.run.folder, "--to", "reference", "--output-dir", tmp_path)
    tokens = np.load(tmp_path / "qn_and_doc_tokens.npy", allow_pickle=True).item()
    states = np.load(tmp_path / "embs" / "emb_enclayer_0.npy", allow_pickle=True).item()
    for window in made.run.scored():
        assert tokens[window.key] == window.tokens
        assert window.segment[states[window.key]["sep"]] == -1
        assert window.segment[states[window.key]["sep"] - 1] == 0


def test_pages_show_text(made: Made) -> None:
    text = made.page
    assert "Ġ" not in text
    assert "▁" not in text
    assert "\\u0120" not in text
    assert "\\u2581" not in text
    assert "Divergence between layers" in text


def test_the_engine_reads_what_transformers_reads(made: Made, data: Path) -> None:
    """Padded batches in PyTorch, windows of several lengths in the engine."""
    examples = bf.read_squad(data)
    module = transformers.AutoModelForQuestionAnswering.from_pretrained(made.reader).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(made.reader)
    tokenizer.padding_side = "right"
    texts = [example.question for example in examples], [example.context for example in examples]
    batch = tokenizer(*texts, padding=True, return_tensors="pt", return_token_type_ids=True)
    if made.kind in ("byte-level", "xlm-roberta", "camembert", "unigram"):
        del batch["token_type_ids"]  # of models with one type, or none
    with torch.inference_mode():
        wanted = module(**batch)
    with bf.load(made.reader) as model:
        windows = make_windows(model.window_tokenizer, examples)
        trained = TorchReader(module, tokenizer).logits(windows)
        for row, (start, end) in enumerate(model.logits(windows)):
            np.testing.assert_allclose(start, trained[row][0], rtol=1e-3, atol=1e-5)
            count = len(windows[row].tokens)
            np.testing.assert_allclose(start, wanted.start_logits[row, :count], rtol=1e-3, atol=1e-5)
            np.testing.assert_allclose(end, wanted.end_logits[row, :count], rtol=1e-3, atol=1e-5)


def test_other_methods_take_every_kind(made: Made, data: Path) -> None:
    example = bf.read_squad(data)[1]
    with bf.load(made.reader) as model:
        masked = bf.mask_attention(model, example, "p2q", 0, special="reference", max_length=80)
        assert masked.text == CONTEXT[masked.start_char : masked.end_char]
        for baseline in ("pad", "mask"):
            found = bf.integrated_gradients(
                model, example, "embeddings", span="gold", baseline=baseline, max_length=80, **STEPS
            )
            assert found.span is not None
            assert CONTEXT[found.offsets[found.span[0], 0] : found.offsets[found.span[1], 1]] == "14"
        short = bf.integrated_gradients(
            model, example, 0, windows="merge", max_length=36, doc_stride=8, **STEPS
        )
        whole = make_windows(model.window_tokenizer, [example])[0]
        assert short.tokens == whole.tokens
        assert short.word_ids.tolist() == whole.word_ids.tolist()
        assert bf.gradients(model, example, max_length=80).tokens == whole.tokens
        assert bf.attention_tracing(model, example, layer=0, max_length=80).tokens == whole.tokens


@pytest.mark.parametrize("kind", ["byte-level", "xlm-roberta", "albert"])
def test_a_classifier(
    invoke: Callable[..., Any], tokenizer_folder: Callable[[str], Path], tmp_path: Path, kind: str
) -> None:
    lines = tmp_path / "train.txt"
    lines.write_text("1 Ada sailed in May\n0 The café sells cakes \n1 Who left?\n0 letters, and so on\n")
    source = encoder(kind, tokenizer_folder(kind), tmp_path / "encoder")
    given = ["--task", "sst2", "--train", lines, "--epochs", 1, "--batch-size", 2, "--no-bf16"]
    invoke("finetune", "--model", source, *given, *QUICK, "--output-dir", tmp_path / "classifier")
    model = ["--model", tmp_path / "classifier", "--data", lines, "--task", "sst2", "--max-length", 40]
    invoke("attribute", *model, *FEW, "--target", "logit", "--output-dir", tmp_path / "run")
    invoke("report", tmp_path / "run", "--out", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "Ġ" not in page
    assert "▁" not in page
    words = {
        word.text for _, layers in Run(tmp_path / "run").numbered() for word in layers[0].words(reduce="sum")
    }
    assert {"Ada", "sailed", "café", "letters", ","} <= words
    examples = bf.read_sst(lines) * 2
    with bf.load(tmp_path / "classifier") as opened:
        study = study_classifier(
            opened, examples, methods="gs", k=1, correct_only=False, min_tokens=1, min_count=1, max_length=40
        )
    ranked = {piece.text for piece in study.words["gs"]}
    assert not any(set(piece) & set("Ġ▁·") for piece in ranked)
    assert "," in ranked
