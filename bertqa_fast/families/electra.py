"""ELECTRA (Clark et al. 2020): BERT with narrower embeddings, and a classifier that pools with GELU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bertqa_fast.families.base import Family, both_heads
from bertqa_fast.families.layout import Layout
from bertqa_fast.families.options import encoder_spec
from bertqa_fast.graphs.spec import EncoderSpec


def _spec(config: Mapping[str, Any]) -> EncoderSpec:
    return encoder_spec(config, embedding_size=config.get("embedding_size", 128), pooled_activation="gelu")


ELECTRA = Family(
    model_type="electra",
    architectures=both_heads("Electra"),
    spec=_spec,
    weights=Layout(
        base="electra",
        pooler="classifier.dense",
        classifier="classifier.out_proj",
        projection="embeddings_project",  # only where the two sizes differ
    ).weights,
)
