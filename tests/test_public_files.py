"""Files that other groups have published with their codes, from file to minimum and map; where they are there."""

from itertools import pairwise

import netCDF4
import numpy as np
import pytest
from published import DATA, needed

import softspots as ss

pytestmark = needed
AB = {1: "A", 2: "B"}
RUMD = {0: "A", 1: "B"}
KOB_ANDERSEN = ss.Mixture.preset("kob-andersen-3d")
FALK_LANGER = ss.Mixture.preset("falk-langer")


def read(name, **options):
    if not (DATA / name).exists():
        pytest.skip(f"there is no {name}")
    if name.endswith(".gsd"):
        pytest.importorskip("gsd.hoomd")
    elif not name.endswith(".nc"):
        pytest.importorskip("ovito")
    return ss.read(DATA / name, **options)


def columns(name, first):
    """Some columns of an XYZ file, as plain NumPy reads them."""
    return np.loadtxt(DATA / name, skiprows=2, usecols=range(first, first + 3))


def glass_by_inverse_powers():
    sigma = {("A", "A"): 1.0, ("A", "B"): 1.18, ("B", "B"): 1.4}
    return ss.Mixture({pair: ss.InversePower(n=10, sigma=s, cutoff=1.48 * s) for pair, s in sigma.items()})


def map_of(frame, model, modes=20, **options):
    minimum = ss.inherent_structure(frame, model)
    assert minimum.certified
    lowest = ss.lowest_modes(
        ss.hessian(minimum.frame, model), modes, dimension=frame.dimension, stability=minimum.stability
    )
    spots = ss.soft_spots(minimum.frame, lowest, 10, 10, **options)
    assert (spots.labels >= 0).any()
    return minimum


def test_an_inherent_structure_stays_one():
    frame = read("IS.2DIPL.atom", types=AB)[0]
    assert (len(frame), frame.dimension, frame.ids[0], frame.ids[-1]) == (800, 2, 1, 800)
    model = glass_by_inverse_powers()
    energy, _, _ = ss.energy_forces(frame, model)
    minimum = map_of(frame, model)
    # Its coordinates have six digits: the minimum lies lower by their rounding only, squared.
    assert minimum.energy / 800 == pytest.approx(energy / 800, abs=5e-5)
    assert minimum.energy / 800 == pytest.approx(4.2680047, abs=1e-6)


def test_a_tilted_inherent_structure_stays_one():
    frame = read("2d_triclinic.atom", types=AB)[0]
    model = ss.Mixture.preset("soft-spheres")
    energy, _, _ = ss.energy_forces(frame, model)
    # Its model is that of the other one, and so are its digits: twice as many, 3e-5 apart.
    assert map_of(frame, model).energy / 8192 == pytest.approx(energy / 8192, abs=5e-5)


def test_a_minimum_in_a_box_that_is_too_small():
    ase_io = pytest.importorskip("ase.io")
    # Half of this box is less than the cutoff: eight of them.
    cell = read("glass_min.xyz", types={"H": "A", "He": "B"})[0]
    [frame] = ss.read(ase_io.read(DATA / "glass_min.xyz").repeat(2), types={"H": "A", "He": "B"})
    np.testing.assert_allclose(frame.positions[: len(cell)], cell.positions, atol=1e-12)
    columns = {("A", "A"): (1.0, 1.0, 2.5), ("A", "B"): (1.5, 0.8, 2.0), ("B", "B"): (0.5, 0.88, 2.2)}
    model = ss.Mixture(
        {
            pair: ss.LennardJones(epsilon=e, sigma=s, cutoff=c, smoothing="quadratic")
            for pair, (e, s, c) in columns.items()
        }
    )
    energy, forces, _ = ss.energy_forces(frame, model)
    assert energy / 8 == pytest.approx(-181.1892635478015, rel=1e-12)
    assert np.abs(forces).max() < 1e-5
    map_of(frame, model, connection="distance", bond_length=1.5)


def test_a_metallic_glass():
    ase_io = pytest.importorskip("ase.io")
    [frame] = read("CuZr_glass_460_atoms.gz")
    expected = ss.frame_from_atoms(ase_io.read(DATA / "CuZr_glass_460_atoms.gz")).wrapped()
    for name in ("positions", "species", "ids"):
        np.testing.assert_array_equal(getattr(frame, name), getattr(expected, name))


