"""The default memory budget, and batches that do not fit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import bertqa_fast as bf
from bertqa_fast.memory import FALLBACK, default_budget


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


MEMINFO = {"proc/meminfo": "MemTotal:  8000000 kB\nMemAvailable:  4000000 kB\n"}


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({}, FALLBACK),
        (MEMINFO, 1_024_000_000),
        (
            MEMINFO
            | {
                "proc/self/cgroup": "0::/pod/me\n",
                "sys/fs/cgroup/pod/me/memory.max": "max\n",
                "sys/fs/cgroup/pod/memory.max": "1000000000\n",
                "sys/fs/cgroup/pod/memory.current": "200000000\n",
            },
            200_000_000,
        ),
        (
            MEMINFO
            | {
                "proc/self/cgroup": "4:cpu,cpuacct:/x\n3:memory:/host/only\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "400000000\n",
                "sys/fs/cgroup/memory/memory.usage_in_bytes": "100000000\n",
            },
            75_000_000,
        ),
        (
            MEMINFO
            | {
                "proc/self/cgroup": "0::/\n",
                "sys/fs/cgroup/memory.max": "1000\n",
                "sys/fs/cgroup/memory.current": "2000\n",
            },
            1 << 20,
        ),
    ],
    ids=["nothing said", "the machine", "a group of version 2", "a group of version 1", "nothing left"],
)
def test_a_quarter_of_what_is_free(tmp_path: Path, files: dict[str, str], wanted: int) -> None:
    assert default_budget(write(tmp_path, files)) == wanted


def test_the_budget_is_stated(random_reader: Any) -> None:
    folder = random_reader().folder
    with bf.load(folder, cache_dir=random_reader().cache) as model:
        assert model.memory_budget >= 1 << 20
    with bf.load(folder, cache_dir=random_reader().cache, memory_budget=123_456_789) as model:
        assert model.memory_budget == 123_456_789


# 128 rows of 200 tokens want some hundred MB more than the limit leaves; fewer at a time go through.
SCRIPT = """
import resource, sys
import numpy as np
import bertqa_fast as bf

model = bf.load(sys.argv[1], memory_budget=1 << 40)
example = bf.QAExample("who was it?", "ada left paris " * 60)
settings = dict(layer=-1, method="riemann_right", n_steps=128)
wanted = bf.integrated_gradients(model, example, **settings, internal_batch_size=2)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20),) * 2)
profiles = []
got = bf.integrated_gradients(model, example, **settings, internal_batch_size=128, profile=profiles.append)
np.testing.assert_allclose(got.scores, wanted.scores, rtol=1e-4, atol=1e-7)
print(profiles[0].stages["cut"][0])
"""


# The same for runs from ids and from hidden states, one row of which leaves less behind.
FORWARD_SCRIPT = """
import resource, sys
import numpy as np
import bertqa_fast as bf

model = bf.load(sys.argv[1], memory_budget=1 << 40)
graph, rows, tokens = sys.argv[2], 256, 200
random = np.random.default_rng(0)
offsets = np.arange(0, (rows + 1) * tokens, tokens)
if graph == "forward":
    states = random.normal(size=(rows * tokens, model.hidden_size)).astype(np.float32)
    run = lambda **how: model.core.forward_above(-1, states, offsets, **how)
else:
    ids = random.integers(5, 60, rows * tokens)
    run = lambda **how: model.core.forward(ids, np.zeros_like(ids), offsets, layers=[], **how)
wanted = run(rows_per_batch=2)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20),) * 2)
got = run(rows_per_batch=rows)
for name in ("start_logits", "end_logits"):
    np.testing.assert_allclose(got[name], wanted[name], atol=1e-4)
print(got["statistics"]["stages"][graph][0])
"""


def batches(random_reader: Any, script: str, *arguments: str) -> int:
    model = random_reader(layers=3, hidden=32, heads=4, intermediate=256, seed=8).model
    done = subprocess.run(
        [sys.executable, "-c", script, str(model.folder), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_a_batch_that_does_not_fit_is_halved(random_reader: Any) -> None:
    assert batches(random_reader, SCRIPT) > 1


@pytest.mark.parametrize("graph", ["hidden_states", "forward"])
def test_a_forward_batch_that_does_not_fit_is_halved(random_reader: Any, graph: str) -> None:
    assert batches(random_reader, FORWARD_SCRIPT, graph) > 1
