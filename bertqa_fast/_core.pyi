"""
The C++ engine of bertqa_fast.
"""

from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import os
import pathlib
import typing

__all__: list[str] = [
    "BatchChoice",
    "BatchSizer",
    "Environment",
    "Model",
    "PrepackedWeights",
    "Session",
    "WeightFile",
    "assess_path",
    "check_precision",
    "first_nodes",
    "processor_quota",
    "quadrature_rule",
    "ramnath2020_code_rule",
    "schedule",
    "spline_weights",
    "usable_processors",
]

class Environment:
    """
    The one runtime environment of the process: its library, its threads, its memory arena.

    It is shared: making it again gives what runs. ``threads=0`` takes what runs, or else the processors that
    this process may use.
    """
    def __init__(
        self, library_path: os.PathLike | str | bytes, threads: typing.SupportsInt | typing.SupportsIndex = 0
    ) -> None: ...
    def has_provider(self, name: str) -> bool:
        """
        Whether the runtime was built with a provider.
        """
    def register_provider_library(self, name: str, path: os.PathLike | str | bytes) -> None:
        """
        Load a plug-in provider; again, and from the same file, does nothing.
        """
    @property
    def library_path(self) -> pathlib.Path:
        """
        The library that is loaded.
        """
    @property
    def runtime_version(self) -> str:
        """
        Version of ONNX Runtime, such as ``"1.31.1"``.
        """
    @property
    def threads(self) -> int:
        """
        Threads of the pool, the caller's included.
        """

class WeightFile:
    """
    A weight file, mapped once and shared by every session that is given it.

    ``entries`` are tuples (name, dtype, shape, offset in bytes, size in bytes).
    """
    def __init__(
        self,
        environment: Environment,
        path: os.PathLike | str | bytes,
        entries: collections.abc.Sequence[
            tuple[
                str,
                str,
                collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
                typing.SupportsInt | typing.SupportsIndex,
                typing.SupportsInt | typing.SupportsIndex,
            ]
        ],
    ) -> None: ...
    def release_pages(self) -> None:
        """
        Let go of the file's resident pages, once the sessions have packed their own copies.
        """
    @property
    def names(self) -> list[str]:
        """
        Names of the tensors, sorted.
        """

class PrepackedWeights:
    """
    Packed copies of weights, shared by the sessions that are given it.
    """
    def __init__(self, environment: Environment) -> None: ...

class Session:
    """
    A graph, loaded and ready to run; safe to run from several threads.
    """
    def __init__(
        self,
        environment: Environment,
        path: os.PathLike | str | bytes,
        weights: WeightFile | None = None,
        prepacked: PrepackedWeights | None = None,
        *,
        device: str = "cpu",
        optimization_level: typing.SupportsInt | typing.SupportsIndex = 99,
        config: collections.abc.Mapping[str, str] = {},
        profile_prefix: str | None = None,
        fused_operators: bool = True,
        linear_operators: bool = True,
        precision: str = "fp32",
        allow_partial: bool = False,
        provider_options: collections.abc.Mapping[str, str] = {},
    ) -> None: ...
    def end_profiling(self) -> str:
        """
        End profiling; returns the path of the profile.
        """
    def places(
        self,
        inputs: collections.abc.Mapping[str, numpy.ndarray[typing.Any, numpy.dtype[typing.Any]]],
        outputs: collections.abc.Sequence[str] | None = None,
    ) -> dict[str, str]:
        """
        Run, leave outputs where the device has them, and say what the runtime calls that memory.
        """
    def run(
        self,
        inputs: collections.abc.Mapping[str, numpy.ndarray[typing.Any, numpy.dtype[typing.Any]]],
        outputs: collections.abc.Sequence[str] | None = None,
        shrink_arena: bool = False,
    ) -> dict[str, numpy.ndarray[typing.Any, numpy.dtype[typing.Any]]]:
        """
        Run the graph.

        Parameters
        ----------
        inputs : dict of str to numpy.ndarray
            One array for each input, C-contiguous and of exactly its type; nothing is converted.
        outputs : list of str, optional
            The outputs that are wanted; all of them by default.
        shrink_arena : bool
            Give free memory back to the system afterwards.

        Returns
        -------
        dict of str to numpy.ndarray
            The arrays own their memory and outlive the session.

        Raises
        ------
        ValueError
            For an array that would have to be converted, or an input that the graph does not have.
        bertqa_fast.errors.EngineError
            What the runtime refuses.
        """
    @property
    def inputs(self) -> list[tuple[str, str, list[int]]]:
        """
        (name, dtype, shape) of each input; -1 is a free dimension.
        """
    @property
    def left_to_cpu(self) -> list[tuple[str, str, str]]:
        """
        (provider, kind, name) of each node that the device leaves to the CPU.
        """
    @property
    def outputs(self) -> list[tuple[str, str, list[int]]]:
        """
        (name, dtype, shape) of each output; -1 is a free dimension.
        """

