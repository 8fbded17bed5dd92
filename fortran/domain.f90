!> Who owns which particle, who sees which image, and how they travel.
!>
!> The box is cut into a grid of rectangles, one a rank. An owner sends the position of a particle straight to every
!> rank whose rectangle, widened by the margins, contains one of its periodic images; the tilt only changes who these
!> ranks are. A rank's ghosts are the images that it has of its own particles, then those that it is sent.
module softspots_domain
  use softspots_kinds, only: wp, i4
  use softspots_errors, only: failure, grid_too_fine, box_too_small, box_too_large, lost_particles, longest_side
  use softspots_box, only: box_type
  use softspots_communication, only: communicator, exchange, exchange_counts, add_over_ranks
  use softspots_images, only: rectangle, periodic_images, image_shifts, most_columns, most_rows
  use softspots_storage, only: grow
  implicit none (type, external)
  private
  public :: particles, domain_type, new_domain, set_margins, owner, migrate, find_ghosts, refresh_ghosts, reorder, &
            resize

  !> Rounding of a coordinate at the edge of a rectangle must not lose a neighbour: at least this, in large boxes so
  !> much of a side.
  real(wp), parameter :: rounding_margin = 1e-6_wp, rounding = 8*epsilon(1.0_wp)
  integer(i4), parameter :: record = 8

  !> The particles that a rank owns; arrays may be longer than n.
  type :: particles
    integer(i4) :: n = 0
    integer(i4), allocatable :: id(:), species(:)
    real(wp), allocatable :: x(:), y(:), vx(:), vy(:)
    integer(i4), allocatable :: column(:), row(:)   !< images: x + column*length_x + row*tilt is unwrapped
  end type particles

  type :: domain_type
    type(communicator) :: comm
    integer(i4) :: grid_x = 1, grid_y = 1
    real(wp) :: margin_x = 0, margin_y = 0
    type(rectangle), allocatable :: rectangles(:)          !< (0:size - 1)
    integer(i4) :: n_ghosts = 0
    integer(i4), allocatable :: ghost_id(:), ghost_species(:)
    integer(i4), private :: n_mine = 0                     !< of the ghosts, images of the rank's own particles
    integer(i4), allocatable, private :: send_start(:), receive_start(:)   !< (0:size)
    !> Images: the n_mine, then those to be sent.
    integer(i4), allocatable, private :: source(:), column(:), row(:)
    real(wp), allocatable, private :: send(:, :), receive(:, :)
  end type domain_type

