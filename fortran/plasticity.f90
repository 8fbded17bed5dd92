!> Non-affine motion: D2_min of Falk and Langer.
module softspots_plasticity
  use softspots_kinds, only: wp, i4, i8
  use softspots_errors, only: failure, ok, out_of_memory, interruption
  use softspots_interruption, only: watch, asked_to_stop
  use softspots_configuration, only: configuration
  use softspots_neighbors, only: lanes
  use, intrinsic :: ieee_arithmetic, only: ieee_value, ieee_quiet_nan
  implicit none (type, external)
  private
  public :: compute_d2min

  !> Rows of neighbours between two looks at the clock.
  integer(i4), parameter :: rows_between = 64

  !> Terms summed for each pair: seven products, and a one that counts the pairs.
  integer(i4), parameter :: terms_stored = 8

contains

  !> D2_min(i) = min over 2 x 2 matrices L of sum_j |d'_ij - L d_ij|^2, a sum over the particles j within `cutoff` of i
  !> at the first time, d and d' the separations at the first and the second.
  !>
  !> displacement(:, i) is the particle's own motion; an image `row` boxes up moves by row*row_shift more in x.
  !> With w = d' - d and M = L - 1, the minimum over M of sum |w - M d|^2 is taken, which loses no digits to the
  !> affine part: M = X Y^-1, X = sum w d^T, Y = sum d d^T. Neighbours on one line leave M free across it (least norm).
  !> NaN where M fits any motion at all, as there are no more neighbours than directions in which they lie.
  subroutine compute_d2min(frame, cutoff, displacement, row_shift, d2min, error)
    type(configuration), intent(in) :: frame
    real(wp), intent(in) :: cutoff
    real(wp), intent(in) :: displacement(:, :)
    real(wp), intent(in) :: row_shift
    real(wp), intent(out) :: d2min(:)
    type(failure), intent(inout) :: error

    integer(i4) :: r, v, s, own, a, b, status
    integer(i8) :: k, pairs
    real(wp) :: cutoff2, d(2), w(2), own_d2min
    real(wp), dimension(terms_stored) :: terms, own_sums
    !> Of every image: how much it moves.
    real(wp), allocatable :: motion(:, :)
    !> Of every particle: X (xx, xy, yx, yy), Y (xx, xy, yy), and the number of neighbours; M (xx, xy, yx, yy). The
    !> place after the last takes what is an image's.
    real(wp), allocatable :: sums(:, :), m(:, :)
    !> Of every pair: d and w, and the second image; those of row r are pairs start(r) .. start(r + 1) - 1.
    real(wp), allocatable :: pair(:, :)
    integer(i4), allocatable :: second(:), rank(:)
    integer(i8), allocatable :: start(:)
    type(watch) :: clock

    allocate (motion(2, frame%n + frame%n_ghosts))
    motion(:, :frame%n) = displacement
    do k = 1, frame%n_ghosts
      motion(:, frame%n + k) = displacement(:, frame%source(k)) + [frame%row(k)*row_shift, 0.0_wp]
    end do

    cutoff2 = cutoff**2
    pairs = lanes*(frame%table%begin(frame%table%n_rows + 1) - 1_i8)
    allocate (start(frame%table%n_rows + 1))
    allocate (pair(4, pairs + 1), stat=status)
    if (status == 0) allocate (second(pairs + 1), stat=status)
    if (status /= 0) then
      error%code = out_of_memory
      error%value = 36.0_wp*pairs
      return
    end if
    pairs = 0
    do r = 1, frame%table%n_rows
      call look(r)
      if (error%code /= ok) return
      start(r) = pairs + 1
      own = frame%table%row(r)
      do v = frame%table%begin(r), frame%table%begin(r + 1) - 1
        do s = frame%table%vectors(v), frame%table%vectors(v) + lanes - 1
          ! Written in any case and kept if near enough: what a processor cannot foresee, it should not branch on.
          d = [frame%table%x(s) - frame%table%x(own), frame%table%y(s) - frame%table%y(own)]
          pair(:2, pairs + 1) = d
          second(pairs + 1) = frame%table%image(s)
          pairs = pairs + merge(1, 0, d(1)*d(1) + d(2)*d(2) < cutoff2)
        end do
      end do
    end do
    start(frame%table%n_rows + 1) = pairs + 1

    allocate (sums(terms_stored, frame%n + 1), m(4, frame%n + 1), rank(frame%n + 1))
    sums = 0
    do r = 1, frame%table%n_rows
      call look(r)
      if (error%code /= ok) return
      a = frame%table%image(frame%table%row(r))
      own_sums = 0
      do k = start(r), start(r + 1) - 1
        d = pair(:2, k)
        w = motion(:, second(k)) - motion(:, a)
        pair(3:, k) = w
        ! All terms are the same seen from either of the two.
        terms = [w(1)*d(1), w(1)*d(2), w(2)*d(1), w(2)*d(2), d(1)*d(1), d(1)*d(2), d(2)*d(2), 1.0_wp]
        b = min(second(k), frame%n + 1)
        own_sums = own_sums + terms
        sums(:, b) = sums(:, b) + terms
      end do
      a = min(a, frame%n + 1)
      sums(:, a) = sums(:, a) + own_sums
    end do
    call find_gradients(sums(:4, :), sums(5:7, :), m, rank)
    d2min = 0
    do r = 1, frame%table%n_rows
      call look(r)
      if (error%code /= ok) return
      a = min(frame%table%image(frame%table%row(r)), frame%n + 1)
      own_d2min = 0
      do k = start(r), start(r + 1) - 1
        own_d2min = own_d2min + left(pair(:, k), m(:, a))
        b = second(k)
        if (b <= frame%n) d2min(b) = d2min(b) + left(pair(:, k), m(:, b))
      end do
      if (a <= frame%n) d2min(a) = d2min(a) + own_d2min
    end do
    do a = 1, frame%n
      if (nint(sums(8, a)) <= rank(a)) d2min(a) = ieee_value(d2min(a), ieee_quiet_nan)
    end do

  contains

    !> Whether to stop at row r.
    subroutine look(r)
      integer(i4), intent(in) :: r

      if (modulo(r, rows_between) /= 0) return
      if (asked_to_stop(clock)) error%code = interruption
    end subroutine look

    !> |w - M d|^2
    pure real(wp) function left(pair, m)
      real(wp), intent(in) :: pair(4), m(4)

      left = (pair(3) - (m(1)*pair(1) + m(2)*pair(2)))**2 + (pair(4) - (m(3)*pair(1) + m(4)*pair(2)))**2
    end function left

  end subroutine compute_d2min

  !> M = X Y^-1 of every particle, and the rank of Y.
  pure subroutine find_gradients(x, y, m, rank)
    real(wp), intent(in) :: x(:, :), y(:, :)
    real(wp), intent(out) :: m(:, :)
    integer(i4), intent(out) :: rank(:)

    integer(i4) :: i
    real(wp) :: determinant, trace

    m = 0
    rank = 0
    do i = 1, size(x, 2)
      determinant = y(1, i)*y(3, i) - y(2, i)**2
      trace = y(1, i) + y(3, i)
      if (determinant > 1e-12_wp*trace**2) then
        m(1::2, i) = (x(1::2, i)*y(3, i) - x(2::2, i)*y(2, i))/determinant
        m(2::2, i) = (x(2::2, i)*y(1, i) - x(1::2, i)*y(2, i))/determinant
        rank(i) = 2
      else if (trace > 0) then
        m(1::2, i) = (x(1::2, i)*y(1, i) + x(2::2, i)*y(2, i))/trace**2
        m(2::2, i) = (x(1::2, i)*y(2, i) + x(2::2, i)*y(3, i))/trace**2
        rank(i) = 1
      end if
    end do
  end subroutine find_gradients

end module softspots_plasticity
