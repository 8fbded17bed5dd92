!> The only file that knows MPI. On one rank nothing of it is called, so a build with MPI runs without mpirun.
!>
!> add_over_ranks adds in whatever order MPI likes: give it terms whose sums are exact (see softspots_reduction).
module softspots_communication
  use softspots_kinds, only: wp, i4
#ifdef SOFTSPOTS_MPI
  use mpi_f08, only: MPI_Comm, MPI_Request, MPI_DOUBLE_PRECISION, MPI_INTEGER, MPI_SUM, MPI_MAX, MPI_IN_PLACE, &
                     MPI_STATUSES_IGNORE, MPI_MAX_LIBRARY_VERSION_STRING, MPI_Allreduce, MPI_Alltoall, MPI_Isend, &
                     MPI_Irecv, MPI_Waitall, MPI_Get_library_version
#endif
  implicit none (type, external)
  private
  public :: communicator, add_over_ranks, max_over_ranks, exchange_counts, exchange, library_version

  type :: communicator
    integer(i4) :: handle = 0   !< the Fortran handle of the MPI communicator; unused on one rank
    integer(i4) :: rank = 0
    integer(i4) :: size = 1
  end type communicator

contains

  subroutine add_over_ranks(self, values)
    type(communicator), intent(in) :: self
    real(wp), intent(inout), contiguous :: values(:)

    if (self%size == 1) return
#ifdef SOFTSPOTS_MPI
    call MPI_Allreduce(MPI_IN_PLACE, values, size(values), MPI_DOUBLE_PRECISION, MPI_SUM, MPI_Comm(self%handle))
#else
    values = values
#endif
  end subroutine add_over_ranks

  subroutine max_over_ranks(self, values)
    type(communicator), intent(in) :: self
    real(wp), intent(inout), contiguous :: values(:)

    if (self%size == 1) return
#ifdef SOFTSPOTS_MPI
    call MPI_Allreduce(MPI_IN_PLACE, values, size(values), MPI_DOUBLE_PRECISION, MPI_MAX, MPI_Comm(self%handle))
#else
    values = values
#endif
  end subroutine max_over_ranks

  !> receive(r) on this rank is send(this rank) of rank r. Both (0:size - 1).
  subroutine exchange_counts(self, send, receive)
    type(communicator), intent(in) :: self
    integer(i4), intent(in), contiguous :: send(0:)
    integer(i4), intent(out), contiguous :: receive(0:)

    receive = send
#ifdef SOFTSPOTS_MPI
    if (self%size > 1) call MPI_Alltoall(send, 1, MPI_INTEGER, receive, 1, MPI_INTEGER, MPI_Comm(self%handle))
#endif
  end subroutine exchange_counts

  !> Send columns send_start(r) + 1 : send_start(r + 1) to rank r, and receive from it into the like columns of receive.
  !> The starts are (0:size). There is nothing that a rank sends to itself.
  subroutine exchange(self, send, send_start, receive, receive_start)
    type(communicator), intent(in) :: self
    real(wp), intent(in), contiguous, asynchronous :: send(:, :)
    integer(i4), intent(in) :: send_start(0:), receive_start(0:)
    real(wp), intent(inout), contiguous, asynchronous :: receive(:, :)

#ifdef SOFTSPOTS_MPI
    type(MPI_Request) :: requests(2*self%size)
    integer(i4) :: r, columns, pending

    pending = 0
    do r = 0, self%size - 1
      columns = receive_start(r + 1) - receive_start(r)
      if (columns > 0) then
        pending = pending + 1
        call MPI_Irecv(receive(1, receive_start(r) + 1), columns*size(receive, 1), MPI_DOUBLE_PRECISION, r, 0, &
                       MPI_Comm(self%handle), requests(pending))
      end if
    end do
    do r = 0, self%size - 1
      columns = send_start(r + 1) - send_start(r)
      if (columns > 0) then
        pending = pending + 1
        call MPI_Isend(send(1, send_start(r) + 1), columns*size(send, 1), MPI_DOUBLE_PRECISION, r, 0, &
                       MPI_Comm(self%handle), requests(pending))
      end if
    end do
    ! On one rank MPI may not even have been started.
    if (pending > 0) call MPI_Waitall(pending, requests, MPI_STATUSES_IGNORE)
#else
    if (self%size > 1) receive(:, :receive_start(self%size)) = send(:, :send_start(self%size))
#endif
  end subroutine exchange

  !> The name of the MPI library that was linked; empty without one.
  subroutine library_version(text, length)
    character(len=8192), intent(out) :: text
    integer(i4), intent(out) :: length

    text = ""
    length = 0
#ifdef SOFTSPOTS_MPI
    block
      character(len=MPI_MAX_LIBRARY_VERSION_STRING) :: version
      call MPI_Get_library_version(version, length)
      text = version
      length = min(length, len(text))
    end block
#endif
  end subroutine library_version

end module softspots_communication
