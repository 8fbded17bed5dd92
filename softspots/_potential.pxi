"""A mixture's potential: what all pairs of species have, made once for any number of calls."""

# The laws of fortran/pairs/potential.f90.
SMOOTHINGS = {"even": 0, "quadratic": 1, "switch": 2}
CONTACTS = {2.0: 4, 2.5: 5}
# Pairs of species are looked up in small tables.
MOST_SPECIES = 100
# Powers of r² are made by multiplication, and must not leave the range of numbers.
MOST_EXPONENT = 100


cdef const double *address(const double[::1] values) noexcept nogil:
    """Where an array begins; null where there is none."""
    return &values[0] if values is not None else NULL


def _pairs(name, values, int width):
    """``values`` (P, width) of the pairs of species (0, 0), (0, 1), …, (0, S − 1), (1, 1), …: finite numbers."""
    table = _finite(name, _array(name, values, np.float64, None, width))
    if len(table) not in (species * (species + 1) // 2 for species in range(1, MOST_SPECIES + 1)):
        raise InputError(f"{name} are for {len(table)} pairs of species; 1, 3, 6, 10, … S (S + 1)/2 are needed")
    return table


def _finite(name, values):
    if not np.isfinite(values).all():
        raise InputError(f"{name} are not all finite")
    return values


cdef class Potential:
    """Owner of the Fortran object; see `softspots.landscape.forces.kernel_potential`.

    Made by `lennard_jones`, `powers`, `contact` or `spline`. Pairs of species are in the order (0, 0), (0, 1), …, (0, S − 1),
    (1, 1), …. With ``non_additivity`` particles have sizes, species have none of their own (P = 1), and all lengths are in
    units of σ_ij = (σ_i + σ_j)/2 (1 − non_additivity |σ_i − σ_j|).
    """

    cdef void *pointer
    cdef readonly int n_species
    # η, and None where particles have no sizes.
    cdef readonly object non_additivity
    # The largest, in units of σ_ij where there are sizes.
    cdef readonly double cutoff
    # Those of all pairs.
    cdef readonly object cutoffs

    def __dealloc__(self):
        if self.pointer != NULL:
            ss_free_potential(self.pointer)

    def __reduce__(self):
        raise InputError("a potential of the kernels cannot be copied or pickled; its model can")

    @staticmethod
    cdef Potential owner(void *pointer, cutoffs, non_additivity):
        cdef Potential new = Potential.__new__(Potential)
        new.pointer = pointer
        new.n_species = (int(np.sqrt(8 * len(cutoffs) + 1)) - 1) // 2
        new.cutoffs = np.array(cutoffs)
        new.cutoff = np.max(cutoffs)
        if not np.min(cutoffs) > 0:
            raise InputError(f"the least cutoff is {np.min(cutoffs):.6g}; it must be positive")
        if non_additivity is None:
            return new
        if new.n_species != 1:
            raise InputError(f"there are {new.n_species} species and sizes of particles; with sizes there is one species")
        if not 0 <= non_additivity < np.inf:
            raise InputError(f"non_additivity is {non_additivity}; a finite number from 0 on is needed")
        new.non_additivity = float(non_additivity)
        ss_let_sizes_count(pointer, new.non_additivity)
        return new

    @staticmethod
    def lennard_jones(table, smoothing):
        """ε, σ, r_c and inner cutoff of each pair, (P, 4); ``smoothing`` as in `softspots.model.Model`."""
        cdef const double[:, ::1] t = _pairs("the pair table's entries", table, 4)
        cdef int law = _code("smoothing", smoothing, SMOOTHINGS)
        return Potential.owner(ss_new_lennard_jones(law, <int> t.shape[0], &t[0, 0]), t[:, 2], None)

    @staticmethod
    def powers(int n, int m, coefficients, non_additivity=None):
        """V = a_n r^-n − a_m r^-m + k0 + k2 r² + k4 r⁴, n and m even; a_n, a_m, k0, k2, k4, r_c of each pair, (P, 6)."""
        cdef const double[:, ::1] c = _pairs("coefficients", coefficients, 6)
        if n % 2 or m % 2 or not 0 <= min(n, m) <= max(n, m) <= MOST_EXPONENT:
            raise InputError(f"the exponents are {n} and {m}; even ones from 0 to {MOST_EXPONENT} are needed")
        return Potential.owner(ss_new_powers(n, m, <int> c.shape[0], &c[0, 0]), c[:, 5], non_additivity)

    @staticmethod
    def contact(double alpha, coefficients, non_additivity=None):
        """V = ε/α (1 − r/σ)^α below σ, α = 2 or 5/2; ε and σ of each pair, (P, 2)."""
        cdef const double[:, ::1] c = _pairs("coefficients", coefficients, 2)
        if alpha not in CONTACTS:
            raise InputError(f"alpha is {alpha:g}; 2 or 2.5 is needed")
        cdef int law = CONTACTS[alpha]
        return Potential.owner(ss_new_contact(law, <int> c.shape[0], &c[0, 0]), c[:, 1], non_additivity)

    @staticmethod
    def spline(int digits, least, cutoff, coefficients, non_additivity=None):
        """V from ``least`` to 1 of r²/cutoff², in intervals that have ``digits`` binary digits: (P,), (P,), (P, K + 1, 6)."""
        cdef const double[:, ::1] ends = _pairs("ends of the splines", np.column_stack((least, cutoff)), 2).T.copy()
        cdef const double[:, :, ::1] c = _finite(
            "coefficients", _array("coefficients", coefficients, np.float64, ends.shape[1], None, 6)
        )
        if not 0 <= digits <= 20 or not (np.min(ends[0]) >= np.finfo(float).tiny and np.max(ends[0]) < 1):
            raise InputError(f"the splines have {digits} digits and begin at {np.asarray(ends[0])}; 0 to 20, and numbers "
                             "between 0 and 1, are needed")
        first, last = (np.array(end, dtype=float).view(np.int64) >> (52 - digits) for end in (ends[0], [1.0]))
        if c.shape[1] != 1 + np.max(last - first):
            raise InputError(f"the splines have {c.shape[1]} polynomials; {1 + np.max(last - first)} are needed")
        cdef void *pointer = ss_new_spline(
            <int> c.shape[0], <int> c.shape[1], digits, &ends[0, 0], &ends[1, 0], &c[0, 0, 0]
        )
        return Potential.owner(pointer, ends[1], non_additivity)

    cdef species(self, values, int count):
        """Species of the particles, (N,), checked."""
        species = _array("species", values, np.int32, count)
        if species.min() < 0 or species.max() >= self.n_species:
            raise InputError(f"species reach from {species.min()} to {species.max()}; "
                             f"0 to {self.n_species - 1} are allowed")
        return species

    def reach(self, sizes):
        """How far it reaches between particles of these sizes, None where they have none: σ_ij is no larger than the largest."""
        return self.cutoff * (1.0 if sizes is None else np.max(sizes))

    cdef sizes(self, values, int count):
        """Sizes of the particles, (N,), checked; None where they have none."""
        if (values is None) != (self.non_additivity is None):
            raise InputError("particles have no sizes, and the mixture needs them" if values is None else
                             "particles have sizes, and the mixture knows of none")
        if values is None:
            return None
        sizes = _array("sizes", values, np.float64, count)
        least, most = sizes.min(), sizes.max()
        if not 0 < least <= most < np.inf:
            raise InputError(f"sizes reach from {least:.6g} to {most:.6g}; positive finite numbers are needed")
        if self.non_additivity * (most - least) >= 1:
            raise InputError(f"sizes reach from {least:.6g} to {most:.6g}; with a non-additivity of "
                             f"{self.non_additivity:g} they must differ by less than {1 / self.non_additivity:.6g}")
        return sizes
