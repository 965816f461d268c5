"""How long is it from a cached export to the first attribution, and where does the time go?

    python benchmarks/loading.py [--model MODEL] [--runs 7]
    python benchmarks/loading.py --quick

Every run is a fresh process that imports the package, loads a model folder whose export is cached, and
attributes one question at every layer with a rule of few nodes, twice. Stages, in seconds:

    import       of bertqa_fast
    load         bf.load, of which `hashing` is spent in checking files against their hashes
    tokenizer    from the export, as attribution needs it
    first        the first attribution
    warm         the second, which finds its sessions made and its weights packed
    sessions     first - warm: graphs loaded, weights packed, tables made
    total        bf.load to the end of the first attribution

Asserts that both attributions are equal. The files are in the system's cache: reading them from a cold disk
is left out, and so is exporting.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from machine import describe_machine
from measure import READER, finish, note, options_parser, spread
from random_reader import base_reader

import bertqa_fast as bf

FIRST = """
import json, sys, time
source, cache, nodes, threads = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
marks = {}
def stage(name, began):
    marks[name] = time.perf_counter() - began
began = time.perf_counter()
import bertqa_fast as bf
stage("import", began)

import hashlib
hashing, digest = 0.0, hashlib.file_digest
def timed(*arguments, **keywords):
    global hashing
    began = time.perf_counter()
    try:
        return digest(*arguments, **keywords)
    finally:
        hashing += time.perf_counter() - began
hashlib.file_digest = timed

start = began = time.perf_counter()
model = bf.load(source, cache_dir=cache, threads=threads or None)
stage("load", began)
marks["hashing"] = hashing
began = time.perf_counter()
model.window_tokenizer
stage("tokenizer", began)
example = bf.QAExample("Who wrote it?", "It was written by Ada in 1843.")
def attribute():
    return bf.integrated_gradients(
        model, example, layer="all", method="gausslegendre", n_steps=nodes, show_progress=False
    )
began = time.perf_counter()
first = attribute()
stage("first", began)
stage("total", start)
began = time.perf_counter()
second = attribute()
stage("warm", began)
marks["sessions"] = marks["first"] - marks["warm"]
for layer, result in first.items():
    assert abs(result.scores - second[layer].scores).max() <= 1e-6 * result.scores.max()
from bertqa_fast.runtime import environment
print(json.dumps({"seconds": marks, "threads": environment().threads}))
"""


def arguments() -> argparse.Namespace:
    parser = options_parser(__doc__)
    parser.add_argument("--model", default=str(READER), help='folder of a reader, or "base"')
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--nodes", type=int, default=4)
    options = parser.parse_args()
    if options.quick:
        options.runs, options.nodes = 2, 1
    return options


def main() -> None:
    options = arguments()
    base = options.model == "base"
    with tempfile.TemporaryDirectory() as folder:
        source = base_reader(Path(folder))[0] if base else Path(options.model)
        cache = Path(folder) / "cache"
        bf.load(source, cache_dir=cache).close()  # exports
        numbers = [str(options.nodes), str(options.threads or 0)]
        command = [sys.executable, "-c", FIRST, str(source), str(cache), *numbers]
        runs = []
        for number in range(options.runs + 1):  # the first is not counted: it reads what no process has read
            note(f"process {number}")
            out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            runs.append(json.loads(out))
    stages = {name: spread([run["seconds"][name] for run in runs[1:]]) for name in runs[0]["seconds"]}
    finish(
        {
            "question": "seconds from bf.load of a cached export to the first attribution, by stage",
            "model": "random, BERT-base's sizes" if base else source.name,
            "nodes": options.nodes,
            "seconds": stages,
            "threads": runs[0]["threads"],
            "machine": describe_machine("onnxruntime", "numpy", "transformers"),
        },
        options,
    )


if __name__ == "__main__":
    main()
