"""From the names of a family's checkpoints to the canonical weights, those that graphs know."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bertqa_fast.families.base import Array, Checkpoint
from bertqa_fast.families.options import Config
from bertqa_fast.graphs.spec import EncoderSpec

Weights = Iterator[tuple[str, Array]]


@dataclass(frozen=True)
class BlockNames:
    """What a block's layers are called: linear layers, and the two LayerNorms.

    ``intermediate`` is the first linear layer of the feed-forward part, ``output`` the second.
    """

    query: str = "attention.self.query"
    key: str = "attention.self.key"
    value: str = "attention.self.value"
    attention_output: str = "attention.output.dense"
    attention_norm: str = "attention.output.LayerNorm"
    intermediate: str = "intermediate.dense"
    output: str = "output.dense"
    output_norm: str = "output.LayerNorm"


@dataclass(frozen=True)
class Layout:
    """What the checkpoints of a family call their weights.

    Attributes
    ----------
    base : str
        The encoder's own name, which the others begin with; a checkpoint of the encoder alone has it not.
    pooler, classifier : str
        The two linear layers of a classification head, in full.
    block : str
        A stored block, by its number, within the encoder.
    names : BlockNames
        The layers of a block.
    projection : str or None
        The linear layer from the embeddings' width to H, within the encoder, where there is one.
    span_head : str
        The linear layer of a reader's head, in full.
    token_types : bool
        Whether the encoder has a table of token types.
    """

    base: str
    pooler: str
    classifier: str
    block: str = "encoder.layer.{}"
    names: BlockNames = BlockNames()
    projection: str | None = None
    span_head: str = "qa_outputs"
    token_types: bool = True

    def weights(self, config: Config, spec: EncoderSpec, task: str, checkpoint: Checkpoint) -> Weights:
        """Yield the canonical weights by name, one at a time.

        Raises
        ------
        ValueError
            For a tensor that is not there or has another shape than the configuration says, or a head of
            fewer than two classes.
        """
        has_base = f"{self.base}.embeddings.word_embeddings.weight" in checkpoint
        reader = _Reader(checkpoint, f"{self.base}." if has_base else "")
        yield from self._embeddings(config, spec, reader)
        for number in range(max(spec.stored_blocks) + 1):
            yield from self._block(spec, reader, number)
        if task == "question-answering":
            yield from reader.linear("qa", self.span_head, 2, spec.hidden_size)
        else:
            yield from self._class_head(spec, reader)

    def _embeddings(self, config: Config, spec: EncoderSpec, reader: _Reader) -> Weights:
        E, tables = spec.embedding_size, f"{reader.prefix}embeddings"
        yield "embeddings.word", reader.get(f"{tables}.word_embeddings.weight", spec.vocab_size, E)
        rows = config["max_position_embeddings"]
        positions = reader.get(f"{tables}.position_embeddings.weight", rows, E)
        # Rows before the first token's are for padding alone, which windows do not have inside.
        yield "embeddings.position", positions[rows - spec.max_positions :]
        types = np.zeros((1, E), dtype=np.float32)
        if self.token_types:
            types = reader.get(f"{tables}.token_type_embeddings.weight", config.get("type_vocab_size", 2), E)
        # Where a model has one type or none, both texts of a pair have it.
        yield "embeddings.token_type", np.resize(types, (spec.type_vocab_size, E))
        yield from reader.norm("embeddings.norm", f"{tables}.LayerNorm", E)
        if self.projection is not None and f"{reader.prefix}{self.projection}.weight" in reader.checkpoint:
            name = f"{reader.prefix}{self.projection}"
            yield from reader.linear("embeddings.projection", name, spec.hidden_size, E)
        elif spec.hidden_size != E:
            raise ValueError(
                f"source: embeddings have {E} numbers and blocks {spec.hidden_size}, wanted a projection "
                f"between them in the checkpoint: {self.projection}"
            )

    def _block(self, spec: EncoderSpec, reader: _Reader, number: int) -> Weights:
        H, names = spec.hidden_size, self.names
        source, target = f"{reader.prefix}{self.block.format(number)}", f"layer.{number}"
        scale = np.float32(1 / math.sqrt(spec.head_size))
        for kind, shape in (("weight", (H, H)), ("bias", (H,))):
            query, key, value = (
                reader.get(f"{source}.{name}.{kind}", *shape)
                for name in (names.query, names.key, names.value)
            )
            yield f"{target}.qkv.{kind}", np.concatenate([query * scale, key, value])
        for name, theirs, outputs, inputs in (
            ("attention_output", names.attention_output, H, H),
            ("intermediate", names.intermediate, spec.intermediate_size, H),
            ("output", names.output, H, spec.intermediate_size),
        ):
            yield from reader.linear(f"{target}.{name}", f"{source}.{theirs}", outputs, inputs)
        yield from reader.norm(f"{target}.attention_norm", f"{source}.{names.attention_norm}", H)
        yield from reader.norm(f"{target}.output_norm", f"{source}.{names.output_norm}", H)

    def _class_head(self, spec: EncoderSpec, reader: _Reader) -> Weights:
        H = spec.hidden_size
        yield from reader.linear("pooler", self.pooler, H, H)
        classes = reader.checkpoint[f"{self.classifier}.bias"].size
        if classes < 2:
            raise ValueError(
                f"source: got a head of {classes} output, wanted a classifier of two or more classes"
            )
        yield from reader.linear("classifier", self.classifier, classes, H)


@dataclass(frozen=True)
class _Reader:
    """A checkpoint whose encoder's names begin with ``prefix``, read with a look at every shape."""

    checkpoint: Checkpoint
    prefix: str

    def get(self, name: str, *shape: int) -> Array:
        array = self.checkpoint[name]
        if array.shape != shape:
            raise ValueError(
                f"source: {name!r} has the shape {list(array.shape)}, wanted {list(shape)} as the "
                "configuration says"
            )
        return array

    def linear(self, name: str, theirs: str, outputs: int, inputs: int) -> Weights:
        yield f"{name}.weight", self.get(f"{theirs}.weight", outputs, inputs)
        yield f"{name}.bias", self.get(f"{theirs}.bias", outputs)

    def norm(self, name: str, theirs: str, size: int) -> Weights:
        # Checkpoints converted from TensorFlow call them gamma and beta.
        kinds = ("weight", "bias") if f"{theirs}.weight" in self.checkpoint else ("gamma", "beta")
        yield f"{name}.weight", self.get(f"{theirs}.{kinds[0]}", size)
        yield f"{name}.bias", self.get(f"{theirs}.{kinds[1]}", size)
