!> The periodic box: lattice vectors (length_x, 0) and (tilt, length_y).
!>
!> Particles are wrapped into the rectangle [0, length_x) x [0, length_y). It is a fundamental cell of the
!> sheared lattice as well as the parallelogram is, and it does not change while the box is sheared.
module softspots_box
  use softspots_kinds, only: wp, i4
  use softspots_errors, only: failure, too_far, farthest
  implicit none (type, external)
  private
  public :: box_type, wrap, is_near, too_far_away

  type :: box_type
    real(wp) :: length_x = 0
    real(wp) :: length_y = 0
    real(wp) :: tilt = 0     !< any value; |tilt| <= length_x/2 keeps column numbers small
  end type box_type

contains

  !> Wrap (x, y) into the rectangle; column and row count the lattice vectors taken off:
  !> x_before = x + column*length_x + row*tilt, y_before = y + row*length_y.
  elemental subroutine wrap(box, x, y, column, row)
    type(box_type), intent(in) :: box
    real(wp), intent(inout) :: x, y
    integer(i4), intent(out) :: column, row

    row = floor(y/box%length_y, i4)
    y = y - row*box%length_y
    ! Rounding can lift a tiny negative coordinate to the full length, which is outside.
    if (y >= box%length_y) then
      y = y - box%length_y
      row = row + 1
    end if
    x = x - row*box%tilt
    column = floor(x/box%length_x, i4)
    x = x - column*box%length_x
    if (x >= box%length_x) then
      x = x - box%length_x
      column = column + 1
    end if
  end subroutine wrap

  !> Whether a position is finite and has digits left.
  elemental logical function is_near(box, x, y)
    type(box_type), intent(in) :: box
    real(wp), intent(in) :: x, y

    is_near = abs(x) < farthest*box%length_x .and. abs(y) < farthest*box%length_y
  end function is_near

  !> The record of particle i, counted from 1, that is not near.
  pure type(failure) function too_far_away(box, i, x, y) result(error)
    type(box_type), intent(in) :: box
    integer(i4), intent(in) :: i
    real(wp), intent(in) :: x, y

    error%code = too_far
    error%particle = i - 1
    error%value = max(abs(x)/box%length_x, abs(y)/box%length_y)
    if (.not. error%value < huge(1.0_wp)) error%value = huge(1.0_wp)
    error%allowed = farthest
  end function too_far_away

end module softspots_box
