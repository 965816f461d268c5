"""What google-research/bert calls the variables of a BERT, and what PyTorch calls them.

Kernels of TensorFlow are ``[inputs, outputs]``, weights of PyTorch ``[outputs, inputs]``. Weights of heads
are ``[outputs, inputs]`` in both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bertqa_fast.graphs.spec import EncoderSpec

READER, CLASSIFIER, ENCODER = "question-answering", "text-classification", "encoder"
ARCHITECTURES = {
    READER: "BertForQuestionAnswering",
    CLASSIFIER: "BertForSequenceClassification",
    ENCODER: "BertModel",
}
POOLER = "bert/pooler/dense/kernel"
CLASSES = "output_weights"
# A head's variables: the one that tells it, and what PyTorch calls it.
_HEADS = {READER: ("cls/squad/output", "qa_outputs"), CLASSIFIER: ("output", "classifier")}
_SLOTS = ("/adam_m", "/adam_v", "/Adam", "/Adam_1", "/lamb_m", "/lamb_v")


@dataclass(frozen=True)
class Variable:
    """One variable that is read.

    Attributes
    ----------
    name : str
        TensorFlow's name.
    shape : tuple of int
        TensorFlow's sizes.
    parameter : str
        PyTorch's name.
    is_kernel : bool
        Whether it is transposed in PyTorch.
    """

    name: str
    shape: tuple[int, ...]
    parameter: str
    is_kernel: bool = False

    @property
    def parameter_shape(self) -> tuple[int, ...]:
        """PyTorch's sizes."""
        return self.shape[::-1] if self.is_kernel else self.shape


def find_task(names: Collection[str]) -> str:
    """Return which head a checkpoint has, by the names of its variables; ``"encoder"`` for none."""
    return next((task for task, (head, _) in _HEADS.items() if f"{head}_weights" in names), ENCODER)


def variables(
    spec: EncoderSpec, task: str, *, token_types: int, classes: int = 2, pooler: bool = False
) -> Iterator[Variable]:
    """Yield the variables that a model is made of.

    Parameters
    ----------
    spec : EncoderSpec
        Sizes of the encoder.
    task : str
        ``"question-answering"``, ``"text-classification"`` or ``"encoder"``.
    token_types : int
        Rows of the table of token types; the graphs' may have more.
    classes : int
        Outputs of the head.
    pooler : bool
        Whether the pooler is read, which a classifier and an encoder have and a reader does not use.
    """
    H, wide = spec.hidden_size, spec.intermediate_size
    prefix = "" if task == ENCODER else "bert."

    def dense(name: str, inputs: int, outputs: int) -> Iterator[Variable]:
        parameter = prefix + _dotted(name)
        yield Variable(f"bert/{name}/kernel", (inputs, outputs), f"{parameter}.weight", is_kernel=True)
        yield Variable(f"bert/{name}/bias", (outputs,), f"{parameter}.bias")

    def norm(name: str) -> Iterator[Variable]:
        parameter = prefix + _dotted(name)
        yield Variable(f"bert/{name}/gamma", (H,), f"{parameter}.weight")
        yield Variable(f"bert/{name}/beta", (H,), f"{parameter}.bias")

    for kind, rows in (
        ("word", spec.vocab_size),
        ("position", spec.max_positions),
        ("token_type", token_types),
    ):
        name = f"embeddings/{kind}_embeddings"
        yield Variable(f"bert/{name}", (rows, H), f"{prefix}{_dotted(name)}.weight")
    yield from norm("embeddings/LayerNorm")
    for layer in range(spec.num_layers):
        block = f"encoder/layer_{layer}"
        for name in ("query", "key", "value"):
            yield from dense(f"{block}/attention/self/{name}", H, H)
        yield from dense(f"{block}/attention/output/dense", H, H)
        yield from norm(f"{block}/attention/output/LayerNorm")
        yield from dense(f"{block}/intermediate/dense", H, wide)
        yield from dense(f"{block}/output/dense", wide, H)
        yield from norm(f"{block}/output/LayerNorm")
    if pooler:
        yield from dense("pooler/dense", H, H)
    if task in _HEADS:
        head, parameter = _HEADS[task]
        yield Variable(f"{head}_weights", (classes, H), f"{parameter}.weight")
        yield Variable(f"{head}_bias", (classes,), f"{parameter}.bias")


def is_of_training(name: str) -> bool:
    """Whether a variable is the optimizer's, or counts its steps."""
    return name == "global_step" or name.endswith(_SLOTS)


def _dotted(name: str) -> str:
    return name.replace("layer_", "layer.").replace("/", ".")
