"""Forces of ASE's calculators, and Hessians: those of matscipy, or differences of forces."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy import sparse

from softspots.arrays import positive_number
from softspots.exceptions import InputError
from softspots.extras import load_extra
from softspots.frame import Frame
from softspots.landscape.matrices import row_sums, with_places
from softspots.landscape.other import missed, slope
from softspots.model.atoms import atoms_from_frame

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

# How far off a Hessian from differences may be, of how forces change. A sound one is off by 1e-5 at most, the h²/6 of a
# fourth derivative where particles all but overlap; one with half the reach of a Lennard-Jones potential by 2e-2.
OFF = 1e-3


class ASEForces:
    """The forces of a calculator of ASE, in the place of a `Mixture`.

    Energies are in eV and lengths in Å, as ASE has them; nothing is converted, so that a ``max_force`` is in eV/Å and a
    Hessian in eV/Å². Where the calculator has a Hessian of its own, as most of matscipy's have, that is taken. Else it
    is found from central differences of the forces. Two particles are moved at the same time if none feels both, so
    that a large system costs six evaluations for every particle within twice the ``reach`` of one, whatever its size,
    and a smaller one six for each of its own. Two more evaluations, with all particles moved at random, tell whether
    the ``reach`` is long enough.

    Parameters
    ----------
    calculator : ase.calculators.calculator.Calculator
    reach : float, optional
        In Å. How far away a particle that moves can change the force on another: of pair potentials their cutoff, of
        embedded atoms and others that see the neighbours of neighbours twice that. May be infinite, which moves one
        particle at a time. Needed where the calculator has no Hessian.
    step : float, optional
        Of the differences, in Å.

    Attributes
    ----------
    units : tuple of str
        Those of energy and length, eV and Å.

    Raises
    ------
    InputError
        If the calculator has neither energies nor forces, or a number is not positive.
    InstallationError
        If ASE is not there.
    """

    units: ClassVar[tuple[str, str]] = ("eV", "Å")

    def __init__(self, calculator: Calculator, *, reach: float | None = None, step: float = 1e-4) -> None:
        load_extra("ase")
        known = getattr(calculator, "implemented_properties", None)
        if known is None or not callable(getattr(calculator, "get_property", None)):
            raise InputError(f"ASEForces: calculator is of type {type(calculator).__name__}; one of ASE's is needed")
        if missing := {"energy", "forces"} - set(known):
            raise InputError(f"ASEForces: {type(calculator).__name__} has no {' and no '.join(sorted(missing))}")
        self.calculator = calculator
        self.reach: float | None = reach if reach in (None, np.inf) else positive_number("ASEForces: reach", reach)
        self.step: float = positive_number("ASEForces: step", step)

    def __repr__(self) -> str:
        return f"ASEForces({type(self.calculator).__name__}, in eV and Å)"

    def energy_forces(self, frame: Frame) -> tuple[float, np.ndarray, np.ndarray]:
        """Energy in eV, forces (N, 3) in eV/Å, and virial (3, 3) in eV, NaN if the calculator has no stress."""
        atoms = atoms_from_frame(frame)
        # One that knows all that is asked for computes it once.
        energy = self.calculator.get_property("energy", atoms)
        virial = np.full((3, 3), np.nan)
        if "stress" in self.calculator.implemented_properties:
            stress = np.asarray(self.calculator.get_property("stress", atoms))
            full = stress if stress.shape == (3, 3) else stress[[[0, 5, 4], [5, 1, 3], [4, 3, 2]]]
            virial = -frame.box.volume * full
        return energy, np.array(self.calculator.get_property("forces", atoms)), virial

    def hessian(self, frame: Frame, mass_weighted: bool = False) -> sparse.csc_array:
        """∂²V/∂r_iα∂r_jβ (3N, 3N), in eV/Å².

        Parameters
        ----------
        frame : Frame
        mass_weighted : bool, optional
            Divide by sqrt(m_i m_j), the masses of the elements: in eV/(Å² u). Translations of such a matrix are no
            longer uniform: `lowest_modes` takes it with a `Stability` whose ``rigid_motions`` are those of the minimum
            times sqrt(m_i), each normalized.

        Raises
        ------
        InputError
            If the calculator has no Hessian, and there is no ``reach`` to find it from differences of forces, or that
            is too short.
        """
        atoms = atoms_from_frame(frame)
        # matscipy's calculators that can answer do not all name it among their properties.
        own = callable(getattr(self.calculator, "get_hessian", None))
        if own or "hessian" in self.calculator.implemented_properties:
            matrix = sparse.csc_array(self.calculator.get_property("hessian", atoms))
        elif self.reach is None:
            raise InputError(
                f"ASEForces: {type(self.calculator).__name__} has no Hessian; with ASEForces(calculator, reach=…), how "
                "far a particle's move changes forces, it is found from differences of forces"
            )
        else:
            matrix = self._by_differences(frame)
        if mass_weighted:
            weights = sparse.diags_array(np.repeat(atoms.get_masses() ** -0.5, 3))
            matrix = (weights @ matrix @ weights).tocsc()
        return matrix

    def _by_differences(self, frame: Frame) -> sparse.csc_array:
        """Central differences of forces, made symmetric and free of forces on translations."""
        atoms = atoms_from_frame(frame)
        near = _neighbors(frame, self.reach)
        colors = _colors(near)
        rows, columns, values = [], [], []
        for color in range(colors.max(initial=-1) + 1):
            moved = np.flatnonzero(colors == color)
            # Whoever feels a move feels that of one particle alone.
            owner, felt = near[moved].nonzero()
            for axis in range(3):
                along = np.zeros_like(frame.positions)
                along[moved, axis] = 1.0
                slope = self._slope(frame, atoms, along)[felt]
                rows.append(3 * felt[:, None] + np.arange(3))
                columns.append(np.repeat(3 * moved[owner] + axis, 3))
                values.append(slope)
        entries = (np.concatenate([part.ravel() for part in parts]) for parts in (values, rows, columns))
        values, rows, columns = entries
        size = frame.positions.size
        matrix = sparse.coo_array((values, (rows, columns)), shape=(size, size)).tocsc()
        matrix = ((matrix + matrix.T) / 2).tocsc()
        if near.nnz < len(frame) ** 2:
            self._require_reach(frame, atoms, matrix)
        return with_places(matrix, -row_sums(matrix, 3))

    def _slope(self, frame: Frame, atoms: Atoms, along: np.ndarray) -> np.ndarray:
        def forces_at(positions):
            atoms.positions = positions
            return np.array(self.calculator.get_property("forces", atoms))

        return slope(forces_at, frame.positions, self.step, along)

    def _require_reach(self, frame: Frame, atoms: Atoms, matrix: sparse.csc_array) -> None:
        along = np.random.default_rng(0).choice([-1.0, 1.0], frame.positions.shape)
        off = missed(self._slope(frame, atoms, along), matrix, along)
        if off > OFF:
            raise InputError(
                f"ASEForces: reach is {self.reach:g} Å, and a Hessian of that is off by {100 * off:.3g} % of "
                f"how forces change where all particles move; at most {100 * OFF:g} % is allowed: raise reach, of pair "
                "potentials to their cutoff, of embedded atoms to twice that (or step, where forces are in single "
                "precision)"
            )


def _neighbors(frame: Frame, reach: float) -> sparse.csr_array:
    """Which particles (N, N) are at most ``reach`` apart, themselves among them."""
    size = len(frame)
    if reach >= min(frame.box.lengths) / 2:
        return sparse.csr_array(np.ones((size, size), dtype=np.int8))
    positions = frame.wrapped().positions
    rows = (np.linalg.norm(frame.box.minimum_image(positions - one), axis=1) <= reach for one in positions)
    return sparse.csr_array(sparse.vstack([sparse.csr_array(row[None].astype(np.int8)) for row in rows]))


def _colors(near: sparse.csr_array) -> np.ndarray:
    """A color (N,) for each particle, from 0, so that no two of one color have a neighbor in common."""
    conflicts = sparse.csr_array(near.astype(np.int32) @ near.astype(np.int32))
    colors = np.full(near.shape[0], -1)
    for one in range(len(colors)):
        taken = colors[conflicts.indices[conflicts.indptr[one] : conflicts.indptr[one + 1]]]
        colors[one] = np.setdiff1d(np.arange(len(taken) + 1), taken)[0]
    return colors
