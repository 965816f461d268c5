"""Windows, labels and answers on real passages with a real tokenizer and reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.squad import read_squad
from bertqa_fast.data.windows import make_windows
from bertqa_fast.tasks.evaluate import evaluate
from bertqa_fast.tasks.predict import predict
from bertqa_fast.tasks.training_data import label_windows
from bertqa_fast.tokenizer import PlainTokenizer, plain_tokens


@pytest.fixture(scope="module")
def shared(root: Path) -> Path:
    """Folder of public data and models that are not part of the project."""
    place = root.parent / "shared"
    if not (place / "models").exists() or not (place / "data").exists():
        pytest.skip(f"needs the data and models in {place}")
    return place


@pytest.fixture(scope="module")
def dev(shared: Path) -> list[QAExample]:
    return read_squad(shared / "data" / "squad" / "dev-v1.1.json.gz")


@pytest.fixture(scope="module")
def tokenizer(shared: Path) -> Any:
    transformers = pytest.importorskip("transformers")
    return transformers.AutoTokenizer.from_pretrained(str(shared / "models" / "minilm-l6-squad"))


def test_windows_hold_what_the_tokenizer_says(dev: list[QAExample], tokenizer: Any) -> None:
    sample = dev[::50]
    windows = make_windows(tokenizer, sample)
    for number, example in enumerate(sample):
        own = [window for window in windows if window.example == number]
        whole = tokenizer(
            example.question, example.context, truncation=False, return_offsets_mapping=True, verbose=False
        )
        assert (len(own) == 1) == (len(whole["input_ids"]) <= 384)
        if len(own) == 1:
            assert own[0].input_ids.tolist() == whole["input_ids"]
            assert own[0].token_type_ids.tolist() == whole["token_type_ids"]
            assert own[0].offsets.tolist() == [list(pair) for pair in whole["offset_mapping"]]
            assert own[0].segment.tolist() == [-1 if s is None else s for s in whole.sequence_ids(0)]
            assert own[0].word_ids.tolist() == [-1 if w is None else w for w in whole.word_ids(0)]
        # Put together, what the windows own is the passage once.
        owned = [tuple(pair) for w in own for pair in w.offsets[w.max_context].tolist()]
        context = [o for o, s in zip(whole["offset_mapping"], whole.sequence_ids(0), strict=True) if s == 1]
        assert owned == context


@pytest.mark.parametrize("cased", [False, True])
@pytest.mark.parametrize(
    ("model", "data"),
    [("minilm-l6-squad", "squad/dev-v1.1.json.gz"), ("zh-bert-l12-h384", "xquad/xquad.zh.json.gz")],
)
def test_windows_are_the_same_without_transformers(
    shared: Path, tmp_path: Path, model: str, data: str, cased: bool
) -> None:
    transformers = pytest.importorskip("transformers")
    settings = {"do_lower_case": False} if cased else {}
    source = transformers.AutoTokenizer.from_pretrained(str(shared / "models" / model), **settings)
    source.save_pretrained(tmp_path)
    tokens = plain_tokens(tmp_path)
    assert tokens is not None
    sample = read_squad(shared / "data" / data)[::20]
    ours = make_windows(PlainTokenizer.read(tmp_path, tokens), sample)
    theirs = make_windows(transformers.AutoTokenizer.from_pretrained(str(tmp_path)), sample)
    for one, other in zip(ours, theirs, strict=True):
        assert one.tokens == other.tokens
        for name in ("input_ids", "token_type_ids", "offsets", "segment", "word_ids", "max_context"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_the_stride_of_a_long_passage(dev: list[QAExample], tokenizer: Any) -> None:
    longest = max(dev, key=lambda example: len(example.context))
    windows = make_windows(tokenizer, [longest])
    assert len(windows) > 3
    assert np.diff([window.context_first for window in windows]).tolist() == [128] * (len(windows) - 1)
    assert [len(window.tokens) for window in windows[:-1]] == [384] * (len(windows) - 1)
    count = windows[-1].context_first + int((windows[-1].segment == 1).sum())
    assert sum(int(window.max_context.sum()) for window in windows) == count


def test_labels_give_the_answers_back(dev: list[QAExample], tokenizer: Any) -> None:
    data = label_windows(tokenizer, dev[:3000])
    assert data.dropped == 0
    found = {}
    for window, start, end in zip(data.windows, data.starts, data.ends, strict=True):
        if start:
            span = dev[window.example].context[window.offsets[start, 0] : window.offsets[end, 1]]
            found[window.example] = span == dev[window.example].answers[0].text.strip()
    assert len(found) == 3000
    # The rest are annotations that begin or end within a word.
    assert np.mean(list(found.values())) > 0.99


def test_a_published_reader_answers(shared: Path, dev: list[QAExample], tokenizer: Any) -> None:
    torch = pytest.importorskip("torch")
    from bertqa_fast.tasks.torch_reader import TorchReader, load_reader

    module, _ = load_reader(shared / "models" / "minilm-l6-squad", seed=0)
    sample = dev[::1000]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # Two that wait for each other on a busy machine are slower than one.
    predictions = predict(TorchReader(module, tokenizer), sample, max_length=256)
    torch.set_num_threads(threads)
    # 68.5 and 78.3 on 1,000 questions.
    assert (evaluate(sample, predictions).f1 or 0) > 50
    for example, prediction in zip(sample, predictions, strict=True):
        for entry in prediction.n_best:
            assert entry.text == example.context[entry.start_char : entry.end_char]
