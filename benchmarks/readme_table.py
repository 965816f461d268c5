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


def read(name: str) -> dict[str, Any] | None:
    """Return a benchmark's last result, or None where it has not been kept."""
    path = HERE / "results" / f"{name}.json"
    return json.loads(path.read_text()) if path.is_file() else None


def rows() -> list[tuple[str, str, str]]:
    """Return what was measured, the figure, and the script that measures it."""
    found: list[tuple[str, str, str]] = []
    if accuracy := read("accuracy"):
        worst = max(accuracy["random_readers"].values())
        found.append(
            (
                "integrated gradients against float64 autograd over the same nodes: largest relative "
                "difference (Frobenius), random readers, every layer, target and baseline, mixed lengths",
                f"{worst:.1e}",
                "accuracy.py",
            )
        )
        if real := accuracy.get("real_questions"):
            found += [
                (
                    f"the same, MiniLM reader, {real['autograd_questions']} SQuAD question(s), every layer",
                    f"{real['worst_difference_from_float64']:.1e}",
                    "accuracy.py",
                ),
                (
                    f"completeness gap over max(change of the target, 0.1): largest, {real['questions']} "
                    f"SQuAD questions, every layer, {real['nodes']} Gauss-Legendre nodes",
                    f"{real['worst_gap']:.1e}",
                    "accuracy.py",
                ),
            ]
    if overhead := read("overhead"):
        share = f"{100 * overhead['median']:.2f} %"
        what = f"share of an attribution spent outside runtime calls, {overhead['layers'] - 1} blocks"
        found.append((what, share, "overhead.py"))
    if memory := read("memory"):
        budget = f"{memory['budget'] >> 20} MiB"
        what = f"peak resident memory, every layer of a 110 M-parameter BERT, activation budget {budget}"
        found.append((what, f"{memory['peak'] / 2**30:.2f} GiB", "memory.py"))
    if training := read("finetune_parity"):
        ours, plain, settings = training["bertqa_fast"], training["plain_loop"], training["settings"]
        scores = [f"{side['exact_match']:.1f} / {side['f1']:.1f}" for side in (ours, plain)]
        found.append(
            (
                f"EM / F1 on {settings['dev_limit']} SQuAD dev questions after {int(settings['limit']):,} "
                "from MiniLM: `bertqa-fast finetune`; a plain PyTorch loop",
                "; ".join(scores),
                "finetune_parity.py",
            )
        )
    if corpus := read("corpus_learning"):
        before, after = corpus["before"]["all"]["f1"], corpus["after"]["all"]["f1"]
        what = "F1 on the held-out part of the built-in corpus: MiniLM before and after the demo's training"
        found.append((what, f"{before:.1f}; {after:.1f}", "corpus_learning.py"))
    return found


def table() -> str:
    """Return the table and a line on what it was measured with."""
    lines = ["| what | figure | script in `benchmarks/` |", "|---|---|---|"]
    lines += [f"| {what} | {figure} | `{script}` |" for what, figure, script in rows()]
    kept = [data for path in sorted((HERE / "results").glob("*.json")) if (data := read(path.stem))]
    machine = kept[0]["machine"]
    versions = {name: version for data in kept for name, version in data["machine"]["versions"].items()}
    about = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    features = ", ".join(machine["features"])
    lines += [
        "",
        f"{machine['processor']} ({features}), {machine['cores']} cores and as many threads, Python "
        f"{machine['python']}, {about}.",
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
