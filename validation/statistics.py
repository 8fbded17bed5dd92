"""Means of correlated series with their errors."""

import numpy as np


def mean_error(blocks) -> tuple:
    """Mean over the first axis, and its standard error, from blocks (or seeds) that know nothing of each other."""
    blocks = np.asarray(blocks, dtype=float)
    return blocks.mean(axis=0), blocks.std(axis=0, ddof=1) / np.sqrt(len(blocks))


def rounded(values, digits: int = 6):
    """Numbers for a file: nested lists, cut to ``digits`` significant ones."""
    if np.ndim(values):
        return [rounded(value, digits) for value in values]
    return float(f"{float(values):.{digits}g}")
