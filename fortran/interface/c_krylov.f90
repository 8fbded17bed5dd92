!> The border to C: the eigensolver's kernels that know no dimension. Arrays are C-contiguous on the other side.
module softspots_c_krylov
  use softspots_krylov, only: pack_factor, solve_block, project_out, reorthogonalize, append, residual_norms, &
    panel_rows, block_width, tile_width
  use, intrinsic :: iso_c_binding, only: c_int, c_float, c_double
  implicit none (type, external)
  private

contains

  !> Pack a Cholesky factor for solves with blocks of vectors; see krylov.fypp. All indices are counted from 1.
  subroutine ss_pack_factor(n, tiles, column, indptr, values, start, below, triangle) bind(c)
    integer(c_int), value :: n, tiles
    integer(c_int), intent(in) :: column(tiles + 1), indptr(n + 1), start(tiles + 1)
    real(c_double), intent(in) :: values(indptr(n + 1) - 1)
    real(c_double), intent(out) :: below(start(tiles + 1), tile_width), triangle(tile_width, tile_width, tiles)

    call pack_factor(n, tiles, column, indptr, values, start, below, triangle)
  end subroutine ss_pack_factor

  !> Solve for a block of vectors; see krylov.fypp.
  subroutine ss_solve_block(n, tiles, column, start, row, below, triangle, block) bind(c)
    integer(c_int), value :: n, tiles
    integer(c_int), intent(in) :: column(tiles + 1), start(tiles + 1), row(start(tiles + 1))
    real(c_double), intent(in) :: below(start(tiles + 1), tile_width), triangle(tile_width, tile_width, tiles)
    real(c_double), intent(inout) :: block(block_width, n)

    call solve_block(n, tiles, column, start, row, below, triangle, block)
  end subroutine ss_solve_block

  !> Take columns first .. last, counted from 1, of a basis out of a block of vectors; see krylov.fypp.
  subroutine ss_project_out(first, last, capacity, panels, basis, block, overlaps) bind(c)
    integer(c_int), value :: first, last, capacity, panels
    real(c_double), intent(in) :: basis(panel_rows, capacity, panels)
    real(c_double), intent(inout) :: block(block_width, panel_rows, panels)
    real(c_double), intent(out) :: overlaps(block_width, first:last)

    call project_out(first, last, capacity, panels, basis, block, overlaps)
  end subroutine ss_project_out

  !> Take the first `columns` of a basis out of a block of vectors that is nearly orthogonal to them; see
  !> krylov.fypp.
  subroutine ss_reorthogonalize(columns, capacity, panels, basis, rounded, block) bind(c)
    integer(c_int), value :: columns, capacity, panels
    real(c_double), intent(in) :: basis(panel_rows, capacity, panels)
    real(c_float), intent(in) :: rounded(panel_rows, capacity, panels)
    real(c_double), intent(inout) :: block(block_width, panel_rows, panels)

    call reorthogonalize(columns, capacity, panels, basis, rounded, block)
  end subroutine ss_reorthogonalize

  !> Transform a block of vectors and put it into a basis from column `first` on; see krylov.fypp.
  subroutine ss_append(first, capacity, panels, transform, block, basis, rounded, gram) bind(c)
    integer(c_int), value :: first, capacity, panels
    real(c_double), intent(in) :: transform(block_width, block_width)
    real(c_double), intent(inout) :: block(block_width, panel_rows, panels), basis(panel_rows, capacity, panels)
    real(c_float), intent(inout) :: rounded(panel_rows, capacity, panels)
    real(c_double), intent(out) :: gram(block_width, block_width)

    call append(first, capacity, panels, transform, block, basis, rounded, gram)
  end subroutine ss_append

  !> Residuals of eigenpairs of a symmetric matrix in compressed columns counted from 0; see krylov.fypp.
  subroutine ss_residual_norms(n, entries, indptr, indices, values, modes, eigenvalues, vectors, norms) bind(c)
    integer(c_int), value :: n, entries, modes
    integer(c_int), intent(in) :: indptr(n + 1), indices(entries)
    real(c_double), intent(in) :: values(entries), eigenvalues(modes), vectors(n, modes)
    real(c_double), intent(out) :: norms(modes)

    call residual_norms(n, entries, indptr, indices, values, modes, eigenvalues, vectors, norms)
  end subroutine ss_residual_norms

end module softspots_c_krylov
