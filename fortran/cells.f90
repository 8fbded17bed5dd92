!> Particles sorted into cells of the tilted periodic box, for searches of any range in systems of any size.
!>
!> The rectangle [0, length_x) x [0, length_y) is cut into rows and columns of a particle or two a cell. Particles are
!> sorted by (row, column) into slots, so that neighbouring columns of a row are one run of slots. The lattice goes on
!> beyond the rectangle: rows above the top are those from the bottom on, shifted by the tilt. A search may reach as
!> far as it likes, and finds every image by itself, also those of the particle that it starts from.
module softspots_cells
  use softspots_kinds, only: wp, i4
  use softspots_box, only: box_type, wrap, is_near, too_far_away
  use softspots_errors, only: failure, too_many_pairs
  use softspots_images, only: image_shift
  implicit none (type, external)
  private
  public :: cell_list, sort_into_cells, vicinity, find_within

  !> In mean spacings: few rows make long runs.
  real(wp), parameter :: row_height = 1.6_wp
  !> Cells that a search may visit, at least and of each particle: more than there are within twice the diagonal, unless
  !> the box is some 100,000 times as long as high.
  real(wp), parameter :: most_visited(2) = [1e6_wp, 256.0_wp]

  type :: cell_list
    integer(i4) :: n = 0
    type(box_type) :: box                       !< its tilt at most half a box length
    integer(i4), private :: columns = 1, rows = 1
    real(wp), private :: width = 0, height = 0
    integer(i4), allocatable, private :: start(:)   !< first slot of cell column + columns*row, both from zero
    real(wp), allocatable, private :: x(:), y(:)    !< by slot, wrapped
    integer(i4), allocatable, private :: particle(:), slot(:)
  end type cell_list

  !> Images around a particle: separations from it, their squares, and the particles that they belong to.
  type :: vicinity
    integer(i4) :: n = 0
    real(wp), allocatable :: x(:), y(:), square(:)
    integer(i4), allocatable :: particle(:)
  end type vicinity

