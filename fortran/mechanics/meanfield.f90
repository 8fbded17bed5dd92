!> The mean-field model of soft spots, step by step: budgets of rearrangements, spent at random.
module softspots_meanfield
  use softspots_kinds, only: i4, i8
  implicit none (type, external)
  private
  public :: spend_budgets

contains

  !> One step for each of `struck`, the places (from zero) that take a rearrangement.
  !>
  !> The spot at a place is spot(place), born in step birth(place), with remaining(place) rearrangements to go. When it
  !> has taken the last, the next spot in order of birth takes its place, as long as budgets last; spots that would be
  !> born after those are not followed. `step`, `born` and `died` count from the start; zero is the spot born first.
  pure subroutine spend_budgets(struck, budgets, spot, birth, remaining, lifetimes, step, born, died)
    integer(i4), intent(in) :: struck(:)
    integer(i8), intent(in) :: budgets(0:)
    integer(i8), intent(inout) :: spot(0:), birth(0:), remaining(0:), lifetimes(0:)
    integer(i8), intent(inout) :: step, born, died

    integer(i4) :: k, place

    do k = 1, size(struck)
      place = struck(k)
      step = step + 1
      ! Where no spot is followed this falls below zero, and never comes back to it.
      remaining(place) = remaining(place) - 1
      if (remaining(place) /= 0) cycle
      lifetimes(spot(place)) = step - birth(place)
      died = died + 1
      if (born == size(budgets, kind=i8)) cycle
      spot(place) = born
      birth(place) = step
      remaining(place) = budgets(born)
      born = born + 1
    end do
  end subroutine spend_budgets

end module softspots_meanfield
