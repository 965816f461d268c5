"""An exported model loads, predicts and attributes without torch and transformers; export needs no torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

SCRIPT = """
import json, sys

sys.modules["torch"] = None  # as if it were not installed, for imports and for those who only look
import bertqa_fast as bf

source, export, out = sys.argv[1:]
example = bf.QAExample("who wrote it?", "it was written by ada in paris.", "q", ("ada",))
with bf.load(export) as model:
    prediction = bf.predict(model, example)
    result = bf.integrated_gradients(model, example, layer="all", n_steps=4, baseline="mask")
    assert not {"transformers", "onnx", "datasets"} & set(sys.modules)
    scores = bf.evaluate([example], [prediction], task="squad")
with bf.load(bf.export(source, out)) as model:
    again = bf.integrated_gradients(model, example, layer="all", n_steps=4, baseline="mask")
assert (result.scores == again.scores).all()
assert not any(name.startswith("torch.") for name in sys.modules)
try:
    bf.finetune(source, [example], out + "-trained")
except ImportError as error:
    refused = str(error)
print(json.dumps({"text": prediction.text, "scores": result.scores.tolist(), "refused": refused}))
"""


def test_no_torch(random_reader: Any, run_python: Callable[..., Any], tmp_path: Path) -> None:
    import bertqa_fast as bf

    reader = random_reader()
    said = run_python(SCRIPT, reader.folder, reader.model.folder, tmp_path / "out")
    example = bf.QAExample("who wrote it?", "it was written by ada in paris.", "q", ("ada",))
    assert said["text"] == bf.predict(reader.model, example).text
    wanted = bf.integrated_gradients(reader.model, example, layer="all", n_steps=4, baseline="mask")
    assert len(said["scores"]) == len(wanted.scores)
    for ours, theirs in zip(said["scores"], wanted.scores.tolist(), strict=True):
        assert all(abs(a - b) <= 1e-5 * abs(b) + 1e-7 for a, b in zip(ours, theirs, strict=True))
    assert "torch" in said["refused"]
