!> Who owns which particle, who sees which image, and how they travel.
!>
!> The box is cut into a grid of rectangles, one a rank. An owner sends the position of a particle straight to every
!> rank whose rectangle, widened by the margins, contains one of its periodic images; the tilt only changes who these
!> ranks are. Images that a rank has of its own particles take the same path.
module softspots_domain
  use softspots_kinds, only: wp, i4
  use softspots_errors, only: failure, ok, grid_too_fine, box_too_small, lost_particles
  use softspots_box, only: box_type
  use softspots_communication, only: communicator, exchange, exchange_counts, add_over_ranks
  use softspots_images, only: rectangle, periodic_images, image_shifts
  implicit none (type, external)
  private
  public :: particles, domain_type, new_domain, owner, migrate, find_ghosts, refresh_ghosts, reorder, resize

  !> Rounding of a coordinate at the edge of a rectangle must not lose a neighbour.
  real(wp), parameter :: rounding_margin = 1e-6_wp
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
    integer(i4), allocatable, private :: send_start(:), receive_start(:)   !< (0:size)
    integer(i4), allocatable, private :: source(:), column(:), row(:)      !< by send column
    real(wp), allocatable, private :: send(:, :), receive(:, :)
  end type domain_type

contains

  !> Cut the box into grid_x x grid_y rectangles for neighbours within `range`, in strips of the given height.
  subroutine new_domain(domain, comm, grid_x, grid_y, box, range, height, error)
    type(domain_type), intent(out) :: domain
    type(communicator), intent(in) :: comm
    integer(i4), intent(in) :: grid_x, grid_y
    type(box_type), intent(in) :: box
    real(wp), intent(in) :: range, height
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
    domain%margin_x = range + rounding_margin
    domain%margin_y = range + height + rounding_margin
    allocate (domain%rectangles(0:comm%size - 1), domain%send_start(0:comm%size), domain%receive_start(0:comm%size))
    do r = 0, comm%size - 1
      domain%rectangles(r)%low_x = mod(r, grid_x)*box%length_x/grid_x
      domain%rectangles(r)%high_x = (mod(r, grid_x) + 1)*box%length_x/grid_x
      domain%rectangles(r)%low_y = (r/grid_x)*box%length_y/grid_y
      domain%rectangles(r)%high_y = (r/grid_x + 1)*box%length_y/grid_y
    end do
  end subroutine new_domain

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

    integer(i4) :: i, k, r, ranks
    integer(i4), allocatable :: destination(:), place(:), counts(:), arriving(:), start(:), arrival(:)
    real(wp), allocatable :: departing(:, :), incoming(:, :)
    real(wp) :: total(1)

    ranks = domain%comm%size
    if (ranks == 1) return
    allocate (destination(owned%n), place(0:ranks - 1), counts(0:ranks - 1), arriving(0:ranks - 1), start(0:ranks), &
              arrival(0:ranks), departing(record, owned%n))
    destination = owner(domain, box, owned%x(:owned%n), owned%y(:owned%n))
    counts = 0
    do i = 1, owned%n
      counts(destination(i)) = counts(destination(i)) + 1
    end do
    call exchange_counts(domain%comm, counts, arriving)
    start(0) = 0
    arrival(0) = 0
    do r = 0, ranks - 1
      start(r + 1) = start(r) + counts(r)
      arrival(r + 1) = arrival(r) + arriving(r)
    end do
    place = start(:ranks - 1)
    do i = 1, owned%n
      place(destination(i)) = place(destination(i)) + 1
      k = place(destination(i))
      departing(:, k) = [real(owned%id(i), wp), real(owned%species(i), wp), owned%x(i), owned%y(i), owned%vx(i), &
                         owned%vy(i), real(owned%column(i), wp), real(owned%row(i), wp)]
    end do
    allocate (incoming(record, arrival(ranks)))
    call exchange(domain%comm, departing, start, incoming, arrival)
    call resize(owned, arrival(ranks))
    do k = 1, owned%n
      owned%id(k) = nint(incoming(1, k))
      owned%species(k) = nint(incoming(2, k))
      owned%x(k) = incoming(3, k)
      owned%y(k) = incoming(4, k)
      owned%vx(k) = incoming(5, k)
      owned%vy(k) = incoming(6, k)
      owned%column(k) = nint(incoming(7, k))
      owned%row(k) = nint(incoming(8, k))
    end do
    total(1) = owned%n
    call add_over_ranks(domain%comm, total)
    if (nint(total(1)) /= n_total) then
      error%code = lost_particles
      error%value = total(1)
      error%allowed = n_total
    end if
  end subroutine migrate

  !> Find out which images go where, and tell the receivers who they are.
  subroutine find_ghosts(domain, box, owned)
    type(domain_type), intent(inout) :: domain
    type(box_type), intent(in) :: box
    type(particles), intent(in) :: owned

    integer(i4) :: r, k, count, total
    integer(i4), allocatable :: source(:), column(:), row(:), counts(:), arriving(:)
    real(wp), allocatable :: names(:, :), their_names(:, :)

    allocate (counts(0:domain%comm%size - 1), arriving(0:domain%comm%size - 1))
    total = 0
    domain%send_start(0) = 0
    do r = 0, domain%comm%size - 1
      call periodic_images(box, owned%n, owned%x, owned%y, domain%rectangles(r), domain%margin_x, domain%margin_y, &
                           r == domain%comm%rank, count, source, column, row)
      total = domain%send_start(r) + count
      call grow(domain%source, total)
      call grow(domain%column, total)
      call grow(domain%row, total)
      domain%source(domain%send_start(r) + 1:total) = source(:count)
      domain%column(domain%send_start(r) + 1:total) = column(:count)
      domain%row(domain%send_start(r) + 1:total) = row(:count)
      domain%send_start(r + 1) = total
      counts(r) = count
    end do
    call exchange_counts(domain%comm, counts, arriving)
    domain%receive_start(0) = 0
    do r = 0, domain%comm%size - 1
      domain%receive_start(r + 1) = domain%receive_start(r) + arriving(r)
    end do
    domain%n_ghosts = domain%receive_start(domain%comm%size)
    allocate (names(2, total), their_names(2, domain%n_ghosts))
    do k = 1, total
      names(1, k) = owned%id(domain%source(k))
      names(2, k) = owned%species(domain%source(k))
    end do
    call exchange(domain%comm, names, domain%send_start, their_names, domain%receive_start)
    domain%ghost_id = nint(their_names(1, :))
    domain%ghost_species = nint(their_names(2, :))
    if (allocated(domain%send)) deallocate (domain%send, domain%receive)
    allocate (domain%send(2, total), domain%receive(2, domain%n_ghosts))
  end subroutine find_ghosts

  !> The ghosts' present coordinates, (n_ghosts) each.
  subroutine refresh_ghosts(domain, box, owned, ghost_x, ghost_y)
    type(domain_type), intent(inout) :: domain
    type(box_type), intent(in) :: box
    type(particles), intent(in) :: owned
    real(wp), intent(out) :: ghost_x(:), ghost_y(:)

    integer(i4) :: k
    real(wp) :: shifts(-2:2, -1:1)

    shifts = image_shifts(box)
    do k = 1, domain%send_start(domain%comm%size)
      domain%send(1, k) = owned%x(domain%source(k)) + shifts(domain%column(k), domain%row(k))
      domain%send(2, k) = owned%y(domain%source(k)) + domain%row(k)*box%length_y
    end do
    call exchange(domain%comm, domain%send, domain%send_start, domain%receive, domain%receive_start)
    do k = 1, domain%n_ghosts
      ghost_x(k) = domain%receive(1, k)
      ghost_y(k) = domain%receive(2, k)
    end do
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
    do k = 1, domain%send_start(domain%comm%size)
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

  !> Room for n particles; what was there is lost if it must grow.
  subroutine resize(owned, n)
    type(particles), intent(inout) :: owned
    integer(i4), intent(in) :: n

    integer(i4) :: capacity

    owned%n = n
    if (allocated(owned%id)) then
      if (size(owned%id) >= n) return
      deallocate (owned%id, owned%species, owned%x, owned%y, owned%vx, owned%vy, owned%column, owned%row)
    end if
    capacity = n + n/8 + 1
    allocate (owned%id(capacity), owned%species(capacity), owned%x(capacity), owned%y(capacity), owned%vx(capacity), &
              owned%vy(capacity), owned%column(capacity), owned%row(capacity))
  end subroutine resize

  subroutine grow(array, n)
    integer(i4), allocatable, intent(inout) :: array(:)
    integer(i4), intent(in) :: n

    integer(i4), allocatable :: larger(:)

    if (.not. allocated(array)) allocate (array(0))
    if (size(array) >= n) return
    allocate (larger(n + n/4))
    larger(:size(array)) = array
    call move_alloc(larger, array)
  end subroutine grow

end module softspots_domain
