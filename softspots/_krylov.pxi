"""The eigensolver's kernels on blocks of vectors: what is written to is taken as it is, without a copy."""

# As fortran/linear/krylov.fypp has them.
PANEL_ROWS = 2048
BLOCK_WIDTH = 16
TILE_WIDTH = 4


cdef class PackedFactor:
    """A sparse Cholesky factor, packed for solves with blocks of vectors; see fortran/linear/krylov.fypp.

    Indices are counted from 1: columns ``column[t]`` to ``column[t + 1]``, exclusive, are tile t, and its rows below
    are ``row[start[t] - 1:start[t + 1] - 1]``. The factor comes in compressed columns, ``indptr`` (n + 1,) and ``values``.
    """

    cdef const int[::1] column, start, row
    cdef double[:, ::1] below
    cdef double[:, :, ::1] triangle

    def __init__(self, const int[::1] column, const int[::1] indptr, const double[::1] values,
                 const int[::1] start, const int[::1] row):
        if max(values.shape[0], row.shape[0]) >= 2**31 - 1:
            raise InputError(f"the factor has {values.shape[0]} entries; they cannot be numbered beyond {2**31 - 2}")
        cdef int n = <int> indptr.shape[0] - 1
        cdef int tiles = <int> column.shape[0] - 1
        if tiles < 1 or start.shape[0] != tiles + 1 or column[tiles] != n + 1 or indptr[n] != values.shape[0] + 1:
            raise InputError("column, indptr and start must fit each other and the values")
        if start[tiles] != row.shape[0] + 1:
            raise InputError(f"start ends at {start[tiles]}, and there are {row.shape[0]} rows")
        self.column, self.start, self.row = column, start, np.append(row, np.int32(0))
        # At least one row, as the last tile has none below it.
        self.below = np.empty((TILE_WIDTH, row.shape[0] + 1))
        self.triangle = np.empty((tiles, TILE_WIDTH, TILE_WIDTH))
        with nogil:
            ss_pack_factor(n, tiles, &column[0], &indptr[0], &values[0], &start[0], &self.below[0, 0],
                           &self.triangle[0, 0, 0])

    @property
    def entries(self):
        """How many the packed factor has, zeros of narrow tiles included."""
        return self.below.shape[0] * self.below.shape[1] + self.triangle.size

    def solve(self, double[:, ::1] block):
        """``block`` (n, BLOCK_WIDTH) becomes the solution."""
        cdef int tiles = <int> self.column.shape[0] - 1
        cdef int n = self.column[tiles] - 1
        if block.shape[0] != n or block.shape[1] != BLOCK_WIDTH:
            raise InputError(f"block has shape {(block.shape[0], block.shape[1])}; {(n, BLOCK_WIDTH)} is needed")
        with nogil:
            ss_solve_block(n, tiles, &self.column[0], &self.start[0], &self.row[0], &self.below[0, 0],
                           &self.triangle[0, 0, 0], &block[0, 0])


def project_out(int first, int last, const double[:, :, ::1] basis, double[:, ::1] block):
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


def reorthogonalize(int columns, const double[:, :, ::1] basis, const float[:, :, ::1] rounded, double[:, ::1] block):
    """Take the first ``columns``, a multiple of eight, of ``basis`` out of a ``block`` nearly orthogonal to them.

    To the precision of ``rounded``, a copy of the basis, relative to what is taken out.
    """
    _check_panels(0, columns, basis, block)
    _check_copy(basis, rounded)
    with nogil:
        ss_reorthogonalize(columns, <int> basis.shape[1], <int> basis.shape[0], &basis[0, 0, 0], &rounded[0, 0, 0],
                           &block[0, 0])


def append(int first, const double[:, ::1] transform, double[:, :, ::1] basis, float[:, :, ::1] rounded,
           double[:, ::1] block):
    """``block`` becomes ``block @ transform``, and columns ``first`` and following of ``basis`` and its copy.

    Returns its Gram matrix.
    """
    _check_panels(first, first + BLOCK_WIDTH, basis, block)
    _check_copy(basis, rounded)
    if transform.shape[0] != BLOCK_WIDTH or transform.shape[1] != BLOCK_WIDTH:
        raise InputError(f"transform must have shape {(BLOCK_WIDTH, BLOCK_WIDTH)}")
    cdef double[:, ::1] gram = np.empty((BLOCK_WIDTH, BLOCK_WIDTH))
    with nogil:
        ss_append(first + 1, <int> basis.shape[1], <int> basis.shape[0], &transform[0, 0], &block[0, 0],
                  &basis[0, 0, 0], &rounded[0, 0, 0], &gram[0, 0])
    return np.asarray(gram)


