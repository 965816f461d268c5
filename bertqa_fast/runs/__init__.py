"""Runs over a data set: folders that are written part by part, resumed, and read back."""
