!> Sums whose value does not depend on the order or on the number of ranks, and fast sums in one fixed order.
module softspots_reduction
  use softspots_kinds, only: wp, i4
  implicit none (type, external)
  private
  public :: accumulate, dot, largest, advance

  integer(i4), parameter :: width = 32

  !> In a unit that is a power of two, accumulate splits each term v at two fixed binary places: v = coarse + fine +
  !> rest, with coarse a multiple of 2^-20, fine one of 2^-48, and the rest, below 2^-49, dropped. Sums of either kind
  !> are exact in double precision, hence independent of order, while |sum of coarse| < 2^33 and there are less than
  !> 2^26 terms; and a term must stay below 2^30. Nothing here controls the sum of the dropped rests: below n 2^-49,
  !> always the same.
  !> Adding and taking off 1.5 * 2^52 units rounds to whole units.
  real(wp), parameter :: coarse_round = 1.5_wp*2.0_wp**32
  real(wp), parameter :: fine_round = 1.5_wp*2.0_wp**4

contains

  !> Add the terms to sums(1) (coarse) and sums(2) (fine); their total is sums(1) + sums(2), taken at the very end. The
  !> unit is a power of two.
  pure subroutine accumulate(terms, unit, sums)
    real(wp), intent(in), contiguous :: terms(:)
    real(wp), intent(in) :: unit
    real(wp), intent(inout) :: sums(2)

    integer(i4) :: i, l, whole
    real(wp), dimension(width) :: coarse, fine
    real(wp) :: c, coarsely, finely

    coarsely = coarse_round*unit
    finely = fine_round*unit
    coarse = 0
    fine = 0
    whole = size(terms)/width*width
    do i = 0, whole - 1, width
      !$omp simd private(c)
      do l = 1, width
        c = (terms(i + l) + coarsely) - coarsely
        coarse(l) = coarse(l) + c
        fine(l) = fine(l) + (((terms(i + l) - c) + finely) - finely)
      end do
    end do
    do i = whole + 1, size(terms)
      c = (terms(i) + coarsely) - coarsely
      coarse(1) = coarse(1) + c
      fine(1) = fine(1) + (((terms(i) - c) + finely) - finely)
    end do
    sums(1) = sums(1) + sum(coarse)
    sums(2) = sums(2) + sum(fine)
  end subroutine accumulate

  !> Scalar product in the fixed order of `width` partial sums.
  pure real(wp) function dot(a, b)
    real(wp), intent(in), contiguous :: a(:), b(:)

    integer(i4) :: i, l, whole
    real(wp) :: partial(width)

    partial = 0
    whole = size(a)/width*width
    do i = 0, whole - 1, width
      !$omp simd
      do l = 1, width
        partial(l) = partial(l) + a(i + l)*b(i + l)
      end do
    end do
    do i = whole + 1, size(a)
      partial(i - whole) = partial(i - whole) + a(i)*b(i)
    end do
    dot = sum(partial)
  end function dot

  !> z <- z + step*direction; moved: whether any of the sums differs.
  pure subroutine advance(step, direction, z, moved)
    real(wp), intent(in) :: step
    real(wp), intent(in), contiguous :: direction(:)
    real(wp), intent(inout), contiguous :: z(:)
    logical, intent(out) :: moved

    integer(i4) :: i
    real(wp) :: longest, new

    longest = 0
    !$omp simd reduction(max: longest) private(new)
    do i = 1, size(z)
      new = z(i) + step*direction(i)
      longest = max(longest, abs(new - z(i)))
      z(i) = new
    end do
    moved = longest > 0
  end subroutine advance

  !> Largest magnitude of finite numbers.
  pure real(wp) function largest(a)
    real(wp), intent(in), contiguous :: a(:)

    integer(i4) :: i, l, whole
    real(wp) :: partial(width)

    partial = 0
    whole = size(a)/width*width
    do i = 0, whole - 1, width
      !$omp simd
      do l = 1, width
        partial(l) = merge(abs(a(i + l)), partial(l), abs(a(i + l)) > partial(l))
      end do
    end do
    largest = max(maxval(partial), maxval(abs(a(whole + 1:))))
  end function largest

end module softspots_reduction
