"""The HTML page: what it says, and that nothing in the data can break out of them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertqa_fast.analysis.analysis import Result
from bertqa_fast.analysis.tables import Table
from bertqa_fast.report.contents import Evaluation, Report, ReportAnalysis, ReportExample
from bertqa_fast.report.html import render_report, write_report
from bertqa_fast.report.picture import numbering_picture

Make = Callable[..., Any]
RESULT = Result("jsd", "Divergence", {}, 2, (Table.of("cells", "Cells", ["a"], [(1,)]),))


def report(*examples: ReportExample, **changes: Any) -> Report:
    fields: dict[str, Any] = {
        "title": "A title",
        "facts": {"Model": {"source": "a folder"}},
        "examples": examples,
        "num_layers": 6,
    }
    return Report(**(fields | changes))


def test_page_says_what_it_is_given(make_layers: Make, read_page: Make) -> None:
    stages = (Evaluation("before", {"EM": 1.25, "F1": 2.5}, 40), Evaluation("after", {"EM": 80.0}, 40))
    example = ReportExample(
        make_layers(3), gold=("Ada", "Ada W."), predicted="Ada", probability=0.75, exact=True
    )
    text = render_report(report(example, evaluations=stages, notes=("One of two.",)))
    page = read_page(text)
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


def test_every_token_and_layer_has_its_cell(make_layers: Make, read_page: Make) -> None:
    layers = make_layers(3)
    page = read_page(render_report(report(ReportExample(layers))))
    alphas = [
        attrs["style"] for tag, attrs in page.tags if tag == "td" and "--a" in (attrs.get("style") or "")
    ]
    rows = [int(attrs["data-i"]) for tag, attrs in page.tags if tag == "tr" and "data-i" in attrs]
    assert rows == list(range(len(layers.tokens)))
    shares = layers.distribution()
    # Token by token, and layer by layer within each, in reading order; the largest share of all is 1.
    shown = [float(alpha.removeprefix("--a:")) for alpha in alphas]
    np.testing.assert_allclose(shown, np.sqrt(shares.T.ravel() / shares.max()), atol=6e-3)


def test_layer_choice_lists_all_layers_and_marks_the_shown(make_layers: Make, read_page: Make) -> None:
    page = read_page(render_report(report(ReportExample(make_layers(2)))))
    choices = [attrs for _, attrs in page.tags if attrs.get("data-choice") == "layer"]
    assert [choice["value"] for choice in choices] == ["-1", "0", "1"]
    assert [choice["value"] for choice in choices if "checked" in choice] == ["1"]


def test_hostile_text_stays_text(hostile: Any, hostile_parts: list[str], read_page: Make) -> None:
    example = ReportExample(
        hostile, gold=tuple(hostile_parts), predicted=hostile_parts[0], probability=0.5, exact=False
    )
    text = render_report(
        report(
            example,
            title=hostile_parts[1],
            facts={hostile_parts[0]: {hostile_parts[2]: hostile_parts[1]}},
            notes=(hostile_parts[4],),
        )
    )
    page = read_page(text)
    assert page.count("script") == 2  # The example's numbers and the page's own script.
    assert page.count("img") == 0
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    for part in hostile_parts:
        assert part in page.text


def test_numbers_for_the_script_survive(hostile: Any, hostile_parts: list[str], read_page: Make) -> None:
    page = read_page(render_report(report(ReportExample(hostile))))
    data = json.loads(page.scripts[0])
    assert data["tokens"] == hostile_parts
    assert data["layers"] == [-1, 0, 1]
    np.testing.assert_allclose(data["shares"], hostile.distribution(), rtol=5e-3)
    np.testing.assert_allclose(data["signed"], hostile.signed, rtol=5e-3)
    assert not set("<>&") & set(page.scripts[0])


def test_page_needs_nothing_else(make_layers: Make, read_page: Make) -> None:
    shown = ReportAnalysis(RESULT, {"cells": "data:image/png;base64,AAAA"})
    text = render_report(
        report(ReportExample(make_layers(2)), ReportExample(make_layers(2)), analyses=(shown,))
    )
    page = read_page(text)
    assert not {"link", "iframe", "object", "embed"} & {tag for tag, _ in page.tags}
    kinds = ("src", "href", "xlink:href", "action", "srcset")
    places = [attrs[kind] or "" for _, attrs in page.tags for kind in kinds if kind in attrs]
    assert places
    assert all(place.startswith(("#", "data:image/")) for place in places)
    for word in ("http:", "https:", "url(", "@import", "fetch(", "XMLHttp"):
        assert word not in text


def test_policy_allows_the_pages_own_script_alone(make_layers: Make, read_page: Make) -> None:
    page = read_page(render_report(report(ReportExample(make_layers(2)))))
    (policy,) = [attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv")]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    digest = hashlib.sha256(page.scripts[-1].encode()).digest()
    assert rules["script-src"] == f"'sha256-{base64.b64encode(digest).decode()}'"
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"


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


def test_unscored_example_without_delta(make_layers: Make, read_page: Make) -> None:
    text = render_report(report(ReportExample(make_layers(1, delta=None, error=None, baseline_value=None))))
    assert "exact match" not in read_page(text).text


@pytest.mark.parametrize(("blocks", "layers"), [(1, [-1, 0]), (4, [-1, 0, 1, 2, 3]), (12, [-1, 0, 1, 11])])
def test_picture_numbers_the_cuts(blocks: int, layers: list[int]) -> None:
    boxes = numbering_picture(blocks)["boxes"]
    assert [box["layer"] for box in boxes if box["layer"] is not None] == layers
    assert boxes[0]["name"] == "embeddings"
    assert boxes[-1]["name"] == "head"