class BatchChoice:
    """
    A batch that is to be run.
    """
    def __init__(
        self,
        tokens: typing.SupportsInt | typing.SupportsIndex,
        rows: typing.SupportsInt | typing.SupportsIndex,
        trial: bool,
    ) -> None: ...
    @property
    def rows(self) -> int:
        """
        Rows to put into it.
        """
    @property
    def tokens(self) -> int:
        """
        Its size, of those that are tried.
        """
    @property
    def trial(self) -> bool:
        """
        Whether what it takes is to be told.
        """

class BatchSizer:
    """
    Finds out how large a batch is worth having.
    """
    def __init__(self) -> None: ...
    def fastest(self) -> int:
        """
        The fastest size so far, in tokens.
        """
    def next(
        self,
        row_tokens: typing.SupportsInt | typing.SupportsIndex,
        most: typing.SupportsInt | typing.SupportsIndex,
    ) -> BatchChoice:
        """
        Choose the next batch, of at most so many rows.
        """
    def note(
        self,
        choice: BatchChoice,
        work: typing.SupportsFloat | typing.SupportsIndex,
        seconds: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None:
        """
        Tell what a trial took.
        """

class Model:
    """
    An exported model: weights once, graphs loaded when first needed; safe to use from several threads.
    """
    def __init__(
        self,
        environment: Environment,
        folder: os.PathLike | str | bytes,
        tensors: collections.abc.Sequence[
            tuple[
                str,
                str,
                collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
                typing.SupportsInt | typing.SupportsIndex,
                typing.SupportsInt | typing.SupportsIndex,
            ]
        ],
        *,
        num_layers: typing.SupportsInt | typing.SupportsIndex,
        hidden_size: typing.SupportsInt | typing.SupportsIndex,
        num_heads: typing.SupportsInt | typing.SupportsIndex,
        intermediate_size: typing.SupportsInt | typing.SupportsIndex,
        max_positions: typing.SupportsInt | typing.SupportsIndex,
        device: str,
        precision: str = "fp32",
        provider_options: collections.abc.Mapping[str, str] = {},
        allow_partial: bool = False,
        memory_budget: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    def attention(
        self,
        input_ids: numpy.typing.NDArray[numpy.int64],
        token_type_ids: numpy.typing.NDArray[numpy.int64],
        offsets: numpy.typing.NDArray[numpy.int64],
        *,
        layer: typing.SupportsInt | typing.SupportsIndex,
        rows_per_batch: typing.SupportsInt | typing.SupportsIndex = 0,
        progress: typing.Any = None,
    ) -> dict:
        """
        Attention of a block: ``probabilities`` ``[A, T, T]`` of every sequence, flat and in order.

        Rows are tokens that ask, and sum to 1. Sequences as in ``forward``. Also returned are ``statistics``.
        """
    def forward(
        self,
        input_ids: numpy.typing.NDArray[numpy.int64],
        token_type_ids: numpy.typing.NDArray[numpy.int64],
        offsets: numpy.typing.NDArray[numpy.int64],
        *,
        layers: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        rows_per_batch: typing.SupportsInt | typing.SupportsIndex = 0,
        progress: typing.Any = None,
    ) -> dict:
        """
        Run sequences forward.

        Sequences lie end to end in ``input_ids`` and ``token_type_ids`` (int64 ``[total tokens]``); ``offsets``
        (int64 ``[sequences + 1]``) says where each begins. Returns ``start_logits``, ``end_logits``
        ``[total tokens]`` (a classifier: ``class_logits`` ``[sequences, C]``), ``hidden`` ``[layers, total tokens, H]`` and ``statistics``.
        """
    def forward_above(
        self,
        layer: typing.SupportsInt | typing.SupportsIndex,
        states: numpy.typing.NDArray[numpy.float32],
        offsets: numpy.typing.NDArray[numpy.int64],
        *,
        rows_per_batch: typing.SupportsInt | typing.SupportsIndex = 0,
        progress: typing.Any = None,
    ) -> dict:
        """
        Run given hidden states forward, from the output of a layer (-1: of the embeddings) to the logits.

        States lie end to end in ``states`` (float32 ``[total tokens, H]``); ``offsets`` (int64 ``[sequences + 1]``)
        says where each sequence begins. Returns logits as ``forward`` does, and ``statistics``.
        """
    def integrate(
        self,
        input_ids: numpy.typing.NDArray[numpy.int64],
        token_type_ids: numpy.typing.NDArray[numpy.int64],
        offsets: numpy.typing.NDArray[numpy.int64],
        *,
        layers: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        nodes: numpy.typing.NDArray[numpy.float64],
        weights: numpy.typing.NDArray[numpy.float64],
        span_start: numpy.typing.NDArray[numpy.int64],
        span_end: numpy.typing.NDArray[numpy.int64],
        span_sign: numpy.typing.NDArray[numpy.float32],
        target_mix: numpy.typing.NDArray[numpy.float32],
        reselect: bool = False,
        tolerance: typing.SupportsFloat | typing.SupportsIndex | None = None,
        max_nodes: typing.SupportsInt | typing.SupportsIndex = 128,
        baseline_ids: numpy.typing.NDArray[numpy.int64] | None = None,
        baseline_values: numpy.typing.NDArray[numpy.float32] | None = None,
        states: numpy.typing.NDArray[numpy.float32] | None = None,
        pad_to: typing.SupportsInt | typing.SupportsIndex = 0,
        softmax_over_padding: bool = False,
        rows_per_batch: typing.SupportsInt | typing.SupportsIndex = 0,
        keep_values: bool = False,
        traversal: str = "auto",
        progress: typing.Any = None,
    ) -> dict:
        """
        Integrate the gradient of a target along straight paths, at every layer in ``layers``.

        Spans are flat, K for each sequence; of a classifier ``span_start`` and ``span_end`` are labels. Nodes and weights are fixed ones, or empty where ``tolerance`` is given:
        every path then gets nodes until its estimated error is below it, or it has ``max_nodes``. ``states`` (float32
        ``[total tokens, H]``) are explained in place of the hidden states at the one layer; ids then only say how long
        sequences are. Returns ``scores`` and ``signed`` ``[layers, total tokens]``, ``values`` ``[layers, total tokens, H]``
        if kept, ``value`` ``[sequences]``, ``baseline_value`` and ``evaluations`` ``[layers, sequences]``, ``error`` of the
        same shape where ``tolerance`` is given, and ``statistics``. Progress is counted in paths (a layer of a sequence).
        ``traversal``: ``cuts`` goes through the layers one after the other, ``all_layers`` together, ``auto`` chooses.
        """
    def masked_forward(
        self,
        input_ids: numpy.typing.NDArray[numpy.int64],
        token_type_ids: numpy.typing.NDArray[numpy.int64],
        offsets: numpy.typing.NDArray[numpy.int64],
        classes: numpy.typing.NDArray[numpy.int8],
        *,
        cells: collections.abc.Sequence[
            tuple[
                collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
                collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
                bool,
                bool,
                collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
                typing.SupportsInt | typing.SupportsIndex,
            ]
        ],
        rows_per_batch: typing.SupportsInt | typing.SupportsIndex = 0,
        progress: typing.Any = None,
    ) -> dict:
        """
        Run sequences forward as they are, and once more for every cell, with attention masked.

        Sequences as in ``forward``; ``classes`` (int8 ``[total tokens]``) puts tokens into classes 0 to 2. A cell is
        (layers, table, keep_diagonal, uniform, heads, top): the blocks to mask, rising; 9 numbers, row-major, 1 where a
        class of rows (tokens that ask) and one of columns (tokens asked) is masked; whether tokens always may attend to
        themselves; whether heads attend uniformly in place of the table; the heads, none for all; and how many of the
        masked cells, the most attended ones of each head, are masked at all, 0 for all. Returns ``start_logits``,
        ``end_logits`` ``[total tokens]``, ``masked_start_logits``, ``masked_end_logits`` ``[cells, total tokens]``
        (a classifier: ``class_logits`` ``[sequences, C]``, ``masked_class_logits`` ``[cells, sequences, C]``) and
        ``statistics``.
        """
    def single_pass(
        self,
        graph: str,
        input_ids: numpy.typing.NDArray[numpy.int64],
        token_type_ids: numpy.typing.NDArray[numpy.int64],
        offsets: numpy.typing.NDArray[numpy.int64],
        *,
        layers: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        span_start: numpy.typing.NDArray[numpy.int64],
        span_end: numpy.typing.NDArray[numpy.int64],
        span_sign: numpy.typing.NDArray[numpy.float32],
        target_mix: numpy.typing.NDArray[numpy.float32],
        reselect: bool = False,
        seed: numpy.typing.NDArray[numpy.float32] | None = None,
        numbers: collections.abc.Sequence[str] = [],
        rows_per_batch: typing.SupportsInt | typing.SupportsIndex = 0,
        keep_values: bool = False,
        progress: typing.Any = None,
    ) -> dict:
        """
        Run one of the graphs that explain every sequence in one run, forward and back.

        Sequences and spans as in ``integrate``. Graphs of gradients (``gradient_…``) explain the target; those of
        relevance (``relevance_…``) begin with ``seed`` (float32 ``[3]``) times logit, probability and 1 of what is pinned,
        and ``target_mix`` only says what ``value`` is. ``numbers`` names outputs with a number for each sequence. Returns
        the logits, ``scores`` and ``signed`` ``[layers, total tokens]``, ``values`` ``[layers, total tokens, H]`` if kept,
        ``value`` ``[sequences]`` (the target), ``numbers`` ``[numbers, sequences]`` and ``statistics``.
        """
    def trace_attention(
        self,
        input_ids: numpy.typing.NDArray[numpy.int64],
        token_type_ids: numpy.typing.NDArray[numpy.int64],
        offsets: numpy.typing.NDArray[numpy.int64],
        *,
        layers: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        first: numpy.typing.NDArray[numpy.int64],
        second: numpy.typing.NDArray[numpy.int64],
        residual: bool = False,
        rows_per_batch: typing.SupportsInt | typing.SupportsIndex = 0,
        progress: typing.Any = None,
    ) -> dict:
        """
        Follow attention back, head by head, from two tokens of the last block's output, one half at each.

        Sequences as in ``forward``; ``first`` and ``second`` are int64 ``[sequences]``. Returns ``scores``
        ``[layers, total tokens]`` (what arrives at the layers' outputs, summed over heads) and ``statistics``.
        """
    @property
    def tokens_per_batch(self) -> int:
        """
        Tokens that a batch of gradients is given, as far as work so far has shown what is fastest.
        """

def assess_path(
    nodes: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    values: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    slopes: typing.Annotated[numpy.typing.ArrayLike, numpy.float32],
    value_at_zero: typing.SupportsFloat | typing.SupportsIndex,
    value_at_one: typing.SupportsFloat | typing.SupportsIndex,
    tolerance: typing.SupportsFloat | typing.SupportsIndex,
    max_nodes: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[float, numpy.typing.NDArray[numpy.float64]]:
    """
    Estimate the error of the spline through what is known of a path, and say where to look next.

    Parameters
    ----------
    nodes, values : sequence of float
        Rising numbers in [0, 1], ``[n]``, and the function F there.
    slopes : numpy.ndarray
        What each of T tokens adds to dF/d(alpha), ``[n, T]``.
    value_at_zero, value_at_one : float
        F at both ends.
    tolerance : float
        Of the relative L1 error of the token scores.
    max_nodes : int
        No more than this many in all.

    Returns
    -------
    error : float
        The estimate.
    next : numpy.ndarray
        Nodes to add; empty where the tolerance is reached or the nodes are spent.
    """

def check_precision(device: str, precision: str) -> None:
    """
    Raise DeviceUnavailableError where this processor has no units for a precision of device "cpu".
    """

def first_nodes() -> numpy.typing.NDArray[numpy.float64]:
    """
    Where the adaptive rule begins.
    """

def processor_quota(root: os.PathLike | str | bytes = "/") -> int:
    """
    Processors that the control groups under ``root`` allow, rounded up; 0 for no limit.
    """

def quadrature_rule(
    name: str, n: typing.SupportsInt | typing.SupportsIndex
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]:
    """
    Nodes and weights on [0, 1] of a quadrature rule.

    Parameters
    ----------
    name : str
        ``"gausslegendre"``, ``"riemann_left"``, ``"riemann_right"``, ``"riemann_middle"`` or ``"riemann_trapezoid"``.
    n : int
        Number of nodes.

    Returns
    -------
    nodes, weights : numpy.ndarray
        float64, shape ``[n]``; nodes increase, weights sum to 1.

    Raises
    ------
    ValueError
        For an unknown name, or fewer nodes than the rule needs.
    """

def ramnath2020_code_rule() -> tuple[
    numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]
]:
    """
    The 20 nodes on [0, 0.95] and their weights in the published code of Ramnath et al. 2020.

    Returns
    -------
    nodes, weights : numpy.ndarray
        float64, shape ``[20]``; the weights are those of a trapezoid and sum to 1.
    """

def schedule(
    *,
    examples: typing.SupportsInt | typing.SupportsIndex,
    num_layers: typing.SupportsInt | typing.SupportsIndex,
    hidden_size: typing.SupportsInt | typing.SupportsIndex,
    num_heads: typing.SupportsInt | typing.SupportsIndex,
    intermediate_size: typing.SupportsInt | typing.SupportsIndex,
    tokens: typing.SupportsInt | typing.SupportsIndex,
    layers: typing.SupportsInt | typing.SupportsIndex,
    nodes: typing.SupportsInt | typing.SupportsIndex = 0,
    rows_per_batch: typing.SupportsInt | typing.SupportsIndex = 0,
    tokens_per_batch: typing.SupportsInt | typing.SupportsIndex = 512,
    memory_budget: typing.SupportsInt | typing.SupportsIndex,
    traversal: str = "auto",
    weights_in_every_graph: bool = False,
    takes_empty_tensors: bool = True,
) -> dict:
    """
    Say how the engine cuts work up: ``most_rows`` of a batch, ``most_examples`` of a group, ``layers_together``, and whether these run on ``all_layers``.
    """

def spline_weights(
    nodes: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
) -> numpy.typing.NDArray[numpy.float64]:
    """
    Weights of the integral over [0, 1] of the cubic spline through nodes.

    Parameters
    ----------
    nodes : sequence of float
        At least 4 rising numbers in [0, 1].

    Returns
    -------
    numpy.ndarray
        float64 ``[n]``; they sum to 1.

    Raises
    ------
    ValueError
        For fewer nodes, or nodes that do not rise.
    """

def usable_processors() -> int:
    """
    Processors that this process may use: its affinity mask, within its control groups' quota.
    """
