!> The parts of a time step, each solved exactly: thermostat, kick and shear, drift.
module softspots_integrator
  use softspots_kinds, only: wp, i4
  implicit none (type, external)
  private
  public :: thermostat_half, kick_and_drift, kick_and_survey, longest_move

  !> No particle goes this far in one step unless the integration has failed.
  real(wp), parameter :: longest_move = 0.2_wp

contains

  !> Half a step of the Nose-Hoover chain (Martyna et al. 1996), of length w, for `freedom` degrees of freedom; `scale`
  !> is what velocities are to be scaled by. xi and eta (chain) are friction and its integral.
  subroutine thermostat_half(w, temperature, thermostat_time, freedom, kinetic2, xi, eta, scale)
    real(wp), intent(in) :: w, temperature, thermostat_time, freedom
    real(wp), intent(inout) :: kinetic2, xi(:), eta(:)
    real(wp), intent(out) :: scale

    integer(i4) :: j, chain
    real(wp) :: mass(size(xi))

    chain = size(xi)
    mass(1) = freedom*(temperature*thermostat_time**2)
    mass(2:) = temperature*thermostat_time**2
    do j = chain, 1, -1
      call push(j)
    end do
    scale = exp(-xi(1)*w)
    kinetic2 = kinetic2*scale**2
    eta = eta + w*xi
    do j = 1, chain
      call push(j)
    end do

  contains

    subroutine push(j)
      integer(i4), intent(in) :: j

      real(wp) :: drag, drive

      drag = 1
      if (j < chain) drag = exp(-0.25_wp*w*xi(j + 1))
      if (j == 1) then
        drive = kinetic2 - freedom*temperature
      else
        drive = mass(j - 1)*xi(j - 1)**2 - temperature
      end if
      xi(j) = (xi(j)*drag + 0.5_wp*w*drive/mass(j))*drag
    end subroutine push

  end subroutine thermostat_half

  !> Scale the velocities by two factors, one after the other, then kick and shear for half a step, then drift for a
  !> whole one.
  pure subroutine kick_and_drift(n, pending, scale, dt, strain_rate, force_x, force_y, vx, vy, x, y)
    integer(i4), intent(in) :: n
    real(wp), intent(in) :: pending, scale, dt, strain_rate, force_x(n), force_y(n)
    real(wp), intent(inout) :: vx(n), vy(n), x(n), y(n)

    integer(i4) :: i
    real(wp) :: half

    half = 0.5_wp*dt
    !$omp simd
    do i = 1, n
      vx(i) = (vx(i)*pending)*scale
      vy(i) = (vy(i)*pending)*scale
      call kick(half, strain_rate, force_x(i), force_y(i), vx(i), vy(i))
      x(i) = x(i) + dt*(vx(i) + strain_rate*(y(i) + half*vy(i)))
      y(i) = y(i) + dt*vy(i)
    end do
  end subroutine kick_and_drift

  !> Kick and shear for a time `half`: dvx/dt = fx - g vy, dvy/dt = fy.
  elemental subroutine kick(half, strain_rate, force_x, force_y, vx, vy)
    real(wp), intent(in) :: half, strain_rate, force_x, force_y
    real(wp), intent(inout) :: vx, vy

    vx = vx + (half*force_x - (strain_rate*half)*(vy + (0.5_wp*half)*force_y))
    vy = vy + half*force_y
  end subroutine kick

  !> Kick, then find squared speeds; add how many particles may leave their neighbours in the next step (beyond `soon`),
  !> and how many are lost: beyond `limit`, about to jump, or not a number.
  pure subroutine kick_and_survey(n, kick_time, timestep, strain_rate, strained, soon, limit, force_x, force_y, x, y, &
                                  built_x, built_y, vx, vy, speed2, leaving, lost)
    integer(i4), intent(in) :: n
    real(wp), intent(in) :: kick_time, timestep, strain_rate, strained, soon, limit
    real(wp), intent(in) :: force_x(n), force_y(n), x(n), y(n), built_x(n), built_y(n)
    real(wp), intent(inout) :: vx(n), vy(n)
    real(wp), intent(out) :: speed2(n)
    real(wp), intent(inout) :: leaving, lost

    integer(i4) :: i
    real(wp) :: half, moved_x, moved_y, ahead2

    half = 0.5_wp*timestep
    !$omp simd private(moved_x, moved_y, ahead2) reduction(+: leaving, lost)
    do i = 1, n
      call kick(kick_time, strain_rate, force_x(i), force_y(i), vx(i), vy(i))
      speed2(i) = vx(i)**2 + vy(i)**2
      moved_x = x(i) - built_x(i) - strained*built_y(i)
      moved_y = y(i) - built_y(i)
      ahead2 = (moved_x + timestep*(vx(i) + half*force_x(i)))**2 + (moved_y + timestep*(vy(i) + half*force_y(i)))**2
      ! Negated, so that what is not a number counts as well.
      leaving = leaving + merge(0.0_wp, 1.0_wp, ahead2 < soon**2)
      lost = lost + merge(0.0_wp, 1.0_wp, moved_x**2 + moved_y**2 < limit**2 .and. &
                          timestep**2*speed2(i) < longest_move**2)
    end do
  end subroutine kick_and_survey

end module softspots_integrator
