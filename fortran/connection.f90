!> Which particles are connected: the periodic Delaunay triangulation, or a distance.
!>
!> Two particles are neighbours in the triangulation if there is a circle through both, or images of both, with no
!> other inside. The empty circles through a particle P and a neighbour A have their centres on the bisector of PA,
!> from one corner of P's Voronoi cell to the next; that next one is the centre of the circle through P, A and the next
!> neighbour B:
!>
!>            B
!>           / .          of all particles to the left of PA, B has the circle with the lowest centre;
!>          /   .         then the same is done from PB on, around P until A is met again
!>         P ─── A
!>
!> All this takes the particles in the vicinity of P alone: if they are complete up to the diameters of all circles
!> found, the result is exact.
module softspots_connection
  use softspots_kinds, only: wp, i4
  use softspots_cells, only: cell_list, vicinity, find_within
  use softspots_errors, only: failure, ok, coincidence, interruption, too_many_pairs
  use softspots_interruption, only: watch, asked_to_stop
  use softspots_storage, only: reserve
  implicit none (type, external)
  private
  public :: connect_by_delaunay, connect_by_distance

  !> Mean spacings within which particles are looked for at first. A glass has no wider circles but rarely.
  real(wp), parameter :: first_range = 2.25_wp
  !> Where four or more particles lie on one circle, up to this part of their distances, only those next to each other
  !> on it are neighbours: their cells share a side, those of the others a point.
  real(wp), parameter :: same_circle = 1e-9_wp
  !> Closer than this part of the box, particles coincide: rounding hides what lies between.
  real(wp), parameter :: same_place = 1e-13_wp
  real(wp), parameter :: none = huge(1.0_wp)
  !> Pairs must be numbered, with their two ends.
  integer(i4), parameter :: most_pairs = 2_i4**29

  !> By place in a vicinity; and the neighbours found so far, as places.
  type :: workspace
    real(wp), allocatable :: center(:)
    integer(i4), allocatable :: around(:)
  end type workspace

