# cython: language_level=3, boundscheck=False, wraparound=False
"""The compiled kernels, over Fortran's C interface: shapes are checked here, the GIL is released, errors are raised."""

import numpy as np

cdef extern from "softspots.h" nogil:
    ctypedef struct failure:
        int code
        long long step
        long long particle
        double value
        double allowed

    void ss_energy_forces(int n, const double *positions, const int *species, const double *box, const double *table,
                          int smoothing, double *energy, double *forces, double *virial, failure *error)
    void ss_count_hessian(int n, const double *positions, const int *species, const double *box, const double *table,
                          int smoothing, int *indptr, failure *error)
    void ss_fill_hessian(int n, const double *positions, const int *species, const double *box, const double *table,
                         int smoothing, int *indptr, int *indices, double *blocks, failure *error)
    void ss_minimize(int n, double *positions, const int *species, const double *box, const double *table,
                     int smoothing, int method, double max_force, int max_evaluations, double *forces,
                     int *evaluations, failure *error)
    void ss_d2min(int n, const double *positions, const double *displacements, double row_shift, const double *box,
                  double cutoff, double *d2min, failure *error)
    void ss_connect(int n, const double *positions, const double *box, const int *chosen, double length, int capacity,
                    int *edges, int *count, failure *error)
    void ss_spend_budgets(int n, int *struck, long long n_budgets, long long *budgets, int n_spots, long long *spot,
                          long long *birth, long long *remaining, long long *lifetimes, long long *counters)
    void ss_accumulate(int n, double *terms, double *sums)
    void ss_pack_factor(int n, int tiles, int *column, int *indptr, double *values, int *start, double *below,
                        double *triangle)
    void ss_solve_block(int n, int tiles, int *column, int *start, int *row, double *below, double *triangle,
                        double *block)
    void ss_project_out(int first, int last, int capacity, int panels, double *basis, double *block, double *overlaps)
    void ss_reorthogonalize(int columns, int capacity, int panels, double *basis, float *rounded, double *block)
    void ss_append(int first, int capacity, int panels, double *transform, double *block, double *basis, float *rounded,
                   double *gram)
    void ss_residual_norms(int n, int entries, int *indptr, int *indices, double *values, int modes, double *eigenvalues,
                           double *vectors, double *norms)
    void *ss_new_simulation(int handle, int rank, int size, int grid_x, int grid_y, double *box, double *table,
                            int smoothing, double timestep, double thermostat_time, int thermostat_chain, double skin,
                            failure *error)
    void ss_free_simulation(void *pointer)
    void ss_set_particles(void *pointer, int n, const double *positions, const double *velocities, const int *images,
                          const int *species, double strain, failure *error)
    void ss_resume(void *pointer, int n, const double *built, const double *positions, const double *velocities,
                   const int *images, const int *species, const double *scalars, int chain, const double *thermostat,
                   const long long *counters, failure *error)
    void ss_get_progress(void *pointer, int n, double *built, double *scalars, int chain, double *thermostat,
                         long long *counters)
    void ss_run(void *pointer, long long n_steps, double first_temperature, double last_temperature, double strain_rate,
                failure *error)
    int ss_count_owned(void *pointer)
    void ss_get_owned(void *pointer, int n, int *ids, double *positions, double *velocities, int *images)
    void ss_get_state(void *pointer, double *strain, int *flips, long long *step, long long *rebuilds)
    void ss_thermodynamics(void *pointer, double temperature, double *values)
    void ss_mpi_library_version(char *text, int capacity, int *length)

SMOOTHINGS = {"even": 0, "quadratic": 1, "switch": 2}
METHODS = {"lbfgs": 0, "cg": 1, "fire": 2}

# Codes of fortran/errors.f90.
MESSAGES = {
    1: (ValueError, "the shorter side of the box is {value:.6g}; at least {allowed:.6g} (twice the range of interaction) is needed"),
    2: (FloatingPointError, "particle {particle} has a coordinate or force that is not finite"),
    3: (
        RuntimeError,
        "the run blew up after step {step}: particle {particle} is about to move by {value:.3g} in one step "
        "(allowed: {allowed:.3g}); "
        "try a smaller timestep, or relax overlaps first",
    ),
    4: (RuntimeError, "particles were lost in step {step}: {value:.0f} are left of {allowed:.0f}"),
    5: (ValueError, "the rank grid is too fine: a rank's rectangle is {value:.4g} wide; at least {allowed:.4g} is needed"),
    6: (ValueError, "particle {particle} and another one coincide; they must lie apart"),
}


