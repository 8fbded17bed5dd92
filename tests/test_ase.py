"""Atoms and calculators of ASE: frames there and back, forces of many bodies, from a glass of metals to its map."""

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import ase
import ase.build
import numpy as np
import pytest
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones
from ase.constraints import FixAtoms
from reference import disordered_frame
from scipy.spatial.transform import Rotation

import softspots as ss
from softspots.exceptions import InputError, InstallationError

FOUND = [parent / "shared" / "data" / "CuZr_glass_460_atoms.gz" for parent in Path(__file__).parents]
GLASS = next((path for path in FOUND if path.exists()), FOUND[0])
# From the tests in matscipy's source distribution, where `make` puts it.
TABLE = Path(sys.prefix) / "peers" / "share" / "ZrCu.onecolumn.eam.alloy"
CELL = np.array([[7.0, 0.0, 0.0], [2.0, 6.5, 0.0], [-1.5, 3.0, 7.5]])
MODEL = ss.Mixture({("Ar", "Ar"): ss.LennardJones(epsilon=1.0, sigma=1.0, cutoff=1.7)})


class Kernels(Calculator):
    """Our own forces as those of a calculator; it counts how often they are asked for."""

    implemented_properties = ["energy", "forces"]
    calls = 0

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        self.calls += 1
        energy, forces, _ = ss.energy_forces(ss.frame_from_atoms(atoms), MODEL)
        self.results = {"energy": energy, "forces": forces}


@cache
def argon(length_z=3.7):
    """Some 60 particles, or more in a longer box."""
    frame = disordered_frame(seed=2, length_x=3.6, length_y=3.8, tilt=1.1, length_z=length_z, tilt_xz=-0.7, tilt_yz=0.4)
    return replace(frame, species=np.full(len(frame), "Ar"))


@pytest.mark.parametrize("hand", [1, -1])
@pytest.mark.parametrize("turn", [None, 11])
def test_a_cell_of_any_orientation_becomes_a_box_with_the_same_energy(hand, turn):
    random = np.random.default_rng(4)
    rotation = np.eye(3) if turn is None else Rotation.random(random_state=turn).as_matrix()
    cell = CELL * np.array([[1], [1], [hand]])
    scaled = np.stack(np.meshgrid(*[np.arange(3) / 3] * 3), -1).reshape(-1, 3) + random.normal(0, 0.02, (27, 3))
    symbols = random.permutation(["Cu"] * 14 + ["Zr"] * 13)
    atoms = ase.Atoms(symbols, cell=cell @ rotation, scaled_positions=scaled, pbc=True)
    atoms.set_array("id", np.arange(27)[::-1] + 5)
    frame = ss.frame_from_atoms(atoms)
    assert frame.box.volume == pytest.approx(atoms.get_volume())
    # The lattice is the same one, seen from elsewhere: its products are.
    lattice = cell * np.array([[1], [1], [hand]])
    np.testing.assert_allclose(frame.box.vectors @ frame.box.vectors.T, lattice @ lattice.T, atol=1e-12)
    np.testing.assert_array_equal(frame.species, symbols)
    np.testing.assert_array_equal(frame.ids, atoms.arrays["id"])
    back = ss.atoms_from_frame(frame)
    np.testing.assert_allclose(back.get_all_distances(mic=True), atoms.get_all_distances(mic=True), atol=1e-12)
    forces = ss.ASEForces(LennardJones(sigma=2.0, epsilon=0.3, rc=5.0, smooth=True))
    energy, acting, virial = ss.energy_forces(frame, forces)
    atoms.calc = LennardJones(sigma=2.0, epsilon=0.3, rc=5.0, smooth=True)
    assert energy == pytest.approx(atoms.get_potential_energy(), abs=1e-12)
    np.testing.assert_allclose(np.linalg.norm(acting, axis=1), np.linalg.norm(atoms.get_forces(), axis=1), atol=1e-11)
    np.testing.assert_allclose(np.trace(virial), -atoms.get_volume() * atoms.get_stress()[:3].sum(), atol=1e-11)
    again = ss.frame_from_atoms(back)
    np.testing.assert_array_equal(again.positions, frame.positions)
    assert again.box == frame.box


