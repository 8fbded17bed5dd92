!> What L-BFGS remembers, and the inverse Hessian that this amounts to.
!>
!> The two loops (Nocedal 1980) run on coefficients: all vectors they make are combinations of the force and of the
!> stored ones, and all they ask for are scalar products of these (Chen, Wang & Zhou 2014). So a step reads the stored
!> vectors twice, once for products with the force and once for the direction, in single precision.
module softspots_history
  use softspots_kinds, only: wp, sp, i4
  use softspots_reduction, only: dot, largest
  implicit none (type, external)
  private
  public :: pair_history, new_history, forget, remember, apply_inverse

  !> Pairs that are kept.
  integer(i4), parameter :: memory = 5
  !> Coordinates that are treated at a time: what is made of them stays in the first cache meanwhile.
  integer(i4), parameter :: panel = 2048
  !> Partial sums of each product, in single precision within a panel.
  integer(i4), parameter :: width = 32

  !> Pairs of a step s and of what it took off the force, y. Vectors are cut into panels, the last filled with zeros.
  type :: pair_history
    integer(i4) :: stored = 0, newest = 0
    real(wp) :: first_scale = 0                 !< an inverse stiffness, for a step without pairs
    real(wp) :: scale = 0                       !< the inverse Hessian that the pairs improve
    real(sp), allocatable :: pairs(:, :, :, :)  !< (panel, s or y, memory, panels)
    real(wp) :: sf(memory) = 0, yf(memory) = 0  !< s.f and y.f with the force after the newest step
    real(wp) :: sy(memory, memory) = 0          !< s(i).y(j), where i is not younger than j
    real(wp) :: yy(memory, memory) = 0          !< y(i).y(j)
  end type pair_history

