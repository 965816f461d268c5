"""Load a model: export it on first use, keep the export, and hand it to the engine."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bertqa_fast import _core
from bertqa_fast.device import check_device, check_options, open_environment
from bertqa_fast.engine_calls import advance, check_states, flatten
from bertqa_fast.graphs.checkpoint import open_source
from bertqa_fast.graphs.derived import Change, derive
from bertqa_fast.graphs.exporter import resolve_task, write_export
from bertqa_fast.graphs.manifest import EXPORTER_VERSION, Manifest, is_export, read_manifest
from bertqa_fast.memory import default_budget
from bertqa_fast.progress import progress_bar
from bertqa_fast.tasks.class_labels import read_labels
from bertqa_fast.tokenizer import PlainTokenizer, load_tokenizer

if TYPE_CHECKING:
    from bertqa_fast.data.windows import Window

Array = npt.NDArray[np.float32]


def load(
    source: Any,
    *,
    task: str | None = None,
    tokenizer: Any = None,
    device: str = "cpu",
    precision: str = "fp32",
    threads: int | None = None,
    cache_dir: str | Path | None = None,
    refresh: bool = False,
    memory_budget: int | None = None,
    provider_options: Mapping[str, str] | None = None,
    allow_partial: bool = False,
    allow_bin: bool = False,
) -> Model:
    """Load a model for prediction and attribution.

    Parameters
    ----------
    source : str, Path or torch.nn.Module
        A Hugging Face folder or hub id, a transformers module in memory, or a folder that
        :func:`bertqa_fast.export` wrote. All but the last are exported on first use, into a cache keyed by
        weights, configuration, tokenizer and exporter version.
    task : str, optional
        The head, ``"question-answering"`` or ``"text-classification"``; read from ``config.architectures``
        when None.
    tokenizer : optional
        The tokenizer of a module in memory.
    device : str
        ``"cpu"``, ``"cuda"``, ``"cuda:N"``, ``"webgpu"`` or ``"openvino"``; :func:`bertqa_fast.devices` says
        which can be had here.
    precision : str
        What matrix products multiply: ``"fp32"``; on a CPU with AMX ``"bf16x3"`` (each number as the sum of
        two of bfloat16: faster, about as exact) or ``"bf16"`` (faster still, errors of a few per cent); on
        CUDA ``"tf32"``.
    threads : int, optional
        Threads to compute with; by default, the processors that this process may use. One process has one
        pool: another number while a model is open is an error.
    cache_dir : str or Path, optional
        Where exports are kept: ``$BERTQA_FAST_CACHE``, or else ``bertqa_fast`` in the user's cache folder.
    refresh : bool
        Make a cached export anew, whatever state it is in.
    memory_budget : int, optional
        Bytes that activations may take; batch sizes follow from it. By default a quarter of the memory that
        is free when the model is loaded (of the control group's, where that is less).
    provider_options : mapping of str to str, optional
        Options of the device's provider in ONNX Runtime, by its own names; they go before ours.
    allow_partial : bool
        Let the device leave nodes of the graphs to the CPU. By default that is an error with the node's name.
    allow_bin : bool
        Read ``pytorch_model.bin`` where there are no safetensors; see :func:`bertqa_fast.export`.

    Returns
    -------
    Model

    Raises
    ------
    ValueError, TypeError
        For a source that is no model, of another architecture, or an argument out of range.
    ExportError
        Where an export is damaged or half written.
    RuntimeLoadError
        Where ONNX Runtime is missing or unusable.
    DeviceUnavailableError
        Where the device is not there; there is no silent fall-back.
    """
    device, precision = check_device(device, precision)
    given_options = check_options(device, provider_options)
    if memory_budget is None:
        memory_budget = default_budget()
    if isinstance(memory_budget, bool) or not isinstance(memory_budget, int) or memory_budget < 1:
        raise ValueError(f"memory_budget: got {memory_budget!r}, wanted a positive number of bytes")
    if isinstance(source, str | Path) and is_export(Path(source)):
        if refresh:
            raise ValueError(
                f"refresh: {source} is an export, which cannot be made anew from itself; "
                "give the model it was exported from"
            )
        if tokenizer is not None:
            raise ValueError(f"tokenizer: {source} is an export, which brings its own; wanted None")
        folder = Path(source)
        manifest = read_manifest(folder)
        if task is not None and task != manifest.task:
            raise ValueError(f"task: got {task!r}, but {folder} was exported for {manifest.task!r}")
    else:
        folder, manifest = _cached_export(
            source, task, tokenizer, _cache_folder(cache_dir), refresh, allow_bin
        )
    placing = Placing(device, precision, given_options, allow_partial)
    return Model(folder, manifest, placing, threads, memory_budget)


def _cache_folder(cache_dir: str | Path | None) -> Path:
    if cache_dir is not None:
        return Path(cache_dir)
    named = os.environ.get("BERTQA_FAST_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bertqa_fast"


def _cached_export(
    source: Any, task: str | None, tokenizer: Any, cache: Path, refresh: bool, allow_bin: bool
) -> tuple[Path, Manifest]:
    opened = open_source(source, tokenizer, allow_bin=allow_bin)
    head = resolve_task(opened, task)
    folder = cache / f"{opened.fingerprint[:24]}-{head}-{EXPORTER_VERSION}"
    if not refresh and folder.exists():
        return folder, read_manifest(folder)
    return folder, write_export(opened, folder, task, replace=refresh)


@dataclass(frozen=True)
class Placing:
    """Where a model runs, and with what numbers; see :func:`load`."""

    device: str
    precision: str
    provider_options: dict[str, str]
    allow_partial: bool


class Model:
    """An exported model, open in the engine. Made by :func:`load`; a context manager.

    Safe to use from several threads. Layer ``l`` is the output of encoder block ``l``, -1 the embeddings.

    Attributes
    ----------
    folder : Path
        The export.
    source : str
        What it was exported from.
    fingerprint : str
        SHA-256 of weights, configuration and tokenizer.
    task, device, precision : str
        As given to :func:`load`.
    num_layers, num_heads, hidden_size, embedding_size, max_positions : int
        L, A, H, the width of the word embeddings, and how many tokens a window may have.
    stored_blocks : tuple of int
        Of each block, whose weights it has: 0 to L - 1, or fewer numbers where blocks share them.
    memory_budget : int
        Bytes that activations may take.
    labels : tuple of str or int
        A classifier's classes: the names that its configuration has, or numbers where these say nothing
        (``LABEL_0`` …). Empty for a reader.
    precision_errors : dict
        What :func:`bertqa_fast.attribution.precision_error.precision_error` has found so far.
    """

    def __init__(
        self, folder: Path, manifest: Manifest, placing: Placing, threads: int | None, memory_budget: int
    ) -> None:
        spec = manifest.spec
        self.folder = folder
        self.source = manifest.source
        self.fingerprint = manifest.fingerprint
        self.task = manifest.task
        self.device = placing.device
        self.precision = placing.precision
        self.memory_budget = memory_budget
        self.num_layers = spec.num_layers
        self.num_heads = spec.num_heads
        self.hidden_size = spec.hidden_size
        self.embedding_size = spec.embedding_size
        self.max_positions = spec.max_positions
        self.stored_blocks = spec.stored_blocks
        self.precision_errors: dict[Any, float] = {}
        self._manifest = manifest
        self._placing = placing
        self._core: _core.Model | None = self._open(placing.precision, threads)

    def _open(self, precision: str, threads: int | None) -> _core.Model:
        spec = self._manifest.spec
        return _core.Model(
            open_environment(self.device, threads),
            self.folder,
            [(t.name, t.dtype, list(t.shape), t.offset, t.nbytes) for t in self._manifest.tensors],
            num_layers=spec.num_layers,
            hidden_size=spec.hidden_size,
            num_heads=spec.num_heads,
            intermediate_size=spec.intermediate_size,
            max_positions=spec.max_positions,
            device=self.device,
            precision=precision,
            provider_options=self._placing.provider_options,
            allow_partial=self._placing.allow_partial,
            memory_budget=self.memory_budget,
        )

    def __repr__(self) -> str:
        size = f"{self.num_layers} layers x {self.hidden_size}"
        return f"Model({self.source!r}, {self.task}, {size}, {self.device}, {self.precision})"

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of sessions and weights. Calls under way in other threads end as usual."""
        self._core = None

    @property
    def core(self) -> _core.Model:
        """The engine's own object.

        Raises
        ------
        ValueError
            After :meth:`close`.
        """
        if self._core is None:
            raise ValueError("model: it is closed, wanted an open one (bertqa_fast.load)")
        return self._core

    @contextmanager
    def exact(self) -> Iterator[_core.Model]:
        """Open the same export in float32 beside this one, for as long as a ``with`` block lasts."""
        yield self._open("fp32", None)

    @contextmanager
    def derived(
        self, *, blocks: Sequence[int] | None = None, change: Change | None = None
    ) -> Iterator[Model]:
        """Open this model with some of its blocks only, or with other weights, while a ``with`` block lasts.

        It runs where this one does. Its export lies in a temporary folder meanwhile, as large as this one's;
        see :func:`bertqa_fast.graphs.derived.derive` for the arguments and what they may raise.
        """
        with tempfile.TemporaryDirectory(prefix="bertqa_fast-") as place:
            folder = derive(self.folder, Path(place) / "export", blocks=blocks, change=change)
            manifest = read_manifest(folder, verify=False)
            with Model(folder, manifest, self._placing, None, self.memory_budget) as model:
                yield model

    @functools.cached_property
    def tokenizer(self) -> Any:
        """The model's fast tokenizer (transformers)."""
        return load_tokenizer(self.folder)

    @property
    def window_tokenizer(self) -> Any:
        """What windows are cut with: the same as :attr:`tokenizer`, without transformers where that can be.

        Once :attr:`tokenizer` has been asked for it is this one, with whatever was changed in it since.
        """
        if "tokenizer" in vars(self) or self._manifest.tokenizer is None:
            return self.tokenizer
        return self._plain_tokenizer

    @functools.cached_property
    def _plain_tokenizer(self) -> PlainTokenizer:
        return PlainTokenizer.read(self.folder, self._manifest.tokenizer or {})

    @functools.cached_property
    def config(self) -> Any:
        """The model's configuration (transformers)."""
        from transformers import AutoConfig

        return AutoConfig.from_pretrained(str(self.folder), trust_remote_code=False)

    @functools.cached_property
    def labels(self) -> tuple[str | int, ...]:
        """A classifier's classes, see above."""
        count = next((t.shape[0] for t in self._manifest.tensors if t.name == "classifier.bias"), 0)
        return read_labels(self.folder / "config.json", count) if count else ()

    def require_task(self, task: str) -> None:
        """Refuse a model with another head.

        Raises
        ------
        ValueError
            The head is another than ``task``.
        """
        if self.task != task:
            raise ValueError(f"model: got one for {self.task!r}, wanted {task!r}")

    def logits(
        self, windows: Sequence[Window], *, show_progress: bool | None = None
    ) -> list[tuple[Array, Array]]:
        """Return start and end logits of every window, ``[T]`` each, without padding, in order.

        Raises
        ------
        ValueError
            The model is a classifier.
        """
        self.require_task("question-answering")
        if not windows:
            return []
        out, offsets = self._forward(windows, [], show_progress)
        start, end = out["start_logits"], out["end_logits"]
        return [(start[a:b], end[a:b]) for a, b in pairwise(offsets)]

    def class_logits(self, windows: Sequence[Window], *, show_progress: bool | None = None) -> list[Array]:
        """Return the logits of every window's classes, ``[C]`` each, in order.

        Raises
        ------
        ValueError
            The model is a reader.
        """
        self.require_task("text-classification")
        if not windows:
            return []
        out, _ = self._forward(windows, [], show_progress)
        return list(out["class_logits"])

    def logits_above(
        self, layer: int, states: Sequence[Array], *, show_progress: bool | None = None
    ) -> list[tuple[Array, Array]]:
        """Return the logits that follow from given hidden states at the output of a layer.

        Parameters
        ----------
        layer : int
            Whose output the states stand in for: block ``layer``'s, or with -1 the embeddings'. What lies
            above it is run.
        states : sequence of float32 arrays ``[T, H]``
            One for each window, without padding; T may differ. They are all held at once: give long lists in
            parts.
        show_progress : bool or None
            A progress bar; None shows it on a terminal.

        Returns
        -------
        list of (float32 ``[T]``, float32 ``[T]``)
            Start and end logits, in the order of the states.

        Raises
        ------
        ValueError, TypeError
            For a classifier, a layer that the model does not have, or states of another type or shape, longer
            than the model's positions, or not finite.
        """
        self.require_task("question-answering")
        if isinstance(layer, bool) or not isinstance(layer, int | np.integer):
            raise TypeError(f"layer: got {layer!r}, wanted an integer, -1 for the embeddings")
        for number, given in enumerate(states):
            check_states(number, given, self.hidden_size, self.max_positions)
        if not len(states):
            return []
        offsets = np.cumsum([0, *map(len, states)], dtype=np.int64)
        with progress_bar(len(states), "reading", "window", show_progress) as bar:
            out = self.core.forward_above(int(layer), np.concatenate(states), offsets, progress=advance(bar))
        start, end = out["start_logits"], out["end_logits"]
        return [(start[a:b], end[a:b]) for a, b in pairwise(offsets)]

    def hidden_states(self, windows: Sequence[Window], *, show_progress: bool | None = None) -> list[Array]:
        """Return the hidden states of every window, ``[L + 1, T, H]``: embeddings, then every block."""
        if not windows:
            return []
        out, offsets = self._forward(windows, list(range(-1, self.num_layers)), show_progress)
        hidden = out["hidden"]
        return [hidden[:, a:b].copy() for a, b in pairwise(offsets)]

    def _forward(
        self, windows: Sequence[Window], layers: list[int], show_progress: bool | None
    ) -> tuple[dict[str, Any], npt.NDArray[np.int64]]:
        ids, types, offsets = flatten(windows)
        with progress_bar(len(windows), "reading", "window", show_progress) as bar:
            out = self.core.forward(ids, types, offsets, layers=layers, progress=advance(bar))
        return out, offsets
