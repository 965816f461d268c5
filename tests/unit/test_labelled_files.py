"""Files of labelled texts: lines ``label text``, and tables."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bertqa_fast.data.examples import TextExample
from bertqa_fast.data.labelled import read_sst, read_tsv

SHARED = Path(__file__).parents[3] / "shared" / "data"
COUNTS = {
    "sst2": {"train": 6920, "dev": 872, "test": 1821},
    "sst5": {"train": 8544, "dev": 1101, "test": 2210},
    "chnsenticorp": {"train": 9600, "dev": 1200, "test": 1200},
}


def written(folder: Path, content: str, name: str) -> Path:
    path = folder / name
    raw = content.encode()
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return path


@pytest.mark.parametrize("name", ["train.txt", "train.txt.gz"])
def test_sst_lines(tmp_path: Path, name: str) -> None:
    lines = "\ufeff3 a  fine film .\r\n\r\n0 no\u2028line \n"
    assert read_sst(written(tmp_path, lines, name)) == [
        TextExample("a  fine film .", label=3, id="0"),
        TextExample("no\u2028line", label=0, id="2"),
    ]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("3 fine\nfine 3\n", "line 2: found 'fine 3', wanted lines 'label text'"),
        ("3 fine\n\n3\n", "line 3: found '3'"),
        ("03 fine\n", "line 1: found '03 fine'"),
        ("\n \n", "found no texts"),
    ],
)
def test_sst_says_what_is_wrong(tmp_path: Path, lines: str, found: str) -> None:
    with pytest.raises(ValueError, match=r"train\.txt: " + found):
        read_sst(written(tmp_path, lines, "train.txt"))


@pytest.mark.parametrize("name", ["a.tsv", "a.TSV.gz"])
def test_a_table_of_tabs_takes_quotes_as_they_stand(tmp_path: Path, name: str) -> None:
    """As QNLI has it: an unpaired quote must not swallow the rows that follow."""
    path = written(tmp_path, 'label\ttext_a\n1\t"so, it said\n0\t a " b \n\n', name)
    assert read_tsv(path, text="text_a") == [
        TextExample('"so, it said', label=1, id="0"),
        TextExample(' a " b ', label=0, id="1"),
    ]


def test_a_table_of_commas_has_quoted_fields(tmp_path: Path) -> None:
    path = written(tmp_path, 'n,review,sentiment\r\nx,"a, ""b""\nc",pos\r\ny,"d",1\r\n', "imdb.csv")
    assert read_tsv(path, text="review", label="sentiment", id="n") == [
        TextExample('a, "b"\nc', label="pos", id="x"),
        TextExample("d", label="1", id="y"),  # one label is a name, so all are
    ]


def test_pairs_other_delimiters_and_no_labels(tmp_path: Path) -> None:
    path = written(tmp_path, "q;s;label\nwho?;ada;-1\n", "qnli.txt")
    assert read_tsv(path, text="q", text_pair="s", delimiter=";") == [TextExample("who?", "ada", -1, "0")]
    assert read_tsv(path, text="s", label=None, delimiter=";") == [TextExample("ada", id="0")]


@pytest.mark.parametrize(
    ("content", "options", "found"),
    [
        ("", {}, "found nothing, wanted a header"),
        ("label,text\n", {}, "found a header and no rows"),
        (
            "label,text\n1,a\n",
            {"text": "sentence"},
            r"text: found the column 'sentence' not among \['label', ",
        ),
        ("label,text\n1,a\n", {"text_pair": "b"}, "text_pair: found the column 'b' not among"),
        ("label,label,text\n1,2,a\n", {}, "label: found the column 'label' twice"),
        ("label,text\n1,a\n1,a,b\n", {}, r"line 3: found 3 fields, wanted 2: \['label', 'text'\]"),
        ("label,text\n1,a\n\n1\n", {}, "line 4: found 1 fields"),
        ("label,text\n1,a\n1, \n", {}, "line 3: text must hold some text"),
        ("label,text\n ,a\n", {}, "line 2: found a blank 'label', wanted a label"),
        ('label,text\n1,"a" b\n', {}, "line 2: wanted a row of a table"),
        ('label,text\n1,"a\nb\n', {}, "line 3: wanted a row of a table"),
    ],
)
def test_a_table_says_what_is_wrong(
    tmp_path: Path, content: str, options: dict[str, Any], found: str
) -> None:
    with pytest.raises(ValueError, match=r"t\.csv: " + found):
        read_tsv(written(tmp_path, content, "t.csv"), **options)


def test_a_delimiter_must_be_known(tmp_path: Path) -> None:
    path = written(tmp_path, "label,text\n1,a\n", "t.txt")
    with pytest.raises(ValueError, match=r"delimiter must be given where the name does not end in \.tsv"):
        read_tsv(path)
    for wrong in ("", ",,", '"', "\n"):
        with pytest.raises(ValueError, match="delimiter must be one character"):
            read_tsv(path, delimiter=wrong)


def test_files_that_are_no_text_are_named(tmp_path: Path) -> None:
    damaged = tmp_path / "t.tsv.gz"
    damaged.write_bytes(gzip.compress(b"label\ttext\n1\ta\n")[:-9])
    with pytest.raises(ValueError, match=r"t\.tsv\.gz: wanted a gzipped text file"):
        read_tsv(damaged)
    (tmp_path / "t.csv").write_bytes("label,text\n1,é".encode("latin-1"))
    with pytest.raises(ValueError, match=r"t\.csv: wanted text in UTF-8"):
        read_tsv(tmp_path / "t.csv")
    with pytest.raises(FileNotFoundError):
        read_tsv(tmp_path / "absent.csv")


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(
    lambda text: bool(text.strip())
)


@given(rows=st.lists(st.tuples(TEXTS, st.integers(-3, 9)), min_size=1, max_size=5))
def test_what_the_standard_library_writes_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int]]
) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([("text", "label"), *rows])
    path = written(tmp_path_factory.mktemp("csv"), file.getvalue(), "t.csv")
    assert [(found.text, found.label) for found in read_tsv(path)] == rows


@pytest.mark.parametrize(("name", "part"), [(name, part) for name in COUNTS for part in COUNTS[name]])
def test_the_data_sets_are_read_whole(name: str, part: str) -> None:
    suffix = "tsv" if name == "chnsenticorp" else "txt"
    path = SHARED / name / f"{part}.{suffix}.gz"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    examples = read_tsv(path, text="text_a") if suffix == "tsv" else read_sst(path)
    assert len(examples) == COUNTS[name][part]
    assert {example.label for example in examples} == set(range(5 if name == "sst5" else 2))
