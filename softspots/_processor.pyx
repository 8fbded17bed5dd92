# cython: language_level=3
"""What this processor has."""

cdef extern from "processor.h":
    bint has_feature(const char *name)


def has(str name):
    """Whether this processor, and the system on it, has an extension of the instruction set, or a level of x86-64.

    One that is not known here, it does not have.
    """
    return has_feature(name.encode())
