!> The periodic Delaunay triangulation of the plane.
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
module softspots_delaunay_2d
  use softspots_kinds, only: wp, i4
  use softspots_cells_2d, only: cell_list, vicinity, find_within
  use softspots_connection_2d, only: collect
  use softspots_errors, only: failure, ok, coincidence
  use softspots_interruption, only: watch
  use softspots_storage, only: reserve
  implicit none (type, external)
  private
  public :: connect_by_delaunay

  !> Mean spacings within which particles are looked for at first. A glass has no wider circles but rarely.
  real(wp), parameter :: first_range = 2.25_wp
  !> Where four or more particles lie on one circle, up to this part of their distances, only those next to each other
  !> on it are neighbours: their cells share a side, those of the others a point.
  real(wp), parameter :: same_circle = 1e-9_wp
  !> Closer than this part of the box, particles coincide: rounding hides what lies between.
  real(wp), parameter :: same_place = 1e-13_wp
  real(wp), parameter :: none = huge(1.0_wp)

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

end module softspots_delaunay_2d
