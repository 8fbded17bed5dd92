!> Energies and forces of a smoothed Lennard-Jones mixture over a neighbour table.
!>
!> Each pair is met once. What a particle receives as the later one of its pairs it receives in the order of slots;
!> what it receives as the earlier one runs over its slots in order, lane by lane, and the lanes are added in a fixed
!> order: the result depends on the neighbours alone, not on the rank or on the vector width.
module softspots_forces
  use softspots_kinds, only: wp, i4
  use softspots_errors, only: failure, not_finite
  use softspots_neighbors, only: neighbor_table, lanes
  use softspots_potential, only: potential_type, pair_terms, smoothing_even
  implicit none (type, external)
  private
  public :: compute_forces, sum_forces, compute_energies, require_finite

contains

  !> Forces on the owned particles, (n_owned) each.
  subroutine compute_forces(table, potential, force_x, force_y)
    type(neighbor_table), intent(inout) :: table
    type(potential_type), intent(in) :: potential
    real(wp), intent(out) :: force_x(:), force_y(:)

    integer(i4) :: i

    call sum_forces(table, potential)
    do i = 1, table%n_owned
      force_x(i) = table%force_x(table%slot(i))
      force_y(i) = table%force_y(table%slot(i))
    end do
  end subroutine compute_forces

  !> Sum the forces by slot, in the table; those on images that are not owned lack partners.
  subroutine sum_forces(table, potential)
    type(neighbor_table), intent(inout) :: table
    type(potential_type), intent(in) :: potential

    if (table%n_owned == 0) return
    table%force_x = 0
    table%force_y = 0
    if (potential%smoothing == smoothing_even .and. all(potential%cutoff2 >= potential%cutoff**2)) then
      call forces_even(table, potential, table%x, table%y, table%species, table%force_x, table%force_y)
    else
      call forces_any(table, potential, table%force_x, table%force_y)
    end if
  end subroutine sum_forces

  !> `even` smoothing and one cutoff for all pairs: -V'/r = 12 a12 r^-14 - 6 a6 r^-8 - 2 k2 - 4 k4 r^2 has no square
  !> root. The species of the neighbour enters by arithmetic; the one condition, on the cutoff, becomes a mask: there
  !> are no branches. force_x, force_y: by slot, added to.
  subroutine forces_even(table, potential, x, y, species, force_x, force_y)
    type(neighbor_table), intent(in) :: table
    type(potential_type), intent(in) :: potential
    real(wp), intent(in), contiguous :: x(:), y(:), species(:)
    real(wp), intent(inout), contiguous :: force_x(:), force_y(:)

    integer(i4) :: r, m, k, l, own, p
    real(wp) :: xi, yi
    !> Coefficients by own species for a neighbour of species 0, and what species 1 adds.
    real(wp), dimension(0:1) :: all_c14, all_c8, all_c2, all_c0, all_d14, all_d8, all_d2, all_d0
    !> Those of a row, spread over the lanes, so that they stay in registers.
    real(wp), dimension(lanes) :: c14, c8, c2, c0, d14, d8, d2, d0
    real(wp) :: cutoff2
    real(wp), dimension(lanes) :: sum_x, sum_y
    real(wp) :: dx, dy, r2, i2, i6, q, f

    all_c14 = 12*potential%a12(0:1)
    all_c8 = 6*potential%a6(0:1)
    all_c2 = 4*potential%k4(0:1)
    all_c0 = 2*potential%k2(0:1)
    all_d14 = 12*potential%a12(1:2) - all_c14
    all_d8 = 6*potential%a6(1:2) - all_c8
    all_d2 = 4*potential%k4(1:2) - all_c2
    all_d0 = 2*potential%k2(1:2) - all_c0
    cutoff2 = potential%cutoff**2
    do r = 1, table%n_rows
      own = table%row(r)
      xi = x(own)
      yi = y(own)
      p = int(species(own))
      c14 = all_c14(p)
      c8 = all_c8(p)
      c2 = all_c2(p)
      c0 = all_c0(p)
      d14 = all_d14(p)
      d8 = all_d8(p)
      d2 = all_d2(p)
      d0 = all_d0(p)
      sum_x = 0
      sum_y = 0
      do m = table%begin(r), table%begin(r + 1) - 1
        k = table%vectors(m) - 1
        !$omp simd private(dx, dy, r2, i2, i6, q, f)
        do l = 1, lanes
          dx = xi - x(k + l)
          dy = yi - y(k + l)
          r2 = dx*dx + dy*dy
          i2 = 1/r2
          i6 = i2*i2*i2
          q = species(k + l)
          f = ((c14(l) + q*d14(l))*i6 - (c8(l) + q*d8(l)))*i6*i2 &
              - ((c0(l) + q*d0(l)) + (c2(l) + q*d2(l))*r2)
          if (r2 >= cutoff2) f = 0
          sum_x(l) = sum_x(l) + f*dx
          sum_y(l) = sum_y(l) + f*dy
          force_x(k + l) = force_x(k + l) - f*dx
          force_y(k + l) = force_y(k + l) - f*dy
        end do
      end do
      force_x(own) = force_x(own) + add_lanes(sum_x)
      force_y(own) = force_y(own) + add_lanes(sum_y)
    end do
  end subroutine forces_even

  !> Any smoothing, one neighbour after the other. force_x, force_y: by slot, added to.
  subroutine forces_any(table, potential, force_x, force_y)
    type(neighbor_table), intent(in) :: table
    type(potential_type), intent(in) :: potential
    real(wp), intent(inout) :: force_x(:), force_y(:)

    integer(i4) :: r, m, k, own, p
    real(wp) :: dx, dy, r2, value, slope, curvature

    do r = 1, table%n_rows
      own = table%row(r)
      do m = table%begin(r), table%begin(r + 1) - 1
        do k = table%vectors(m), table%vectors(m) + lanes - 1
          dx = table%x(own) - table%x(k)
          dy = table%y(own) - table%y(k)
          p = nint(table%species(own) + table%species(k))
          r2 = dx*dx + dy*dy
          if (r2 >= potential%cutoff2(p)) cycle
          call pair_terms(potential, p, r2, value, slope, curvature)
          force_x(own) = force_x(own) - slope*dx
          force_y(own) = force_y(own) - slope*dy
          force_x(k) = force_x(k) + slope*dx
          force_y(k) = force_y(k) + slope*dy
        end do
      end do
    end do
  end subroutine forces_any

  !> Energy and virial of the owned particles, (n_owned) each: half of every pair's share.
  !> virial(:, i) = xx, xy, yy of half the sum over neighbours of r_a f_b.
  subroutine compute_energies(table, potential, energy, virial)
    type(neighbor_table), intent(in) :: table
    type(potential_type), intent(in) :: potential
    real(wp), intent(out) :: energy(:), virial(:, :)

    integer(i4) :: r, m, k, own, p
    real(wp) :: dx, dy, r2, value, slope, curvature

    energy = 0
    virial = 0
    do r = 1, table%n_rows
      own = table%row(r)
      do m = table%begin(r), table%begin(r + 1) - 1
        do k = table%vectors(m), table%vectors(m) + lanes - 1
          dx = table%x(own) - table%x(k)
          dy = table%y(own) - table%y(k)
          p = nint(table%species(own) + table%species(k))
          r2 = dx*dx + dy*dy
          if (r2 >= potential%cutoff2(p)) cycle
          call pair_terms(potential, p, r2, value, slope, curvature)
          call share(table%image(own))
          call share(table%image(k))
        end do
      end do
    end do

  contains

    !> Half of the pair to one of the two, if it is owned.
    subroutine share(i)
      integer(i4), intent(in) :: i

      if (i > table%n_owned) return
      energy(i) = energy(i) + 0.5_wp*value
      virial(1, i) = virial(1, i) - 0.5_wp*slope*dx*dx
      virial(2, i) = virial(2, i) - 0.5_wp*slope*dx*dy
      virial(3, i) = virial(3, i) - 0.5_wp*slope*dy*dy
    end subroutine share

  end subroutine compute_energies

  !> Fails if a force is not a number or beyond the limit, as that on a particle which lies on another one.
  pure subroutine require_finite(force_x, force_y, limit, error)
    real(wp), intent(in) :: force_x(:), force_y(:), limit
    type(failure), intent(inout) :: error

    integer(i4) :: i

    do i = 1, size(force_x)
      if (abs(force_x(i)) <= limit .and. abs(force_y(i)) <= limit) cycle
      error%code = not_finite
      error%particle = i - 1
      return
    end do
  end subroutine require_finite

  !> Pairwise, in a fixed order.
  pure real(wp) function add_lanes(sums)
    real(wp), intent(in) :: sums(lanes)

    real(wp) :: two(2)

    two = sums(1:2) + sums(3:4)
    add_lanes = two(1) + two(2)
  end function add_lanes

end module softspots_forces
