!> Blocks of vectors in an eigensolver that keeps all of them: solves with a Cholesky factor, orthogonalisation, and
!> residuals.
!>
!> Both read large arrays once per sweep and are as fast as memory lets them be, so vectors go in blocks of
!> `block_width`, which lie row by row: a row is two vector registers long. The basis lies in panels of `panel_rows`
!> rows, each with all its columns side by side: memory is read in long runs while a panel of the block stays in cache.
module softspots_krylov
  use softspots_kinds, only: wp, sp, i4
  implicit none (type, external)
  private
  public :: pack_factor, solve_block, project_out, reorthogonalize, append, residual_norms, panel_rows, block_width, &
            tile_width

  integer(i4), parameter :: panel_rows = 2048, block_width = 16, tile_width = 4

contains

  !> Pack the Cholesky factor L, in compressed columns counted from 1, each with its diagonal entry first, into tiles of
  !> up to `tile_width` columns that have the same rows below them. Tile t has columns column(t) .. column(t + 1) - 1,
  !> and below(start(t) .. start(t + 1) - 1, :) is what stands below it; so solves read memory straight on, at one place
  !> for each column of a tile, as processors fetch several streams ahead faster than one. triangle(:, :, t) is the
  !> tile's triangle, with the reciprocals of its diagonal.
  pure subroutine pack_factor(n, tiles, column, indptr, values, start, below, triangle)
    integer(i4), intent(in) :: n, tiles, column(tiles + 1), indptr(n + 1), start(tiles + 1)
    real(wp), intent(in) :: values(indptr(n + 1) - 1)
    real(wp), intent(out) :: below(start(tiles + 1), tile_width), triangle(tile_width, tile_width, tiles)

    integer(i4) :: t, a, width, first, rows

    below = 0
    triangle = 0
    do t = 1, tiles
      width = column(t + 1) - column(t)
      rows = start(t + 1) - start(t)
      do a = 1, width
        first = indptr(column(t) + a - 1)
        triangle(a:width, a, t) = values(first:first + width - a)
        triangle(a, a, t) = 1/triangle(a, a, t)
        below(start(t):start(t) + rows - 1, a) = values(first + width - a + 1:first + width - a + rows)
      end do
    end do
  end subroutine pack_factor

  !> x <- L^-T L^-1 x with a factor that `pack_factor` has packed; row(start(t)) and following are the rows below tile
  !> t. One more stands at the end, which the last tile points to.
  !> block: (block_width, n).
  pure subroutine solve_block(n, tiles, column, start, row, below, triangle, block)
    integer(i4), intent(in) :: n, tiles, column(tiles + 1), start(tiles + 1), row(start(tiles + 1))
    real(wp), intent(in) :: below(start(tiles + 1), tile_width), triangle(tile_width, tile_width, tiles)
    real(wp), intent(inout) :: block(block_width, n)

    integer(i4) :: t, a, b, width, first
    real(wp) :: x(block_width, tile_width)

    do t = 1, tiles
      first = column(t)
      width = column(t + 1) - first
      x = 0
      x(:, :width) = block(:, first:first + width - 1)
      do a = 1, width
        x(:, a) = x(:, a)*triangle(a, a, t)
        do b = a + 1, width
          x(:, b) = x(:, b) - triangle(b, a, t)*x(:, a)
        end do
      end do
      block(:, first:first + width - 1) = x(:, :width)
      call eliminate(start(t + 1) - start(t), n, row(start(t)), below(start(t), 1), below(start(t), 2), &
                     below(start(t), 3), below(start(t), 4), x, block)
    end do
    do t = tiles, 1, -1
      first = column(t)
      width = column(t + 1) - first
      x = 0
      x(:, :width) = block(:, first:first + width - 1)
      call substitute(start(t + 1) - start(t), n, row(start(t)), below(start(t), 1), below(start(t), 2), &
                     below(start(t), 3), below(start(t), 4), x, block)
      do a = width, 1, -1
        do b = a + 1, width
          x(:, a) = x(:, a) - triangle(b, a, t)*x(:, b)
        end do
        x(:, a) = x(:, a)*triangle(a, a, t)
      end do
      block(:, first:first + width - 1) = x(:, :width)
    end do
  end subroutine solve_block

  !> Forward elimination of x from the rows below a tile.
  pure subroutine eliminate(rows, n, row, below1, below2, below3, below4, x, block)
    integer(i4), intent(in) :: rows, n, row(rows)
    real(wp), dimension(rows), intent(in) :: below1, below2, below3, below4
    real(wp), intent(in) :: x(block_width, tile_width)
    real(wp), intent(inout) :: block(block_width, n)

    integer(i4) :: i, l
    real(wp), dimension(block_width) :: x1, x2, x3, x4

    x1 = x(:, 1)
    x2 = x(:, 2)
    x3 = x(:, 3)
    x4 = x(:, 4)
    do i = 1, rows
      !$omp simd
      do l = 1, block_width
        block(l, row(i)) = block(l, row(i)) - below1(i)*x1(l) - below2(i)*x2(l) &
                           - below3(i)*x3(l) - below4(i)*x4(l)
      end do
    end do
  end subroutine eliminate

  !> Back substitution of the rows below a tile into x. As tiles, rows are taken from the last to the first: memory is
  !> then read straight backwards, which it is as fast at as forwards.
  pure subroutine substitute(rows, n, row, below1, below2, below3, below4, x, block)
    integer(i4), intent(in) :: rows, n, row(rows)
    real(wp), dimension(rows), intent(in) :: below1, below2, below3, below4
    real(wp), intent(in) :: block(block_width, n)
    real(wp), intent(inout) :: x(block_width, tile_width)

    integer(i4) :: i, l
    real(wp), dimension(block_width) :: x1, x2, x3, x4

    x1 = x(:, 1)
    x2 = x(:, 2)
    x3 = x(:, 3)
    x4 = x(:, 4)
    do i = rows, 1, -1
      !$omp simd
      do l = 1, block_width
        x1(l) = x1(l) - below1(i)*block(l, row(i))
        x2(l) = x2(l) - below2(i)*block(l, row(i))
        x3(l) = x3(l) - below3(i)*block(l, row(i))
        x4(l) = x4(l) - below4(i)*block(l, row(i))
      end do
    end do
    x(:, 1) = x1
    x(:, 2) = x2
    x(:, 3) = x3
    x(:, 4) = x4
  end subroutine substitute

  !> W <- W - V C with C = V^T W: take columns first .. last of `basis`, a multiple of eight, out of `block`.
  !> basis: (panel_rows, capacity, panels); block: (block_width, panel_rows, panels); overlaps: C^T,
  !> (block_width, first:last). Rows beyond the last one are zeros.
  subroutine project_out(first, last, capacity, panels, basis, block, overlaps)
    integer(i4), intent(in) :: first, last, capacity, panels
    real(wp), intent(in) :: basis(panel_rows, capacity, panels)
    real(wp), intent(inout) :: block(block_width, panel_rows, panels)
    real(wp), intent(out) :: overlaps(block_width, first:last)

    integer(i4) :: p, j

    call find_overlaps(first, last, capacity, panels, basis, block, overlaps)
    do p = 1, panels
      do j = first, last, 8
        call subtract(basis(:, j:j + 7, p), overlaps(:, j:j + 7), block(:, :, p))
      end do
    end do
  end subroutine project_out

  !> The same for the first `columns` of the basis, to which `block` is orthogonal but for rounding: what is taken out
  !> is so small that single precision of it does, and `rounded`, a copy of the basis, is half as much memory.
  subroutine reorthogonalize(columns, capacity, panels, basis, rounded, block)
    integer(i4), intent(in) :: columns, capacity, panels
    real(wp), intent(in) :: basis(panel_rows, capacity, panels)
    real(sp), intent(in) :: rounded(panel_rows, capacity, panels)
    real(wp), intent(inout) :: block(block_width, panel_rows, panels)

    integer(i4) :: p, j
    real(wp), allocatable :: overlaps(:, :)
    real(sp), allocatable :: small(:, :), excess(:, :)

    allocate (overlaps(block_width, columns), excess(block_width, panel_rows))
    call find_overlaps(1, columns, capacity, panels, basis, block, overlaps)
    small = real(overlaps, sp)
    do p = 1, panels
      excess = 0
      do j = 1, columns, 8
        call add_columns(rounded(:, j:j + 7, p), small(:, j:j + 7), excess)
      end do
      block(:, :, p) = block(:, :, p) - excess
    end do
  end subroutine reorthogonalize

  subroutine find_overlaps(first, last, capacity, panels, basis, block, overlaps)
    integer(i4), intent(in) :: first, last, capacity, panels
    real(wp), intent(in) :: basis(panel_rows, capacity, panels), block(block_width, panel_rows, panels)
    real(wp), intent(out) :: overlaps(block_width, first:last)

    integer(i4) :: p, j

    overlaps = 0
    do p = 1, panels
      do j = first, last, 8
        call add_overlaps(basis(:, j:j + 7, p), block(:, :, p), overlaps(:, j:j + 7))
      end do
    end do
  end subroutine find_overlaps

  !> block <- transform applied to each of its rows; the result becomes columns first .. first + block_width - 1 of the
  !> basis and of its rounded copy, and gram its inner products.
  subroutine append(first, capacity, panels, transform, block, basis, rounded, gram)
    integer(i4), intent(in) :: first, capacity, panels
    real(wp), intent(in) :: transform(block_width, block_width)
    real(wp), intent(inout) :: block(block_width, panel_rows, panels), basis(panel_rows, capacity, panels)
    real(sp), intent(inout) :: rounded(panel_rows, capacity, panels)
    real(wp), intent(out) :: gram(block_width, block_width)

    integer(i4) :: p, i, j, l
    real(wp) :: row(block_width)

    gram = 0
    do p = 1, panels
      do i = 1, panel_rows
        row = 0
        do j = 1, block_width
          !$omp simd
          do l = 1, block_width
            row(l) = row(l) + transform(l, j)*block(j, i, p)
          end do
        end do
        block(:, i, p) = row
      end do
      basis(:, first:first + block_width - 1, p) = transpose(block(:, :, p))
      rounded(:, first:first + block_width - 1, p) = real(basis(:, first:first + block_width - 1, p), sp)
      do j = 1, block_width, 8
        call add_overlaps(basis(:, first + j - 1:first + j + 6, p), block(:, :, p), gram(:, j:j + 7))
      end do
    end do
  end subroutine append

  !> norms(j) = |H v - lambda v| for lambda = eigenvalues(j) and v = vectors(:, j). H is symmetric, in compressed
  !> columns counted from 0.
  subroutine residual_norms(n, entries, indptr, indices, values, modes, eigenvalues, vectors, norms)
    integer(i4), intent(in) :: n, entries, indptr(n + 1), indices(entries), modes
    real(wp), intent(in) :: values(entries), eigenvalues(modes), vectors(n, modes)
    real(wp), intent(out) :: norms(modes)

    integer(i4) :: first, last, i, k, l
    real(wp), dimension(block_width) :: lambda, residual, squares
    real(wp), allocatable :: block(:, :)

    allocate (block(block_width, n), source=0.0_wp)
    lambda = 0
    do first = 1, modes, block_width
      last = min(first + block_width - 1, modes)
      block(:last - first + 1, :) = transpose(vectors(:, first:last))
      lambda(:last - first + 1) = eigenvalues(first:last)
      squares = 0
      do i = 1, n
        residual = -lambda*block(:, i)
        do k = indptr(i) + 1, indptr(i + 1)
          !$omp simd
          do l = 1, block_width
            residual(l) = residual(l) + values(k)*block(l, indices(k) + 1)
          end do
        end do
        squares = squares + residual**2
      end do
      norms(first:last) = sqrt(squares(:last - first + 1))
    end do
  end subroutine residual_norms

  !> Eight columns at once: the block is read from cache once for all of them, and no sum waits for another.
  pure subroutine add_overlaps(v, block, overlaps)
    real(wp), intent(in) :: v(panel_rows, 8), block(block_width, panel_rows)
    real(wp), intent(inout) :: overlaps(block_width, 8)

    integer(i4) :: i, l
    real(wp), dimension(block_width) :: c1, c2, c3, c4, c5, c6, c7, c8

    c1 = 0
    c2 = 0
    c3 = 0
    c4 = 0
    c5 = 0
    c6 = 0
    c7 = 0
    c8 = 0
    do i = 1, panel_rows
      !$omp simd
      do l = 1, block_width
        c1(l) = c1(l) + v(i, 1)*block(l, i)
        c2(l) = c2(l) + v(i, 2)*block(l, i)
        c3(l) = c3(l) + v(i, 3)*block(l, i)
        c4(l) = c4(l) + v(i, 4)*block(l, i)
        c5(l) = c5(l) + v(i, 5)*block(l, i)
        c6(l) = c6(l) + v(i, 6)*block(l, i)
        c7(l) = c7(l) + v(i, 7)*block(l, i)
        c8(l) = c8(l) + v(i, 8)*block(l, i)
      end do
    end do
    overlaps(:, 1) = overlaps(:, 1) + c1
    overlaps(:, 2) = overlaps(:, 2) + c2
    overlaps(:, 3) = overlaps(:, 3) + c3
    overlaps(:, 4) = overlaps(:, 4) + c4
    overlaps(:, 5) = overlaps(:, 5) + c5
    overlaps(:, 6) = overlaps(:, 6) + c6
    overlaps(:, 7) = overlaps(:, 7) + c7
    overlaps(:, 8) = overlaps(:, 8) + c8
  end subroutine add_overlaps

  pure subroutine subtract(v, overlaps, block)
    real(wp), intent(in) :: v(panel_rows, 8), overlaps(block_width, 8)
    real(wp), intent(inout) :: block(block_width, panel_rows)

    integer(i4) :: i, l
    real(wp), dimension(block_width) :: c1, c2, c3, c4, c5, c6, c7, c8

    c1 = overlaps(:, 1)
    c2 = overlaps(:, 2)
    c3 = overlaps(:, 3)
    c4 = overlaps(:, 4)
    c5 = overlaps(:, 5)
    c6 = overlaps(:, 6)
    c7 = overlaps(:, 7)
    c8 = overlaps(:, 8)
    do i = 1, panel_rows
      !$omp simd
      do l = 1, block_width
        block(l, i) = block(l, i) - v(i, 1)*c1(l) - v(i, 2)*c2(l) - v(i, 3)*c3(l) - v(i, 4)*c4(l) &
                      - v(i, 5)*c5(l) - v(i, 6)*c6(l) - v(i, 7)*c7(l) - v(i, 8)*c8(l)
      end do
    end do
  end subroutine subtract

  !> sums <- sums + coefficients applied to each row of v.
  pure subroutine add_columns(v, coefficients, sums)
    real(sp), intent(in) :: v(panel_rows, 8), coefficients(block_width, 8)
    real(sp), intent(inout) :: sums(block_width, panel_rows)

    integer(i4) :: i, l
    real(sp), dimension(block_width) :: c1, c2, c3, c4, c5, c6, c7, c8

    c1 = coefficients(:, 1)
    c2 = coefficients(:, 2)
    c3 = coefficients(:, 3)
    c4 = coefficients(:, 4)
    c5 = coefficients(:, 5)
    c6 = coefficients(:, 6)
    c7 = coefficients(:, 7)
    c8 = coefficients(:, 8)
    do i = 1, panel_rows
      !$omp simd
      do l = 1, block_width
        sums(l, i) = sums(l, i) + v(i, 1)*c1(l) + v(i, 2)*c2(l) + v(i, 3)*c3(l) + v(i, 4)*c4(l) &
                     + v(i, 5)*c5(l) + v(i, 6)*c6(l) + v(i, 7)*c7(l) + v(i, 8)*c8(l)
      end do
    end do
  end subroutine add_columns

end module softspots_krylov
