"""Classifiers in the engine: what is refused, and what a call is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.attribution.prepare_texts import find_label
from bertqa_fast.attribution.targets import target_mix
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.engine_calls import flatten

pytest.importorskip("torch")

TEXT = bf.TextExample("ada wrote it", label=1)
QUESTION = bf.QAExample("who?", "ada wrote it")


@pytest.fixture(scope="module")
def classifier(random_reader: Any) -> Any:
    return random_reader(classes=3).model


@pytest.fixture(scope="module")
def reader(random_reader: Any) -> Any:
    return random_reader().model


def test_a_model_knows_its_classes(classifier: bf.Model, reader: bf.Model) -> None:
    assert (classifier.task, classifier.labels) == ("text-classification", (0, 1, 2))
    assert (reader.task, reader.labels) == ("question-answering", ())


@pytest.mark.parametrize("method", [bf.integrated_gradients, bf.gradients])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"label": 3}, r"label: got 3, wanted .* classes \(0, 1, 2\)"),
        ({"label": "good"}, "label: got 'good'"),
        ({"label": True}, "label: got True"),
        ({"label": np.array([0, 1])}, "label: got array"),
        ({"span": np.array([0, 1])}, "span: got array"),
        ({"label": [0, 1]}, "label: got a list of 2, wanted one for each of 1"),
        ({"label": 1, "contrast": 1}, "contrast: got the class itself"),
        ({"span": (1, 2)}, "span: got .* a classifier has no spans"),
        ({"target": "span_probability"}, "target: got 'span_probability', wanted one of: log_probability, "),
        ({"target": "start_logit"}, "target: got 'start_logit'"),
        ({"max_length": 385}, "max_length: got 385"),
    ],
)
def test_bad_arguments_are_named(
    classifier: bf.Model, method: Any, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        method(classifier, TEXT, **settings)


@pytest.mark.parametrize("method", [bf.integrated_gradients, bf.gradients])
def test_examples_of_the_other_head_are_refused(classifier: bf.Model, reader: bf.Model, method: Any) -> None:
    with pytest.raises(TypeError, match="got a QAExample, wanted TextExample"):
        method(classifier, QUESTION)
    with pytest.raises(TypeError, match="got a TextExample, wanted QAExample"):
        method(reader, [TEXT])
    with pytest.raises(TypeError, match="examples: got str"):
        method(classifier, "ada wrote it")
    with pytest.raises(ValueError, match="label: got 1, but a reader has no labels"):
        method(reader, QUESTION, label=1)


def test_what_needs_the_other_head_is_refused(classifier: bf.Model, reader: bf.Model) -> None:
    [window] = make_text_windows(classifier.tokenizer, [TEXT])
    with pytest.raises(ValueError, match="got one for 'text-classification', wanted 'question-answering'"):
        classifier.logits([window])
    with pytest.raises(ValueError, match="got one for 'question-answering', wanted 'text-classification'"):
        reader.class_logits([window])
    with pytest.raises(ValueError, match="wanted 'question-answering'"):
        bf.integrated_gradients(classifier, TEXT, layer=0, preset="ramnath2020-code")
    with pytest.raises(ValueError, match="wanted 'text-classification'"):
        bf.gradients(reader, QUESTION, preset="wu2021")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "hessian"}, "kind: got 'hessian', wanted one of: sensitivity"),
        ({"preset": "none"}, "preset: got 'none', wanted one of: wu2021, dibia2020"),
        ({"preset": "wu2021", "kind": "one_hot"}, "wanted kind to be one of: sensitivity"),
        ({"preset": "wu2021", "label": 0}, "fixes label"),
        ({"internal_batch_size": 0}, "internal_batch_size"),
    ],
)
def test_gradients_name_bad_arguments(classifier: bf.Model, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bf.gradients(classifier, TEXT, **settings)


def test_the_engine_refuses_what_no_class_is(classifier: bf.Model) -> None:
    ids, types, offsets = flatten(make_text_windows(classifier.tokenizer, [TEXT]))
    pinned: dict[str, Any] = {
        "span_start": np.array([3]),
        "span_end": np.array([0]),
        "span_sign": np.ones(1, np.float32),
    }
    mix = target_mix("logit", "text-classification")
    graph = "gradient_sensitivity"
    with pytest.raises(ValueError, match="label: got 3, wanted 0 to 2"):
        classifier.core.single_pass(graph, ids, types, offsets, layers=[-1], **pinned, target_mix=mix)
    pinned["span_start"] = np.array([1])
    both = target_mix("logit")
    with pytest.raises(ValueError, match="which have no ends"):
        classifier.core.single_pass(graph, ids, types, offsets, layers=[-1], **pinned, target_mix=both)


def test_one_in_one_out(classifier: bf.Model) -> None:
    single = bf.gradients(classifier, TEXT)
    [listed] = bf.gradients(classifier, [TEXT])
    np.testing.assert_array_equal(single.scores, listed.scores)
    assert bf.gradients(classifier, []) == []
    assert bf.integrated_gradients(classifier, []) == []
    assert (single.question, single.context) == ("ada wrote it", "")


def test_classes_are_found_as_they_are_written() -> None:
    """A number that is a class's name is that class, not its place; gold labels are never places."""
    stars, words = ("1", "2", "3"), ("neg", "pos")
    text = bf.TextExample("ada", label=1)
    assert find_label("label", 2, stars, text, None) == 1
    assert find_label("label", "3", stars, text, None) == 2
    assert find_label("label", "gold", stars, text, None) == 0
    assert find_label("label", "gold", (0, 1, 2), bf.TextExample("ada", label="2"), None) == 2
    assert find_label("label", 1, words, text, None) == 1
    assert find_label("label", "gold", words, bf.TextExample("ada", label="pos"), None) == 1
    for wanted, labels in ((0, stars), (4, stars), ("gold", words), (2, words), (True, words), (-1, words)):
        with pytest.raises(ValueError, match="label: got"):
            find_label("label", wanted, labels, text, None)


def test_some_contrasts_are_not_enough(classifier: bf.Model, reader: bf.Model) -> None:
    with pytest.raises(ValueError, match="contrast: got some examples with and some without"):
        bf.gradients(classifier, [TEXT, TEXT], label=1, contrast=[None, 0])
    with pytest.raises(ValueError, match="contrast: got some examples with and some without"):
        bf.integrated_gradients(reader, [QUESTION, QUESTION], span=(1, 1), contrast=[None, (2, 2)])


def test_presets_fix_the_class(classifier: bf.Model) -> None:
    with pytest.raises(ValueError, match="preset: 'ramnath2020' fixes label"):
        bf.integrated_gradients(classifier, TEXT, layer=0, preset="ramnath2020", label=2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"problem_type": "regression"}, "got problem_type='regression'"),
        ({"problem_type": "multi_label_classification"}, "got problem_type='multi_label"),
        ({"num_labels": 1}, "got a head of 1 output"),
    ],
)
def test_heads_that_choose_no_class_are_refused(
    random_reader: Any, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    source = random_reader(classes=3).folder
    config = BertConfig.from_pretrained(str(source), **changes)
    BertForSequenceClassification(config).save_pretrained(tmp_path / "model")
    AutoTokenizer.from_pretrained(str(source)).save_pretrained(tmp_path / "model")
    with pytest.raises(ValueError, match=message):
        bf.load(tmp_path / "model", cache_dir=tmp_path / "cache")
