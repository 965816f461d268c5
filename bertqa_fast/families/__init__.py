"""Model families: one file each says how its configuration and weights map onto the encoder block."""

from __future__ import annotations

from bertqa_fast.families.albert import ALBERT
from bertqa_fast.families.base import Checkpoint, Family
from bertqa_fast.families.bert import BERT
from bertqa_fast.families.camembert import CAMEMBERT
from bertqa_fast.families.distilbert import DISTILBERT
from bertqa_fast.families.electra import ELECTRA
from bertqa_fast.families.roberta import ROBERTA
from bertqa_fast.families.xlm_roberta import XLM_ROBERTA

FAMILIES: dict[str, Family] = {
    family.model_type: family
    for family in (BERT, ROBERTA, XLM_ROBERTA, CAMEMBERT, DISTILBERT, ELECTRA, ALBERT)
}


def family_of(model_type: str) -> Family:
    """Look a family up by ``config.model_type``.

    Raises
    ------
    ValueError
        For a model of another architecture.
    """
    if model_type not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise ValueError(f"source: got a model of type {model_type!r}, wanted one of: {known}")
    return FAMILIES[model_type]


__all__ = ["FAMILIES", "Checkpoint", "Family", "family_of"]
