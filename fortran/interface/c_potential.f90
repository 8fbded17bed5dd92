!> The border to C: a mixture's potential, behind a pointer. Arrays are C-contiguous on the other side: (P, 6) there is
!> (6, n_pairs) here. Who calls has checked them.
module softspots_c_potential
  use softspots_kinds, only: wp, i4
  use softspots_potential, only: potential_type, new_lennard_jones, new_powers, new_contact, new_spline, let_sizes_count
  use, intrinsic :: iso_c_binding, only: c_int, c_double, c_ptr, c_loc, c_f_pointer
  implicit none (type, external)
  private
  public :: potential_behind

contains

  !> What the pointer points to.
  function potential_behind(pointer) result(potential)
    type(c_ptr), intent(in) :: pointer
    type(potential_type), pointer :: potential

    call c_f_pointer(pointer, potential)
  end function potential_behind

  !> Lennard-Jones; table(:, pair) = eps, sigma, r_c, r_in; `law` as in softspots_potential.
  function ss_new_lennard_jones(law, n_pairs, table) result(pointer) bind(c)
    integer(c_int), value :: law, n_pairs
    real(c_double), intent(in) :: table(4, n_pairs)
    type(c_ptr) :: pointer

    type(potential_type), pointer :: potential

    allocate (potential)
    potential = new_lennard_jones(table, law)
    pointer = c_loc(potential)
  end function ss_new_lennard_jones

  !> Two even powers; coefficients(:, pair) = repulsion, attraction, k0, k2, k4, r_c.
  function ss_new_powers(n, m, n_pairs, coefficients) result(pointer) bind(c)
    integer(c_int), value :: n, m, n_pairs
    real(c_double), intent(in) :: coefficients(6, n_pairs)
    type(c_ptr) :: pointer

    type(potential_type), pointer :: potential

    allocate (potential)
    potential = new_powers(n, m, coefficients)
    pointer = c_loc(potential)
  end function ss_new_powers

  !> Contacts; coefficients(:, pair) = epsilon, sigma; `law` as in softspots_potential.
  function ss_new_contact(law, n_pairs, coefficients) result(pointer) bind(c)
    integer(c_int), value :: law, n_pairs
    real(c_double), intent(in) :: coefficients(2, n_pairs)
    type(c_ptr) :: pointer

    type(potential_type), pointer :: potential

    allocate (potential)
    potential = new_contact(law, coefficients)
    pointer = c_loc(potential)
  end function ss_new_contact

  !> Polynomials in r^2, below the least and in intervals from there to the cutoff; see `new_spline`.
  function ss_new_spline(n_pairs, n_polynomials, digits, least, cutoff, coefficients) result(pointer) bind(c)
    integer(c_int), value :: n_pairs, n_polynomials, digits
    real(c_double), intent(in) :: least(n_pairs), cutoff(n_pairs), coefficients(0:5, n_polynomials, n_pairs)
    type(c_ptr) :: pointer

    type(potential_type), pointer :: potential

    allocate (potential)
    potential = new_spline(digits, least, cutoff, coefficients)
    pointer = c_loc(potential)
  end function ss_new_spline

  !> Particles have sizes, which are units of length.
  subroutine ss_let_sizes_count(pointer, non_additivity) bind(c)
    type(c_ptr), value :: pointer
    real(c_double), value :: non_additivity

    type(potential_type), pointer :: potential

    potential => potential_behind(pointer)
    call let_sizes_count(potential, non_additivity)
  end subroutine ss_let_sizes_count

  subroutine ss_free_potential(pointer) bind(c)
    type(c_ptr), value :: pointer

    type(potential_type), pointer :: potential

    potential => potential_behind(pointer)
    deallocate (potential)
  end subroutine ss_free_potential

end module softspots_c_potential
