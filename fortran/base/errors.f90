!> What can go wrong in a kernel. Kernels return these codes; the words are Python's.
module softspots_errors
  use softspots_kinds, only: wp, i4, i8
  use, intrinsic :: iso_c_binding, only: c_int, c_long_long, c_double
  implicit none (type, external)
  private

  integer(c_int), parameter, public :: ok = 0
  !> A box side is shorter than twice the interaction range. value: the side; allowed: the least side.
  integer(c_int), parameter, public :: box_too_small = 1
  !> A force, or a derivative of it, is not finite. particle: the first one concerned.
  integer(c_int), parameter, public :: not_finite = 2
  !> A particle moved further in one step than any physics allows. value: how far; allowed: the limit.
  integer(c_int), parameter, public :: blow_up = 3
  !> Particles vanished or appeared in migration. value: their number; allowed: the right number.
  integer(c_int), parameter, public :: lost_particles = 4
  !> A rank's rectangle is narrower than the interaction range. value: the width; allowed: the least width.
  integer(c_int), parameter, public :: grid_too_fine = 5
  !> A particle is where another one is, or too close to tell them apart. particle: one of the two.
  integer(c_int), parameter, public :: coincidence = 6
  !> A coordinate is not finite, or has no digits left. particle: its; value: in box lengths; allowed: the limit.
  integer(c_int), parameter, public :: too_far = 7
  !> A box side is so long that nothing can be told apart in it. value: the side; allowed: the longest one.
  integer(c_int), parameter, public :: box_too_large = 8
  !> More pairs than can be numbered. allowed: the limit.
  integer(c_int), parameter, public :: too_many_pairs = 9
  !> Memory was refused. value: how many bytes were asked for.
  integer(c_int), parameter, public :: out_of_memory = 10
  !> Whoever waits for the result asked to stop. What there is stays valid.
  integer(c_int), parameter, public :: interruption = 11
  !> Two particles are closer than the potential between them is known. particle, other: the two; value: the distance;
  !> allowed: from where on it is known.
  integer(c_int), parameter, public :: too_close = 12

  !> No side of a box may be longer: coordinates in it are a tenth of a unit apart.
  real(wp), parameter, public :: longest_side = 1e15_wp
  !> Coordinates beyond this many box lengths have no digits left, and their images' numbers would overflow.
  real(wp), parameter, public :: farthest = 1e8_wp

  !> The one error record that crosses the border to Python.
  type, bind(c), public :: failure
    integer(c_int) :: code = ok
    integer(c_long_long) :: step = 0
    integer(c_long_long) :: particle = 0
    real(c_double) :: value = 0
    real(c_double) :: allowed = 0
    integer(c_long_long) :: other = 0
  end type failure

end module softspots_errors
