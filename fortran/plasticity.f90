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

    integer(i4) :: pass, r, v, s, own, a, b
    real(wp) :: cutoff2, dx, dy, wx, wy
    !> Of every particle: X (xx, xy, yx, yy), Y (xx, xy, yy), M (xx, xy, yx, yy).
    real(wp), allocatable :: x(:, :), y(:, :), m(:, :)

    cutoff2 = cutoff**2
    allocate (x(4, frame%n), y(3, frame%n), m(4, frame%n))
    x = 0
    y = 0
    d2min = 0
    do pass = 1, 2
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
            ! All terms are the same seen from either of the two.
            if (a <= frame%n) call add(pass, a)
            if (b <= frame%n) call add(pass, b)
          end do
        end do
      end do
      if (pass == 1) m = best_gradient(x, y)
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

    subroutine add(pass, i)
      integer(i4), intent(in) :: pass, i

      if (pass == 1) then
        x(:, i) = x(:, i) + [wx*dx, wx*dy, wy*dx, wy*dy]
        y(:, i) = y(:, i) + [dx*dx, dx*dy, dy*dy]
      else
        d2min(i) = d2min(i) + (wx - (m(1, i)*dx + m(2, i)*dy))**2 + (wy - (m(3, i)*dx + m(4, i)*dy))**2
      end if
    end subroutine add

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
