"""Results of an attribution: the public names of this folder's result classes."""

from bertqa_fast.attribution.layer_results import LayerAttributions
from bertqa_fast.attribution.naming import EMBEDDINGS, LAYER_NUMBERING, layer_name
from bertqa_fast.attribution.result import Attribution
from bertqa_fast.attribution.words import Token, Word

__all__ = ["EMBEDDINGS", "LAYER_NUMBERING", "Attribution", "LayerAttributions", "Token", "Word", "layer_name"]