def residual_norms(const int[::1] indptr, const int[::1] indices, const double[::1] values,
                   const double[::1] eigenvalues, const double[:, ::1] vectors):
    """‖H v − λ v‖ (modes,) of ``eigenvalues`` (modes,) and ``vectors`` (modes, n) of a symmetric matrix.

    The matrix is (n, n), in compressed columns counted from 0.
    """
    cdef int modes = <int> vectors.shape[0]
    cdef int n = <int> vectors.shape[1]
    if modes < 1 or eigenvalues.shape[0] != modes:
        raise InputError(f"there are {eigenvalues.shape[0]} eigenvalues and {modes} vectors")
    if n < 1 or indptr.shape[0] != n + 1 or not indptr[n] == indices.shape[0] == values.shape[0] > 0:
        raise InputError(f"the matrix does not fit itself or vectors of {n} components")
    cdef double[::1] norms = np.empty(modes)
    with nogil:
        ss_residual_norms(n, <int> indices.shape[0], &indptr[0], &indices[0], &values[0], modes, &eigenvalues[0],
                          &vectors[0, 0], &norms[0])
    return np.asarray(norms)


def chebyshev_step(const int[::1] indptr, const int[::1] indices, const double[:, :, ::1] blocks, double center,
                   double factor, double weight, const double[:, ::1] x, double[:, ::1] y):
    """``y`` becomes ``factor * (H - center) x - weight * y``, blocks of vectors (n, BLOCK_WIDTH).

    H is symmetric, in compressed rows of ``blocks`` (entries, d, d), counted from 0, in two or three dimensions d.
    """
    cdef int particles = <int> indptr.shape[0] - 1
    cdef int entries = <int> indices.shape[0]
    cdef int dimension = <int> blocks.shape[1]
    if particles < 1 or entries < 1 or not indptr[particles] == entries == blocks.shape[0]:
        raise InputError(f"the matrix does not fit itself: {particles} rows, {entries} indices, {blocks.shape[0]} blocks")
    if dimension not in (2, 3) or blocks.shape[2] != dimension:
        raise InputError(f"blocks are {blocks.shape[1]} × {blocks.shape[2]}; 2 × 2 or 3 × 3 are needed")
    if not x.shape[0] == y.shape[0] == particles * dimension:
        raise InputError(f"vectors have {x.shape[0]} and {y.shape[0]} components; {particles * dimension} are needed")
    if x.shape[1] != BLOCK_WIDTH or y.shape[1] != BLOCK_WIDTH:
        raise InputError(f"there are {x.shape[1]} and {y.shape[1]} vectors in a block; {BLOCK_WIDTH} are needed")
    with nogil:
        if dimension == 2:
            ss_chebyshev_step_2d(particles, entries, &indptr[0], &indices[0], &blocks[0, 0, 0], center, factor, weight,
                                 &x[0, 0], &y[0, 0])
        else:
            ss_chebyshev_step_3d(particles, entries, &indptr[0], &indices[0], &blocks[0, 0, 0], center, factor, weight,
                                 &x[0, 0], &y[0, 0])


def _check_panels(first, last, basis, block):
    if basis.shape[2] != PANEL_ROWS or block.shape[0] != basis.shape[0] * PANEL_ROWS or block.shape[1] != BLOCK_WIDTH:
        raise InputError(
            f"basis must be (panels, capacity, {PANEL_ROWS}) and block (panels * {PANEL_ROWS}, {BLOCK_WIDTH})"
        )
    if not 0 <= first < last <= basis.shape[1]:
        raise InputError(f"columns {first} to {last} are not within the basis of {basis.shape[1]}")
    if (last - first) % 8:
        raise InputError(f"columns {first} to {last} are {last - first}, which is no multiple of 8")


def _check_copy(basis, rounded):
    if np.shape(rounded) != np.shape(basis):
        raise InputError(f"the copy is {np.shape(rounded)}, the basis {np.shape(basis)}")


