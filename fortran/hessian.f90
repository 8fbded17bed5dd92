!> The Hessian of the potential energy (masses are one: the dynamical matrix), in blocks of 2 x 2.
!>
!> For a pair at separation r = r n:  H_ij = -[ V'' n n^T + V'/r (1 - n n^T) ],  H_ii = -sum_j H_ij.
module softspots_hessian
  use softspots_kinds, only: wp, i4
  use softspots_configuration, only: configuration
  use softspots_images, only: image_shift
  use softspots_neighbors, only: lanes
  use softspots_potential, only: potential_type, pair_terms
  implicit none (type, external)
  private
  public :: count_hessian, fill_hessian

  !> More neighbours within a cutoff than any configuration short of collapse has.
  integer(i4), parameter :: most_neighbors = 4096

contains

  !> Row starts, counted from zero: row i has indptr(i+1) - indptr(i) blocks, the diagonal one among them. (n + 1)
  subroutine count_hessian(frame, potential, indptr)
    type(configuration), intent(in) :: frame
    type(potential_type), intent(in) :: potential
    integer(i4), intent(out) :: indptr(:)

    integer(i4) :: o, i, n_found
    integer(i4) :: found(most_neighbors)
    real(wp) :: separation(2, most_neighbors)

    indptr(1) = 0
    do o = 1, frame%n
      i = frame%table%order(o)
      call find_neighbors(frame, potential, o, n_found, found, separation)
      indptr(i + 1) = n_found + 1
    end do
    do i = 1, frame%n
      indptr(i + 1) = indptr(i + 1) + indptr(i)
    end do
  end subroutine count_hessian

  !> Column indices from zero, rising in each row, and blocks(:, :, k), which are symmetric. H is symmetric to the bit.
  subroutine fill_hessian(frame, potential, indptr, indices, blocks)
    type(configuration), intent(in) :: frame
    type(potential_type), intent(in) :: potential
    integer(i4), intent(in) :: indptr(:)
    integer(i4), intent(out) :: indices(:)
    real(wp), intent(out) :: blocks(:, :, :)

    integer(i4) :: o, i, m, k, n_found, diagonal
    integer(i4) :: found(most_neighbors)
    real(wp) :: separation(2, most_neighbors), value, slope, curvature, across, r2, dx, dy, block(2, 2), sum(2, 2)

    do o = 1, frame%n
      i = frame%table%order(o)
      call find_neighbors(frame, potential, o, n_found, found, separation)
      diagonal = 0
      sum = 0
      k = indptr(i)
      do m = 1, n_found
        if (diagonal == 0 .and. found(m) > i) then
          k = k + 1
          diagonal = k
        end if
        dx = separation(1, m)
        dy = separation(2, m)
        r2 = dx*dx + dy*dy
        call pair_terms(potential, frame%species(i) + frame%species(found(m)), r2, value, slope, curvature)
        across = (curvature - slope)/r2
        block(1, 1) = -(slope + across*(dx*dx))
        block(2, 2) = -(slope + across*(dy*dy))
        block(1, 2) = -(across*(dx*dy))
        block(2, 1) = block(1, 2)
        k = k + 1
        indices(k) = found(m) - 1
        blocks(:, :, k) = block
        sum = sum + block
      end do
      if (diagonal == 0) diagonal = k + 1
      indices(diagonal) = i - 1
      blocks(:, :, diagonal) = -sum
    end do
  end subroutine fill_hessian

  !> The particles within their pair's cutoff of the one at place o, by rising index, and the separations from them.
  !> Separations come from wrapped coordinates and then the shift, so that those of (i, j) and (j, i) are opposite to
  !> the bit.
  pure subroutine find_neighbors(frame, potential, o, n_found, found, separation)
    type(configuration), intent(in) :: frame
    type(potential_type), intent(in) :: potential
    integer(i4), intent(in) :: o
    integer(i4), intent(out) :: n_found, found(:)
    real(wp), intent(out) :: separation(:, :)

    integer(i4) :: v, s, i, j, k, place
    real(wp) :: dx, dy

    i = frame%table%order(o)
    n_found = 0
    do v = frame%table%begin(o), frame%table%begin(o + 1) - 1
      do s = frame%table%vectors(v), frame%table%vectors(v) + lanes - 1
        k = frame%table%image(s)
        if (k == i .or. k == 0) cycle
        j = k
        if (k > frame%n) j = frame%source(k - frame%n)
        dx = frame%x(i) - frame%x(j)
        dy = frame%y(i) - frame%y(j)
        if (k > frame%n) then
          dx = dx - image_shift(frame%box, frame%column(k - frame%n), frame%row(k - frame%n))
          dy = dy - frame%row(k - frame%n)*frame%box%length_y
        end if
        if (dx*dx + dy*dy >= potential%cutoff2(frame%species(i) + frame%species(j))) cycle
        place = n_found + 1
        do while (place > 1)
          if (found(place - 1) < j) exit
          found(place) = found(place - 1)
          separation(:, place) = separation(:, place - 1)
          place = place - 1
        end do
        found(place) = j
        separation(1, place) = dx
        separation(2, place) = dy
        n_found = n_found + 1
      end do
    end do
  end subroutine find_neighbors

end module softspots_hessian
