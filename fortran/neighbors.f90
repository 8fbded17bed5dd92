!> Neighbours without lists of neighbours: particles sorted into strips, and one contiguous run per strip.
!>
!> The plane is cut into strips along x of equal height. All particles and periodic images are sorted by
!> (strip, x, id) into slots. Whatever lies within `range` of a particle is then, in each strip, between a first
!> and a last slot: a run. A run also holds a few particles beyond the range; a kernel masks them by distance.
!>
!>   strip 2 |  a  .  B  C  .  D  .  e   |      the run of P in strip 2 is B..D, in strip 1 G..H;
!>   strip 1 |  .  f  P  G  .  H  i  .   |      P is in the run of f
!>
!> A pair is met once: runs hold only what comes after a particle in the order of slots, and kernels add to both. An
!> owned particle therefore also needs the images that come before it, which have rows too. It meets its neighbours
!> in an order set by coordinates and ids, whatever the rank, provided that the images reach `range` beyond it in x
!> and `range` plus one strip in y; first and last are found by exact comparisons.
!>
!> Kernels walk vectors of `lanes` slots. Each run is cut into vectors from its first slot on; the last one may reach
!> past the run, to slots beyond the range or to some of the empty slots, far away, that stand after each strip. What
!> is kept per particle is the list of its vectors' first slots: a row.
module softspots_neighbors
  use softspots_kinds, only: wp, i4, i8
  use softspots_errors, only: failure, ok, out_of_memory, too_many_pairs
  use softspots_storage, only: reserve
  implicit none (type, external)
  private
  public :: neighbor_table, build_neighbors, number_by_slot, place_images, strip_height, lanes

  integer(i4), parameter :: lanes = 4
  !> Beyond all boxes, and not so far that powers of it leave the range of numbers.
  real(wp), parameter :: far_away = 1e20_wp
  real(wp), parameter :: forwards(lanes) = [0, 1, 2, 3], backwards(lanes) = forwards(lanes:1:-1)
  !> Thin strips: more runs, but with fewer particles beyond the range in them.
  real(wp), parameter :: strips_per_range = 2.5_wp
  !> Narrow cells: the ends of a run are nearly always found with one vector each.
  integer(i4), parameter :: columns_per_height = 3
  !> Where there are fewer particles than that asks for, empty cells would only cost memory. The number of strips, which
  !> the order of sums depends on, is limited by the particles of the system, and never below that of the least box.
  integer(i4), parameter :: most_cells_per_image = 64, least_strips = 5
  real(wp), parameter :: most_cells = 1e9_wp
  !> They must be numbered.
  integer(i8), parameter :: most_vectors = 2_i8**30
  !> A run has hardly ever more vectors than this.
  integer(i4), parameter :: usual(4) = lanes*[0, 1, 2, 3]

  type :: neighbor_table
    integer(i4) :: n_owned = 0               !< particles that have neighbours: the first n_owned images
    integer(i4) :: n_images = 0              !< owned particles and periodic images
    real(wp), allocatable :: x(:), y(:)      !< coordinates by slot
    real(wp), allocatable :: species(:)      !< species by slot, 0 or 1, as a number to compute with
    integer(i4), allocatable :: slot(:)      !< image -> slot
    integer(i4), allocatable :: image(:)     !< slot -> image; 0 for an empty slot
    integer(i4), allocatable :: order(:)     !< the owned images in the order of their slots
    !> Runs of owned images in consecutive slots, after number_by_slot: of images run(r) .. run(r + 1) - 1.
    integer(i4) :: n_runs = 0
    integer(i4), allocatable :: run(:)
    !> Rows, in the order of slots: row r is that of the particle in slot row(r), and its vectors begin at the slots
    !> vectors(k), k = begin(r) .. begin(r + 1) - 1. Rows of images that are not owned hold only vectors with owned
    !> particles in them.
    integer(i4) :: n_rows = 0
    integer(i4), allocatable :: row(:), vectors(:), begin(:)
    real(wp), allocatable :: force_x(:), force_y(:)   !< by slot, while they are summed
    integer(i4), allocatable, private :: cell(:), start(:), owned_before(:)
  end type neighbor_table