contains

  !> Cut the box into grid_x x grid_y rectangles for neighbours within `range`.
  subroutine new_domain(domain, comm, grid_x, grid_y, box, range, error)
    type(domain_type), intent(out) :: domain
    type(communicator), intent(in) :: comm
    integer(i4), intent(in) :: grid_x, grid_y
    type(box_type), intent(in) :: box
    real(wp), intent(in) :: range
    type(failure), intent(out) :: error

    integer(i4) :: r
    real(wp) :: side

    side = min(box%length_x, box%length_y)
    if (.not. side >= 2*range) then
      error%code = box_too_small
      error%value = side
      error%allowed = 2*range
      return
    end if
    side = max(box%length_x, box%length_y)
    if (side > longest_side) then
      error%code = box_too_large
      error%value = side
      error%allowed = longest_side
      return
    end if
    side = min(box%length_x/grid_x, box%length_y/grid_y)
    if (.not. side >= range) then
      error%code = grid_too_fine
      error%value = side
      error%allowed = range
      return
    end if
    domain%comm = comm
    domain%grid_x = grid_x
    domain%grid_y = grid_y
    allocate (domain%rectangles(0:comm%size - 1), domain%send_start(0:comm%size), domain%receive_start(0:comm%size))
    do r = 0, comm%size - 1
      domain%rectangles(r)%low_x = mod(r, grid_x)*box%length_x/grid_x
      domain%rectangles(r)%high_x = (mod(r, grid_x) + 1)*box%length_x/grid_x
      domain%rectangles(r)%low_y = (r/grid_x)*box%length_y/grid_y
      domain%rectangles(r)%high_y = (r/grid_x + 1)*box%length_y/grid_y
    end do
  end subroutine new_domain

  !> See images as far as neighbours within `range`, in strips of the given height, need them.
  subroutine set_margins(domain, box, range, height)
    type(domain_type), intent(inout) :: domain
    type(box_type), intent(in) :: box
    real(wp), intent(in) :: range, height

    real(wp) :: margin

    margin = max(rounding_margin, rounding*max(box%length_x, box%length_y))
    domain%margin_x = range + margin
    domain%margin_y = range + height + margin
  end subroutine set_margins

  !> The rank that owns what lies at (x, y), wrapped.
  elemental integer(i4) function owner(domain, box, x, y)
    type(domain_type), intent(in) :: domain
    type(box_type), intent(in) :: box
    real(wp), intent(in) :: x, y

    owner = min(domain%grid_x - 1, int(x/box%length_x*domain%grid_x)) &
            + domain%grid_x*min(domain%grid_y - 1, int(y/box%length_y*domain%grid_y))
  end function owner

  !> Hand each particle, wrapped, to its owner. n_total is the number that there must be on all ranks together.
  subroutine migrate(domain, box, owned, n_total, error)
    type(domain_type), intent(inout) :: domain
    type(box_type), intent(in) :: box
    type(particles), intent(inout) :: owned
    integer(i4), intent(in) :: n_total
    type(failure), intent(out) :: error

    integer(i4) :: i, k, r, ranks, gone, last
    integer(i4), allocatable :: destination(:), place(:), counts(:), arriving(:), start(:), arrival(:), vacated(:)
    real(wp), allocatable :: departing(:, :), incoming(:, :)
    real(wp) :: total(1)

    ranks = domain%comm%size
    if (ranks == 1) return
    allocate (destination(owned%n), place(0:ranks - 1), counts(0:ranks - 1), arriving(0:ranks - 1), start(0:ranks), &
              arrival(0:ranks))
    destination = owner(domain, box, owned%x(:owned%n), owned%y(:owned%n))
    counts = 0
    do i = 1, owned%n
      counts(destination(i)) = counts(destination(i)) + 1
    end do
    counts(domain%comm%rank) = 0
    call exchange_counts(domain%comm, counts, arriving)
    start(0) = 0
    arrival(0) = 0
    do r = 0, ranks - 1
      start(r + 1) = start(r) + counts(r)
      arrival(r + 1) = arrival(r) + arriving(r)
    end do
    allocate (vacated(start(ranks)), departing(record, start(ranks)), incoming(record, arrival(ranks)))
    place = start(:ranks - 1)
    gone = 0
    do i = 1, owned%n
      r = destination(i)
      if (r == domain%comm%rank) cycle
      gone = gone + 1
      vacated(gone) = i
      place(r) = place(r) + 1
      departing(:, place(r)) = read_record(owned, i)
    end do
    call exchange(domain%comm, departing, start, incoming, arrival)
    ! Who arrives takes the place of who has gone; then the last ones move up.
    last = owned%n
    call resize(owned, last + max(0, arrival(ranks) - gone))
    do k = 1, arrival(ranks)
      if (k <= gone) then
        call write_record(owned, vacated(k), incoming(:, k))
      else
        last = last + 1
        call write_record(owned, last, incoming(:, k))
      end if
    end do
    do k = gone, arrival(ranks) + 1, -1
      call write_record(owned, vacated(k), read_record(owned, last))
      last = last - 1
    end do
    owned%n = last
    total(1) = owned%n
    call add_over_ranks(domain%comm, total)
    if (nint(total(1)) /= n_total) then
      error%code = lost_particles
      error%value = total(1)
      error%allowed = n_total
    end if
  end subroutine migrate

  !> All that is known of particle i.
  pure function read_record(owned, i) result(values)
    type(particles), intent(in) :: owned
    integer(i4), intent(in) :: i
    real(wp) :: values(record)

    values = [real(owned%id(i), wp), real(owned%species(i), wp), owned%x(i), owned%y(i), owned%vx(i), owned%vy(i), &
              real(owned%column(i), wp), real(owned%row(i), wp)]
  end function read_record

  pure subroutine write_record(owned, i, values)
    type(particles), intent(inout) :: owned
    integer(i4), intent(in) :: i
    real(wp), intent(in) :: values(record)

    owned%id(i) = nint(values(1))
    owned%species(i) = nint(values(2))
    owned%x(i) = values(3)
    owned%y(i) = values(4)
    owned%vx(i) = values(5)
    owned%vy(i) = values(6)
    owned%column(i) = nint(values(7))
    owned%row(i) = nint(values(8))
  end subroutine write_record

  !> Find out which images go where, and tell the receivers who they are.
  subroutine find_ghosts(domain, box, owned)
    type(domain_type), intent(inout) :: domain
    type(box_type), intent(in) :: box
    type(particles), intent(in) :: owned

    integer(i4) :: r, k, rank, ranks, last
    integer(i4), allocatable :: source(:), column(:), row(:), counts(:), arriving(:)
    real(wp), allocatable :: names(:, :), their_names(:, :)

    rank = domain%comm%rank
    ranks = domain%comm%size
    allocate (counts(0:ranks - 1), arriving(0:ranks - 1))
    last = 0
    call add_images(rank, domain%n_mine)
    domain%send_start(0) = 0
    do r = 0, ranks - 1
      counts(r) = 0
      if (r /= rank) call add_images(r, counts(r))
      domain%send_start(r + 1) = domain%send_start(r) + counts(r)
    end do
    call exchange_counts(domain%comm, counts, arriving)
    domain%receive_start(0) = 0
    do r = 0, ranks - 1
      domain%receive_start(r + 1) = domain%receive_start(r) + arriving(r)
    end do
    domain%n_ghosts = domain%n_mine + domain%receive_start(ranks)
    allocate (names(2, domain%send_start(ranks)), their_names(2, domain%receive_start(ranks)))
    do k = 1, domain%send_start(ranks)
      names(1, k) = owned%id(domain%source(domain%n_mine + k))
      names(2, k) = owned%species(domain%source(domain%n_mine + k))
    end do
    call exchange(domain%comm, names, domain%send_start, their_names, domain%receive_start)
    domain%ghost_id = [owned%id(domain%source(:domain%n_mine)), nint(their_names(1, :))]
    domain%ghost_species = [owned%species(domain%source(:domain%n_mine)), nint(their_names(2, :))]
    if (allocated(domain%send)) deallocate (domain%send, domain%receive)
    allocate (domain%send(2, domain%send_start(ranks)), domain%receive(2, domain%receive_start(ranks)))

  contains

    !> List those that rank r needs.
    subroutine add_images(r, count)
      integer(i4), intent(in) :: r
      integer(i4), intent(out) :: count

      call periodic_images(box, owned%n, owned%x, owned%y, domain%rectangles(r), domain%margin_x, domain%margin_y, &
                           r == rank, count, source, column, row)
      call grow(domain%source, last + count)
      call grow(domain%column, last + count)
      call grow(domain%row, last + count)
      domain%source(last + 1:last + count) = source(:count)
      domain%column(last + 1:last + count) = column(:count)
      domain%row(last + 1:last + count) = row(:count)
      last = last + count
    end subroutine add_images

  end subroutine find_ghosts

  !> The ghosts' present coordinates: those of ghost k become x(place(k)) and y(place(k)).
  subroutine refresh_ghosts(domain, box, owned, place, x, y)
    type(domain_type), intent(inout) :: domain
    type(box_type), intent(in) :: box
    type(particles), intent(in) :: owned
    integer(i4), intent(in) :: place(:)
    real(wp), intent(inout), contiguous :: x(:), y(:)

    integer(i4) :: k, image
    real(wp) :: shifts(-most_columns:most_columns, -most_rows:most_rows)

    shifts = image_shifts(box)
    associate (n_mine => domain%n_mine, source => domain%source, column => domain%column, row => domain%row)
      do k = 1, n_mine
        x(place(k)) = owned%x(source(k)) + shifts(column(k), row(k))
        y(place(k)) = owned%y(source(k)) + row(k)*box%length_y
      end do
      do k = 1, domain%send_start(domain%comm%size)
        image = n_mine + k
        domain%send(1, k) = owned%x(source(image)) + shifts(column(image), row(image))
        domain%send(2, k) = owned%y(source(image)) + row(image)*box%length_y
      end do
      call exchange(domain%comm, domain%send, domain%send_start, domain%receive, domain%receive_start)
      do k = 1, domain%receive_start(domain%comm%size)
        x(place(n_mine + k)) = domain%receive(1, k)
        y(place(n_mine + k)) = domain%receive(2, k)
      end do
    end associate
  end subroutine refresh_ghosts

  !> Put the particles in the given order: the i-th is then the one that was at order(i), also where it is sent from.
  subroutine reorder(domain, owned, order)
    type(domain_type), intent(inout) :: domain
    type(particles), intent(inout) :: owned
    integer(i4), intent(in) :: order(:)

    integer(i4) :: i, k
    integer(i4) :: place(owned%n)

    do i = 1, owned%n
      place(order(i)) = i
    end do
    do k = 1, domain%n_mine + domain%send_start(domain%comm%size)
      domain%source(k) = place(domain%source(k))
    end do
    associate (n => owned%n)
      owned%id(:n) = owned%id(order(:n))
      owned%species(:n) = owned%species(order(:n))
      owned%x(:n) = owned%x(order(:n))
      owned%y(:n) = owned%y(order(:n))
      owned%vx(:n) = owned%vx(order(:n))
      owned%vy(:n) = owned%vy(order(:n))
      owned%column(:n) = owned%column(order(:n))
      owned%row(:n) = owned%row(order(:n))
    end associate
  end subroutine reorder

  !> Room for n particles; those that are there stay.
  subroutine resize(owned, n)
    type(particles), intent(inout) :: owned
    integer(i4), intent(in) :: n

    owned%n = n
    call grow(owned%id, n)
    call grow(owned%species, n)
    call grow(owned%x, n)
    call grow(owned%y, n)
    call grow(owned%vx, n)
    call grow(owned%vy, n)
    call grow(owned%column, n)
    call grow(owned%row, n)
  end subroutine resize

end module softspots_domain
