"""What several unit tests need: a tokenizer small enough to know by heart, and a reader to go with it."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

WORDS = "who wrote it the was written by ada in paris ships sailed from port year when where"


@pytest.fixture(scope="session")
def tiny_tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a BERT tokenizer of some words, all letters, digits and punctuation marks."""
    folder = tmp_path_factory.mktemp("tiny-tokenizer")
    letters = list(string.ascii_lowercase + string.digits)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS.split()]
    vocabulary += [*letters, *(f"##{letter}" for letter in letters), *string.punctuation]
    (folder / "vocab.txt").write_text("\n".join(dict.fromkeys(vocabulary)) + "\n")
    settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 64}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


@pytest.fixture(scope="session")
def tiny_tokenizer(tiny_tokenizer_folder: Path) -> Any:
    transformers = pytest.importorskip("transformers")
    return transformers.AutoTokenizer.from_pretrained(str(tiny_tokenizer_folder))


@pytest.fixture(scope="session")
def tiny_reader(tiny_tokenizer: Any) -> Callable[..., Any]:
    """Make a random reader: ``tiny_reader(seed=0, encoder=False)``; `encoder` leaves the head out."""
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertForQuestionAnswering, BertModel

    def make(seed: int = 0, *, encoder: bool = False, dropout: float = 0.1) -> Any:
        config = BertConfig(
            vocab_size=len(tiny_tokenizer),
            hidden_size=24,
            num_hidden_layers=2,
            num_attention_heads=3,
            intermediate_size=40,
            max_position_embeddings=64,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return (BertModel if encoder else BertForQuestionAnswering)(config).eval()

    return make
