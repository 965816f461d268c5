"""Ctrl-C ends a long attribution within about a batch and leaves the model usable."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

SCRIPT = """
import json, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background
sys.modules["torch"] = None  # nothing here needs it, and it takes seconds to import
import numpy as np
import bertqa_fast as bf

model = bf.load(sys.argv[1])
example = bf.QAExample("who wrote it?", "it was written by ada in paris. " * 10)
before = bf.integrated_gradients(model, example, layer="all", n_steps=4)
started = time.perf_counter()
bf.integrated_gradients(model, example, layer=-1, method="riemann_right", n_steps=32, internal_batch_size=32)
batch = time.perf_counter() - started
print("ready", flush=True)
try:
    if sys.argv[2] == "attribute":
        bf.integrated_gradients(
            model, example, layer=-1, method="riemann_right", n_steps=1000000, internal_batch_size=32
        )
    else:
        bf.predict(model, [example] * 200000)
    outcome = "finished"
except KeyboardInterrupt:
    outcome = "interrupted"
at = time.time()
after = bf.integrated_gradients(model, example, layer="all", n_steps=4)
same = all(np.allclose(before[l].scores, after[l].scores, rtol=1e-5) for l in before)
print(json.dumps({"outcome": outcome, "at": at, "batch": batch, "same": same}))
"""


@pytest.mark.parametrize("work", ["attribute", "predict"])
def test_ctrl_c(random_reader: Any, work: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(random_reader().model.folder), work],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.7)
            sent = time.time()
            process.send_signal(signal.SIGINT)
            printed, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    said = json.loads(printed)
    assert said["outcome"] == "interrupted"
    assert said["same"]
    # A batch takes milliseconds; a second is for a busy machine.
    assert said["at"] - sent < 1.0 + 5 * said["batch"]


def test_an_error_in_the_progress_callback_ends_the_run(random_reader: Any) -> None:
    import numpy as np

    model = random_reader().model
    ids = np.array([2, 5, 6, 3, 7, 3])
    arguments = (ids, np.zeros_like(ids), np.array([0, 6]))
    calls: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        calls.append((done, total))
        if len(calls) >= 5:
            raise RuntimeError("enough")

    settings: dict[str, Any] = {
        "layers": [0],
        "nodes": np.linspace(0.1, 1, 10),
        "weights": np.full(10, 0.1),
        "span_start": np.array([1]),
        "span_end": np.array([2]),
        "span_sign": np.ones(1, dtype=np.float32),
        "target_mix": np.array([1, 1, 0, 0, 0, 0, 0], dtype=np.float32),
        "rows_per_batch": 1,
    }
    with pytest.raises(RuntimeError, match="enough"):
        model.core.integrate(*arguments, **settings, progress=progress)
    assert len(calls) == 5
    calls.clear()
    out = model.core.integrate(*arguments, **settings, progress=lambda *at: calls.append(at))
    assert len(calls) == 1 + 1 + 10  # at the start, and after each batch: the baseline's and ten nodes
    assert calls == sorted(calls)
    assert (calls[0], calls[-1]) == ((0, 1), (1, 1))
    assert np.isfinite(out["scores"]).all()
