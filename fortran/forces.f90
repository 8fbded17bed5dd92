!> Energies and forces of a smoothed Lennard-Jones mixture over a neighbour table.
!>
!> Every sum over the neighbours of a particle runs over its slots in order, lane by lane, and the lanes are added
!> in a fixed order: the result depends on the neighbours alone, not on the rank or on the vector width.
module softspots_forces
  use softspots_kinds, only: wp, i4
  use softspots_neighbors, only: neighbor_table, lanes
  use softspots_potential, only: potential_type, pair_terms, smoothing_even
  implicit none (type, external)
  private
  public :: compute_forces, compute_energies

  !> Squared distances are floored here, so that a particle in its own run gives a finite factor times zero.
  real(wp), parameter :: floor2 = 1e-6_wp

contains

  !> Forces on the owned particles, (n_owned) each.
  subroutine compute_forces(table, potential, force_x, force_y)
    type(neighbor_table), intent(in) :: table
    type(potential_type), intent(in) :: potential
    real(wp), intent(out) :: force_x(:), force_y(:)

    if (potential%smoothing == smoothing_even) then
      call forces_even(table, potential, table%x, table%y, table%species, force_x, force_y)
    else
      call forces_any(table, potential, force_x, force_y)
    end if
  end subroutine compute_forces

  !> `even` smoothing: -V'/r = 12 a12 r^-14 - 6 a6 r^-8 - 2 k2 - 4 k4 r^2 has no square root. The species of the
  !> neighbour enters by arithmetic; the one condition, on the cutoff, becomes a mask: there are no branches.
  subroutine forces_even(table, potential, x, y, species, force_x, force_y)
    type(neighbor_table), intent(in) :: table
    type(potential_type), intent(in) :: potential
    real(wp), intent(in), contiguous :: x(:), y(:), species(:)
    real(wp), intent(out) :: force_x(:), force_y(:)

    integer(i4) :: o, i, r, k, l, own, p
    real(wp) :: xi, yi
    real(wp), dimension(0:2) :: c14, c8, c2, c0
    real(wp) :: a14, a8, a2, a0, acut, d14, d8, d2, d0, dcut
    real(wp), dimension(lanes) :: sum_x, sum_y
    real(wp) :: dx, dy, r2, q, i2, i6, f

    c14 = 12*potential%a12
    c8 = 6*potential%a6
    c2 = 4*potential%k4
    c0 = 2*potential%k2
    do o = 1, table%n_owned
      i = table%order(o)
      own = table%slot(i)
      xi = x(own)
      yi = y(own)
      p = nint(species(own))
      a14 = c14(p)
      a8 = c8(p)
      a2 = c2(p)
      a0 = c0(p)
      acut = potential%cutoff2(p)
      d14 = c14(p + 1) - a14
      d8 = c8(p + 1) - a8
      d2 = c2(p + 1) - a2
      d0 = c0(p + 1) - a0
      dcut = potential%cutoff2(p + 1) - acut
      sum_x = 0
      sum_y = 0
      do r = 1, table%rows
        do k = table%first(r, o), table%last(r, o), lanes
          !$omp simd private(dx, dy, r2, q, i2, i6, f)
          do l = 1, lanes
            dx = xi - x(k + l - 1)
            dy = yi - y(k + l - 1)
            q = species(k + l - 1)
            r2 = max(dx*dx + dy*dy, floor2)
            i2 = 1/r2
            i6 = i2*i2*i2
            f = ((a14 + q*d14)*i6 - (a8 + q*d8))*i6*i2 - ((a0 + q*d0) + (a2 + q*d2)*r2)
            if (r2 >= acut + q*dcut) f = 0
            sum_x(l) = sum_x(l) + f*dx
            sum_y(l) = sum_y(l) + f*dy
          end do
        end do
      end do
      force_x(i) = add_lanes(sum_x)
      force_y(i) = add_lanes(sum_y)
    end do
  end subroutine forces_even

  !> Any smoothing, one neighbour after the other.
  subroutine forces_any(table, potential, force_x, force_y)
    type(neighbor_table), intent(in) :: table
    type(potential_type), intent(in) :: potential
    real(wp), intent(out) :: force_x(:), force_y(:)

    integer(i4) :: o, i, r, k, own, p
    real(wp) :: dx, dy, r2, value, slope, curvature, sum_x, sum_y

    do o = 1, table%n_owned
      i = table%order(o)
      own = table%slot(i)
      sum_x = 0
      sum_y = 0
      do r = 1, table%rows
        do k = table%first(r, o), table%last(r, o)
          dx = table%x(own) - table%x(k)
          dy = table%y(own) - table%y(k)
          p = nint(table%species(own) + table%species(k))
          r2 = dx*dx + dy*dy
          if (r2 >= potential%cutoff2(p) .or. k == own) cycle
          call pair_terms(potential, p, max(r2, floor2), value, slope, curvature)
          sum_x = sum_x - slope*dx
          sum_y = sum_y - slope*dy
        end do
      end do
      force_x(i) = sum_x
      force_y(i) = sum_y
    end do
  end subroutine forces_any

  !> Energy and virial of the owned particles, (n_owned) each: half of every pair's share.
  !> virial(:, i) = xx, xy, yy of half the sum over neighbours of r_a f_b.
  subroutine compute_energies(table, potential, energy, virial)
    type(neighbor_table), intent(in) :: table
    type(potential_type), intent(in) :: potential
    real(wp), intent(out) :: energy(:), virial(:, :)

    integer(i4) :: o, i, r, k, own, p
    real(wp) :: dx, dy, r2, value, slope, curvature

    do o = 1, table%n_owned
      i = table%order(o)
      own = table%slot(i)
      energy(i) = 0
      virial(:, i) = 0
      do r = 1, table%rows
        do k = table%first(r, o), table%last(r, o)
          dx = table%x(own) - table%x(k)
          dy = table%y(own) - table%y(k)
          p = nint(table%species(own) + table%species(k))
          r2 = dx*dx + dy*dy
          if (r2 >= potential%cutoff2(p) .or. k == own) cycle
          call pair_terms(potential, p, max(r2, floor2), value, slope, curvature)
          energy(i) = energy(i) + 0.5_wp*value
          virial(1, i) = virial(1, i) - 0.5_wp*slope*dx*dx
          virial(2, i) = virial(2, i) - 0.5_wp*slope*dx*dy
          virial(3, i) = virial(3, i) - 0.5_wp*slope*dy*dy
        end do
      end do
    end do
  end subroutine compute_energies

  !> Pairwise, in a fixed order.
  pure real(wp) function add_lanes(sums)
    real(wp), intent(in) :: sums(lanes)

    add_lanes = ((sums(1) + sums(5)) + (sums(3) + sums(7))) + ((sums(2) + sums(6)) + (sums(4) + sums(8)))
  end function add_lanes

end module softspots_forces