def test_sizes_and_ids_go_there_and_back():
    frame = argon()
    frame = replace(frame, sizes=np.linspace(0.8, 1.2, len(frame)), ids=np.arange(len(frame)) * 3)
    again = ss.frame_from_atoms(ss.atoms_from_frame(frame))
    np.testing.assert_array_equal(again.sizes, frame.sizes)
    np.testing.assert_array_equal(again.ids, frame.ids)


def constrained(atoms):
    atoms.set_constraint(FixAtoms([0]))
    return atoms


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda copper: ss.frame_from_atoms(ase.Atoms(copper, pbc=(True, True, False))),
            "not periodic along c; it must",
        ),
        (lambda copper: ss.frame_from_atoms(ase.Atoms(copper, cell=[3, 3, 0])), "the cell spans 2 dimensions; 3 are"),
        (lambda copper: ss.frame_from_atoms(constrained(copper)), "atoms have 1 constraints; in a frame all"),
        (lambda copper: ss.frame_from_atoms("Cu"), "atoms is of type str; ase.Atoms is needed"),
        (
            lambda copper: ss.atoms_from_frame(replace(argon(), species=np.zeros(len(argon()), int))),
            "species 0 is no chem",
        ),
        (lambda copper: ss.atoms_from_frame(ss.Frame([[0, 0]], ["Cu"], ss.Box(3, 3))), "has 2 dimensions; ASE needs 3"),
        (lambda copper: ss.ASEForces(MODEL), "calculator is of type Mixture; one of ASE's is needed"),
        (lambda copper: ss.ASEForces(Kernels(), reach=-1), "ASEForces: reach"),
        (lambda copper: ss.hessian(argon(), ss.ASEForces(Kernels())), r"Kernels has no Hessian; with ASEForces\(calc"),
    ],
)
def test_what_has_no_place_in_a_frame_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call(ase.build.bulk("Cu", cubic=True))


def test_without_ase_an_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ase", None)
    with pytest.raises(InstallationError, match=r"pip install 'softspots\[ase\]'"):
        ss.ASEForces(Kernels())


def test_a_hessian_from_differences_is_that_of_the_kernels():
    frame = argon(9.0)
    exact = ss.hessian(frame, MODEL)
    kernels = Kernels()
    forces = ss.ASEForces(kernels, reach=MODEL.largest_cutoff)
    found = ss.hessian(frame, forces)
    # h²/6 of a fourth derivative of some 1e6 at the closest pairs, in units of stiffnesses of some 1e3.
    np.testing.assert_allclose(found.toarray(), exact.toarray(), atol=1e-5 * abs(exact).max())
    assert abs(found - found.T).max() == 0
    assert kernels.calls < 0.7 * 6 * len(frame)


def lattice(calculator, spacing):
    """Particles near the places of a simple cubic lattice, with 17.2 Å from image to image at a spacing of 4.3 Å."""
    atoms = ase.build.bulk({4.3: "Ar", 3.0: "Cu"}[spacing], "sc", a=spacing) * (4, 4, 4)
    atoms.positions += np.random.default_rng(3).normal(0, 0.1, atoms.positions.shape)
    return ss.frame_from_atoms(atoms), calculator


@pytest.mark.parametrize("smooth", [False, True])
def test_a_reach_as_long_as_the_forces_passes_without_a_word(smooth):
    # Pairs that cross a cutoff where the force jumps have differences of their own.
    frame, calculator = lattice(LennardJones(sigma=3.4, epsilon=0.0104, rc=8.5, smooth=smooth), 4.3)
    ss.hessian(frame, ss.ASEForces(calculator, reach=8.5))


@pytest.mark.parametrize(
    ("calculator", "spacing", "reach", "message"),
    [
        (
            LennardJones(sigma=3.4, epsilon=0.0104, rc=8.5),
            4.3,
            4.0,
            r"reach is 4 Å.* off by 87.4 % .* raise reach",
        ),
        (EMT(), 3.0, 3.5, "reach is 3.5 Å"),
        (EMT(), 3.0, 2.0, "reach is 2 Å.* off by 100 %"),
    ],
)
def test_a_reach_that_is_too_short_is_told(calculator, spacing, reach, message):
    frame, calculator = lattice(calculator, spacing)
    with pytest.raises(InputError, match=message):
        ss.hessian(frame, ss.ASEForces(calculator, reach=reach))


