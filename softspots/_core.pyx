# cython: language_level=3, boundscheck=False, wraparound=False
"""The compiled kernels, over Fortran's C interface: arguments are checked, the GIL is released, errors are raised."""

# Before anything else: kernels that this processor cannot run must not be called.
from softspots.installation import require_processor

cdef extern from "instruction_set.h":
    const char *instruction_set_name
    const char *needed_features[]


cdef list _needed_features():
    names, k = [], 0
    while needed_features[k] != NULL:
        names.append(needed_features[k].decode())
        k += 1
    return names


require_processor(_needed_features())

import platform
import threading

import numpy as np

from softspots.exceptions import InputError, PhysicsError, ShortageError

cdef extern from "Python.h" nogil:
    int PyErr_CheckSignals() except -1
    unsigned long PyThread_get_thread_ident()

# What the kernels are compiled for: the level of x86-64 that has all of it, else the architecture.
instruction_set = instruction_set_name.decode() or platform.machine()
METHODS = {"lbfgs": 0, "cg": 1, "fire": 2}
# What fortran/base/reduction.f90 can add up exactly; all counts of the kernels fit 32 bits then.
MOST_PARTICLES = 2**26 - 1
# What the kernels take for themselves, roughly, in bytes.
PARTICLE_MEMORY = 500

# Codes of fortran/base/errors.f90.
MESSAGES = {
    1: (InputError, "the shortest side of the box is {value:.6g}; "
       "at least {allowed:.6g} (twice the range of interaction) is needed"),
    2: (PhysicsError, "the force on particle {particle} is not finite: another one lies on top of it"),
    3: (
        PhysicsError,
        "the run blew up after step {step}: particle {particle} is about to move by {value:.3g} in one step "
        "(allowed: {allowed:.3g}); "
        "try a smaller timestep, look at density and temperature, or relax overlaps first",
    ),
    4: (PhysicsError, "particles were lost in step {step}: {value:.0f} are left of {allowed:.0f}"),
    5: (InputError, "the rank grid is too fine: a rank's part of the box is {value:.4g} wide; "
       "at least {allowed:.4g} is needed"),
    6: (InputError, "particle {particle} and another one coincide; they must lie apart"),
    7: (
        InputError,
        "particle {particle} lies {value:.3g} box lengths away; up to {allowed:.0e} it has a place in the box "
        "(wrap positions into the box)",
    ),
    8: (InputError, "the longest side of the box is {value:.3g}; up to {allowed:.0e} places in it can be told apart"),
    9: (InputError, "there are more than {allowed:.2g} pairs within reach of each other; "
       "fewer particles or a shorter reach is needed"),
    10: (ShortageError, "the kernels need {value:.3g} bytes more for pairs of particles, and there are none"),
    12: (
        PhysicsError,
        "particles {particle} and {other} are {value:.3g} apart, and the potential between them is known from "
        "{allowed:.3g} on",
    ),
}
# Not an error, but the end of a kernel that was asked to stop.
cdef int INTERRUPTION = 11

# What a signal's handler raised while a kernel ran.
cdef object interruption = None
cdef unsigned long main_thread = threading.main_thread().ident


cdef public int ss_interrupted() noexcept nogil:
    """Whether a kernel is to stop, as a signal, such as that of Ctrl-C, has come: only the main thread handles them."""
    return PyThread_get_thread_ident() == main_thread and _handle_signals()


cdef bint _handle_signals() noexcept with gil:
    global interruption
    try:
        PyErr_CheckSignals()
    except BaseException as error:
        # Raised by `check` as soon as the kernel has ended.
        interruption = error
        return True
    return False


cdef int check(failure *error) except -1:
    global interruption
    reason = None
    if PyThread_get_thread_ident() == main_thread:
        # Whatever else has happened: a signal that is left here would be lost, or end a later kernel.
        reason, interruption = interruption, None
    if error.code == INTERRUPTION:
        # Of several ranks one may have the signal, and all have stopped.
        raise KeyboardInterrupt if reason is None else reason
    fault = None
    if error.code != 0:
        kind, message = MESSAGES[error.code]
        fault = kind(message.format(step=error.step, particle=error.particle, other=error.other, value=error.value,
                                    allowed=error.allowed))
    if reason is not None:
        raise reason from fault
    if fault is not None:
        raise fault
    return 0


