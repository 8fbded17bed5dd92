!> Whether whoever waits for a result asks to stop: long loops look here in every round.
module softspots_interruption
  use softspots_kinds, only: i8
  use, intrinsic :: iso_c_binding, only: c_int
  implicit none (type, external)
  private
  public :: watch, asked_to_stop

  !> Questions in a second: an answer takes Python's lock.
  integer(i8), parameter :: questions = 20

  !> One for each loop.
  type :: watch
    integer(i8), private :: next = 0   !< when to ask again, by the system's clock
  end type watch

  interface
    !> Not zero to stop; the language above (_core.pyx) answers, and remembers why.
    integer(c_int) function ss_interrupted() bind(c)
      import :: c_int
      implicit none (type, external)
    end function ss_interrupted
  end interface

contains

  !> Asks now and then only, so that it may be called often.
  logical function asked_to_stop(self)
    type(watch), intent(inout) :: self

    integer(i8) :: now, per_second

    asked_to_stop = .false.
    call system_clock(now, per_second)
    if (now < self%next) return
    self%next = now + per_second/questions
    asked_to_stop = ss_interrupted() /= 0
  end function asked_to_stop

end module softspots_interruption