contains

  !> An empty history of vectors (n); first_scale is an inverse stiffness to begin with.
  subroutine new_history(new, n, first_scale)
    type(pair_history), intent(out) :: new
    integer(i4), intent(in) :: n
    real(wp), intent(in) :: first_scale

    new%first_scale = first_scale
    new%scale = first_scale
    allocate (new%pairs(panel, 2, memory, (n + panel - 1)/panel), source=0.0_sp)
  end subroutine new_history

  pure subroutine forget(self)
    type(pair_history), intent(inout) :: self

    self%stored = 0
    self%scale = self%first_scale
  end subroutine forget

  !> Take in the step step*direction (n) and the force (n) at its end, which becomes the old one.
  subroutine remember(self, step, direction, force, old_force)
    type(pair_history), intent(inout) :: self
    real(wp), intent(in) :: step
    real(wp), intent(in), contiguous :: direction(:), force(:)
    real(wp), intent(inout), contiguous :: old_force(:)

    integer(i4) :: p, k, m, first, last, length
    real(sp) :: f(panel)
    real(wp), dimension(width, 2) :: with_s, with_y
    real(wp) :: with_f(width, 2, memory), ss, sy, yy, sf(memory), yf(memory)

    m = modulo(self%newest, memory) + 1
    with_s = 0
    with_y = 0
    with_f = 0
    f = 0
    do p = 1, size(self%pairs, 4)
      first = (p - 1)*panel + 1
      last = min(p*panel, size(force))
      length = last - first + 1
      f(:length) = real(force(first:last), sp)
      f(length + 1:) = 0
      associate (s => self%pairs(:, 1, :, p), y => self%pairs(:, 2, :, p))
        s(:length, m) = real(step*direction(first:last), sp)
        y(:length, m) = real(old_force(first:last) - force(first:last), sp)
        old_force(first:last) = force(first:last)
        call add_products(s(:, m), y(:, m), s(:, m), with_s)
        call add_products(s(:, m), y(:, m), y(:, m), with_y)
        do k = 1, memory
          call add_products(s(:, k), y(:, k), f, with_f(:, :, k))
        end do
      end associate
    end do
    ss = sum(with_s(:, 1))
    sy = sum(with_y(:, 1))
    yy = sum(with_y(:, 2))
    sf = sum(with_f(:, 1, :), 1)
    yf = sum(with_f(:, 2, :), 1)
    ! y is the old force less the new one, so its products with older vectors are known.
    self%sy(:, m) = self%sf - sf
    self%yy(:, m) = self%yf - yf
    self%sy(m, m) = sy
    self%yy(m, m) = yy
    self%yy(m, :) = self%yy(:, m)
    self%sf = sf
    self%yf = yf
    ! A pair without positive curvature would make the inverse Hessian indefinite; the oldest has made way for it.
    if (sy > 1e-12_wp*sqrt(ss*yy)) then
      self%scale = sy/yy
      self%newest = m
      self%stored = min(self%stored + 1, memory)
    else
      self%stored = min(self%stored, memory - 1)
    end if
  end subroutine remember

  !> direction (n) <- the inverse Hessian applied to the force (n) after the newest step, and of the direction its
  !> product with that force, downhill, and its largest component.
  subroutine apply_inverse(self, force, direction, downhill, longest)
    type(pair_history), intent(in) :: self
    real(wp), intent(in), contiguous :: force(:)
    real(wp), intent(out), contiguous :: direction(:)
    real(wp), intent(out) :: downhill, longest

    integer(i4) :: p, k, first, last, length, place(memory)
    real(wp) :: along_s(memory), along_y(memory)
    real(sp) :: d(panel)

    place = [(modulo(self%newest - k, memory) + 1, k=1, memory)]
    call two_loops(self, place(:self%stored), along_s, along_y)
    downhill = 0
    longest = 0
    do p = 1, size(self%pairs, 4)
      first = (p - 1)*panel + 1
      last = min(p*panel, size(force))
      length = last - first + 1
      d = 0
      do k = 1, self%stored
        associate (s => self%pairs(:, 1, place(k), p), y => self%pairs(:, 2, place(k), p))
          d = d + (real(along_s(k), sp)*s + real(along_y(k), sp)*y)
        end associate
      end do
      direction(first:last) = self%scale*force(first:last) + d(:length)
      downhill = downhill + dot(force(first:last), direction(first:last))
      longest = max(longest, largest(direction(first:last)))
    end do
  end subroutine apply_inverse

  !> The inverse Hessian applied to the force, as scale*force + the sum over k of along_s(k) s and along_y(k) y of the
  !> pair in place(k), the newest first.
  pure subroutine two_loops(self, place, along_s, along_y)
    type(pair_history), intent(in) :: self
    integer(i4), intent(in) :: place(:)
    real(wp), intent(out) :: along_s(:), along_y(:)

    integer(i4) :: k, i
    real(wp) :: alpha(memory), product

    do k = 1, size(place)
      i = place(k)
      product = self%sf(i) - dot_product(self%sy(i, place(:k - 1)), alpha(:k - 1))
      alpha(k) = product/self%sy(i, i)
    end do
    associate (n => size(place))
      along_y(:n) = -self%scale*alpha(:n)
      do k = n, 1, -1
        i = place(k)
        product = self%scale*self%yf(i) + dot_product(self%yy(place, i), along_y(:n)) &
                  + dot_product(self%sy(place(k + 1:), i), along_s(k + 1:n))
        along_s(k) = alpha(k) - product/self%sy(i, i)
      end do
    end associate
  end subroutine two_loops

  !> Add the products of s and y with v to the lanes of sums.
  pure subroutine add_products(s, y, v, sums)
    real(sp), intent(in), dimension(panel) :: s, y, v
    real(wp), intent(inout) :: sums(width, 2)

    integer(i4) :: i, l
    real(sp) :: sv(width), yv(width)

    sv = 0
    yv = 0
    do i = 0, panel - 1, width
      !$omp simd
      do l = 1, width
        sv(l) = sv(l) + s(i + l)*v(i + l)
        yv(l) = yv(l) + y(i + l)*v(i + l)
      end do
    end do
    sums(:, 1) = sums(:, 1) + sv
    sums(:, 2) = sums(:, 2) + yv
  end subroutine add_products

end module softspots_history
