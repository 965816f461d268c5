"""Every zone masked at every layer, each by itself: the grid of Cui et al. 2022."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.progress import progress_bar
from bertqa_fast.runs.description import check_arguments, versions
from bertqa_fast.runs.identity import data_hash, plain
from bertqa_fast.tasks.predict import by_example, reading_tokenizer
from bertqa_fast.tasks.registry import get_task
from bertqa_fast.zones.cells import ALL, ZONES, parse_zones
from bertqa_fast.zones.decode import masked_logits
from bertqa_fast.zones.ranking import Ranking
from bertqa_fast.zones.request import Masking, parse_blocks, parse_heads
from bertqa_fast.zones.result import Answers, ZoneGrid
from bertqa_fast.zones.scoring import score_texts

if TYPE_CHECKING:
    from bertqa_fast.model import Model

_CHUNK = 256  # examples whose windows are cut at once
_LOGITS = 1 << 23  # start and end logits that are held at once, over all cells: 32 MB


def zone_grid(
    model: Model,
    examples: QAExample | Sequence[QAExample],
    *,
    zones: str | Sequence[str] = ZONES,
    layers: Any = "all",
    heads: Any = None,
    top: int | None = None,
    special: str = "keep",
    all_mode: str = "self",
    task: str = "squad",
    max_length: int = 384,
    doc_stride: int = 128,
    max_query_length: int | None = None,
    max_answer_length: int = 30,
    null_score_diff_threshold: float | None = None,
    show_progress: bool | None = None,
) -> ZoneGrid:
    """Answer questions with every zone masked at every layer, one cell at a time.

    What lies below a masked block is computed once for all cells.

    Parameters
    ----------
    model : Model
        A reader, from :func:`bertqa_fast.load`.
    examples : QAExample or sequence of QAExample
        The questions; gold answers are wanted for exact match and F1.
    zones : str or sequence of str
        The zones, each masked alone: some of ``"q2"``, ``"q2p"``, ``"p2q"``, ``"p2"``, ``"all"``.
    layers : ``"all"``, int or sequence of int
        Encoder blocks 0 … L-1, each alone.
    heads : ``"each"``, int or sequence of int, optional
        These heads one at a time, ``"each"`` every one of the model's; by default all are masked together.
    top, special, all_mode
        What is masked, as in :func:`bertqa_fast.mask_attention`. ``top`` leaves ``"all"`` as it is.
    task : str
        Whose rules score the answers: ``"squad"``, ``"squad_v2"``, ….
    max_length, doc_stride, max_query_length, max_answer_length, null_score_diff_threshold
        Windows and answers, as in :func:`bertqa_fast.predict`.
    show_progress : bool or None
        A progress bar; None shows it on a terminal.

    Returns
    -------
    ZoneGrid

    Raises
    ------
    ValueError, TypeError
        For an argument out of range; the message names it, what came and what was wanted.
    EngineError
        Where the runtime refuses.
    """
    settings = plain({key: value for key, value in locals().items() if key not in _NOT_SETTINGS})
    rules = get_task(task)
    tokenizer = reading_tokenizer(model, max_length)
    many = [examples] if isinstance(examples, QAExample) else list(examples)
    for given in many:
        if not isinstance(given, QAExample):
            raise TypeError(f"examples must hold QAExample, got {type(given).__name__}")
    check_arguments(many, None, 0)
    grid = _Cells.of(model, zones, layers, heads, top=top, special=special, all_mode=all_mode)
    unmasked, masked = Answers.empty(len(many)), Answers.empty(len(many), len(grid.maskings))
    with progress_bar(len(many), "masking", "question", show_progress) as bar:
        for first in range(0, len(many), _CHUNK):
            windows = make_windows(
                tokenizer,
                many[first : first + _CHUNK],
                max_length=max_length,
                doc_stride=doc_stride,
                max_query_length=max_query_length,
            )
            for piece in _pieces(windows, len(grid.maskings)):
                moved = _moving(bar, len({window.example for window in piece}))
                logits = masked_logits(model, piece, grid.maskings, moved)
                for example, own in by_example(piece):
                    at = first + example
                    ranking = Ranking(many[at], piece[own], max_answer_length, null_score_diff_threshold)
                    ranking.put(logits, own, unmasked, masked, at)
            score_texts(many, range(first, min(first + _CHUNK, len(many))), unmasked, masked, rules)
            bar.update(min(first + _CHUNK, len(many)) - bar.n)
    return ZoneGrid(
        zones=grid.zones,
        layers=grid.layers,
        heads=grid.heads,
        ids=tuple(f"#{number}" if e.id is None else e.id for number, e in enumerate(many)),
        questions=tuple(example.question for example in many),
        unmasked=unmasked,
        masked=masked.reshaped(len(many), len(grid.layers), len(grid.zones), len(grid.heads)),
        about=_about(model, many, task, settings),
    )


_NOT_SETTINGS = ("model", "examples", "zones", "layers", "heads", "task", "show_progress")


@dataclass(frozen=True)
class _Cells:
    """The axes of a grid, and its cells in their order: layer, zone, head."""

    zones: tuple[str, ...]
    layers: tuple[int, ...]
    heads: tuple[int | None, ...]
    maskings: list[Masking]

    @classmethod
    def of(
        cls, model: Model, zones: Any, layers: Any, heads: Any, *, top: int | None, **options: Any
    ) -> _Cells:
        blocks = parse_blocks(layers, model.num_layers, "layers")
        names = parse_zones(zones)
        each = range(model.num_heads) if isinstance(heads, str) and heads == "each" else heads
        chosen: tuple[int | None, ...] = parse_heads(each, model.num_heads) or (None,)
        # Checked once, and said for the zones that it can be had for.
        if top is not None and names == (ALL,):
            raise ValueError(f"top: got {top} with zone 'all' alone, wanted None or other zones")
        maskings = [
            Masking.of(model, zone, layer, heads=head, top=None if zone == ALL else top, **options)
            for layer, zone, head in product(blocks, names, chosen)
        ]
        return cls(names, blocks, chosen, maskings)


def _pieces(windows: list[Window], cells: int) -> Iterator[list[Window]]:
    """Cut windows into pieces of whole examples whose logits, over all cells, fit what may be held."""
    room = _LOGITS // (2 * (1 + cells))
    piece: list[Window] = []
    tokens = 0
    for _, own in by_example(windows):
        more = sum(len(window.tokens) for window in windows[own])
        if piece and tokens + more > room:
            yield piece
            piece, tokens = [], 0
        piece += windows[own]
        tokens += more
    if piece:
        yield piece


def _moving(bar: Any, questions: int) -> Callable[[int, int], None]:
    """Move a bar of questions by the engine's own count of its work."""
    before = bar.n

    def moved(done: int, total: int) -> None:
        bar.update(before + questions * done // max(total, 1) - bar.n)

    return moved


def _about(
    model: Model, examples: Sequence[QAExample], task: str, settings: dict[str, Any]
) -> dict[str, Any]:
    return {
        "model": {
            "source": str(model.source),
            "fingerprint": model.fingerprint,
            "num_layers": model.num_layers,
            "num_heads": model.num_heads,
            "device": model.device,
            "precision": model.precision,
        },
        "data": {"sha256": data_hash(examples), "examples": len(examples)},
        "task": task,
        "settings": settings,
        "versions": versions(),
    }
