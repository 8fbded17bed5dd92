# cython: language_level=3, boundscheck=False, wraparound=False
"""CHOLMOD's factors of sparse symmetric matrices, as `softspots.landscape.factorization` needs them.

Each factor has a workspace of its own, so that threads may be at work with different ones; the GIL is released.
"""

from libc.string cimport memcpy

import numpy as np

from softspots.exceptions import ShortageError

cdef extern from *:
    """
    #if defined(__has_include) && __has_include(<suitesparse/cholmod.h>)
    #include <suitesparse/cholmod.h>
    #else
    #include <cholmod.h>
    #endif
    """
    enum:
        CHOLMOD_A, CHOLMOD_INT, CHOLMOD_REAL, CHOLMOD_DOUBLE, CHOLMOD_SIMPLICIAL, CHOLMOD_SUPERNODAL
        CHOLMOD_OK, CHOLMOD_NOT_POSDEF, CHOLMOD_OUT_OF_MEMORY, CHOLMOD_TOO_LARGE

    ctypedef struct cholmod_common:
        int supernodal, nmethods, postorder, status
        int print_level "print"

    ctypedef struct cholmod_sparse:
        size_t nrow, ncol, nzmax
        void *p
        void *i
        void *x
        int stype, itype, xtype, dtype, sorted, packed

    ctypedef struct cholmod_dense:
        size_t nrow, ncol, nzmax, d
        void *x
        int xtype, dtype

    ctypedef struct cholmod_factor:
        size_t n, minor, nsuper
        void *Perm
        void *ColCount
        void *p
        void *i
        void *x
        void *nz
        void *super
        void *pi
        void *px
        void *s
        int is_super

    int cholmod_start(cholmod_common *) nogil
    int cholmod_finish(cholmod_common *) nogil
    int cholmod_version(int *) nogil
    cholmod_factor *cholmod_analyze(cholmod_sparse *, cholmod_common *) nogil
    int cholmod_factorize_p(cholmod_sparse *, double *, int *, size_t, cholmod_factor *, cholmod_common *) nogil
    cholmod_dense *cholmod_solve(int, cholmod_factor *, cholmod_dense *, cholmod_common *) nogil
    int cholmod_free_factor(cholmod_factor **, cholmod_common *) nogil
    int cholmod_free_dense(cholmod_dense **, cholmod_common *) nogil


class TooLargeError(Exception):
    """The factor would have more entries than 32 bits can count."""


def version():
    """The version of CHOLMOD, as numbers."""
    cdef int numbers[3]
    cholmod_version(numbers)
    return numbers[0], numbers[1], numbers[2]


