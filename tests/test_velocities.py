"""Velocities in files of other programs and in checkpoints: by id, in the axes of the frame."""

import netCDF4
import numpy as np
import pytest
from dialects import atooms_xyz, extended_xyz, lammps_data, lammps_dump, rumd_xyz, truths, write
from hoomd import hoomd_frame
from scipy.spatial.transform import Rotation

import softspots as ss
from softspots.dynamics.parallel import Serial
from softspots.dynamics.starting import kinetic_temperature, peculiar_velocities, without_overlaps
from softspots.io.checkpoint import write_checkpoint

AB = {1: "A", 2: "B"}


def velocities_of(one, seed=3):
    return np.round(np.random.default_rng(seed).normal(size=one.fractions.shape), 6)


def with_columns(path, one, names, values, format="{:.8f}"):
    """Further columns at the end of the rows of an XYZ file with one frame, and of its list of columns."""
    head, comment, *rows = path.read_text().splitlines()
    rows = [" ".join([row, *(format.format(x) for x in own)]) for row, own in zip(rows, values, strict=True)]
    write(path, "\n".join([head, names(comment), *rows]) + "\n")
    return path


@pytest.mark.parametrize("header", ["restricted", "general"])
@pytest.mark.parametrize("dimension", [2, 3])
def test_dumps(tmp_path, dimension, header):
    pytest.importorskip("ovito")
    [one] = found = truths(dimension=dimension)
    velocities = velocities_of(one)
    more = [(f"v{axis}", column) for axis, column in zip("xyz", velocities.T, strict=False)]
    frames = ss.read(lammps_dump(tmp_path / "a.dump", found, header=header, more=more), types=AB)
    np.testing.assert_array_equal(frames.velocities(0), velocities)
    np.testing.assert_array_equal(frames[:1].velocities(-1), velocities)
    scaled = ss.read(tmp_path / "a.dump", types=AB, unit=2.0)
    np.testing.assert_array_equal(scaled.velocities(0), velocities / 2)
    with pytest.raises(IndexError, match="has 1 frame; got 1"):
        frames.velocities(1)


def test_files_without(tmp_path):
    pytest.importorskip("ovito")
    [one] = found = truths()
    assert ss.read(lammps_dump(tmp_path / "a.dump", found), types=AB).velocities(0) is None
    # As codes write them that minimise.
    still = lammps_dump(tmp_path / "b.dump", found, more=[(name, np.zeros(30)) for name in ("vx", "vy", "vz")])
    assert ss.read(still, types=AB).velocities(0) is None
    broken = lammps_dump(tmp_path / "c.dump", found, more=[(name, ["nan"] * 30) for name in ("vx", "vy", "vz")])
    with pytest.raises(ss.SoftspotsError, match="frame 0: velocities must be finite"):
        ss.read(broken, types=AB).velocities(0)


def test_data_files(tmp_path):
    pytest.importorskip("ovito")
    [one] = truths()
    found = ss.read(lammps_data(tmp_path / "a.data", one), types=AB).velocities(0)
    np.testing.assert_array_equal(found, [(0.1, 0.2, 0.3)] * len(one.ids))


def test_a_lattice_that_is_turned_takes_them_along(tmp_path):
    pytest.importorskip("ovito")
    [one] = found = truths()
    rotation = Rotation.from_euler("xyz", (0.3, 1.1, -0.4)).as_matrix()
    velocities = velocities_of(one)
    path = with_columns(
        extended_xyz(tmp_path / "a.xyz", found, rotation),
        one,
        lambda comment: comment.replace("girth:R:1", "girth:R:1:velo:R:3"),
        velocities @ rotation,
        "{:.16g}",
    )
    frames = ss.read(path, types={"Cu": "A", "Zr": "B"})
    # The lattice is back where it was, and so are they.
    np.testing.assert_allclose(frames[0].box.vectors, one.cell, atol=1e-11)
    np.testing.assert_allclose(frames.velocities(0), velocities, atol=1e-11)


def test_atooms_and_rumd(tmp_path):
    pytest.importorskip("ovito")
    [one] = found = truths(origin=(0, 0, 0))
    one.cell[:] = np.diag(np.diag(one.cell))
    velocities = velocities_of(one)
    path = with_columns(
        atooms_xyz(tmp_path / "a.xyz", found), one, lambda words: words.replace("radius", "radius,vel"), velocities
    )
    np.testing.assert_array_equal(ss.read(path).velocities(0), velocities)
    path = with_columns(
        rumd_xyz(tmp_path / "r.xyz", found), one, lambda words: words.replace(",pe", ",pe,vx,vy,vz"), velocities
    )
    np.testing.assert_array_equal(ss.read(path, types={0: "A", 1: "B"}).velocities(0), velocities)


@pytest.mark.parametrize("dimension", [2, 3])
def test_hoomd(dimension):
    [one] = truths(dimension=dimension)
    frame, velocities = hoomd_frame(one), velocities_of(one)
    assert ss.read(frame).velocities(0) is None
    frame.particles.velocity = np.pad(velocities, ((0, 0), (0, 3 - dimension)))
    # Single precision.
    np.testing.assert_allclose(ss.read(frame).velocities(0), velocities, rtol=1e-7)


