"""A study of a tiny random classifier, end to end, beside PyTorch in float64."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import bertqa_fast as bf
from bertqa_fast.cli.main import app
from bertqa_fast.study import files
from bertqa_fast.study.methods import attribute, parse_methods
from bertqa_fast.study.ranks import rank_pieces
from bertqa_fast.study.run import study_classifier
from bertqa_fast.study.texts import deletable, read_texts

torch = pytest.importorskip("torch")

WORDS = "who wrote it the was written by ada in paris ships sailed from port year when where many how left"
METHODS = ("random", "gs", "gi", "lat", "ig", "ig@0")


@pytest.fixture(scope="module")
def classifier(random_reader: Any) -> Any:
    return random_reader(layers=3, hidden=12, heads=2, intermediate=16, classes=3)


@pytest.fixture(scope="module")
def examples(classifier: Any) -> list[bf.TextExample]:
    """Texts of 4 to 17 words; the model is right about all of them but one."""
    random = np.random.default_rng(2)
    drawn = [
        " ".join(random.choice(WORDS.split(), size=size)) for size in (12, 4, 17, 11, 10, 9, 13, 10, 12, 15)
    ]
    texts = [bf.TextExample(text, id=f"t{n}") for n, text in enumerate(drawn)]
    found = [
        replace(t, label=p.label) for t, p in zip(texts, bf.predict(classifier.model, texts), strict=True)
    ]
    found[3] = replace(found[3], label=(int(found[3].label or 0) + 1) % 3)
    return found


class Exact:
    """The classifier in PyTorch and float64."""

    def __init__(self, folder: Path) -> None:
        from transformers import BertForSequenceClassification

        self.model = BertForSequenceClassification.from_pretrained(
            folder, dtype=torch.float64, attn_implementation="eager"
        ).eval()

    def predict(self, ids: Any) -> int:
        with torch.no_grad():
            return int(self.model(input_ids=torch.tensor([ids.tolist()])).logits[0].argmax())

    def gradient(self, ids: Any, label: int) -> tuple[Any, Any]:
        kept: list[Any] = []

        def keep(_module: Any, _inputs: Any, output: Any) -> None:
            output.retain_grad()
            kept.append(output)

        hook = self.model.bert.embeddings.register_forward_hook(keep)
        self.model(input_ids=torch.tensor([ids.tolist()])).logits[0, label].backward()
        hook.remove()
        return kept[0].detach().numpy()[0], kept[0].grad.numpy()[0]


@pytest.mark.parametrize(("mode", "preset"), [("pad", None), ("remove", None), ("pad", "wu2021")])
def test_deletion_and_words_equal_pytorch(
    classifier: Any, examples: list[bf.TextExample], mode: str, preset: str | None
) -> None:
    study = study_classifier(
        classifier.model, examples, methods="gs,gi", k=6, mode=mode, preset=preset, min_count=3
    )
    assert study.ids == ("t0", "t2", "t4", "t6", "t7", "t8", "t9")  # long enough, and classified right
    exact = Exact(classifier.folder)
    texts = read_texts(classifier.model, examples)
    for m, method in enumerate(("gs", "gi")):
        right, tokens, scores = [], [], []
        for window, gold, predicted in zip(texts.windows, texts.gold, texts.predicted, strict=True):
            e, g = exact.gradient(window.input_ids, 2 if preset else int(predicted))
            norms = np.linalg.norm(g if method == "gs" else g * e, axis=1)
            norms = norms**2 if preset else norms
            own = range(1, len(norms) - 1)
            tokens.append([window.tokens[at] for at in own])
            scores.append(norms[1:-1])
            if predicted != gold:
                continue
            order = sorted(own, key=lambda at: -norms[at])
            row = []
            for k in range(7):
                ids = window.input_ids.copy()
                ids[order[:k]] = 0
                row.append(exact.predict(ids if mode == "pad" else np.delete(ids, order[:k])) == gold)
            right.append(row)
        np.testing.assert_array_equal(study.right[m], right)
        expected = rank_pieces(tokens, scores, 3)
        assert {p.text: p.count for p in study.words[method]} == {p.text: p.count for p in expected}
        means = {p.text: p.mean for p in study.words[method]}
        np.testing.assert_allclose([means[p.text] for p in expected], [p.mean for p in expected], rtol=1e-4)


@pytest.mark.parametrize("preset", [None, "wu2021"])
def test_methods_are_the_package_s_own(
    classifier: Any, examples: list[bf.TextExample], preset: str | None
) -> None:
    model = classifier.model
    label: Any = "predicted" if preset is None else 2
    gradient: dict[str, Any] = {} if preset is None else {"preset": preset}
    expected = {
        "gs": bf.gradients(model, examples, **gradient),
        "gi": bf.gradients(model, examples, "input_x_gradient", **gradient),
        "lat": bf.attention_tracing(model, examples),
        "ig": bf.integrated_gradients(model, examples, "embeddings", target="logit", label=label),
        "ig@1": bf.integrated_gradients(model, examples, 1, target="logit", label=label),
        "lrp": bf.relevance(model, examples, "wu_ong", label=label),
    }
    for method, results in expected.items():
        found = attribute(model, examples, method, preset=preset)
        assert [one.tokens for one in found] == [one.tokens for one in results]
        for one, other in zip(found, results, strict=True):
            np.testing.assert_allclose(one.scores, other.scores, rtol=1e-5, atol=1e-7)
    assert attribute(model, examples[:1], "gs", max_length=8)[0].tokens[-1] == "[SEP]"
    assert len(attribute(model, examples[:1], "gs", max_length=8)[0].tokens) == 8


def test_a_whole_study(classifier: Any, examples: list[bf.TextExample], random_reader: Any) -> None:
    model = classifier.model
    other = random_reader(layers=3, hidden=12, heads=2, intermediate=16, classes=3, seed=1).model
    study = study_classifier(
        model,
        examples,
        methods=("random", "gs", "lrp", "ig@best"),
        k=3,
        draws=2,
        correct_only=False,
        min_count=2,
        validation=examples[:4],
        other_model=other,
    )
    assert study.choice is not None
    best = f"ig@{study.choice.layer}"
    assert study.methods == ("random", "gs", "lrp", best)
    assert study.right.shape == (4, 8, 4)
    assert study.right[:, :, 0].mean(axis=1).tolist() == [7 / 8] * 4  # one is wrong from the start
    assert set(study.words) == {"gs", "lrp", best}
    assert len(study.choice.means) == 2  # at the last block only the first token counts
    for layer, mean in enumerate(study.choice.means):
        single = study_classifier(
            model, examples[:4], methods=(f"ig@{layer}",), k=3, correct_only=False, min_count=2
        )
        assert mean == pytest.approx(100 * single.right[:, :, 1:].mean())
    alone = study_classifier(
        other, [replace(e, label=0) for e in examples], methods="gs", correct_only=False, min_count=2
    )
    assert study.other_words is not None
    assert study.other_words["gs"] == alone.words["gs"]
    assert study.about["counts"] == {"examples": 10, "long_enough": 8, "correct": 7, "deleted_from": 8}
    assert "chosen" in study.summary().column("note")[3]


def test_texts_are_set_aside_for_the_choice(classifier: Any, examples: list[bf.TextExample]) -> None:
    study = study_classifier(
        classifier.model, examples, methods="ig@best", k=2, min_tokens=3, correct_only=False, min_count=1
    )
    assert study.choice is not None
    assert (study.choice.held_out, study.choice.texts, len(study.ids)) == (True, 2, 8)


def test_nothing_comes_through_the_last_block(classifier: Any, examples: list[bf.TextExample]) -> None:
    """The reason why ``ig@<L-1>`` is refused."""
    for result in bf.integrated_gradients(classifier.model, examples[:2], 2, target="logit"):
        assert (result.scores[1:] == 0).all()
        assert result.scores[0] > 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"methods": "gs,shap"}, "methods: got 'shap', wanted some of random, gs, .* ig@0 to ig@1"),
        ({"methods": "ig@2"}, "methods: got 'ig@2'.*only the first token counts"),
        ({"methods": "gs, gs"}, "methods: got 'gs,gs', wanted one or more different"),
        ({"methods": ()}, "methods: got ''"),
        ({"mode": "mask"}, "mode must be one of pad, remove, got 'mask'"),
        ({"preset": "wu"}, "preset: got 'wu', wanted None or one of: wu2021"),
        ({"k": 0}, "k: got 0|k must be"),
        ({"min_tokens": 18}, "examples: none of 10 has 18 tokens"),
        ({"validation": [bf.TextExample("ada", label=0)], "methods": "ig@best"}, "ig@best: .* chosen on"),
    ],
)
def test_bad_arguments_are_named(
    classifier: Any, examples: list[bf.TextExample], settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        study_classifier(classifier.model, examples, **{"methods": "gs", **settings})


def test_texts_without_use_are_refused(
    classifier: Any, examples: list[bf.TextExample], random_reader: Any
) -> None:
    model = classifier.model
    with pytest.raises(ValueError, match="got no label for 't2', wanted one for every text"):
        study_classifier(model, [*examples[:2], replace(examples[2], label=None)], methods="gs")
    with pytest.raises(ValueError, match="label: got 3, wanted"):
        study_classifier(model, [replace(examples[0], label=3)], methods="gs")
    with pytest.raises(ValueError, match=r"none of 1 texts .* is classified right"):
        study_classifier(model, [examples[3]], methods="gs")
    with pytest.raises(ValueError, match="got one for 'question-answering'"):
        study_classifier(random_reader().model, examples, methods="gs")
    with pytest.raises(ValueError, match="other_model: got one of 2 layers"):
        study_classifier(model, examples, methods="ig@best", other_model=random_reader(classes=3).model)


def test_methods_are_named() -> None:
    assert parse_methods("gs, lat,lrp", 3) == ("gs", "lat", "lrp")


def test_deletable_of_a_pair(classifier: Any) -> None:
    texts = read_texts(classifier.model, [bf.TextExample("ada wrote it", "who left", 0)], min_tokens=5)
    assert [texts.windows[0].tokens[at] for at in deletable(texts.windows[0])] == [
        "ada",
        "wrote",
        "it",
        "who",
        "left",
    ]


def test_the_command(
    classifier: Any,
    examples: list[bf.TextExample],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BERTQA_FAST_CACHE", str(classifier.cache))
    monkeypatch.setenv("COLUMNS", "160")
    data, other, folder = tmp_path / "test.txt", tmp_path / "other.txt", tmp_path / "study"
    for path, chosen in ((data, examples), (other, examples[4:])):
        path.write_text("".join(f"{example.label} {example.text}\n" for example in chosen))

    def call(*more: Any, status: int = 0) -> Any:
        arguments = ["study", "--model", classifier.folder, "--data", data, "--output-dir", folder, *more]
        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert done.exit_code == status, f"{done.output}\n{done.exception!r}"
        return done

    names = ["--methods", ",".join(METHODS), "--k", 4, "--draws", 2]
    done = call(*names, "--other-data", other)
    assert "published order: gs = gi = lrp << random = lat; ours: " in " ".join(done.stdout.split())
    assert "less random" in done.stdout
    assert "10 texts, 8 long enough, 7 of these classified right" in done.stderr
    written = sorted(path.name for path in folder.iterdir())
    tables = ("correlation", "deletion", "deletion_texts", "published", "summary", "words")
    stems = [f"{name}.{suffix}" for name in tables for suffix in ("csv", "json")]
    assert written == sorted([*stems, "deletion.png", "deletion.svg", "study.json"])
    about = json.loads((folder / "study.json").read_text())
    assert about["methods"] == list(METHODS)
    assert about["settings"]["k"] == 4
    assert sorted([*about["files"], "study.json"]) == written
    assert "holds a study already" in call(*names, status=1).stderr

    monkeypatch.setattr(files, "figures", lambda _table: {})
    more = ["--overwrite", "--json", "--mode", "remove", "--all", "--preset", "wu2021", "--limit", 9]
    found = json.loads(call("--methods", "gs,lat", "--k", 2, *more).stdout)
    assert found["counts"]["deleted_from"] == 7
    assert len(found["deletion"]["rows"]) == 2 * 3
    assert found["correlation"] is found["layers"] is None
    assert found["files"][-1] == "words.json"
    assert "methods: got 'best'" in call("--methods", "best", "--overwrite", status=1).stderr
    (folder / "study.json").unlink()
    assert "holds something else than a study" in call("--overwrite", status=1).stderr


def test_help_has_an_example() -> None:
    done = CliRunner().invoke(app, ["study", "--help"], env={"COLUMNS": "120", "NO_COLOR": "1"})
    assert "bertqa-fast study --model ./my-classifier" in done.output
