"""HTML fragments for notebooks: what they say, the choice of the layer, and that data cannot break out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

Make = Callable[..., Any]


def test_fragment_is_escaped_and_names_layer_and_span(
    hostile: Any, make_attribution: Make, read_page: Make
) -> None:
    page = read_page(hostile[1].to_html())
    assert {tag for tag, _ in page.tags} == {"div", "b", "br", "span"}
    text = make_attribution().to_html()
    assert "layer 2, output of encoder block 2" in text
    assert "“Ada Winterbourne” (tokens 5-7)" in text
    assert "Ada Winterbourne sailed." in read_page(text).text.replace("[SEP]", "")
    assert make_attribution()._repr_html_() == text


def test_fragment_colours_go_with_the_scores(make_attribution: Make, read_page: Make) -> None:
    def alphas(text: str) -> list[float]:
        styles = [attrs["style"] or "" for tag, attrs in read_page(text).tags if tag == "span"]
        return [float(style.split("rgba(")[1].split(")")[0].split(",")[3]) for style in styles]

    item = make_attribution()
    assert np.argmax(alphas(item.to_html())) == 5
    np.testing.assert_allclose(alphas(item.to_html()), 0.6 * np.sqrt(item.scores / 4), atol=1e-3)
    np.testing.assert_allclose(
        alphas(item.to_html(signed=True)), 0.6 * np.sqrt(np.abs(item.signed) / 2), atol=1e-3
    )


def test_layers_are_chosen_by_radio_buttons(make_layers: Make, read_page: Make) -> None:
    text = make_layers(2)._repr_html_()
    page = read_page(text)
    inputs = [attrs for tag, attrs in page.tags if tag == "input"]
    labels = [attrs for tag, attrs in page.tags if tag == "label"]
    sections = [attrs["class"] for tag, attrs in page.tags if tag == "section"]
    assert [choice["type"] for choice in inputs] == ["radio"] * 3
    assert [choice["id"] for choice in inputs] == [label["for"] for label in labels] == sections
    assert ["checked" in choice for choice in inputs] == [False, False, True]
    # Each button shows the section of its own layer, and no rule shows another.
    rules = re.findall(r"#([\w-]+):checked~\.([\w-]+)", text)
    assert rules == [(name, name) for name in sections]
    titles = re.findall(r"<section.*?<b>(.*?)</b>", text)
    assert [title.split(",")[0] for title in titles] == ["embeddings", "layer 0", "layer 1"]


def test_two_results_on_one_page_share_no_name(make_layers: Make, read_page: Make) -> None:
    layers = make_layers(2)
    names = [
        {
            attrs[key]
            for _, attrs in read_page(layers.to_html()).tags
            for key in ("id", "name")
            if key in attrs
        }
        for _ in range(2)
    ]
    assert len(names[0]) == 4
    assert not names[0] & names[1]


def test_one_layer_needs_no_choice(make_layers: Make, read_page: Make) -> None:
    page = read_page(make_layers(0).to_html())
    assert page.count("input") == page.count("style") == 0
    assert "embeddings" in page.text


def test_layers_fragment_is_escaped(hostile: Any, hostile_parts: list[str], read_page: Make) -> None:
    page = read_page(hostile.to_html())
    allowed = {"div", "style", "span", "input", "label", "section", "b", "br"}
    assert {tag for tag, _ in page.tags} == allowed
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    for part in hostile_parts:
        assert part in page.text


def test_signed_layers_have_two_hues(make_layers: Make) -> None:
    text = make_layers(2).to_html(signed=True)
    assert "rgba(38,122,214" in text
    assert "rgba(214,52,60" in text
