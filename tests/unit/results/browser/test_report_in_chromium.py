"""Pages in a browser: selectors work by mouse and by keyboard, and nothing is asked of any network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertqa_fast.analysis.analysis import Result
from bertqa_fast.analysis.figures import layer_matrix
from bertqa_fast.analysis.files import write_result
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.report.contents import Evaluation, Report, ReportAnalysis, ReportExample
from bertqa_fast.report.from_analyses import figure_address
from bertqa_fast.report.html import write_report

Make = Callable[..., Any]
Browser = Any  # the class is in conftest.py, which tests cannot import

SHOWN = "[...document.querySelectorAll('article')].filter(a => a.offsetParent).map(a => a.id)"
CHOSEN = "document.querySelector('article:not([hidden]) input[data-choice=layer]:checked').value"
STRENGTHS = (
    "[...document.querySelectorAll('article:not([hidden]) .text span[data-i]')]"
    ".map(s => Number(s.style.getPropertyValue('--a')))"
)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def layers(make_layers: Make) -> list[Any]:
    return [make_layers(12, seed=seed) for seed in range(2)]


@pytest.fixture(scope="module")
def page(layers: list[Any], hostile: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a page with all that a page can hold: three examples, one of them hostile, and an analysis."""
    folder = tmp_path_factory.mktemp("page")
    cells = np.random.default_rng(0).random((13, 13))
    rows = [(a, b, cells[a, b]) for a in range(13) for b in range(13)]
    tables = (
        Table.of("few", "A short table", ["a", Column("b", "what b is", "%", "higher", 0, 100)], [(1, 2.5)]),
        Table.of("many", "A long table", ["one", "other", "a_rather_long_heading_of_a_column"], rows),
    )
    result = Result("jsd", "Divergence <script>alert(9)</script>", {"k": [2, 5]}, 2, tables, ("A note.",))
    figure = layer_matrix(cells, [str(n) for n in range(13)], title="cells", label="bits <i>", low=0, high=1)
    write_result(result, {"cells": figure}, folder, "0" * 64)
    analysis = ReportAnalysis(result, {"cells": figure_address(folder, "cells")})
    examples = [ReportExample(one, gold=("Ada",), predicted="Ada", exact=True) for one in layers]
    return write_report(
        Report(
            title="A title without any place to break it: " + 80 * "x",
            facts={"Model": {"source": "/a/path/" + 90 * "y"}},
            examples=(*examples, ReportExample(hostile)),
            num_layers=12,
            evaluations=(Evaluation("this run", {"EM": 80.0, "F1": 85.5}, 2),),
            analyses=(analysis,),
            trends=tables[0],
            details={"Hashes": {"run": 64 * "f"}},
        ),
        folder / "report.html",
    )


def expected_strengths(layers: Any, layer: int) -> np.ndarray:
    scores = layers[layer].scores.astype(float)
    return np.sqrt(scores / scores.max())


def test_one_example_is_shown_and_others_are_chosen(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.run(SHOWN) == ["example-1"]
    browser.click(".picker [data-step='1']")
    assert browser.run(SHOWN) == ["example-2"]
    browser.click(".picker [data-step='-1']")
    browser.click(".picker [data-step='-1']")
    assert browser.run(SHOWN) == ["example-3"]
    assert browser.run("document.querySelector('#example').value") == "3"
    browser.click("a[href='#example-2']")
    assert browser.run(SHOWN) == ["example-2"]
    assert browser.complaints() == []


def test_clicking_a_layer_colours_the_text_with_its_scores(
    browser: Browser, page: Path, layers: list[Any]
) -> None:
    browser.open(page)
    assert browser.run(CHOSEN) == "11"
    np.testing.assert_allclose(browser.run(STRENGTHS), expected_strengths(layers[0], 11), atol=2e-3)
    browser.click("#example-1 label:has(input[value='3'])")
    assert browser.run(CHOSEN) == "3"
    np.testing.assert_allclose(browser.run(STRENGTHS), expected_strengths(layers[0], 3), atol=2e-3)
    browser.click("#example-1 .heat th[data-row='0']")
    assert browser.run(CHOSEN) == "-1"
    np.testing.assert_allclose(browser.run(STRENGTHS), expected_strengths(layers[0], -1), atol=2e-3)
    browser.click("#example-1 label:has(input[value='signed'])")
    signed = np.abs(layers[0][-1].signed.astype(float))
    np.testing.assert_allclose(browser.run(STRENGTHS), np.sqrt(signed / signed.max()), atol=2e-3)
    assert browser.complaints() == []


def test_everything_is_reached_by_keyboard(browser: Browser, page: Path, layers: list[Any]) -> None:
    browser.open(page)
    focused = "(e => e.id || e.dataset.choice || e.dataset.step || e.innerText)(document.activeElement)"
    stops = []
    for _ in range(40):
        browser.press("Tab")
        stops.append(browser.run(focused))
        if stops[-1] == "example":
            browser.press("ArrowDown")
            assert browser.run(SHOWN) == ["example-2"]
        elif stops[-1] == "layer":
            browser.press("ArrowLeft")
            assert browser.run(CHOSEN) == "10"
            np.testing.assert_allclose(browser.run(STRENGTHS), expected_strengths(layers[1], 10), atol=2e-3)
        elif stops[-1] == "mode":
            browser.press("ArrowRight")
            mode = "document.querySelector('article:not([hidden]) input[data-choice=mode]:checked').value"
            assert browser.run(mode) == "signed"
        elif stops[-1] == "A long table: 169 rows":
            browser.press("Enter")
            assert browser.run("document.activeElement.parentElement.open") is True
            break
    for stop in ("-1", "example", "1", "layer", "mode", "A long table: 169 rows"):
        assert stop in stops
    assert browser.complaints() == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1200])