cdef class Factor:
    """The symbolic analysis of a matrix, with CHOLMOD's choice of an order, and the factors of matrices of its pattern.

    Parameters
    ----------
    matrix : (n, n) csc_array
        Symmetric, in sorted columns; only the lower triangle is read.
    supernodal : bool
        L Lᵀ in dense blocks, of positive definite matrices; or L D Lᵀ, of others too.

    Raises
    ------
    TooLargeError, ShortageError
    """

    cdef cholmod_common common
    cdef cholmod_factor *factor

    def __cinit__(self, matrix, bint supernodal):
        # First of all, as it is finished whatever comes after.
        cholmod_start(&self.common)
        cdef View view = View(matrix)
        self.common.print_level = 0
        self.common.nmethods = 0
        self.common.postorder = True
        self.common.supernodal = CHOLMOD_SUPERNODAL if supernodal else CHOLMOD_SIMPLICIAL
        with nogil:
            self.factor = cholmod_analyze(&view.sparse, &self.common)
        self._require()

    def __dealloc__(self):
        cholmod_free_factor(&self.factor, &self.common)
        cholmod_finish(&self.common)

    def factorize(self, matrix, double shift):
        """Of matrix + shift · identity, whose pattern is the analysed one; False if there is no such factor."""
        cdef View view = View(matrix)
        cdef double beta[2]
        beta[0], beta[1] = shift, 0.0
        with nogil:
            cholmod_factorize_p(&view.sparse, beta, NULL, 0, self.factor, &self.common)
        if self.common.status == CHOLMOD_NOT_POSDEF:
            return False
        self._require()
        return True

    def order(self):
        """Row i of the factor is row order[i] of the matrix: (n,), int32."""
        return np.asarray(<int[:self.factor.n]> <int *> self.factor.Perm).copy()

    def counts(self):
        """How many entries each column of L has, with its diagonal one, before gaps are filled: (n,), int32."""
        return np.asarray(<int[:self.factor.n]> <int *> self.factor.ColCount).copy()

    def solve(self, right_hand_side):
        """Solve with the last factor: (n,) or (n, k)."""
        cdef double[::1, :] right = np.asfortranarray(np.atleast_2d(np.asarray(right_hand_side, dtype=float).T).T)
        cdef double[::1, :] solution = np.empty((self.factor.n, right.shape[1]), order="F")
        cdef cholmod_dense given
        cdef cholmod_dense *found
        if right.shape[0] != <Py_ssize_t> self.factor.n:
            raise ValueError(f"right_hand_side has {right.shape[0]} rows, and the factor {self.factor.n}")
        if right.shape[1] == 0:
            return np.asarray(solution)
        given.nrow = given.d = right.shape[0]
        given.ncol = right.shape[1]
        given.nzmax = right.size
        given.x = &right[0, 0]
        given.xtype, given.dtype = CHOLMOD_REAL, CHOLMOD_DOUBLE
        with nogil:
            found = cholmod_solve(CHOLMOD_A, self.factor, &given, &self.common)
        self._require()
        memcpy(&solution[0, 0], found.x, right.size * sizeof(double))
        cholmod_free_dense(&found, &self.common)
        return np.asarray(solution) if np.ndim(right_hand_side) == 2 else np.asarray(solution)[:, 0]

    def columns(self):
        """The last factor in compressed columns, diagonal first: indptr (n + 1,), rows (m,), int32, and entries (m,).

        Of L D Lᵀ the diagonal of the unit matrix L has the pivots D.

        Raises
        ------
        ValueError
            If there is none yet, or the last matrix had none.
        """
        if self.factor.x == NULL or self.factor.minor < self.factor.n:
            raise ValueError("there is no factor; factorize makes one, of a matrix that has one")
        return self._from_supernodes() if self.factor.is_super else self._from_columns()

    cdef _from_supernodes(self):
        cdef int *block = <int *> self.factor.super
        cdef int *row_start = <int *> self.factor.pi
        cdef int *entry_start = <int *> self.factor.px
        cdef int *row = <int *> self.factor.s
        cdef double *entry = <double *> self.factor.x
        cdef int s, k, to, height
        indptr = np.zeros(self.factor.n + 1, dtype=np.int32)
        cdef int[::1] start = indptr
        for s in range(<int> self.factor.nsuper):
            for k in range(block[s + 1] - block[s]):
                start[block[s] + k + 1] = row_start[s + 1] - row_start[s] - k
        np.cumsum(indptr, out=indptr)
        rows, entries = np.empty(start[self.factor.n], dtype=np.int32), np.empty(start[self.factor.n])
        cdef int[::1] to_rows = rows
        cdef double[::1] to_entries = entries
        for s in range(<int> self.factor.nsuper):
            height = row_start[s + 1] - row_start[s]
            for k in range(block[s + 1] - block[s]):
                # Above its diagonal a dense block has no entries.
                to = start[block[s] + k]
                memcpy(&to_rows[to], row + row_start[s] + k, (height - k) * sizeof(int))
                memcpy(&to_entries[to], entry + entry_start[s] + k*height + k, (height - k) * sizeof(double))
        return indptr, rows, entries

    cdef _from_columns(self):
        cdef int *first = <int *> self.factor.p
        cdef int *count = <int *> self.factor.nz
        cdef int *row = <int *> self.factor.i
        cdef double *entry = <double *> self.factor.x
        cdef int j, n = <int> self.factor.n
        indptr = np.zeros(n + 1, dtype=np.int32)
        np.cumsum(<int[:n]> count, out=indptr[1:])
        cdef int[::1] start = indptr
        rows, entries = np.empty(start[n], dtype=np.int32), np.empty(start[n])
        cdef int[::1] to_rows = rows
        cdef double[::1] to_entries = entries
        for j in range(n):
            # There may be room after a column.
            memcpy(&to_rows[start[j]], row + first[j], count[j] * sizeof(int))
            memcpy(&to_entries[start[j]], entry + first[j], count[j] * sizeof(double))
        return indptr, rows, entries

    cdef int _require(self) except -1:
        if self.common.status == CHOLMOD_TOO_LARGE:
            raise TooLargeError("a factor of more than 2**31 - 1 entries")
        if self.common.status == CHOLMOD_OUT_OF_MEMORY:
            raise ShortageError("there is no memory for a Cholesky factor")
        if self.common.status != CHOLMOD_OK:
            raise RuntimeError(f"CHOLMOD ended with status {self.common.status}")
        return 0


cdef class View:
    """A matrix as CHOLMOD sees it; keeps its arrays."""

    cdef cholmod_sparse sparse
    cdef const int[::1] indptr, indices
    cdef const double[::1] data
    cdef double nothing

    def __cinit__(self, matrix):
        if matrix.shape[0] > 2**31 - 1 or matrix.nnz > 2**31 - 1:
            raise TooLargeError("a matrix of more than 2**31 - 1 entries")
        self.indptr = np.ascontiguousarray(matrix.indptr, dtype=np.int32)
        self.indices = np.ascontiguousarray(matrix.indices, dtype=np.int32)
        self.data = np.ascontiguousarray(matrix.data, dtype=float)
        self.sparse.nrow, self.sparse.ncol = matrix.shape
        self.sparse.nzmax = self.data.shape[0]
        self.sparse.p = <void *> &self.indptr[0]
        # Without entries these are not read, but must be there.
        self.sparse.i = <void *> (&self.indices[0] if self.data.shape[0] else &self.indptr[0])
        self.sparse.x = <void *> (&self.data[0] if self.data.shape[0] else &self.nothing)
        self.sparse.stype = -1
        self.sparse.itype, self.sparse.xtype, self.sparse.dtype = CHOLMOD_INT, CHOLMOD_REAL, CHOLMOD_DOUBLE
        self.sparse.sorted = self.sparse.packed = True
