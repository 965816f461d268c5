"""Attention zones: which part of the attention matrix a reader needs, at which layer (docs/zones.md)."""
