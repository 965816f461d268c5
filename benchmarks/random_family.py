"""Random models of every family, at odd sizes: what tests and `families.py` compare with float64."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

VOCABULARY = 101
_SPECIAL = (
    "[CLS]",
    "[PAD]",
    "[SEP]",
    "[UNK]",
    "[MASK]",
)  # padding is not 0 here
_WORDS = "who wrote it the was written by ada in paris ships sailed from port year when where many how left"
SIZES: dict[str, Any] = {
    "hidden_size": 24,
    "num_attention_heads": 3,
    "intermediate_size": 37,
    "num_hidden_layers": 3,
    "max_position_embeddings": 390,
}
FAMILIES: dict[str, dict[str, Any]] = {
    "bert": {},
    "roberta": {"type_vocab_size": 1, "layer_norm_eps": 1e-5},
    "xlm-roberta": {"type_vocab_size": 1, "layer_norm_eps": 1e-5},
    "camembert": {"type_vocab_size": 1, "layer_norm_eps": 1e-5},
    "distilbert": {"intermediate_size": None, "hidden_dim": SIZES["intermediate_size"]},
    "electra": {"embedding_size": 10},
    "albert": {"embedding_size": 10},
}
"""Settings of transformers' configurations beside ``SIZES``; None leaves one out."""

HEADS = {"question-answering": "QuestionAnswering", "text-classification": "SequenceClassification"}


def vocabulary() -> dict[str, int]:
    """Return 101 pieces: special tokens, words, letters, digits, punctuation."""
    letters = string.ascii_lowercase
    pieces = [*_SPECIAL, *_WORDS.split(), *letters, *string.digits, "?", ".", ",", ";"]
    pieces += [f"##{letter}" for letter in letters + string.digits]
    return {piece: number for number, piece in enumerate(list(dict.fromkeys(pieces))[:VOCABULARY])}


def write_tokenizer(folder: Path) -> None:
    """Write a WordPiece tokenizer, which serves any family here."""
    from transformers import BertTokenizerFast

    BertTokenizerFast(vocab=vocabulary(), do_lower_case=True).save_pretrained(folder)


def random_module(family: str, task: str, *, classes: int = 3, seed: int = 0, **changes: Any) -> Any:
    """Make a model; every parameter is drawn, at a scale at which blocks bend what they read."""
    import torch
    import transformers

    given = {**SIZES, "pad_token_id": 1, "vocab_size": VOCABULARY, **FAMILIES[family], **changes}
    given["num_labels"] = classes if task == "text-classification" else 2
    settings = {name: value for name, value in given.items() if value is not None}
    config = transformers.AutoConfig.for_model(family, **settings)
    auto = getattr(transformers, f"AutoModelFor{HEADS[task]}")
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        module = auto.from_config(config, attn_implementation="eager").eval()
        for name, parameter in module.named_parameters():
            if "norm" in name.lower():
                parameter.normal_(1.0 if name.endswith("weight") else 0.0, 0.2)
            elif name.endswith("bias"):
                parameter.normal_(0.0, 0.1)
            elif name.endswith("_embeddings.weight"):
                parameter.normal_(0.0, 1.0)
            else:
                wide = name.startswith(("qa_outputs", "classifier"))
                parameter.normal_(0.0, (2.0 if wide else 1.2) / parameter.shape[1] ** 0.5)
    return module


def write_model(folder: Path, family: str, task: str, **options: Any) -> Path:
    """Write a random model and its tokenizer into a folder, as transformers does."""
    random_module(family, task, **options).save_pretrained(folder)
    write_tokenizer(folder)
    return folder
