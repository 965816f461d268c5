"""A run as the files that the code of Ramnath et al. (2020) writes and reads.

The reference keeps plain dicts in ``.npy`` files, which numpy can only hold as pickled objects. They are
written that way because its scripts read them that way; nothing in this package reads them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.progress import progress_bar
from bertqa_fast.runs.files import RunFolderError
from bertqa_fast.runs.reader import Run, embedding_path
from bertqa_fast.storage import open_atomic

LENGTH = 384


@dataclass(frozen=True, slots=True)
class Converted:
    """What was written.

    Attributes
    ----------
    files : list of Path
        The files.
    examples : int
        Questions in them.
    notes : tuple of str
        What the run has nothing for, and what differs from the reference's own files.
    """

    files: list[Path]
    examples: int
    notes: tuple[str, ...]


def write_reference_files(run: Run, folder: str | Path, *, show_progress: bool | None = None) -> Converted:
    """Write a run's scores, hidden states, tokens and exact matches as the reference's files.

    One file is written for each layer, and one layer is held in memory at a time. Questions without an id
    are called ``#n``, by their number in the data.

    Parameters
    ----------
    run : Run
        The run folder; each example must have one window, of at most 384 tokens.
    folder : str or Path
        Where the files go: ``ig_scores/importance_scores_ig_<l>.npy`` (a dict of ``words``: id → tokens,
        ``imp_scores``: id → float32 ``[384]`` with zeros behind the window, ``seq_len``: id → tokens of the
        window), ``embs/emb_enclayer_<l>.npy`` (id → ``emb`` ``[T, H]``, ``sep``, ``start_ind``, ``end_ind``),
        ``qn_and_doc_tokens.npy`` (id → tokens) and ``exact_scores.npy`` (id → 0 or 1). For DuoRC the folders
        are ``ig_scores_duorc`` and ``embs_duorc``, and the latter hold the arrays ``[T, H]`` alone.
    show_progress : bool or None
        A progress bar; None shows it on a terminal.

    Returns
    -------
    Converted

    Raises
    ------
    ValueError
        The run is one of a classifier, or has no examples, joined windows, or windows of more than 384
        tokens.
    RunFolderError
        The run is damaged.
    """
    folder = Path(folder)
    if run.head != "question-answering":
        raise ValueError(f"{run.folder} holds a run of a classifier; the reference's files are of questions")
    duorc = run.task.startswith("duorc")
    suffix = "_duorc" if duorc else ""
    with progress_bar(len(run) * (1 + len(run.layers)), "converting", "row", show_progress) as bar:
        windows = _windows(run, bar)
        words = {window.key: window.tokens for window in windows.values()}
        files = [_save(words, folder / "qn_and_doc_tokens.npy")]
        exact = run.exact_scores()
        if exact:
            files.append(_save(exact, folder / "exact_scores.npy"))
        lengths = {key: len(tokens) for key, tokens in words.items()}
        for layer in run.layers:
            padded = _padded(run, layer, windows, bar)
            content = {"words": words, "imp_scores": padded, "seq_len": lengths}
            files.append(_save(content, folder / f"ig_scores{suffix}" / f"importance_scores_ig_{layer}.npy"))
            states = _states(run, layer, windows.values(), spans=not duorc)
            if states:
                files.append(_save(states, folder / f"embs{suffix}" / f"emb_enclayer_{layer}.npy"))
    return Converted(files, len(windows), tuple(_notes(run, duorc, bool(exact))))


@dataclass(frozen=True, slots=True)
class _Window:
    """What all layers' files say of a question: tokens, end of the question, span of the answer."""

    example: int
    key: str
    tokens: list[str]
    separator: int
    span: tuple[int, int] | None


def _windows(run: Run, bar: Any) -> dict[int, _Window]:
    """Return what is the same at all layers, by example; refuse what has no place in the files."""
    if run.about["identity"]["settings"].get("windows") == "merge":
        raise ValueError(
            f"{run.folder} joined the windows of each passage, and the reference's files hold one window of "
            "each; attribute again with --windows best"
        )
    spelling: dict[str, str] = {}
    windows = {}
    for window in run.scored():
        if len(window.tokens) > LENGTH:
            raise ValueError(
                f"{run.folder}: the window of {window.key} has {len(window.tokens)} tokens, and the "
                f"reference's files hold {LENGTH}; attribute again with --max-length {LENGTH}"
            )
        # One string for each entry of the vocabulary, not one for each token.
        tokens = [spelling.setdefault(token, token) for token in window.tokens]
        separator = int(np.flatnonzero(window.segment == 0)[-1]) + 1
        windows[window.example] = _Window(window.example, window.key, tokens, separator, window.span)
        bar.update()
    if not windows:
        raise ValueError(f"{run.folder} holds no finished examples yet, wanted at least one")
    return windows


def _padded(run: Run, layer: int, windows: Mapping[int, _Window], bar: Any) -> dict[str, NDArray[np.float32]]:
    padded = {}
    for example, scores in run.layer_scores(layer):
        row = np.zeros(LENGTH, dtype=np.float32)
        row[: len(scores)] = scores
        padded[windows[example].key] = row
        bar.update()
    return padded


def _states(run: Run, layer: int, windows: Iterable[_Window], *, spans: bool) -> OrderedDict[str, Any]:
    """Return the hidden states of one layer, for the examples that they were kept of."""
    kept: OrderedDict[str, Any] = OrderedDict()
    for window in windows:
        states = run.embeddings(window.example)
        if states is None:
            continue
        if states.shape[1] != len(window.tokens):
            raise RunFolderError(
                f"{embedding_path(run.folder, window.example)} is of {states.shape[1]} tokens, and "
                f"the window of {window.key} has {len(window.tokens)}"
            )
        own = states[layer + 1].copy()  # hidden_states[k] is layer k - 1
        if not spans:
            kept[window.key] = own
            continue
        start, end = window.span or (0, 0)
        kept[window.key] = {"emb": own, "sep": window.separator, "start_ind": start, "end_ind": end}
    return kept


def _save(content: Any, path: Path) -> Path:
    with open_atomic(path) as file:
        np.save(file, np.array(content, dtype=object), allow_pickle=True)
    return path


def _notes(run: Run, duorc: bool, scored: bool) -> list[str]:
    notes = []
    settings = run.about["identity"]["settings"]
    kept = min(settings.get("embeddings", 0), len(run))
    if run.about["status"] != "complete":
        notes.append(f"the run is not finished: {len(run)} examples")
    if not scored:
        notes.append("no exact_scores.npy: the run has no gold answers, or is not finished")
    if not kept:
        notes.append(f"no embs{'_duorc' if duorc else ''}/: the run kept no hidden states (--embeddings N)")
    elif kept < len(run):
        notes.append(f"hidden states of the first {kept} examples, which is what the run kept")
    if settings.get("preset") == "ramnath2020-code":
        notes.append(
            "scores of padding are 0: a run folder keeps none, where the reference's files have some"
        )
    if duorc:
        notes.append("qn_and_doc_tokens.npy goes by question, where the reference's goes by number of window")
    return notes