cdef int check(failure *error) except -1:
    if error.code == 0:
        return 0
    kind, message = MESSAGES[error.code]
    raise kind(message.format(step=error.step, particle=error.particle, value=error.value, allowed=error.allowed))


def _frame_arrays(positions, species, box, table):
    positions = np.ascontiguousarray(positions, dtype=np.float64)
    species = np.ascontiguousarray(species, dtype=np.int32)
    box = np.ascontiguousarray(box, dtype=np.float64)
    table = np.ascontiguousarray(table, dtype=np.float64)
    if positions.ndim != 2 or positions.shape[1] != 2 or len(positions) == 0:
        raise ValueError(f"positions have shape {positions.shape}; (N, 2) with N > 0 is needed")
    if species.shape != (len(positions),):
        raise ValueError(f"species have shape {species.shape}; ({len(positions)},) is needed")
    if species.min() < 0 or species.max() > 1:
        raise ValueError("species must be 0 (A) or 1 (B)")
    if box.shape != (3,) or table.shape != (3, 4):
        raise ValueError(f"box has shape {box.shape} and the pair table {table.shape}; (3,) and (3, 4) are needed")
    return positions, species, box, table


def energy_forces(positions, species, box, table, smoothing):
    """Energy, forces (N, 2) and virial (2, 2) of one frame; see `softspots.forces.energy_forces`."""
    cdef const double[:, ::1] r
    cdef const int[::1] s
    cdef const double[::1] b
    cdef const double[:, ::1] t
    r, s, b, t = _frame_arrays(positions, species, box, table)
    cdef double[:, ::1] forces = np.empty((r.shape[0], 2))
    cdef double[:, ::1] virial = np.empty((2, 2))
    cdef double energy = 0
    cdef int kind = SMOOTHINGS[smoothing]
    cdef failure error
    with nogil:
        ss_energy_forces(<int> r.shape[0], &r[0, 0], &s[0], &b[0], &t[0, 0], kind, &energy, &forces[0, 0],
                                &virial[0, 0], &error)
    check(&error)
    return energy, np.asarray(forces), np.asarray(virial)


def hessian(positions, species, box, table, smoothing):
    """Row starts (N + 1,), column indices and 2 × 2 blocks of the Hessian; see `softspots.modes.hessian`."""
    cdef const double[:, ::1] r
    cdef const int[::1] s
    cdef const double[::1] b
    cdef const double[:, ::1] t
    r, s, b, t = _frame_arrays(positions, species, box, table)
    cdef int n = <int> r.shape[0]
    cdef int[::1] indptr = np.zeros(n + 1, dtype=np.int32)
    cdef int kind = SMOOTHINGS[smoothing]
    cdef failure error
    with nogil:
        ss_count_hessian(n, &r[0, 0], &s[0], &b[0], &t[0, 0], kind, &indptr[0], &error)
    check(&error)
    cdef int[::1] indices = np.empty(indptr[n], dtype=np.int32)
    cdef double[:, :, ::1] blocks = np.empty((indptr[n], 2, 2))
    with nogil:
        ss_fill_hessian(n, &r[0, 0], &s[0], &b[0], &t[0, 0], kind, &indptr[0], &indices[0], &blocks[0, 0, 0],
                               &error)
    check(&error)
    return np.asarray(indptr), np.asarray(indices), np.asarray(blocks)


def minimize(positions, species, box, table, smoothing, method, double max_force, int max_evaluations):
    """Minimised positions (N, 2), energy, largest force component and force calls; see `softspots.quench`."""
    cdef const int[::1] s
    cdef const double[::1] b
    cdef const double[:, ::1] t
    given, s, b, t = _frame_arrays(positions, species, box, table)
    cdef double[:, ::1] r = given.copy()
    cdef double[:, ::1] forces = np.empty((r.shape[0], 2))
    cdef int kind = SMOOTHINGS[smoothing]
    cdef int how = METHODS[method]
    cdef int evaluations = 0
    cdef failure error
    with nogil:
        ss_minimize(<int> r.shape[0], &r[0, 0], &s[0], &b[0], &t[0, 0], kind, how, max_force, max_evaluations,
                           &forces[0, 0], &evaluations, &error)
    check(&error)
    energy, forces_there, _ = energy_forces(r, s, b, t, smoothing)
    return np.asarray(r), energy, float(np.abs(forces_there).max()), evaluations


