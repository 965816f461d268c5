"""Tokenizers: what windows are cut with, and the same without transformers, which takes seconds to import."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from bertqa_fast.checkpoints.hub import FROM_FOLDER

TOKENIZER_FILE = "tokenizer.json"
VOCABULARIES = ("vocab.txt", "vocab.json")
VOCABULARY_FILES = (TOKENIZER_FILE, *VOCABULARIES, "spiece.model", "sentencepiece.bpe.model")
PLAIN_TOKENS = ("pad", "mask")


@dataclass(frozen=True)
class PlainTokenizer:
    """The part of a transformers fast tokenizer that windows and baselines need, under the same names.

    Attributes
    ----------
    backend_tokenizer : tokenizers.Tokenizer
        What does the work behind a fast tokenizer.
    pad_token_id, mask_token_id : int or None
        Numbers of the special tokens that baselines are made of.
    """

    backend_tokenizer: Tokenizer
    pad_token_id: int | None
    mask_token_id: int | None

    @classmethod
    def read(cls, folder: Path, tokens: dict[str, int | None]) -> PlainTokenizer:
        """Read the tokenizer of an exported folder, given what :func:`plain_tokens` said of it.

        Raises
        ------
        ValueError
            Where the file cannot be read.
        """
        try:
            return cls(Tokenizer.from_file(str(folder / TOKENIZER_FILE)), tokens["pad"], tokens["mask"])
        except Exception as error:  # the tokenizers package raises its bare class
            raise ValueError(f"source: no tokenizer could be read from {folder} ({error})") from error


def plain_tokens(folder: Path) -> dict[str, int | None] | None:
    """Compare what transformers makes of a folder with ``tokenizer.json`` alone.

    Returns
    -------
    dict or None
        What :class:`PlainTokenizer` needs beside the file: the numbers of the ``pad`` and ``mask`` tokens.
        None where transformers tokenizes otherwise than the file says, or there is no such file.
    """
    file = folder / TOKENIZER_FILE
    if not file.is_file():
        return None
    tokenizer = load_tokenizer(folder)
    if not tokenizer.is_fast or tokenizer.split_special_tokens:
        return None
    if not _same_rules(tokenizer.backend_tokenizer, Tokenizer.from_file(str(file))):
        return None
    named = tokenizer.special_tokens_map  # asked for a token that it lacks, the tokenizer logs an error
    return {
        name: tokenizer.convert_tokens_to_ids(named[f"{name}_token"]) if f"{name}_token" in named else None
        for name in PLAIN_TOKENS
    }


def _same_rules(first: Tokenizer, second: Tokenizer) -> bool:
    """Say whether two tokenizers go by the same rules."""
    (rules, scores), (others, other_scores) = _rules(first), _rules(second)
    # The file's reader rounds some scores otherwise than Python's, in the last bit.
    return rules == others and np.allclose(scores, other_scores, rtol=1e-12, atol=0.0)


def _rules(backend: Tokenizer) -> tuple[dict[str, Any], list[float]]:
    """Everything that a tokenizer goes by, and apart from it the scores of a Unigram's pieces.

    Truncation and padding are left out: windows use neither.
    """
    rules: dict[str, Any] = json.loads(backend.to_str())
    rules |= {"truncation": None, "padding": None}
    if rules["model"].get("type") != "Unigram":
        return rules, []
    vocabulary = rules["model"]["vocab"]
    rules["model"]["vocab"] = [piece for piece, _ in vocabulary]
    return rules, [score for _, score in vocabulary]


def backend_of(tokenizer: Any) -> Tokenizer:
    """Return what does the work behind a fast tokenizer, set to tokenize texts whole.

    Tokenizer files may bring truncation and padding of their own: both are switched off, as transformers does
    when it is told so in a call.

    Raises
    ------
    TypeError
        For what is no fast tokenizer.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if not isinstance(backend, Tokenizer):
        raise TypeError(f"tokenizer must be a fast one (which knows offsets), got {type(tokenizer).__name__}")
    if backend.truncation is not None:
        backend.no_truncation()
    if backend.padding is not None:
        backend.no_padding()
    split = getattr(tokenizer, "split_special_tokens", False)
    if backend.encode_special_tokens != split:
        backend.encode_special_tokens = split
    return backend


def load_tokenizer(folder: Path) -> Any:
    """Load the fast tokenizer of a model folder (transformers).

    Raises
    ------
    ValueError
        Where the folder has none, or one that another package has to read.
    """
    from transformers import AutoTokenizer

    # Without these files transformers makes an empty tokenizer and says nothing.
    if not any((folder / name).is_file() for name in VOCABULARY_FILES):
        raise ValueError(f"source: {folder} has no tokenizer, wanted one of {', '.join(VOCABULARY_FILES)}")
    only_pieces = not any((folder / name).is_file() for name in (TOKENIZER_FILE, *VOCABULARIES))
    if only_pieces and find_spec("sentencepiece") is None:
        raise ValueError(
            f"source: {folder} has its tokenizer as a SentencePiece model alone, wanted {TOKENIZER_FILE} "
            "or the package that reads such models: pip install 'bertqa_fast[sentencepiece]'"
        )
    try:
        return AutoTokenizer.from_pretrained(str(folder), use_fast=True, **FROM_FOLDER)
    except Exception as error:
        raise ValueError(f"source: no tokenizer could be read from {folder} ({reason(error)})") from error


def reason(error: Exception) -> str:
    """Return why transformers could not read a folder; it asks for a yes where that needs code of its own."""
    text = str(error)
    return "it needs code of its own, which is never run" if "trust_remote_code" in text else text
