!> Non-affine motion: D2_min of Falk and Langer.
module softspots_plasticity
  use softspots_kinds, only: wp, i4
  use softspots_configuration, only: configuration
  use softspots_neighbors, only: lanes
  implicit none (type, external)
  private
  public :: compute_d2min

contains

  !> D2_min(i) = min over 2 x 2 matrices L of sum_j |d'_ij - L d_ij|^2, a sum over the particles j within `cutoff` of i
  !> at the first time, d and d' the separations at the first and the second.
  !>
  !> displacement(:, i) is the particle's own motion; an image `row` boxes up moves by row*row_shift more in x.
  !> With w = d' - d and M = L - 1, the minimum over M of sum |w - M d|^2 is taken, which loses no digits to the
  !> affine part: M = X Y^-1, X = sum w d^T, Y = sum d d^T. Neighbours on one line leave M free across it (least norm).
  subroutine compute_d2min(frame, cutoff, displacement, row_shift, d2min)
    type(configuration), intent(in) :: frame
    real(wp), intent(in) :: cutoff
    real(wp), intent(in) :: displacement(:, :)
    real(wp), intent(in) :: row_shift
    real(wp), intent(out) :: d2min(:)

    integer(i4) :: r, v, s, own, a, b, k, pairs
    real(wp) :: cutoff2, dx, dy, wx, wy
    !> Of every particle: X (xx, xy, yx, yy) and Y (xx, xy, yy), filled up to a whole vector; M (xx, xy, yx, yy).
    real(wp), allocatable :: sums(:, :), m(:, :)
    real(wp) :: terms(lanes)
    !> Of every pair: dx, dy, wx, wy, and which particles it counts for; the place after the last takes what does not.
    real(wp), allocatable :: pair(:, :)
    integer(i4), allocatable :: first(:), second(:)

    cutoff2 = cutoff**2
    pairs = lanes*(frame%table%begin(frame%table%n_rows + 1) - 1)
    allocate (pair(4, pairs), first(pairs), second(pairs), sums(lanes, frame%n + 1), m(4, frame%n + 1))
    pairs = 0
    sums = 0
    do r = 1, frame%table%n_rows
      own = frame%table%row(r)
      a = frame%table%image(own)
      do v = frame%table%begin(r), frame%table%begin(r + 1) - 1
        do s = frame%table%vectors(v), frame%table%vectors(v) + lanes - 1
          dx = frame%table%x(s) - frame%table%x(own)
          dy = frame%table%y(s) - frame%table%y(own)
          if (dx*dx + dy*dy >= cutoff2) cycle
          b = frame%table%image(s)
          call relative_displacement(a, b, wx, wy)
          pairs = pairs + 1
          pair(:, pairs) = [dx, dy, wx, wy]
          first(pairs) = min(a, frame%n + 1)
          second(pairs) = min(b, frame%n + 1)
          ! All terms are the same seen from either of the two.
          terms = [wx*dx, wx*dy, wy*dx, wy*dy, dx*dx, dx*dy, dy*dy, 0.0_wp]
          sums(:, first(pairs)) = sums(:, first(pairs)) + terms
          sums(:, second(pairs)) = sums(:, second(pairs)) + terms
        end do
      end do
    end do
    m = best_gradient(sums(:4, :), sums(5:7, :))
    d2min = 0
    do k = 1, pairs
      if (first(k) <= frame%n) d2min(first(k)) = d2min(first(k)) + left(pair(:, k), m(:, first(k)))
      if (second(k) <= frame%n) d2min(second(k)) = d2min(second(k)) + left(pair(:, k), m(:, second(k)))
    end do

  contains

    !> How much more image b moves than image a.
    pure subroutine relative_displacement(a, b, wx, wy)
      integer(i4), intent(in) :: a, b
      real(wp), intent(out) :: wx, wy

      integer(i4) :: i, j, row

      i = a
      j = b
      row = 0
      if (a > frame%n) then
        i = frame%source(a - frame%n)
        row = -frame%row(a - frame%n)
      end if
      if (b > frame%n) then
        j = frame%source(b - frame%n)
        row = row + frame%row(b - frame%n)
      end if
      wx = displacement(1, j) - displacement(1, i) + row*row_shift
      wy = displacement(2, j) - displacement(2, i)
    end subroutine relative_displacement

    !> |w - M d|^2
    pure real(wp) function left(pair, m)
      real(wp), intent(in) :: pair(4), m(4)

      left = (pair(3) - (m(1)*pair(1) + m(2)*pair(2)))**2 + (pair(4) - (m(3)*pair(1) + m(4)*pair(2)))**2
    end function left

  end subroutine compute_d2min

  !> M = X Y^-1 of every particle.
  pure function best_gradient(x, y) result(m)
    real(wp), intent(in) :: x(:, :), y(:, :)
    real(wp) :: m(4, size(x, 2))

    integer(i4) :: i
    real(wp) :: determinant, trace

    m = 0
    do i = 1, size(x, 2)
      determinant = y(1, i)*y(3, i) - y(2, i)**2
      trace = y(1, i) + y(3, i)
      if (determinant > 1e-12_wp*trace**2) then
        m(1::2, i) = (x(1::2, i)*y(3, i) - x(2::2, i)*y(2, i))/determinant
        m(2::2, i) = (x(2::2, i)*y(1, i) - x(1::2, i)*y(2, i))/determinant
      else if (trace > 0) then
        m(1::2, i) = (x(1::2, i)*y(1, i) + x(2::2, i)*y(2, i))/trace**2
        m(2::2, i) = (x(1::2, i)*y(2, i) + x(2::2, i)*y(3, i))/trace**2
      end if
    end do
  end function best_gradient

end module softspots_plasticity
