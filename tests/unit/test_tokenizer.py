"""The tokenizer without transformers says what the one with it says; where it could not, it is not used."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bertqa_fast as bf
from bertqa_fast.data.windows import make_windows
from bertqa_fast.tokenizer import PlainTokenizer, backend_of, load_tokenizer, plain_tokens

EXAMPLE = bf.QAExample("who wrote it?", "it was written by ada in paris.", answers=("ada",))


def saved(tokenizer: Any, folder: Path) -> Path:
    tokenizer.save_pretrained(folder)
    return folder


def plain(folder: Path) -> PlainTokenizer:
    tokens = plain_tokens(folder)
    assert tokens is not None
    return PlainTokenizer.read(folder, tokens)


@pytest.fixture(
    scope="module", params=["lower case", "cased", "accents kept", "tokens added", "cut and padded"]
)
def pair(
    request: pytest.FixtureRequest, tiny_tokenizer_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, PlainTokenizer]:
    """Give a tokenizer of transformers, and the same without it."""
    from tokenizers import AddedToken
    from transformers import AutoTokenizer

    settings = {"cased": {"do_lower_case": False}, "accents kept": {"strip_accents": False}}
    source = AutoTokenizer.from_pretrained(str(tiny_tokenizer_folder), **settings.get(request.param, {}))
    if request.param == "tokens added":
        source.add_tokens(["Zebra", AddedToken("<b>", lstrip=True, rstrip=True, normalized=False)])
        source.add_special_tokens({"extra_special_tokens": ["[Q]"]})
    if request.param == "cut and padded":
        source.backend_tokenizer.enable_truncation(max_length=5)
        source.backend_tokenizer.enable_padding(length=9)
    folder = saved(source, tmp_path_factory.mktemp("saved"))
    return AutoTokenizer.from_pretrained(str(folder)), plain(folder)


PIECES = [
    "who",
    "Ada",
    "zebra",
    "Zebra",
    " <b> ",
    "[SEP]",
    "[Q]",
    "[MASK]",
    "é",
    "e\u0301",
    "船",
    "İ",
    "\u200b",
    "\t",
]
TEXTS = st.lists(st.sampled_from([*PIECES, " ", "."]) | st.text(max_size=4), max_size=8).map("".join)


@given(TEXTS, TEXTS)
def test_it_says_what_transformers_says(
    pair: tuple[Any, PlainTokenizer], question: str, context: str
) -> None:
    full, plain_one = pair
    question, context = f"a{question}", f"a{context}"
    [window] = make_windows(plain_one, [bf.QAExample(question, context)])
    wanted = full(
        question, context, truncation=False, padding=False, return_offsets_mapping=True, verbose=False
    )
    assert window.input_ids.tolist() == wanted["input_ids"]
    assert window.tokens == full.convert_ids_to_tokens(wanted["input_ids"])
    assert window.token_type_ids.tolist() == wanted["token_type_ids"]
    assert window.offsets.tolist() == [list(ends) for ends in wanted["offset_mapping"]]
    assert window.segment.tolist() == [-1 if s is None else s for s in wanted.sequence_ids(0)]
    assert window.word_ids.tolist() == [-1 if w is None else w for w in wanted.word_ids(0)]


def test_the_tokens_of_baselines(pair: tuple[Any, PlainTokenizer]) -> None:
    full, plain_one = pair
    assert plain_one.pad_token_id == full.pad_token_id == 0
    assert plain_one.mask_token_id == full.mask_token_id == 4


def test_a_tokenizer_without_a_mask(tiny_tokenizer_folder: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(tiny_tokenizer_folder))
    tokenizer.mask_token = None
    assert plain_tokens(saved(tokenizer, tmp_path)) == {"pad": 0, "mask": None}


def own_normalizer(folder: Path) -> Any:
    """Change what transformers, reading the folder again, makes as its class says."""
    from tokenizers import normalizers
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.backend_tokenizer.normalizer = normalizers.Replace("ada", "paris")
    return tokenizer


def split_specials(folder: Path) -> Any:
    """Set what is not in the tokenizer's file."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, split_special_tokens=True)


