"""Write the TensorFlow checkpoints of this folder: ``python make_bundles.py``.

Needs TensorFlow, in an environment of its own (``pip install tensorflow-cpu``; written with 2.21.0 on Python
3.11, numpy 2.4.6). Every number follows from the variable's name, by the rule of ``value``, which the tests
work out again. ``pretraining`` is as pre-training leaves it, with heads and slots of Adam; ``squad`` as a
fine-tuned reader, in two data files; ``sentences`` as a classifier of three classes; ``types`` has variables
of other types and one that is partitioned.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
import tensorflow as tf

HERE = Path(__file__).resolve().parent
H, LAYERS, INTERMEDIATE, POSITIONS, TYPES = 8, 2, 12, 32, 2
PIECES = """[PAD] [UNK] [CLS] [SEP] [MASK]
who wrote it the was written by ada in paris ships ##ed s ##s . ? , a b c d e"""
VOCABULARY = PIECES.split()
V = len(VOCABULARY)


def value(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return a variable's numbers: drawn with the CRC-32 of its name as the seed."""
    draw = np.random.RandomState(zlib.crc32(name.encode()))
    return (0.5 * draw.standard_normal(shape)).astype(np.float32)


def encoder() -> dict[str, tuple[int, ...]]:
    """Return the variables of an encoder and their shapes, as google-research/bert names them."""
    shapes: dict[str, tuple[int, ...]] = {
        "bert/embeddings/word_embeddings": (V, H),
        "bert/embeddings/token_type_embeddings": (TYPES, H),
        "bert/embeddings/position_embeddings": (POSITIONS, H),
        "bert/embeddings/LayerNorm/beta": (H,),
        "bert/embeddings/LayerNorm/gamma": (H,),
        "bert/pooler/dense/kernel": (H, H),
        "bert/pooler/dense/bias": (H,),
    }
    for layer in range(LAYERS):
        block = f"bert/encoder/layer_{layer}"
        for dense, (inputs, outputs) in {
            "attention/self/query": (H, H),
            "attention/self/key": (H, H),
            "attention/self/value": (H, H),
            "attention/output/dense": (H, H),
            "intermediate/dense": (H, INTERMEDIATE),
            "output/dense": (INTERMEDIATE, H),
        }.items():
            shapes[f"{block}/{dense}/kernel"] = (inputs, outputs)
            shapes[f"{block}/{dense}/bias"] = (outputs,)
        for norm in ("attention/output/LayerNorm", "output/LayerNorm"):
            shapes[f"{block}/{norm}/gamma"] = (H,)
            shapes[f"{block}/{norm}/beta"] = (H,)
    return shapes


def save(name: str, shapes: dict[str, tuple[int, ...]], *, slots: bool, shards: int = 1) -> None:
    """Save float32 variables, dealt out to as many data files, and the step."""
    with tf.Graph().as_default():
        for number, (variable, shape) in enumerate(shapes.items()):
            with tf.device(f"/cpu:{number % shards}"):
                for slot in ("", "/adam_m", "/adam_v") if slots else ("",):
                    tf.compat.v1.get_variable(variable + slot, initializer=value(variable + slot, shape))
        with tf.device("/cpu:0"):
            tf.compat.v1.get_variable("global_step", initializer=np.int64(100))
        write(name, shards)


def write(name: str, shards: int = 1) -> None:
    """Save all variables of the graph."""
    devices = tf.compat.v1.ConfigProto(device_count={"CPU": shards})
    with tf.compat.v1.Session(config=devices) as session:
        session.run(tf.compat.v1.global_variables_initializer())
        saver = tf.compat.v1.train.Saver(sharded=shards > 1, write_version=2)
        saver.save(session, str(HERE / name), write_meta_graph=False, write_state=False)


def save_types() -> None:
    """Save variables of other types, and one in three parts."""
    with tf.Graph().as_default():
        numbers = value("numbers", (3, 5))
        for dtype in (tf.float16, tf.bfloat16, tf.float64, tf.int32, tf.int64):
            tf.compat.v1.get_variable(dtype.name, initializer=tf.cast(tf.constant(100 * numbers), dtype))
        tf.compat.v1.get_variable("scalar", initializer=np.float32(2.5))
        tf.compat.v1.get_variable("text", initializer=tf.constant(["a", "bc"]))
        tf.compat.v1.get_variable("empty", initializer=np.zeros((0, 4), np.float32))
        tf.compat.v1.get_variable(
            "parts",
            shape=(6, 4),
            initializer=tf.compat.v1.ones_initializer(),
            partitioner=tf.compat.v1.fixed_size_partitioner(3),
        )
        write("types.ckpt")


def main() -> None:
    """Write everything."""
    tf.compat.v1.disable_eager_execution()
    heads = {
        "cls/predictions/transform/dense/kernel": (H, H),
        "cls/predictions/output_bias": (V,),
        "cls/seq_relationship/output_weights": (2, H),
        "cls/seq_relationship/output_bias": (2,),
    }
    save("pretraining.ckpt", encoder() | heads, slots=True)
    span = {"cls/squad/output_weights": (2, H), "cls/squad/output_bias": (2,)}
    save("squad.ckpt", encoder() | span, slots=False, shards=2)
    save("sentences.ckpt", encoder() | {"output_weights": (3, H), "output_bias": (3,)}, slots=False)
    save_types()
    (HERE / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    config = {
        "attention_probs_dropout_prob": 0.1,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": H,
        "initializer_range": 0.02,
        "intermediate_size": INTERMEDIATE,
        "max_position_embeddings": POSITIONS,
        "num_attention_heads": 2,
        "num_hidden_layers": LAYERS,
        "type_vocab_size": TYPES,
        "vocab_size": V,
    }
    (HERE / "bert_config.json").write_text(json.dumps(config, indent=2) + "\n")


if __name__ == "__main__":
    main()
