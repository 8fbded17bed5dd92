"""One rank of a simulation."""

cdef class Domain:
    """One rank's share of a simulation: owner of the Fortran object; see `softspots.dynamics.simulation.Simulation`."""

    cdef void *pointer
    cdef object communicator
    cdef Potential potential
    cdef int chain
    # Whether a kernel is at work on it, which lets other threads run meanwhile.
    cdef bint busy

    def __cinit__(self, communicator, grid, box_lengths, Potential potential, double timestep,
                  double thermostat_time, int thermostat_chain, double skin):
        cdef const double[::1] b = _array("box_lengths", box_lengths, np.float64, 2)
        if thermostat_chain < 1:
            raise InputError(f"the thermostat's chain has {thermostat_chain} members; at least 1 is needed")
        if potential.non_additivity is not None:
            raise InputError("a simulation's particles have no sizes yet, and the mixture needs them")
        cdef int handle = communicator.py2f() if communicator.size > 1 else 0
        cdef failure error
        # The communicator must live as long as the Fortran side may use it.
        self.communicator = communicator
        self.chain = thermostat_chain
        self.potential = potential
        self.pointer = ss_new_simulation_2d(handle, communicator.rank, communicator.size, grid[0], grid[1], &b[0],
                                         potential.pointer, timestep, thermostat_time, thermostat_chain, skin, &error)
        check(&error)

    def __dealloc__(self):
        if self.pointer != NULL:
            ss_free_simulation_2d(self.pointer)

    cdef int require_rest(self) except -1:
        if self.busy:
            raise InputError("Simulation: another thread is at work on it; only one at a time may be")

    cdef int begin(self) except -1:
        self.require_rest()
        self.busy = True

    cdef int end(self, failure *error) except -1:
        self.busy = False
        check(error)

    def set_particles(self, positions, velocities, images, species, double strain):
        """Distribute all N particles: positions, velocities, images (N, 2), species (N,). Collective."""
        cdef const double[:, ::1] r = _positions(positions)
        cdef int n = <int> r.shape[0]
        cdef const double[:, ::1] v = _array("velocities", velocities, np.float64, n, 2)
        cdef const int[:, ::1] m = _array("images", images, np.int32, n, 2)
        cdef const int[::1] s = self.potential.species(species, n)
        cdef failure error
        self.begin()
        with nogil:
            ss_set_particles_2d(self.pointer, n, &r[0, 0], &v[0, 0], &m[0, 0], &s[0], strain, &error)
        self.end(&error)

    def resume(self, built, positions, velocities, images, species, scalars, thermostat, counters):
        """Take up a run from what `owned` and `progress` gave, all N particles by id. Collective."""
        cdef const double[:, ::1] r = _positions(positions)
        cdef int n = <int> r.shape[0]
        cdef const double[:, ::1] a = _array("built", built, np.float64, n, 2)
        cdef const double[:, ::1] v = _array("velocities", velocities, np.float64, n, 2)
        cdef const int[:, ::1] m = _array("images", images, np.int32, n, 2)
        cdef const int[::1] s = self.potential.species(species, n)
        cdef const double[::1] numbers = _array("scalars", scalars, np.float64, 3)
        cdef const double[:, ::1] t = _array("thermostat", thermostat, np.float64, 2, self.chain)
        cdef const long long[::1] counts = _array("counters", counters, np.int64, 3)
        cdef failure error
        self.begin()
        with nogil:
            ss_resume_2d(self.pointer, n, &a[0, 0], &r[0, 0], &v[0, 0], &m[0, 0], &s[0], &numbers[0], self.chain,
                      &t[0, 0], &counts[0], &error)
        self.end(&error)

    def progress(self):
        """Positions at the last rebuild (n, 2), as `owned` orders; scalars (3,), thermostat (2, chain), counters (3,)."""
        self.require_rest()
        cdef int n = ss_count_owned_2d(self.pointer)
        cdef double[:, ::1] a = np.empty((max(n, 1), 2))
        cdef double[::1] numbers = np.empty(3)
        cdef double[:, ::1] t = np.empty((2, self.chain))
        cdef long long[::1] counts = np.empty(3, dtype=np.int64)
        ss_get_progress_2d(self.pointer, n, &a[0, 0], &numbers[0], self.chain, &t[0, 0], &counts[0])
        return np.asarray(a)[:n], np.asarray(numbers), np.asarray(t), np.asarray(counts)

    def run(self, long long n_steps, double first_temperature, double last_temperature, double strain_rate):
        """Advance. Collective."""
        cdef failure error
        self.begin()
        with nogil:
            ss_run_2d(self.pointer, n_steps, first_temperature, last_temperature, strain_rate, &error)
        self.end(&error)

    def owned(self):
        """ids (n,), positions, velocities and images (n, 2) of the particles that this rank owns."""
        self.require_rest()
        cdef int n = ss_count_owned_2d(self.pointer)
        # One entry at least, for the address of the first; empty ranks return none of it.
        cdef int[::1] ids = np.empty(max(n, 1), dtype=np.int32)
        cdef double[:, ::1] r = np.empty((max(n, 1), 2))
        cdef double[:, ::1] v = np.empty((max(n, 1), 2))
        cdef int[:, ::1] m = np.empty((max(n, 1), 2), dtype=np.int32)
        ss_get_owned_2d(self.pointer, n, &ids[0], &r[0, 0], &v[0, 0], &m[0, 0])
        return np.asarray(ids)[:n], np.asarray(r)[:n], np.asarray(v)[:n], np.asarray(m)[:n]

    def state(self):
        """Total strain, flips of the tilt, steps and neighbour rebuilds so far."""
        cdef double strain
        cdef int flips
        cdef long long step, rebuilds
        ss_get_state_2d(self.pointer, &strain, &flips, &step, &rebuilds)
        return strain, flips, step, rebuilds

    def thermodynamics(self, double temperature):
        """Sums of v v (xx, xy, yy), potential energy, virial (xx, xy, yy), thermostat's energy: (8,). Collective."""
        cdef double[::1] values = np.empty(8)
        self.begin()
        with nogil:
            ss_thermodynamics_2d(self.pointer, temperature, &values[0])
        self.busy = False
        return np.asarray(values)
