!> Arrays that grow.
module softspots_storage
  use softspots_kinds, only: wp, i4
  implicit none (type, external)
  private
  public :: reserve, grow

  !> Make room for n entries, with some to spare; contents are lost when it grows.
  interface reserve
    module procedure :: reserve_integer, reserve_real
  end interface reserve

  !> The same, but contents stay.
  interface grow
    module procedure :: grow_integer, grow_real
  end interface grow

contains

  pure subroutine reserve_integer(array, n)
    integer(i4), allocatable, intent(inout) :: array(:)
    integer(i4), intent(in) :: n

    if (allocated(array)) then
      if (size(array) >= n) return
      deallocate (array)
    end if
    allocate (array(n + n/8))
  end subroutine reserve_integer

  pure subroutine reserve_real(array, n)
    real(wp), allocatable, intent(inout) :: array(:)
    integer(i4), intent(in) :: n

    if (allocated(array)) then
      if (size(array) >= n) return
      deallocate (array)
    end if
    allocate (array(n + n/8))
  end subroutine reserve_real

  pure subroutine grow_integer(array, n)
    integer(i4), allocatable, intent(inout) :: array(:)
    integer(i4), intent(in) :: n

    integer(i4), allocatable :: larger(:)

    if (.not. allocated(array)) allocate (array(0))
    if (size(array) >= n) return
    allocate (larger(n + n/8))
    larger(:size(array)) = array
    call move_alloc(larger, array)
  end subroutine grow_integer

  pure subroutine grow_real(array, n)
    real(wp), allocatable, intent(inout) :: array(:)
    integer(i4), intent(in) :: n

    real(wp), allocatable :: larger(:)

    if (.not. allocated(array)) allocate (array(0))
    if (size(array) >= n) return
    allocate (larger(n + n/8))
    larger(:size(array)) = array
    call move_alloc(larger, array)
  end subroutine grow_real

end module softspots_storage
