"""Every gold answer of the Chinese data sets is a run of tokens, as their offsets have it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.data.windows import make_windows


@pytest.fixture(scope="module")
def shared(root: Path) -> Path:
    """Folder of public data and models that are not part of the project."""
    place = root.parent / "shared"
    if not (place / "models" / "zh-bert-l12-h384").exists() or not (place / "data" / "cmrc2018").exists():
        pytest.skip(f"needs the data and models in {place}")
    return place


@pytest.fixture(scope="module")
def tokenizer(shared: Path) -> Any:
    transformers = pytest.importorskip("transformers")
    return transformers.AutoTokenizer.from_pretrained(str(shared / "models" / "zh-bert-l12-h384"))


@pytest.mark.parametrize(
    ("name", "placed", "inside"),
    [("cmrc2018/cmrc2018_dev", 9_464, 3), ("drcd/DRCD_dev", 7_048, 2), ("xquad/xquad.zh", 1_190, 0)],
)
def test_answers_are_tokens(shared: Path, tokenizer: Any, name: str, placed: int, inside: int) -> None:
    """`inside` answers begin or end within a number; the others are what tokens cover, blanks apart."""
    examples = bf.read_cmrc(shared / "data" / f"{name}.json.gz")
    windows = make_windows(tokenizer, examples, max_length=4096)
    assert len(windows) == len(examples)
    found, cut = 0, 0
    for example, window in zip(examples, windows, strict=True):
        starts, ends = window.offsets[window.segment == 1].T
        for answer in example.answers:
            if answer.start is None:
                continue
            found += 1
            end = answer.start + len(answer.text)
            covering = np.flatnonzero((ends > answer.start) & (starts < end))
            text = example.context[starts[covering[0]] : ends[covering[-1]]]
            assert answer.text.strip() in text
            cut += text != answer.text.strip()
    assert (found, cut) == (placed, inside)
