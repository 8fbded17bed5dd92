!> The border to C: one rank of a simulation, behind a pointer. Arrays are C-contiguous on the other side: (N, 2) there
!> is (2, n) here.
module softspots_c_simulation
  use softspots_kinds, only: wp, i4, i8
  use softspots_errors, only: failure, ok
  use softspots_communication, only: communicator, library_version
  use softspots_dynamics, only: simulation, new_simulation, set_particles, resume, run, thermodynamics
  use softspots_box, only: box_type
  use softspots_potential, only: new_potential
  use, intrinsic :: iso_c_binding, only: c_int, c_long_long, c_double, c_char, c_ptr, c_loc, c_f_pointer, c_null_ptr
  implicit none (type, external)
  private

contains

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

end module softspots_c_simulation
