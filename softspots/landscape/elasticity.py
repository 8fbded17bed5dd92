"""Elastic constants of a certified minimum: how the energy of a solid grows with the strain of its box."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
from scipy import sparse

from softspots.exceptions import InputError, UnstableError
from softspots.frame import Box
from softspots.landscape.forces import acting, configuration
from softspots.landscape.matrices import zero_threshold
from softspots.landscape.minimum import InherentStructure
from softspots.landscape.modes import hessian_of
from softspots.landscape.threads import single_threaded
from softspots.landscape.tied import factorize_tied, untie
from softspots.model import Mixture
from softspots.objects import require

# Forces at a minimum may be so many times as large as those that its quench has told; rounding is a part of them.
SAME_FORCES = 2


@single_threaded()
def elastic_constants(minimum: InherentStructure, model: Mixture) -> np.ndarray:
    """Elastic constants at zero temperature: the Born part less what particles that relax take of it.

    The box and all positions are multiplied by 1 + ε, with a symmetric strain ε, and particles then move to the minimum
    that this one becomes. The energy per volume V of the box before is

        E/V = E₀/V + Σ σ_ab ε_ab + ½ Σ C_abcd ε_ab ε_cd + …,

    where σ, −virial/V of `energy_forces`, is the stress. So C_abcd = (B_abcd − Ξ_abᵀ H⁺ Ξ_cd)/V, where B is the second
    derivative of the energy, and Ξ that of minus the forces, while particles follow the strain (Lutsko, J. Appl. Phys.
    65, 2991 (1989); Lemaître and Maloney, J. Stat. Phys. 123, 415 (2006)). B has terms of the stress in this
    convention: in a packing under the pressure p the shear modulus C_xyxy is smaller by p/2 than with strains of the
    metric, ε + ε²/2, and greater by p/2 than that of simple shear. C does not change when ab and cd, a and b, or c and
    d are exchanged, at any stress.

    Parameters
    ----------
    minimum : InherentStructure
        Certified. Rattlers and clusters that nothing holds have no part in it, and rigid motions are projected out.
    model : Mixture
        That of the quench.

    Returns
    -------
    (d, d, d, d) ndarray
        In the units of the mixture, energy over length^d.

    Raises
    ------
    InputError
        If forces are not those of the quench: the model is another one.
    UnstableError
        If the minimum is not certified, as of a packing below jamming, where nothing is held.
    """
    require("elastic_constants", minimum=minimum, model=model)
    if not minimum.certified:
        raise UnstableError(f"elastic_constants: the minimum is not certified: {minimum.stability.reason}")
    frame, stability = minimum.frame, minimum.stability
    matrix, rigid = stability.reduced(_hessian(minimum, model))
    dimension = frame.dimension
    places, strains = _strains(dimension)
    born, forces = _affine(matrix, frame.positions[stability.held], frame.box, strains)
    threshold, cholesky = zero_threshold(matrix), stability.factor.cholesky
    with cholesky.lock:
        if not factorize_tied(matrix, threshold, rigid, cholesky):
            raise UnstableError("elastic_constants: the Hessian of what is held has negative modes or modes at no cost")
        untied = untie(cholesky, threshold, rigid)

        def solve(forces):
            solution = cholesky.solve(forces - rigid @ (rigid.T @ forces))
            return solution - untied @ (rigid.T @ solution)

        response = solve(forces)
        # The factor is that of H less the threshold: a second step takes that out.
        response += solve(forces - matrix @ response)
    constants = (born - forces.T @ response) / frame.box.volume
    constants = (constants + constants.T) / 2
    return constants[places[:, :, None, None], places]


def _hessian(minimum: InherentStructure, model: Mixture) -> sparse.csc_array:
    """That of the quench, or else a new one of a model whose forces are those at the end of the quench."""
    kept = minimum.stability.factor.hessian(model)
    if kept is not None:
        return kept
    place = configuration(minimum.frame, model)
    residual = np.abs(place.energy_forces(acting(model))[1]).max()
    if residual > SAME_FORCES * minimum.max_force:
        raise InputError(
            f"elastic_constants: forces reach {residual:.3g}, but {minimum.max_force:.3g} at the end of the quench; "
            "the model must be that of the quench"
        )
    return hessian_of(place, model)


def _strains(dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """The number of each pair of axes (d, d), and by number the strains of unit ε_ab and ε_ba, halved for a ≠ b."""
    pairs = [*combinations_with_replacement(range(dimension), 2)]
    places, strains = np.empty((dimension, dimension), dtype=int), np.zeros((len(pairs), dimension, dimension))
    for number, (one, other) in enumerate(pairs):
        places[one, other] = places[other, one] = number
        strains[number, one, other] += 0.5
        strains[number, other, one] += 0.5
    return places, strains


def _affine(matrix: sparse.csc_array, positions: np.ndarray, box: Box, strains: np.ndarray):
    """While particles follow each of S strains: second derivatives of the energy (S, S), and forces against it (n, S).

    A pair's block of the Hessian is what its force changes by with its separation, in units of which strains move it.
    Its range is less than half of the box, so that no two images have a part in a block.
    """
    dimension = box.dimension
    blocks = sparse.bsr_array(matrix, blocksize=(dimension, dimension))
    rows = np.repeat(np.arange(len(positions)), np.diff(blocks.indptr))
    separations = box.minimum_image(positions[rows] - positions[blocks.indices])
    moved = np.einsum("sab,pb->spa", strains, separations)
    forces = -np.einsum("pab,spb->spa", blocks.data, moved)
    # Each pair is there twice. Rows have their diagonal at least, which a strain does not move.
    born = np.tensordot(moved, forces, ((1, 2), (1, 2))) / 2
    return born, np.add.reduceat(forces, blocks.indptr[:-1], axis=1).reshape(len(strains), -1).T
