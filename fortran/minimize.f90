!> Minimisers of the potential energy of one frame: L-BFGS, conjugate gradients, FIRE.
!>
!> All three look at forces only. Differences of energy drown in rounding long before the force does, so line searches
!> work on the directional derivative. Moves are capped, so that a frame stays in its basin and overlaps do not explode.
module softspots_minimize
  use softspots_kinds, only: wp, i4
  use softspots_errors, only: failure, ok, interruption
  use softspots_configuration, only: configuration, rebuild, follow
  use softspots_forces, only: compute_forces, require_finite
  use softspots_interruption, only: watch, asked_to_stop
  use softspots_potential, only: potential_type
  use softspots_reduction, only: dot, largest, advance
  use softspots_history, only: pair_history, new_history, forget, remember, apply_inverse
  implicit none (type, external)
  private
  public :: minimize, method_lbfgs, method_cg, method_fire

  integer(i4), parameter :: method_lbfgs = 0
  integer(i4), parameter :: method_cg = 1
  integer(i4), parameter :: method_fire = 2

  !> No coordinate moves further than this in one step.
  real(wp), parameter :: longest_move = 0.1_wp

  !> The frame as a function of its 2n coordinates z = (x, y).
  type :: landscape
    type(configuration), pointer :: frame => null()
    type(potential_type) :: potential
    real(wp) :: slack = 0                !< how far a particle may move before the neighbours are sorted anew
    real(wp), allocatable :: built(:)    !< z at the last rebuild
    integer(i4) :: evaluations = 0
    type(watch) :: clock
    type(failure) :: error
  end type landscape

