"""Explanations of classifiers side by side: word deletion, word ranks, correlations (docs/study.md)."""
