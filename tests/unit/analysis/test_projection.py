"""Maps of tokens: categories by hand, layouts by scikit-learn itself, figures by what they hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from bertqa_fast.analysis import projection
from bertqa_fast.analysis.analysis import CannotAnalyzeError, Result
from bertqa_fast.analysis.files import write_result
from bertqa_fast.analysis.projection import categories, draw, layout, projections
from bertqa_fast.runs.reader import Run, embedding_path

MakeRun = Callable[..., Run]
Write = Callable[..., Any]

QUESTION, CONTEXT = "what cost 7 $", "she left . the $ 7 ship sailed home today . bye"
COUNT = len(QUESTION.split()) + len(CONTEXT.split()) + 3
LAYERS, HIDDEN = 2, 4


def states_of(example: int, tokens: int = COUNT) -> np.ndarray:
    return np.random.default_rng(example).normal(size=(LAYERS + 1, tokens, HIDDEN)).astype(np.float32)


@pytest.fixture
def kept(make_run: MakeRun, written: Write) -> Callable[..., Run]:
    """Make a run of ``examples`` questions, the first ``states`` of them with hidden states."""

    def make(examples: int, states: int, tokens: int = COUNT) -> Run:
        window = written(QUESTION, CONTEXT, [np.ones(COUNT)], answer=(6, 7))
        run = make_run(*[window] * examples, per_part=16)
        for example in range(states):
            path = embedding_path(run.folder, example)
            path.parent.mkdir(exist_ok=True)
            np.savez(path, hidden_states=states_of(example, tokens), window=np.int32(0))
        return run

    return make


def test_categories(kept: Callable[..., Run]) -> None:
    scored = next(kept(1, 1).scored())
    wanted = "special question question question question special other other other context context context "
    wanted += "answer answer context context other other special"
    assert categories(scored) == wanted.split()
    # The published code leaves out "today", the last token before the full stop.
    before = wanted.split()
    before[15] = "other"
    assert categories(scored, "reference") == before


def test_no_answer(make_run: MakeRun, written: Write) -> None:
    run = make_run(written("who", "ada .", [np.ones(6)], answer=(-3, -3)))
    assert categories(next(run.scored())) == ["special", "question", "special", "other", "other", "special"]


@pytest.mark.parametrize(("start", "rate"), [("pca", "auto"), ("random", 200.0)])
def test_layouts_are_scikit_learns(start: str, rate: Any) -> None:
    states = np.random.default_rng(3).normal(size=(50, 8)).astype(np.float32)
    tsne = TSNE(n_components=2, perplexity=40, random_state=0, init=start, learning_rate=rate)
    with threadpool_limits(1):
        wanted = tsne.fit_transform(states)
    places, used, divergence = layout(states, 40.0, start)
    assert used == 40
    assert divergence == pytest.approx(tsne.kl_divergence_, rel=1e-4)
    np.testing.assert_allclose(places, wanted, rtol=1e-3, atol=1e-3)


def test_few_tokens_have_a_smaller_perplexity() -> None:
    states = np.random.default_rng(3).normal(size=(41, 8)).astype(np.float32)
    assert layout(states, 40.0)[1] == 40
    assert layout(states[:40], 40.0)[1] == 13
    assert np.isfinite(layout(states[:5], 40.0)[0]).all()


def test_tables(kept: Callable[..., Run]) -> None:
    run = kept(3, 2)
    result = projections(run, perplexity=5)
    assert result.examples == 2
    table = result.table("tsne")
    assert len(table) == 2 * (LAYERS + 1) * COUNT
    part = table.where(question=1, layer=0)
    wanted, _, divergence = layout(states_of(1)[1], 5)
    np.testing.assert_allclose(np.stack([part.column("x"), part.column("y")], axis=1), wanted)
    scored = list(run.scored())[1]
    assert part.column("token") == scored.tokens
    assert part.column("category") == categories(scored)
    fit = result.table("tsne_fits").where(question=1, layer=0).rows
    assert fit == ((1, 1, None, 0, COUNT, 5, divergence),)
    assert len(result.notes) == 1


def test_notes_say_where_the_perplexity_is_smaller(kept: Callable[..., Run]) -> None:
    result = projections(kept(1, 1))
    assert set(result.table("tsne_fits").column("perplexity")) == {(COUNT - 1) / 3}
    assert result.notes[1] == "There are too few tokens for a perplexity of 40: 6.0 for question 0."


@pytest.fixture
def _first_two_dimensions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the first two dimensions in place of t-SNE, which takes its time."""
    monkeypatch.setattr(projection, "layout", lambda states, perplexity, *_: (states[:, :2], perplexity, 0.0))


