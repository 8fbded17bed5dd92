!> What a Cholesky factor will have, from the pattern of the matrix alone.
module softspots_fill
  use softspots_kinds, only: i4
  implicit none (type, external)
  private
  public :: count_fill

contains

  !> counts(j) is how many entries column j of the factor of a symmetric matrix has, with its diagonal one. Row i of the
  !> factor has an entry wherever the elimination tree leads from a neighbour j < i up to i (Liu, SIAM J. Matrix Anal.
  !> Appl. 11, 134, 1990); the tree grows on the way. The matrix is in compressed rows counted from 0.
  pure subroutine count_fill(n, entries, indptr, indices, counts)
    integer(i4), intent(in) :: n, entries, indptr(n + 1), indices(entries)
    integer(i4), intent(out) :: counts(n)

    integer(i4) :: i, j, k
    integer(i4), allocatable :: parent(:), seen(:)

    allocate (parent(n), seen(n), source=0_i4)
    counts = 1
    do i = 1, n
      seen(i) = i
      do k = indptr(i) + 1, indptr(i + 1)
        j = indices(k) + 1
        if (j > i) cycle
        do while (seen(j) /= i)
          if (parent(j) == 0) parent(j) = i
          seen(j) = i
          counts(j) = counts(j) + 1
          j = parent(j)
        end do
      end do
    end do
  end subroutine count_fill

end module softspots_fill
