!> The border to C: kernels on the arrays of one frame, and on plain numbers. No physics.
!>
!> Arrays are C-contiguous on the other side: (N, 2) there is (2, n) here. Nothing is copied that need not be.
module softspots_c_interface
  use softspots_kinds, only: wp, i4
  use softspots_errors, only: failure, ok
  use softspots_box, only: box_type
  use softspots_configuration, only: configuration, new_configuration, rebuild
  use softspots_potential, only: potential_type, new_potential
  use softspots_forces, only: compute_forces, compute_energies, require_finite
  use softspots_hessian, only: count_hessian, fill_hessian
  use softspots_minimize, only: minimize
  use softspots_plasticity, only: compute_d2min
  use softspots_cells, only: cell_list, sort_into_cells
  use softspots_connection, only: connect_by_delaunay, connect_by_distance
  use softspots_meanfield, only: spend_budgets
  use softspots_reduction, only: accumulate
  use, intrinsic :: iso_c_binding, only: c_int, c_long_long, c_double
  implicit none (type, external)
  private

  !> What a minimiser adds to the cutoff, so that neighbours last for several steps.
  real(wp), parameter :: minimize_skin = 0.3_wp

contains

  !> A configuration sorted around the given positions, with neighbours up to `range`.
  subroutine prepare(n, positions, species, box, range, frame, error)
    integer(i4), intent(in) :: n
    real(wp), intent(in) :: positions(2, n), box(3), range
    integer(i4), intent(in) :: species(n)
    type(configuration), intent(out) :: frame
    type(failure), intent(out) :: error

    call new_configuration(frame, box_type(box(1), box(2), box(3)), species, range, error)
    if (error%code == ok) call rebuild(frame, positions(1, :), positions(2, :), error)
  end subroutine prepare

  !> Total energy, forces (2, n) and virial (2, 2) = sum over pairs of r_a f_b.
  subroutine ss_energy_forces(n, positions, species, box, table, smoothing, energy, forces, virial, error) bind(c)
    integer(c_int), value :: n, smoothing
    real(c_double), intent(in) :: positions(2, n), box(3), table(4, 0:2)
    integer(c_int), intent(in) :: species(n)
    real(c_double), intent(out) :: energy, forces(2, n), virial(2, 2)
    type(failure), intent(out) :: error

    type(configuration) :: frame
    type(potential_type) :: potential
    real(wp), allocatable :: force_x(:), force_y(:), energies(:), virials(:, :)

    potential = new_potential(table, smoothing)
    call prepare(n, positions, species, box, potential%cutoff, frame, error)
    if (error%code /= ok) return
    allocate (force_x(n), force_y(n), energies(n), virials(3, n))
    call compute_forces(frame%table, potential, force_x, force_y)
    call compute_energies(frame%table, potential, energies, virials)
    call require_finite(force_x, force_y, huge(1.0_wp), error)
    forces(1, :) = force_x
    forces(2, :) = force_y
    energy = sum(energies)
    virial(1, 1) = sum(virials(1, :))
    virial(1, 2) = sum(virials(2, :))
    virial(2, 1) = virial(1, 2)
    virial(2, 2) = sum(virials(3, :))
  end subroutine ss_energy_forces

  !> Row starts (n + 1) of the Hessian's 2 x 2 blocks, from zero.
  subroutine ss_count_hessian(n, positions, species, box, table, smoothing, indptr, error) bind(c)
    integer(c_int), value :: n, smoothing
    real(c_double), intent(in) :: positions(2, n), box(3), table(4, 0:2)
    integer(c_int), intent(in) :: species(n)
    integer(c_int), intent(out) :: indptr(n + 1)
    type(failure), intent(out) :: error

    type(configuration) :: frame
    type(potential_type) :: potential

    potential = new_potential(table, smoothing)
    call prepare(n, positions, species, box, potential%cutoff, frame, error)
    if (error%code == ok) call count_hessian(frame, potential, indptr, error)
  end subroutine ss_count_hessian

  !> Column indices and blocks of the Hessian, indptr(n + 1) of them.
  subroutine ss_fill_hessian(n, positions, species, box, table, smoothing, indptr, indices, blocks, error) bind(c)
    integer(c_int), value :: n, smoothing
    real(c_double), intent(in) :: positions(2, n), box(3), table(4, 0:2)
    integer(c_int), intent(in) :: species(n), indptr(n + 1)
    integer(c_int), intent(out) :: indices(indptr(n + 1))
    real(c_double), intent(out) :: blocks(2, 2, indptr(n + 1))
    type(failure), intent(out) :: error

    type(configuration) :: frame
    type(potential_type) :: potential

    potential = new_potential(table, smoothing)
    call prepare(n, positions, species, box, potential%cutoff, frame, error)
    if (error%code == ok) call fill_hessian(frame, potential, indptr, indices, blocks, error)
  end subroutine ss_fill_hessian

  !> Minimise from positions (2, n), which are replaced; forces (2, n) are those at the end.
  subroutine ss_minimize(n, positions, species, box, table, smoothing, method, max_force, max_evaluations, &
                                forces, evaluations, error) bind(c)
    integer(c_int), value :: n, smoothing, method, max_evaluations
    real(c_double), value :: max_force
    real(c_double), intent(inout) :: positions(2, n)
    real(c_double), intent(in) :: box(3), table(4, 0:2)
    integer(c_int), intent(in) :: species(n)
    real(c_double), intent(out) :: forces(2, n)
    integer(c_int), intent(out) :: evaluations
    type(failure), intent(out) :: error

    type(configuration) :: frame
    type(potential_type) :: potential
    integer(i4), allocatable :: order(:)
    real(wp), allocatable :: z(:), force(:)
    real(wp) :: skin

    evaluations = 0
    potential = new_potential(table, smoothing)
    ! A box that fits the cutoff may be too small for the full skin.
    skin = min(minimize_skin, 0.5_wp*min(box(1), box(2)) - potential%cutoff)
    call prepare(n, positions, species, box, potential%cutoff + max(skin, 0.0_wp), frame, error)
    if (error%code /= ok) return
    ! In the order of slots, so that memory is met in order.
    order = frame%table%order(:n)
    frame%species = species(order)
    z = [positions(1, order), positions(2, order)]
    allocate (force(2*n))
    call minimize(frame, potential, method, max_force, max_evaluations, z, force, evaluations, error)
    if (error%code /= ok) error%particle = order(error%particle + 1) - 1
    positions(1, order) = z(:n)
    positions(2, order) = z(n + 1:)
    forces(1, order) = force(:n)
    forces(2, order) = force(n + 1:)
  end subroutine ss_minimize

  !> D2_min (n) with neighbours within cutoff at the first time.
  subroutine ss_d2min(n, positions, displacements, row_shift, box, cutoff, d2min, error) bind(c)
    integer(c_int), value :: n
    real(c_double), value :: row_shift, cutoff
    real(c_double), intent(in) :: positions(2, n), displacements(2, n), box(3)
    real(c_double), intent(out) :: d2min(n)
    type(failure), intent(out) :: error

    type(configuration) :: frame
    integer(i4), allocatable :: species(:)

    allocate (species(n), source=0_i4)
    call prepare(n, positions, species, box, cutoff, frame, error)
    if (error%code == ok) call compute_d2min(frame, cutoff, displacements, row_shift, d2min, error)
  end subroutine ss_d2min

  !> Pairs (2, count) of chosen particles that are connected, from zero: at most `length` apart or, where that is zero,
  !> by the Delaunay triangulation. Of more than the capacity, some are missing.
  subroutine ss_connect(n, positions, box, chosen, length, capacity, edges, count, error) bind(c)
    integer(c_int), value :: n, capacity
    real(c_double), value :: length
    real(c_double), intent(in) :: positions(2, n), box(3)
    integer(c_int), intent(in) :: chosen(n)
    integer(c_int), intent(out) :: edges(2, capacity), count
    type(failure), intent(out) :: error

    type(cell_list) :: cells

    count = 0
    call sort_into_cells(positions, box_type(box(1), box(2), box(3)), cells, error)
    if (error%code /= ok) return
    if (length > 0) then
      call connect_by_distance(cells, chosen == 1, length, edges, count, error)
    else
      call connect_by_delaunay(cells, chosen == 1, edges, count, error)
    end if
  end subroutine ss_connect

  !> One step of the mean-field model for each of the n places in struck, from zero; counters = step, born, died.
  subroutine ss_spend_budgets(n, struck, n_budgets, budgets, n_spots, spot, birth, remaining, lifetimes, &
                              counters) bind(c)
    integer(c_int), value :: n, n_spots
    integer(c_long_long), value :: n_budgets
    integer(c_int), intent(in) :: struck(n)
    integer(c_long_long), intent(in) :: budgets(n_budgets)
    integer(c_long_long), intent(inout) :: spot(n_spots), birth(n_spots), remaining(n_spots), lifetimes(n_budgets)
    integer(c_long_long), intent(inout) :: counters(3)

    call spend_budgets(struck, budgets, spot, birth, remaining, lifetimes, counters(1), counters(2), counters(3))
  end subroutine ss_spend_budgets

  !> Add n terms to sums(1:2), exactly; the total is sums(1) + sums(2).
  subroutine ss_accumulate(n, terms, sums) bind(c)
    integer(c_int), value :: n
    real(c_double), intent(in) :: terms(n)
    real(c_double), intent(inout) :: sums(2)

    call accumulate(terms, sums)
  end subroutine ss_accumulate

end module softspots_c_interface
