"""Data sets: examples, readers, and the windows that a model reads."""