@pytest.mark.parametrize("make", [own_normalizer, split_specials])
def test_where_transformers_reads_otherwise_it_is_used(
    random_reader: Any, tmp_path: Path, make: Callable[[Path], Any]
) -> None:
    from transformers import AutoTokenizer

    source = random_reader().folder
    tokenizer = make(source)
    assert plain_tokens(saved(tokenizer, tmp_path / "tokenizer")) is None
    with bf.load(source, cache_dir=tmp_path / "cache", tokenizer=tokenizer) as model:
        assert model.window_tokenizer is model.tokenizer
        example = bf.QAExample("who?", "ada [SEP] paris")
        [window] = make_windows(model.window_tokenizer, [example])
        wanted = AutoTokenizer.from_pretrained(tmp_path / "tokenizer")(example.question, example.context)
        assert window.input_ids.tolist() == wanted["input_ids"]


def test_a_vocabulary_alone_is_read_by_transformers(tiny_tokenizer_folder: Path) -> None:
    assert [p.name for p in tiny_tokenizer_folder.glob("*.json")] == ["tokenizer_config.json"]
    assert plain_tokens(tiny_tokenizer_folder) is None


def test_what_a_user_changes_in_the_tokenizer_is_heeded(random_reader: Any, tmp_path: Path) -> None:
    source = random_reader().folder
    with bf.load(source, cache_dir=tmp_path) as model:
        assert isinstance(model.window_tokenizer, PlainTokenizer)
        before = bf.predict(model, EXAMPLE)
        assert model.tokenizer is model.window_tokenizer
        assert bf.predict(model, EXAMPLE) == before
        model.tokenizer.add_tokens(["written by"])
        [window] = make_windows(model.window_tokenizer, [EXAMPLE])
        assert "written by" in window.tokens


def test_what_is_asked_of_a_call_does_not_stay(pair: tuple[Any, PlainTokenizer]) -> None:
    full, plain_one = pair
    example = bf.QAExample("who?", "ada [SEP] paris")
    wanted = make_windows(plain_one, [example])[0].tokens
    full(example.context, split_special_tokens=True, truncation=True, max_length=4, padding="max_length")
    assert make_windows(full, [example])[0].tokens == wanted


def test_byte_level_files_of_old(tokenizer_folder: Callable[[str], Path], tmp_path: Path) -> None:
    """A vocabulary and merges in files of their own say what tokenizer.json says."""
    folder = tokenizer_folder("byte-level")
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    (tmp_path / "vocab.json").write_text(json.dumps(model["vocab"]))
    merges = [" ".join(pair) for pair in model["merges"]]
    (tmp_path / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n")
    shutil.copy(folder / "tokenizer_config.json", tmp_path)
    example = bf.QAExample("Who sailed?", "Ada's ship  left, naïve\n")
    first, second = (make_windows(load_tokenizer(source), [example])[0] for source in (folder, tmp_path))
    assert first.tokens == second.tokens
    assert first.input_ids.tolist() == second.input_ids.tolist()


def test_a_sentencepiece_model_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spiece.model").write_bytes(b"")
    monkeypatch.setattr("bertqa_fast.tokenizer.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'bertqa_fast\[sentencepiece\]'"):
        load_tokenizer(tmp_path)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ValueError, match="source: no tokenizer could be read from"):
        PlainTokenizer.read(tmp_path, {"pad": None, "mask": None})
    with pytest.raises(TypeError, match="tokenizer must be a fast one"):
        backend_of(json)


def test_a_manifest_may_say_that_only_transformers_will_do(random_reader: Any, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(random_reader().model.folder, tmp_path / "export"))
    data = json.loads((folder / "manifest.json").read_text())
    assert data["tokenizer"] == {"pad": 0, "mask": 4}
    (folder / "manifest.json").write_text(json.dumps(data | {"tokenizer": None}))
    with bf.load(folder) as model:
        assert bf.predict(model, EXAMPLE) == bf.predict(random_reader().model, EXAMPLE)
        assert model.window_tokenizer is model.tokenizer
