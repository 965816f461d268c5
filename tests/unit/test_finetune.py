"""Fine-tuning a tiny reader: it learns, twice the same, and goes on where it stopped."""

from __future__ import annotations

import inspect
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertqa_fast.data.examples import Answer, QAExample
from bertqa_fast.tasks.finetune import finetune
from bertqa_fast.tasks.predict import predict
from bertqa_fast.tasks.training_data import batch_order, label_windows, pad

torch = pytest.importorskip("torch")

NAMES = ["ada", "bob", "cy", "dot"]
QUICK = {
    "max_length": 40,
    "batch_size": 4,
    "epochs": 1,
    "bf16": False,
    "device": "cpu",
    "max_query_length": 8,
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny matrices gain nothing from threads, and lose much where other work runs beside the tests."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def made(count: int) -> list[QAExample]:
    """Make questions whose answer is always the word after ``by``."""
    examples = []
    for number in range(count):
        name, year = NAMES[number % 4], str(1000 + 7 * number)
        context = f"in {year} the ships sailed . it was written by {name} in paris ."
        answer = Answer(name, context.index(f"by {name}") + 3)
        examples.append(QAExample("who wrote it ?", context, f"q{number}", (answer,)))
    return examples


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(str(folder / "model.safetensors"))


def assert_same(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert first.keys() == second.keys()
    for name in first:
        assert torch.equal(first[name], second[name]), name


def test_it_learns_and_the_folder_is_whole(
    tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any
) -> None:
    source = tiny_reader(encoder=True, dropout=0.0)
    before = {name: value.clone() for name, value in source.state_dict().items()}
    train = [*made(32), QAExample("who ?", "ada .", "bad", (Answer("ada", 1),))]
    report = finetune(
        source,
        train,
        tmp_path / "reader",
        tokenizer=tiny_tokenizer,
        dev=made(8),
        **QUICK | {"epochs": 12, "learning_rate": 5e-3},
    )
    assert (report.examples, report.windows, report.dropped, report.steps) == (32, 32, 1, 96)
    assert np.mean(report.losses[-8:]) < 0.2 * np.mean(report.losses[:8])
    assert report.dev is not None
    assert report.dev["f1"] > 90
    assert report.seconds > 0
    assert report.settings["bf16"] is False
    assert json.loads((tmp_path / "reader" / "training.json").read_text())["dev"] == report.dev
    assert_same(source.state_dict(), before)
    assert [entry.name for entry in tmp_path.iterdir() if not entry.name.endswith(".lock")] == ["reader"]

    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    from bertqa_fast.tasks.torch_reader import TorchReader

    module = AutoModelForQuestionAnswering.from_pretrained(str(tmp_path / "reader"))
    tokenizer = AutoTokenizer.from_pretrained(str(tmp_path / "reader"))
    assert predict(TorchReader(module, tokenizer), made(1)[0], max_length=40).text == "ada"


def test_it_is_the_plain_loop(tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any) -> None:
    """The same steps written out with the library's own loss and schedule give the same weights."""
    from transformers import get_linear_schedule_with_warmup

    train, settings = made(10), QUICK | {"learning_rate": 1e-3, "epochs": 2}
    finetune(
        tiny_reader(dropout=0.0), train, tmp_path / "reader", tokenizer=tiny_tokenizer, seed=3, **settings
    )

    module = tiny_reader(dropout=0.0).train()
    module.set_attn_implementation("eager")
    flat = [p for name, p in module.named_parameters() if "LayerNorm" in name or name.endswith(".bias")]
    rest = [p for name, p in module.named_parameters() if not ("LayerNorm" in name or name.endswith(".bias"))]
    groups = [{"params": rest, "weight_decay": 0.01}, {"params": flat, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, eps=1e-6)
    data = label_windows(tiny_tokenizer, train, max_length=40)
    schedule = get_linear_schedule_with_warmup(optimizer, 0, 6)
    for numbers in batch_order(10, 4, 2, seed=3):
        batch = {k: torch.from_numpy(v) for k, v in pad([data.windows[n] for n in numbers], 0).items()}
        output = module(
            **batch,
            start_positions=torch.from_numpy(data.starts[numbers]),
            end_positions=torch.from_numpy(data.ends[numbers]),
        )
        optimizer.zero_grad()
        output.loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    for name, value in weights(tmp_path / "reader").items():
        # The softmaxes above these cancel them: their gradient is rounding noise, which Adam blows up.
        if name == "qa_outputs.bias" or name.endswith("key.bias"):
            continue
        torch.testing.assert_close(value, module.state_dict()[name], rtol=1e-4, atol=1e-6, msg=name)


def test_a_seed_gives_the_same_reader(
    tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any
) -> None:
    state = torch.get_rng_state()
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        finetune(
            tiny_reader(encoder=True), made(9), tmp_path / name, tokenizer=tiny_tokenizer, seed=seed, **QUICK
        )
        torch.rand(3)  # What was drawn before must not matter.
    assert_same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert not torch.equal(
        weights(tmp_path / "a")["qa_outputs.weight"], weights(tmp_path / "c")["qa_outputs.weight"]
    )
    torch.set_rng_state(state)
    finetune(tiny_reader(), made(4), tmp_path / "d", tokenizer=tiny_tokenizer, **QUICK)
    assert torch.equal(torch.get_rng_state(), state)


def test_an_interrupted_run_goes_on_to_the_bit(
    tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bertqa_fast.tasks import training

    def run(name: str, **options: Any) -> Any:
        return finetune(
            tiny_reader(),
            made(24),
            tmp_path / name,
            tokenizer=tiny_tokenizer,
            **QUICK | {"epochs": 2} | options,
        )

    whole = run("whole")
    assert whole.steps == 12
    forward, steps = training.forward, []

    def interrupted(*arguments: Any, **options: Any) -> Any:
        steps.append(1)
        if len(steps) in (5, 9):
            os.kill(os.getpid(), signal.SIGINT)
        return forward(*arguments, **options)

    monkeypatch.setattr(training, "forward", interrupted)
    for reached in (5, 9):
        with pytest.raises(KeyboardInterrupt):
            run("parts", checkpoint_every=0)
        assert len(steps) == reached
        assert not (tmp_path / "parts").exists()
        (checkpoint,) = (tmp_path / "parts.partial").iterdir()
        assert checkpoint.name == f"step-{reached:08d}"
    with pytest.raises(ValueError, match=r"resume: the checkpoint .* is of a run with other settings"):
        run("parts", learning_rate=1e-4)
    report = run("parts")
    assert len(steps) == 12
    assert report.losses == whole.losses
    assert_same(weights(tmp_path / "parts"), weights(tmp_path / "whole"))
    assert not (tmp_path / "parts.partial").exists()

    # A finished run is not repeated; another one is not written over it unless that is wanted.
    assert run("parts").losses == report.losses
    assert len(steps) == 12
    with pytest.raises(ValueError, match="output_dir must be absent or empty"):
        run("parts", seed=1)
    run("parts", seed=1, overwrite=True)
    assert len(steps) == 24


def test_a_killed_run_goes_on_to_the_bit(
    tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any
) -> None:
    tiny_reader().save_pretrained(tmp_path / "source")
    tiny_tokenizer.save_pretrained(tmp_path / "source")
    options = QUICK | {"epochs": 40, "checkpoint_every": 1}
    script = tmp_path / "train.py"
    script.write_text(
        inspect.getsource(made)
        .replace("NAMES", repr(NAMES))
        .join(
            [
                "from bertqa_fast.data.examples import Answer, QAExample\n"
                "from bertqa_fast.tasks.finetune import finetune\n",
                f"finetune('source', made(8), 'killed', **{options!r})\n",
            ]
        )
    )
    process = subprocess.Popen(
        [sys.executable, str(script)], cwd=tmp_path, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    try:
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob("killed.partial/step-*[1-9]")) and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.kill()
    finally:
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "killed").exists()
    (checkpoint,) = tmp_path.glob("killed.partial/step-*")
    done = json.loads((checkpoint / "state.json").read_text())
    assert 0 < done["step"] < 80

    report = finetune(tmp_path / "source", made(8), tmp_path / "whole", **options | {"checkpoint_every": 0})
    resumed = finetune(tmp_path / "source", made(8), tmp_path / "killed", **options | {"checkpoint_every": 0})
    assert resumed.losses[: done["step"]] == done["losses"]
    assert resumed.losses == report.losses
    assert_same(weights(tmp_path / "killed"), weights(tmp_path / "whole"))


def test_a_damaged_checkpoint_is_named(
    tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bertqa_fast.tasks import training

    def run(**options: Any) -> Any:
        return finetune(tiny_reader(), made(8), tmp_path / "r", tokenizer=tiny_tokenizer, **QUICK | options)

    forward, steps = training.forward, []

    def failing(*arguments: Any, **options: Any) -> Any:
        steps.append(1)
        if len(steps) == 2:
            raise RuntimeError("power cut")
        return forward(*arguments, **options)

    monkeypatch.setattr(training, "forward", failing)
    with pytest.raises(RuntimeError, match="power cut"):
        run(checkpoint_every=1)
    (checkpoint,) = (tmp_path / "r.partial").iterdir()
    file = checkpoint / "optimizer.pt"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"is damaged .*resume=False starts anew"):
        run()
    assert run(resume=False).steps == 2


def test_the_reference_s_settings_are_the_defaults(
    tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any
) -> None:
    defaults = {n: p.default for n, p in inspect.signature(finetune).parameters.items()}
    for name, value in {
        "preset": None,
        "max_query_length": 64,
        "warmup_ratio": 0.1,
        "weight_decay": 0.01,
        "betas": (0.9, 0.999),
        "eps": 1e-6,
        "max_grad_norm": 1.0,
        "seed": 12345,
    }.items():
        assert defaults[name] == value, name
    # A short run with all of them, on windows as long as theirs.
    from transformers import BertConfig, BertForQuestionAnswering

    config = BertConfig(
        vocab_size=len(tiny_tokenizer),
        hidden_size=24,
        num_hidden_layers=1,
        num_attention_heads=3,
        intermediate_size=40,
        max_position_embeddings=384,
    )
    context = "the ships sailed from port . " * 80 + "it was written by ada ."
    long = QAExample("who wrote it ?", context, "long", (Answer("ada", context.index("ada")),))
    report = finetune(
        BertForQuestionAnswering(config), [*made(20), long], tmp_path / "r", tokenizer=tiny_tokenizer
    )
    wanted = {
        "batch_size": 6,
        "learning_rate": 3e-5,
        "epochs": 2,
        "max_length": 384,
        "doc_stride": 128,
        "passage_only": False,
    }
    assert wanted.items() <= report.settings.items()
    # 20 short windows; 486 context tokens in steps of 128 at 377 a time are 2.
    assert (report.windows, report.steps) == (22, 8)
    assert np.isfinite(report.losses).all()


def test_frozen_embeddings_stay(tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any) -> None:
    source = tiny_reader()
    finetune(source, made(8), tmp_path / "r", tokenizer=tiny_tokenizer, freeze_embeddings=True, **QUICK)
    moved = {
        name for name, v in weights(tmp_path / "r").items() if not torch.equal(v, source.state_dict()[name])
    }
    assert moved
    assert not any("embeddings" in name for name in moved)


def test_dropout_takes_the_place_of_the_models_own(
    tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any
) -> None:
    def trained(name: str, own: float, given: float | None) -> dict[str, Any]:
        source = tiny_reader()
        for part in source.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = own
        finetune(source, made(8), tmp_path / name, tokenizer=tiny_tokenizer, dropout=given, **QUICK)
        return weights(tmp_path / name)

    without, replaced, kept = trained("a", 0.0, None), trained("b", 0.5, 0.0), trained("c", 0.5, None)
    assert all(torch.equal(replaced[name], value) for name, value in without.items())
    assert not all(torch.equal(kept[name], value) for name, value in without.items())


@pytest.mark.parametrize("dropout", [-0.1, 1.0])
def test_dropout_is_a_share(
    tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any, dropout: float
) -> None:
    with pytest.raises(ValueError, match="dropout must be from 0"):
        finetune(tiny_reader(), made(8), tmp_path / "r", tokenizer=tiny_tokenizer, dropout=dropout, **QUICK)


def test_a_limit_draws_and_v2_keeps_impossible_questions(
    tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any
) -> None:
    train = [*made(6), QAExample("when ?", "the ships sailed .", "never", is_impossible=True)]
    report = finetune(
        tiny_reader(), train, tmp_path / "r", tokenizer=tiny_tokenizer, task="squad_v2", dev=train, **QUICK
    )
    assert (report.examples, report.dropped) == (7, 0)
    assert report.dev is not None
    assert {"no_answer_count", "best_f1", "best_f1_threshold"} <= report.dev.keys()
    few = finetune(tiny_reader(), train, tmp_path / "few", tokenizer=tiny_tokenizer, limit=3, **QUICK)
    assert few.examples + few.dropped == 3


def test_training_in_a_thread_works(
    tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any
) -> None:
    done: list[Any] = []
    thread = threading.Thread(
        target=lambda: done.append(
            finetune(tiny_reader(), made(4), tmp_path / "r", tokenizer=tiny_tokenizer, **QUICK)
        )
    )
    thread.start()
    thread.join()
    assert done[0].steps == 1
