"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import importlib.util
import json
import os
import string
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import settings
from onnx import helper

import bertqa_fast as bf
from bertqa_fast import _core, runtime

from .tokenizer_kinds import save_tokenizer

# Other work on the machine makes single examples slow; what is drawn stays the same from run to run.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")

ROOT = Path(__file__).resolve().parents[1]

# `make test-device` runs tests that say nothing of a device on another one than the CPU.
DEVICE = os.environ.get("BERTQA_TEST_DEVICE", "cpu")
bf.load.__kwdefaults__["device"] = DEVICE


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what says `not_on(kind, ..., reason=...)` of the device that the tests run on."""
    for mark in item.iter_markers("not_on"):
        if DEVICE.partition(":")[0] in mark.args:
            pytest.skip(f"not on {DEVICE}: {mark.kwargs['reason']}")


@pytest.fixture(scope="session")
def root() -> Path:
    """Top folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def device() -> str:
    """Name the device that the tests run on."""
    return DEVICE


@pytest.fixture(scope="session")
def environment() -> _core.Environment:
    """Give the runtime environment, which all tests of the process share."""
    return runtime.environment()


@pytest.fixture
def run_python() -> Callable[..., Any]:
    """Run a script in a process of its own and give what it prints as JSON on its last line."""

    def run(script: str, *arguments: str | Path, env: dict[str, str] | None = None) -> Any:
        result = subprocess.run(
            [sys.executable, "-c", script, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=os.environ | (env or {}),
        )
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout.splitlines()[-1])

    return run


GraphMaker = Callable[..., Path]


@pytest.fixture
def make_graph(tmp_path: Path) -> GraphMaker:
    """Write an ONNX graph: nodes are (operator, inputs, outputs, attributes), tensors (name, type, shape).

    ``external`` are initialisers whose data lie in a file beside the graph:
    name -> (type, shape, file, offset).
    """

    def make(
        nodes: Sequence[tuple[str, list[str], list[str], dict[str, Any]]],
        inputs: Sequence[tuple[str, type | np.dtype[Any] | str, Sequence[int | str | None]]],
        outputs: Sequence[tuple[str, type | np.dtype[Any] | str, Sequence[int | str | None]]],
        external: dict[str, tuple[str, list[int], str, int]] | None = None,
        name: str = "graph.onnx",
    ) -> Path:
        def info(tensor: Any) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(
                tensor[0], helper.np_dtype_to_tensor_dtype(np.dtype(tensor[1])), tensor[2]
            )

        graph = helper.make_graph(
            [helper.make_node(op, ins, outs, **attributes) for op, ins, outs, attributes in nodes],
            "graph",
            [info(tensor) for tensor in inputs],
            [info(tensor) for tensor in outputs],
        )
        for tensor_name, (dtype, shape, file, offset) in (external or {}).items():
            tensor = graph.initializer.add(
                name=tensor_name,
                data_type=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)),
                dims=shape,
                data_location=onnx.TensorProto.EXTERNAL,
            )
            length = int(np.prod(shape)) * np.dtype(dtype).itemsize
            for key, value in {"location": file, "offset": offset, "length": length}.items():
                tensor.external_data.add(key=key, value=str(value))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.save(model, tmp_path / name)
        return tmp_path / name

    return make