def _array(name, values, dtype, *shape):
    """``values`` as a contiguous array of a type and shape, where None is any length; refused if a value would change."""
    given = np.asarray(values)
    if not np.can_cast(given.dtype, dtype, "same_kind"):
        raise InputError(f"{name} are of type {given.dtype}; {np.dtype(dtype)} is needed")
    if given.ndim != len(shape) or any(want not in (None, got) for want, got in zip(shape, given.shape, strict=True)):
        wanted = ", ".join("N" if length is None else str(length) for length in shape)
        raise InputError(f"{name} have shape {given.shape}; ({wanted}{',' * (len(shape) == 1)}) is needed")
    array = np.ascontiguousarray(given, dtype)
    if np.dtype(dtype).kind == "i" and array.dtype != given.dtype and not np.array_equal(array, given):
        raise InputError(f"{name} reach from {given.min()} to {given.max()}; {np.dtype(dtype)} is needed")
    return array


def _positions(values, dimension=None):
    """Positions (N, 2) or (N, 3), or of the dimension asked for, with N > 0, and memory for what kernels do with them."""
    count = len(values)
    if not 0 < count <= MOST_PARTICLES:
        raise InputError(f"there are {count} particles; 1 to {MOST_PARTICLES} are allowed")
    # Where it is refused here, it is no abort.
    np.empty(PARTICLE_MEMORY * count, np.uint8)
    return _array("positions", values, np.float64, count, dimension or (3 if np.shape(values)[1:] == (3,) else 2))


def _box(values, int dimension):
    """Lengths, then tilts: xy or xy, xz, yz."""
    return _array("box", values, np.float64, dimension + dimension * (dimension - 1) // 2)


def _code(name, choice, codes):
    if choice not in codes:
        raise InputError(f"{name} is {choice!r}; allowed: {', '.join(codes)}")
    return codes[choice]


def connect(positions, box, chosen, double length):
    """Pairs (E, 2) of chosen particles at most ``length`` apart, or by Delaunay if it is 0; see `softspots.structure.spots`."""
    cdef const double[:, ::1] r = _positions(positions)
    cdef int n = <int> r.shape[0]
    cdef const double[::1] b = _box(box, r.shape[1])
    cdef const int[::1] c = _array("chosen", chosen, np.int32, n)
    cdef const frame_kernels *kernels = frame_kernels_of(<int> r.shape[1])
    # What a triangulation has at most; only a long distance connects more.
    cdef int count = 3 * n, capacity = 0
    cdef int[:, ::1] edges
    cdef failure error
    if not length > 0 and r.shape[1] != 2:
        raise InputError(f"length is {length:g}; in three dimensions it must be positive")
    while count > capacity:
        capacity = count
        edges = np.empty((capacity, 2), dtype=np.int32)
        with nogil:
            kernels.connect(n, &r[0, 0], &b[0], &c[0], length, capacity, &edges[0, 0], &count, &error)
        check(&error)
    return np.asarray(edges[:count])


def spend_budgets(const int[::1] struck, const long long[::1] budgets, long long[::1] spot, long long[::1] birth,
                  long long[::1] remaining, long long[::1] lifetimes, long long[::1] counters):
    """A step of the mean-field model for each place in ``struck``; the last five change. See `softspots.analysis.meanfield`.

    ``counters`` are steps, spots born, and spots that died.
    """
    cdef int n_spots = <int> spot.shape[0]
    if spot.shape[0] == 0 or birth.shape[0] != n_spots or remaining.shape[0] != n_spots:
        raise InputError(f"spot, birth and remaining have {spot.shape[0]}, {birth.shape[0]} and {remaining.shape[0]} "
                         "entries; the same number, at least one, is needed")
    if budgets.shape[0] == 0 or lifetimes.shape[0] != budgets.shape[0] or counters.shape[0] != 3:
        raise InputError(f"budgets, lifetimes and counters have {budgets.shape[0]}, {lifetimes.shape[0]} and "
                         f"{counters.shape[0]} entries; the same number of the first two, and 3, is needed")
    if struck.shape[0] == 0 or np.min(struck) < 0 or np.max(struck) >= n_spots:
        reach = f"from {np.min(struck)} to {np.max(struck)}" if struck.shape[0] else "nowhere"
        raise InputError(f"struck reaches {reach}; places from 0 to {n_spots - 1}, at least one, are needed")
    with nogil:
        ss_spend_budgets(<int> struck.shape[0], &struck[0], budgets.shape[0], &budgets[0], n_spots, &spot[0], &birth[0],
                         &remaining[0], &lifetimes[0], &counters[0])


def mpi_library_version():
    """Name of the MPI library that the kernels are linked to; empty in a build without MPI."""
    cdef char text[8192]
    cdef int length
    ss_mpi_library_version(text, 8192, &length)
    return text[:length].decode()


built_with_mpi = bool(mpi_library_version())

include "_potential.pxi"
include "_configuration.pxi"
include "_krylov.pxi"
include "_domain.pxi"
