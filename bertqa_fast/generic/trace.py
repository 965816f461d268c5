"""Export a module once, whole, with every hidden state that it can be cut at as an output."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from bertqa_fast.families.base import Array
from bertqa_fast.generic.blocks import find_blocks, hooked, logits_of, longest_text
from bertqa_fast.graphs.builder import OPSET
from bertqa_fast.graphs.spec import EncoderSpec

WORD = "word"  # the tensor that the word embeddings give
WORD_EMBEDDINGS = "embeddings.word"  # the weight, by the name that the engine knows
CLASS_BIAS = "classifier.bias"  # the weight that the engine counts classes by
INPUTS = ("input_ids", "token_type_ids", "attention_mask")
LOGITS = {"question-answering": ("start_logits", "end_logits"), "text-classification": ("class_logits",)}
_SMALL = 16  # constants of so many numbers stay in the graphs


@dataclass(frozen=True)
class Trace:
    """A module as one graph.

    Attributes
    ----------
    graph : onnx.GraphProto
        From ``INPUTS`` (int64, int64 and float32 ``[B, T]``) to ``word``, ``hidden_embeddings``,
        ``hidden_0`` … ``[B, T, H]`` and the logits. Its weights are inputs, too, by their names.
    weights : dict of str to float32 array
        The weights, without those that no graph needs.
    constants : dict of str to array
        What else is constant.
    spec : EncoderSpec
        Sizes; what only a family knows is filled in as the configuration has it.
    task : str
        The head.
    """

    graph: onnx.GraphProto
    weights: dict[str, Array]
    constants: dict[str, Any]
    spec: EncoderSpec
    task: str

    @property
    def logits(self) -> tuple[str, ...]:
        """Names of the logits."""
        return LOGITS[self.task]

    @property
    def num_classes(self) -> int:
        """C; 0 for a reader."""
        return len(self.weights[CLASS_BIAS]) if CLASS_BIAS in self.weights else 0


def state_name(layer: int) -> str:
    """Name the hidden states of a layer among the outputs, -1 for the embeddings."""
    return "hidden_embeddings" if layer < 0 else f"hidden_{layer}"


def trace(module: Any, task: str) -> Trace:
    """Export a module in float32 and evaluation mode.

    Parameters
    ----------
    module : torch.nn.Module
        As :func:`bertqa_fast.generic.blocks.load_module` gives it.
    task : str
        Its head.

    Raises
    ------
    ValueError
        ``torch.onnx`` cannot export it, or its hidden states are not of one size.
    """
    count = len(find_blocks(module))
    names = [WORD, *(state_name(layer) for layer in range(-1, count)), *LOGITS[task]]
    model = _exported(module, task, names)
    weights, constants = _take_initializers(model.graph, module, task)
    shapes = {output.name: _shape(output) for output in model.graph.output}
    sizes = {shapes[state_name(layer)][-1] for layer in range(-1, count)}
    if len(sizes) > 1 or not isinstance(size := sizes.pop(), int):
        raise ValueError(
            f"source: the blocks of {type(module).__name__} differ in their hidden size; the generic path "
            "cannot cut it"
        )
    return Trace(model.graph, weights, constants, _spec_of(module, count, size), task)


def _exported(module: Any, task: str, names: list[str]) -> onnx.ModelProto:
    import torch

    states: dict[int | str, Any] = {}

    def see(layer: int | str, given: Any) -> Any:
        states[layer] = given
        return given

    class Probe(torch.nn.Module):  # type: ignore[misc]  # torch is not followed
        def __init__(self) -> None:
            super().__init__()
            self.module = module

        def forward(self, input_ids: Any, token_type_ids: Any, attention_mask: Any) -> Any:
            with hooked(self.module, see):
                logits = logits_of(self.module, task, input_ids, token_type_ids, attention_mask.long())
            return (states["word"], *(states[key] for key in sorted(set(states) - {"word"})), *logits)

    ids = torch.ones((3, 7), dtype=torch.int64)
    sizes = {0: torch.export.Dim("B"), 1: torch.export.Dim("T")}
    try:
        with _quiet():
            program = torch.onnx.export(
                Probe().eval(),
                (ids, torch.zeros_like(ids), torch.ones((3, 7))),
                dynamo=True,
                dynamic_shapes=(sizes, sizes, sizes),
                input_names=list(INPUTS),
                output_names=names,
                opset_version=OPSET,
                external_data=False,
                verbose=False,
            )
    except Exception as error:  # the exporter's errors have no common class
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ValueError(f"source: torch.onnx cannot export {type(module).__name__} ({first})") from error
    model: onnx.ModelProto = program.model_proto
    if model.functions or [output.name for output in model.graph.output] != names:
        raise ValueError(f"source: torch.onnx exported {type(module).__name__} in a form that cannot be cut")
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep to itself what the exporter says of its progress, its dependencies and its own deprecations."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    before = [logger.level for logger in loggers]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, before, strict=True):
                logger.setLevel(level)


def _take_initializers(
    graph: onnx.GraphProto, module: Any, task: str
) -> tuple[dict[str, Array], dict[str, Any]]:
    """Make weights inputs of the graph, and return them and the constants."""
    words = module.get_input_embeddings().weight.detach().numpy()
    weights: dict[str, Array] = {WORD_EMBEDDINGS: words}
    if task == "text-classification":
        weights[CLASS_BIAS] = _class_bias(module)
    constants: dict[str, Any] = {}
    renamed: dict[str, str] = {}
    for tensor in graph.initializer:
        array = numpy_helper.to_array(tensor)
        if array.dtype != np.float32 or array.size <= _SMALL or not np.isfinite(array).all():
            constants[tensor.name] = array
        elif array.shape == words.shape and np.array_equal(array, words):
            renamed[tensor.name] = WORD_EMBEDDINGS
        else:
            renamed[tensor.name] = f"weight.{tensor.name.removeprefix('module.')}"
            weights[renamed[tensor.name]] = array
    del graph.initializer[:]
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
    for name, array in weights.items():
        graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape))
    return weights, constants


def _class_bias(module: Any) -> Array:
    """Return the bias of the last product, by which the engine counts the classes."""
    import torch

    count = module.config.num_labels
    for part in reversed(list(module.modules())):
        if isinstance(part, torch.nn.Linear) and part.out_features == count and part.bias is not None:
            return np.asarray(part.bias.detach().numpy(), dtype=np.float32)
    return np.zeros(count, dtype=np.float32)


def _shape(value: onnx.ValueInfoProto) -> list[int | str]:
    return [size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim]


def _spec_of(module: Any, num_layers: int, hidden_size: int) -> EncoderSpec:
    config = module.config
    heads = getattr(config, "num_attention_heads", 1)
    return EncoderSpec(
        num_layers=num_layers,
        hidden_size=hidden_size,
        num_heads=heads if isinstance(heads, int) and hidden_size % heads == 0 else 1,
        intermediate_size=getattr(config, "intermediate_size", None) or 4 * hidden_size,
        vocab_size=int(module.get_input_embeddings().num_embeddings),
        max_positions=longest_text(module),
        type_vocab_size=max(1, getattr(config, "type_vocab_size", None) or 1),
        layer_norm_eps=float(getattr(config, "layer_norm_eps", None) or 1e-12),
        activation=str(getattr(config, "hidden_act", None) or "unknown"),
        embedding_size=int(module.get_input_embeddings().embedding_dim),
    )
