"""How far is every model family from float64, by every method?

    python benchmarks/families.py
    python benchmarks/families.py --families roberta albert

Random models of every family at odd sizes (`random_family.py`), with a head for answers and one for classes,
their blocks bent by weights of some size: each is written as transformers does, exported, and compared with
the module in float64. The largest relative difference (Frobenius) of

- hidden states of every layer, and logits;
- integrated gradients at every layer, over the same nodes, cut by cut and in one pass for all layers;
- sensitivity, input times gradient, and the gradient of one-hot tokens;
- relevance at every layer, beside the slow implementation that tests have, as a share of the largest |R|; of
  the rule `wu_ong`, whose divisions magnify rounding, it is only checked that it is no more than that;
- logits with attention zones masked, of every zone at every layer.

Asserts that all are under 1e-5 (relevance: 5e-5).
"""

from __future__ import annotations

import importlib
import sys
import tempfile
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from machine import describe_machine
from measure import finish, note, options_parser
from random_family import FAMILIES, HEADS, write_model

import bertqa_fast as bf
from bertqa_fast import _core
from bertqa_fast.attribution.relevance import RULES
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.families import family_of
from bertqa_fast.graphs.reference import (
    Float64Classifier,
    Float64Model,
    Float64Reader,
    class_target_of,
    relative_difference,
    target_of,
)
from bertqa_fast.zones.cells import ZONES, masked_cells
from bertqa_fast.zones.decode import masked_class_logits, masked_logits
from bertqa_fast.zones.request import Masking

READS = "question-answering"
RULE = ("gausslegendre", 4)
ROUNDING = 2.0**-22
LIMITS = {
    "states_and_logits": 1e-5,
    "integrated_gradients": 1e-5,
    "plain_gradients": 1e-5,
    "relevance": 5e-5,
    "zones": 1e-5,
}
TOKENIZERS = {
    "bert": "WordPiece",
    "roberta": "byte-level BPE",
    "xlm-roberta": "SentencePiece",
    "camembert": "SentencePiece",
    "distilbert": "WordPiece",
    "electra": "WordPiece",
    "albert": "SentencePiece",
}
"""What the published models of a family cut texts with."""
EXAMPLES: dict[str, list[Any]] = {
    READS: [
        bf.QAExample("who wrote it?", "it was written by ada in 1843 in paris."),
        bf.QAExample("when?", "ships sailed from the port in the year."),
    ],
    "text-classification": [
        bf.TextExample("ships sailed from the port in the year", "when and how many?"),
        bf.TextExample("ada wrote it in 1843 in paris."),
    ],
}


