"""Labels of particles in snapshots: types, species, and columns by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from softspots.arrays import is_whole
from softspots.exceptions import InputError
from softspots.io.readers.snapshot import Snapshot
from softspots.reasons import first_of

# Names of columns with sizes, and what makes diameters of them; the first that is there is taken.
SIZES = {"diameter": 1, "size": 1, "radius": 2, "radii": 2}
# A column with more labels tells particles apart, and not kinds of them.
MOST_KINDS = 10


def types_of(snapshot: Snapshot) -> np.ndarray:
    """The types of a snapshot's particles."""
    if snapshot.types is None:
        raise InputError("there are no types of particles, though the first frame has them")
    return snapshot.types


def labels_of(types: ArrayLike) -> np.ndarray:
    """Types as whole numbers, or as strings if one of them is not as a number of 32 bits is written."""
    types = np.asarray(types)
    if types.dtype.kind in "iu":
        return types
    text = types.astype(np.str_)
    distinct, where = np.unique(text, return_inverse=True)
    if all(map(is_whole, distinct.tolist())):
        return distinct.astype(np.int64)[where]
    return text


def translated(labels: ArrayLike, table: Mapping[Any, Any], kind: str, meaning: str, option: str) -> np.ndarray:
    """``labels`` through a table by their names as strings."""
    distinct, where = np.unique(labels, return_inverse=True)
    table = {str(key): value for key, value in table.items()}
    for number, one in enumerate(distinct.tolist()):
        if str(one) not in table:
            count = np.count_nonzero(where == number)
            raise InputError(f"{kind} {one} ({count} particles) has no entry in {option}={table}; {meaning} is needed")
    return np.array([table[str(one)] for one in distinct.tolist()])[where]


def column(snapshot: Snapshot, name: str, what: str = "sizes") -> np.ndarray:
    """A column by its name, whatever its capitals."""
    for key in snapshot.columns:
        if key.lower() == name.lower() and np.ndim(snapshot.columns[key]) == 1:
            return _array(snapshot.columns[key])
    scalars = [key for key in snapshot.columns if np.ndim(snapshot.columns[key]) == 1]
    raise InputError(f"there is no column {name!r} with {what}; there are: {', '.join(scalars) or 'none'}")


def _array(values) -> np.ndarray:
    """A column as an array: OVITO has texts one by one."""
    texts = type(getattr(values, "dtype", None)).__name__ == "StringDType"
    return np.array([*map(str, values)]) if texts else np.asarray(values)


def named_column(snapshot: Snapshot, name: object) -> str | None:
    """The column of this name, whatever its capitals, or None."""
    columns = [key for key, values in snapshot.columns.items() if np.ndim(values) == 1]
    return next((key for key in columns if isinstance(name, str) and key.lower() == name.lower()), None)


def kinds_in_columns(snapshot: Snapshot) -> dict[str, tuple[Any, ...]]:
    """The labels in each column that has few, and so may say what particles are, otherwise than their types."""
    columns = {key: _array(values) for key, values in snapshot.columns.items() if np.ndim(values) == 1}
    types = None if snapshot.types is None else np.unique(labels_of(snapshot.types), return_inverse=True)[1]
    found = {}
    for key, values in columns.items():
        if values.dtype.kind not in "iuU":
            continue
        labels, numbers = np.unique(values, return_inverse=True)
        if 1 < len(labels) <= MOST_KINDS and not _same_parts(numbers, types):
            found[key] = tuple(labels.tolist())
    return found


def _same_parts(numbers, types) -> bool:
    """Whether two ways to number particles part them alike."""
    if types is None:
        return False
    both = len(np.unique(np.column_stack([numbers, types]), axis=0))
    return both == numbers.max() + 1 == types.max() + 1


def size_column(snapshot: Snapshot) -> str | None:
    """The name of a column that has sizes by its name."""
    by_name = {key.lower(): key for key in snapshot.columns}
    return next((by_name[name] for name in SIZES if name in by_name), None)


def counts(raw: ArrayLike) -> str:
    """Labels with how many particles have each, in words."""
    labels, numbers = np.unique(raw, return_counts=True)
    named = [f"{label} ({count})" for label, count in zip(labels, numbers, strict=True)]
    return f"type{'s' if len(labels) > 1 else ''} {first_of(named)}"


def letter(number: int) -> str:
    """A name for a species."""
    return chr(ord("A") + number % 26)
