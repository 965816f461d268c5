"""CamemBERT (Martin et al. 2020): RoBERTa with another vocabulary."""

from __future__ import annotations

from bertqa_fast.families.base import Family, both_heads
from bertqa_fast.families.roberta import ROBERTA_LAYOUT, check_padding, roberta_spec

CAMEMBERT = Family(
    model_type="camembert",
    architectures=both_heads("Camembert"),
    spec=roberta_spec,
    weights=ROBERTA_LAYOUT.weights,
    check_tokenizer=check_padding,
)
