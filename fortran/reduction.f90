!> Sums whose value does not depend on the order or on the number of ranks, and fast sums in one fixed order.
module softspots_reduction
  use softspots_kinds, only: wp, sp, i4
  implicit none (type, external)
  private
  public :: accumulate, dot, subtract_and_dot, subtract_pair, largest

  integer(i4), parameter :: width = 32

  !> accumulate splits each term v at two fixed binary places: v = coarse + fine + rest, with coarse a multiple of
  !> 2^-20, fine one of 2^-48, and the rest, below 2^-49, dropped. Sums of either kind are exact in double precision,
  !> hence independent of order, while |sum of coarse| < 2^33 and there are less than 2^26 terms; and a term must
  !> stay below 2^30. Nothing here controls the sum of the dropped rests: below n 2^-49, always the same.
  !> Adding and taking off 1.5 * 2^52 units rounds to whole units.
  real(wp), parameter :: coarse_round = 1.5_wp*2.0_wp**32
  real(wp), parameter :: fine_round = 1.5_wp*2.0_wp**4

contains

  !> Add the terms to sums(1) (coarse) and sums(2) (fine); their total is sums(1) + sums(2), taken at the very end.
  pure subroutine accumulate(terms, sums)
    real(wp), intent(in), contiguous :: terms(:)
    real(wp), intent(inout) :: sums(2)

    integer(i4) :: i, l, whole
    real(wp), dimension(width) :: coarse, fine
    real(wp) :: c

    coarse = 0
    fine = 0
    whole = size(terms)/width*width
    do i = 0, whole - 1, width
      !$omp simd private(c)
      do l = 1, width
        c = (terms(i + l) + coarse_round) - coarse_round
        coarse(l) = coarse(l) + c
        fine(l) = fine(l) + (((terms(i + l) - c) + fine_round) - fine_round)
      end do
    end do
    do i = whole + 1, size(terms)
      c = (terms(i) + coarse_round) - coarse_round
      coarse(1) = coarse(1) + c
      fine(1) = fine(1) + (((terms(i) - c) + fine_round) - fine_round)
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

  !> direction <- direction - factor*along, and in the same pass product <- dot(next, direction).
  pure subroutine subtract_and_dot(factor, along, next, direction, product)
    real(wp), intent(in) :: factor
    real(sp), intent(in), contiguous :: along(:), next(:)
    real(wp), intent(inout), contiguous :: direction(:)
    real(wp), intent(out) :: product

    integer(i4) :: i, l, whole
    real(wp) :: partial(width)

    partial = 0
    whole = size(direction)/width*width
    do i = 0, whole - 1, width
      !$omp simd
      do l = 1, width
        direction(i + l) = direction(i + l) - factor*along(i + l)
        partial(l) = partial(l) + next(i + l)*direction(i + l)
      end do
    end do
    do i = whole + 1, size(direction)
      direction(i) = direction(i) - factor*along(i)
      partial(i - whole) = partial(i - whole) + next(i)*direction(i)
    end do
    product = sum(partial)
  end subroutine subtract_and_dot

  !> s <- a - b, y <- c - d, and in the same pass products <- dot(s, s), dot(s, y), dot(y, y), after rounding.
  pure subroutine subtract_pair(a, b, c, d, s, y, products)
    real(wp), intent(in), contiguous :: a(:), b(:), c(:), d(:)
    real(sp), intent(out), contiguous :: s(:), y(:)
    real(wp), intent(out) :: products(3)

    integer(i4) :: i, l
    real(wp), dimension(width) :: ss, sy, yy
    real(wp) :: u, v

    ss = 0
    sy = 0
    yy = 0
    do i = 0, size(a) - 1, width
      !$omp simd private(u, v)
      do l = 1, min(width, size(a) - i)
        s(i + l) = real(a(i + l) - b(i + l), sp)
        y(i + l) = real(c(i + l) - d(i + l), sp)
        u = s(i + l)
        v = y(i + l)
        ss(l) = ss(l) + u*u
        sy(l) = sy(l) + u*v
        yy(l) = yy(l) + v*v
      end do
    end do
    products = [sum(ss), sum(sy), sum(yy)]
  end subroutine subtract_pair

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
