"""XLM-RoBERTa (Conneau et al. 2020): RoBERTa with another vocabulary."""

from __future__ import annotations

from bertqa_fast.families.base import Family, both_heads
from bertqa_fast.families.roberta import ROBERTA_LAYOUT, check_padding, roberta_spec

XLM_ROBERTA = Family(
    model_type="xlm-roberta",
    architectures=both_heads("XLMRoberta"),
    spec=roberta_spec,
    weights=ROBERTA_LAYOUT.weights,
    check_tokenizer=check_padding,
)
