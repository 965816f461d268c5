"""The one environment of a process: its threads, how long it lives, and what it leaves alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertqa_fast import _core, runtime


def cgroup(root: Path, line: str, files: dict[str, str]) -> Path:
    """Lay out what the kernel shows of control groups: the process's line, and files under the mount."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(line + "\n")
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("line", "files", "quota"),
    [
        ("0::/", {}, 0),
        ("0::/", {"cpu.max": "max 100000\n"}, 0),
        ("0::/", {"cpu.max": "200000 100000\n"}, 2),
        ("0::/", {"cpu.max": "150000 100000\n"}, 2),  # rounded up
        ("0::/", {"cpu.max": "5000 100000\n"}, 1),
        ("0::/a/b", {"a/b/cpu.max": "400000 100000\n", "a/cpu.max": "300000 100000\n"}, 3),
        ("0::/a/b", {"a/b/cpu.max": "100000 100000\n", "a/cpu.max": "max 100000\n"}, 1),
        ("0::/only/the/host/sees/this", {"cpu.max": "300000 100000\n"}, 3),
        ("4:cpu,cpuacct:/a", {"cpu,cpuacct/a/cpu.cfs_quota_us": "-1\n"}, 0),
        (
            "4:cpu,cpuacct:/a",
            {
                "cpu,cpuacct/a/cpu.cfs_quota_us": "250000\n",
                "cpu,cpuacct/a/cpu.cfs_period_us": "100000\n",
            },
            3,
        ),
        ("2:cpu:/", {"cpu/cpu.cfs_quota_us": "100000\n", "cpu/cpu.cfs_period_us": "50000\n"}, 2),
        ("2:cpuset:/", {"cpuset/cpu.cfs_quota_us": "1\n", "cpuset/cpu.cfs_period_us": "1\n"}, 0),
        ("nonsense", {"cpu.max": "100000 100000\n"}, 0),
    ],
)
def test_quota_of_control_groups(tmp_path: Path, line: str, files: dict[str, str], quota: int) -> None:
    assert _core.processor_quota(cgroup(tmp_path, line, files)) == quota


def test_no_control_groups_no_quota(tmp_path: Path) -> None:
    assert _core.processor_quota(tmp_path) == 0


def test_affinity_mask_counts(run_python: Callable[..., Any]) -> None:
    script = (
        "import json, os; from bertqa_fast import _core, runtime; "
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
        "print(json.dumps([_core.usable_processors(), runtime.environment().threads]))"
    )
    assert run_python(script) == [1, 1]
    assert 1 <= _core.usable_processors() <= len(os.sched_getaffinity(0))


@pytest.mark.parametrize("threads", [0, -1])
def test_thread_counts_are_positive(threads: int) -> None:
    with pytest.raises(ValueError, match=f"threads: got {threads}, wanted a positive number"):
        runtime.environment(threads)
    with pytest.raises(ValueError, match="threads: got -1, wanted"):
        _core.Environment(runtime.library_path(), -1)


def test_another_thread_count_is_refused_while_one_runs(environment: _core.Environment) -> None:
    with pytest.raises(
        ValueError, match=rf"threads: got 61, but {environment.threads} already run"
    ) as caught:
        runtime.environment(61)
    assert "close every open model" in str(caught.value)
    assert runtime.environment().threads == runtime.environment(environment.threads).threads


def test_environment_ends_with_its_last_user_and_threads_are_shared(
    run_python: Callable[..., Any], make_graph: Callable[..., Path]
) -> None:
    path = make_graph(
        [("MatMul", ["x", "x"], ["y"], {})], [("x", "float32", ["N", "N"])], [("y", "float32", ["N", "N"])]
    )
    script = """
import gc, json, os, sys
import numpy as np
from bertqa_fast import _core, runtime

def threads():
    return len(os.listdir("/proc/self/task"))

np.ones((2, 2)) @ np.ones((2, 2))
runtime.environment(1)
before = threads()  # numpy's own and one that the runtime's library keeps are there by now
env = runtime.environment(3)
sessions = [_core.Session(env, sys.argv[1]) for _ in range(4)]
x = np.eye(64, dtype=np.float32)
kept = [session.run({"x": x})["y"] for session in sessions]
during = threads() - before
del env
try:
    runtime.environment(2)
    refused = False
except ValueError:
    refused = True
del sessions, kept
gc.collect()
after = threads() - before
again = runtime.environment(2)
right = bool((_core.Session(again, sys.argv[1]).run({"x": x})["y"] == x).all())
print(json.dumps([during, refused, after, again.threads, right]))
"""
    during, refused, after, threads, right = run_python(script, path)
    assert during == 2  # and the caller makes three; four sessions add none
    assert refused  # the sessions hold the environment
    assert after == 0
    assert threads == 2
    assert right


def test_idle_threads_do_not_spin(run_python: Callable[..., Any], make_graph: Callable[..., Path]) -> None:
    path = make_graph(
        [("MatMul", ["x", "x"], ["y"], {})], [("x", "float32", ["N", "N"])], [("y", "float32", ["N", "N"])]
    )
    script = """
import json, sys, time
import numpy as np
from bertqa_fast import _core, runtime
session = _core.Session(runtime.environment(4), sys.argv[1])
session.run({"x": np.ones((256, 256), np.float32)})
start = time.process_time()
time.sleep(0.5)
print(json.dumps(time.process_time() - start))
"""
    assert run_python(script, path) < 0.1


def test_denormals_count_as_zero_in_runs_and_nowhere_else(
    environment: _core.Environment, make_graph: Callable[..., Path]
) -> None:
    path = make_graph([("Mul", ["x", "x"], ["y"], {})], [("x", "float32", ["N"])], [("y", "float32", ["N"])])
    x = np.full(100_000, 1e-20, np.float32)  # large enough that every thread gets a share
    y = _core.Session(environment, path).run({"x": x})["y"]
    assert not y.any()
    assert (x * x > 0).all()
