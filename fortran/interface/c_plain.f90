!> The border to C for what has no dimension.
module softspots_c_plain
  use softspots_kinds, only: i4
  use softspots_communication, only: library_version
  use softspots_meanfield, only: spend_budgets
  use, intrinsic :: iso_c_binding, only: c_int, c_long_long, c_char
  implicit none (type, external)
  private

contains

  !> One step of the mean-field model for each of the n places in struck, from zero; counters = step, born, died.
  subroutine ss_spend_budgets(n, struck, n_budgets, budgets, n_spots, spot, birth, remaining, lifetimes, &
                              counters) bind(c)
    integer(c_int), value :: n, n_spots
    integer(c_long_long), value :: n_budgets
    integer(c_int), intent(in) :: struck(n)
    integer(c_long_long), intent(in) :: budgets(n_budgets)
    integer(c_long_long), intent(inout) :: spot(n_spots), birth(n_spots), remaining(n_spots), lifetimes(n_budgets)
    integer(c_long_long), intent(inout) :: counters(3)

    call spend_budgets(struck, budgets, spot, birth, remaining, lifetimes, counters(1), counters(2), counters(3))
  end subroutine ss_spend_budgets

  !> The name of the MPI library, `length` characters of it, 0 in a build without MPI.
  subroutine ss_mpi_library_version(text, capacity, length) bind(c)
    integer(c_int), value :: capacity
    character(kind=c_char), intent(out) :: text(capacity)
    integer(c_int), intent(out) :: length

    character(len=8192) :: version
    integer(i4) :: k

    call library_version(version, length)
    length = min(length, capacity)
    do k = 1, length
      text(k) = version(k:k)
    end do
  end subroutine ss_mpi_library_version

end module softspots_c_plain
