"""Numbers and arrays as callers give them."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from softspots.arrays import float_array, positive_number, real_number, whole_array, whole_number
from softspots.exceptions import InputError

reals = st.one_of(arrays.floating_dtypes(), arrays.integer_dtypes(), arrays.unsigned_integer_dtypes())


@given(reals.flatmap(lambda dtype: arrays.arrays(dtype, (3, 2))), st.booleans())
def test_finite_numbers_are_copied_as_they_are(values, fortran):
    given = np.asfortranarray(values) if fortran else values
    with np.errstate(over="ignore"):
        expected = given.astype(np.float64)
    if not np.isfinite(expected).all():
        with pytest.raises(InputError, match=f"x must be finite; {np.sum(~np.isfinite(expected))} of 6 are not"):
            float_array("x", given, (3, 2))
        return
    found = float_array("x", given, ("N", 2))
    assert found.dtype == np.float64 and found.flags.c_contiguous and found.flags.writeable
    assert np.array_equal(found, expected) and not np.shares_memory(found, given)


def test_nan_is_taken_where_it_is_allowed_and_infinity_is_not():
    assert np.isnan(float_array("x", [1.0, np.nan], (2,), allow_nan=True)).tolist() == [False, True]
    with pytest.raises(InputError, match="x must be finite or NaN; 1 of 2 are not"):
        float_array("x", [np.inf, np.nan], (2,), allow_nan=True)


@given(reals.flatmap(lambda dtype: arrays.arrays(dtype, 4)))
def test_whole_numbers_keep_their_values(values):
    # Compared as Python has them, without a type to overflow.
    exact = [int(value) if np.isfinite(value) and value == np.rint(value) else None for value in values]
    if any(value is None or not -(2**31) <= value < 2**31 for value in exact):
        with pytest.raises(InputError, match="x must be whole numbers from -2147483648 to 2147483647"):
            whole_array("x", values, ("N",), -(2**31), 2**31 - 1)
    else:
        assert whole_array("x", values, (4,), -(2**31), 2**31 - 1).tolist() == exact


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, 1j], "x are of type complex128; real numbers are needed"),
        (["1", "2"], "x are of type <U1"),
        (np.array(["2020", "2021"], dtype="M8[Y]"), "x are of type datetime64"),
        ([[1.0], [1.0, 2.0]], "x are no array of numbers"),
        ([object(), 1.0], "x are no array of numbers"),
        (np.ma.masked_array([1.0, 2.0], [True, False]), "x have 1 masked entries of 2"),
        (3.0, r"x have shape \(\); \(N,\) is needed"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused(values, message):
    for take in (
        lambda: float_array("x", values, ("N",)),
        lambda: whole_array("x", values, ("N",), 0, 9),
    ):
        with pytest.raises(InputError, match=message):
            take()


def test_numbers_of_other_kinds():
    assert float_array("x", [Decimal("0.5"), 2], (2,)).tolist() == [0.5, 2.0]
    for value in (2, 2.0, np.float32(2), np.array(2), Decimal(2), np.int8(2)):
        assert real_number("x", value) == positive_number("x", value) == 2.0
        assert type(real_number("x", value)) is float
    assert whole_number("x", np.uint8(7), 0) == 7


@pytest.mark.parametrize("value", [np.nan, np.inf, None, "2", 2j, [2.0], np.ma.masked, 10**400])
def test_what_is_no_number_is_refused(value):
    for take in (real_number, positive_number):
        with pytest.raises(InputError, match="x is "):
            take("x", value)
    with pytest.raises(InputError, match="x is "):
        whole_number("x", value, 0)


@pytest.mark.parametrize("value", [np.float64(-1.5e-310), np.float32(-0.5), np.int64(-3), np.str_("a")])
def test_numbers_of_numpy_are_shown_as_those_of_python(value):
    with pytest.raises(InputError, match=f"x is {value.item()!r}; it must be"):
        positive_number("x", value)


@pytest.mark.parametrize("value", [10**400, 10**5000, "x" * 10_000], ids=["long", "longer", "text"])
def test_long_values_are_cut_off_in_messages(value):
    for take in (real_number, positive_number, lambda name, one: whole_number(name, one, 0)):
        with pytest.raises(InputError, match="x is ") as refused:
            take("x", value)
        assert len(str(refused.value)) < 200


@pytest.mark.parametrize("value", [0.0, -1.0, 5e-324 * 0.1])
def test_what_is_not_positive_is_refused(value):
    with pytest.raises(InputError, match="positive"):
        positive_number("x", value)


@pytest.mark.parametrize("value", [-1, 10, 2.0, True, 10**30])
def test_what_is_no_count_is_refused(value):
    with pytest.raises(InputError, match="it must be a whole number from 0 to 9"):
        whole_number("x", value, 0, 9)