def test_stresses_of_athermal_shear_are_those_beside_the_file():
    frames = read("aqs_LJ_glass.lammpstrj", types={1: "B", 2: "A"}, bounds="box")
    tilts, stresses = np.loadtxt(DATA / "aqs_LJ_glass_stress.dat", unpack=True)
    sigma = 2 * np.sin(np.pi / np.array([5, 1, 10]))
    pairs = dict(zip([("A", "A"), ("A", "B"), ("B", "B")], [(0.5, sigma[0]), (1.0, 1.0), (0.5, sigma[2])], strict=True))
    model = ss.Mixture(
        {
            pair: ss.LennardJones(epsilon=e, sigma=s, cutoff=2.4, smoothing="shifted-force")
            for pair, (e, s) in pairs.items()
        }
    )
    assert len(frames) == 40
    for frame, tilt, stress in zip(frames, tilts, stresses, strict=True):
        assert frame.box.tilt == pytest.approx(tilt, rel=1e-12)
        assert frame.box.strain == pytest.approx(tilt / 9.88045, rel=1e-12)
        _, _, virial = ss.energy_forces(frame, model)
        # Theirs is per volume of a box ten deep.
        assert -virial[0, 1] / frame.box.area == pytest.approx(10 * stress, rel=1e-7)
    map_of(frames[0], model)
    with pytest.raises(ss.InputError, match="bounds='box' or bounds='bounding box'"):
        read("aqs_LJ_glass.lammpstrj", types=AB)


@pytest.mark.parametrize("name", ["kalj_N256_rho1.185_rumd.xyz.gz", "rumd_kablj_N4000.xyz.gz"])
def test_forces_of_rumd_are_those_in_the_file(name):
    frame = read(name, types=RUMD)[0]
    # Cut off as they are. RUMD computes in single precision: coordinates have errors of 5e-7, and V'' is a thousand.
    with pytest.warns(UserWarning, match="jump at the cutoff"):
        model = ss.Mixture.preset("kob-andersen-3d", smoothing="none")
    _, forces, _ = ss.energy_forces(frame, model)
    np.testing.assert_allclose(forces, columns(name, 10), atol=3e-3)
    unwrapped = columns(name, 1) + columns(name, 4) * frame.box.lengths + np.array(frame.box.lengths) / 2
    np.testing.assert_allclose(frame.unwrapped, unwrapped, atol=1e-9 * np.abs(unwrapped).max())


def test_polydisperse_frames_are_minima():
    frames = read("polydisperse12.gsd", dimension=2)
    model = ss.Mixture.preset("polydisperse", dimension=2)
    for frame in (frames[0], frames[100], frames[-1]):
        _, forces, _ = ss.energy_forces(frame, model)
        # Positions are in single precision: 1e-6, and V'' is a hundred.
        assert np.abs(forces).max() < 5e-4
    map_of(frames[0], model)


@pytest.mark.parametrize("name", ["2d_polyuniform_N64_Lp-1.0.nc", "3d_bi_N128_Lp-1.0.nc"])
def test_records_of_packings_are_frames(name):
    frames = read(name)
    model = ss.Mixture.polydisperse(ss.Harmonic(epsilon=1.0))
    with netCDF4.Dataset(DATA / name) as file:
        energies, stresses = np.asarray(file["Energy"][:]), np.asarray(file["Stress"][:])
    assert len(frames) == 10
    for frame, energy, stress in zip(frames, energies, stresses, strict=True):
        found, _, virial = ss.energy_forces(frame, model)
        assert found == pytest.approx(energy, rel=1e-10)
        np.testing.assert_allclose(-virial.ravel() / frame.box.volume, stress, atol=1e-12)
    map_of(frames[0], model, connection="distance", bond_length=1.4)


def test_scaled_names_unwrapped_coordinates_and_origins():
    plane = read("2ddump.s.atom", types=AB)
    # Their ending says scaled; the header and the numbers say that they are not.
    assert len(plane) == 10
    np.testing.assert_allclose(plane[0].positions[plane[0].ids == 386], [[1.36679, 0.980018]])
    liquid = read("3dkaljdump.u.atom", types=AB)
    for earlier, later in pairwise(liquid):
        assert np.abs(later.unwrapped - earlier.unwrapped).max() < 9.4 / 2
    with (DATA / "3dkaljdump.u.atom").open() as file:
        rows = np.array([line.split() for line in file.readlines()[9:1009]], dtype=float)
    np.testing.assert_allclose(liquid[0].unwrapped, rows[np.argsort(rows[:, 0]), 2:], atol=1e-12)
    ternary = read("ternary.dump", types={1: "A", 2: "B", 3: "C"})[0]
    assert ternary.box.lengths == pytest.approx((52.7340599635,) * 3)
    first = ternary.positions[ternary.ids == 3692][0]
    np.testing.assert_allclose(first, np.array([-16.4983321785, -14.3706440377, -12.2470993651]) + 17.3792275291)
    tilted = read("2d_triclinic.atom", types=AB)[0]
    assert tilted.box.length_x == pytest.approx(97.6020129854504 - 2.9279725503869999e-03)


@pytest.mark.parametrize(
    "name, model, options, spots",
    [
        ("kalj-small.xyz", KOB_ANDERSEN, {}, {"connection": "distance", "bond_length": 1.5}),
        ("3dkaljdump.u.atom", KOB_ANDERSEN, {"types": AB}, {"connection": "distance", "bond_length": 1.5}),
        ("2ddump.s.atom", ss.Mixture.preset("kob-andersen"), {"types": AB}, {}),
    ],
)
def test_from_file_to_map(name, model, options, spots):
    map_of(read(name, **options)[0], model, **spots)
