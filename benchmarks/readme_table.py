"""Write the README's tables, of measurements and of model families, from the JSON files in ``results/``.

python benchmarks/readme_table.py            # rewrites the parts between the markers
python benchmarks/readme_table.py --check    # ends with status 1 where the README says something else
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
README = HERE.parent / "README.md"
MEASURED = (
    "<!-- measured: written by benchmarks/readme_table.py -->\n",
    "<!-- /measured -->\n",
)
OF_FAMILIES = (
    "<!-- families: written by benchmarks/readme_table.py -->\n",
    "<!-- /families -->\n",
)
FAMILY_RESULTS = ("families",)  # files in results/ with rows of model families


def read(name: str) -> dict[str, Any] | None:
    """Return a benchmark's last result, or None where it has not been kept."""
    path = HERE / "results" / f"{name}.json"
    found = json.loads(path.read_text()) if path.is_file() else None
    assert not (found and found.get("quick")), f"{path}: a run with --quick is no measurement"
    return found


Row = tuple[str, str, str]
Result = dict[str, Any]


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def accuracy(found: Result) -> Iterator[Row]:
    worst = max(found["random_readers"].values())
    yield (
        "integrated gradients against float64 autograd over the same nodes: largest relative "
        "difference (Frobenius), random readers, every layer, target and baseline, mixed lengths",
        f"{worst:.1e}",
        "accuracy.py",
    )
    if real := found.get("real_questions"):
        yield (
            f"the same, MiniLM reader, {real['autograd_questions']} SQuAD question(s), every layer",
            f"{real['worst_difference_from_float64']:.1e}",
            "accuracy.py",
        )
        yield (
            f"completeness gap over max(change of the target, 0.1): largest, {real['questions']} "
            f"SQuAD questions, every layer, {real['nodes']} Gauss-Legendre nodes",
            f"{real['worst_gap']:.1e}",
            "accuracy.py",
        )


def tolerance(found: Result) -> Iterator[Row]:
    about = f"`tol={found['tol']:g}`, {found['questions']} SQuAD questions at {found['layers']} layers"
    yield (
        f"true relative L1 error of the token scores, {about}: median; 95th percentile; worst",
        "; ".join(f"{100 * found[name]:.2f} %" for name in ("median", "percentile_95", "worst")),
        "tolerance.py",
    )
    yield (
        "the same: share of cases under 1 %; under 3 %",
        f"{percent(found['share_under_1_percent'])}; {percent(found['share_under_3_percent'])}",
        "tolerance.py",
    )
    yield "the same: gradient evaluations, mean", f"{found['mean_evaluations']:.1f}", "tolerance.py"


def peers(found: Result) -> Iterator[Row]:
    if "errors" in found:
        about = "at equal true error (95 % of cases under 1 %), MiniLM reader, SQuAD questions"
    else:
        about = "at equal nodes, BERT-base's sizes"
    seconds, slower = found["seconds_per_question"], found["times_slower_than_ours"]
    yield f"every layer, seconds a question, {about}", f"{seconds['ours']['median']:.2f}", "peers.py"
    for name, what in (
        ("captum_suffix", "Captum `IntegratedGradients` over the layers above"),
        ("torch_loop", "a hand-written PyTorch loop"),
        ("captum_layer", "Captum `LayerIntegratedGradients`"),
    ):
        ratio = slower[name]
        figure = f"{ratio['median']:.2f} ({ratio['min']:.2f} to {ratio['max']:.2f})"
        yield f"the same: times slower is {what}, {found['timed_questions']} questions", figure, "peers.py"


def efficiency(found: Result) -> Iterator[Row]:
    products = found["sgemm_gflops"]
    yield (
        "rate of an attribution's matrix products, BERT-base's sizes, over that of SGEMM at "
        f"{products['size']}³: the better of `torch.mm` and the runtime's MatMul, in GFLOP/s",
        f"{percent(found['share_of_sgemm'])} of {products['torch_mm']['median']:.0f} and "
        f"{products['runtime_matmul']['median']:.0f}",
        "efficiency.py",
    )


def precision(found: Result) -> Iterator[Row]:
    if "skipped" in found:
        return
    faster, real = found["base"]["times_faster"], found["real"]
    for name in ("bf16x3", "bf16"):
        ratio = faster[name]
        yield (
            f'`precision="{name}"` on AMX, every layer, BERT-base\'s sizes: times faster than fp32',
            f"{ratio['median']:.2f} ({ratio['min']:.2f} to {ratio['max']:.2f})",
            "precision.py",
        )
        if name in real:
            differences = real[name]["difference"]
            yield (
                f"the same: L1 difference of the scores from fp32's, {real['questions']} SQuAD questions, "
                "every layer: median; 90th percentile; worst",
                "; ".join(f"{100 * differences[of]:.2g} %" for of in ("median", "percentile_90", "worst")),
                "precision.py",
            )


def overhead(found: Result) -> Iterator[Row]:
    share = f"{100 * found['median']:.2f} %"
    yield (
        f"share of an attribution spent outside runtime calls, {found['layers'] - 1} blocks",
        share,
        "overhead.py",
    )


def memory(found: Result) -> Iterator[Row]:
    budget = f"{found['budget'] >> 20} MiB"
    what = f"peak resident memory, every layer of a 110 M-parameter BERT, activation budget {budget}"
    yield what, f"{found['peak'] / 2**30:.2f} GiB", "memory.py"


