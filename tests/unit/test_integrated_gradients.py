"""The public call: what comes back for what is given, and which arguments it refuses."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.attribution.settings import IntegrationSettings

EXAMPLE = bf.QAExample("who wrote it?", "it was written by ada in paris.", "one", ("ada",))
OTHER = bf.QAExample("when?", "in the year 1843.", "two")


@pytest.fixture(scope="module")
def model(random_reader: Any) -> bf.Model:
    opened: bf.Model = random_reader().model
    return opened


def attribute(model: bf.Model, examples: Any = EXAMPLE, layer: Any = 0, **settings: Any) -> Any:
    return bf.integrated_gradients(model, examples, layer, **({"n_steps": 2} | settings))


def test_one_in_one_out(model: bf.Model) -> None:
    one = attribute(model)
    assert isinstance(one, bf.Attribution)
    assert (one.id, one.layer, one.cut, one.n_steps) == ("one", 0, 0, 2)
    assert one.tokens[0] == "[CLS]"
    assert one.tokens.count("[SEP]") == 2
    T = len(one.tokens)
    assert one.scores.shape == one.signed.shape == (T,)
    assert one.scores.dtype == one.signed.dtype == np.float32
    assert one.offsets.shape == (T, 2)
    assert one.values is None
    assert one.converged is None
    assert (one.question, one.context) == (EXAMPLE.question, EXAMPLE.context)
    assert isinstance(attribute(model, layer="embeddings"), bf.Attribution)
    assert attribute(model, layer="embeddings").layer == -1


@pytest.mark.parametrize("layer", ["all", [0], [1, -1], range(2), ["embeddings", 1]])
def test_several_layers(model: bf.Model, layer: Any) -> None:
    result = attribute(model, layer=layer)
    assert isinstance(result, bf.LayerAttributions)
    wanted = [-1, 0, 1] if layer == "all" else [-1 if item == "embeddings" else item for item in layer]
    assert list(result) == wanted
    assert result.scores.shape == (len(wanted), len(result.tokens))


def test_a_list_in_a_list_out(model: bf.Model) -> None:
    for examples in ([EXAMPLE, OTHER], (EXAMPLE, OTHER), iter([EXAMPLE, OTHER])):
        results = attribute(model, examples)
        assert [r.id for r in results] == ["one", "two"]
    assert [type(r) for r in attribute(model, [EXAMPLE])] == [bf.Attribution]
    assert [type(r) for r in attribute(model, [EXAMPLE], layer=[0])] == [bf.LayerAttributions]
    assert attribute(model, []) == []


def test_the_same_example_twice(model: bf.Model) -> None:
    one, other = attribute(model, [EXAMPLE, EXAMPLE], keep_values=True)
    np.testing.assert_allclose(one.values, other.values, atol=1e-7)


def test_values_are_kept_on_request(model: bf.Model) -> None:
    kept = attribute(model, keep_values=True)
    assert kept.values.shape == (len(kept.tokens), model.hidden_size)
    np.testing.assert_array_equal(kept.scores, attribute(model).scores)


def test_what_is_reported(model: bf.Model) -> None:
    got = attribute(model, target="logit", method="riemann_trapezoid", n_steps=5, baseline="pad")
    assert (got.target, got.method, got.n_steps, got.baseline) == ("logit", "riemann_trapezoid", 5, "pad")
    assert got.error == pytest.approx(abs(got.delta) / np.abs(got.signed).sum(), rel=1e-5)
    assert got.evaluations >= 5
    assert "layer 0" in repr(got)


def test_adaptive_unless_said(model: bf.Model) -> None:
    got = bf.integrated_gradients(model, EXAMPLE, 0)
    assert (got.method, got.n_steps, got.converged) == ("auto", None, True)
    assert got.error is not None
    assert got.error <= 0.01
    assert 5 <= got.evaluations <= 128
    tight = bf.integrated_gradients(model, EXAMPLE, 0, tol=1e-4)
    assert tight.error is not None
    assert tight.error <= 1e-4
    assert tight.evaluations > got.evaluations
    fixed = bf.integrated_gradients(model, EXAMPLE, 0, method="gausslegendre")
    assert (fixed.method, fixed.n_steps, fixed.converged) == ("gausslegendre", 50, None)
    assert fixed.evaluations == 50.5  # and a forward one for the baseline's value


def test_what_has_not_converged_says_so(model: bf.Model) -> None:
    with pytest.warns(bf.ConvergenceWarning, match=r"1 of 1 paths .* all of their 6 nodes \(.*n_steps="):
        got = bf.integrated_gradients(model, EXAMPLE, 0, tol=1e-7, n_steps=6)
    assert got.converged is False
    assert got.error is not None
    assert got.error > 1e-7
    assert got.evaluations == 6


def test_layers_are_all_unless_said(model: bf.Model) -> None:
    assert list(bf.integrated_gradients(model, EXAMPLE, n_steps=1)) == [-1, 0, 1]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"layer": 2}, "layer: got 2, wanted 0 to 1"),
    ({"layer": -2}, "layer: got -2"),
    ({"layer": [0, 0]}, "layer: got .*each layer once"),
    ({"layer": []}, "layer: got an empty list"),
    ({"layer": "top"}, "layer: got 'top'"),
    ({"target": "loss"}, "target: got 'loss', wanted one of"),
    ({"target": ["logit"]}, "target: got"),
    ({"span": "best"}, "span: got 'best', wanted 'predicted', 'gold' or a pair"),
    ({"span": (5, 3)}, r"span: got \(5, 3\), wanted 0 <= start <= end <"),
    ({"span": (0, 400)}, r"span: got \(0, 400\)"),
    ({"span": [(1, 2), (1, 2)]}, "span: got a list of 2, wanted one for each of 1 examples"),
    ({"examples": OTHER, "span": "gold"}, "span: got 'gold', but example 'two' has no answer"),
    ({"contrast": "other"}, "contrast: got 'other'"),
    ({"contrast": "predicted"}, "contrast: got the span itself"),
    ({"label": 1}, "label: got 1, but a reader has no labels; wanted span="),
    ({"baseline": "noise"}, "baseline: got 'noise'"),
    ({"baseline": np.zeros(5)}, r"baseline: got ndarray of shape \(5,\), wanted what broadcasts"),
    ({"baseline": np.full(24, np.nan)}, "baseline: got values that are not finite"),
    ({"baseline": [np.zeros(24)] * 2}, "baseline: got a list of 2 arrays, wanted one for each of 1"),
    ({"method": "simpson"}, "method: got 'simpson', wanted one of"),
    ({"n_steps": 0}, "n_steps: got 0, wanted a positive integer"),
    ({"n_steps": 2.5}, "n_steps: got 2.5"),
    ({"method": "riemann_trapezoid", "n_steps": 1}, "n_steps: got 1, wanted at least 2"),
    ({"tol": 0}, "tol: got 0, wanted a number between 0 and 1"),
    ({"tol": float("nan")}, "tol: got nan"),
    ({"tol": "small"}, "tol: got 'small'"),
    ({"preset": "ramnath"}, "preset: got 'ramnath', wanted one of"),
    ({"preset": "ramnath2020"}, "preset: 'ramnath2020' fixes n_steps"),
    ({"preset": "ramnath2020", "n_steps": None, "target": "logit"}, "preset: .*fixes target"),
    ({"preset": "ramnath2020", "n_steps": None, "baseline": "pad"}, "preset: .*fixes baseline"),
    ({"preset": "ramnath2020-code", "n_steps": None, "span": "gold"}, "preset: .*fixes span"),
    ({"preset": "ramnath2020-code", "n_steps": None, "contrast": (0, 0)}, "preset: .*fixes contrast"),
    ({"preset": "ramnath2020", "n_steps": None, "method": "riemann_right"}, "preset: .*fixes method"),
    ({"preset": "ramnath2020", "n_steps": None, "layer": "embeddings"}, "layer: got the embeddings"),
    ({"windows": "first"}, "windows: got 'first', wanted 'best' or 'merge'"),
    ({"internal_batch_size": 0}, "internal_batch_size: got 0, wanted a positive integer"),
    ({"traversal": "both"}, "traversal: got 'both', wanted 'auto', 'cuts' or 'all_layers'"),
    ({"internal_batch_size": 2.0}, "internal_batch_size: got 2.0"),
    ({"max_length": 5}, "question of example 'one' has .*max_length=5"),
    ({"max_length": 385}, "max_length: got 385, wanted at most the model's 384 positions"),
    ({"doc_stride": 0}, "doc_stride must be 1 or more"),
]


@pytest.mark.parametrize(("settings", "message"), WRONG, ids=[str(list(s)[-1]) for s, _ in WRONG])
def test_wrong_arguments_are_named(model: bf.Model, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        attribute(model, **settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"examples": None}, "examples: got NoneType, wanted a QAExample or a sequence of these"),
        ({"examples": "who?"}, "examples: got str"),
        ({"examples": 3}, "examples: got int"),
        ({"examples": [EXAMPLE, "who?"]}, "examples: got a str, wanted QAExample"),
        ({"examples": [bf.TextExample("a text")]}, "examples: got a TextExample, wanted QAExample"),
        ({"layer": None}, "layer: got NoneType"),
        ({"layer": 0.5}, "layer: got float"),
        ({"max_length": "384"}, "max_length must be an int"),
    ],
)
def test_wrong_types_are_named(model: bf.Model, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        attribute(model, **settings)


def test_presets_stand_alone(model: bf.Model) -> None:
    for preset in ("ramnath2020", "ramnath2020-code"):
        assert attribute(model, preset=preset, n_steps=None).preset == preset


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_empty_texts_are_refused_where_they_are_written(text: str) -> None:
    with pytest.raises(ValueError, match="question must hold some text"):
        bf.QAExample(text, "a passage")
    with pytest.raises(ValueError, match="context must hold some text"):
        bf.QAExample("a question?", text)


@pytest.mark.parametrize("text", ["\u200b", "\ufeff", "\x00\x01"])
def test_texts_of_no_tokens(model: bf.Model, text: str) -> None:
    """What is not blank to Python may still be nothing to the tokenizer."""
    with pytest.raises(ValueError, match="context of example 0 has no tokens"):
        attribute(model, bf.QAExample("who?", text))
    with pytest.raises(ValueError, match="question of example 0 has no tokens"):
        attribute(model, bf.QAExample(text, "ada"))


def test_a_question_longer_than_the_window(model: bf.Model) -> None:
    example = bf.QAExample("who wrote it " * 200, "ada", "long")
    with pytest.raises(ValueError, match="question of example 'long' has 600 tokens, and wanted"):
        attribute(model, example)


def test_a_passage_longer_than_the_window(model: bf.Model) -> None:
    example = bf.QAExample("who wrote it?", "it was written by ada in paris. " * 60)
    best = attribute(model, example)
    assert len(best.tokens) == 384
    merged = attribute(model, example, windows="merge")
    assert len(merged.tokens) == 60 * 8 + 7
    assert merged.windows > 1


def test_strange_texts(model: bf.Model) -> None:
    for text in ("ada \U0001f600 ada", "\u0301a\u0301", "a" * 5000, "x\r\ny", "<b>&amp;</b>", "\ud55c\uae00"):
        got = attribute(model, bf.QAExample("who?", text), n_steps=1)
        assert np.isfinite(got.scores).all()
        assert got.offsets[got.segment == 1].max() <= len(text)


def test_one_token_of_context(model: bf.Model) -> None:
    got = attribute(model, bf.QAExample("?", "a"), layer="all")
    assert got.tokens == ["[CLS]", "?", "[SEP]", "a", "[SEP]"]
    assert got.span == (3, 3)


@pytest.mark.parametrize("outside", [10**6, -1])
def test_ids_outside_the_vocabulary_are_refused(model: bf.Model, outside: int) -> None:
    """By the engine: a GPU reads whatever lies there, or dies of it."""
    ids = np.array([2, 5, 3, outside, 3])
    with pytest.raises(ValueError, match=rf"input_ids: got {outside}, wanted 0 to \d+"):
        model.core.forward(ids, np.zeros_like(ids), np.array([0, 5]), layers=[])
    assert np.isfinite(attribute(model).scores).all()


def test_progress_goes_to_stderr_on_request(model: bf.Model, capsys: pytest.CaptureFixture[str]) -> None:
    attribute(model, show_progress=True)
    attribute(model, show_progress=False)
    assert capsys.readouterr().out == ""


def test_type_checkers_know_every_keyword() -> None:
    keywords = set(inspect.signature(bf.integrated_gradients).parameters) - {"model", "examples", "layer"}
    assert keywords == set(IntegrationSettings.__annotations__)
