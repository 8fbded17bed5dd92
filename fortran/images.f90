!> Periodic images of particles that fall into a rectangle and a margin around it.
module softspots_images
  use softspots_kinds, only: wp, i4
  use softspots_box, only: box_type
  implicit none (type, external)
  private
  public :: rectangle, periodic_images, image_shift, image_shifts, most_columns, most_rows

  !> Images (column, row) up to these, in either direction, can lie within a box length of the box.
  integer(i4), parameter :: most_columns = 2, most_rows = 1

  !> Half-open: [low_x, high_x) x [low_y, high_y).
  type :: rectangle
    real(wp) :: low_x, high_x, low_y, high_y
  end type rectangle

contains

  !> What image (column, row) adds to a particle's x. One expression for all, so that owner and neighbours,
  !> on whatever rank, see the same bits.
  elemental real(wp) function image_shift(box, column, row) result(shift)
    type(box_type), intent(in) :: box
    integer(i4), intent(in) :: column, row

    shift = column*box%length_x + row*box%tilt
  end function image_shift

  !> That of all images (column, row) that periodic_images finds.
  pure function image_shifts(box) result(shifts)
    type(box_type), intent(in) :: box
    real(wp) :: shifts(-most_columns:most_columns, -most_rows:most_rows)

    integer(i4) :: column, row

    do row = -most_rows, most_rows
      do column = -most_columns, most_columns
        shifts(column, row) = image_shift(box, column, row)
      end do
    end do
  end function image_shifts

  !> List the images of n wrapped particles inside `region`, a part of the box, widened by margin_x and margin_y,
  !> ordered by row, then column, then source. With skip_identity, the particles themselves (column = row = 0) are left
  !> out. Margins up to the box length are complete; |tilt| <= length_x/2 is needed.
  pure subroutine periodic_images(box, n, x, y, region, margin_x, margin_y, skip_identity, count, source, column, row)
    type(box_type), intent(in) :: box
    integer(i4), intent(in) :: n
    real(wp), intent(in) :: x(:), y(:)
    type(rectangle), intent(in) :: region
    real(wp), intent(in) :: margin_x, margin_y
    logical, intent(in) :: skip_identity
    integer(i4), intent(out) :: count
    integer(i4), allocatable, intent(inout) :: source(:), column(:), row(:)

    integer(i4) :: i, r, c
    real(wp) :: shift_x, shift_y, low_x, high_x, low_y, high_y

    count = 0
    if (.not. allocated(source)) allocate (source(64), column(64), row(64))
    low_x = region%low_x - margin_x
    high_x = region%high_x + margin_x
    low_y = region%low_y - margin_y
    high_y = region%high_y + margin_y
    do r = -most_rows, most_rows
      shift_y = r*box%length_y
      if (shift_y + box%length_y < low_y .or. shift_y >= high_y) cycle
      do c = -most_columns, most_columns
        shift_x = image_shift(box, c, r)
        if (shift_x + box%length_x < low_x .or. shift_x >= high_x) cycle
        if (skip_identity .and. c == 0 .and. r == 0) cycle
        do i = 1, n
          if (x(i) + shift_x < low_x .or. x(i) + shift_x >= high_x) cycle
          if (y(i) + shift_y < low_y .or. y(i) + shift_y >= high_y) cycle
          if (count == size(source)) then
            source = [source, source]
            column = [column, column]
            row = [row, row]
          end if
          count = count + 1
          source(count) = i
          column(count) = c
          row(count) = r
        end do
      end do
    end do
  end subroutine periodic_images

end module softspots_images
