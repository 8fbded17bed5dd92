!> Non-affine motion: D2_min of Falk and Langer.
module softspots_plasticity
  use softspots_kinds, only: wp, i4
  use softspots_configuration, only: configuration
  use softspots_neighbors, only: lanes
  implicit none (type, external)
  private
  public :: compute_d2min

contains

  !> D2_min(i) = min over 2 x 2 matrices L of sum_j |d'_ij - L d_ij|^2, a sum over the particles j within `cutoff` of i
  !> at the first time, d and d' the separations at the first and the second.
  !>
  !> displacement(:, i) is the particle's own motion; an image `row` boxes up moves by row*row_shift more in x.
  !> With w = d' - d and M = L - 1, the minimum over M of sum |w - M d|^2 is taken, which loses no digits to the
  !> affine part: M = X Y^-1, X = sum w d^T, Y = sum d d^T. Neighbours on one line leave M free across it (least norm).
  subroutine compute_d2min(frame, cutoff, displacement, row_shift, d2min)
    type(configuration), intent(in) :: frame
    real(wp), intent(in) :: cutoff
    real(wp), intent(in) :: displacement(:, :)
    real(wp), intent(in) :: row_shift
    real(wp), intent(out) :: d2min(:)

    integer(i4) :: o, i, pass, v, s, k, j, own
    real(wp) :: cutoff2, dx, dy, wx, wy, xx, xy, yx, yy, dxx, dxy, dyy, determinant, trace, mxx, mxy, myx, myy, total

    cutoff2 = cutoff**2
    do o = 1, frame%n
      i = frame%table%order(o)
      own = frame%table%slot(i)
      xx = 0
      xy = 0
      yx = 0
      yy = 0
      dxx = 0
      dxy = 0
      dyy = 0
      mxx = 0
      mxy = 0
      myx = 0
      myy = 0
      do pass = 1, 2
        total = 0
        do v = frame%table%begin(o), frame%table%begin(o + 1) - 1
          do s = frame%table%vectors(v), frame%table%vectors(v) + lanes - 1
            if (s == own) cycle
            dx = frame%table%x(s) - frame%table%x(own)
            dy = frame%table%y(s) - frame%table%y(own)
            if (dx*dx + dy*dy >= cutoff2) cycle
            k = frame%table%image(s)
            if (k > frame%n) then
              j = frame%source(k - frame%n)
              wx = displacement(1, j) - displacement(1, i) + frame%row(k - frame%n)*row_shift
            else
              j = k
              wx = displacement(1, j) - displacement(1, i)
            end if
            wy = displacement(2, j) - displacement(2, i)
            if (pass == 1) then
              xx = xx + wx*dx
              xy = xy + wx*dy
              yx = yx + wy*dx
              yy = yy + wy*dy
              dxx = dxx + dx*dx
              dxy = dxy + dx*dy
              dyy = dyy + dy*dy
            else
              total = total + (wx - (mxx*dx + mxy*dy))**2 + (wy - (myx*dx + myy*dy))**2
            end if
          end do
        end do
        if (pass == 2) exit
        determinant = dxx*dyy - dxy*dxy
        trace = dxx + dyy
        if (determinant > 1e-12_wp*trace**2) then
          mxx = (xx*dyy - xy*dxy)/determinant
          mxy = (xy*dxx - xx*dxy)/determinant
          myx = (yx*dyy - yy*dxy)/determinant
          myy = (yy*dxx - yx*dxy)/determinant
        else if (trace > 0) then
          mxx = (xx*dxx + xy*dxy)/trace**2
          mxy = (xx*dxy + xy*dyy)/trace**2
          myx = (yx*dxx + yy*dxy)/trace**2
          myy = (yx*dxy + yy*dyy)/trace**2
        end if
      end do
      d2min(i) = total
    end do
  end subroutine compute_d2min

end module softspots_plasticity
