"""One model in several threads at once gives what it gives alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf

EXAMPLES = [
    bf.QAExample("who wrote it?", "it was written by ada in paris."),
    bf.QAExample("when?", "in the year 1843 the ships sailed from the port."),
    bf.QAExample("where was ada?", "ada left paris " * 6),
]


def work(model: bf.Model, number: int) -> list[np.ndarray]:
    example, layer = EXAMPLES[number % 3], number % 3 - 1
    got = bf.integrated_gradients(model, example, layer=layer, method="gausslegendre", n_steps=8)
    every = bf.integrated_gradients(model, EXAMPLES, layer="all", n_steps=2, baseline="mask")
    prediction = bf.predict(model, example)
    scalars = np.array([got.value, got.baseline_value, got.delta, prediction.score])
    return [got.scores, got.signed, scalars, *(one.scores for one in every)]


def test_threads_share_a_model(random_reader: Any) -> None:
    """The model is fresh: its graphs are loaded by whichever thread comes first."""
    with bf.load(random_reader(seed=4).folder, cache_dir=random_reader().cache) as model:
        barrier = threading.Barrier(6)

        def together(number: int) -> list[np.ndarray]:
            barrier.wait()
            return work(model, number)

        with ThreadPoolExecutor(6) as pool:
            at_once = list(pool.map(together, range(6)))
        alone = [work(model, number) for number in range(6)]
    for got, wanted in zip(at_once, alone, strict=True):
        for ours, theirs in zip(got, wanted, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-8)


def test_a_model_may_be_closed_while_another_thread_uses_it(random_reader: Any) -> None:
    model = bf.load(random_reader(seed=4).folder, cache_dir=random_reader().cache)
    wanted = work(model, 0)
    started = threading.Event()
    results: list[Any] = []

    def attribute() -> None:
        started.set()
        try:
            while True:
                results.append(work(model, 0)[0])
        except ValueError as error:
            results.append(str(error))

    worker = threading.Thread(target=attribute)
    worker.start()
    started.wait()
    while not results:
        pass
    model.close()
    worker.join(timeout=60)
    assert not worker.is_alive()
    assert "model: it is closed" in results[-1]
    for scores in results[:-1]:
        np.testing.assert_allclose(scores, wanted[0], rtol=1e-5)


def test_another_number_of_threads_is_a_conflict(random_reader: Any) -> None:
    folder = random_reader().model.folder
    with bf.load(folder) as first:
        running = first.core  # keeps the pool alive
        with pytest.raises(ValueError, match=r"threads: got 61, but \d+ already run .* one thread pool"):
            bf.load(folder, threads=61)
        del running


def test_the_number_of_threads_is_kept(run_python: Any, random_reader: Any) -> None:
    script = """
import json, sys
sys.modules["torch"] = None  # nothing here needs it, and it takes seconds to import
import bertqa_fast as bf
from bertqa_fast import runtime
with bf.load(sys.argv[1], threads=2) as model:
    scores = bf.integrated_gradients(model, bf.QAExample("who?", "ada"), layer=0).scores
    threads = runtime.environment().threads
    try:
        bf.load(sys.argv[1], threads=1)
    except ValueError as error:
        refused = str(error)
with bf.load(sys.argv[1], threads=1) as model:
    again = runtime.environment().threads
print(json.dumps([threads, again, refused, float(scores.sum())]))
"""
    threads, again, refused, total = run_python(script, random_reader().model.folder)
    assert (threads, again) == (2, 1)
    assert refused.startswith("threads: got 1, but 2 already run")
    assert total > 0
