"""Numbers of a summary as text: as many digits as their errors allow."""

import numpy as np
import pytest

from softspots.estimate import Estimate
from softspots.figures.summary import shown


@pytest.mark.parametrize(
    "value, low, high, expected",
    [
        (1.2345, 1.1, 1.3, "1.23 (1.10 to 1.30)"),
        (123.4, 100.0, 150.0, "123 (100 to 150)"),
        (0.012345, 0.0123, 0.0124, "0.012345 (0.012300 to 0.012400)"),
        # The error is that of the end that is known.
        (2.0, 1.5, np.inf, "2.00 (1.50 to ∞)"),
        # All resamples alike, as of numbers that are chosen from a grid.
        (21.0, 21.0, 21.0, "21 (21 to 21)"),
        (0.25, 0.25, 0.25, "0.25 (0.25 to 0.25)"),
        # Rounding alone is no error.
        (430.0, 430 * (1 - 1e-12), 430.0, "430 (430 to 430)"),
        (0.0, 0.0, 0.0, "0 (0 to 0)"),
        # Without an interval.
        (21.0, np.nan, np.nan, "21"),
        (1.2345, np.nan, np.nan, "1.23"),
        (123.45, np.nan, np.nan, "123"),
    ],
)
def test_numbers_have_the_digits_of_their_errors(value, low, high, expected):
    assert shown(Estimate(*map(np.array, (value, low, high)))) == expected