class Case:
    """One model, open in the engine and in float64, and what is explained of it."""

    def __init__(self, folder: Path, family: str, task: str) -> None:
        source = write_model(folder / "model", family, task)
        self.model = bf.load(bf.export(source, folder / "export"))
        self.reads = task == READS
        self.exact: Float64Model = (Float64Reader if self.reads else Float64Classifier)(source)
        self.examples = EXAMPLES[task]
        make: Any = make_windows if self.reads else make_text_windows
        self.windows: list[Window] = make(self.model.window_tokenizer, self.examples)
        self.options: dict[str, Any] = {"span": (5, 6)} if self.reads else {"label": 1}
        self.target = target_of("probability", (5, 6)) if self.reads else class_target_of("probability", 1)

    def states(self, window: Window) -> list[Any]:
        """Return the hidden states ``[1, T, H]`` of every layer, the embeddings first."""
        return self.exact.hidden_states(window.input_ids[None], window.token_type_ids[None])

    def states_and_logits(self) -> Iterator[float]:
        """Compare with what the blocks of PyTorch give one after the other."""
        ours: Any = self.model.logits if self.reads else self.model.class_logits
        found = zip(self.windows, self.model.hidden_states(self.windows), ours(self.windows), strict=True)
        for window, states, logits in found:
            wanted = self.states(window)
            yield from map(relative_difference, states, (state[0] for state in wanted))
            rows = logits if self.reads else [logits]
            for mine, theirs in zip(rows, self.exact.logits(wanted[-1]), strict=True):
                yield relative_difference(mine, theirs[0])

    def integrated_gradients(self) -> Iterator[float]:
        """Compare the vectors with autograd over the same nodes."""
        nodes, weights = _core.quadrature_rule(*RULE)
        settings: dict[str, Any] = {"method": RULE[0], "n_steps": RULE[1], "keep_values": True}
        for traversal in ("cuts", "all_layers"):
            results = bf.integrated_gradients(
                self.model,
                self.examples,
                layer="all",
                traversal=traversal,
                internal_batch_size=64,
                show_progress=False,
                **settings,
                **self.options,
            )
            for window, result in zip(self.windows, results, strict=True):
                for layer, hidden in enumerate(self.states(window), start=-1):
                    origin = torch.zeros_like(hidden[0])
                    wanted = self.exact.integrated_gradients(
                        layer, hidden[0], origin, nodes, weights, self.target
                    )
                    yield relative_difference(result[layer].values, wanted)

    def plain_gradients(self) -> Iterator[float]:
        """Compare the scores with those of autograd."""
        for kind in ("sensitivity", "input_x_gradient", "one_hot"):
            results = bf.gradients(self.model, self.examples, kind, target="probability", **self.options)
            for window, result in zip(self.windows, results, strict=True):
                exact = self.exact.word_gradients(window.input_ids, window.token_type_ids, self.target)
                vectors = {
                    "sensitivity": exact.of_embedded,
                    "input_x_gradient": exact.of_embedded * exact.embedded,
                    "one_hot": exact.of_hot,
                }[kind]
                yield relative_difference(result.scores, np.linalg.norm(vectors, axis=-1))

    def relevance(self) -> Iterator[float]:
        """Compare the relevance of every layer with the slow implementation's."""
        slow = slow_relevance()(self.exact.module)
        window, example = self.windows[-1], self.examples[-1]
        pinned = (5, 6) if self.reads else (1,)
        for rule in RULES:
            found = slow(rule, window.input_ids, window.token_type_ids, pinned, (1.0, 0.0, 0.0))
            results = bf.relevance(self.model, example, rule, layer="all", keep_values=True, **self.options)
            for layer, got in results.items():
                wanted = found.layers[layer].numpy()
                difference = float(np.abs(got.values - wanted).max() / np.abs(wanted).max())
                if rule != "wu_ong":
                    yield difference
                else:  # which divides by sums that cancel, and so knows them to their rounding only
                    assert difference < max(LIMITS["relevance"], ROUNDING / found.narrowest), difference

    def zones(self) -> Iterator[float]:
        """Compare logits under masks."""
        maskings = [
            Masking.of(self.model, zone, layer) for layer in range(self.model.num_layers) for zone in ZONES
        ]
        [window] = self.windows[:1]
        spans = masked_logits(self.model, [window], maskings) if self.reads else None
        classes = None if self.reads else masked_class_logits(self.model, [window], maskings)
        embedded = self.states(window)[0]
        for number, masking in enumerate(maskings, start=1):
            lost = masked_cells(window, masking.zones, special=masking.special, all_mode=masking.all_mode)
            bias = torch.zeros(1, self.model.num_heads, *lost.shape, dtype=torch.float64)
            bias[:, :, torch.from_numpy(lost)] = -1e300
            hidden = embedded
            for layer, block in enumerate(self.exact.blocks):
                hidden = block(hidden, bias if layer in masking.layers else None)
            ours: Any = spans.of(number, slice(0, 1))[0] if classes is None else classes[number]
            for mine, theirs in zip(ours, self.exact.logits(hidden), strict=True):
                yield relative_difference(mine, theirs[0])


def slow_relevance() -> Any:
    """Import the implementation that tests compare graphs of relevance with."""
    name = "slow_relevance"
    if name not in sys.modules:
        package = sys.modules[name] = types.ModuleType(name)
        package.__path__ = [str(Path(__file__).resolve().parents[1] / "tests" / "graphs" / "relevance")]
    return importlib.import_module(f"{name}.slow").SlowRelevance


def compare(family: str) -> dict[str, Any]:
    """Return a family's row: its names, and the largest difference of each kind over both heads."""
    worst: dict[str, float] = {}
    for task in HEADS:
        note(f"{family}: {task}")
        with tempfile.TemporaryDirectory() as folder:
            case = Case(Path(folder), family, task)
            for kind, limit in LIMITS.items():
                largest = max(getattr(case, kind)(), default=0.0)
                assert largest < limit, f"{family}, {task}, {kind}: {largest}"
                worst[kind] = max(worst.get(kind, 0.0), largest)
            case.model.close()
    return {
        "family": family,
        "architectures": list(family_of(family).architectures),
        "tokenizer": TOKENIZERS[family],
        **worst,
    }


def main() -> None:
    parser = options_parser(__doc__)
    parser.add_argument("--families", nargs="+", choices=sorted(FAMILIES), default=list(FAMILIES))
    options = parser.parse_args()
    torch.set_num_threads(1)
    finish(
        {
            "question": "largest relative differences from float64, random models of every family",
            "rows": [compare(family) for family in options.families],
            "limits": LIMITS,
            "machine": describe_machine("bertqa_fast", "onnxruntime", "torch", "transformers", "numpy"),
        },
        options,
    )


if __name__ == "__main__":
    main()