contains

  !> Edges of the Delaunay triangulation between chosen particles; see collect.
  subroutine connect_by_delaunay(cells, chosen, edges, count, error)
    type(cell_list), intent(in) :: cells
    logical, intent(in) :: chosen(:)
    integer(i4), intent(inout) :: edges(:, :)
    integer(i4), intent(out) :: count
    type(failure), intent(out) :: error

    integer(i4) :: i
    real(wp) :: spacing
    type(vicinity) :: near
    type(workspace) :: work
    type(watch) :: clock

    spacing = sqrt(cells%box%length_x*cells%box%length_y/cells%n)
    count = 0
    do i = 1, cells%n
      if (.not. chosen(i)) cycle
      call find_delaunay_neighbors(cells, i, first_range*spacing, near, work, error)
      if (error%code /= ok) return
      call collect(i, near, chosen, edges, count, clock, error)
      if (error%code /= ok) return
    end do
  end subroutine connect_by_delaunay

  !> Pairs of chosen particles at most `length` apart; see collect.
  subroutine connect_by_distance(cells, chosen, length, edges, count, error)
    type(cell_list), intent(in) :: cells
    logical, intent(in) :: chosen(:)
    real(wp), intent(in) :: length
    integer(i4), intent(inout) :: edges(:, :)
    integer(i4), intent(out) :: count
    type(failure), intent(inout) :: error

    integer(i4) :: i
    type(vicinity) :: near
    type(watch) :: clock

    count = 0
    do i = 1, cells%n
      if (.not. chosen(i)) cycle
      ! At the length of the diagonal all are connected.
      call find_within(cells, i, min(length, hypot(cells%box%length_x, cells%box%length_y)), near, error)
      if (error%code /= ok) return
      call collect(i, near, chosen, edges, count, clock, error)
      if (error%code /= ok) return
    end do
  end subroutine connect_by_distance

  !> Add the edges from particle i to higher ones, each once, rising; ids from zero. Edges beyond the size of `edges`
  !> (2, capacity) are only counted.
  !>
  !> An edge is thus decided upon at its lower end alone, and cannot be seen from one end and not from the other.
  subroutine collect(i, near, chosen, edges, count, clock, error)
    integer(i4), intent(in) :: i
    type(vicinity), intent(inout) :: near
    logical, intent(in) :: chosen(:)
    integer(i4), intent(inout) :: edges(:, :)
    integer(i4), intent(inout) :: count
    type(watch), intent(inout) :: clock
    type(failure), intent(inout) :: error

    integer(i4) :: k, j, m, n

    ! Sorted by insertion, in place.
    n = 0
    do k = 1, near%n
      j = near%particle(k)
      if (j <= i) cycle
      if (.not. chosen(j)) cycle
      m = n
      do while (m > 0)
        if (near%particle(m) <= j) exit
        m = m - 1
      end do
      if (m > 0) then
        if (near%particle(m) == j) cycle
      end if
      near%particle(m + 2:n + 1) = near%particle(m + 1:n)
      near%particle(m + 1) = j
      n = n + 1
    end do
    do k = 1, min(n, size(edges, 2) - count)
      edges(:, count + k) = [i, near%particle(k)] - 1
    end do
    count = count + n
    if (count > most_pairs) then
      error%code = too_many_pairs
      error%allowed = most_pairs
    else if (asked_to_stop(clock)) then
      error%code = interruption
    end if
  end subroutine collect

  !> The neighbours of particle i, in turn around it. Fails if another one coincides with it.
  subroutine find_delaunay_neighbors(cells, i, first_range, near, work, error)
    type(cell_list), intent(in) :: cells
    integer(i4), intent(in) :: i
    real(wp), intent(in) :: first_range
    type(vicinity), intent(inout) :: near
    type(workspace), intent(inout) :: work
    type(failure), intent(inout) :: error

    integer(i4) :: first, next, found
    real(wp) :: range, diagonal, lowest, widest

    diagonal = hypot(cells%box%length_x, cells%box%length_y)
    range = first_range
    do
      call find_within(cells, i, range, near, error)
      if (error%code /= ok) return
      call reserve(work%around, near%n)
      call reserve(work%center, near%n)
      widest = none
      if (near%n > 0) then
        ! The nearest particle is a neighbour.
        first = minloc(near%square(:near%n), 1)
        if (near%square(first) <= (same_place*diagonal)**2) exit
        next = first
        found = 0
        widest = 0
        do while (widest < none .and. found < near%n)
          found = found + 1
          work%around(found) = next
          call lowest_center(near, next, work%center, lowest)
          widest = max(widest, merge(near%square(next)*(1 + lowest**2), none, lowest < none))
          next = farthest_around(near, work%center, lowest, first)
          if (next == first) then
            if (widest > range**2) exit
            near%n = found
            near%particle(:found) = near%particle(work%around(:found))
            return
          end if
        end do
      end if
      ! No hole is wider than the diagonal of the box, and each turn closes: what looks otherwise is lost in rounding.
      if (widest <= range**2 .or. range > 4*diagonal) exit
      range = min(1.01_wp*sqrt(widest), 2*range)
    end do
    error%code = coincidence
    error%particle = i - 1
  end subroutine find_delaunay_neighbors

  !> Centres of the circles through the particle, its neighbour number `own`, and each one to the left of that: heights
  !> above the neighbour, in half its distance. To the right: none.
  pure subroutine lowest_center(near, own, center, lowest)
    type(vicinity), intent(in) :: near
    integer(i4), intent(in) :: own
    real(wp), intent(out) :: center(:)
    real(wp), intent(out) :: lowest

    integer(i4) :: k
    real(wp) :: x, y, cross

    x = near%x(own)
    y = near%y(own)
    lowest = none
    !$omp simd private(cross) reduction(min: lowest)
    do k = 1, near%n
      cross = x*near%y(k) - y*near%x(k)
      center(k) = merge((near%square(k) - (x*near%x(k) + y*near%y(k)))/cross, none, cross > 0)
      lowest = min(lowest, center(k))
    end do
  end subroutine lowest_center

  !> Of those whose circle is the lowest one, the last around; the one where the turn began, if it is among them.
  pure integer(i4) function farthest_around(near, center, lowest, first) result(next)
    type(vicinity), intent(in) :: near
    real(wp), intent(in) :: center(:), lowest
    integer(i4), intent(in) :: first

    integer(i4) :: k
    real(wp) :: highest

    highest = lowest + same_circle*max(1.0_wp, abs(lowest))
    next = first
    if (center(first) <= highest) return
    do k = 1, near%n
      if (center(k) > highest) cycle
      if (next == first .or. near%x(next)*near%y(k) - near%y(next)*near%x(k) > 0) next = k
    end do
  end function farthest_around

end module softspots_connection
