"""Figures, terminal output and HTML pages of attributions."""
