"""Sums that steer the dynamics: independent of order and of how terms are shared out, to the bit."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from softspots._core import accumulate

# The limits that fortran/reduction.f90 states.
LARGEST_TERM = 2.0**30
terms = st.lists(st.floats(-LARGEST_TERM, LARGEST_TERM), max_size=200)
# Kinetic energies, energies and virials of single particles: what is summed in practice.
usual_terms = st.lists(st.floats(-1e3, 1e3), max_size=200)


def total(values):
    return accumulate(values, np.zeros(2))


@given(terms | usual_terms, st.randoms(use_true_random=False))
def test_order_does_not_matter(values, random):
    shuffled = values.copy()
    random.shuffle(shuffled)
    # Up to 200 terms of 2^30 stay below the 2^33 of the coarse sum only eight at a time.
    if sum(map(abs, values)) < 2.0**33:
        assert np.array_equal(total(values), total(shuffled))


@given(usual_terms, st.lists(st.integers(0, 5), min_size=200, max_size=200))
def test_sharing_out_does_not_matter(values, owners):
    values = np.array(values)
    owners = np.array(owners[: len(values)], dtype=int)
    # Ranks sum their own terms; MPI adds what they found, in an order of its own.
    parts = [total(values[owners == rank]) for rank in (3, 0, 5, 1, 4, 2)]
    assert np.array_equal(np.sum(parts, axis=0), total(values))


@given(usual_terms)
def test_error_is_below_what_is_dropped(values):
    coarse, fine = total(values)
    exact = sum(map(Fraction, values))
    # Each term is rounded to a multiple of 2^-48.
    assert abs(Fraction(coarse) + Fraction(fine) - exact) <= len(values) * Fraction(1, 2**49)


def test_many_large_terms_are_still_exact():
    """2^22 terms of almost 2^11 come close to the 2^33 that the coarse sum can hold."""
    values = np.full(2**22, 2.0**11 - 1 / 3)
    values[::2] -= 1e-6
    halves = total(values[: 2**21]) + total(values[2**21 :])
    assert np.array_equal(halves, total(values))
    assert np.array_equal(total(np.random.default_rng(1).permutation(values)), total(values))


def test_a_plain_sum_would_not_do():
    values = np.random.default_rng(2).normal(size=10_000)
    plain = {float(np.add.reduce(np.roll(values, shift))) for shift in range(50)}
    exact = {tuple(total(np.roll(values, shift))) for shift in range(50)}
    assert len(plain) > 1
    assert len(exact) == 1


def test_what_is_not_a_number_stays_so():
    for bad in (np.nan, np.inf):
        assert not np.isfinite(total([1.0, bad])).all()
