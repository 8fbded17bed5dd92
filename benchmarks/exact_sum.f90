!> Called from Python, to time the sum that makes runs reproducible.
module exact_sum
  use, intrinsic :: iso_c_binding, only: c_double, c_int
  use softspots_reduction, only: accumulate
  implicit none (type, external)
  private
  public :: sum_exactly

contains

  !> Sum n terms, repeatedly.
  subroutine sum_exactly(n, terms, repeats) bind(c)
    integer(c_int), value :: n, repeats
    real(c_double), intent(inout) :: terms(n)

    integer(c_int) :: k
    real(c_double) :: sums(2)

    do k = 1, repeats
      sums = 0
      call accumulate(terms, 1.0_c_double, sums)
      ! Each sum needs the one before: none can be left out.
      terms(1) = sums(1) - sums(1) + sums(2) - sums(2)
    end do
  end subroutine sum_exactly

end module exact_sum
