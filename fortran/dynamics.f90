!> Sheared molecular dynamics: SLLOD equations with a Nose-Hoover (chain) thermostat on peculiar velocities.
!>
!>   dr/dt = v + g y ex,   dv/dt = F - g vy ex - xi v,   dxi/dt = (2K - G T)/Q,   Q = G T tau^2,   G = 2N - 2
!>
!> with shear rate g, in steps that split time-reversibly: thermostat half | kick and shear half | drift | kick and
!> shear half | thermostat half; each part is solved exactly. Here physics and domain meet.
!>
!> The same bits on any number of ranks: particles differ only in who computes them, neighbours are summed in an order
!> set by coordinates and ids, rebuilds are decided by all ranks together, and the kinetic energy, the one sum that
!> steers the motion, is exact.
module softspots_dynamics
  use softspots_kinds, only: wp, i4, i8
  use softspots_errors, only: failure, ok, blow_up, lost_particles, interruption
  use softspots_box, only: box_type, wrap, is_near, too_far_away
  use softspots_communication, only: communicator, add_over_ranks, max_over_ranks
  use softspots_domain, only: particles, domain_type, new_domain, set_margins, owner, migrate, find_ghosts, &
                              refresh_ghosts, reorder, resize
  use softspots_forces, only: sum_forces, compute_energies
  use softspots_integrator, only: thermostat_half, kick_and_drift, kick_and_survey, longest_move
  use softspots_interruption, only: watch, asked_to_stop
  use softspots_neighbors, only: neighbor_table, build_neighbors, number_by_slot, place_images, strip_height
  use softspots_potential, only: potential_type
  use softspots_reduction, only: accumulate
  use softspots_storage, only: reserve
  implicit none (type, external)
  private
  public :: simulation, new_simulation, set_particles, resume, run, thermodynamics

  !> The forecast of a step leaves out the thermostat's scaling of the velocities, and that the strain rate may change;
  !> both move it by far less than this.
  real(wp), parameter :: forecast_margin = 0.005_wp

  type :: simulation
    type(domain_type) :: domain
    type(box_type) :: box
    type(potential_type) :: potential
    type(particles) :: owned
    integer(i4) :: n_total = 0
    real(wp) :: timestep = 0, thermostat_time = 0
    real(wp) :: skin = 0, range = 0    !< neighbours are kept up to range = cutoff + skin
    real(wp) :: height = 0             !< of the strips of neighbours
    real(wp) :: strain = 0             !< total, since the start
    integer(i4) :: flips = 0           !< box%tilt = strain*length_y - flips*length_x
    real(wp), allocatable :: xi(:), eta(:)   !< (chain) friction, and its integral
    real(wp) :: kinetic2 = 0           !< twice the kinetic energy of the peculiar velocities
    integer(i8) :: step = 0
    integer(i8) :: rebuilds = 0
    logical :: stale = .true.          !< whether the neighbours must be sorted anew in the next step
    real(wp) :: built_strain = 0
    real(wp), allocatable :: built_x(:), built_y(:)
    type(neighbor_table), private :: table
    real(wp), allocatable, private :: image_x(:), image_y(:)
    real(wp), allocatable, private :: terms(:)
  end type simulation

