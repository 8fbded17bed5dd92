!> The border to C: kernels on plain arrays. No physics.
!>
!> Arrays are C-contiguous on the other side: (N, 2) there is (2, n) here. Nothing is copied that need not be.
module softspots_c_interface
  use softspots_kinds, only: wp, i4, i8
  use softspots_errors, only: failure, ok
  use softspots_communication, only: communicator, library_version
  use softspots_dynamics, only: simulation, new_simulation, set_particles, resume, run, thermodynamics
  use softspots_box, only: box_type
  use softspots_configuration, only: configuration, new_configuration, rebuild
  use softspots_potential, only: potential_type, new_potential
  use softspots_forces, only: compute_forces, compute_energies, require_finite
  use softspots_hessian, only: count_hessian, fill_hessian
  use softspots_minimize, only: minimize
  use softspots_plasticity, only: compute_d2min
  use softspots_cells, only: cell_list, sort_into_cells
  use softspots_connection, only: connect_by_delaunay, connect_by_distance
  use softspots_meanfield, only: spend_budgets
  use softspots_krylov, only: pack_factor, solve_block, project_out, reorthogonalize, append, residual_norms, &
    panel_rows, block_width, tile_width
  use softspots_reduction, only: accumulate
  use, intrinsic :: iso_c_binding, only: c_int, c_long_long, c_float, c_double, c_char, c_ptr, c_loc, c_f_pointer, &
    c_null_ptr
  implicit none (type, external)
  private

  !> What a minimiser adds to the cutoff, so that neighbours last for several steps.
  real(wp), parameter :: minimize_skin = 0.3_wp