def d2min(positions, displacements, double row_shift, box, double cutoff):
    """D²_min (N,); see `softspots.plasticity.d2min`."""
    cdef const double[:, ::1] r = np.ascontiguousarray(positions, dtype=np.float64)
    cdef const double[:, ::1] u = np.ascontiguousarray(displacements, dtype=np.float64)
    cdef const double[::1] b = np.ascontiguousarray(box, dtype=np.float64)
    if r.shape[0] == 0 or r.shape[1] != 2 or u.shape[0] != r.shape[0] or u.shape[1] != 2 or b.shape[0] != 3:
        raise ValueError("positions and displacements must both have shape (N, 2) with N > 0, box (3,)")
    cdef double[::1] values = np.empty(r.shape[0])
    cdef failure error
    with nogil:
        ss_d2min(<int> r.shape[0], &r[0, 0], &u[0, 0], row_shift, &b[0], cutoff, &values[0], &error)
    check(&error)
    return np.asarray(values)


def connect(positions, box, chosen, double length):
    """Pairs (E, 2) of chosen particles at most ``length`` apart, or by Delaunay if it is 0; see `softspots.spots`."""
    cdef const double[:, ::1] r = np.ascontiguousarray(positions, dtype=np.float64)
    cdef const double[::1] b = np.ascontiguousarray(box, dtype=np.float64)
    cdef const int[::1] c = np.ascontiguousarray(chosen, dtype=np.int32)
    cdef int n = <int> r.shape[0]
    if n == 0 or r.shape[1] != 2 or c.shape[0] != n or b.shape[0] != 3:
        raise ValueError("positions must have shape (N, 2) with N > 0, chosen (N,), box (3,)")
    # What a triangulation has at most; only a long distance connects more.
    cdef int count = 3 * n, capacity = 0
    cdef int[:, ::1] edges
    cdef failure error
    while count > capacity:
        capacity = count
        edges = np.empty((capacity, 2), dtype=np.int32)
        with nogil:
            ss_connect(n, &r[0, 0], &b[0], &c[0], length, capacity, &edges[0, 0], &count, &error)
        check(&error)
    return np.asarray(edges[:count])


def spend_budgets(int[::1] struck, long long[::1] budgets, long long[::1] spot, long long[::1] birth,
                  long long[::1] remaining, long long[::1] lifetimes, long long[::1] counters):
    """A step of the mean-field model for each place in ``struck``; the last five change. See `softspots.meanfield`.

    ``counters`` are steps, spots born, and spots that died.
    """
    cdef int n_spots = <int> spot.shape[0]
    if spot.shape[0] == 0 or birth.shape[0] != n_spots or remaining.shape[0] != n_spots:
        raise ValueError("spot, birth and remaining must have the same shape (N_S,) with N_S > 0")
    if budgets.shape[0] == 0 or lifetimes.shape[0] != budgets.shape[0] or counters.shape[0] != 3:
        raise ValueError("budgets and lifetimes must have the same shape (n,) with n > 0, counters (3,)")
    if struck.shape[0] == 0 or np.min(struck) < 0 or np.max(struck) >= n_spots:
        raise ValueError(f"struck must hold places from 0 to {n_spots - 1}, and at least one")
    with nogil:
        ss_spend_budgets(<int> struck.shape[0], &struck[0], budgets.shape[0], &budgets[0], n_spots, &spot[0], &birth[0],
                         &remaining[0], &lifetimes[0], &counters[0])


# As fortran/krylov.f90 has them.
PANEL_ROWS = 2048
BLOCK_WIDTH = 16
TILE_WIDTH = 4