@pytest.fixture(scope="session")
def tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give the folder of a trained tokenizer, by its kind (``tokenizer_kinds.KINDS``)."""
    made: dict[str, Path] = {}

    def folder(kind: str) -> Path:
        if kind not in made:
            made[kind] = save_tokenizer(kind, tmp_path_factory.mktemp("tokenizer"))
        return made[kind]

    return folder


WORDS = "who wrote it the was written by ada in paris ships sailed from port year when where many how left"


@dataclass(frozen=True)
class Reader:
    """A random reader or classifier: its folder, and when asked for, in float64 and open in the engine."""

    folder: Path
    cache: Path
    classes: int = 0

    @cached_property
    def exact(self) -> Any:
        """The same in float64 (:class:`bertqa_fast.graphs.reference.Float64Model`)."""
        from bertqa_fast.graphs.reference import Float64Classifier, Float64Reader

        return (Float64Classifier if self.classes else Float64Reader)(self.folder)

    @cached_property
    def model(self) -> bf.Model:
        """The reader in the engine."""
        return bf.load(self.folder, cache_dir=self.cache)


@pytest.fixture(scope="session")
def random_reader(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Reader]:
    """Make random readers, or with ``classes`` classifiers, each of its sizes and seed once.

    Every parameter is drawn, biases and LayerNorms too, and at a scale at which the blocks bend what they
    read and the answer stands out: with the initial weights of training almost everything is linear.
    """
    torch = pytest.importorskip("torch")
    from transformers import (
        BertConfig,
        BertForQuestionAnswering,
        BertForSequenceClassification,
        BertTokenizerFast,
    )

    torch.set_num_threads(1)  # for sizes like these a second thread only waits, and gets in the runtime's way
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = [*string.ascii_lowercase, *string.digits]
    pieces = [*special, *WORDS.split(), *letters, *(f"##{letter}" for letter in letters), *string.punctuation]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    cache = tmp_path_factory.mktemp("exports")
    made: dict[tuple[Any, ...], Reader] = {}

    def draw(module: Any) -> None:
        for name, parameter in module.named_parameters():
            if "LayerNorm" in name:
                parameter.normal_(1.0 if name.endswith("weight") else 0.0, 0.2)
            elif name.endswith("bias"):
                parameter.normal_(0.0, 0.1)
            elif "embeddings" in name:
                parameter.normal_(0.0, 1.0)
            else:
                wide = "qa_outputs" in name or name.startswith("classifier")
                parameter.normal_(0.0, (2.0 if wide else 1.2) / parameter.shape[1] ** 0.5)

    def make(
        layers: int = 2,
        hidden: int = 24,
        heads: int = 3,
        intermediate: int = 40,
        activation: str = "gelu",
        positions: int = 384,
        seed: int = 0,
        classes: int = 0,
    ) -> Reader:
        key = (layers, hidden, heads, intermediate, activation, positions, seed, classes)
        if key not in made:
            config = BertConfig(
                vocab_size=len(vocabulary),
                num_hidden_layers=layers,
                hidden_size=hidden,
                num_attention_heads=heads,
                intermediate_size=intermediate,
                hidden_act=activation,
                max_position_embeddings=positions,
                num_labels=classes or 2,
            )
            kind = BertForSequenceClassification if classes else BertForQuestionAnswering
            with torch.random.fork_rng(devices=[]), torch.no_grad():
                torch.manual_seed(seed)
                module = kind(config).eval()
                draw(module)
            folder = tmp_path_factory.mktemp("reader")
            module.save_pretrained(folder)
            BertTokenizerFast(vocab=dict(vocabulary), do_lower_case=True).save_pretrained(folder)
            made[key] = Reader(folder, cache, classes)
        return made[key]

    return make


@pytest.fixture(scope="session")
def mixed_texts() -> list[bf.TextExample]:
    """Texts of the random models' vocabulary, alone and in pairs, of 6 to 24 tokens."""
    return [
        bf.TextExample("ada wrote it in 1843 in paris.", label=1, id="middle"),
        bf.TextExample("who wrote it?", label=0, id="short"),
        bf.TextExample(
            "ships sailed from the port in the year", "when and how many ships left paris?", 2, "pair"
        ),
        bf.TextExample("the year ada left paris, the ships sailed from port", label=1, id="long"),
    ]


@pytest.fixture(scope="session")
def mixed_examples() -> list[bf.QAExample]:
    """Questions of the random readers' vocabulary, of 17 to 44 tokens, in no order of length."""
    return [
        bf.QAExample("who wrote it?", "it was written by ada in 1843 in paris.", "middle", ("ada",)),
        bf.QAExample("who?", "ada wrote it in the year.", "short", ("ada",)),
        bf.QAExample(
            "when and how many ships sailed from the port?",
            "ships sailed from paris in the year 1843; how many left was written by ada in paris, when?",
            "long",
            (bf.Answer("1843", 36),),
        ),
        bf.QAExample("where was ada?", "the year ada left paris the ships sailed.", "other", ("paris",)),
    ]


@dataclass(frozen=True)
class FamilyModel:
    """A random model: its folder, and when asked for, in float64 and open in the engine."""

    folder: Path
    cache: Path
    task: str

    @cached_property
    def exact(self) -> Any:
        """The same in float64."""
        from bertqa_fast.graphs.reference import Float64Classifier, Float64Reader

        reads = self.task == "question-answering"
        return (Float64Reader if reads else Float64Classifier)(self.folder)

    @cached_property
    def model(self) -> bf.Model:
        """The model in the engine."""
        return bf.load(self.folder, cache_dir=self.cache)


@pytest.fixture(scope="session")
def random_family(root: Path) -> ModuleType:
    """Import ``benchmarks/random_family.py``."""
    spec = importlib.util.spec_from_file_location("random_family", root / "benchmarks" / "random_family.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def family_model(
    random_family: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., FamilyModel]:
    """Make random models: ``family_model("roberta", "question-answering", **options)``."""
    pytest.importorskip("torch").set_num_threads(1)
    cache = tmp_path_factory.mktemp("exports")
    made: dict[Any, FamilyModel] = {}

    def make(family: str, task: str, **options: Any) -> FamilyModel:
        key = (family, task, *sorted(options.items()))
        if key not in made:
            folder = tmp_path_factory.mktemp(family)
            random_family.write_model(folder, family, task, **options)
            made[key] = FamilyModel(folder, cache, task)
        return made[key]

    return make
