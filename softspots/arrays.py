"""What callers give as numbers and arrays, as the stages need it: of one shape, finite, and without a mask."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from softspots.exceptions import InputError, UnknownNameError, UnknownNumberError
from softspots.reasons import meant, number_of

# Characters of a value in a message.
LONGEST = 80
WHOLE = re.compile(r"(0|-?[1-9]\d{0,9})\Z", re.ASCII)


def float_array(name: str, values: ArrayLike, shape: tuple[Any, ...], *, allow_nan: bool = False) -> np.ndarray:
    """A new array of float64, in C order, of the finite numbers in ``values``.

    Parameters
    ----------
    name : str
        What the values are, in the plural, for the message: "Frame: positions".
    values : array_like
        Masked arrays are taken if nothing in them is masked.
    shape : tuple
        A string stands for any length and is what the message calls it: ``("N", 2)``.
    allow_nan : bool, optional
        Whether NaN is taken, for what is not known.

    Raises
    ------
    InputError
        If the values are no real numbers, have another shape, are masked, or are not finite.
    """
    array = real_array(name, values, shape)
    with np.errstate(over="ignore"):
        array = np.array(array, dtype=np.float64, order="C")
    wrong = np.isinf(array) if allow_nan else ~np.isfinite(array)
    if wrong.any():
        allowed = "finite or NaN" if allow_nan else "finite"
        raise InputError(f"{name} must be {allowed}; {np.count_nonzero(wrong)} of {array.size} are not")
    return array


def real_array(name: str, values: ArrayLike, shape: tuple[Any, ...]) -> np.ndarray:
    """``values`` as an array of real numbers of any type, which may be NaN; a copy only where there is no array.

    Raises
    ------
    InputError
        If the values are no real numbers, have another shape, or are masked.
    """
    array = _real_numbers(name, values)
    _require_shape(name, array, shape)
    return array


def whole_array(
    name: str, values: ArrayLike, shape: tuple[Any, ...], low: int, high: int, dtype: DTypeLike = np.int32
) -> np.ndarray:
    """A new array of whole numbers from ``low`` to ``high``; otherwise as `float_array`, 2.0 being a whole number.

    Raises
    ------
    InputError
        If the values are no whole numbers in this range, have another shape, or are masked.
    """
    array = real_array(name, values, shape)
    if array.dtype.kind == "f":
        # In half precision the limits themselves would overflow.
        with np.errstate(over="ignore"):
            array = array.astype(np.float64)
    wrong = ~((array >= low) & (array <= high))
    if array.dtype.kind == "f":
        wrong |= np.rint(array) != array
    if wrong.any():
        raise InputError(f"{name} must be whole numbers from {low} to {high}; {array[wrong].flat[0]} is among them")
    return np.array(array, dtype=dtype, order="C")


def is_whole(text: str) -> bool:
    """Whether text is a whole number of 32 bits, written in the one way that it has: 01 and 1 are two labels."""
    return bool(WHOLE.match(text)) and -(2**31) <= int(text) < 2**31


def label_array(name: str, values: ArrayLike, shape: tuple[Any, ...]) -> np.ndarray:
    """A new array of what names kinds: 32-bit whole numbers, or strings.

    Raises
    ------
    InputError
        If the values are neither, or both, have another shape, or are masked.
    """
    refuse_masked(name, values)
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(f"{name} are no labels, one for each: {error}") from error
    if array.dtype.kind == "U" and not isinstance(values, np.ndarray):
        # NumPy has made strings of the numbers that stand beside strings.
        array = np.asarray(values, dtype=object)
    if array.dtype.kind == "O":
        text = [isinstance(one, str) for one in array.flat]
        if any(text) and not all(text):
            raise InputError(f"{name} are numbers and strings; either the one or the other is needed")
        array = array.astype(np.str_) if any(text) else array
    if array.dtype.kind not in "UT":
        return whole_array(name, values, shape, -(2**31), 2**31 - 1)
    _require_shape(name, array, shape)
    return np.array(array, dtype=np.str_)


def real_number(name: str, value: object) -> float:
    """``value`` as a finite float.

    Raises
    ------
    InputError
        If it is not one.
    """
    number = _scalar(value)
    if not np.isfinite(number):
        raise InputError(f"{name} is {_shown(value)}; it must be a finite number")
    return number


def positive_number(name: str, value: object) -> float:
    """``value`` as a finite float above zero, of full precision: the inverse of a smaller one may overflow.

    Raises
    ------
    InputError
        If it is not one.
    """
    number = _scalar(value)
    if not (np.isfinite(number) and number >= np.finfo(float).tiny):
        raise InputError(
            f"{name} is {_shown(value)}; it must be a positive finite number, {np.finfo(float).tiny:.3g} or more"
        )
    return number


def whole_number(name: str, value: object, low: int, high: int = 2**31 - 1) -> int:
    """``value`` as an int from ``low`` to ``high``, by default what 32 bits hold; 2.0 is none.

    Raises
    ------
    InputError
        If it is not one.
    """
    array = np.asarray(value)
    # As Python's: in short types the limits would overflow.
    if array.shape != () or array.dtype.kind not in "iu" or not low <= int(array) <= high:
        raise InputError(f"{name} is {_shown(value)}; it must be a whole number from {low} to {high}")
    return int(array)


def number_at(index: int, numbers: Sequence[int], who: str, noun: str) -> int:
    """The number at an index, from the end if it is negative; ``who`` has as many of what ``noun`` says.

    Raises
    ------
    UnknownNumberError
        If there is none.
    """
    try:
        return numbers[index]
    except IndexError:
        raise UnknownNumberError(f"{who} has {number_of(len(numbers), noun)}; got {index}") from None


def require_name(name: object, names: Iterable[str], noun: str) -> None:
    """Refuse a name that is none of those that there are of what ``noun`` says.

    Raises
    ------
    UnknownNameError
        If it is none.
    """
    there = [*names]
    if name not in there:
        raise UnknownNameError(f"there is no {noun} {name!r}; there are: {', '.join(there)}")


def one_of(name: str, value: object, allowed: Iterable[str]) -> str:
    """``value``, a string that is among the ``allowed`` ones.

    Raises
    ------
    InputError
        If it is not one.
    """
    if not isinstance(value, str) or value not in allowed:
        question = meant(value, allowed) if isinstance(value, str) else ""
        raise InputError(f"{name} is {_shown(value)}; allowed: {', '.join(allowed)}{question}")
    return value


def moderate(vector: np.ndarray) -> np.ndarray:
    """``vector``, times a power of two if its numbers are so large or small that their fourth powers are no floats."""
    # Without a copy of magnitudes, which would take as long as what follows.
    largest = max(vector.max(initial=0.0), -vector.min(initial=0.0))
    if 1e-70 < largest < 1e70 or not 0 < largest < np.inf:
        return vector
    return np.ldexp(vector, -np.frexp(largest)[1])


def refuse_masked(name: str, values: object) -> None:
    """Refuse ``values`` that are masked somewhere, as NumPy would go on with what is behind the mask.

    Raises
    ------
    InputError
        If any is masked.
    """
    if np.ma.is_masked(values):
        count = np.ma.count_masked(values)
        raise InputError(f"{name} have {count} masked entries of {np.size(values)}; fill them, or leave them out")


def _real_numbers(name, values) -> np.ndarray:
    refuse_masked(name, values)
    try:
        array = np.asarray(values)
        if array.dtype.kind == "O":
            array = array.astype(float)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{name} are no array of numbers: {error}") from None
    if array.dtype.kind not in "biuf":
        raise InputError(f"{name} are of type {array.dtype}; real numbers are needed")
    return array


def _shown(value) -> str:
    """A value as code, NumPy's numbers as Python's, cut off where it is long."""
    try:
        text = repr(value.item() if isinstance(value, np.generic) else value)
    except ValueError:
        # Python does not write them, as that takes long.
        return "a number of very many digits"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _scalar(value) -> float:
    """A real number as a float; NaN for anything else."""
    try:
        array = _real_numbers("", value)
    except InputError:
        return np.nan
    return float(array) if array.shape == () else np.nan


def _require_shape(name, array, shape):
    fits = len(array.shape) == len(shape) and all(
        isinstance(wanted, str) or wanted == length for wanted, length in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = str(shape).replace("'", "")
        raise InputError(f"{name} have shape {array.shape}; {wanted} is needed")
