"""One frame with its neighbours, sorted once for all that is computed on it."""

cdef class Configuration:
    """Owner of the Fortran object; see `softspots.landscape.forces.configuration`.

    Parameters
    ----------
    positions : (N, 2) or (N, 3) array_like
        Anywhere; the number of axes picks the kernels.
    species : (N,) array_like of int or None
        From 0, by the order of the mixture's; None if no potential will be asked for.
    sizes : (N,) array_like or None
        Where particles have them.
    box : array_like
        Lengths, then tilts: xy, or xy, xz, yz.
    range : float
        How far neighbours are known, in σ_AA.
    potential : Potential, optional
        Neighbours are then those of potentials that end where this one does, and known only as far as it reaches
        between any two of them; what the range exceeds its reach by is a skin.
    """

    cdef void *pointer
    cdef const frame_kernels *kernels
    cdef const double[:, ::1] positions
    cdef object species, sizes
    cdef readonly double range
    # The kernels look at it while they sort.
    cdef Potential potential
    # Whether a kernel is at work on it, which lets other threads run meanwhile.
    cdef bint busy

    def __cinit__(self, positions, species, sizes, box, double range, Potential potential=None):
        cdef const double[:, ::1] r = _positions(positions)
        cdef int n = <int> r.shape[0]
        cdef const int[::1] s = _array("species", np.zeros(n, np.int32) if species is None else species, np.int32, n)
        cdef const double[::1] d = None if sizes is None else _array("sizes", sizes, np.float64, n)
        cdef const double[::1] b = _box(box, r.shape[1])
        cdef failure error
        if not range > 0:
            raise InputError(f"the range of neighbours is {range:g}; it must be positive")
        self.positions = r
        self.species, self.sizes, self.range = np.asarray(s), None if sizes is None else np.asarray(d), range
        self.kernels = frame_kernels_of(<int> r.shape[1])
        cdef void *law = NULL
        if potential is not None:
            self.check_fit(potential)
            self.potential, law = potential, potential.pointer
        with nogil:
            self.pointer = self.kernels.new_configuration(n, &r[0, 0], &s[0], address(d), &b[0], range, law, &error)
        check(&error)

    def __dealloc__(self):
        if self.pointer != NULL:
            self.kernels.free_configuration(self.pointer)

    def __reduce__(self):
        raise InputError("a configuration of the kernels cannot be copied or pickled; its frame can")

    cdef int check_fit(self, Potential potential) except -1:
        cdef Py_ssize_t n = self.positions.shape[0]
        potential.species(self.species, n)
        reach = potential.reach(potential.sizes(self.sizes, n))
        if not reach <= self.range:
            raise InputError(f"the potential reaches as far as {reach:.6g}; neighbours are known up to {self.range:.6g}")
        if self.potential is not None and not np.array_equal(potential.cutoffs, self.potential.cutoffs):
            raise InputError(f"the potential's pairs end at {potential.cutoffs}; neighbours are known for those that end at "
                             f"{self.potential.cutoffs}")

    cdef int begin(self, Potential potential) except -1:
        """Take it, for a potential that fits it."""
        if potential is not None:
            self.check_fit(potential)
        if self.busy:
            raise InputError("another thread is at work on this configuration; only one at a time may be")
        self.busy = True

    cdef int end(self, failure *error) except -1:
        self.busy = False
        check(error)

    def energy_forces(self, Potential potential not None):
        """Energy, forces (N, d) and virial (d, d); see `softspots.landscape.forces.energy_forces`."""
        cdef int n = <int> self.positions.shape[0], dimension = <int> self.positions.shape[1]
        cdef double[:, ::1] forces = np.empty((n, dimension))
        cdef double[:, ::1] virial = np.empty((dimension, dimension))
        cdef double energy = 0
        cdef failure error
        self.begin(potential)
        with nogil:
            self.kernels.energy_forces(self.pointer, n, potential.pointer, &energy, &forces[0, 0], &virial[0, 0], &error)
        self.end(&error)
        return energy, np.asarray(forces), np.asarray(virial)

    def hessian(self, Potential potential not None):
        """Row starts (N d + 1,), column indices and values of the Hessian; see `softspots.landscape.modes.hessian`."""
        cdef int n = <int> self.positions.shape[0], n_entries = 0
        cdef failure error
        self.begin(potential)
        with nogil:
            self.kernels.find_hessian(self.pointer, potential.pointer, &n_entries, &error)
        self.end(&error)
        cdef int[::1] indptr = np.empty(n * self.positions.shape[1] + 1, dtype=np.int32)
        cdef int[::1] indices = np.empty(n_entries, dtype=np.int32)
        cdef double[::1] values = np.empty(n_entries)
        self.begin(None)
        with nogil:
            self.kernels.write_hessian(self.pointer, n, n_entries, &indptr[0], &indices[0], &values[0], &error)
        self.end(&error)
        return np.asarray(indptr), np.asarray(indices), np.asarray(values)

    def minimize(self, Potential potential not None, method, double max_force, int max_evaluations, double length=1.0,
                 double energy=1.0):
        """Positions (N, d) downhill and the number of force calls; what the range exceeds the potential's reach by is skin.

        ``length`` and ``energy`` are the scales of the potential, from which steps are taken.
        """
        cdef double[:, ::1] r = np.array(self.positions)
        cdef int how = _code("method", method, METHODS)
        cdef int n = <int> self.positions.shape[0], evaluations = 0
        cdef failure error
        self.begin(potential)
        with nogil:
            self.kernels.minimize(self.pointer, n, potential.pointer, length, energy, how, max_force, max_evaluations,
                                  &r[0, 0], &evaluations, &error)
        self.end(&error)
        return np.asarray(r), evaluations

    def d2min(self, displacements, tilt_shifts, double cutoff):
        """D²_min (N,) while particles move by ``displacements`` and tilts by ``tilt_shifts``; see `softspots.plasticity.d2min`."""
        cdef int n = <int> self.positions.shape[0], dimension = <int> self.positions.shape[1]
        cdef const double[:, ::1] u = _array("displacements", displacements, np.float64, n, dimension)
        cdef const double[::1] t = _array("tilt_shifts", tilt_shifts, np.float64, dimension * (dimension - 1) // 2)
        cdef double[::1] values = np.empty(n)
        cdef failure error
        if self.potential is not None:
            raise InputError("neighbours are known as far as a potential reaches; D²_min needs all within its cutoff")
        if not cutoff <= self.range:
            raise InputError(f"the cutoff is {cutoff:.6g}; neighbours are known up to {self.range:.6g}")
        self.begin(None)
        with nogil:
            self.kernels.d2min(self.pointer, n, &u[0, 0], &t[0], cutoff, &values[0], &error)
        self.end(&error)
        return np.asarray(values)
