!> Pair potentials of a mixture of any number of species, whose particles may have sizes.
!>
!> Below the cutoff r_c of the species pair, with constants that depend on the pair, V(r) is one of
!>
!>   powers       repulsion r^-n - attraction r^-m + k0 + k2 r^2 + k4 r^4, n and m even
!>   quadratic    repulsion r^-12 - attraction r^-6 + k0 + k1 r + k2 r^2
!>   switch       Lennard-Jones plus a constant up to r_in, and beyond it the force is f1 + f2 t + f3 t^2 + f4 t^3 with
!>                t = r - r_in, which continues force and slope at r_in and ends with zero force and slope at r_c; the
!>                energy is its integral from r_c
!>   contact      epsilon/alpha (1 - r/sigma)^alpha, r_c = sigma: harmonic for alpha = 2, Hertzian for alpha = 5/2
!>   spline       polynomials of fifth degree in r^2, one for each of many intervals, whose widths double with r^2
!>
!> Between particles with sizes all lengths are in units of sigma_ij = (s_i + s_j)/2 (1 - eta |s_i - s_j|).
module softspots_potential
  use softspots_kinds, only: wp, i4, i8
  implicit none (type, external)
  private
  public :: potential_type, new_lennard_jones, new_powers, new_contact, new_spline, let_sizes_count
  public :: pair_terms, sigma2_of, reach
  public :: law_lennard_jones, law_switch, law_powers, law_power_10, law_power_12
  public :: law_harmonic, law_hertzian, law_spline
  public :: one_bits, inner2

  integer(i4), parameter :: law_lennard_jones = 0, law_quadratic = 1, law_switch = 2
  !> Of the powers, some have shorter loops: 12 and 6, as Lennard-Jones, and 10 and 12 alone.
  integer(i4), parameter :: law_powers = 3, law_harmonic = 4, law_hertzian = 5, law_spline = 6
  integer(i4), parameter :: law_power_10 = 7, law_power_12 = 8
  !> The exponent's bits of numbers from 1 to 2.
  integer(i8), parameter :: one_bits = transfer(1.0_wp, 1_i8)

  !> Constants of the species pairs (0, 0), (0, 1), ..., (0, S - 1), (1, 1), ..., counted from 0; those that the law has
  !> not are not allocated.
  type :: potential_type
    integer(i4) :: law = law_lennard_jones
    integer(i4) :: n_species = 0
    integer(i4), allocatable :: pair(:, :)       !< (0:S - 1, 0:S - 1) species to pair
    logical :: has_sizes = .false.
    real(wp) :: non_additivity = 0               !< eta
    real(wp) :: cutoff = 0                       !< the largest r_c
    real(wp), allocatable :: cutoffs(:), cutoff2(:)   !< r_c, r_c^2
    integer(i4) :: n = 12, m = 6
    real(wp), allocatable, dimension(:) :: repulsion, attraction, k0, k1, k2, k4
    real(wp), allocatable, dimension(:) :: inner !< r_in
    real(wp), allocatable, dimension(:) :: f1, f2, f3, f4, at_inner
    real(wp), allocatable, dimension(:) :: epsilon, sigma
    !> A spline's intervals are those in which u = r^2/r_c^2 has the same leading bits: its exponent, and as many of
    !> its digits as a shift to the right by `shift` leaves. This number and `first` add up to the place of an interval.
    !> They begin with the one of `least`; before it is a place for what lies below, behind them are zeros, the mask.
    !> value(:, k) are the coefficients of V in the fraction of interval k that lies below u, below all of them in
    !> u - least; slope(5 k), ..., slope(5 k + 4) are those of -V'/r, and per_width(k) is the inverse of the width in
    !> r^2. Below all intervals -V'/r grows by `below` times u - least.
    integer(i4) :: shift = 0
    real(wp), allocatable, dimension(:) :: per_cutoff2, least, first, below, per_width
    real(wp), allocatable :: value(:, :), slope(:)
  end type potential_type

