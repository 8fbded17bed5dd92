"""One base class; each kind is also what Python's own handlers know."""

import pytest

from softspots import exceptions


@pytest.mark.parametrize(
    ("kind", "builtins"),
    [
        (exceptions.InputError, (ValueError,)),
        (exceptions.UnknownNameError, (KeyError, LookupError)),
        (exceptions.UnknownNumberError, (IndexError, LookupError)),
        (exceptions.PhysicsError, (FloatingPointError, ArithmeticError, RuntimeError)),
        (exceptions.DamagedFileError, (OSError, ValueError)),
        (exceptions.MissingFileError, (FileNotFoundError, ValueError)),
        (exceptions.OutputError, (OSError,)),
        (exceptions.ShortageError, (MemoryError,)),
        (exceptions.InstallationError, (ImportError, RuntimeError)),
    ],
)
def test_each_kind_is_also_a_builtin(kind, builtins):
    error = kind("what was got, and what is allowed")
    assert str(error) == "what was got, and what is allowed"
    for base in (exceptions.SoftspotsError, *builtins):
        assert isinstance(error, base)
