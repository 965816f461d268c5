"""Every family and head against transformers in float64: states, logits, every gradient method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast import _core
from bertqa_fast.attribution.targets import target_mix
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.families import FAMILIES
from bertqa_fast.graphs.manifest import read_manifest
from bertqa_fast.graphs.reference import class_target_of, relative_difference, target_of

torch = pytest.importorskip("torch")

READER, CLASSIFIER = "question-answering", "text-classification"
CASES = [(family, head) for family in FAMILIES for head in (READER, CLASSIFIER)]
OTHERS: list[tuple[str, str, dict[str, Any]]] = [
    ("electra", READER, {"embedding_size": 24}),  # without a projection
    ("electra", CLASSIFIER, {"embedding_size": 30, "hidden_act": "swish"}),
    ("albert", READER, {"embedding_size": 24, "num_hidden_groups": 2}),  # a square projection
    ("albert", CLASSIFIER, {"num_hidden_groups": 3, "hidden_act": "tanh"}),
    ("roberta", CLASSIFIER, {"type_vocab_size": 2, "hidden_act": "gelu_fast"}),
    ("distilbert", READER, {"activation": "quick_gelu", "sinusoidal_pos_embds": True}),
    ("bert", READER, {"type_vocab_size": 1, "hidden_act": "silu"}),
]
ALL = [(*case, {}) for case in CASES] + OTHERS
NAMES = ["-".join([family, head[0], *map(str, options.values())]) for family, head, options in ALL]
TOLERANCE = 1e-5
RULE = ("gausslegendre", 3)


@pytest.fixture(params=ALL, ids=NAMES)
def made(request: pytest.FixtureRequest, family_model: Callable[..., Any]) -> Any:
    family, head, options = request.param
    return family_model(family, head, **options)


@pytest.fixture
def examples(
    made: Any, mixed_examples: list[bf.QAExample], mixed_texts: list[bf.TextExample]
) -> Sequence[Any]:
    return mixed_examples[:2] if made.task == READER else mixed_texts[2:]


def windows_of(made: Any, examples: Sequence[Any]) -> list[Window]:
    make: Any = make_windows if made.task == READER else make_text_windows
    windows: list[Window] = make(made.model.window_tokenizer, examples)
    return windows


def target_at(made: Any, got: bf.Attribution) -> Callable[..., Any]:
    found: Callable[..., Any]
    if made.task == READER:
        assert got.span is not None
        found = target_of(got.target, got.span)
    else:
        assert isinstance(got.label, int)
        found = class_target_of(got.target, got.label)
    return found


def test_states_and_logits_are_the_modules(made: Any, examples: Sequence[Any]) -> None:
    """A run of the whole module, whose token types are those that its tokenizer would have it given."""
    windows = windows_of(made, examples)
    states = made.model.hidden_states(windows)
    logits = made.model.logits(windows) if made.task == READER else made.model.class_logits(windows)
    for window, ours, own in zip(windows, states, logits, strict=True):
        given = {"input_ids": torch.tensor(window.input_ids)[None]}
        if getattr(made.exact.module.config, "type_vocab_size", 0) > 1:
            given["token_type_ids"] = torch.tensor(window.token_type_ids)[None]
        with torch.inference_mode():
            whole = made.exact.module(**given, output_hidden_states=True)
        assert len(whole.hidden_states) == len(ours) == made.model.num_layers + 1
        for mine, theirs in zip(ours, whole.hidden_states, strict=True):
            assert relative_difference(mine, theirs[0]) < TOLERANCE
        wanted = [whole.start_logits, whole.end_logits] if made.task == READER else [whole.logits]
        for mine, theirs in zip(own if made.task == READER else [own], wanted, strict=True):
            assert relative_difference(mine, theirs[0]) < TOLERANCE


@pytest.mark.parametrize(
    ("traversal", "target"), [("cuts", "probability"), ("all_layers", "probability"), ("all_layers", "logit")]
)
def test_integrated_gradients_at_every_layer(
    made: Any, examples: Sequence[Any], traversal: Any, target: str
) -> None:
    results = bf.integrated_gradients(
        made.model,
        examples,
        layer="all",
        target=target,
        method=RULE[0],
        n_steps=RULE[1],
        keep_values=True,
        traversal=traversal,
        internal_batch_size=64,  # the examples share padded batches
    )
    for result, window in zip(results, windows_of(made, examples), strict=True):
        states = made.exact.hidden_states(window.input_ids[None], window.token_type_ids[None])
        assert result.layers == tuple(range(-1, made.model.num_layers))
        for layer, got in result.items():
            hidden = states[layer + 1][0]
            wanted = made.exact.integrated_gradients(
                layer,
                hidden,
                torch.zeros_like(hidden),
                *_core.quadrature_rule(*RULE),
                target_at(made, got),
            )
            assert relative_difference(got.values, wanted) < TOLERANCE
            assert relative_difference(got.scores, np.linalg.norm(wanted, axis=-1)) < TOLERANCE


def test_plain_gradients(made: Any, examples: Sequence[Any]) -> None:
    wide = made.model.embedding_size > made.model.hidden_size
    for kind in ("sensitivity", "input_x_gradient", "one_hot"):
        keep = not (kind == "one_hot" and wide)
        results = bf.gradients(made.model, examples, kind, target="probability", keep_values=keep)
        for got, window in zip(results, windows_of(made, examples), strict=True):
            exact = made.exact.word_gradients(window.input_ids, window.token_type_ids, target_at(made, got))
            vectors = {
                "sensitivity": exact.of_embedded,
                "input_x_gradient": exact.of_embedded * exact.embedded,
                "one_hot": exact.of_hot,
            }[kind]
            scores = np.linalg.norm(vectors, axis=-1)
            signed = (vectors * exact.hot if kind == "one_hot" else vectors).sum(-1)
            assert relative_difference(got.scores, scores) < TOLERANCE
            assert np.abs(got.signed - signed).max() < 10 * TOLERANCE * np.abs(scores).max()
            if kind == "one_hot" and keep:
                # Of [T, E]: through the table it gives the gradient of the one-hot ids.
                table = made.exact.module.get_input_embeddings().weight.numpy()
                assert relative_difference(got.values @ table.T, vectors) < TOLERANCE
            elif keep:
                assert relative_difference(got.values, vectors) < TOLERANCE


def test_vectors_that_do_not_fit_are_refused(family_model: Callable[..., Any]) -> None:
    made = family_model("electra", CLASSIFIER, embedding_size=30, hidden_act="swish")
    with pytest.raises(ValueError, match="keep_values: got True for one_hot of a model"):
        bf.gradients(made.model, bf.TextExample("ada wrote it"), "one_hot", keep_values=True)


@pytest.mark.parametrize("name", ["hidden_states", "gradient_one_hot"])
def test_without_kernels_the_graphs_are_the_same(
    made: Any, examples: Sequence[Any], environment: _core.Environment, name: str
) -> None:
    """As other devices run them: functions of plain operators in place of the engine's own."""
    folder, [window] = made.model.folder, windows_of(made, examples)[:1]
    entries = [(t.name, t.dtype, list(t.shape), t.offset, t.nbytes) for t in read_manifest(folder).tensors]
    weights = _core.WeightFile(environment, folder / "weights.bin", entries)
    ones = np.ones((1, len(window.tokens)), dtype=np.float32)
    feeds: dict[str, np.ndarray] = {
        "input_ids": window.input_ids[None],
        "token_type_ids": window.token_type_ids[None],
        "attention_mask": ones,
    }
    if name != "hidden_states":
        kind = ["span_start", "span_end", "span_sign"] if made.task == READER else ["label", "label_sign"]
        feeds |= {
            each: np.ones((1, 1), dtype=np.float32 if each.endswith("sign") else np.int64) for each in kind
        }
        feeds |= {"softmax_mask": ones} if made.task == READER else {}
        feeds |= {"target_mix": target_mix("probability", made.task), "reselect": np.array([False])}
    path = folder / f"{name}.onnx"
    kernels, plain = (
        _core.Session(environment, path, weights, fused_operators=fused).run(feeds) for fused in (True, False)
    )
    assert set(kernels) == set(plain)
    for each, array in kernels.items():
        assert relative_difference(array, plain[each]) < TOLERANCE, each


_WITHOUT_TORCH = """
import json, sys
import bertqa_fast as bf
for folder in sys.argv[1:]:
    with bf.load(folder) as model:
        if model.task == "question-answering":
            example = bf.QAExample("who wrote it?", "ada wrote it.")
            bf.integrated_gradients(model, example, layer="all", n_steps=3)
        else:
            bf.gradients(model, bf.TextExample("ada wrote it."))
print(json.dumps(sorted({"torch", "transformers", "onnx"} & set(sys.modules))))
"""


def test_exports_need_no_torch(run_python: Callable[..., Any], family_model: Callable[..., Any]) -> None:
    folders = [family_model(family, head).model.folder for family, head in CASES]
    imported = run_python(_WITHOUT_TORCH, *folders)
    assert "torch" not in imported
    assert "onnx" not in imported
