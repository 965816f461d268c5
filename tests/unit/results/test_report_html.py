"""The HTML page and fragment: what they say, and that nothing in the data can break out of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertqa_fast.report.contents import Evaluation, Report, ReportExample
from bertqa_fast.report.html import render_report, write_report
from bertqa_fast.report.picture import numbering_picture

Make = Callable[..., Any]

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


@pytest.fixture
def hostile(make_layers: Make) -> Any:
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


def report(*examples: ReportExample, **changes: Any) -> Report:
    fields: dict[str, Any] = {
        "title": "A title",
        "facts": {"Model": {"source": "a folder"}},
        "examples": examples,
        "num_layers": 6,
    }
    return Report(**(fields | changes))


def test_page_says_what_it_is_given(make_layers: Make) -> None:
    stages = (Evaluation("before", {"EM": 1.25, "F1": 2.5}, 40), Evaluation("after", {"EM": 80.0}, 40))
    example = ReportExample(
        make_layers(3), gold=("Ada", "Ada W."), predicted="Ada", probability=0.75, exact=True
    )
    text = render_report(report(example, evaluations=stages, notes=("One of two.",)))
    page = Page(text)
    for part in (
        "A title",
        "a folder",
        "before",
        "80.0",
        "Ada · Ada W.",
        "0.750",
        "exact match",
        "One of two.",
    ):
        assert part in page.text
    assert "hidden_states[0]" in page.text
    assert page.count("article") == 1


def test_every_token_and_layer_has_its_cell(make_layers: Make) -> None:
    layers = make_layers(3)
    page = Page(render_report(report(ReportExample(layers))))
    cells = [attrs for tag, attrs in page.tags if tag == "td" and "--a" in (attrs.get("style") or "")]
    assert len(cells) == layers.scores.size
    shares = layers.distribution()
    # Token by token, and layer by layer within each, in reading order.
    titles = [cell["title"] or "" for cell in cells]
    assert titles[2 * len(layers) + 1].startswith("sailed, 0: ")
    assert f"{shares[1, 2]:.1%}" in titles[2 * len(layers) + 1]
    strongest = max(cells, key=lambda cell: float((cell["style"] or "").removeprefix("--a:")))
    assert strongest is cells[int(shares.T.argmax())]


def test_layer_choice_lists_all_layers_and_marks_the_shown(make_layers: Make) -> None:
    page = Page(render_report(report(ReportExample(make_layers(2)))))
    choices = [attrs for _, attrs in page.tags if attrs.get("data-choice") == "layer"]
    assert [choice["value"] for choice in choices] == ["-1", "0", "1"]
    assert [choice["value"] for choice in choices if "checked" in choice] == ["1"]


def test_hostile_text_stays_text(hostile: Any) -> None:
    example = ReportExample(hostile, gold=tuple(HOSTILE), predicted=HOSTILE[0], probability=0.5, exact=False)
    text = render_report(
        report(example, title=HOSTILE[1], facts={HOSTILE[0]: {HOSTILE[2]: HOSTILE[1]}}, notes=(HOSTILE[4],))
    )
    page = Page(text)
    assert page.count("script") == 2  # The example's numbers and the page's own script.
    assert page.count("img") == 0
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    for part in HOSTILE:
        assert part in page.text


def test_numbers_for_the_script_survive(hostile: Any) -> None:
    page = Page(render_report(report(ReportExample(hostile))))
    data = json.loads(page.scripts[0])
    assert data["tokens"] == HOSTILE
    assert data["layers"] == [-1, 0, 1]
    np.testing.assert_allclose(data["shares"], hostile.distribution(), rtol=5e-3)
    np.testing.assert_allclose(data["signed"], hostile.signed, rtol=5e-3)
    assert not set("<>&") & set(page.scripts[0])


def test_page_needs_nothing_else(make_layers: Make) -> None:
    text = render_report(report(ReportExample(make_layers(2))))
    page = Page(text)
    assert not {"link", "img", "iframe", "object", "embed"} & {tag for tag, _ in page.tags}
    assert not [attrs for tag, attrs in page.tags if {"src", "xlink:href"} & set(attrs)]
    for word in ("http:", "https:", "//", "url(", "@import", "fetch(", "XMLHttp"):
        assert word not in text
    policy = [attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv")]
    assert policy
    assert "default-src 'none'" in (policy[0] or "")


def test_no_examples_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one example"):
        render_report(report())


def test_written_whole_or_not_at_all(
    make_layers: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deep" / "report.html"
    assert write_report(report(ReportExample(make_layers(1))), path) == path
    before = path.read_text()
    with pytest.raises(ValueError, match="example"):
        write_report(report(), path)
    assert path.read_text() == before
    assert [item.name for item in path.parent.iterdir()] == ["report.html"]


def test_unscored_example_without_delta(make_layers: Make) -> None:
    text = render_report(report(ReportExample(make_layers(1, delta=None, error=None, baseline_value=None))))
    assert "exact match" not in Page(text).text


def test_fragment_is_escaped_and_names_layer_and_span(hostile: Any, make_attribution: Make) -> None:
    page = Page(hostile[1].to_html())
    assert {tag for tag, _ in page.tags} == {"div", "b", "br", "span"}
    text = make_attribution().to_html()
    assert "layer 2, output of encoder block 2" in text
    assert "“Ada Winterbourne” (tokens 5-7)" in text
    assert "Ada Winterbourne sailed." in Page(text).text.replace("[SEP]", "")
    assert make_attribution()._repr_html_() == text


def test_fragment_colours_go_with_the_scores(make_attribution: Make) -> None:
    def alphas(text: str) -> list[float]:
        styles = [attrs["style"] or "" for tag, attrs in Page(text).tags if tag == "span"]
        return [float(style.split("rgba(")[1].split(")")[0].split(",")[3]) for style in styles]

    item = make_attribution()
    assert np.argmax(alphas(item.to_html())) == 5
    np.testing.assert_allclose(alphas(item.to_html()), 0.6 * np.sqrt(item.scores / 4), atol=1e-3)
    np.testing.assert_allclose(
        alphas(item.to_html(signed=True)), 0.6 * np.sqrt(np.abs(item.signed) / 2), atol=1e-3
    )


def test_layers_fragment_has_each_layer(make_layers: Make) -> None:
    text = make_layers(2).to_html()
    assert [f"layer {n}, output" in text for n in range(3)] == [True, True, False]
    assert "embeddings" in text


@pytest.mark.parametrize(("blocks", "layers"), [(1, [-1, 0]), (4, [-1, 0, 1, 2, 3]), (12, [-1, 0, 1, 11])])
def test_picture_numbers_the_cuts(blocks: int, layers: list[int]) -> None:
    boxes = numbering_picture(blocks)["boxes"]
    assert [box["layer"] for box in boxes if box["layer"] is not None] == layers
    assert boxes[0]["name"] == "embeddings"
    assert boxes[-1]["name"] == "head"
