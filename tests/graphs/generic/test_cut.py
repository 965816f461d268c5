"""Cutting and differentiating graphs that were made by hand, and modules that cannot be cut."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from bertqa_fast.generic.blocks import find_blocks, task_of
from bertqa_fast.generic.cut import above, above_word, below
from bertqa_fast.generic.differentiate import differentiate
from bertqa_fast.generic.trace import CLASS_BIAS, WORD_EMBEDDINGS, Trace
from bertqa_fast.graphs.spec import EncoderSpec

SPEC = EncoderSpec(1, 4, 1, 4, 5, 8, 1, 1e-12, "unknown")
WEIGHTS = {
    WORD_EMBEDDINGS: np.arange(20, dtype=np.float32).reshape(5, 4) / 10,
    CLASS_BIAS: np.zeros(2, dtype=np.float32),
    "weight.w": np.arange(8, dtype=np.float32).reshape(4, 2) / 7,
}


def node(kind: str, inputs: str, output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(kind, inputs.split(), [output], **attributes)


def traced(*more: onnx.NodeProto) -> Trace:
    """One block, tanh: class logits are the sum over T of tanh(words) times the mask, times W."""
    nodes = [
        node("Gather", f"{WORD_EMBEDDINGS} input_ids", "word"),
        node("Identity", "word", "hidden_embeddings"),
        node("Tanh", "hidden_embeddings", "bent"),
        node("Unsqueeze", "attention_mask last", "column"),
        node("Mul", "bent column", "hidden_0"),
        *(more or [node("ReduceSum", "hidden_0 one", "summed", keepdims=0)]),
        node("MatMul", "summed weight.w", "class_logits"),
    ]
    info = helper.make_tensor_value_info
    inputs = [info(name, TensorProto.INT64, ["B", "T"]) for name in ("input_ids", "token_type_ids")]
    inputs.append(info("attention_mask", TensorProto.FLOAT, ["B", "T"]))
    inputs += [info(name, TensorProto.FLOAT, array.shape) for name, array in WEIGHTS.items()]
    outputs = [
        info(name, TensorProto.FLOAT, ["B", "T", 4]) for name in ("word", "hidden_embeddings", "hidden_0")
    ]
    outputs.append(info("class_logits", TensorProto.FLOAT, ["B", 2]))
    constants = {"last": np.array([-1]), "one": np.array([1])}
    inner = [info("summed", TensorProto.FLOAT, ["B", 4])]
    graph = helper.make_graph(nodes, "traced", inputs, outputs, value_info=inner)
    return Trace(graph, WEIGHTS, constants, SPEC, "text-classification")


def made_by(part: Any) -> list[str]:
    return [name for each in part.nodes for name in each.output]


def test_parts_hold_what_lies_between() -> None:
    one = traced()
    assert (one.num_classes, one.logits) == (2, ("class_logits",))
    assert made_by(below(one, ["hidden_embeddings"])) == ["word", "hidden_embeddings"]
    assert made_by(above(one, 0)) == ["summed", "class_logits"]
    assert made_by(above(one, -1)) == ["bent", "column", "hidden_0", "summed", "class_logits"]
    assert made_by(above_word(one))[0] == "hidden_embeddings"


def test_sizes_of_the_ids_are_those_of_the_states() -> None:
    count = node("Shape", "input_ids", "count", start=1)
    more = [count, node("Cast", "count", "tokens", to=TensorProto.FLOAT)]
    more += [node("ReduceSum", "hidden_0 one", "all", keepdims=0), node("Div", "all tokens", "summed")]
    [shape] = [each for each in above(traced(*more), 0).nodes if each.op_type == "Shape"]
    assert list(shape.input) == ["hidden_0"]
    assert {a.name: a.i for a in shape.attribute} == {"start": 1, "end": 2}


def test_blocks_that_read_ids_are_refused() -> None:
    floats = node("Cast", "input_ids", "floats", to=TensorProto.FLOAT)
    scaled = [floats, node("Unsqueeze", "floats last", "ids"), node("Mul", "hidden_0 ids", "scaled")]
    more = [*scaled, node("ReduceSum", "scaled one", "summed", keepdims=0)]
    with pytest.raises(ValueError, match="what lies above block 0 depends on more than the hidden states"):
        above(traced(*more), 0)
    apart = node("ReduceSum", "bent one", "summed", keepdims=0)
    with pytest.raises(ValueError, match="what lies above block 0 depends on more"):
        above(traced(apart), 0)


def test_the_backward_is_the_derivative(needs_extra: None) -> None:
    one = traced()
    found = differentiate(one, above(one, -1))
    assert list(found.weights) == ["weight.w/1-0"]
    np.testing.assert_array_equal(found.weights["weight.w/1-0"], WEIGHTS["weight.w"].T)
    random = np.random.default_rng(0)
    feeds = {
        "hidden_embeddings": random.normal(size=(2, 3, 4)).astype(np.float32),
        "attention_mask": np.array([[1, 1, 0], [1, 1, 1]], dtype=np.float32),
        "adj_class_logits": random.normal(size=(2, 2, 1)).astype(np.float32),
    }
    given = {**feeds, **WEIGHTS, **found.weights, **one.constants, **found.constants}
    used = {name for each in found.nodes for name in each.input}
    typed = helper.np_dtype_to_tensor_dtype
    inputs = [
        helper.make_tensor_value_info(n, typed(a.dtype), a.shape) for n, a in given.items() if n in used
    ]
    output = helper.make_tensor_value_info(found.gradient, TensorProto.FLOAT, None)
    graph = helper.make_graph(found.nodes, "backward", inputs, [output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    [got] = ReferenceEvaluator(model).run(None, {value.name: given[value.name] for value in inputs})
    slope = 1 - np.tanh(feeds["hidden_embeddings"]) ** 2
    seeds = feeds["adj_class_logits"][..., 0] @ WEIGHTS["weight.w"].T
    wanted = slope * feeds["attention_mask"][..., None] * seeds[:, None]
    np.testing.assert_allclose(np.asarray(got)[..., 0], wanted, rtol=1e-5, atol=1e-6)


def test_what_has_no_derivative_is_refused(needs_extra: None) -> None:
    pooled = traced(node("MaxRoiPool", "hidden_0 hidden_0", "summed", pooled_shape=[1, 1]))
    with pytest.raises(ValueError, match=r"cannot be differentiated .*MaxRoiPool"):
        differentiate(pooled, above(pooled, 0))


def test_heads_and_blocks_that_are_not_there() -> None:
    torch = pytest.importorskip("torch")
    assert task_of("MPNetForQuestionAnswering") == "question-answering"
    with pytest.raises(ValueError, match="got the architecture 'MPNetForMaskedLM', wanted …ForQuestion"):
        task_of("MPNetForMaskedLM")
    module = torch.nn.Sequential(torch.nn.ModuleList([torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)]))
    module.config = SimpleNamespace(num_hidden_layers=3)
    with pytest.raises(ValueError, match=r"no list of 3 equal encoder blocks \(the longest has 2\)"):
        find_blocks(module)
    module.config = SimpleNamespace(num_hidden_layers=2)
    assert len(find_blocks(module)) == 2
    # The layers inside of a block may be more than the blocks.
    inner = [torch.nn.ModuleList([torch.nn.Tanh(), torch.nn.Tanh(), torch.nn.Tanh()]) for _ in range(2)]
    module = torch.nn.Sequential(torch.nn.ModuleList([torch.nn.Sequential(each) for each in inner]))
    module.config = SimpleNamespace(num_hidden_layers=2)
    assert [type(block) for block in find_blocks(module)] == [torch.nn.Sequential] * 2
    module.config = SimpleNamespace()
    assert len(find_blocks(module)) == 3
