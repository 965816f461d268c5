"""ONNX graphs: encoder block and backward twin, embeddings, heads, ends, and what is composed of them.

Every graph is a small file that points into one weight file (``weights.bin``), so that all of them share
their weights. Shapes in comments: B rows in a batch, T tokens, H hidden size, A heads, D = H / A,
I intermediate size, N = B * T, E examples, R rows (example, alpha), K spans in the target.
"""
