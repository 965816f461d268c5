"""Attributions as data frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from bertqa_fast.attribution.results import Attribution


def token_frame(attributions: Sequence[Attribution]) -> Any:
    """Return a ``pandas.DataFrame`` with a row for each layer and token.

    Columns: ``layer`` (-1 is the embeddings, l the output of encoder block l), ``index``, ``token``,
    ``segment``, ``word_id``, ``start_char``, ``end_char``, ``score``, ``signed``, ``share`` (of the layer's
    total), ``in_span``.

    Raises
    ------
    ImportError
        pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise ImportError("to_pandas() needs pandas: pip install pandas") from error
    frames = []
    for item in attributions:
        index = np.arange(len(item.tokens))
        start, end = item.span if item.span is not None else (len(index), -1)
        frames.append(
            pandas.DataFrame(
                {
                    "layer": item.layer,
                    "index": index,
                    "token": item.tokens,
                    "segment": item.segment,
                    "word_id": item.word_ids,
                    "start_char": item.offsets[:, 0],
                    "end_char": item.offsets[:, 1],
                    "score": item.scores,
                    "signed": item.signed,
                    "share": item.distribution(),
                    "in_span": (index >= start) & (index <= end),
                }
            )
        )
    return pandas.concat(frames, ignore_index=True)