contains

  !> A configuration sorted around the given positions, with neighbours up to `range`.
  subroutine prepare(n, positions, species, box, range, frame, error)
    integer(i4), intent(in) :: n
    real(wp), intent(in) :: positions(2, n), box(3), range
    integer(i4), intent(in) :: species(n)
    type(configuration), intent(out) :: frame
    type(failure), intent(out) :: error

    call new_configuration(frame, box_type(box(1), box(2), box(3)), species, range, error)
    if (error%code == ok) call rebuild(frame, positions(1, :), positions(2, :), error)
  end subroutine prepare

  !> Total energy, forces (2, n) and virial (2, 2) = sum over pairs of r_a f_b.
  subroutine ss_energy_forces(n, positions, species, box, table, smoothing, energy, forces, virial, error) bind(c)
    integer(c_int), value :: n, smoothing
    real(c_double), intent(in) :: positions(2, n), box(3), table(4, 0:2)
    integer(c_int), intent(in) :: species(n)
    real(c_double), intent(out) :: energy, forces(2, n), virial(2, 2)
    type(failure), intent(out) :: error

    type(configuration) :: frame
    type(potential_type) :: potential
    real(wp), allocatable :: force_x(:), force_y(:), energies(:), virials(:, :)

    potential = new_potential(table, smoothing)
    call prepare(n, positions, species, box, potential%cutoff, frame, error)
    if (error%code /= ok) return
    allocate (force_x(n), force_y(n), energies(n), virials(3, n))
    call compute_forces(frame%table, potential, force_x, force_y)
    call compute_energies(frame%table, potential, energies, virials)
    call require_finite(force_x, force_y, huge(1.0_wp), error)
    forces(1, :) = force_x
    forces(2, :) = force_y
    energy = sum(energies)
    virial(1, 1) = sum(virials(1, :))
    virial(1, 2) = sum(virials(2, :))
    virial(2, 1) = virial(1, 2)
    virial(2, 2) = sum(virials(3, :))
  end subroutine ss_energy_forces

  !> Row starts (n + 1) of the Hessian's 2 x 2 blocks, from zero.
  subroutine ss_count_hessian(n, positions, species, box, table, smoothing, indptr, error) bind(c)
    integer(c_int), value :: n, smoothing
    real(c_double), intent(in) :: positions(2, n), box(3), table(4, 0:2)
    integer(c_int), intent(in) :: species(n)
    integer(c_int), intent(out) :: indptr(n + 1)
    type(failure), intent(out) :: error

    type(configuration) :: frame
    type(potential_type) :: potential

    potential = new_potential(table, smoothing)
    call prepare(n, positions, species, box, potential%cutoff, frame, error)
    if (error%code == ok) call count_hessian(frame, potential, indptr, error)
  end subroutine ss_count_hessian

  !> Column indices and blocks of the Hessian, indptr(n + 1) of them.
  subroutine ss_fill_hessian(n, positions, species, box, table, smoothing, indptr, indices, blocks, error) bind(c)
    integer(c_int), value :: n, smoothing
    real(c_double), intent(in) :: positions(2, n), box(3), table(4, 0:2)
    integer(c_int), intent(in) :: species(n), indptr(n + 1)
    integer(c_int), intent(out) :: indices(indptr(n + 1))
    real(c_double), intent(out) :: blocks(2, 2, indptr(n + 1))
    type(failure), intent(out) :: error

    type(configuration) :: frame
    type(potential_type) :: potential

    potential = new_potential(table, smoothing)
    call prepare(n, positions, species, box, potential%cutoff, frame, error)
    if (error%code == ok) call fill_hessian(frame, potential, indptr, indices, blocks, error)
  end subroutine ss_fill_hessian

  !> Minimise from positions (2, n), which are replaced; forces (2, n) are those at the end.
  subroutine ss_minimize(n, positions, species, box, table, smoothing, method, max_force, max_evaluations, &
                                forces, evaluations, error) bind(c)
    integer(c_int), value :: n, smoothing, method, max_evaluations
    real(c_double), value :: max_force
    real(c_double), intent(inout) :: positions(2, n)
    real(c_double), intent(in) :: box(3), table(4, 0:2)
    integer(c_int), intent(in) :: species(n)
    real(c_double), intent(out) :: forces(2, n)
    integer(c_int), intent(out) :: evaluations
    type(failure), intent(out) :: error

    type(configuration) :: frame
    type(potential_type) :: potential
    integer(i4), allocatable :: order(:)
    real(wp), allocatable :: z(:), force(:)
    real(wp) :: skin

    evaluations = 0
    potential = new_potential(table, smoothing)
    ! A box that fits the cutoff may be too small for the full skin.
    skin = min(minimize_skin, 0.5_wp*min(box(1), box(2)) - potential%cutoff)
    call prepare(n, positions, species, box, potential%cutoff + max(skin, 0.0_wp), frame, error)
    if (error%code /= ok) return
    ! In the order of slots, so that memory is met in order.
    order = frame%table%order(:n)
    frame%species = species(order)
    z = [positions(1, order), positions(2, order)]
    allocate (force(2*n))
    call minimize(frame, potential, method, max_force, max_evaluations, z, force, evaluations, error)
    if (error%code /= ok) error%particle = order(error%particle + 1) - 1
    positions(1, order) = z(:n)
    positions(2, order) = z(n + 1:)
    forces(1, order) = force(:n)
    forces(2, order) = force(n + 1:)
  end subroutine ss_minimize

  !> D2_min (n) with neighbours within cutoff at the first time.
  subroutine ss_d2min(n, positions, displacements, row_shift, box, cutoff, d2min, error) bind(c)
    integer(c_int), value :: n
    real(c_double), value :: row_shift, cutoff
    real(c_double), intent(in) :: positions(2, n), displacements(2, n), box(3)
    real(c_double), intent(out) :: d2min(n)
    type(failure), intent(out) :: error

    type(configuration) :: frame
    integer(i4), allocatable :: species(:)

    allocate (species(n), source=0_i4)
    call prepare(n, positions, species, box, cutoff, frame, error)
    if (error%code == ok) call compute_d2min(frame, cutoff, displacements, row_shift, d2min, error)
  end subroutine ss_d2min

  !> Pairs (2, count) of chosen particles that are connected, from zero: at most `length` apart or, where that is zero,
  !> by the Delaunay triangulation. Of more than the capacity, some are missing.
  subroutine ss_connect(n, positions, box, chosen, length, capacity, edges, count, error) bind(c)
    integer(c_int), value :: n, capacity
    real(c_double), value :: length
    real(c_double), intent(in) :: positions(2, n), box(3)
    integer(c_int), intent(in) :: chosen(n)
    integer(c_int), intent(out) :: edges(2, capacity), count
    type(failure), intent(out) :: error

    type(cell_list) :: cells

    count = 0
    call sort_into_cells(positions, box_type(box(1), box(2), box(3)), cells, error)
    if (error%code /= ok) return
    if (length > 0) then
      call connect_by_distance(cells, chosen == 1, length, edges, count, error)
    else
      call connect_by_delaunay(cells, chosen == 1, edges, count, error)
    end if
  end subroutine ss_connect

  !> One step of the mean-field model for each of the n places in struck, from zero; counters = step, born, died.
  subroutine ss_spend_budgets(n, struck, n_budgets, budgets, n_spots, spot, birth, remaining, lifetimes, &
                              counters) bind(c)
    integer(c_int), value :: n, n_spots
    integer(c_long_long), value :: n_budgets
    integer(c_int), intent(in) :: struck(n)
    integer(c_long_long), intent(in) :: budgets(n_budgets)
    integer(c_long_long), intent(inout) :: spot(n_spots), birth(n_spots), remaining(n_spots), lifetimes(n_budgets)
    integer(c_long_long), intent(inout) :: counters(3)

    call spend_budgets(struck, budgets, spot, birth, remaining, lifetimes, counters(1), counters(2), counters(3))
  end subroutine ss_spend_budgets

  !> Add n terms to sums(1:2), exactly; the total is sums(1) + sums(2).
  subroutine ss_accumulate(n, terms, sums) bind(c)
    integer(c_int), value :: n
    real(c_double), intent(in) :: terms(n)
    real(c_double), intent(inout) :: sums(2)

    call accumulate(terms, sums)
  end subroutine ss_accumulate

  !> Pack a Cholesky factor for solves with blocks of vectors; see fortran/krylov.f90. All indices are counted from 1.
  subroutine ss_pack_factor(n, tiles, column, indptr, values, start, below, triangle) bind(c)
    integer(c_int), value :: n, tiles
    integer(c_int), intent(in) :: column(tiles + 1), indptr(n + 1), start(tiles + 1)
    real(c_double), intent(in) :: values(indptr(n + 1) - 1)
    real(c_double), intent(out) :: below(start(tiles + 1), tile_width), triangle(tile_width, tile_width, tiles)

    call pack_factor(n, tiles, column, indptr, values, start, below, triangle)
  end subroutine ss_pack_factor

  !> Solve for a block of vectors; see fortran/krylov.f90.
  subroutine ss_solve_block(n, tiles, column, start, row, below, triangle, block) bind(c)
    integer(c_int), value :: n, tiles
    integer(c_int), intent(in) :: column(tiles + 1), start(tiles + 1), row(start(tiles + 1))
    real(c_double), intent(in) :: below(start(tiles + 1), tile_width), triangle(tile_width, tile_width, tiles)
    real(c_double), intent(inout) :: block(block_width, n)

    call solve_block(n, tiles, column, start, row, below, triangle, block)
  end subroutine ss_solve_block

  !> Take columns first .. last, counted from 1, of a basis out of a block of vectors; see fortran/krylov.f90.
  subroutine ss_project_out(first, last, capacity, panels, basis, block, overlaps) bind(c)
    integer(c_int), value :: first, last, capacity, panels
    real(c_double), intent(in) :: basis(panel_rows, capacity, panels)
    real(c_double), intent(inout) :: block(block_width, panel_rows, panels)
    real(c_double), intent(out) :: overlaps(block_width, first:last)

    call project_out(first, last, capacity, panels, basis, block, overlaps)
  end subroutine ss_project_out

  !> Take the first `columns` of a basis out of a block of vectors that is nearly orthogonal to them; see
  !> fortran/krylov.f90.
  subroutine ss_reorthogonalize(columns, capacity, panels, basis, rounded, block) bind(c)
    integer(c_int), value :: columns, capacity, panels
    real(c_double), intent(in) :: basis(panel_rows, capacity, panels)
    real(c_float), intent(in) :: rounded(panel_rows, capacity, panels)
    real(c_double), intent(inout) :: block(block_width, panel_rows, panels)

    call reorthogonalize(columns, capacity, panels, basis, rounded, block)
  end subroutine ss_reorthogonalize

  !> Transform a block of vectors and put it into a basis from column `first` on; see fortran/krylov.f90.
  subroutine ss_append(first, capacity, panels, transform, block, basis, rounded, gram) bind(c)
    integer(c_int), value :: first, capacity, panels
    real(c_double), intent(in) :: transform(block_width, block_width)
    real(c_double), intent(inout) :: block(block_width, panel_rows, panels), basis(panel_rows, capacity, panels)
    real(c_float), intent(inout) :: rounded(panel_rows, capacity, panels)
    real(c_double), intent(out) :: gram(block_width, block_width)

    call append(first, capacity, panels, transform, block, basis, rounded, gram)
  end subroutine ss_append

  !> Residuals of eigenpairs of a symmetric matrix in compressed columns counted from 0; see fortran/krylov.f90.
  subroutine ss_residual_norms(n, entries, indptr, indices, values, modes, eigenvalues, vectors, norms) bind(c)
    integer(c_int), value :: n, entries, modes
    integer(c_int), intent(in) :: indptr(n + 1), indices(entries)
    real(c_double), intent(in) :: values(entries), eigenvalues(modes), vectors(n, modes)
    real(c_double), intent(out) :: norms(modes)

    call residual_norms(n, entries, indptr, indices, values, modes, eigenvalues, vectors, norms)
  end subroutine ss_residual_norms

  !> A simulation on the `size` ranks of the MPI communicator with Fortran handle `handle`. Null on error.
  function ss_new_simulation(handle, rank, size, grid_x, grid_y, box, table, smoothing, timestep, thermostat_time, &
                             thermostat_chain, skin, error) result(pointer) bind(c)
    integer(c_int), value :: handle, rank, size, grid_x, grid_y, smoothing, thermostat_chain
    real(c_double), intent(in) :: box(2), table(4, 0:2)
    real(c_double), value :: timestep, thermostat_time, skin
    type(failure), intent(out) :: error
    type(c_ptr) :: pointer

    type(simulation), pointer :: self

    allocate (self)
    call new_simulation(self, communicator(handle, rank, size), grid_x, grid_y, box_type(box(1), box(2), 0.0_wp), &
                        new_potential(table, smoothing), timestep, thermostat_time, thermostat_chain, skin, error)
    pointer = c_loc(self)
    if (error%code /= ok) then
      deallocate (self)
      pointer = c_null_ptr
    end if
  end function ss_new_simulation

  subroutine ss_free_simulation(pointer) bind(c)
    type(c_ptr), value :: pointer

    type(simulation), pointer :: self

    call c_f_pointer(pointer, self)
    deallocate (self)
  end subroutine ss_free_simulation

  !> All n particles of the system, on every rank; each takes its own.
  subroutine ss_set_particles(pointer, n, positions, velocities, images, species, strain, error) bind(c)
    type(c_ptr), value :: pointer
    integer(c_int), value :: n
    real(c_double), intent(in) :: positions(2, n), velocities(2, n)
    integer(c_int), intent(in) :: images(2, n), species(n)
    real(c_double), value :: strain
    type(failure), intent(out) :: error

    type(simulation), pointer :: self

    call c_f_pointer(pointer, self)
    call set_particles(self, n, positions, velocities, images, species, strain, error)
  end subroutine ss_set_particles

  !> Take up a run; scalars(1:3) = strain at the last rebuild, strain, twice the kinetic energy; thermostat(:, 1:2) =
  !> friction and its integral, by place in the chain; counters = step, rebuilds, 1 if the neighbours are stale.
  subroutine ss_resume(pointer, n, built, positions, velocities, images, species, scalars, chain, thermostat, &
                       counters, error) bind(c)
    type(c_ptr), value :: pointer
    integer(c_int), value :: n, chain
    real(c_double), intent(in) :: built(2, n), positions(2, n), velocities(2, n), scalars(3), thermostat(chain, 2)
    integer(c_int), intent(in) :: images(2, n), species(n)
    integer(c_long_long), intent(in) :: counters(3)
    type(failure), intent(out) :: error

    type(simulation), pointer :: self

    call c_f_pointer(pointer, self)
    call resume(self, n, built, positions, velocities, images, species, scalars(1), scalars(2), scalars(3), &
                thermostat(:, 1), thermostat(:, 2), counters(1), counters(2), counters(3) == 1, error)
  end subroutine ss_resume

  !> What ss_resume takes, but for the rank's particles, which are in the order of ss_get_owned; built (2, n).
  subroutine ss_get_progress(pointer, n, built, scalars, chain, thermostat, counters) bind(c)
    type(c_ptr), value :: pointer
    integer(c_int), value :: n, chain
    real(c_double), intent(out) :: built(2, n), scalars(3), thermostat(chain, 2)
    integer(c_long_long), intent(out) :: counters(3)

    type(simulation), pointer :: self

    call c_f_pointer(pointer, self)
    built(1, :) = self%built_x(:n)
    built(2, :) = self%built_y(:n)
    scalars = [self%built_strain, self%strain, self%kinetic2]
    thermostat(:, 1) = self%xi
    thermostat(:, 2) = self%eta
    counters = [self%step, self%rebuilds, merge(1_i8, 0_i8, self%stale)]
  end subroutine ss_get_progress

  subroutine ss_run(pointer, n_steps, first_temperature, last_temperature, strain_rate, error) bind(c)
    type(c_ptr), value :: pointer
    integer(c_long_long), value :: n_steps
    real(c_double), value :: first_temperature, last_temperature, strain_rate
    type(failure), intent(out) :: error

    type(simulation), pointer :: self

    call c_f_pointer(pointer, self)
    call run(self, n_steps, first_temperature, last_temperature, strain_rate, error)
  end subroutine ss_run

  !> How many particles this rank owns now.
  integer(c_int) function ss_count_owned(pointer) bind(c)
    type(c_ptr), value :: pointer

    type(simulation), pointer :: self

    call c_f_pointer(pointer, self)
    ss_count_owned = self%owned%n
  end function ss_count_owned

  !> The rank's particles: ids from zero, positions and velocities (2, n), images (2, n), which go with strain
  !> and flips.
  subroutine ss_get_owned(pointer, n, ids, positions, velocities, images) bind(c)
    type(c_ptr), value :: pointer
    integer(c_int), value :: n
    integer(c_int), intent(out) :: ids(n), images(2, n)
    real(c_double), intent(out) :: positions(2, n), velocities(2, n)

    type(simulation), pointer :: self

    call c_f_pointer(pointer, self)
    ids = self%owned%id(:n) - 1
    positions(1, :) = self%owned%x(:n)
    positions(2, :) = self%owned%y(:n)
    velocities(1, :) = self%owned%vx(:n)
    velocities(2, :) = self%owned%vy(:n)
    images(1, :) = self%owned%column(:n)
    images(2, :) = self%owned%row(:n)
  end subroutine ss_get_owned

  !> Total strain, flips, steps and neighbour rebuilds so far.
  subroutine ss_get_state(pointer, strain, flips, step, rebuilds) bind(c)
    type(c_ptr), value :: pointer
    real(c_double), intent(out) :: strain
    integer(c_int), intent(out) :: flips
    integer(c_long_long), intent(out) :: step, rebuilds

    type(simulation), pointer :: self

    call c_f_pointer(pointer, self)
    strain = self%strain
    flips = self%flips
    step = self%step
    rebuilds = self%rebuilds
  end subroutine ss_get_state

  subroutine ss_thermodynamics(pointer, temperature, values) bind(c)
    type(c_ptr), value :: pointer
    real(c_double), value :: temperature
    real(c_double), intent(out) :: values(8)

    type(simulation), pointer :: self

    call c_f_pointer(pointer, self)
    call thermodynamics(self, temperature, values)
  end subroutine ss_thermodynamics

  !> The name of the MPI library, `length` characters of it, 0 in a build without MPI.
  subroutine ss_mpi_library_version(text, capacity, length) bind(c)
    integer(c_int), value :: capacity
    character(kind=c_char), intent(out) :: text(capacity)
    integer(c_int), intent(out) :: length

    character(len=8192) :: version
    integer(i4) :: k

    call library_version(version, length)
    length = min(length, capacity)
    do k = 1, length
      text(k) = version(k:k)
    end do
  end subroutine ss_mpi_library_version

end module softspots_c_interface
