"""Write the README's table of measurements from the JSON files in ``results/``.

python benchmarks/readme_table.py            # rewrites the part between the markers
python benchmarks/readme_table.py --check    # ends with status 1 where the README says something else
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
README = HERE.parent / "README.md"
BEGIN, END = (
    "<!-- measured: written by benchmarks/readme_table.py -->\n",
    "<!-- /measured -->\n",
)


def read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((HERE / "results" / f"{name}.json").read_text())
    return data


def rows() -> list[tuple[str, str, str]]:
    """Return what was measured, the figure, and the script that measures it."""
    accuracy, overhead, memory, training, corpus = (
        read(name) for name in ("accuracy", "overhead", "memory", "finetune_parity", "corpus_learning")
    )
    random, squad = accuracy["random_readers"], accuracy["real_questions"]
    ours, plain = training["bertqa_fast"], training["plain_loop"]
    settings = training["settings"]
    before, after = corpus["before"]["all"], corpus["after"]["all"]
    return [
        (
            "integrated gradients against float64 autograd over the same nodes, random readers, padding and "
            "mixed lengths: largest relative difference (Frobenius)",
            f"{random['worst']:.1e}",
            "accuracy.py",
        ),
        (
            f"the same on a MiniLM reader and {squad['autograd_questions']} SQuAD questions, every layer",
            f"{squad['worst_difference_from_float64']:.1e}",
            "accuracy.py",
        ),
        (
            f"completeness gap over max(change of the target, 0.1), {squad['questions']} SQuAD questions, "
            f"every layer, {squad['nodes']} Gauss-Legendre nodes: largest",
            f"{squad['worst_gap']:.1e}",
            "accuracy.py",
        ),
        (
            f"share of an attribution spent outside runtime calls, {overhead['layers'] - 1}-layer reader",
            f"{100 * overhead['median']:.1f} %",
            "overhead.py",
        ),
        (
            "peak resident memory, every layer of a 110 M-parameter BERT, activation budget "
            f"{memory['budget'] >> 20} MiB",
            f"{memory['peak'] / 2**30:.2f} GiB",
            "memory.py",
        ),
        (
            f"EM / F1 on {settings['dev_limit']} SQuAD dev questions after {int(settings['limit']):,} "
            "training questions from MiniLM: `bertqa-fast finetune`; a plain PyTorch loop",
            f"{ours['exact_match']:.1f} / {ours['f1']:.1f}; {plain['exact_match']:.1f} / {plain['f1']:.1f}",
            "finetune_parity.py",
        ),
        (
            "F1 on the held-out part of the built-in corpus before and after the demo's fine-tuning",
            f"{before['f1']:.1f}; {after['f1']:.1f}",
            "corpus_learning.py",
        ),
    ]


def table() -> str:
    machine = read("accuracy")["machine"]
    versions = {**machine["versions"], **read("finetune_parity")["machine"]["versions"]}
    lines = ["| what | figure | script in `benchmarks/` |", "|---|---|---|"]
    lines += [f"| {what} | {figure} | `{script}` |" for what, figure, script in rows()]
    about = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    features = ", ".join(machine["features"])
    lines += [
        "",
        f"{machine['processor']} ({features}), {machine['cores']} cores and as many threads, Python "
        f"{machine['python']}, {about}. MiniLM is a contrastively tuned sentence encoder, not a plain masked "
        "language model.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    text = README.read_text()
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    new = f"{head}{BEGIN}\n{table()}\n{END}{tail}"
    if options.check:
        sys.exit(0 if new == text else "README.md differs from benchmarks/results: run this script")
    README.write_text(new)


if __name__ == "__main__":
    main()