cdef class PackedFactor:
    """A sparse Cholesky factor, packed for solves with blocks of vectors; see fortran/krylov.f90.

    Indices are counted from 1: columns ``column[t]`` to ``column[t + 1]``, exclusive, are tile t, and its rows below are
    ``row[start[t] - 1:start[t + 1] - 1]``. The factor comes in compressed columns, ``indptr`` (n + 1,) and ``values``.
    """

    cdef int[::1] column, start, row
    cdef double[:, ::1] below
    cdef double[:, :, ::1] triangle

    def __init__(self, int[::1] column, int[::1] indptr, double[::1] values, int[::1] start, int[::1] row):
        cdef int n = <int> indptr.shape[0] - 1
        cdef int tiles = <int> column.shape[0] - 1
        if tiles < 1 or start.shape[0] != tiles + 1 or column[tiles] != n + 1 or indptr[n] != values.shape[0] + 1:
            raise ValueError("column, indptr and start must fit each other and the values")
        if start[tiles] != row.shape[0] + 1:
            raise ValueError(f"start ends at {start[tiles]}, and there are {row.shape[0]} rows")
        self.column, self.start, self.row = column, start, np.append(row, np.int32(0))
        # At least one row, as the last tile has none below it.
        self.below = np.empty((TILE_WIDTH, row.shape[0] + 1))
        self.triangle = np.empty((tiles, TILE_WIDTH, TILE_WIDTH))
        with nogil:
            ss_pack_factor(n, tiles, &column[0], &indptr[0], &values[0], &start[0], &self.below[0, 0],
                           &self.triangle[0, 0, 0])

    def solve(self, double[:, ::1] block):
        """``block`` (n, BLOCK_WIDTH) becomes the solution."""
        cdef int tiles = <int> self.column.shape[0] - 1
        cdef int n = self.column[tiles] - 1
        if block.shape[0] != n or block.shape[1] != BLOCK_WIDTH:
            raise ValueError(f"block must be {(n, BLOCK_WIDTH)}")
        with nogil:
            ss_solve_block(n, tiles, &self.column[0], &self.start[0], &self.row[0], &self.below[0, 0],
                           &self.triangle[0, 0, 0], &block[0, 0])


def project_out(int first, int last, double[:, :, ::1] basis, double[:, ::1] block):
    """Take columns ``first`` to ``last``, exclusive, of ``basis`` (panels, capacity, PANEL_ROWS) out of ``block``.

    Their number must be a multiple of eight. ``block`` (panels * PANEL_ROWS, BLOCK_WIDTH) changes; returns the overlaps
    (last - first, BLOCK_WIDTH).
    """
    _check_panels(first, last, basis, block)
    cdef double[:, ::1] overlaps = np.empty((last - first, BLOCK_WIDTH))
    with nogil:
        ss_project_out(first + 1, last, <int> basis.shape[1], <int> basis.shape[0], &basis[0, 0, 0], &block[0, 0],
                       &overlaps[0, 0])
    return np.asarray(overlaps)


def reorthogonalize(int columns, double[:, :, ::1] basis, float[:, :, ::1] rounded, double[:, ::1] block):
    """Take the first ``columns``, a multiple of eight, of ``basis`` out of a ``block`` that is nearly orthogonal to them.

    To the precision of ``rounded``, a copy of the basis, relative to what is taken out.
    """
    _check_panels(0, columns, basis, block)
    _check_copy(basis, rounded)
    with nogil:
        ss_reorthogonalize(columns, <int> basis.shape[1], <int> basis.shape[0], &basis[0, 0, 0], &rounded[0, 0, 0],
                           &block[0, 0])


def append(int first, double[:, ::1] transform, double[:, :, ::1] basis, float[:, :, ::1] rounded,
           double[:, ::1] block):
    """``block`` becomes ``block @ transform``, and columns ``first`` and following of ``basis`` and its copy.

    Returns its Gram matrix.
    """
    _check_panels(first, first + BLOCK_WIDTH, basis, block)
    _check_copy(basis, rounded)
    if transform.shape[0] != BLOCK_WIDTH or transform.shape[1] != BLOCK_WIDTH:
        raise ValueError(f"transform must have shape {(BLOCK_WIDTH, BLOCK_WIDTH)}")
    cdef double[:, ::1] gram = np.empty((BLOCK_WIDTH, BLOCK_WIDTH))
    with nogil:
        ss_append(first + 1, <int> basis.shape[1], <int> basis.shape[0], &transform[0, 0], &block[0, 0],
                  &basis[0, 0, 0], &rounded[0, 0, 0], &gram[0, 0])
    return np.asarray(gram)


def residual_norms(int[::1] indptr, int[::1] indices, double[::1] values, double[::1] eigenvalues,
                   double[:, ::1] vectors):
    """‖H v − λ v‖ (modes,) of ``eigenvalues`` (modes,) and ``vectors`` (modes, n) of a symmetric matrix.

    The matrix is (n, n), in compressed columns counted from 0.
    """
    cdef int modes = <int> vectors.shape[0]
    cdef int n = <int> vectors.shape[1]
    if modes < 1 or eigenvalues.shape[0] != modes:
        raise ValueError(f"there are {eigenvalues.shape[0]} eigenvalues and {modes} vectors")
    if n < 1 or indptr.shape[0] != n + 1 or not indptr[n] == indices.shape[0] == values.shape[0] > 0:
        raise ValueError(f"the matrix does not fit itself or vectors of {n} components")
    cdef double[::1] norms = np.empty(modes)
    with nogil:
        ss_residual_norms(n, <int> indices.shape[0], &indptr[0], &indices[0], &values[0], modes, &eigenvalues[0],
                          &vectors[0, 0], &norms[0])
    return np.asarray(norms)


