!> Number kinds, in one place.
module softspots_kinds
  use, intrinsic :: iso_fortran_env, only: real32, real64, int32, int64
  implicit none (type, external)
  private

  integer, parameter, public :: wp = real64
  integer, parameter, public :: sp = real32
  integer, parameter, public :: i4 = int32
  integer, parameter, public :: i8 = int64

end module softspots_kinds
