"""One rank of a simulation."""

cdef class Domain:
    """One rank's share of a simulation: owner of the Fortran object; see `softspots.dynamics.simulation.Simulation`."""

    cdef const simulation_kernels *kernels
    cdef void *pointer
    cdef int dimension
    cdef object communicator
    cdef Potential potential
    cdef int chain
    # Whether a kernel is at work on it, which lets other threads run meanwhile.
    cdef bint busy

    def __cinit__(self, communicator, grid, box, Potential potential, double reach, double timestep,
                  double thermostat_time, int thermostat_chain, double skin, double length=1.0,
                  double energy=1.0):
        self.dimension = len(grid)
        self.kernels = &simulation_3d if self.dimension == 3 else &simulation_2d
        cdef const int[::1] ranks = np.array(grid, np.int32)
        cdef const double[::1] b = _array("box", box, np.float64, self.dimension * (self.dimension + 1) // 2)
        if thermostat_chain < 1:
            raise InputError(f"the thermostat's chain has {thermostat_chain} members; at least 1 is needed")
        cdef int handle = communicator.py2f() if communicator.size > 1 else 0
        cdef failure error
        # The communicator must live as long as the Fortran side may use it.
        self.communicator = communicator
        self.chain = thermostat_chain
        self.potential = potential
        self.pointer = self.kernels.create(handle, communicator.rank, communicator.size, &ranks[0], &b[0],
                                           potential.pointer, reach, length, energy, timestep, thermostat_time,
                                           thermostat_chain, skin, &error)
        check(&error)

    def __dealloc__(self):
        if self.pointer != NULL:
            self.kernels.release(self.pointer)

    cdef int require_rest(self) except -1:
        if self.busy:
            raise InputError("Simulation: another thread is at work on it; only one at a time may be")

    cdef int begin(self) except -1:
        self.require_rest()
        self.busy = True

    cdef int end(self, failure *error) except -1:
        self.busy = False
        check(error)

    def set_particles(self, positions, velocities, images, species, sizes, double strain):
        """Distribute all N particles: positions, velocities, images (N, d), species (N,), sizes (N,) or None. Collective.

        The images are counted as if the tilt had never been flipped.
        """
        cdef const double[:, ::1] r = _positions(positions, self.dimension)
        cdef int n = <int> r.shape[0]
        cdef const double[:, ::1] v = _array("velocities", velocities, np.float64, n, self.dimension)
        cdef const int[:, ::1] m = _array("images", images, np.int32, n, self.dimension)
        cdef const int[::1] s = self.potential.species(species, n)
        cdef const double[::1] d = self.potential.sizes(sizes, n)
        cdef failure error
        self.begin()
        with nogil:
            self.kernels.set_particles(self.pointer, n, &r[0, 0], &v[0, 0], &m[0, 0], &s[0],
                                       address(d), strain, &error)
        self.end(&error)

    def resume(self, built, positions, velocities, images, species, sizes, scalars, thermostat, counters):
        """Take up a run from what `owned` and `progress` gave, all N particles by id. Collective."""
        cdef const double[:, ::1] r = _positions(positions, self.dimension)
        cdef int n = <int> r.shape[0]
        cdef const double[:, ::1] b = _array("built", built, np.float64, n, self.dimension)
        cdef const double[:, ::1] v = _array("velocities", velocities, np.float64, n, self.dimension)
        cdef const int[:, ::1] m = _array("images", images, np.int32, n, self.dimension)
        cdef const int[::1] s = self.potential.species(species, n)
        cdef const double[::1] d = self.potential.sizes(sizes, n)
        cdef const double[::1] numbers = _array("scalars", scalars, np.float64, 3)
        cdef const double[:, ::1] t = _array("thermostat", thermostat, np.float64, 2, self.chain)
        cdef const long long[::1] counts = _array("counters", counters, np.int64, 3)
        cdef failure error
        self.begin()
        with nogil:
            self.kernels.resume(self.pointer, n, &b[0, 0], &r[0, 0], &v[0, 0], &m[0, 0], &s[0],
                                address(d), &numbers[0], self.chain, &t[0, 0], &counts[0], &error)
        self.end(&error)

    def progress(self):
        """Positions at the last rebuild (n, d), as `owned` orders; scalars (3,), thermostat (2, chain), counters (3,)."""
        self.require_rest()
        cdef int n = self.kernels.count_owned(self.pointer)
        cdef double[:, ::1] b = np.empty((max(n, 1), self.dimension))
        cdef double[::1] numbers = np.empty(3)
        cdef double[:, ::1] t = np.empty((2, self.chain))
        cdef long long[::1] counts = np.empty(3, dtype=np.int64)
        self.kernels.get_progress(self.pointer, n, &b[0, 0], &numbers[0], self.chain, &t[0, 0], &counts[0])
        return np.asarray(b)[:n], np.asarray(numbers), np.asarray(t), np.asarray(counts)

    def run(self, long long n_steps, double first_temperature, double last_temperature, double strain_rate):
        """Advance. Collective."""
        cdef failure error
        self.begin()
        with nogil:
            self.kernels.run(self.pointer, n_steps, first_temperature, last_temperature, strain_rate, &error)
        self.end(&error)

    def owned(self):
        """ids (n,), positions, velocities and images (n, d) of the particles that this rank owns."""
        self.require_rest()
        cdef int n = self.kernels.count_owned(self.pointer)
        # One entry at least, for the address of the first; empty ranks return none of it.
        cdef int[::1] ids = np.empty(max(n, 1), dtype=np.int32)
        cdef double[:, ::1] r = np.empty((max(n, 1), self.dimension))
        cdef double[:, ::1] v = np.empty((max(n, 1), self.dimension))
        cdef int[:, ::1] m = np.empty((max(n, 1), self.dimension), dtype=np.int32)
        self.kernels.get_owned(self.pointer, n, &ids[0], &r[0, 0], &v[0, 0], &m[0, 0])
        return np.asarray(ids)[:n], np.asarray(r)[:n], np.asarray(v)[:n], np.asarray(m)[:n]

    def state(self):
        """Total strain, flips of the tilts along x (d − 1,), steps and neighbour rebuilds so far."""
        cdef double strain
        cdef int[::1] flips = np.empty(self.dimension - 1, dtype=np.int32)
        cdef long long step, rebuilds
        self.kernels.get_state(self.pointer, &strain, &flips[0], &step, &rebuilds)
        return strain, np.asarray(flips), step, rebuilds

    def thermodynamics(self, double temperature):
        """Sums of v v (xx, xy, yy or xx, xy, xz, yy, yz, zz), potential energy, virial, thermostat's energy. Collective."""
        cdef double[::1] values = np.empty(self.dimension * (self.dimension + 1) + 2)
        self.begin()
        with nogil:
            self.kernels.thermodynamics(self.pointer, temperature, &values[0])
        self.busy = False
        return np.asarray(values)