def _check_panels(first, last, basis, block):
    if basis.shape[2] != PANEL_ROWS or block.shape[0] != basis.shape[0] * PANEL_ROWS or block.shape[1] != BLOCK_WIDTH:
        raise ValueError(f"basis must be (panels, capacity, {PANEL_ROWS}) and block (panels * {PANEL_ROWS}, {BLOCK_WIDTH})")
    if not 0 <= first < last <= basis.shape[1]:
        raise ValueError(f"columns {first} to {last} are not within the basis of {basis.shape[1]}")
    if (last - first) % 8:
        raise ValueError(f"columns {first} to {last} are {last - first}, which is no multiple of 8")


def _check_copy(basis, rounded):
    if np.shape(rounded) != np.shape(basis):
        raise ValueError(f"the copy is {np.shape(rounded)}, the basis {np.shape(basis)}")


def accumulate(terms, sums):
    """``sums`` (2,) with terms (n,) added, exactly, hence in any order; sums[0] + sums[1] is the total.

    Limits stand in fortran/reduction.f90.
    """
    cdef double[::1] values = np.ascontiguousarray(terms, dtype=np.float64)
    cdef double[::1] total = np.array(sums, dtype=np.float64)
    if total.shape[0] != 2:
        raise ValueError("sums (2,) are needed")
    if values.shape[0] > 0:
        ss_accumulate(<int> values.shape[0], &values[0], &total[0])
    return np.asarray(total)


def mpi_library_version():
    """Name of the MPI library that the kernels are linked to; empty in a build without MPI."""
    cdef char text[8192]
    cdef int length
    ss_mpi_library_version(text, 8192, &length)
    return text[:length].decode()


built_with_mpi = bool(mpi_library_version())


