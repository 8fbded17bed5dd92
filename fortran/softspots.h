/* The Fortran kernels as C sees them: fortran/interface says what each does. */
#ifndef SOFTSPOTS_H
#define SOFTSPOTS_H

typedef struct {
  int code;
  long long step;
  long long particle;
  double value;
  double allowed;
  long long other;
} failure;

void *ss_new_lennard_jones(int law, int n_pairs, const double *table);
void *ss_new_powers(int n, int m, int n_pairs, const double *coefficients);
void *ss_new_contact(int law, int n_pairs, const double *coefficients);
void *ss_new_spline(int n_pairs, int n_polynomials, int digits, const double *least, const double *cutoff,
                    const double *coefficients);
void ss_let_sizes_count(void *potential, double non_additivity);
void ss_free_potential(void *potential);

/* One frame, compiled for each dimension. */
typedef void *new_configuration_kernel(int n, const double *positions, const int *species, const double *sizes,
                                       const double *box, double range, void *potential, failure *error);
typedef void free_configuration_kernel(void *configuration);
typedef void energy_forces_kernel(void *configuration, int n, void *potential, double *energy, double *forces,
                                  double *virial, failure *error);
typedef void find_hessian_kernel(void *configuration, void *potential, int *n_entries, failure *error);
typedef void write_hessian_kernel(void *configuration, int n, int n_entries, int *indptr, int *indices,
                                  double *values, failure *error);
typedef void minimize_kernel(void *configuration, int n, void *potential, double length, double energy, int method,
                             double max_force, int max_evaluations, double *positions, int *evaluations,
                             failure *error);
typedef void d2min_kernel(void *configuration, int n, const double *displacements, const double *tilt_shifts,
                          double cutoff, double *d2min, failure *error);
typedef void connect_kernel(int n, const double *positions, const double *box, const int *chosen, double length,
                            int capacity, int *edges, int *count, failure *error);

typedef struct {
  new_configuration_kernel *new_configuration;
  free_configuration_kernel *free_configuration;
  energy_forces_kernel *energy_forces;
  find_hessian_kernel *find_hessian;
  write_hessian_kernel *write_hessian;
  minimize_kernel *minimize;
  d2min_kernel *d2min;
  connect_kernel *connect;
} frame_kernels;

#define FRAME_KERNELS(D)                                                                                              \
  new_configuration_kernel ss_new_configuration_##D;                                                                  \
  free_configuration_kernel ss_free_configuration_##D;                                                                \
  energy_forces_kernel ss_energy_forces_##D;                                                                          \
  find_hessian_kernel ss_find_hessian_##D;                                                                            \
  write_hessian_kernel ss_write_hessian_##D;                                                                          \
  minimize_kernel ss_minimize_##D;                                                                                    \
  d2min_kernel ss_d2min_##D;                                                                                          \
  connect_kernel ss_connect_##D;                                                                                      \
  static const frame_kernels frame_kernels_##D = {                                                                    \
      ss_new_configuration_##D, ss_free_configuration_##D, ss_energy_forces_##D, ss_find_hessian_##D,                 \
      ss_write_hessian_##D,     ss_minimize_##D,           ss_d2min_##D,         ss_connect_##D};
FRAME_KERNELS(2d)
FRAME_KERNELS(3d)

static inline const frame_kernels *frame_kernels_of(int dimension) {
  return dimension == 2 ? &frame_kernels_2d : &frame_kernels_3d;
}

void ss_spend_budgets(int n, const int *struck, long long n_budgets, const long long *budgets, int n_spots,
                      long long *spot, long long *birth, long long *remaining, long long *lifetimes,
                      long long *counters);

void ss_pack_factor(int n, int tiles, const int *column, const int *indptr, const double *values, const int *start,
                    double *below, double *triangle);
void ss_solve_block(int n, int tiles, const int *column, const int *start, const int *row, const double *below,
                    const double *triangle, double *block);
void ss_project_out(int first, int last, int capacity, int panels, const double *basis, double *block,
                    double *overlaps);
void ss_reorthogonalize(int columns, int capacity, int panels, const double *basis, const float *rounded,
                        double *block);
void ss_append(int first, int capacity, int panels, const double *transform, double *block, double *basis,
               float *rounded, double *gram);
void ss_residual_norms(int n, int entries, const int *indptr, const int *indices, const double *values, int modes,
                       const double *eigenvalues, const double *vectors, double *norms);
void ss_chebyshev_step_2d(int particles, int entries, const int *indptr, const int *indices, const double *blocks,
                          double center, double factor, double weight, const double *x, double *y);
void ss_chebyshev_step_3d(int particles, int entries, const int *indptr, const int *indices, const double *blocks,
                          double center, double factor, double weight, const double *x, double *y);
void ss_mpi_library_version(char *text, int capacity, int *length);

/* One rank of a simulation: what its kernels take, in any dimension. */
typedef void *new_simulation(int handle, int rank, int size, const int *grid, const double *box, void *potential,
                             double reach, double length, double energy, double timestep, double thermostat_time,
                             int thermostat_chain, double skin, failure *error);
typedef void free_simulation(void *pointer);
typedef void set_particles(void *pointer, int n, const double *positions, const double *velocities, const int *images,
                           const int *species, const double *sizes, double strain, failure *error);
typedef void resume(void *pointer, int n, const double *built, const double *positions, const double *velocities,
                    const int *images, const int *species, const double *sizes, const double *scalars, int chain,
                    const double *thermostat, const long long *counters, failure *error);
typedef void get_progress(void *pointer, int n, double *built, double *scalars, int chain, double *thermostat,
                          long long *counters);
typedef void run(void *pointer, long long n_steps, double first_temperature, double last_temperature,
                 double strain_rate, failure *error);
typedef int count_owned(void *pointer);
typedef void get_owned(void *pointer, int n, int *ids, double *positions, double *velocities, int *images);
typedef void get_state(void *pointer, double *strain, int *flips, long long *step, long long *rebuilds);
typedef void thermodynamics(void *pointer, double temperature, double *values);

typedef struct {
  new_simulation *create;
  free_simulation *release;
  set_particles *set_particles;
  resume *resume;
  get_progress *get_progress;
  run *run;
  count_owned *count_owned;
  get_owned *get_owned;
  get_state *get_state;
  thermodynamics *thermodynamics;
} simulation_kernels;

#define SIMULATION_KERNELS(D) \
  new_simulation ss_new_simulation_##D; free_simulation ss_free_simulation_##D; \
  set_particles ss_set_particles_##D; resume ss_resume_##D; get_progress ss_get_progress_##D; run ss_run_##D; \
  count_owned ss_count_owned_##D; get_owned ss_get_owned_##D; get_state ss_get_state_##D; \
  thermodynamics ss_thermodynamics_##D; \
  static const simulation_kernels simulation_##D = { \
    ss_new_simulation_##D, ss_free_simulation_##D, ss_set_particles_##D, ss_resume_##D, ss_get_progress_##D, \
    ss_run_##D, ss_count_owned_##D, ss_get_owned_##D, ss_get_state_##D, ss_thermodynamics_##D}
SIMULATION_KERNELS(2d);
SIMULATION_KERNELS(3d);

#endif
