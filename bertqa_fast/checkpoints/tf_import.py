"""A TensorFlow checkpoint of BERT becomes a Hugging Face folder, without TensorFlow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bertqa_fast.checkpoints.bundle import INDEX, Bundle
from bertqa_fast.checkpoints.safetensors_writer import write_safetensors
from bertqa_fast.checkpoints.tf_bert import (
    ARCHITECTURES,
    CLASSES,
    CLASSIFIER,
    ENCODER,
    POOLER,
    Variable,
    find_task,
    variables,
)
from bertqa_fast.checkpoints.vocabulary import bert_tokenizer, is_cased, read_vocabulary
from bertqa_fast.families import family_of
from bertqa_fast.families.base import Array
from bertqa_fast.graphs.exporter import save_tokenizer
from bertqa_fast.graphs.spec import EncoderSpec
from bertqa_fast.storage import folder_lock, replace_folder

CONFIG, VOCABULARY = "bert_config.json", "vocab.txt"
# What google-research/bert takes where a configuration does not say; none says the first.
_DEFAULTS = {"layer_norm_eps": 1e-12, "type_vocab_size": 16}


@dataclass(frozen=True, slots=True)
class TFImport:
    """What an import did.

    Attributes
    ----------
    output_dir : str
        The Hugging Face folder.
    task : str
        ``"question-answering"``, ``"text-classification"``, or ``"encoder"`` for a model without a head.
    cased : bool
        Whether the tokenizer tells capitals from small letters.
    tensors : int
        How many weights were read.
    left_out : tuple of str
        Variables that the model does not have: the optimizer's, the heads of pre-training, a reader's pooler.
    """

    output_dir: str
    task: str
    cased: bool
    tensors: int
    left_out: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, for JSON."""
        return asdict(self) | {"left_out": list(self.left_out)}


def import_tf(
    checkpoint: str | Path,
    output_dir: str | Path,
    *,
    task: str | None = None,
    config: str | Path | None = None,
    vocab: str | Path | None = None,
    cased: bool | None = None,
) -> TFImport:
    """Make a Hugging Face folder of a checkpoint that google-research/bert, or code derived from it, saved.

    Parameters
    ----------
    checkpoint : str or Path
        Its files' common name, such as ``uncased_L-12_H-768_A-12/bert_model.ckpt``, its ``.index``, or a
        folder with one checkpoint.
    output_dir : str or Path
        The folder to make, for :func:`bertqa_fast.load`, :func:`bertqa_fast.export` or
        :func:`bertqa_fast.finetune`. It appears under its name once it is whole.
    task : str, optional
        ``"question-answering"`` (the head of ``run_squad.py``), ``"text-classification"`` (that of
        ``run_classifier.py``) or ``"encoder"`` (no head); when None, what the checkpoint has.
    config : str or Path, optional
        ``bert_config.json``; the one beside the checkpoint when None.
    vocab : str or Path, optional
        ``vocab.txt``; the one beside the checkpoint when None.
    cased : bool, optional
        Whether the tokenizer tells capitals from small letters. When None the vocabulary decides: one with
        capitals in its words was made for a tokenizer that keeps them.

    Returns
    -------
    TFImport

    Raises
    ------
    ValueError
        Naming the argument, and the tensor where one is missing, damaged, or not as the configuration says.

    Notes
    -----
    ``hidden_act`` is kept as it is. With ``"gelu"`` transformers computes the error function, as the code of
    BERT's publication did; later versions of that code approximate it by tanh, which is ``"gelu_new"`` here.
    """
    if task is not None and task not in ARCHITECTURES:
        raise ValueError(f"task: got {task!r}, wanted one of: {', '.join(ARCHITECTURES)}")
    target = Path(output_dir)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ValueError(f"output_dir: {target} exists, wanted a new or empty folder")
    prefix = _find(Path(checkpoint))
    config_file = _beside(prefix, config, CONFIG, "config")
    settings, spec = _read_config(config_file)
    vocab_file = _beside(prefix, vocab, VOCABULARY, "vocab")
    words = read_vocabulary(vocab_file, spec.vocab_size)
    keeps_case = is_cased(words) if cased is None else cased
    bundle = Bundle(prefix)
    head = find_task(set(bundle)) if task is None else task
    read = _plan(bundle, spec, head, settings["type_vocab_size"], config_file)

    def fill(part: Path) -> None:
        shapes = {each.parameter: each.parameter_shape for each in read}
        write_safetensors(part / "model.safetensors", shapes, _weights(bundle, read))
        extra = _head_config(head, read)
        (part / "config.json").write_text(json.dumps(settings | extra, indent=1))
        (part / VOCABULARY).write_bytes(vocab_file.read_bytes())
        tokenizer = bert_tokenizer(words, lower_case=not keeps_case, max_length=spec.max_positions)
        save_tokenizer(tokenizer, part)

    with folder_lock(target):
        replace_folder(target, fill)
    taken = {each.name for each in read}
    rest = tuple(name for name in bundle if name not in taken)
    return TFImport(str(target), head, keeps_case, len(read), rest)


