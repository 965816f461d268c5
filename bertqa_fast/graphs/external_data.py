"""Where an ONNX file says that its weights lie: beside it, in the export's weight file, and nowhere else.

A graph may name any file as the place of a tensor, and runtimes differ in what they refuse; so it is looked
at here, without onnx, whose import alone takes longer than this does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bertqa_fast.checkpoints.protobuf import fields
from bertqa_fast.graphs.spec import WEIGHT_FILE

# A key of eight characters, as protocol buffers write it: its length stands before it, 8 or (longer than need
# be) a number that ends in a byte of 0. A message without it names no place.
_KEY = re.compile(rb"[\x00\x08]location")
# Of ONNX's messages, the fields that lead to tensors: message → number of the field → message in it.
_TENSOR_PATHS = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
}
_DEEPEST = 100  # what parsers of protocol buffers allow


def check_external_data(graph: bytes) -> None:
    """Refuse a graph with a tensor that lies elsewhere than in the weight file.

    Parameters
    ----------
    graph : bytes
        An ONNX file.

    Raises
    ------
    ValueError
        It names another place, or speaks of places and is no ONNX file.
    """
    if not _KEY.search(graph):
        return
    for entry in _entries(graph, "model", 0):
        # A field that comes twice has its last value.
        said = dict(fields(entry))
        if said.get(1) == b"location" and said.get(2) != WEIGHT_FILE.encode():
            raise ValueError(f"a tensor lies elsewhere than in {WEIGHT_FILE}: {said.get(2, b'')!r}")


def _entries(data: bytes, kind: str, depth: int) -> Iterator[bytes]:
    """Yield the entries of `external_data` of every tensor within a message that may name a place."""
    if kind == "entry":
        yield data
        return
    if depth > _DEEPEST:
        raise ValueError(f"messages within each other, more than {_DEEPEST} deep")
    inner = _TENSOR_PATHS[kind]
    for number, value in fields(data):
        if number in inner and isinstance(value, bytes) and _KEY.search(value):
            yield from _entries(value, inner[number], depth + 1)
