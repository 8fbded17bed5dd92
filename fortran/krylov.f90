!> Blocks of vectors in an eigensolver that keeps all of them: solves with a Cholesky factor, and orthogonalisation.
!>
!> Both read large arrays once per sweep and are as fast as memory lets them be, so vectors go in blocks of
!> `block_width`, which lie row by row: a row is two vector registers long. The basis lies in panels of `panel_rows`
!> rows, each with all its columns side by side, so that a panel of the block stays in the first cache.
module softspots_krylov
  use softspots_kinds, only: wp, i4
  implicit none (type, external)
  private
  public :: solve_block, project_out, append, panel_rows, block_width

  integer(i4), parameter :: panel_rows = 256, block_width = 16

contains

  !> x <- L^-T L^-1 x for a supernodal factor L (n, n) in compressed columns, counted from 1, each with its diagonal
  !> entry first. Columns first_column(s) .. first_column(s + 1) - 1 have the same rows below each other.
  !> block: (block_width, n).
  subroutine solve_block(n, supernodes, first_column, indptr, rows, values, block)
    integer(i4), intent(in) :: n, supernodes
    integer(i4), intent(in) :: first_column(supernodes + 1), indptr(n + 1), rows(*)
    real(wp), intent(in) :: values(*)
    real(wp), intent(inout) :: block(block_width, n)

    integer(i4) :: s, j, k, four

    do s = 1, supernodes
      associate (first => first_column(s), last => first_column(s + 1) - 1)
        four = last - modulo(last - first + 1, 4)
        do j = first, four, 4
          call eliminate_four(n, j, indptr, rows, values, block)
        end do
        do j = four + 1, last
          block(:, j) = block(:, j)/values(indptr(j))
          do k = indptr(j) + 1, indptr(j + 1) - 1
            block(:, rows(k)) = block(:, rows(k)) - values(k)*block(:, j)
          end do
        end do
      end associate
    end do
    do s = supernodes, 1, -1
      associate (first => first_column(s), last => first_column(s + 1) - 1)
        four = last - modulo(last - first + 1, 4)
        do j = last, four + 1, -1
          do k = indptr(j) + 1, indptr(j + 1) - 1
            block(:, j) = block(:, j) - values(k)*block(:, rows(k))
          end do
          block(:, j) = block(:, j)/values(indptr(j))
        end do
        do j = four - 3, first, -4
          call substitute_four(n, j, indptr, rows, values, block)
        end do
      end associate
    end do
  end subroutine solve_block

  !> Forward elimination of columns j .. j + 3.
  pure subroutine eliminate_four(n, j, indptr, rows, values, block)
    integer(i4), intent(in) :: n, j, indptr(n + 1), rows(*)
    real(wp), intent(in) :: values(*)
    real(wp), intent(inout) :: block(block_width, n)

    integer(i4) :: a, b, i, l, r, p1, p2, p3, p4
    real(wp), dimension(block_width) :: x1, x2, x3, x4

    do a = 0, 3
      block(:, j + a) = block(:, j + a)/values(indptr(j + a))
      do b = a + 1, 3
        block(:, j + b) = block(:, j + b) - values(indptr(j + a) + b - a)*block(:, j + a)
      end do
    end do
    x1 = block(:, j)
    x2 = block(:, j + 1)
    x3 = block(:, j + 2)
    x4 = block(:, j + 3)
    p1 = indptr(j) + 3
    p2 = indptr(j + 1) + 2
    p3 = indptr(j + 2) + 1
    p4 = indptr(j + 3)
    do i = 1, indptr(j + 4) - p4 - 1
      r = rows(p4 + i)
      !$omp simd
      do l = 1, block_width
        block(l, r) = block(l, r) - values(p1 + i)*x1(l) - values(p2 + i)*x2(l) - values(p3 + i)*x3(l) &
                      - values(p4 + i)*x4(l)
      end do
    end do
  end subroutine eliminate_four

  !> Back substitution for rows j .. j + 3.
  pure subroutine substitute_four(n, j, indptr, rows, values, block)
    integer(i4), intent(in) :: n, j, indptr(n + 1), rows(*)
    real(wp), intent(in) :: values(*)
    real(wp), intent(inout) :: block(block_width, n)

    integer(i4) :: a, b, i, l, r, p1, p2, p3, p4
    real(wp), dimension(block_width) :: x1, x2, x3, x4

    x1 = block(:, j)
    x2 = block(:, j + 1)
    x3 = block(:, j + 2)
    x4 = block(:, j + 3)
    p1 = indptr(j) + 3
    p2 = indptr(j + 1) + 2
    p3 = indptr(j + 2) + 1
    p4 = indptr(j + 3)
    do i = 1, indptr(j + 4) - p4 - 1
      r = rows(p4 + i)
      !$omp simd
      do l = 1, block_width
        x1(l) = x1(l) - values(p1 + i)*block(l, r)
        x2(l) = x2(l) - values(p2 + i)*block(l, r)
        x3(l) = x3(l) - values(p3 + i)*block(l, r)
        x4(l) = x4(l) - values(p4 + i)*block(l, r)
      end do
    end do
    block(:, j) = x1
    block(:, j + 1) = x2
    block(:, j + 2) = x3
    block(:, j + 3) = x4
    do a = 3, 0, -1
      do b = a + 1, 3
        block(:, j + a) = block(:, j + a) - values(indptr(j + a) + b - a)*block(:, j + b)
      end do
      block(:, j + a) = block(:, j + a)/values(indptr(j + a))
    end do
  end subroutine substitute_four

  !> W <- W - V C with C = V^T W: take columns first .. last of `basis` out of `block`.
  !> basis: (panel_rows, capacity, panels); block: (block_width, panel_rows, panels); overlaps: C^T,
  !> (block_width, first:last). Rows beyond the last one are zeros.
  subroutine project_out(first, last, capacity, panels, basis, block, overlaps)
    integer(i4), intent(in) :: first, last, capacity, panels
    real(wp), intent(in) :: basis(panel_rows, capacity, panels)
    real(wp), intent(inout) :: block(block_width, panel_rows, panels)
    real(wp), intent(out) :: overlaps(block_width, first:last)

    integer(i4) :: p, j, four

    four = last - modulo(last - first + 1, 4)
    overlaps = 0
    do p = 1, panels
      do j = first, four, 4
        call add_overlaps(basis(:, j:j + 3, p), block(:, :, p), overlaps(:, j:j + 3))
      end do
      do j = four + 1, last
        overlaps(:, j) = overlaps(:, j) + matmul(block(:, :, p), basis(:, j, p))
      end do
    end do
    do p = 1, panels
      do j = first, four, 4
        call subtract(basis(:, j:j + 3, p), overlaps(:, j:j + 3), block(:, :, p))
      end do
      do j = four + 1, last
        call subtract_one(basis(:, j, p), overlaps(:, j), block(:, :, p))
      end do
    end do
  end subroutine project_out

  !> block <- transform applied to each of its rows; the result becomes columns first .. first + block_width - 1 of the
  !> basis, and gram its inner products.
  subroutine append(first, capacity, panels, transform, block, basis, gram)
    integer(i4), intent(in) :: first, capacity, panels
    real(wp), intent(in) :: transform(block_width, block_width)
    real(wp), intent(inout) :: block(block_width, panel_rows, panels), basis(panel_rows, capacity, panels)
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
      do j = 1, block_width, 4
        call add_overlaps(basis(:, first + j - 1:first + j + 2, p), block(:, :, p), gram(:, j:j + 3))
      end do
    end do
  end subroutine append

  !> Four columns at once keep the vector units busy: eight sums that do not wait for each other.
  pure subroutine add_overlaps(v, block, overlaps)
    real(wp), intent(in) :: v(panel_rows, 4), block(block_width, panel_rows)
    real(wp), intent(inout) :: overlaps(block_width, 4)

    integer(i4) :: i, l
    real(wp), dimension(block_width) :: c1, c2, c3, c4

    c1 = 0
    c2 = 0
    c3 = 0
    c4 = 0
    do i = 1, panel_rows
      !$omp simd
      do l = 1, block_width
        c1(l) = c1(l) + v(i, 1)*block(l, i)
        c2(l) = c2(l) + v(i, 2)*block(l, i)
        c3(l) = c3(l) + v(i, 3)*block(l, i)
        c4(l) = c4(l) + v(i, 4)*block(l, i)
      end do
    end do
    overlaps(:, 1) = overlaps(:, 1) + c1
    overlaps(:, 2) = overlaps(:, 2) + c2
    overlaps(:, 3) = overlaps(:, 3) + c3
    overlaps(:, 4) = overlaps(:, 4) + c4
  end subroutine add_overlaps

  pure subroutine subtract(v, overlaps, block)
    real(wp), intent(in) :: v(panel_rows, 4), overlaps(block_width, 4)
    real(wp), intent(inout) :: block(block_width, panel_rows)

    integer(i4) :: i, l
    real(wp), dimension(block_width) :: c1, c2, c3, c4

    c1 = overlaps(:, 1)
    c2 = overlaps(:, 2)
    c3 = overlaps(:, 3)
    c4 = overlaps(:, 4)
    do i = 1, panel_rows
      !$omp simd
      do l = 1, block_width
        block(l, i) = block(l, i) - v(i, 1)*c1(l) - v(i, 2)*c2(l) - v(i, 3)*c3(l) - v(i, 4)*c4(l)
      end do
    end do
  end subroutine subtract

  pure subroutine subtract_one(v, overlaps, block)
    real(wp), intent(in) :: v(panel_rows), overlaps(block_width)
    real(wp), intent(inout) :: block(block_width, panel_rows)

    integer(i4) :: i

    do i = 1, panel_rows
      block(:, i) = block(:, i) - v(i)*overlaps
    end do
  end subroutine subtract_one

end module softspots_krylov