def _find(given: Path) -> Path:
    """Return a checkpoint's files' common name."""
    if not given.is_dir():
        prefix = given.with_name(given.name.removesuffix(INDEX))
        if not prefix.with_name(prefix.name + INDEX).is_file():
            raise ValueError(
                f"checkpoint: there is no {prefix}{INDEX}, wanted a checkpoint of TensorFlow, such as "
                "bert_model.ckpt for bert_model.ckpt.index and bert_model.ckpt.data-00000-of-00001"
            )
        return prefix
    found = sorted(given.glob(f"*{INDEX}"))
    if not found:
        raise ValueError(f"checkpoint: {given} holds no {INDEX} file, wanted a checkpoint of TensorFlow")
    if len(found) > 1:
        names = ", ".join(file.name.removesuffix(INDEX) for file in found[:5])
        raise ValueError(f"checkpoint: {given} holds {len(found)} of them ({names}); name the one you want")
    return _find(found[0])


def _beside(prefix: Path, given: str | Path | None, name: str, argument: str) -> Path:
    """Return a file that comes with a checkpoint: the one given, or the one beside it."""
    file = prefix.with_name(name) if given is None else Path(given)
    if not file.is_file():
        raise ValueError(
            f"{argument}: there is no file {file}; give the {name} that the model was pre-trained with"
        )
    return file


def _read_config(file: Path) -> tuple[dict[str, Any], EncoderSpec]:
    """Return the configuration for transformers, without what depends on the head, and its sizes."""
    try:
        given = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"config: {file} is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise ValueError(f"config: {file} holds {type(given).__name__}, wanted an object")
    settings = _DEFAULTS | given | {"model_type": "bert"}
    try:
        return settings, family_of("bert").spec(settings)
    except ValueError as error:
        raise ValueError(f"config: {file}: {str(error).removeprefix('source: ')}") from error


def _plan(bundle: Bundle, spec: EncoderSpec, task: str, types: int, config: Path) -> list[Variable]:
    """Return what is read, all of it there and of the sizes that the configuration says."""
    classes = 2
    if task == CLASSIFIER and CLASSES in bundle:
        classes = (bundle.shape(CLASSES) or (0,))[0]
    pooler = task == CLASSIFIER or (task == ENCODER and POOLER in bundle)
    read = []
    for each in variables(spec, task, token_types=types, classes=classes, pooler=pooler):
        if each.name not in bundle:
            some = ", ".join(sorted(bundle)[:3]) or "nothing"
            raise ValueError(
                f"checkpoint: {bundle.prefix}{INDEX} has no tensor {each.name!r}, which a BERT of "
                f"{spec.num_layers} layers for the task {task!r} has ({config}); it holds {some} …"
            )
        if bundle.shape(each.name) != each.shape:
            raise ValueError(
                f"checkpoint: the tensor {each.name!r} of {bundle.prefix}{INDEX} has the shape "
                f"{list(bundle.shape(each.name))}, wanted {list(each.shape)} as {config} says"
            )
        read.append(each)
    deeper = f"bert/encoder/layer_{spec.num_layers}/"
    if further := next((name for name in bundle if name.startswith(deeper)), None):
        raise ValueError(
            f"config: {config} says {spec.num_layers} layers, but the checkpoint has the tensor {further!r}"
        )
    return read


def _weights(bundle: Bundle, read: Sequence[Variable]) -> Iterator[tuple[str, Array]]:
    for each in read:
        array = bundle.read(each.name)
        if array.dtype.kind not in "fV":  # V: bfloat16, which numpy does not know as a float
            raise ValueError(
                f"checkpoint: the tensor {each.name!r} is of {array.dtype}, wanted floating-point weights"
            )
        yield each.parameter, (array.T if each.is_kernel else array).astype("float32", copy=False)


def _head_config(task: str, read: Sequence[Variable]) -> dict[str, Any]:
    """Return what the configuration says of the head."""
    said: dict[str, Any] = {"architectures": [ARCHITECTURES[task]], "pad_token_id": 0}
    if task == CLASSIFIER:
        classes = read[-1].shape[0]
        said["id2label"] = {str(number): f"LABEL_{number}" for number in range(classes)}
        said["label2id"] = {f"LABEL_{number}": number for number in range(classes)}
    return said
