"""What fortran/softspots.h declares; fortran/interface says what each does."""

cdef extern from "softspots.h" nogil:
    ctypedef struct failure:
        int code
        long long step
        long long particle
        double value
        double allowed
        long long other

    void *ss_new_lennard_jones(int law, int n_pairs, const double *table)
    void *ss_new_powers(int n, int m, int n_pairs, const double *coefficients)
    void *ss_new_contact(int law, int n_pairs, const double *coefficients)
    void *ss_new_spline(int n_pairs, int n_polynomials, int digits, const double *least, const double *cutoff,
                        const double *coefficients)
    void ss_let_sizes_count(void *potential, double non_additivity)
    void ss_free_potential(void *potential)

    ctypedef struct frame_kernels:
        void *(*new_configuration)(int n, const double *positions, const int *species, const double *sizes,
                                   const double *box, double range, void *potential, failure *error) noexcept nogil
        void (*free_configuration)(void *configuration) noexcept
        void (*energy_forces)(void *configuration, int n, void *potential, double *energy, double *forces, double *virial,
                              failure *error) noexcept nogil
        void (*find_hessian)(void *configuration, void *potential, int *n_entries, failure *error) noexcept nogil
        void (*write_hessian)(void *configuration, int n, int n_entries, int *indptr, int *indices, double *values,
                              failure *error) noexcept nogil
        void (*minimize)(void *configuration, int n, void *potential, double length, double energy, int method,
                         double max_force, int max_evaluations, double *positions, int *evaluations,
                         failure *error) noexcept nogil
        void (*d2min)(void *configuration, int n, const double *displacements, const double *tilt_shifts, double cutoff,
                      double *d2min, failure *error) noexcept nogil
        void (*connect)(int n, const double *positions, const double *box, const int *chosen, double length,
                        int capacity, int *edges, int *count, failure *error) noexcept nogil

    const frame_kernels *frame_kernels_of(int dimension)

    void ss_spend_budgets(int n, const int *struck, long long n_budgets, const long long *budgets, int n_spots,
                          long long *spot, long long *birth, long long *remaining, long long *lifetimes,
                          long long *counters)
    void ss_pack_factor(int n, int tiles, const int *column, const int *indptr, const double *values, const int *start,
                        double *below, double *triangle)
    void ss_solve_block(int n, int tiles, const int *column, const int *start, const int *row, const double *below,
                        const double *triangle, double *block)
    void ss_project_out(int first, int last, int capacity, int panels, const double *basis, double *block,
                        double *overlaps)
    void ss_reorthogonalize(int columns, int capacity, int panels, const double *basis, const float *rounded,
                            double *block)
    void ss_append(int first, int capacity, int panels, const double *transform, double *block, double *basis,
                   float *rounded, double *gram)
    void ss_residual_norms(int n, int entries, const int *indptr, const int *indices, const double *values, int modes,
                           const double *eigenvalues, const double *vectors, double *norms)
    void ss_chebyshev_step_2d(int particles, int entries, const int *indptr, const int *indices, const double *blocks,
                              double center, double factor, double weight, const double *x, double *y)
    void ss_chebyshev_step_3d(int particles, int entries, const int *indptr, const int *indices, const double *blocks,
                              double center, double factor, double weight, const double *x, double *y)
    void ss_mpi_library_version(char *text, int capacity, int *length)

    ctypedef struct simulation_kernels:
        void *(*create)(int handle, int rank, int size, const int *grid, const double *box, void *potential,
                        double reach, double length, double energy, double timestep, double thermostat_time,
                        int thermostat_chain, double skin, failure *error) noexcept nogil
        void (*release)(void *pointer) noexcept nogil
        void (*set_particles)(void *pointer, int n, const double *positions, const double *velocities, const int *images,
                            const int *species, const double *sizes, double strain, failure *error) noexcept nogil
        void (*resume)(void *pointer, int n, const double *built, const double *positions, const double *velocities,
                     const int *images, const int *species, const double *sizes, const double *scalars, int chain,
                     const double *thermostat, const long long *counters, failure *error) noexcept nogil
        void (*get_progress)(void *pointer, int n, double *built, double *scalars, int chain, double *thermostat,
                           long long *counters) noexcept nogil
        void (*run)(void *pointer, long long n_steps, double first_temperature, double last_temperature,
                  double strain_rate, failure *error) noexcept nogil
        int (*count_owned)(void *pointer) noexcept nogil
        void (*get_owned)(void *pointer, int n, int *ids, double *positions, double *velocities, int *images) noexcept nogil
        void (*get_state)(void *pointer, double *strain, int *flips, long long *step, long long *rebuilds) noexcept nogil
        void (*thermodynamics)(void *pointer, double temperature, double *values) noexcept nogil

    const simulation_kernels simulation_2d
    const simulation_kernels simulation_3d
