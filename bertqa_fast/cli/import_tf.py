"""``bertqa-fast import-tf``: a checkpoint of TensorFlow as a Hugging Face folder."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bertqa_fast.cli.errors import one_line_errors
from bertqa_fast.cli.options import JsonOption
from bertqa_fast.cli.output import emit, log

HELP = """Make a Hugging Face folder of a BERT that TensorFlow saved; TensorFlow is not needed.

Every tensor's checksum is checked. A reader or a classifier can then be exported, a model without a head
fine-tuned.

[bold]Examples[/bold]

[cyan]bertqa-fast import-tf --checkpoint uncased_L-12_H-768_A-12 --output-dir ./bert[/cyan]

[cyan]bertqa-fast import-tf --checkpoint squad/model.ckpt-14599 --config bert/bert_config.json
--vocab bert/vocab.txt --output-dir ./reader[/cyan]
"""


class Head(StrEnum):
    """What a model is for."""

    reader = "question-answering"
    classifier = "text-classification"
    encoder = "encoder"


@one_line_errors
def import_tf(
    checkpoint: Annotated[
        Path,
        typer.Option(
            "--checkpoint",
            help="bert_model.ckpt, the common name of its files, or a folder with one of them.",
        ),
    ],
    output_dir: Annotated[Path, typer.Option("--output-dir", help="Folder to make.")],
    head: Annotated[
        Head | None, typer.Option("--head", help="What to read; what the checkpoint has by default.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="bert_config.json, where it is not beside it.")
    ] = None,
    vocab: Annotated[
        Path | None, typer.Option("--vocab", help="vocab.txt, where it is not beside it.")
    ] = None,
    cased: Annotated[
        bool | None,
        typer.Option(
            "--cased/--uncased",
            help="Whether capitals count; by default where the vocabulary has words with capitals.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Import a checkpoint and say what was read."""
    from bertqa_fast.checkpoints.tf_bert import is_of_training
    from bertqa_fast.checkpoints.tf_import import import_tf as run

    done = run(
        checkpoint,
        output_dir,
        task=None if head is None else head.value,
        config=config,
        vocab=vocab,
        cased=cased,
    )
    if json:
        emit(done.to_dict())
        return
    log(f"{done.tensors} tensors for the task {done.task}, {'cased' if done.cased else 'uncased'}")
    others = [name for name in done.left_out if not is_of_training(name)]
    if slots := len(done.left_out) - len(others):
        log(f"{slots} variables of the optimizer left out")
    for name in others:
        log(f"left out: {name}")
    if done.task == "encoder":
        log("it has no head: fine-tune it first (bertqa-fast finetune)")
    print(done.output_dir)
