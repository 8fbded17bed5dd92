!> Smoothed binary Lennard-Jones pair potentials.
!>
!> Inside the cutoff r_c of the species pair, with constants that depend on the pair,
!>
!>   V(r) = a12 r^-12 - a6 r^-6 + k0 + k1 r + k2 r^2 + k4 r^4        (even: k1 = 0; quadratic: k4 = 0)
!>
!> with V = V' = V'' = 0 at r_c; a12 = 4 eps sigma^12, a6 = 4 eps sigma^6. For `switch`, V is Lennard-Jones plus a
!> constant up to r_in, and beyond it the force is f1 + f2 t + f3 t^2 + f4 t^3 with t = r - r_in, which continues
!> force and slope at r_in and ends with zero force and slope at r_c; the energy is its integral from r_c.
module softspots_potential
  use softspots_kinds, only: wp, i4
  implicit none (type, external)
  private
  public :: potential_type, new_potential, pair_terms, smoothing_even, smoothing_quadratic, smoothing_switch

  integer(i4), parameter :: smoothing_even = 0
  integer(i4), parameter :: smoothing_quadratic = 1
  integer(i4), parameter :: smoothing_switch = 2

  !> Constants of the species pairs 0 (AA), 1 (AB), 2 (BB): the pair of species s and t is s + t.
  type :: potential_type
    integer(i4) :: smoothing = smoothing_even
    real(wp) :: cutoff = 0                           !< the largest r_c
    real(wp), dimension(0:2) :: a12, a6, k0, k1, k2, k4
    real(wp), dimension(0:2) :: cutoff2              !< r_c^2
    real(wp), dimension(0:2) :: inner                !< r_in
    real(wp), dimension(0:2) :: f1, f2, f3, f4, at_inner
  end type potential_type

contains

  !> Build the constants. table(:, pair) = eps, sigma, r_c, r_in.
  pure function new_potential(table, smoothing) result(potential)
    real(wp), intent(in) :: table(4, 0:2)
    integer(i4), intent(in) :: smoothing
    type(potential_type) :: potential

    integer :: p
    real(wp) :: rc, slope, curvature, value, t

    potential%smoothing = smoothing
    potential%cutoff = maxval(table(3, :))
    do p = 0, 2
      potential%a12(p) = 4*table(1, p)*table(2, p)**12
      potential%a6(p) = 4*table(1, p)*table(2, p)**6
      potential%cutoff2(p) = table(3, p)**2
      potential%inner(p) = table(4, p)
      potential%k0(p) = 0
      potential%k1(p) = 0
      potential%k2(p) = 0
      potential%k4(p) = 0
      potential%f1(p) = 0
      potential%f2(p) = 0
      potential%f3(p) = 0
      potential%f4(p) = 0
      potential%at_inner(p) = 0

      rc = merge(table(4, p), table(3, p), smoothing == smoothing_switch)
      call lennard_jones(potential%a12(p), potential%a6(p), rc**2, value, slope, curvature)
      select case (smoothing)
      case (smoothing_even)
        potential%k4(p) = (slope - curvature)/(8*rc**2)
        potential%k2(p) = -(slope + 4*potential%k4(p)*rc**2)/2
        potential%k0(p) = -(value + potential%k2(p)*rc**2 + potential%k4(p)*rc**4)
      case (smoothing_quadratic)
        potential%k2(p) = -curvature/2
        potential%k1(p) = -rc*(slope + 2*potential%k2(p))
        potential%k0(p) = -(value + potential%k1(p)*rc + potential%k2(p)*rc**2)
      case default
        t = table(3, p) - table(4, p)
        potential%f1(p) = -slope*rc
        potential%f2(p) = -curvature
        potential%f3(p) = -(3*potential%f1(p) + 2*potential%f2(p)*t)/t**2
        potential%f4(p) = (2*potential%f1(p) + potential%f2(p)*t)/t**3
        potential%at_inner(p) = t*(potential%f1(p) + t*(potential%f2(p)/2 &
                                   + t*(potential%f3(p)/3 + t*potential%f4(p)/4)))
        potential%k0(p) = potential%at_inner(p) - value
      end select
    end do
  end function new_potential

  !> Lennard-Jones: value V, V'/r and V''.
  pure subroutine lennard_jones(a12, a6, r2, value, slope, curvature)
    real(wp), intent(in) :: a12, a6, r2
    real(wp), intent(out) :: value, slope, curvature

    real(wp) :: i2, i6

    i2 = 1/r2
    i6 = i2*i2*i2
    value = (a12*i6 - a6)*i6
    slope = -(12*a12*i6 - 6*a6)*i6*i2
    curvature = (156*a12*i6 - 42*a6)*i6*i2
  end subroutine lennard_jones

  !> V, V'/r and V'' of species pair p at squared distance r2, which must lie inside the pair's cutoff.
  pure subroutine pair_terms(potential, p, r2, value, slope, curvature)
    type(potential_type), intent(in) :: potential
    integer(i4), intent(in) :: p
    real(wp), intent(in) :: r2
    real(wp), intent(out) :: value, slope, curvature

    real(wp) :: r, t

    select case (potential%smoothing)
    case (smoothing_even)
      call lennard_jones(potential%a12(p), potential%a6(p), r2, value, slope, curvature)
      value = value + (potential%k0(p) + r2*(potential%k2(p) + r2*potential%k4(p)))
      slope = slope + (2*potential%k2(p) + 4*potential%k4(p)*r2)
      curvature = curvature + (2*potential%k2(p) + 12*potential%k4(p)*r2)
    case (smoothing_quadratic)
      r = sqrt(r2)
      call lennard_jones(potential%a12(p), potential%a6(p), r2, value, slope, curvature)
      value = value + (potential%k0(p) + potential%k1(p)*r + potential%k2(p)*r2)
      slope = slope + (potential%k1(p)/r + 2*potential%k2(p))
      curvature = curvature + 2*potential%k2(p)
    case default
      r = sqrt(r2)
      t = r - potential%inner(p)
      if (t < 0) then
        call lennard_jones(potential%a12(p), potential%a6(p), r2, value, slope, curvature)
        value = value + potential%k0(p)
      else
        value = potential%at_inner(p) - t*(potential%f1(p) + t*(potential%f2(p)/2 &
                + t*(potential%f3(p)/3 + t*potential%f4(p)/4)))
        slope = -(potential%f1(p) + t*(potential%f2(p) + t*(potential%f3(p) + t*potential%f4(p))))/r
        curvature = -(potential%f2(p) + t*(2*potential%f3(p) + t*3*potential%f4(p)))
      end if
    end select
  end subroutine pair_terms

end module softspots_potential