contains

  !> An empty simulation on the ranks of comm, in a box that is not yet strained.
  subroutine new_simulation(new, comm, grid_x, grid_y, box, potential, timestep, thermostat_time, chain, skin, error)
    type(simulation), intent(out) :: new
    type(communicator), intent(in) :: comm
    integer(i4), intent(in) :: grid_x, grid_y, chain
    type(box_type), intent(in) :: box
    type(potential_type), intent(in) :: potential
    real(wp), intent(in) :: timestep, thermostat_time, skin
    type(failure), intent(out) :: error

    new%range = potential%cutoff + skin
    call new_domain(new%domain, comm, grid_x, grid_y, box, new%range, error)
    if (error%code /= ok) return
    new%box = box
    new%potential = potential
    new%timestep = timestep
    new%thermostat_time = thermostat_time
    new%skin = skin
    allocate (new%xi(chain), new%eta(chain), source=0.0_wp)
  end subroutine new_simulation

  !> Take over, of all n particles of the system, those that this rank owns, at total strain `strain`; the thermostat
  !> starts anew.
  subroutine set_particles(self, n, positions, velocities, images, species, strain, error)
    type(simulation), intent(inout) :: self
    integer(i4), intent(in) :: n
    real(wp), intent(in) :: positions(2, n), velocities(2, n)
    integer(i4), intent(in) :: images(2, n), species(n)
    real(wp), intent(in) :: strain
    type(failure), intent(out) :: error

    integer(i4) :: i, column, row, mine
    real(wp) :: x, y
    logical :: ending

    self%n_total = n
    self%height = strip_height(self%box%length_y, self%range, n)
    call set_margins(self%domain, self%box, self%range, self%height)
    self%strain = strain
    self%xi = 0
    self%eta = 0
    call set_tilt(self)
    call resize(self%owned, n)
    mine = 0
    do i = 1, n
      x = positions(1, i)
      y = positions(2, i)
      if (.not. is_near(self%box, x, y)) then
        error = too_far_away(self%box, i, x, y)
        return
      end if
      call wrap(self%box, x, y, column, row)
      if (owner(self%domain, self%box, x, y) /= self%domain%comm%rank) cycle
      mine = mine + 1
      self%owned%id(mine) = i
      self%owned%species(mine) = species(i)
      self%owned%x(mine) = x
      self%owned%y(mine) = y
      self%owned%vx(mine) = velocities(1, i)
      self%owned%vy(mine) = velocities(2, i)
      self%owned%column(mine) = images(1, i) + column
      self%owned%row(mine) = images(2, i) + row
    end do
    call resize(self%owned, mine)
    call sort_anew(self, error)
    if (error%code /= ok) return
    call sum_forces(self%table, self%potential)
    ending = .false.
    call finish_step(self, 0.0_wp, 0.0_wp, ending, error)
  end subroutine set_particles

  !> Take up a run where it was interrupted, with the same bits. Particles are given as they were at the last rebuild of
  !> the neighbours, whose order sums depend on: built (2, n) are the wrapped positions then, with images, and
  !> positions (2, n) the present ones.
  subroutine resume(self, n, built, positions, velocities, images, species, built_strain, strain, kinetic2, xi, eta, &
                    step, rebuilds, stale, error)
    type(simulation), intent(inout) :: self
    integer(i4), intent(in) :: n
    real(wp), intent(in) :: built(2, n), positions(2, n), velocities(2, n)
    integer(i4), intent(in) :: images(2, n), species(n)
    real(wp), intent(in) :: built_strain, strain, kinetic2, xi(:), eta(:)
    integer(i8), intent(in) :: step, rebuilds
    logical, intent(in) :: stale
    type(failure), intent(out) :: error

    integer(i4) :: i

    call set_particles(self, n, built, velocities, images, species, built_strain, error)
    if (error%code /= ok) return
    do i = 1, self%owned%n
      self%owned%x(i) = positions(1, self%owned%id(i))
      self%owned%y(i) = positions(2, self%owned%id(i))
    end do
    self%strain = strain
    call place_images(self%table, self%owned%x(:self%owned%n), self%owned%y(:self%owned%n))
    call follow_ghosts(self)
    call sum_forces(self%table, self%potential)
    self%kinetic2 = kinetic2
    self%xi = xi
    self%eta = eta
    self%step = step
    self%rebuilds = rebuilds
    self%stale = stale
  end subroutine resume

  !> Advance by n_steps at shear rate strain_rate, the thermostat's temperature going from the first to the last value.
  !> Asked to stop, all ranks end after the same step, as if it had been the last one.
  subroutine run(self, n_steps, first_temperature, last_temperature, strain_rate, error)
    type(simulation), intent(inout) :: self
    integer(i8), intent(in) :: n_steps
    real(wp), intent(in) :: first_temperature, last_temperature, strain_rate
    type(failure), intent(out) :: error

    integer(i8) :: k, looks
    integer(i4) :: r, i, n, s
    real(wp) :: temperature, half, dt, pending, scale
    type(watch) :: clock
    logical :: ending

    dt = self%timestep
    half = 0.5_wp*dt
    pending = 1
    ending = .false.
    ! A look at the clock takes the time of some particles' steps.
    looks = max(1, 4096/max(1, self%owned%n))
    do k = 1, n_steps
      temperature = first_temperature + (last_temperature - first_temperature)*(real(k, wp)/real(n_steps, wp))
      call scale_half(scale)
      do r = 1, self%table%n_runs
        i = self%table%run(r)
        n = self%table%run(r + 1) - i
        s = self%table%slot(i)
        call kick_and_drift(n, pending, scale, dt, strain_rate, self%table%force_x(s), self%table%force_y(s), &
                            self%owned%vx(i), self%owned%vy(i), self%owned%x(i), self%owned%y(i))
        self%table%x(s:s + n - 1) = self%owned%x(i:i + n - 1)
        self%table%y(s:s + n - 1) = self%owned%y(i:i + n - 1)
      end do
      self%strain = self%strain + strain_rate*dt
      self%step = self%step + 1
      if (self%stale) then
        call set_tilt(self)
        call sort_anew(self, error)
        if (error%code /= ok) return
      else
        call follow_ghosts(self)
      end if
      call sum_forces(self%table, self%potential)
      ending = mod(k, looks) == 0
      if (ending) ending = asked_to_stop(clock)
      call finish_step(self, half, strain_rate, ending, error)
      if (error%code /= ok) return
      ! Carried out with the next step's scaling, as two products: the bits do not depend on where runs end.
      call scale_half(pending)
      if (ending) exit
    end do
    self%owned%vx(:self%owned%n) = self%owned%vx(:self%owned%n)*pending
    self%owned%vy(:self%owned%n) = self%owned%vy(:self%owned%n)*pending
    if (ending) error%code = interruption

  contains

    subroutine scale_half(factor)
      real(wp), intent(out) :: factor

      call thermostat_half(half, temperature, self%thermostat_time, 2.0_wp*self%n_total - 2, self%kinetic2, self%xi, &
                           self%eta, factor)
    end subroutine scale_half

  end subroutine run

  !> The last kick, of length kick_time, then the kinetic energy, whether the neighbours will be stale in the next step,
  !> whether any rank is asked to end, and whether all is well: one reduction.
  subroutine finish_step(self, kick_time, strain_rate, ending, error)
    type(simulation), intent(inout) :: self
    real(wp), intent(in) :: kick_time, strain_rate
    logical, intent(inout) :: ending
    type(failure), intent(out) :: error

    integer(i4) :: i, k, n, r, s
    real(wp) :: limit, soon, moved2, next_move, strained
    real(wp) :: sums(5), worst(2)

    n = self%owned%n
    call reserve(self%terms, n)
    ! Between neighbours the shear of the box since the rebuild adds to what the particles did by themselves.
    strained = self%strain - self%built_strain
    limit = max(0.0_wp, 0.5_wp*(self%skin - abs(strained)*self%range))
    soon = max(0.0_wp, limit - forecast_margin - abs(strain_rate)*self%timestep*self%range)
    sums = 0
    do r = 1, self%table%n_runs
      i = self%table%run(r)
      k = self%table%run(r + 1) - i
      s = self%table%slot(i)
      call kick_and_survey(k, kick_time, self%timestep, strain_rate, strained, soon, limit, self%table%force_x(s), &
                           self%table%force_y(s), self%owned%x(i), self%owned%y(i), self%built_x(i), self%built_y(i), &
                           self%owned%vx(i), self%owned%vy(i), self%terms(i), sums(3), sums(4))
    end do
    call accumulate(self%terms(:n), sums(1:2))
    sums(5) = merge(1.0_wp, 0.0_wp, ending)
    call add_over_ranks(self%domain%comm, sums)
    self%kinetic2 = sums(1) + sums(2)
    self%stale = sums(3) > 0
    ending = sums(5) > 0
    if (sums(4) > 0) then
      worst = [-huge(1.0_wp), 0.0_wp]
      do i = 1, n
        moved2 = (self%owned%x(i) - self%built_x(i) - strained*self%built_y(i))**2 &
                 + (self%owned%y(i) - self%built_y(i))**2
        next_move = self%timestep*sqrt(self%terms(i))
        if (.not. (moved2 < limit**2 .and. self%timestep**2*self%terms(i) < longest_move**2)) then
          worst(1) = max(worst(1), -real(self%owned%id(i), wp))
          worst(2) = max(worst(2), merge(next_move, huge(1.0_wp), next_move <= huge(1.0_wp)))
        end if
      end do
      call max_over_ranks(self%domain%comm, worst)
      error%code = blow_up
      error%step = self%step
      error%particle = nint(-worst(1)) - 1
      error%value = worst(2)
      error%allowed = longest_move
    end if
  end subroutine finish_step

  !> Wrap, migrate, find ghosts, sort: all that a rebuild is.
  subroutine sort_anew(self, error)
    type(simulation), intent(inout) :: self
    type(failure), intent(out) :: error

    integer(i4) :: i, n, m, column, row
    integer(i4), allocatable :: id(:), species(:)
    real(wp) :: failed(3), lost(1)

    lost = 0
    do i = 1, self%owned%n
      call wrap(self%box, self%owned%x(i), self%owned%y(i), column, row)
      self%owned%column(i) = self%owned%column(i) + column
      self%owned%row(i) = self%owned%row(i) + row
      ! What is not a number, or so far out that its images cannot be counted, is not in the box.
      if (.not. (self%owned%x(i) >= 0 .and. self%owned%x(i) < self%box%length_x .and. &
                 self%owned%y(i) >= 0 .and. self%owned%y(i) < self%box%length_y)) lost = lost + 1
    end do
    call add_over_ranks(self%domain%comm, lost)
    if (lost(1) > 0) then
      error = failure(lost_particles, self%step, 0, self%n_total - lost(1), real(self%n_total, wp))
      return
    end if
    call migrate(self%domain, self%box, self%owned, self%n_total, error)
    if (error%code /= ok) then
      error%step = self%step
      return
    end if
    call find_ghosts(self%domain, self%box, self%owned)
    n = self%owned%n
    m = n + self%domain%n_ghosts
    call reserve(self%image_x, m)
    call reserve(self%image_y, m)
    id = [self%owned%id(:n), self%domain%ghost_id]
    species = [self%owned%species(:n), self%domain%ghost_species]
    self%image_x(:n) = self%owned%x(:n)
    self%image_y(:n) = self%owned%y(:n)
    call refresh_ghosts(self%domain, self%box, self%owned, [(i, i=n + 1, m)], self%image_x, self%image_y)
    call build_neighbors(self%table, n, m, self%image_x, self%image_y, id, species, &
                         self%range, self%height, error)
    failed = [real(error%code, wp), error%value, error%allowed]
    call max_over_ranks(self%domain%comm, failed)
    if (failed(1) > 0) then
      error = failure(nint(failed(1)), self%step, 0, failed(2), failed(3))
      return
    end if
    ! In the order of their slots, what is done to all particles goes straight through memory.
    call reorder(self%domain, self%owned, self%table%order(:n))
    call number_by_slot(self%table)
    self%built_x = self%owned%x(:n)
    self%built_y = self%owned%y(:n)
    self%built_strain = self%strain
    self%rebuilds = self%rebuilds + 1
  end subroutine sort_anew

  !> Let the tilt follow the strain, and ghosts their owners; the neighbours stay those of the last rebuild.
  subroutine follow_ghosts(self)
    type(simulation), intent(inout) :: self

    integer(i4) :: n, m

    n = self%owned%n
    m = n + self%domain%n_ghosts
    self%box%tilt = self%strain*self%box%length_y - self%flips*self%box%length_x
    call refresh_ghosts(self%domain, self%box, self%owned, self%table%slot(n + 1:m), self%table%x, self%table%y)
  end subroutine follow_ghosts

  !> Tilt from strain; a flip renumbers the columns so that unwrapped positions stay.
  subroutine set_tilt(self)
    type(simulation), intent(inout) :: self

    integer(i4) :: flips, i

    flips = nint(self%strain*self%box%length_y/self%box%length_x)
    if (flips /= self%flips) then
      do i = 1, self%owned%n
        self%owned%column(i) = self%owned%column(i) + self%owned%row(i)*(flips - self%flips)
      end do
      self%flips = flips
    end if
    self%box%tilt = self%strain*self%box%length_y - self%flips*self%box%length_x
  end subroutine set_tilt

  !> values = sum of v v (xx, xy, yy), potential energy, virial (xx, xy, yy), thermostat's part of the conserved energy
  !> at the given temperature; the same bits on any number of ranks.
  subroutine thermodynamics(self, temperature, values)
    type(simulation), intent(inout) :: self
    real(wp), intent(in) :: temperature
    real(wp), intent(out) :: values(8)

    integer(i4) :: n, k
    real(wp), allocatable :: energy(:), virial(:, :)
    real(wp) :: sums(2, 7), flat(14), freedom

    n = self%owned%n
    allocate (energy(n), virial(3, n))
    call compute_energies(self%table, self%potential, energy, virial)
    sums = 0
    call accumulate(self%owned%vx(:n)*self%owned%vx(:n), sums(:, 1))
    call accumulate(self%owned%vx(:n)*self%owned%vy(:n), sums(:, 2))
    call accumulate(self%owned%vy(:n)*self%owned%vy(:n), sums(:, 3))
    call accumulate(energy, sums(:, 4))
    do k = 1, 3
      call accumulate(virial(k, :), sums(:, 4 + k))
    end do
    flat = reshape(sums, [14])
    call add_over_ranks(self%domain%comm, flat)
    values(:7) = flat(1::2) + flat(2::2)
    freedom = 2.0_wp*self%n_total - 2
    values(8) = temperature*(0.5_wp*self%thermostat_time**2*(freedom*self%xi(1)**2 + sum(self%xi(2:)**2)) &
                             + freedom*self%eta(1) + sum(self%eta(2:)))
  end subroutine thermodynamics

end module softspots_dynamics