cdef class Domain:
    """One rank's share of a simulation: owner of the Fortran object; see `softspots.dynamics.Simulation`."""

    cdef void *pointer
    cdef object communicator
    cdef int chain

    def __cinit__(self, communicator, grid, box_lengths, table, smoothing, double timestep, double thermostat_time,
                  int thermostat_chain, double skin):
        cdef double[::1] b = np.ascontiguousarray(box_lengths, dtype=np.float64)
        cdef double[:, ::1] t = np.ascontiguousarray(table, dtype=np.float64)
        if b.shape[0] != 2 or t.shape[0] != 3 or t.shape[1] != 4 or thermostat_chain < 1:
            raise ValueError("box_lengths (2,), a pair table (3, 4) and a chain of at least one thermostat are needed")
        cdef int handle = communicator.py2f() if communicator.size > 1 else 0
        cdef failure error
        # The communicator must live as long as the Fortran side may use it.
        self.communicator = communicator
        self.chain = thermostat_chain
        self.pointer = ss_new_simulation(handle, communicator.rank, communicator.size, grid[0], grid[1], &b[0],
                                         &t[0, 0], SMOOTHINGS[smoothing], timestep, thermostat_time, thermostat_chain,
                                         skin, &error)
        check(&error)

    def __dealloc__(self):
        if self.pointer != NULL:
            ss_free_simulation(self.pointer)

    def set_particles(self, positions, velocities, images, species, double strain):
        """Distribute all N particles: positions, velocities, images (N, 2), species (N,). Collective."""
        cdef const double[:, ::1] r = np.ascontiguousarray(positions, dtype=np.float64)
        cdef const double[:, ::1] v = np.ascontiguousarray(velocities, dtype=np.float64)
        cdef const int[:, ::1] m = np.ascontiguousarray(images, dtype=np.int32)
        cdef const int[::1] s = np.ascontiguousarray(species, dtype=np.int32)
        cdef int n = <int> r.shape[0]
        if not (n > 0 and r.shape[1] == v.shape[1] == m.shape[1] == 2 and n == v.shape[0] == m.shape[0] == s.shape[0]):
            raise ValueError("positions, velocities and images (N, 2) and species (N,) with N > 0 are needed")
        cdef failure error
        with nogil:
            ss_set_particles(self.pointer, n, &r[0, 0], &v[0, 0], &m[0, 0], &s[0], strain, &error)
        check(&error)

    def resume(self, built, positions, velocities, images, species, scalars, thermostat, counters):
        """Take up a run from what `owned` and `progress` gave, all N particles by id. Collective."""
        cdef const double[:, ::1] a = np.ascontiguousarray(built, dtype=np.float64)
        cdef const double[:, ::1] r = np.ascontiguousarray(positions, dtype=np.float64)
        cdef const double[:, ::1] v = np.ascontiguousarray(velocities, dtype=np.float64)
        cdef const int[:, ::1] m = np.ascontiguousarray(images, dtype=np.int32)
        cdef const int[::1] s = np.ascontiguousarray(species, dtype=np.int32)
        cdef const double[::1] numbers = np.ascontiguousarray(scalars, dtype=np.float64)
        cdef const double[:, ::1] t = np.ascontiguousarray(thermostat, dtype=np.float64)
        cdef const long long[::1] counts = np.ascontiguousarray(counters, dtype=np.int64)
        cdef int n = <int> r.shape[0]
        if not (n > 0 and r.shape[1] == v.shape[1] == m.shape[1] == a.shape[1] == 2
                and n == v.shape[0] == m.shape[0] == s.shape[0] == a.shape[0]):
            raise ValueError("built, positions, velocities and images (N, 2) and species (N,) with N > 0 are needed")
        if not (numbers.shape[0] == counts.shape[0] == 3 and t.shape[0] == 2 and t.shape[1] == self.chain):
            raise ValueError(f"scalars (3,), thermostat (2, {self.chain}) and counters (3,) are needed")
        cdef failure error
        with nogil:
            ss_resume(self.pointer, n, &a[0, 0], &r[0, 0], &v[0, 0], &m[0, 0], &s[0], &numbers[0], self.chain,
                      &t[0, 0], &counts[0], &error)
        check(&error)

    def progress(self):
        """Positions at the last rebuild (n, 2), as `owned` orders; scalars (3,), thermostat (2, chain), counters (3,)."""
        cdef int n = ss_count_owned(self.pointer)
        cdef double[:, ::1] a = np.empty((max(n, 1), 2))
        cdef double[::1] numbers = np.empty(3)
        cdef double[:, ::1] t = np.empty((2, self.chain))
        cdef long long[::1] counts = np.empty(3, dtype=np.int64)
        ss_get_progress(self.pointer, n, &a[0, 0], &numbers[0], self.chain, &t[0, 0], &counts[0])
        return np.asarray(a)[:n], np.asarray(numbers), np.asarray(t), np.asarray(counts)

    def run(self, long long n_steps, double first_temperature, double last_temperature, double strain_rate):
        """Advance. Collective."""
        cdef failure error
        with nogil:
            ss_run(self.pointer, n_steps, first_temperature, last_temperature, strain_rate, &error)
        check(&error)

    def owned(self):
        """ids (n,), positions, velocities and images (n, 2) of the particles that this rank owns."""
        cdef int n = ss_count_owned(self.pointer)
        # One entry at least, for the address of the first; empty ranks return none of it.
        cdef int[::1] ids = np.empty(max(n, 1), dtype=np.int32)
        cdef double[:, ::1] r = np.empty((max(n, 1), 2))
        cdef double[:, ::1] v = np.empty((max(n, 1), 2))
        cdef int[:, ::1] m = np.empty((max(n, 1), 2), dtype=np.int32)
        ss_get_owned(self.pointer, n, &ids[0], &r[0, 0], &v[0, 0], &m[0, 0])
        return np.asarray(ids)[:n], np.asarray(r)[:n], np.asarray(v)[:n], np.asarray(m)[:n]

    def state(self):
        """Total strain, flips of the tilt, steps and neighbour rebuilds so far."""
        cdef double strain
        cdef int flips
        cdef long long step, rebuilds
        ss_get_state(self.pointer, &strain, &flips, &step, &rebuilds)
        return strain, flips, step, rebuilds

    def thermodynamics(self, double temperature):
        """Sums of v v (xx, xy, yy), potential energy, virial (xx, xy, yy), thermostat's energy: (8,). Collective."""
        cdef double[::1] values = np.empty(8)
        with nogil:
            ss_thermodynamics(self.pointer, temperature, &values[0])
        return np.asarray(values)
