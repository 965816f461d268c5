"""Tokenizers of every kind that encoders come with, trained on a few lines and saved as models have them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXTS = [
    "The ship left port in May with Ada, Bob and 14 crates of tea. It came back in 1843!",
    "Who sailed? How many crates were there? Who left in May? Where was it written?",
    "Ada's aunt (Lady Byron) wrote: “the naïve café sells twenty-five cakes” — Paris, 3.5 miles off.",
    "東京 is a city; the ﬁnal ½ was left out… and so on. ships, crates, ports, years, letters",
]
SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
CLS_SEP = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
UNKNOWN = ("<unk>", "[UNK]")
WORDPIECE = ("wordpiece", "wordpiece cased")
KINDS = (
    *WORDPIECE,
    "byte-level",
    "byte-level, spaces kept",
    "xlm-roberta",
    "camembert",
    "albert",
    "unigram",
    "metaspace bpe",
)


def save_tokenizer(kind: str, folder: Path) -> Path:
    """Train the tokenizer of a kind and save it as transformers does.

    Parameters
    ----------
    kind : str
        One of ``KINDS``. ``"byte-level"`` is RoBERTa's; ``"byte-level, spaces kept"`` has a space before the
        text too, a template in place of RoBERTa's processor, and offsets that take spaces in;
        ``"unigram"`` is normalized (NFKC) and keeps runs of spaces; ``"metaspace bpe"`` spells unknown
        characters by bytes.
    folder : Path
        Where to.
    """
    _MAKERS[kind](kind).save_pretrained(folder)
    return folder


def _wordpiece(kind: str) -> Any:
    from transformers import BertTokenizerFast

    lower = kind == "wordpiece"
    backend = Tokenizer(models.WordPiece(unk_token=UNKNOWN[1]))
    backend.normalizer = normalizers.BertNormalizer(lowercase=lower)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=200, special_tokens=CLS_SEP, show_progress=False)
    backend.train_from_iterator(TEXTS, trainer)
    return BertTokenizerFast(vocab=backend.get_vocab(), do_lower_case=lower)


def _byte_level(kind: str) -> Any:
    from transformers import PreTrainedTokenizerFast, RobertaTokenizerFast

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=kind != "byte-level")
    backend.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=380, special_tokens=SPECIALS, initial_alphabet=alphabet, show_progress=False
    )
    backend.train_from_iterator(TEXTS, trainer)
    if kind == "byte-level":
        model = json.loads(backend.to_str())["model"]
        merges = [tuple(pair) for pair in model["merges"]]
        return RobertaTokenizerFast(vocab=model["vocab"], merges=merges)
    return PreTrainedTokenizerFast(tokenizer_object=_with_template(backend), **_named())


def _trained_unigram() -> Tokenizer:
    backend = Tokenizer(models.Unigram())
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    trainer = trainers.UnigramTrainer(
        vocab_size=150, special_tokens=SPECIALS, unk_token=UNKNOWN[0], show_progress=False
    )
    backend.train_from_iterator(TEXTS, trainer)
    return backend


def _as_saved(kind: str) -> Any:
    from transformers import AlbertTokenizer, CamembertTokenizer, XLMRobertaTokenizer

    pieces = [tuple(entry) for entry in json.loads(_trained_unigram().to_str())["model"]["vocab"]]
    if kind == "albert":
        head = [("<pad>", 0.0), ("<unk>", 0.0), ("[CLS]", 0.0), ("[SEP]", 0.0), ("[MASK]", 0.0)]
        lower = dict.fromkeys(piece.lower() for piece, _ in pieces[len(SPECIALS) :])
        return AlbertTokenizer(vocab=[*head, *((piece, -8.0) for piece in lower)])
    if kind == "camembert":
        return CamembertTokenizer(vocab=pieces)
    return XLMRobertaTokenizer(vocab=pieces)


def _unigram(_: str) -> Any:
    from transformers import PreTrainedTokenizerFast

    backend = _trained_unigram()
    backend.normalizer = normalizers.NFKC()
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Metaspace()
    return PreTrainedTokenizerFast(tokenizer_object=_with_template(backend), **_named())


def _metaspace_bpe(_: str) -> Any:
    from transformers import PreTrainedTokenizerFast

    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    bytes_ = [f"<0x{number:02X}>" for number in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=460, special_tokens=[*SPECIALS, *bytes_], show_progress=False)
    trained.train_from_iterator(TEXTS, trainer)
    model = json.loads(trained.to_str())["model"]
    backend = Tokenizer(
        models.BPE(
            model["vocab"],
            [tuple(pair) for pair in model["merges"]],
            unk_token=UNKNOWN[0],
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    backend.add_special_tokens(SPECIALS)
    return PreTrainedTokenizerFast(tokenizer_object=_with_template(backend), **_named())


def _with_template(backend: Tokenizer) -> Tokenizer:
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", SPECIALS.index("<s>")), ("</s>", SPECIALS.index("</s>"))],
    )
    return backend


def _named() -> dict[str, str]:
    return {
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "mask_token": "<mask>",
    }


_MAKERS = {
    **dict.fromkeys(WORDPIECE, _wordpiece),
    **dict.fromkeys(("byte-level", "byte-level, spaces kept"), _byte_level),
    **dict.fromkeys(("xlm-roberta", "camembert", "albert"), _as_saved),
    "unigram": _unigram,
    "metaspace bpe": _metaspace_bpe,
}
