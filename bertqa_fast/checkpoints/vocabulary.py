"""``vocab.txt`` of BERT: a word piece a line, its number the line's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

_NEEDED = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_BRACKETS = (("[", "]"), ("<", ">"))  # of special pieces, whose capitals say nothing


def read_vocabulary(file: Path, rows: int) -> dict[str, int]:
    """Read a vocabulary: word pieces and their numbers.

    Parameters
    ----------
    file : Path
        The file.
    rows : int
        How many embeddings the model has.

    Raises
    ------
    ValueError
        It is no UTF-8, has more pieces than there are embeddings, or lacks one that BERT needs.
    """
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"vocab: {file} is not UTF-8: {error}") from error
    # Only these ends of lines count: some pieces are characters that Python takes for others.
    lines = text.removesuffix("\n").split("\n")
    if len(lines) > rows:
        raise ValueError(
            f"vocab: {file} has {len(lines)} pieces, but the model has embeddings for {rows}; wanted the "
            "vocabulary that the model was pre-trained with"
        )
    words = {line.strip(): number for number, line in enumerate(lines)}
    if missing := [piece for piece in _NEEDED if piece not in words]:
        raise ValueError(f"vocab: {file} lacks {', '.join(missing)}, wanted a vocabulary of BERT")
    return words


def is_cased(words: Iterable[str]) -> bool:
    """Whether a vocabulary has capitals, which a tokenizer that writes all small would never look up."""
    return any(
        word != word.lower() and not any(word.startswith(a) and word.endswith(b) for a, b in _BRACKETS)
        for word in words
    )


def bert_tokenizer(words: dict[str, int], *, lower_case: bool, max_length: int) -> Any:
    """Return the fast tokenizer of a vocabulary (transformers)."""
    from transformers import BertTokenizerFast

    return BertTokenizerFast(vocab=words, do_lower_case=lower_case, model_max_length=max_length)
