"""Layer-wise attributions for BERT readers and classifiers, computed by a C++ engine on ONNX Runtime."""

__version__ = "0.1.0"
