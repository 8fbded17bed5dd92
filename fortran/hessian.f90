!> The Hessian of the potential energy (masses are one: the dynamical matrix), in blocks of 2 x 2.
!>
!> For a pair at separation r = r n:  H_ij = -[ V'' n n^T + V'/r (1 - n n^T) ],  H_ii = -sum_j H_ij.
module softspots_hessian
  use softspots_kinds, only: wp, i4, i8
  use softspots_errors, only: failure, ok, not_finite, out_of_memory, too_many_pairs
  use softspots_configuration, only: configuration
  use softspots_images, only: image_shift
  use softspots_neighbors, only: lanes
  use softspots_potential, only: potential_type, pair_terms
  implicit none (type, external)
  private
  public :: count_hessian, fill_hessian

  !> Each has four entries, which have to be numbered.
  integer(i4), parameter :: most_blocks = 2_i4**29

contains

  !> Row starts, counted from zero: row i has indptr(i+1) - indptr(i) blocks, the diagonal one among them. (n + 1)
  subroutine count_hessian(frame, potential, indptr, error)
    type(configuration), intent(in) :: frame
    type(potential_type), intent(in) :: potential
    integer(i4), intent(out) :: indptr(:)
    type(failure), intent(inout) :: error

    integer(i4) :: i
    integer(i8) :: k, n_found
    integer(i4), allocatable :: pair(:, :)
    real(wp), allocatable :: separation(:, :)

    call find_neighbors(frame, potential, n_found, pair, separation, error)
    if (error%code /= ok) return
    if (n_found + frame%n > most_blocks) then
      error%code = too_many_pairs
      error%allowed = most_blocks
      return
    end if
    indptr(1) = 0
    indptr(2:) = 1
    do k = 1, n_found
      indptr(pair(1, k) + 1) = indptr(pair(1, k) + 1) + 1
    end do
    do i = 1, frame%n
      indptr(i + 1) = indptr(i + 1) + indptr(i)
    end do
  end subroutine count_hessian

  !> Column indices from zero, rising in each row, and blocks(:, :, k), which are symmetric. H is symmetric to the bit.
  !> Fails if a particle lies on another one.
  subroutine fill_hessian(frame, potential, indptr, indices, blocks, error)
    type(configuration), intent(in) :: frame
    type(potential_type), intent(in) :: potential
    integer(i4), intent(in) :: indptr(:)
    integer(i4), intent(out) :: indices(:)
    real(wp), intent(out) :: blocks(:, :, :)
    type(failure), intent(inout) :: error

    integer(i4) :: i, j, k, diagonal
    integer(i8) :: m, n_found
    integer(i4), allocatable :: pair(:, :), filled(:)
    real(wp), allocatable :: separation(:, :)
    real(wp) :: value, slope, curvature, across, dx, dy, block(2, 2)

    call find_neighbors(frame, potential, n_found, pair, separation, error)
    if (error%code /= ok) return
    filled = indptr(:frame%n)
    do i = 1, frame%n
      block = 0
      call insert(i)
    end do
    do m = 1, n_found
      i = pair(1, m)
      j = pair(2, m)
      dx = separation(1, m)
      dy = separation(2, m)
      call pair_terms(potential, frame%species(i) + frame%species(j), dx*dx + dy*dy, value, slope, curvature)
      across = (curvature - slope)/(dx*dx + dy*dy)
      block(1, 1) = -(slope + across*(dx*dx))
      block(2, 2) = -(slope + across*(dy*dy))
      block(1, 2) = -(across*(dx*dy))
      block(2, 1) = block(1, 2)
      call insert(j)
    end do
    do i = 1, frame%n
      block = 0
      diagonal = 0
      do k = indptr(i) + 1, indptr(i + 1)
        if (indices(k) == i - 1) diagonal = k
        block = block - blocks(:, :, k)
      end do
      blocks(:, :, diagonal) = block
      ! Not finite if any other of the row is not.
      if (.not. all(abs(block) <= huge(1.0_wp))) then
        error%code = not_finite
        error%particle = i - 1
        return
      end if
    end do

  contains

    !> Put the block into row i at column j.
    subroutine insert(j)
      integer(i4), intent(in) :: j

      integer(i4) :: k

      k = filled(i)
      do while (k > indptr(i))
        if (indices(k) < j - 1) exit
        indices(k + 1) = indices(k)
        blocks(:, :, k + 1) = blocks(:, :, k)
        k = k - 1
      end do
      indices(k + 1) = j - 1
      blocks(:, :, k + 1) = block
      filled(i) = filled(i) + 1
    end subroutine insert

  end subroutine fill_hessian

  !> All neighbours within their pair's cutoff: pair(:, k) is a particle and one of its neighbours, separation(:, k) the
  !> vector between them, either way round, k = 1 .. n_found. Separations come from wrapped coordinates and then the
  !> shift, so that those of (i, j) and (j, i) are equal or opposite to the bit.
  subroutine find_neighbors(frame, potential, n_found, pair, separation, error)
    type(configuration), intent(in) :: frame
    type(potential_type), intent(in) :: potential
    integer(i8), intent(out) :: n_found
    integer(i4), allocatable, intent(out) :: pair(:, :)
    real(wp), allocatable, intent(out) :: separation(:, :)
    type(failure), intent(inout) :: error

    integer(i4) :: r, v, s, a, b, i, j, status
    integer(i8) :: most
    real(wp) :: dx, dy

    n_found = 0
    most = 2_i8*lanes*(frame%table%begin(frame%table%n_rows + 1) - 1)
    allocate (pair(2, most), stat=status)
    if (status == 0) allocate (separation(2, most), stat=status)
    if (status /= 0) then
      error%code = out_of_memory
      error%value = 24.0_wp*most
      return
    end if
    do r = 1, frame%table%n_rows
      a = frame%table%image(frame%table%row(r))
      i = particle(a)
      do v = frame%table%begin(r), frame%table%begin(r + 1) - 1
        do s = frame%table%vectors(v), frame%table%vectors(v) + lanes - 1
          b = frame%table%image(s)
          if (b == 0) cycle
          j = particle(b)
          dx = frame%x(i) - frame%x(j)
          dy = frame%y(i) - frame%y(j)
          call add_shift(a, 1.0_wp)
          call add_shift(b, -1.0_wp)
          if (dx*dx + dy*dy >= potential%cutoff2(frame%species(i) + frame%species(j))) cycle
          if (a <= frame%n) call add(i, j)
          if (b <= frame%n) call add(j, i)
        end do
      end do
    end do

  contains

    pure integer(i4) function particle(image)
      integer(i4), intent(in) :: image

      particle = image
      if (image > frame%n) particle = frame%source(image - frame%n)
    end function particle

    subroutine add_shift(image, sign)
      integer(i4), intent(in) :: image
      real(wp), intent(in) :: sign

      integer(i4) :: g

      g = image - frame%n
      if (g <= 0) return
      dx = dx + sign*image_shift(frame%box, frame%column(g), frame%row(g))
      dy = dy + sign*(frame%row(g)*frame%box%length_y)
    end subroutine add_shift

    subroutine add(i, j)
      integer(i4), intent(in) :: i, j

      n_found = n_found + 1
      pair(:, n_found) = [i, j]
      separation(:, n_found) = [dx, dy]
    end subroutine add

  end subroutine find_neighbors

end module softspots_hessian
