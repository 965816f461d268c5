"""Analyses of a run: each a function from a run (and a model) to tables, and a function that draws them."""
