"""How weights come: files of PyTorch and safetensors, and the checkpoints of TensorFlow 1."""
