"""What does attributing with a 110 M-parameter BERT hold in memory?

    python benchmarks/memory.py [--tokens 128] [--steps 4] [--budget-mib 256]

Makes a reader of BERT-base's sizes with random weights in a temporary folder, and attributes one question
at every layer in a process of its own, which reports its peak resident memory. That peak has to stay under
1.6 GiB plus the activation budget: the weights (0.44 GB in float32) are held once, apart from the runtime's
two packed copies of the encoder's matrices (forward and backward).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from machine import describe_machine
from random_reader import base_reader, questions_of

ATTRIBUTE = """
import json, re, sys
from pathlib import Path
import bertqa_fast as bf
folder, question, context, tokens, steps, budget = *sys.argv[1:4], *map(int, sys.argv[4:])
def resident(key):
    status = Path("/proc/self/status").read_text()
    return int(re.search(key + r":\\s+(\\d+) kB", status)[1]) * 1024
imported = resident("VmHWM")
model = bf.load(folder, memory_budget=budget)
example = bf.QAExample(question, context)
results = bf.integrated_gradients(model, example, layer="all", n_steps=steps, max_length=tokens)
assert len(results) == 13 and len(results.tokens) == tokens
assert all((result.scores >= 0).all() for result in results.values())
print(json.dumps({"peak": resident("VmHWM"), "after_import": imported}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--budget-mib", type=int, default=256)
    options = parser.parse_args()
    budget = options.budget_mib << 20
    with tempfile.TemporaryDirectory() as folder:
        _, exported = base_reader(Path(folder))
        [example] = questions_of(options.tokens, 1)
        numbers = (str(n) for n in (options.tokens, options.steps, budget))
        arguments = [example.question, example.context, *numbers]
        command = [sys.executable, "-c", ATTRIBUTE, str(exported), *arguments]
        out = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        weights = (exported / "weights.bin").stat().st_size
    limit = int(1.6 * 2**30) + budget
    report = {
        "question": "peak resident bytes of all-layer attribution with a BERT-base-sized reader",
        "peak": out["peak"],
        "after_import": out["after_import"],
        "weights": weights,
        "budget": budget,
        "limit": limit,
        "tokens": options.tokens,
        "steps": options.steps,
        "machine": describe_machine("onnxruntime", "numpy", "transformers"),
    }
    print(json.dumps(report, indent=1))
    assert out["peak"] < limit, f"{out['peak']} bytes, wanted less than {limit}"


if __name__ == "__main__":
    main()