contains

  !> Move z (2n) = (x, y) downhill until no force component reaches max_force, or max_evaluations forces are spent, or
  !> rounding stops all progress, or somebody asks to stop. The frame's range must exceed the cutoff. force (2n) and
  !> evaluations are those at the end.
  subroutine minimize(frame, potential, method, max_force, max_evaluations, z, force, evaluations, error)
    type(configuration), intent(inout), target :: frame
    type(potential_type), intent(in) :: potential
    integer(i4), intent(in) :: method, max_evaluations
    real(wp), intent(in) :: max_force
    real(wp), intent(inout), contiguous :: z(:)
    real(wp), intent(out), contiguous :: force(:)
    integer(i4), intent(out) :: evaluations
    type(failure), intent(out) :: error

    type(landscape) :: surface

    surface%frame => frame
    surface%potential = potential
    surface%slack = (frame%range - potential%cutoff)/2
    call evaluate(surface, z, force)
    if (surface%error%code == ok .and. largest(force) >= max_force) then
      select case (method)
      case (method_lbfgs)
        call descend_lbfgs(surface, max_force, max_evaluations, z, force)
      case (method_cg)
        call descend_cg(surface, max_force, max_evaluations, z, force)
      case default
        call descend_fire(surface, max_force, max_evaluations, z, force)
      end select
    end if
    evaluations = surface%evaluations
    error = surface%error
  end subroutine minimize

  !> Forces at z.
  subroutine evaluate(surface, z, force)
    type(landscape), intent(inout) :: surface
    real(wp), intent(in), contiguous :: z(:)
    real(wp), intent(out), contiguous :: force(:)

    integer(i4) :: n, i
    real(wp) :: moved

    n = surface%frame%n
    moved = huge(1.0_wp)
    if (allocated(surface%built)) then
      moved = 0
      !$omp simd reduction(max: moved)
      do i = 1, n
        moved = max(moved, (z(i) - surface%built(i))**2 + (z(n + i) - surface%built(n + i))**2)
      end do
    end if
    if (moved >= surface%slack**2) then
      call rebuild(surface%frame, z(:n), z(n + 1:), surface%error)
      if (surface%error%code /= ok) return
      surface%built = z
    end if
    call follow(surface%frame, z(:n), z(n + 1:))
    call compute_forces(surface%frame%table, surface%potential, force(:n), force(n + 1:))
    surface%evaluations = surface%evaluations + 1
    if (.not. (dot(force, force) < huge(1.0_wp))) then
      call require_finite(force(:n), force(n + 1:), sqrt(huge(1.0_wp)/(4*n)), surface%error)
    else if (asked_to_stop(surface%clock)) then
      surface%error%code = interruption
    end if
  end subroutine evaluate

  !> L-BFGS (Nocedal 1980) with a line search that shrinks steps which overshoot.
  subroutine descend_lbfgs(surface, max_force, max_evaluations, z, force)
    type(landscape), intent(inout) :: surface
    real(wp), intent(in) :: max_force
    integer(i4), intent(in) :: max_evaluations
    real(wp), intent(inout), contiguous :: z(:)
    real(wp), intent(inout), contiguous :: force(:)

    type(pair_history) :: history
    real(wp), allocatable :: direction(:), old_force(:)
    real(wp) :: downhill, ahead, longest, step, taken
    logical :: moved

    call new_history(history, size(z))
    allocate (direction(size(z)))
    old_force = force
    do
      call apply_inverse(history, force, direction, downhill, longest)
      if (.not. downhill > 0) then
        if (history%stored == 0) return
        call forget(history)
        cycle
      end if
      step = min(1.0_wp, longest_move/longest)
      taken = 0
      do
        call advance(step - taken, direction, z, moved)
        if (.not. moved) exit
        taken = step
        call evaluate(surface, z, force)
        if (surface%error%code /= ok) return
        if (largest(force) < max_force .or. surface%evaluations >= max_evaluations) return
        ahead = dot(force, direction)
        if (ahead >= -0.9_wp*downhill) exit
        step = step*min(0.5_wp, max(0.1_wp, downhill/(downhill - ahead)))
      end do
      if (moved) then
        call remember(history, taken, direction, force, old_force)
      else if (taken > 0 .or. history%stored == 0) then
        return
      else
        ! A step below the rounding of the coordinates gets nowhere: a fresh start along the force.
        call forget(history)
      end if
    end do
  end subroutine descend_lbfgs

  !> Conjugate gradients (Polak-Ribiere, never negative), secant line search on the directional derivative.
  subroutine descend_cg(surface, max_force, max_evaluations, z, force)
    type(landscape), intent(inout) :: surface
    real(wp), intent(in) :: max_force
    integer(i4), intent(in) :: max_evaluations
    real(wp), intent(inout), contiguous :: z(:)
    real(wp), intent(inout), contiguous :: force(:)

    real(wp), allocatable :: direction(:), old_force(:), start(:)
    real(wp) :: step, low, high, at_zero, at_low, at_high, slope, beta, longest, next
    integer(i4) :: trial

    allocate (direction(size(z)), old_force(size(z)), start(size(z)))
    direction = force
    step = 1e-3_wp
    do
      at_zero = dot(force, direction)
      if (.not. at_zero > 0) then
        direction = force
        at_zero = dot(force, force)
        if (.not. at_zero > 0) return
      end if
      longest = longest_move/largest(direction)
      start = z
      old_force = force
      low = 0
      at_low = at_zero
      high = -1
      at_high = 0
      step = min(step, longest)
      do trial = 1, 20
        z = start + step*direction
        call evaluate(surface, z, force)
        if (surface%error%code /= ok) return
        if (largest(force) < max_force .or. surface%evaluations >= max_evaluations) return
        slope = dot(force, direction)
        if (abs(slope) <= 0.1_wp*at_zero) exit
        if (slope > 0) then
          low = step
          at_low = slope
        else
          high = step
          at_high = slope
        end if
        if (high < 0) then
          if (step >= longest) exit
          next = merge(step*at_zero/(at_zero - slope), 4*step, slope < at_zero)
          step = min(longest, max(1.1_wp*step, min(4*step, next)))
        else
          next = low + (high - low)*at_low/(at_low - at_high)
          step = min(high - 0.1_wp*(high - low), max(low + 0.1_wp*(high - low), next))
        end if
      end do
      if (all(z == start)) return
      beta = max(0.0_wp, (dot(force, force) - dot(force, old_force))/dot(old_force, old_force))
      direction = force + beta*direction
    end do
  end subroutine descend_cg

  !> FIRE (Bitzek et al. 2006), semi-implicit Euler.
  subroutine descend_fire(surface, max_force, max_evaluations, z, force)
    type(landscape), intent(inout) :: surface
    real(wp), intent(in) :: max_force
    integer(i4), intent(in) :: max_evaluations
    real(wp), intent(inout), contiguous :: z(:)
    real(wp), intent(inout), contiguous :: force(:)

    ! The stiffest modes, omega of about 50, are stable below 2/omega = 0.04.
    real(wp), parameter :: first_timestep = 0.01_wp, longest_timestep = 0.03_wp, start_mixing = 0.1_wp
    integer(i4), parameter :: patience = 5
    real(wp), allocatable :: velocity(:)
    real(wp) :: timestep, mixing, move
    integer(i4) :: downhill_steps

    allocate (velocity(size(z)))
    velocity = 0
    timestep = first_timestep
    mixing = start_mixing
    downhill_steps = 0
    do while (surface%evaluations < max_evaluations)
      if (dot(force, velocity) > 0) then
        velocity = (1 - mixing)*velocity + (mixing*sqrt(dot(velocity, velocity)/dot(force, force)))*force
        if (downhill_steps > patience) then
          timestep = min(1.1_wp*timestep, longest_timestep)
          mixing = 0.99_wp*mixing
        end if
        downhill_steps = downhill_steps + 1
      else
        velocity = 0
        timestep = 0.5_wp*timestep
        mixing = start_mixing
        downhill_steps = 0
      end if
      velocity = velocity + timestep*force
      move = timestep*largest(velocity)
      if (move > longest_move) velocity = velocity*(longest_move/move)
      z = z + timestep*velocity
      call evaluate(surface, z, force)
      if (surface%error%code /= ok) return
      if (largest(force) < max_force) return
    end do
  end subroutine descend_fire

end module softspots_minimize