def test_the_convention_of_amber(tmp_path):
    [one] = truths()
    velocities, count = velocities_of(one), len(one.ids)
    with netCDF4.Dataset(tmp_path / "a.nc", "w", format="NETCDF3_64BIT_OFFSET") as file:
        file.Conventions = "AMBER"
        for name, size in {"frame": None, "atom": count, "spatial": 3, "cell_spatial": 3, "cell_angular": 3}.items():
            file.createDimension(name, size)
        values = {
            "coordinates": (("frame", "atom", "spatial"), one.fractions * 9.0),
            "velocities": (("frame", "atom", "spatial"), velocities / 20.455),
            "cell_lengths": (("frame", "cell_spatial"), (9.0, 9.0, 9.0)),
            "cell_angles": (("frame", "cell_angular"), (90.0, 90.0, 90.0)),
            "type": (("atom",), one.types),
        }
        for name, (dimensions, content) in values.items():
            variable = file.createVariable(name, "i4" if name == "type" else "f8", dimensions)
            variable[0 if dimensions[0] == "frame" else ...] = content
        # Files tell by what their numbers are to be multiplied.
        file.variables["velocities"].scale_factor = 20.455
    np.testing.assert_allclose(ss.read(tmp_path / "a.nc", types=AB).velocities(0), velocities, rtol=1e-14)


@pytest.mark.parametrize("name", ["kob-andersen", "kob-andersen-3d"])
def test_checkpoints(tmp_path, name):
    start = ss.Simulation(ss.Mixture.preset(name), 300, 0.5, 0.5, comm=Serial(), skin=0.2)
    frame = start.frame()
    tilts = [2.0, *[0.5, -0.7][: 2 * (frame.dimension == 3)]]
    leaning = ss.Frame(
        frame.positions, frame.species, ss.Box(lengths=frame.box.lengths, tilts=tilts), ids=range(5, 305)
    )
    minimum = without_overlaps(leaning, start.model)
    run = ss.Simulation.from_frame(minimum, start.model, 0.5, 0.5, comm=Serial(), skin=0.2)
    # Through a flip.
    run.run(600)
    write_checkpoint(tmp_path / "checkpoint", run.state(), {"timestep": 0.005}, {"frames": 0})
    frames, now = ss.read(tmp_path / "checkpoint"), run.frame()
    [found] = frames
    assert now.box.flips != minimum.box.flips
    assert found.box.strain == now.box.strain
    np.testing.assert_allclose(found.box.vectors, now.box.vectors, atol=1e-12)
    np.testing.assert_allclose(found.box.minimum_image(found.positions - now.positions), 0, atol=1e-12)
    np.testing.assert_array_equal(found.species, now.species)
    np.testing.assert_array_equal(found.ids, now.ids)
    np.testing.assert_array_equal(frames.velocities(0), run.velocities())
    # The same energy: lattice and particles fit each other.
    energies = [ss.energy_forces(one, start.model)[0] for one in (found, now)]
    assert energies[0] == pytest.approx(energies[1], rel=1e-12)


def test_a_checkpoint_of_athermal_shear(tmp_path):
    model = ss.Mixture.preset("kob-andersen")
    solid = ss.AthermalShear(ss.Simulation(model, 150, comm=Serial()).frame(), model, "pure-xy")
    state = solid.go(0.01)
    write_checkpoint(tmp_path / "checkpoint", solid.state(), {}, {"strains": 1})
    frames = ss.read(tmp_path / "checkpoint")
    assert frames.velocities(0) is None
    assert ss.energy_forces(frames[0], model)[0] == pytest.approx(state.energy, rel=1e-12)
    write_checkpoint(tmp_path / "other", {"positions": np.zeros((2, 2))}, {}, {})
    with pytest.raises(ss.SoftspotsError, match="other cannot be read: the checkpoint has no species, scalars"):
        ss.read(tmp_path / "other")


def test_drift_and_flow_are_taken_off():
    random = np.random.default_rng(1)
    box = ss.Box(30.0, 40.0, tilt=-3.0)
    frame = ss.Frame(random.random((4000, 2)) * box.lengths, np.zeros(4000, int), box)
    peculiar = random.normal(size=(4000, 2)) * 0.5
    found, rate = peculiar_velocities(frame, peculiar + (0.3, -0.1))
    assert rate == 0 and np.allclose(found, peculiar - peculiar.mean(axis=0), atol=1e-15)
    lab = peculiar.copy()
    lab[:, 0] += 0.02 * (frame.positions[:, 1] - 20.0)
    found, rate = peculiar_velocities(frame, lab)
    # Its standard error is 0.5/(4000^½ · 40/12^½) = 7e-4.
    assert rate == pytest.approx(0.02, abs=3e-3)
    assert abs(np.polyfit(frame.positions[:, 1], found[:, 0], 1)[0]) < 1e-15
    assert kinetic_temperature(found) == pytest.approx(0.25, rel=0.05)
