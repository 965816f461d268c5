"""Find the parts of a transformers module that are cut at: word embeddings and encoder blocks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bertqa_fast.checkpoints.hub import FROM_FOLDER, model_folder
from bertqa_fast.checkpoints.weight_files import find_weights

HEADS = {"question-answering": "QuestionAnswering", "text-classification": "SequenceClassification"}


def task_of(architecture: str) -> str:
    """Return the task of a head by the name of its class in transformers.

    Raises
    ------
    ValueError
        It has neither of the heads.
    """
    for task, head in HEADS.items():
        if architecture.endswith(f"For{head}"):
            return task
    wanted = " or ".join(f"…For{head}" for head in HEADS.values())
    raise ValueError(
        f"source: got the architecture {architecture!r}, wanted {wanted} "
        "(fine-tune it first, with transformers: the generic path does not train)"
    )


def load_module(origin: Any, task: str, dtype: Any, *, allow_bin: bool = True) -> Any:
    """Return a module of its own, on the CPU, in evaluation mode, with its attention written out.

    Parameters
    ----------
    origin : Path or torch.nn.Module
        A folder, or a module in memory, which is copied.
    task : str
        A key of ``HEADS``.
    dtype : torch.dtype
        Of all weights.
    allow_bin : bool
        Read ``pytorch_model.bin`` where there are no safetensors.

    Raises
    ------
    ValueError
        transformers does not know the architecture, or cannot read the folder, or some of the weights are
        not in it.
    """
    if not isinstance(origin, str) and hasattr(origin, "state_dict"):
        import copy

        module = copy.deepcopy(origin).cpu()
        # Fused attention is one opaque operator; written out it is differentiated as any other product.
        if hasattr(module, "set_attn_implementation"):
            module.set_attn_implementation("eager")
    elif origin is None:
        raise ValueError("source: the generic path takes model folders and modules in memory alone")
    else:
        module = _read(origin, task, dtype, allow_bin)
    return module.to(dtype).eval().requires_grad_(False)


def _read(source: Any, task: str, dtype: Any, allow_bin: bool) -> Any:
    import transformers

    from bertqa_fast.tasks.torch_modules import quiet

    loader = getattr(transformers, f"AutoModelFor{HEADS[task]}")
    folder = model_folder(source, allow_bin=allow_bin)
    options = {
        "use_safetensors": not find_weights(folder, allow_bin=allow_bin).pickled,
        "weights_only": True,
        "attn_implementation": "eager",
        **FROM_FOLDER,
    }
    try:
        with quiet():
            module, found = loader.from_pretrained(
                str(folder), dtype=dtype, output_loading_info=True, **options
            )
    except Exception as error:  # those of configurations that lie have no common class
        raise ValueError(f"source: transformers cannot load {folder} ({error})") from error
    # transformers draws what is missing at random, and goes on.
    if absent := sorted({*found["missing_keys"], *(str(key) for key in found["mismatched_keys"])}):
        raise ValueError(
            f"source: {folder} lacks weights of {type(module).__name__}, among them {', '.join(absent[:3])}"
        )
    return module


def find_blocks(module: Any) -> list[Any]:
    """Return the encoder blocks: the outermost list of modules of one class that is as long as it should be.

    That is ``config.num_hidden_layers``, or where the configuration does not say, the longest.

    Raises
    ------
    ValueError
        There is none.
    """
    import torch

    lists = [
        list(found)
        for found in module.modules()
        if isinstance(found, torch.nn.ModuleList) and len({type(block) for block in found}) == 1
    ]
    name = type(module).__name__
    wanted = getattr(module.config, "num_hidden_layers", None)
    longest = max(lists, key=len, default=[])
    blocks: list[Any] = longest
    if isinstance(wanted, int):
        blocks = next((found for found in lists if len(found) == wanted), [])
    if not blocks:
        raise ValueError(
            f"source: {name} has no list of {'' if wanted is None else f'{wanted} '}equal encoder blocks "
            f"(the longest has {len(longest)}); the generic path cannot cut it, it needs a family of its own"
        )
    return blocks


def first_of(output: Any) -> Any:
    """Return the hidden states that a block gives, alone or first of several."""
    return output[0] if isinstance(output, tuple | list) else output


def with_first(output: Any, hidden: Any) -> Any:
    """Return what a block gives, with other hidden states."""
    return (hidden, *output[1:]) if isinstance(output, tuple | list) else hidden


Replace = Callable[[int | str, Any], Any]


@contextmanager
def hooked(module: Any, see: Replace) -> Iterator[None]:
    """Show hidden states as they come about while a ``with`` block lasts, and let them be replaced.

    ``see(layer, states)`` returns the states to go on with. ``layer`` is ``"word"`` for what the word
    embeddings give, -1 for the input of the first block, ``l`` for the output of block ``l``. What a block is
    given besides its states (masks, biases of positions) stays as it is.
    """
    blocks = find_blocks(module)

    def enter(_: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if arguments:
            return (see(-1, arguments[0]), *arguments[1:]), named
        return arguments, {**named, "hidden_states": see(-1, named["hidden_states"])}

    def leave(layer: int) -> Callable[..., Any]:
        return lambda _module, _given, output: with_first(output, see(layer, first_of(output)))

    handles = [
        module.get_input_embeddings().register_forward_hook(lambda _m, _g, output: see("word", output)),
        blocks[0].register_forward_pre_hook(enter, with_kwargs=True),
        *(block.register_forward_hook(leave(number)) for number, block in enumerate(blocks)),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def logits_of(module: Any, task: str, input_ids: Any, token_type_ids: Any, attention_mask: Any) -> Any:
    """Run a module, and return its logits: start and end ``[B, T]``, or classes ``[B, C]``, as a tuple."""
    given = {"input_ids": input_ids, "attention_mask": attention_mask}
    types = getattr(module.config, "type_vocab_size", None) or 0
    # Tokenizers number both texts of a pair where a model knows one type alone.
    if types > 1 and "token_type_ids" in inspect.signature(module.forward).parameters:
        given["token_type_ids"] = token_type_ids
    out = module(**given)
    return (out.start_logits, out.end_logits) if task == "question-answering" else (out.logits,)


def longest_text(module: Any) -> int:
    """Return how many tokens the positions are good for.

    Raises
    ------
    ValueError
        The configuration does not say.
    """
    import torch

    positions = getattr(module.config, "max_position_embeddings", None)
    for name, part in module.named_modules():
        if isinstance(part, torch.nn.Embedding) and name.endswith("position_embeddings"):
            # Where padding has a position of its own, counting begins behind it.
            first = 0 if part.padding_idx is None else part.padding_idx + 1
            return int(part.num_embeddings) - first
    if not isinstance(positions, int) or positions < 1:
        raise ValueError(f"source: the configuration of {type(module).__name__} names no number of positions")
    return positions
