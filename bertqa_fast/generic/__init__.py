"""The generic path: encoders that no family file knows, exported by way of ``torch.onnx`` and ``onnx-ad``.

``blocks.py`` finds the blocks of a transformers module, ``trace.py`` exports the whole of it once with every
hidden state as an output, ``cut.py`` cuts that graph at hidden states, ``differentiate.py`` has each cut's
backward made, ``compose.py`` joins forward and backward with the ends that the engine wants, and
``write.py`` puts them over one weight file. ``reference.py`` is the same in PyTorch's float64.

Slower than the graphs of a family, and without all that needs to know what is inside of a block: relevance,
attention tracing, attention zones, fused operators (docs/generic.md). Nothing here is imported where a family
knows the model, and an export needs nothing of it to run.
"""