def test_no_page_is_wider_than_the_window(browser: Browser, page: Path, width: int, dark: bool) -> None:
    browser.open(page, width, dark=dark)
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    for number in (1, 2, 3):
        browser.run(f"document.querySelector('a[href=\"#example-{number}\"]').click()")
        assert browser.run(OVERFLOW) <= 0
    # The measure sees what it should: something wide does overflow.
    browser.run("document.body.insertAdjacentHTML('beforeend', '<hr style=\"width: 3000px\">')")
    assert browser.run(OVERFLOW) > 0


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_ground(browser: Browser, page: Path, dark: bool) -> None:
    browser.open(page, dark=dark)
    colours = "(s => [s.color, s.backgroundColor].map(c => c.match(/\\d+/g).map(Number)))"
    ink, ground = browser.run(f"{colours}(getComputedStyle(document.body))")
    assert (sum(ground) < sum(ink)) is dark
    assert contrast(ink, ground) >= 7  # WCAG 2.2, 1.4.6


def contrast(one: list[int], other: list[int]) -> float:
    """Return the contrast ratio of WCAG 2.2 of two colours in sRGB."""

    def luminance(colour: list[int]) -> float:
        parts = np.array(colour[:3]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_nothing_is_asked_for_and_nothing_complains(browser: Browser, page: Path) -> None:
    browser.open(page)
    loaded = "[...document.images].every(i => i.complete && i.naturalWidth > 100) && document.images.length"
    assert browser.run(loaded) == 1
    assert browser.run("document.title").startswith("A title")
    assert browser.requests() == []
    assert browser.complaints() == []


def test_policy_stops_what_would_ask_for_something(browser: Browser, page: Path) -> None:
    browser.open(page)
    attempts = """new Promise(done => {
      const stopped = [];
      document.addEventListener("securitypolicyviolation", e => {
        stopped.push(e.effectiveDirective);
        if (stopped.length == 3) done(stopped.sort());
      });
      const add = (tag, values) => document.body.append(Object.assign(document.createElement(tag), values));
      add("img", { src: "http://127.0.0.1:9/x.png" });
      add("script", { textContent: "window.broken = true" });
      fetch("http://127.0.0.1:9/x").catch(() => 0);
    })"""
    assert browser.run(attempts) == ["connect-src", "img-src", "script-src-elem"]
    assert browser.run("window.broken") is None
    assert browser.complaints() != []


def test_layers_in_a_notebook_are_chosen_without_scripts(
    browser: Browser, layers: list[Any], tmp_path: Path
) -> None:
    page = tmp_path / "cell.html"
    policy = "<meta http-equiv=Content-Security-Policy content=\"script-src 'none'\">"
    page.write_text(f"<!DOCTYPE html><meta charset=utf-8>{policy}{layers[0].to_html()}{layers[0].to_html()}")
    browser.open(page, 390)
    shown = "[...document.querySelectorAll('section')].filter(s => s.offsetParent).map(s => s.innerText)"

    def numbers() -> list[str]:
        return [text.split(",")[0] for text in browser.run(shown)]

    assert numbers() == ["layer 11", "layer 11"]
    browser.click("label[title^='layer 4,']")  # of the first of the two
    assert numbers() == ["layer 4", "layer 11"]
    browser.press("ArrowRight")
    assert numbers() == ["layer 5", "layer 11"]
    assert browser.run(OVERFLOW) <= 0
    assert browser.requests() == []
