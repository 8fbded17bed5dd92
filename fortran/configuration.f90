!> One frame on one rank, with its neighbours: what quench, Hessian and plasticity stand on.
module softspots_configuration
  use softspots_kinds, only: wp, i4
  use softspots_errors, only: failure, box_too_small, box_too_large, longest_side
  use softspots_box, only: box_type, wrap, is_near, too_far_away
  use softspots_images, only: rectangle, periodic_images, image_shifts, most_columns, most_rows
  use softspots_neighbors, only: neighbor_table, build_neighbors, place_images, strip_height
  implicit none (type, external)
  private
  public :: configuration, new_configuration, rebuild, follow

  type :: configuration
    integer(i4) :: n = 0
    type(box_type) :: box
    real(wp) :: range = 0                       !< neighbours are complete up to here
    integer(i4), allocatable :: species(:)      !< (n)
    type(neighbor_table) :: table
    integer(i4) :: n_ghosts = 0
    integer(i4), allocatable :: source(:), column(:), row(:)  !< (n_ghosts)
    !> (n, then the ghosts) coordinates, wrapped at the last rebuild and moved along by follow.
    real(wp), allocatable :: x(:), y(:)
    real(wp), allocatable :: offset_x(:), offset_y(:)  !< (n) what wrapping added to the caller's coordinates
  end type configuration

contains

  !> A configuration of n particles. Fails if a side of the box is shorter than twice the range, so that a pair
  !> meets through one image only.
  subroutine new_configuration(new, box, species, range, error)
    type(configuration), intent(out) :: new
    type(box_type), intent(in) :: box
    integer(i4), intent(in) :: species(:)
    real(wp), intent(in) :: range
    type(failure), intent(out) :: error

    if (.not. min(box%length_x, box%length_y) >= 2*range) then
      error%code = box_too_small
      error%value = min(box%length_x, box%length_y)
      error%allowed = 2*range
      return
    end if
    if (max(box%length_x, box%length_y) > longest_side) then
      error%code = box_too_large
      error%value = max(box%length_x, box%length_y)
      error%allowed = longest_side
      return
    end if
    new%n = size(species)
    new%box = box
    new%box%tilt = box%tilt - box%length_x*anint(box%tilt/box%length_x)
    new%range = range
    new%species = species
    allocate (new%x(new%n), new%y(new%n), new%offset_x(new%n), new%offset_y(new%n))
  end subroutine new_configuration

  !> Sort anew around the coordinates x, y (n), which may lie anywhere.
  subroutine rebuild(self, x, y, error)
    type(configuration), intent(inout) :: self
    real(wp), intent(in) :: x(:), y(:)
    type(failure), intent(out) :: error

    integer(i4) :: i, k, m, column, row
    real(wp) :: height
    integer(i4), allocatable :: id(:), species(:)

    do i = 1, self%n
      if (.not. is_near(self%box, x(i), y(i))) then
        error = too_far_away(self%box, i, x(i), y(i))
        return
      end if
      self%x(i) = x(i)
      self%y(i) = y(i)
      call wrap(self%box, self%x(i), self%y(i), column, row)
      self%offset_x(i) = self%x(i) - x(i)
      self%offset_y(i) = self%y(i) - y(i)
    end do
    height = strip_height(self%box%length_y, self%range, self%n)
    call periodic_images(self%box, self%n, self%x(:self%n), self%y(:self%n), &
                         rectangle(0.0_wp, self%box%length_x, 0.0_wp, self%box%length_y), &
                         self%range, self%range + height, .true., self%n_ghosts, self%source, self%column, self%row)
    m = self%n + self%n_ghosts
    self%x = [self%x(:self%n), self%x(self%source(:self%n_ghosts))]
    self%y = [self%y(:self%n), self%y(self%source(:self%n_ghosts))]
    allocate (id(m), species(m))
    do i = 1, self%n
      id(i) = i
      species(i) = self%species(i)
    end do
    do k = 1, self%n_ghosts
      id(self%n + k) = self%source(k)
      species(self%n + k) = self%species(self%source(k))
    end do
    call place_ghosts(self)
    call build_neighbors(self%table, self%n, m, self%x, self%y, id, species, self%range, height, error)
  end subroutine rebuild

  !> Move all images along with the coordinates x, y (n); the neighbours stay those of the last rebuild.
  subroutine follow(self, x, y)
    type(configuration), intent(inout) :: self
    real(wp), intent(in) :: x(:), y(:)

    self%x(:self%n) = x + self%offset_x
    self%y(:self%n) = y + self%offset_y
    call place_ghosts(self)
    call place_images(self%table, self%x, self%y)
  end subroutine follow

  subroutine place_ghosts(self)
    type(configuration), intent(inout) :: self

    integer(i4) :: k
    real(wp) :: shifts(-most_columns:most_columns, -most_rows:most_rows)

    shifts = image_shifts(self%box)
    do k = 1, self%n_ghosts
      self%x(self%n + k) = self%x(self%source(k)) + shifts(self%column(k), self%row(k))
      self%y(self%n + k) = self%y(self%source(k)) + self%row(k)*self%box%length_y
    end do
  end subroutine place_ghosts

end module softspots_configuration
