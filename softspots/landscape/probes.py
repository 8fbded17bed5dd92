"""Whether a Hessian is positive definite, as random vectors see it: where a factor would take far longer."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from softspots import _core
from softspots.landscape.chebyshev import Products

# How likely vectors may be that miss a mode which is not stable: as rounding that hides one from a factor.
CHANCE = 1e-15
# Glasses take some hundred steps for this. Modes so soft that they take more are left to a factor.
MAX_STEPS = 500


def probes_show_stable(matrix: sparse.csc_array, threshold: float, rigid: np.ndarray, dimension: int) -> bool:
    """Whether random vectors show that all eigenvalues but those of rigid motions lie above ``threshold``.

    Conjugate gradients from a random vector x leave r = p(H) x, with p(0) = 1. While they meet positive curvature
    alone, all roots of p are positive, and p(λ) ≥ 1 where λ ≤ 0. So a unit eigenvector u of such a λ has abs(u · x) ≤
    norm(r). Its part in x is a normal deviate: that it is below ε in all of sixteen vectors has a chance below
    (ε sqrt(2/π))¹⁶, and all residuals have to come down to where that is `CHANCE`. Kuczyński and Woźniakowski (SIAM J.
    Matrix Anal. Appl. 13, 1094, 1992) bound so what Lanczos misses from a random vector, before it has run.

    The matrix is that of coordinates in which each particle's own block is one, which has the same inertia, and takes
    two thirds of the steps.

    Parameters
    ----------
    matrix : (n, n) csc_array
        Symmetric.
    threshold : float
        In the unit of the matrix.
    rigid : (n, m) ndarray
        Orthonormal vectors of eigenvalue zero.
    dimension : int
        Degrees of freedom of a particle.

    Returns
    -------
    bool
        False as well where it takes too many steps to tell.
    """
    products = Products(matrix, dimension)
    places = products.places()
    # A particle that nothing holds has no block or one of zeros, and one that falls a negative one.
    if len(places) * dimension < matrix.shape[0] or not (lowest := np.linalg.eigvalsh(places).min()) > threshold:
        return False
    roots = np.linalg.cholesky(places)
    products.change_coordinates(np.linalg.inv(roots))
    ordered = rigid[products.order].reshape(-1, dimension, rigid.shape[1])
    moved = np.linalg.qr((roots.transpose(0, 2, 1) @ ordered).reshape(rigid.shape))[0]
    # A vector is longer in these coordinates by the root of the lowest stiffness at least.
    return _residuals_fall(products, threshold / lowest, moved)


def _residuals_fall(products: Products, threshold: float, rigid: np.ndarray) -> bool:
    """Conjugate gradients from all vectors, down to where `CHANCE` is all that is left."""
    enough = np.pi / 2 * CHANCE ** (2 / _core.BLOCK_WIDTH)
    residuals = np.random.default_rng(0).standard_normal((products.size, _core.BLOCK_WIDTH))
    residuals -= rigid @ (rigid.T @ residuals)
    directions, images = residuals.copy(), np.zeros_like(residuals)
    squares = np.einsum("ij,ij->j", residuals, residuals)
    for _ in range(MAX_STEPS):
        products.step(directions, images, threshold)
        curvatures = np.einsum("ij,ij->j", directions, images)
        if not (curvatures > 0).all():
            return False
        images *= squares / curvatures
        residuals -= images
        before, squares = squares, np.einsum("ij,ij->j", residuals, residuals)
        if squares.max() < enough:
            return True
        directions *= squares / before
        directions += residuals
    return False