def test_a_quench_on_differences_of_forces_is_certified():
    minimum = ss.inherent_structure(argon(), ss.ASEForces(Kernels(), reach=np.inf), max_force=1e-8)
    assert minimum.certified and minimum.units == ("eV", "Å")
    kernels = ss.inherent_structure(minimum.frame, MODEL)
    assert kernels.certified and kernels.energy == pytest.approx(minimum.energy, abs=1e-9)


def test_mass_weights_are_those_of_the_elements_and_only_asked_for():
    frame = argon()
    forces = ss.ASEForces(Kernels(), reach=np.inf)
    bare, weighted = forces.hessian(frame), forces.hessian(frame, mass_weighted=True)
    # Of one element.
    np.testing.assert_allclose(weighted.toarray() * 39.948, bare.toarray(), rtol=1e-6)


@pytest.fixture(scope="module")
def copper_zirconium():
    embedded = pytest.importorskip("matscipy.calculators.eam", reason="matscipy is not installed")
    for path in (GLASS, TABLE):
        if not path.exists():
            pytest.skip(f"{path.name} is not there")
    frame = ss.frame_from_atoms(ase.io.read(GLASS, format="extxyz"))
    noise = np.random.default_rng(1).normal(0, 0.1, frame.positions.shape)
    forces = ss.ASEForces(embedded.EAM(str(TABLE)))
    return forces, ss.inherent_structure(replace(frame, positions=frame.positions + noise), forces)


def test_a_glass_of_metals_goes_from_a_file_to_a_map(copper_zirconium):
    forces, minimum = copper_zirconium
    assert minimum.certified and minimum.max_force < 1e-10 and minimum.stability.held.all()
    # The file is a minimum, to forces of 4e-4: this one.
    assert minimum.energy == pytest.approx(-2244.31436, abs=1e-5)
    matrix = ss.hessian(minimum.frame, forces)
    atoms = ss.atoms_from_frame(minimum.frame)
    theirs = forces.calculator.get_property("hessian", atoms)
    assert abs(matrix - theirs).max() == 0
    assert abs(matrix - matrix.T).max() < 1e-12 * abs(matrix).max()
    dense = np.linalg.eigvalsh(matrix.toarray())
    # Rounding of a norm of some 50; the softest mode is at 0.06.
    np.testing.assert_allclose(dense[:3], 0, atol=1e-12)
    modes = ss.lowest_modes(matrix, 40, dimension=3, stability=minimum.stability)
    np.testing.assert_allclose(modes.eigenvalues, dense[3:43], rtol=1e-11)
    spots = ss.soft_spots(minimum.frame, modes, n_modes=10, n_particles=10, connection="distance", bond_length=3.6)
    assert len(spots) > 0 and 0 < spots.density < 0.5


def test_modes_of_a_glass_of_metals_can_have_its_masses(copper_zirconium):
    forces, minimum = copper_zirconium
    weights = np.sqrt(ss.atoms_from_frame(minimum.frame).get_masses())
    motions = minimum.stability.rigid_motions * weights[:, None] / np.linalg.norm(weights / np.sqrt(len(weights)))
    matrix = forces.hessian(minimum.frame, mass_weighted=True)
    modes = ss.lowest_modes(matrix, 20, dimension=3, stability=replace(minimum.stability, rigid_motions=motions))
    np.testing.assert_allclose(modes.eigenvalues, np.linalg.eigvalsh(matrix.toarray())[3:23], rtol=1e-10)


def test_the_hessian_is_the_second_difference_of_energies(copper_zirconium):
    forces, minimum = copper_zirconium
    matrix, random = ss.hessian(minimum.frame, forces), np.random.default_rng(2)
    for _ in range(3):
        along = random.normal(size=minimum.frame.positions.shape)
        along /= np.linalg.norm(along)
        step = 0.01
        energies = [
            ss.energy_forces(replace(minimum.frame, positions=minimum.frame.positions + k * step * along), forces)[0]
            for k in (-2, -1, 0, 1, 2)
        ]
        second = np.dot([-1, 16, -30, 16, -1], energies) / (12 * step**2)
        # The table is read by cubic splines, whose V'' has corners; rounding, 1e-12 over the step squared, is less.
        assert second == pytest.approx(along.ravel() @ (matrix @ along.ravel()), rel=2e-5)