contains

  !> A potential for n_pairs pairs of species that end at these cutoffs.
  pure function new_potential(law, cutoffs) result(new)
    integer(i4), intent(in) :: law
    real(wp), intent(in) :: cutoffs(:)
    type(potential_type) :: new

    integer(i4) :: s, t, p

    new%law = law
    new%cutoff = maxval(cutoffs)
    allocate (new%cutoffs(0:size(cutoffs) - 1), new%cutoff2(0:size(cutoffs) - 1))
    new%cutoffs(:) = cutoffs
    new%cutoff2(:) = cutoffs**2
    do while (new%n_species*(new%n_species + 1)/2 < size(cutoffs))
      new%n_species = new%n_species + 1
    end do
    allocate (new%pair(0:new%n_species - 1, 0:new%n_species - 1))
    p = 0
    do s = 0, new%n_species - 1
      do t = s, new%n_species - 1
        new%pair(s, t) = p
        new%pair(t, s) = p
        p = p + 1
      end do
    end do
  end function new_potential

  !> Lennard-Jones, smoothed: law_lennard_jones (V, V' and V'' go to zero at r_c by even powers), law_quadratic or
  !> law_switch. table(:, pair) = eps, sigma, r_c, r_in.
  pure function new_lennard_jones(table, law) result(new)
    real(wp), intent(in) :: table(:, :)
    integer(i4), intent(in) :: law
    type(potential_type) :: new

    integer(i4) :: p, last
    real(wp) :: rc, slope, curvature, value, t

    new = new_potential(law, table(3, :))
    last = size(table, 2) - 1
    allocate (new%repulsion(0:last), new%attraction(0:last), new%inner(0:last))
    allocate (new%k0(0:last), new%k1(0:last), new%k2(0:last), new%k4(0:last), source=0.0_wp)
    allocate (new%f1(0:last), new%f2(0:last), new%f3(0:last), new%f4(0:last), new%at_inner(0:last), source=0.0_wp)
    do p = 0, last
      new%repulsion(p) = 4*table(1, p + 1)*table(2, p + 1)**12
      new%attraction(p) = 4*table(1, p + 1)*table(2, p + 1)**6
      new%inner(p) = table(4, p + 1)
      rc = merge(table(4, p + 1), table(3, p + 1), law == law_switch)
      call lennard_jones(new%repulsion(p), new%attraction(p), rc**2, value, slope, curvature)
      select case (law)
      case (law_lennard_jones)
        new%k4(p) = (slope - curvature)/(8*rc**2)
        new%k2(p) = -(slope + 4*new%k4(p)*rc**2)/2
        new%k0(p) = -(value + new%k2(p)*rc**2 + new%k4(p)*rc**4)
      case (law_quadratic)
        new%k2(p) = -curvature/2
        new%k1(p) = -rc*(slope + 2*new%k2(p))
        new%k0(p) = -(value + new%k1(p)*rc + new%k2(p)*rc**2)
      case default
        t = table(3, p + 1) - table(4, p + 1)
        new%f1(p) = -slope*rc
        new%f2(p) = -curvature
        new%f3(p) = -(3*new%f1(p) + 2*new%f2(p)*t)/t**2
        new%f4(p) = (2*new%f1(p) + new%f2(p)*t)/t**3
        new%at_inner(p) = t*(new%f1(p) + t*(new%f2(p)/2 + t*(new%f3(p)/3 + t*new%f4(p)/4)))
        new%k0(p) = new%at_inner(p) - value
      end select
    end do
  end function new_lennard_jones

  !> Even powers n > m: coefficients(:, pair) = repulsion, attraction, k0, k2, k4, r_c.
  pure function new_powers(n, m, coefficients) result(new)
    integer(i4), intent(in) :: n, m
    real(wp), intent(in) :: coefficients(:, :)
    type(potential_type) :: new

    integer(i4) :: law, last
    logical :: alone

    alone = all(coefficients(2, :) >= 0 .and. coefficients(2, :) <= 0)
    law = law_powers
    if (n == 12 .and. m == 6) law = law_lennard_jones
    if (n == 10 .and. alone) law = law_power_10
    if (n == 12 .and. alone) law = law_power_12
    new = new_potential(law, coefficients(6, :))
    last = size(coefficients, 2) - 1
    allocate (new%repulsion(0:last), new%attraction(0:last), new%k0(0:last), new%k2(0:last), new%k4(0:last))
    new%n = n
    new%m = m
    new%repulsion(:) = coefficients(1, :)
    new%attraction(:) = coefficients(2, :)
    new%k0(:) = coefficients(3, :)
    new%k2(:) = coefficients(4, :)
    new%k4(:) = coefficients(5, :)
  end function new_powers

  !> law_harmonic or law_hertzian: coefficients(:, pair) = epsilon, sigma.
  pure function new_contact(law, coefficients) result(new)
    integer(i4), intent(in) :: law
    real(wp), intent(in) :: coefficients(:, :)
    type(potential_type) :: new

    integer(i4) :: last

    new = new_potential(law, coefficients(2, :))
    last = size(coefficients, 2) - 1
    allocate (new%epsilon(0:last), new%sigma(0:last))
    new%epsilon(:) = coefficients(1, :)
    new%sigma(:) = coefficients(2, :)
  end function new_contact

  !> Intervals from `least`, in r^2/r_c^2, to 1, of which there are 2^digits from each power of two to the next;
  !> coefficients(:, 1, pair) of the powers 0 to 5 of what r^2/r_c^2 is below `least`, the others of the fraction of one
  !> interval after the other. Pairs that have fewer intervals than others end with zeros.
  pure function new_spline(digits, least, cutoff, coefficients) result(new)
    integer(i4), intent(in) :: digits
    real(wp), intent(in) :: least(:), cutoff(:), coefficients(:, :, :)
    type(potential_type) :: new

    integer(i4) :: p, k, n, m
    integer(i8) :: interval

    new = new_potential(law_spline, cutoff)
    n = size(coefficients, 2) + 1
    new%shift = 52 - digits
    allocate (new%per_cutoff2(0:size(least) - 1), new%least(0:size(least) - 1), new%first(0:size(least) - 1))
    allocate (new%value(0:5, 0:n*size(least) - 1), new%slope(0:5*n*size(least) - 1), source=0.0_wp)
    allocate (new%per_width(0:n*size(least) - 1), source=0.0_wp)
    allocate (new%below(0:size(least) - 1))
    new%per_cutoff2(:) = 1/new%cutoff2
    new%least(:) = least
    do p = 0, size(least) - 1
      interval = shiftr(transfer(least(p + 1), interval), new%shift)
      new%first(p) = real(p*n + 1 - interval, wp)
      new%below(p) = -4*new%per_cutoff2(p)*coefficients(3, 1, p + 1)
      do k = 0, n - 2
        m = p*n + k
        new%value(:, m) = coefficients(:, k + 1, p + 1)
        new%per_width(m) = new%per_cutoff2(p)
        if (k > 0) new%per_width(m) = new%per_cutoff2(p)/(start_of(interval + k) - start_of(interval + k - 1))
        new%slope(5*m:5*m + 4) = -2*new%per_width(m)*[1, 2, 3, 4, 5]*new%value(1:, m)
      end do
    end do

  contains

    pure real(wp) function start_of(number)
      integer(i8), intent(in) :: number

      start_of = transfer(shiftl(number, new%shift), start_of)
    end function start_of

  end function new_spline

  !> All particles have sizes from now on, whose unit that of the potential's lengths becomes.
  pure subroutine let_sizes_count(potential, non_additivity)
    type(potential_type), intent(inout) :: potential
    real(wp), intent(in) :: non_additivity

    potential%has_sizes = .true.
    potential%non_additivity = non_additivity
  end subroutine let_sizes_count

  !> How far the potential reaches between particles of these sizes. As eta is not negative, no sigma_ij is larger than
  !> the largest size.
  pure real(wp) function reach(potential, sizes)
    type(potential_type), intent(in) :: potential
    real(wp), intent(in), optional :: sizes(:)

    reach = potential%cutoff
    if (present(sizes)) reach = reach*maxval(sizes)
  end function reach

  !> sigma_ij^2, by which r^2 is to be divided; 1 where there are no sizes. An array that is not allocated is absent.
  pure real(wp) function sigma2_of(potential, i, j, sizes)
    type(potential_type), intent(in) :: potential
    integer(i4), intent(in) :: i, j
    real(wp), intent(in), optional :: sizes(:)

    sigma2_of = 1
    if (present(sizes)) then
      sigma2_of = (0.5_wp*(sizes(i) + sizes(j))*(1 - potential%non_additivity*abs(sizes(i) - sizes(j))))**2
    end if
  end function sigma2_of

  !> V, V'/r and V'' of pair p at squared distance r2, which must lie inside the pair's cutoff: r2 < cutoff2(p) sigma2.
  pure subroutine pair_terms(potential, p, sigma2, r2, value, slope, curvature)
    type(potential_type), intent(in) :: potential
    integer(i4), intent(in) :: p
    real(wp), intent(in) :: sigma2, r2
    real(wp), intent(out) :: value, slope, curvature

    if (potential%has_sizes) then
      call unit_terms(potential, p, r2/sigma2, value, slope, curvature)
      slope = slope/sigma2
      curvature = curvature/sigma2
    else
      call unit_terms(potential, p, r2, value, slope, curvature)
    end if
  end subroutine pair_terms

  !> The same where sigma_ij is 1.
  pure subroutine unit_terms(potential, p, r2, value, slope, curvature)
    type(potential_type), intent(in) :: potential
    integer(i4), intent(in) :: p
    real(wp), intent(in) :: r2
    real(wp), intent(out) :: value, slope, curvature

    real(wp) :: r, t

    select case (potential%law)
    case (law_lennard_jones, law_powers, law_power_10, law_power_12)
      if (potential%law == law_lennard_jones) then
        call lennard_jones(potential%repulsion(p), potential%attraction(p), r2, value, slope, curvature)
      else
        call powers(potential, p, r2, value, slope, curvature)
      end if
      value = value + (potential%k0(p) + r2*(potential%k2(p) + r2*potential%k4(p)))
      slope = slope + (2*potential%k2(p) + 4*potential%k4(p)*r2)
      curvature = curvature + (2*potential%k2(p) + 12*potential%k4(p)*r2)
    case (law_quadratic)
      r = sqrt(r2)
      call lennard_jones(potential%repulsion(p), potential%attraction(p), r2, value, slope, curvature)
      value = value + (potential%k0(p) + potential%k1(p)*r + potential%k2(p)*r2)
      slope = slope + (potential%k1(p)/r + 2*potential%k2(p))
      curvature = curvature + 2*potential%k2(p)
    case (law_switch)
      r = sqrt(r2)
      t = r - potential%inner(p)
      if (t < 0) then
        call lennard_jones(potential%repulsion(p), potential%attraction(p), r2, value, slope, curvature)
        value = value + potential%k0(p)
      else
        value = potential%at_inner(p) - t*(potential%f1(p) + t*(potential%f2(p)/2 &
                + t*(potential%f3(p)/3 + t*potential%f4(p)/4)))
        slope = -(potential%f1(p) + t*(potential%f2(p) + t*(potential%f3(p) + t*potential%f4(p))))/r
        curvature = -(potential%f2(p) + t*(2*potential%f3(p) + t*3*potential%f4(p)))
      end if
    case (law_harmonic)
      r = sqrt(r2)
      t = 1 - r/potential%sigma(p)
      value = potential%epsilon(p)/2*t**2
      slope = -potential%epsilon(p)*t/(potential%sigma(p)*r)
      curvature = potential%epsilon(p)/potential%sigma(p)**2
    case (law_hertzian)
      r = sqrt(r2)
      ! Rounding must not take it below zero.
      t = max(0.0_wp, 1 - r/potential%sigma(p))
      value = potential%epsilon(p)/2.5_wp*(t**2*sqrt(t))
      slope = -potential%epsilon(p)*(t*sqrt(t))/(potential%sigma(p)*r)
      curvature = potential%epsilon(p)*(1.5_wp*sqrt(t))/potential%sigma(p)**2
    case default
      call spline(potential, p, r2, value, slope, curvature)
    end select
  end subroutine unit_terms

  !> The two powers: V, V'/r and V''.
  pure subroutine powers(potential, p, r2, value, slope, curvature)
    type(potential_type), intent(in) :: potential
    integer(i4), intent(in) :: p
    real(wp), intent(in) :: r2
    real(wp), intent(out) :: value, slope, curvature

    real(wp) :: i2, high, low

    i2 = 1/r2
    high = potential%repulsion(p)*i2**(potential%n/2)
    low = potential%attraction(p)*i2**(potential%m/2)
    value = high - low
    slope = -(potential%n*high - potential%m*low)*i2
    curvature = (potential%n*(potential%n + 1)*high - potential%m*(potential%m + 1)*low)*i2
  end subroutine powers

  !> The spline, with s = r^2: V, V'/r = 2 dV/ds and V'' = 2 dV/ds + 4 s d2V/ds2.
  pure subroutine spline(potential, p, r2, value, slope, curvature)
    type(potential_type), intent(in) :: potential
    integer(i4), intent(in) :: p
    real(wp), intent(in) :: r2
    real(wp), intent(out) :: value, slope, curvature

    real(wp) :: t, first, second, c(0:5)
    integer(i4) :: k

    call find_interval(potential, p, r2, k, t)
    c = potential%value(:, k)
    value = c(0) + t*(c(1) + t*(c(2) + t*(c(3) + t*(c(4) + t*c(5)))))
    first = (c(1) + t*(2*c(2) + t*(3*c(3) + t*(4*c(4) + t*5*c(5)))))*potential%per_width(k)
    second = (2*c(2) + t*(6*c(3) + t*(12*c(4) + t*20*c(5))))*potential%per_width(k)**2
    slope = 2*first
    curvature = 2*first + 4*r2*second
  end subroutine spline

  !> The interval k of a spline of pair p in which r2 lies, and the fraction t of it that lies below. Below the first
  !> one t is the distance from it, in r_c^2.
  pure subroutine find_interval(potential, p, r2, k, t)
    type(potential_type), intent(in) :: potential
    integer(i4), intent(in) :: p
    real(wp), intent(in) :: r2
    integer(i4), intent(out) :: k
    real(wp), intent(out) :: t

    real(wp) :: u
    integer(i8) :: bits

    u = r2*potential%per_cutoff2(p)
    ! Rounding must not take it out of the last interval.
    bits = transfer(min(max(u, potential%least(p)), nearest(1.0_wp, -1.0_wp)), bits)
    k = int(shiftr(bits, potential%shift)) + int(potential%first(p))
    ! The digits that are left, behind the exponent of 1.
    t = transfer(ior(shiftr(shiftl(bits, 64 - potential%shift), 12), one_bits), t) - 1
    if (u < potential%least(p)) then
      k = k - 1
      t = u - potential%least(p)
    end if
  end subroutine find_interval

  !> r^2 from which on the potential of pair p is known, where sigma_ij is 1: a spline does not begin at 0.
  pure real(wp) function inner2(potential, p)
    type(potential_type), intent(in) :: potential
    integer(i4), intent(in) :: p

    inner2 = 0
    if (potential%law == law_spline) inner2 = potential%least(p)*potential%cutoff2(p)
  end function inner2

  !> Lennard-Jones: value V, V'/r and V''.
  pure subroutine lennard_jones(a12, a6, r2, value, slope, curvature)
    real(wp), intent(in) :: a12, a6, r2
    real(wp), intent(out) :: value, slope, curvature

    real(wp) :: i2, i6

    i2 = 1/r2
    i6 = i2*i2*i2
    value = (a12*i6 - a6)*i6
    slope = -(12*a12*i6 - 6*a6)*i6*i2
    curvature = (156*a12*i6 - 42*a6)*i6*i2
  end subroutine lennard_jones

end module softspots_potential