contains

  !> Sort the particles at positions (2, n), which may lie anywhere.
  subroutine sort_into_cells(positions, box, cells, error)
    real(wp), intent(in) :: positions(:, :)
    type(box_type), intent(in) :: box
    type(cell_list), intent(out) :: cells
    type(failure), intent(out) :: error

    real(wp) :: x(size(positions, 2)), y(size(positions, 2)), spacing
    integer(i4) :: cell(size(positions, 2)), i, column, row

    cells%n = size(positions, 2)
    cells%box = box
    cells%box%tilt = box%tilt - box%length_x*anint(box%tilt/box%length_x)
    spacing = sqrt(box%length_x*box%length_y/cells%n)
    ! A long and narrow box has no more rows or columns than particles.
    cells%columns = max(1, int(min(box%length_x/spacing, real(cells%n, wp))))
    cells%rows = max(1, int(min(box%length_y/(row_height*spacing), real(cells%n, wp))))
    cells%width = box%length_x/cells%columns
    cells%height = box%length_y/cells%rows
    allocate (cells%start(0:cells%columns*cells%rows), source=0_i4)
    allocate (cells%x(cells%n), cells%y(cells%n), cells%particle(cells%n), cells%slot(cells%n))
    do i = 1, cells%n
      x(i) = positions(1, i)
      y(i) = positions(2, i)
      if (.not. is_near(box, x(i), y(i))) then
        error = too_far_away(box, i, x(i), y(i))
        return
      end if
      call wrap(cells%box, x(i), y(i), column, row)
      column = min(int(x(i)/cells%width), cells%columns - 1)
      row = min(int(y(i)/cells%height), cells%rows - 1)
      cell(i) = column + cells%columns*row
      cells%start(cell(i)) = cells%start(cell(i)) + 1
    end do
    ! Ends of the cells first; each particle that is put in moves its cell's end down, at last to its start.
    cells%start(0) = cells%start(0) + 1
    do i = 1, cells%columns*cells%rows
      cells%start(i) = cells%start(i) + cells%start(i - 1)
    end do
    do i = cells%n, 1, -1
      associate (slot => cells%start(cell(i)))
        slot = slot - 1
        cells%x(slot) = x(i)
        cells%y(slot) = y(i)
        cells%particle(slot) = i
        cells%slot(i) = slot
      end associate
    end do
  end subroutine sort_into_cells

  !> All images at most `range` away from particle i, in no particular order; not the particle itself. Fails if the
  !> range asks for too many.
  subroutine find_within(cells, i, range, near, error)
    type(cell_list), intent(in) :: cells
    integer(i4), intent(in) :: i
    real(wp), intent(in) :: range
    type(vicinity), intent(inout) :: near
    type(failure), intent(inout) :: error

    real(wp) :: x, y, gap, reach, per_width, per_height
    integer(i4) :: own, row, column, last, box_row, box_column, from, to, s, e

    own = cells%slot(i)
    x = cells%x(own)
    y = cells%y(own)
    per_width = 1/cells%width
    per_height = 1/cells%height
    near%n = 0
    if (.not. (2*range*per_height + 1)*(2*range*per_width + 1) < most_visited(1) + most_visited(2)*cells%n) then
      error%code = too_many_pairs
      error%allowed = most_visited(1) + most_visited(2)*cells%n
      return
    end if
    do row = floor((y - range)*per_height), floor((y + range)*per_height)
      box_row = floor(real(row, wp)/cells%rows)
      ! Half of the row's chord, with a little more, against rounding.
      gap = max(row*cells%height - y, y - (row + 1)*cells%height, 0.0_wp)
      reach = sqrt(max(range**2 - gap**2, 0.0_wp)) + 1e-9_wp*(range + cells%width)
      column = floor((x - box_row*cells%box%tilt - reach)*per_width)
      last = floor((x - box_row*cells%box%tilt + reach)*per_width)
      do while (column <= last)
        ! As far as the next box, in one run.
        box_column = floor(real(column, wp)/cells%columns)
        from = column - box_column*cells%columns
        to = min(from + last - column, cells%columns - 1)
        column = column + to - from + 1
        s = cells%start(cells%columns*(row - box_row*cells%rows) + from)
        e = cells%start(cells%columns*(row - box_row*cells%rows) + to + 1)
        call make_room(near, near%n + e - s + 1)
        call add_run(e - s, cells%x(s:e - 1), cells%y(s:e - 1), cells%particle(s:e - 1), &
                     image_shift(cells%box, box_column, box_row) - x, box_row*cells%box%length_y - y, &
                     merge(own - s + 1, 0, box_row == 0 .and. box_column == 0), range**2, &
                     size(near%x), near%n, near%x, near%y, near%square, near%particle)
      end do
    end do
  end subroutine find_within

  !> Those of n particles, shifted, whose squared distance is at most `limit`; not the one that is `left_out`.
  !> The places after the last one are written to.
  pure subroutine add_run(n, x, y, particle, shift_x, shift_y, left_out, limit, room, count, dx, dy, square, owner)
    integer(i4), intent(in) :: n, particle(n), left_out, room
    real(wp), intent(in) :: x(n), y(n), shift_x, shift_y, limit
    integer(i4), intent(inout) :: count, owner(room)
    real(wp), intent(inout) :: dx(room), dy(room), square(room)

    integer(i4) :: k
    real(wp) :: a, b

    do k = 1, n
      a = x(k) + shift_x
      b = y(k) + shift_y
      dx(count + 1) = a
      dy(count + 1) = b
      square(count + 1) = a*a + b*b
      owner(count + 1) = particle(k)
      if (a*a + b*b <= limit .and. k /= left_out) count = count + 1
    end do
  end subroutine add_run

  !> Make room for n images; those that are there stay.
  pure subroutine make_room(near, n)
    type(vicinity), intent(inout) :: near
    integer(i4), intent(in) :: n

    type(vicinity) :: larger

    if (allocated(near%x)) then
      if (size(near%x) >= n) return
    end if
    allocate (larger%x(2*n + 64), larger%y(2*n + 64), larger%square(2*n + 64), larger%particle(2*n + 64))
    if (near%n > 0) then
      larger%n = near%n
      larger%x(:near%n) = near%x(:near%n)
      larger%y(:near%n) = near%y(:near%n)
      larger%square(:near%n) = near%square(:near%n)
      larger%particle(:near%n) = near%particle(:near%n)
    end if
    near = larger
  end subroutine make_room

end module softspots_cells
