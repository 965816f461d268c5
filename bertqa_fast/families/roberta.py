"""RoBERTa (Liu et al. 2019): BERT's encoder, a head of two layers, and positions that begin behind padding's.

The position of the first token is ``pad_token_id + 1``. transformers counts tokens that are not padding, and
windows have no padding inside: the rows of the table from that one on, in order, are the same. (A token of
the number of padding within a text, as a baseline has, keeps the position of its place here; there it has
none.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bertqa_fast.families.base import Family, both_heads
from bertqa_fast.families.layout import Layout
from bertqa_fast.families.options import encoder_spec
from bertqa_fast.graphs.spec import EncoderSpec


def roberta_spec(config: Mapping[str, Any]) -> EncoderSpec:
    """Return the spec of a model whose positions begin behind that of padding.

    Raises
    ------
    ValueError
        For options that it does not cover, or no position left for a token.
    """
    padding = config.get("pad_token_id", 1)
    rows = config.get("max_position_embeddings")
    if isinstance(padding, bool) or not isinstance(padding, int) or padding < 0:
        raise ValueError(f"source: got pad_token_id={padding!r}, wanted a token's number")
    if isinstance(rows, int) and rows < padding + 2:
        raise ValueError(
            f"source: got max_position_embeddings={rows}, wanted more than pad_token_id + 1 = {padding + 1}"
        )
    if not isinstance(rows, int):
        return encoder_spec(config)  # which says what is wrong
    return encoder_spec(config, max_positions=rows - padding - 1)


def check_padding(config: Mapping[str, Any], tokenizer: Any) -> None:
    """Refuse a tokenizer that pads with another token than the positions are counted by.

    The configuration's would then be a token of texts, which transformers gives the position of padding, and
    the tokens behind it the position before their own.

    Raises
    ------
    ValueError
        With both numbers.
    """
    counted, padding = config.get("pad_token_id", 1), tokenizer.pad_token_id
    if padding is not None and padding != counted:
        raise ValueError(
            f"source: got pad_token_id={counted} in the configuration, by which positions are counted, and "
            f"{tokenizer.pad_token!r}, number {padding}, in the tokenizer; wanted one number in both"
        )


ROBERTA_LAYOUT = Layout(base="roberta", pooler="classifier.dense", classifier="classifier.out_proj")

ROBERTA = Family(
    model_type="roberta",
    architectures=both_heads("Roberta"),
    spec=roberta_spec,
    weights=ROBERTA_LAYOUT.weights,
    check_tokenizer=check_padding,
)
