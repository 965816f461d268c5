"""BERT (Devlin et al. 2019)."""

from __future__ import annotations

from bertqa_fast.families.base import Family, both_heads
from bertqa_fast.families.layout import Layout
from bertqa_fast.families.options import encoder_spec

BERT = Family(
    model_type="bert",
    architectures=both_heads("Bert"),
    spec=encoder_spec,
    weights=Layout(base="bert", pooler="bert.pooler.dense", classifier="classifier").weights,
)
