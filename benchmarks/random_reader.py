"""Readers with random weights, of BERT-base's sizes or smaller, and questions of a given number of tokens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

import bertqa_fast as bf

WORDS = ("ada", "and", "ben", "wrote", "who", "it")
QUESTION = "Who wrote it?"
BESIDE_CONTEXT = 7  # [CLS] who wrote it ? [SEP] ... [SEP]

_MAKE = """
import json, sys, torch, transformers
torch.manual_seed(0)
config = transformers.BertConfig(architectures=["BertForQuestionAnswering"], **json.loads(sys.argv[2]))
transformers.BertForQuestionAnswering(config).save_pretrained(sys.argv[1])
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "?", *sys.argv[3:]]
vocab = {word: i for i, word in enumerate(words + [f"[unused{i}]" for i in range(30522 - len(words))])}
transformers.BertTokenizer(vocab=vocab).save_pretrained(sys.argv[1])
"""
_EXPORT = "import sys, bertqa_fast as bf; bf.export(sys.argv[1], sys.argv[2])"


def base_reader(folder: Path, **sizes: int) -> tuple[Path, Path]:
    """Write a random reader and its export, each in a process of its own; return their folders.

    ``sizes`` are settings of transformers' configuration, in place of BERT-base's.
    """
    source, exported = folder / "model", folder / "export"
    quiet = os.environ | {"TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    for script, arguments in ((_MAKE, (source, json.dumps(sizes), *WORDS)), (_EXPORT, (source, exported))):
        subprocess.run([sys.executable, "-c", script, *map(str, arguments)], check=True, env=quiet)
    return source, exported


def questions_of(tokens: int, count: int, seed: int = 0) -> list[bf.QAExample]:
    """Make questions whose windows have exactly ``tokens`` tokens each."""
    rng = np.random.default_rng(seed)
    contexts = (" ".join(rng.choice(WORDS, tokens - BESIDE_CONTEXT)) for _ in range(count))
    return [bf.QAExample(QUESTION, context, id=str(number)) for number, context in enumerate(contexts)]