def memory_growth(found: Result) -> Iterator[Row]:
    held, budget = found["memory"], f"{found['budget'] >> 20} MiB"
    yield (
        f"peak resident memory above the import, every layer, BERT-base's sizes, {' and '.join(held)} "
        f"question(s) of {found['tokens']} tokens; allowed: 2.2 times the weights + {budget}",
        "; ".join(f"{each['growth'] / 2**30:.2f}" for each in held.values())
        + f"; {found['allowed'] / 2**30:.2f} GiB",
        "memory_growth.py",
    )
    smallest, *others = found["times_the_smallest_size"]
    what = (
        f"time of one question in a call of {', '.join(others)} over that in one of {smallest}, "
        "at the rate that products had in the same seconds; wall clock"
    )
    worst = [
        max(found["times_the_smallest_size"][size][name] for size in others)
        for name in ("gflop_of_torch_mm", "seconds")
    ]
    yield what, "; ".join(f"{ratio:.2f}" for ratio in worst), "memory_growth.py"


def prediction(found: Result) -> Iterator[Row]:
    rates, ratio = found["windows_per_second"], found["times_faster"]
    yield (
        f"prediction, windows a second, {found['windows']} SQuAD dev windows, MiniLM reader: `bf.predict`; a "
        "length-sorted PyTorch loop; ratio",
        f"{rates['ours']['median']:.0f}; {rates['torch_loop']['median']:.0f}; {ratio['median']:.2f}",
        "prediction.py",
    )


def zones(found: Result) -> Iterator[Row]:
    ratio = found["times_faster_by_turn"]
    yield (
        f"grid of {found['cells']} masked attention zones, {found['questions']} SQuAD dev questions, MiniLM "
        "reader: times faster than a decode from the start for every cell, medians (and over chunks of "
        f"{found['questions_of_a_turn']} questions)",
        f"{found['times_faster']:.2f} ({ratio['min']:.2f} to {ratio['max']:.2f})",
        "zones.py",
    )


def gradients(found: Result) -> Iterator[Row]:
    faster = {size: each["times_faster_by_turn"] for size, each in found["same_batches"].items()}
    yield (
        f"one gradient (sensitivity) for each of {found['sentences']:,} SST-5 sentences, MiniLM's encoder: "
        f"times faster than a PyTorch loop over the same batches, {'; '.join(faster)} sentences in a batch",
        "; ".join(
            f"{ratio['median']:.2f} ({ratio['min']:.2f} to {ratio['max']:.2f})" for ratio in faster.values()
        ),
        "gradients.py",
    )


def loading(found: Result) -> Iterator[Row]:
    total = found["seconds"]["total"]["median"]
    yield "from `bf.load` of a cached export to the first attribution", f"{total:.2f} s", "loading.py"


def finetune_parity(found: Result) -> Iterator[Row]:
    ours, plain = found["bertqa_fast"], found["plain_loop"]
    threads = found["threads"]
    settings = found["settings"] | {"threads": f"{threads} thread{'s' if threads > 1 else ''}"}
    scores = [f"{side['exact_match']:.1f} / {side['f1']:.1f}" for side in (ours, plain)]
    yield (
        f"EM / F1 on {settings['dev_limit']} SQuAD dev questions after {int(settings['limit']):,} "
        f"from MiniLM, {settings['threads']}: `bertqa-fast finetune`; a plain PyTorch loop",
        "; ".join(scores),
        "finetune_parity.py",
    )


def corpus_learning(found: Result) -> Iterator[Row]:
    before, after = found["before"]["all"]["f1"], found["after"]["all"]["f1"]
    what = "F1 on the held-out part of the built-in corpus: MiniLM before and after the demo's training"
    yield what, f"{before:.1f}; {after:.1f}", "corpus_learning.py"


# The table's order: a result file's name, and what makes its rows.
MAKERS: dict[str, Callable[[Result], Iterator[Row]]] = {
    "accuracy": accuracy,
    "tolerance": tolerance,
    "peers": peers,
    "peers_base": peers,
    "efficiency": efficiency,
    "precision": precision,
    "overhead": overhead,
    "memory": memory,
    "memory_growth": memory_growth,
    "prediction": prediction,
    "zones": zones,
    "gradients": gradients,
    "loading": loading,
    "finetune_parity": finetune_parity,
    "corpus_learning": corpus_learning,
}


def families() -> str:
    """Return the table of model families, of every kept result that has such rows."""
    kept = [found for name in FAMILY_RESULTS if (found := read(name))]
    shown = {
        "states_and_logits": "states, logits",
        "integrated_gradients": "integrated gradients",
        "plain_gradients": "plain gradients",
        "relevance": "relevance",
        "zones": "zones",
    }
    head = ["`model_type`", "architectures", "published with", *shown.values()]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in (row for found in kept for row in found["rows"]):
        names = ", ".join(f"`{name}`" for name in row["architectures"])
        figures = [f"{row[name]:.1e}" if name in row else "" for name in shown]
        lines.append(f"| `{row['family']}` | {names} | {row['tokenizer']} | {' | '.join(figures)} |")
    return "\n".join(lines) + "\n"


def rows() -> list[Row]:
    """Return what was measured, the figure, and the script that measures it, of every kept result."""
    return [row for name, make in MAKERS.items() if (found := read(name)) for row in make(found)]


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
        f"{machine['processor']} ({features}), {machine['cores']} cores and as many threads unless a row "
        "says otherwise, Python "
        f"{machine['python']}, {about}.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    text = new = README.read_text()
    for (begin, end), make in ((MEASURED, table), (OF_FAMILIES, families)):
        head, rest = new.split(begin)
        _, tail = rest.split(end)
        new = f"{head}{begin}\n{make()}\n{end}{tail}"
    if options.check:
        sys.exit(0 if new == text else "README.md differs from benchmarks/results: run this script")
    README.write_text(new)


if __name__ == "__main__":
    main()