@pytest.mark.usefixtures("_first_two_dimensions")
@pytest.mark.parametrize(
    ("states", "options", "wanted"),
    [
        (6, {"first": 3, "count": 2}, [3, 4]),
        (5, {"first": 3, "count": 2}, [3, 4]),
        (4, {"first": 3, "count": 2}, [0, 1]),  # not as many: the first ones
        (1, {"first": 3, "count": 2}, [0]),
        (6, {"first": 3, "count": 2, "limit": 4}, [0, 1]),
    ],
)
def test_which_questions(
    kept: Callable[..., Run], states: int, options: dict[str, int], wanted: list[int]
) -> None:
    result = projections(kept(6, states), perplexity=5, **options)  # type: ignore[arg-type]
    assert list(dict.fromkeys(result.table("tsne").column("question"))) == wanted


@pytest.fixture
def result(kept: Callable[..., Run], _first_two_dimensions: None) -> Result:
    return projections(kept(1, 1), perplexity=5, single=True)


def drawn(figure: Figure, panel: int = 0) -> dict[str, Any]:
    return {each.get_label(): each for each in figure.axes[panel].collections}


def test_a_figure_for_every_layer(result: Result) -> None:
    figures = draw(result)
    layers = [f"tsne_qn_0_layer_{tick}" for tick in ("emb", "0", "1")]
    assert list(figures) == ["tsne_qn_0", *layers]
    figure = figures["tsne_qn_0_layer_0"]
    part = result.table("tsne").where(layer=0)
    assert tuple(figure.get_size_inches()) == (8, 8)
    assert figure.axes[0].get_title() == "t-SNE plot for question 0, for layer 0"
    styles = {"answer": ("red", 600), "special": ("black", 250), "question": ("green", 250)}
    styles |= {"context": ("fuchsia", 250), "other": ("lightsteelblue", 50)}
    points = drawn(figure)
    assert points.keys() == styles.keys()
    for category, (colour, size) in styles.items():
        places = part.where(category=category)
        np.testing.assert_allclose(points[category].get_offsets()[:, 0], places.column("x"))
        np.testing.assert_allclose(points[category].get_offsets()[:, 1], places.column("y"))
        assert to_hex(points[category].get_facecolor()[0]) == to_hex(colour)
        assert points[category].get_sizes().tolist() == [size]
    assert sorted(text.get_text() for text in figure.axes[0].texts) == sorted(part.column("token"))


def test_a_grid_over_layers(result: Result) -> None:
    figure = draw(result)["tsne_qn_0"]
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title() for axes in shown] == ["embeddings", "layer 0", "layer 1"]
    for panel, layer in enumerate((-1, 0, 1)):
        part = result.table("tsne").where(layer=layer, category="answer")
        offsets = drawn(figure, panel)["answer"].get_offsets()
        np.testing.assert_allclose(offsets[:, 1], part.column("y"))
    assert "bye" not in [text.get_text() for text in figure.axes[0].texts]  # the rest goes without text


@pytest.mark.usefixtures("_first_two_dimensions")
def test_only_the_grid_by_default(kept: Callable[..., Run]) -> None:
    assert list(draw(projections(kept(1, 1), perplexity=5))) == ["tsne_qn_0"]


def test_dollar_signs_are_no_formulas(result: Result, tmp_path: Path) -> None:
    """Two of them on one map are written to both formats."""
    figures = draw(result)
    write_result(
        result, {name: figures[name] for name in ("tsne_qn_0", "tsne_qn_0_layer_0")}, tmp_path, "0" * 64
    )
    assert (tmp_path / "tsne_qn_0.svg").read_text().count(">$<") == 2 * (LAYERS + 1)


def test_refusals(kept: Callable[..., Run]) -> None:
    run = kept(2, 0)
    with pytest.raises(CannotAnalyzeError, match=r"tsne needs hidden states.*--embeddings N"):
        projections(run)
    for option, value, wanted in [
        ("first", -1, "first must be 0 or more, got -1"),
        ("count", 0, "count must be 1 or more, got 0"),
        ("perplexity", 0.0, "perplexity must be positive, got 0"),
        ("start", "zero", "start must be one of pca, random, got 'zero'"),
        ("context", "page", "context must be one of sentence, reference, got 'page'"),
    ]:
        with pytest.raises(ValueError, match=wanted):
            projections(run, **{option: value})  # type: ignore[arg-type]


def test_joined_windows_have_no_hidden_states(kept: Callable[..., Run]) -> None:
    with pytest.raises(CannotAnalyzeError, match="without --windows merge"):
        projections(kept(2, 2, tokens=COUNT - 1))