contains

  !> The height of the strips: a whole number of them fills the box with its n particles.
  elemental real(wp) function strip_height(length_y, range, n)
    real(wp), intent(in) :: length_y, range
    integer(i4), intent(in) :: n

    strip_height = length_y/floor(min(length_y*strips_per_range/range, real(max(n, least_strips), wp)))
  end function strip_height

  !> Sort the images into slots and find the runs of the first n_owned of them.
  !> x, y, id, species: (n_images); coordinates must be complete within `range` in x and `range + height` in y
  !> around the owned particles.
  subroutine build_neighbors(table, n_owned, n_images, x, y, id, species, range, height, error)
    type(neighbor_table), intent(inout) :: table
    integer(i4), intent(in) :: n_owned, n_images
    real(wp), intent(in) :: x(:), y(:)
    integer(i4), intent(in) :: id(:), species(:)
    real(wp), intent(in) :: range, height
    type(failure), intent(inout) :: error

    integer(i4) :: half, first_owned, last_owned, lowest, highest, columns, k, s, c, m, slots, occupied
    real(wp) :: low_x, high_x, low_y, high_y, per_column, most_columns

    half = ceiling(range/height)
    table%n_owned = n_owned
    table%n_images = n_images
    call reserve(table%slot, n_images)
    call reserve(table%cell, n_images)
    call reserve(table%order, n_owned)
    call reserve(table%row, n_images)
    call reserve(table%begin, n_images + 1)
    table%begin(1) = 1
    table%n_rows = 0
    if (n_owned == 0) then
      ! Nobody's neighbours: all images share a slot.
      call reserve(table%x, 1)
      call reserve(table%y, 1)
      table%slot(:n_images) = 1
      return
    end if

    call extent(y(:n_owned), low_y, high_y)
    first_owned = floor(low_y/height)
    last_owned = floor(high_y/height)
    lowest = first_owned - half
    highest = last_owned + half
    call extent(x(:n_images), low_x, high_x)
    most_columns = min(real(most_cells_per_image, wp)*n_images, most_cells)/(highest - lowest + 1)
    per_column = min(columns_per_height/height, most_columns/max(high_x - low_x, height))
    columns = floor((high_x - low_x)*per_column) + 1

    ! Counting sort by (strip, column); start(m) is the first slot of cell m.
    call reserve(table%start, (highest - lowest + 1)*columns + 1)
    table%start(:(highest - lowest + 1)*columns + 1) = 0
    do k = 1, n_images
      s = floor(y(k)/height)
      if (s < lowest .or. s > highest) then
        table%cell(k) = 0
        cycle
      end if
      c = int((x(k) - low_x)*per_column)
      m = (s - lowest)*columns + min(c, columns - 1) + 1
      table%cell(k) = m
      table%start(m) = table%start(m) + 1
    end do
    slots = lanes
    do s = lowest, highest
      do c = 1, columns
        m = (s - lowest)*columns + c
        occupied = table%start(m)
        table%start(m) = slots + 1
        slots = slots + occupied
      end do
      slots = slots + lanes
    end do
    table%start((highest - lowest + 1)*columns + 1) = slots + 1

    ! One slot more takes the images that lie beyond the outermost strips, which no run reaches; the search for the end
    ! of a run reads whole vectors too.
    call reserve(table%image, slots + lanes)
    call reserve(table%x, slots + lanes)
    call reserve(table%y, slots + lanes)
    call reserve(table%species, slots + lanes)
    table%image(:slots + lanes) = 0
    table%x(:slots + lanes) = far_away
    table%y(:slots + lanes) = far_away
    table%species(:slots + lanes) = 0
    do k = 1, n_images
      m = table%cell(k)
      if (m == 0) then
        table%slot(k) = slots + 1
      else
        call insert_sorted(table%image, table%start(m), k)
      end if
    end do
    call reserve(table%owned_before, slots + lanes)
    m = 0
    do s = 1, slots
      table%owned_before(s) = m
      k = table%image(s)
      if (k == 0) cycle
      table%slot(k) = s
      table%species(s) = species(k)
      if (k > n_owned) cycle
      m = m + 1
      table%order(m) = k
    end do
    table%owned_before(slots + 1:slots + lanes) = m
    call place_images(table, x, y)
    call reserve(table%force_x, slots + lanes)
    call reserve(table%force_y, slots + lanes)
    call reserve(table%vectors, 5*n_owned + 64)
    call find_vectors()

  contains

    !> Insert image k among those already in its cell, by (x, id).
    subroutine insert_sorted(image, begin, k)
      integer(i4), intent(inout) :: image(:)
      integer(i4), intent(in) :: begin, k

      integer(i4) :: position

      position = begin
      do while (image(position) /= 0)
        if (before(k, image(position))) exit
        position = position + 1
      end do
      ! The rest of the cell moves up by one; the cell ends at the first empty slot.
      call shift_up(image, position)
      image(position) = k
    end subroutine insert_sorted

    subroutine shift_up(image, position)
      integer(i4), intent(inout) :: image(:)
      integer(i4), intent(in) :: position

      integer(i4) :: top

      top = position
      do while (image(top) /= 0)
        top = top + 1
      end do
      do while (top > position)
        image(top) = image(top - 1)
        top = top - 1
      end do
    end subroutine shift_up

    pure logical function before(a, b)
      integer(i4), intent(in) :: a, b

      before = x(a) < x(b)
      if (x(a) == x(b)) before = id(a) < id(b)
    end function before

    subroutine find_vectors()
      integer(i4) :: s, strip, own, from, to, base, first, last, count, k, n
      real(wp) :: xi, yi, gap, reach, range2
      logical :: owned

      range2 = range**2
      n = 0
      do s = 1, slots
        if (table%image(s) == 0) cycle
        owned = table%image(s) <= n_owned
        xi = table%x(s)
        yi = table%y(s)
        own = floor(yi/height)
        do strip = max(own, first_owned), min(own + half, merge(highest, last_owned, owned))
          ! The gap is shrunk a little, against the rounding of strip*height.
          gap = max(0.0_wp, strip*height - yi) - 1e-9_wp*height
          if (gap >= range) exit
          reach = sqrt(range2 - max(0.0_wp, gap)**2)
          base = (strip - lowest)*columns + 1
          from = table%start(base + max(0, min(columns - 1, int((xi - reach - low_x)*per_column))))
          to = table%start(base + max(0, min(columns - 1, int((xi + reach - low_x)*per_column))) + 1) - 1
          if (strip == own) from = s + 1
          if (.not. (owned .or. any_owned(from, to))) cycle
          ! Both ends at once; an end that is found stays.
          do while (from <= to)
            first = beyond(table%x(from:from + lanes - 1), table%y(from:from + lanes - 1), forwards, xi, yi, range2)
            last = beyond(table%x(to - lanes + 1:to), table%y(to - lanes + 1:to), backwards, xi, yi, range2)
            from = from + first
            to = to - last
            if (max(first, last) < lanes) exit
          end do
          count = max(0, to - from + lanes)/lanes
          if (n + max(count, size(usual)) > size(table%vectors)) then
            call double_vectors()
            if (error%code /= ok) return
          end if
          if (owned) then
            ! Without a branch on how many there are, which nothing foretells; those too many are written over.
            table%vectors(n + 1:n + size(usual)) = from + usual
            do k = size(usual) + 1, count
              table%vectors(n + k) = from + lanes*(k - 1)
            end do
            n = n + count
          else
            do k = from, to, lanes
              if (.not. any_owned(k, min(k + lanes - 1, to))) cycle
              n = n + 1
              table%vectors(n) = k
            end do
          end if
        end do
        if (n + 1 == table%begin(table%n_rows + 1)) cycle
        table%n_rows = table%n_rows + 1
        table%row(table%n_rows) = s
        table%begin(table%n_rows + 1) = n + 1
      end do
    end subroutine find_vectors

    subroutine double_vectors()
      integer(i4), allocatable :: larger(:)
      integer(i4) :: status
      integer(i8) :: room

      room = 2*size(table%vectors, kind=i8)
      if (room > most_vectors) then
        error%code = too_many_pairs
        error%allowed = real(lanes, wp)*most_vectors
        return
      end if
      allocate (larger(room), stat=status)
      if (status /= 0) then
        error%code = out_of_memory
        error%value = 4.0_wp*room
        return
      end if
      larger(:size(table%vectors)) = table%vectors
      call move_alloc(larger, table%vectors)
    end subroutine double_vectors

    pure logical function any_owned(from, to)
      integer(i4), intent(in) :: from, to

      any_owned = from <= to
      if (any_owned) any_owned = table%owned_before(to + 1) > table%owned_before(from)
    end function any_owned

  end subroutine build_neighbors

  !> How many of these slots lie beyond the range in a row, counted in the direction that `places` gives.
  pure integer(i4) function beyond(x, y, places, xi, yi, range2)
    real(wp), intent(in) :: x(lanes), y(lanes), places(lanes), xi, yi, range2

    integer(i4) :: l
    real(wp) :: first, place

    first = lanes
    !$omp simd private(place) reduction(min: first)
    do l = 1, lanes
      place = places(l)
      if ((x(l) - xi)**2 + (y(l) - yi)**2 >= range2) place = lanes
      first = min(first, place)
    end do
    beyond = int(first)
  end function beyond

  !> The least and the largest of some numbers.
  pure subroutine extent(a, low, high)
    real(wp), intent(in), contiguous :: a(:)
    real(wp), intent(out) :: low, high

    integer(i4) :: i

    low = a(1)
    high = a(1)
    !$omp simd reduction(min: low) reduction(max: high)
    do i = 2, size(a)
      low = min(low, a(i))
      high = max(high, a(i))
    end do
  end subroutine extent

  !> Number the owned images anew, in the order of their slots: the i-th is then the one that was order(i).
  subroutine number_by_slot(table)
    type(neighbor_table), intent(inout) :: table

    integer(i4) :: i, s, last
    integer(i4) :: slot(table%n_owned)

    call reserve(table%run, table%n_owned + 1)
    table%n_runs = 0
    last = -1
    do i = 1, table%n_owned
      s = table%slot(table%order(i))
      slot(i) = s
      table%image(s) = i
      if (s /= last + 1) then
        table%n_runs = table%n_runs + 1
        table%run(table%n_runs) = i
      end if
      last = s
    end do
    table%run(table%n_runs + 1) = table%n_owned + 1
    table%slot(:table%n_owned) = slot
  end subroutine number_by_slot

  !> Put new coordinates of the first images into their slots.
  subroutine place_images(table, x, y)
    type(neighbor_table), intent(inout) :: table
    real(wp), intent(in) :: x(:), y(:)

    integer(i4) :: k, s

    do k = 1, min(size(x), table%n_images)
      s = table%slot(k)
      table%x(s) = x(k)
      table%y(s) = y(k)
    end do
  end subroutine place_images

end module softspots_neighbors
