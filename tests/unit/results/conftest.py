"""Attributions of a made-up window, small enough to reckon by hand, runs of them, and pages taken apart."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bertqa_fast.attribution import integrated_gradients as attribution_module
from bertqa_fast.attribution.results import Attribution, LayerAttributions
from bertqa_fast.data.examples import QAExample
from bertqa_fast.runs import attribute as attribute_module
from bertqa_fast.runs.attribute import attribute_dataset
from bertqa_fast.tasks.answers import NBest, Prediction

QUESTION = "Who sailed?"
CONTEXT = "Ada Winterbourne sailed."
TOKENS = ["[CLS]", "who", "sailed", "?", "[SEP]", "ada", "winter", "##bourne", "sailed", ".", "[SEP]"]
OFFSETS = [(0, 0), (0, 3), (4, 10), (10, 11), (0, 0), (0, 3), (4, 10), (10, 16), (17, 23), (23, 24), (0, 0)]
SEGMENT = [-1, 0, 0, 0, -1, 1, 1, 1, 1, 1, -1]
WORD_IDS = [-1, 0, 1, 2, -1, 0, 1, 1, 2, 3, -1]
SCORES = [0.5, 1, 2, 0.25, 0.5, 4, 3, 1, 2, 0.75, 1]
SIGNED = [0, 0.5, -1, 0.25, 0, 2, 1, -2, 0.5, 0, -0.25]
HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    '"><img src=x onerror=alert(3)>',
    "'onmouseover='alert(4)",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt;",
    "<!--",
    "\u2028]]>",
]


class Page(HTMLParser):
    """Collects the elements, their attributes, and the text of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.text += data

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


@pytest.fixture(scope="session")
def make_attribution() -> Callable[..., Attribution]:
    """Return a maker of attributions whose fields can be overridden by name."""

    def make(**changes: Any) -> Attribution:
        fields: dict[str, Any] = {
            "tokens": list(TOKENS),
            "offsets": np.array(OFFSETS, dtype=np.int32),
            "segment": np.array(SEGMENT, dtype=np.int8),
            "word_ids": np.array(WORD_IDS, dtype=np.int32),
            "scores": np.array(SCORES, dtype=np.float32),
            "signed": np.array(SIGNED, dtype=np.float32),
            "layer": 2,
            "target": "probability",
            "span": (5, 7),
            "value": 1.5,
            "baseline_value": 0.25,
            "delta": -0.25,
            "error": 0.03,
            "evaluations": 50.0,
            "converged": None,
            "question": QUESTION,
            "context": CONTEXT,
            "method": "gausslegendre",
            "n_steps": 50,
            "baseline": "zero",
            "id": "q1",
        }
        return Attribution(**(fields | changes))

    return make


@pytest.fixture(scope="session")
def make_layers(make_attribution: Callable[..., Attribution]) -> Callable[..., LayerAttributions]:
    """Return a maker of results over embeddings and a number of blocks, scores drawn from the seed."""

    def make(blocks: int = 3, seed: int = 0, **changes: Any) -> LayerAttributions:
        random = np.random.default_rng(seed)
        count = len(changes.get("tokens", TOKENS))
        return LayerAttributions(
            make_attribution(
                layer=layer,
                scores=random.gamma(0.5, size=count).astype(np.float32),
                signed=random.normal(size=count).astype(np.float32),
                **changes,
            )
            for layer in range(-1, blocks)
        )

    return make


MODEL: Any = SimpleNamespace(
    fingerprint="f" * 64,
    precision="fp32",
    source="a folder",
    task="question-answering",
    labels=(),
    require_task=lambda task: None,
    num_layers=2,
    hidden_size=4,
    device="cpu",
    window_tokenizer=None,
)


def examples(count: int) -> list[QAExample]:
    return [QAExample(f"Who sailed {n}?", "Ada sailed.", f"q{n}", ("Ada",)) for n in range(count)]


@pytest.fixture
def calls(
    make_layers: Callable[..., LayerAttributions], monkeypatch: pytest.MonkeyPatch
) -> list[list[str | None]]:
    """Put a stand-in in place of the computation; it notes the ids of each call."""
    made: list[list[str | None]] = []

    def fake_gradients(
        model: Any,
        examples: list[QAExample],
        layer: Any,
        *,
        target: str = "probability",
        baseline: Any = "zero",
        n_steps: int | None = None,
        keep_values: bool = False,
        show_progress: bool | None = None,
    ) -> list[LayerAttributions]:
        made.append([example.id for example in examples])
        return [
            make_layers(2, seed=int(example.question.split()[2][:-1]), id=example.id, span=(5, 7))
            for example in examples
        ]

    def fake_predict(
        model: Any,
        examples: list[QAExample],
        show_progress: bool | None = None,
        null_score_diff_threshold: float | None = None,
    ) -> list[Prediction]:
        entry = NBest("Ada", 0, 3, 5, 5, 0, 1.0, 2.0, 0.9)
        return [Prediction(example.id, "Ada", 0, 3, 5, 5, 3.0, 0.9, 0, [entry]) for example in examples]

    monkeypatch.setattr(attribution_module, "integrated_gradients", fake_gradients)
    monkeypatch.setattr(attribute_module, "predict", fake_predict)
    return made


@pytest.fixture
def run(calls: list[list[str | None]]) -> Callable[..., dict[str, Any]]:
    """Return a maker of runs over examples ``q0``, ``q1``, … without a model."""

    def make(
        folder: Path, count: int = 5, *, model: Any = MODEL, data: Any = None, **options: Any
    ) -> dict[str, Any]:
        given = {"embeddings": 0} | options
        return attribute_dataset(model, examples(count) if data is None else data, folder, **given)

    return make


@pytest.fixture
def stand_in_model() -> Any:
    """Return what stands for the model in these runs."""
    return MODEL


@pytest.fixture(scope="session")
def read_page() -> type[Page]:
    """Return the reader of pages."""
    return Page


@pytest.fixture(scope="session")
def hostile_parts() -> list[str]:
    """Return texts that try to break out of a page."""
    return list(HOSTILE)


@pytest.fixture(scope="session")
def hostile(make_layers: Callable[..., LayerAttributions]) -> LayerAttributions:
    """Attributions whose tokens, texts, id and label try to break out of the page."""
    text = " ".join(HOSTILE)
    ends = np.cumsum([len(part) + 1 for part in HOSTILE]) - 1
    offsets = [(end - len(part), end) for part, end in zip(HOSTILE, ends, strict=True)]
    count = len(HOSTILE)
    return make_layers(
        2,
        tokens=HOSTILE,
        offsets=offsets,
        segment=[0] * (count // 2) + [1] * (count - count // 2),
        word_ids=list(range(count)),
        span=(count - 2, count - 1),
        question=text,
        context=text,
        id=HOSTILE[0],
        target=HOSTILE[2],
        method=HOSTILE[1],
        baseline=HOSTILE[0],
    )
