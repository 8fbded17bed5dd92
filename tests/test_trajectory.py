"""Trajectories: through the readers that people use, and back."""

import warnings
from dataclasses import replace
from importlib.util import find_spec

import netCDF4
import numpy as np
import pytest
from frames_in_files import FRAMES, make_frame
from hypothesis import given, settings
from hypothesis import strategies as st

from softspots.frame import Box
from softspots.io import TrajectoryWriter, read_trajectory

# Coordinates below 32 in float32: half a unit in the last place is 1e-6.
FLOAT32 = 1e-6
# Box vectors of about 10, through an angle in degrees, in float64.
FLOAT64 = 1e-13
REACH = 4.0


def image_distances(frame):
    """Distances of each particle to all periodic images of all others within REACH, sorted; plain NumPy."""
    images = np.array([(i, j) for i in range(-2, 3) for j in range(-2, 3)])
    lattice = np.array([[frame.box.length_x, 0.0], [frame.box.tilt, frame.box.length_y]])
    separations = (frame.positions[:, None] - frame.positions)[:, :, None] + images @ lattice
    distances = np.linalg.norm(separations, axis=-1).ravel()
    return np.sort(distances[(distances > 0) & (distances < REACH)])


# Each gives, frame by frame: time, cell vectors as rows, positions, types (None if not read), sorted distances.


def ovito_frames(path):
    from ovito.data import CutoffNeighborFinder
    from ovito.io import import_file

    pipeline = import_file(str(path))
    for index in range(pipeline.source.num_frames):
        data = pipeline.compute(index)
        assert all(data.cell.pbc)
        assert [kind.id for kind in data.particles.particle_types.types] == [1, 2]
        pairs, vectors = CutoffNeighborFinder(REACH, data).find_all()
        assert len(pairs)
        yield (
            data.attributes["time"],
            data.cell[:, :3].T,
            data.particles.positions[...],
            data.particles.particle_types[...],
            np.linalg.norm(vectors, axis=1),
        )


def mdanalysis_frames(path):
    from MDAnalysis.coordinates.TRJ import NCDFReader
    from MDAnalysis.lib.distances import self_capped_distance
    from MDAnalysis.lib.mdamath import triclinic_vectors

    with warnings.catch_warnings():
        # It warns of what is missing from the convention.
        warnings.simplefilter("error")
        reader = NCDFReader(str(path), mmap=False)
    for step in reader:
        _, distances = self_capped_distance(step.positions, REACH, box=step.dimensions)
        # It lists each pair once.
        both_ways = np.repeat(distances, 2)
        yield step.time, triclinic_vectors(step.dimensions), step.positions.copy(), None, both_ways


def ase_frames(path):
    from ase.io.netcdftrajectory import NetCDFTrajectory
    from ase.neighborlist import neighbor_list

    with NetCDFTrajectory(str(path)) as frames:
        for atoms in frames:
            assert atoms.pbc.all()
            distances = neighbor_list("d", atoms, REACH)
            yield atoms.info["time"], atoms.cell.array, atoms.positions, atoms.numbers, distances


READERS = {"ovito": ovito_frames, "MDAnalysis": mdanalysis_frames, "ase": ase_frames}


@pytest.mark.parametrize("reader", READERS)
def test_reader_sees_the_sheared_cell(trajectory, reader):
    pytest.importorskip(reader)
    read = list(READERS[reader](trajectory))
    assert len(read) == len(FRAMES)
    for frame, (time, cell, positions, types, distances) in zip(FRAMES, read, strict=True):
        assert time == frame.time
        vectors = [[frame.box.length_x, 0, 0], [frame.box.tilt, frame.box.length_y, 0]]
        # MDAnalysis keeps the cell in float32: half a unit in the last place of an angle near 110° is 4e-6°.
        np.testing.assert_allclose(cell[:2], vectors, rtol=0, atol=4 * FLOAT32)
        assert cell[2, 2] > 2 * REACH and abs(cell[2, :2]).max() < 1e-6
        np.testing.assert_allclose(positions[:, :2], frame.positions, rtol=0, atol=FLOAT32)
        assert not positions[:, 2].any()
        if types is not None:
            np.testing.assert_array_equal(types, frame.species + 1)
        # Two rounded positions, and a rounded lattice vector between them.
        np.testing.assert_allclose(np.sort(distances), image_distances(frame), rtol=0, atol=8 * FLOAT32)


def test_two_readers_at_least():
    assert sum(find_spec(name) is not None for name in READERS) >= 2


def test_trajectory_follows_the_convention(trajectory):
    # 64-bit offset classic.
    assert trajectory.read_bytes()[:4] == b"CDF\x02"
    with netCDF4.Dataset(trajectory) as dataset:
        attributes = {name: dataset.getncattr(name) for name in dataset.ncattrs()}
        assert attributes["Conventions"] == "AMBER"
        assert attributes["ConventionVersion"] == "1.0"
        assert attributes["program"] == "softspots"
        assert attributes.keys() == {"Conventions", "ConventionVersion", "program", "programVersion", "title"}
        # The longest text that the convention allows.
        assert max(map(len, attributes.values())) <= 80
        assert dataset.dimensions["frame"].isunlimited()
        layout = {name: (variable.dtype, variable.dimensions) for name, variable in dataset.variables.items()}
        assert layout == {
            "spatial": ("S1", ("spatial",)),
            "cell_spatial": ("S1", ("cell_spatial",)),
            "cell_angular": ("S1", ("cell_angular", "label")),
            "time": ("f4", ("frame",)),
            "coordinates": ("f4", ("frame", "atom", "spatial")),
            "cell_lengths": ("f8", ("frame", "cell_spatial")),
            "cell_angles": ("f8", ("frame", "cell_angular")),
            "atom_types": ("i4", ("frame", "atom")),
            "strain": ("f8", ("frame",)),
            "image": ("i4", ("frame", "atom", "spatial")),
            "checksum": ("i4", ("frame",)),
        }
        words = {name: dataset[name][:].tobytes() for name in ("spatial", "cell_spatial", "cell_angular")}
        assert words == {"spatial": b"xyz", "cell_spatial": b"abc", "cell_angular": b"alphabeta gamma"}
        units = {name: dataset[name].units for name in ("time", "coordinates", "cell_lengths", "cell_angles")}
        assert units == {
            "time": "picosecond",
            "coordinates": "angstrom",
            "cell_lengths": "angstrom",
            "cell_angles": "degree",
        }


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.floats(5, 30), st.floats(5, 30), st.floats(-1, 1))
def test_trajectory_round_trip(tmp_path_factory, length_x, length_y, relative_tilt):
    # Tilts of a whole box length and more than 45° are unusual, but legal.
    frame = make_frame(relative_tilt * length_x, 7, length_x, length_y, time=2.5)
    box = frame.box
    sheared = Box(length_x, length_y, tilt=box.tilt, strain=(box.tilt + 3 * length_x) / length_y)
    images = np.random.default_rng(1).integers(-5, 6, (7, 2))
    path = tmp_path_factory.mktemp("round_trip") / "trajectory.nc"
    with TrajectoryWriter(path, frame.species) as writer:
        writer.write(frame)
        writer.write(replace(frame, box=sheared, images=images))
        writer.write(replace(frame, box=sheared))
    read, later, uncounted = read_trajectory(path)
    assert uncounted.box.has_history and uncounted.images is None
    assert not read.box.has_history and read.images is None
    assert later.box.has_history and later.box.strain == sheared.strain and later.box.flips == 3
    np.testing.assert_array_equal(later.images, images)
    for name in ("length_x", "length_y", "tilt"):
        assert getattr(read.box, name) == pytest.approx(getattr(frame.box, name), rel=0, abs=FLOAT64)
    # Coordinates reach 60 here, twice the limit of FLOAT32.
    np.testing.assert_allclose(read.positions, frame.positions, rtol=0, atol=2 * FLOAT32)
    np.testing.assert_array_equal(read.species, frame.species)
    assert read.time == frame.time


def test_trajectory_of_an_earlier_version_has_no_history(trajectory, tmp_path):
    """A file without the strain and the images, as earlier versions wrote it."""
    old = tmp_path / "old.nc"
    with netCDF4.Dataset(trajectory) as source, netCDF4.Dataset(old, "w", format="NETCDF3_64BIT_OFFSET") as target:
        target.setncatts({name: source.getncattr(name) for name in source.ncattrs()})
        for name, dimension in source.dimensions.items():
            target.createDimension(name, None if dimension.isunlimited() else len(dimension))
        for name, variable in source.variables.items():
            if name not in ("strain", "image", "checksum"):
                target.createVariable(name, variable.dtype, variable.dimensions)[...] = variable[...]
    for frame, read in zip(FRAMES, read_trajectory(old), strict=True):
        assert not read.box.has_history and read.images is None
        np.testing.assert_allclose(read.positions, frame.positions, rtol=0, atol=FLOAT32)


def test_trajectory_refuses_other_particles(tmp_path):
    writer = TrajectoryWriter(tmp_path / "trajectory.nc", 1 - FRAMES[0].species)
    with writer, pytest.raises(ValueError, match="species"):
        writer.write(FRAMES[0])


def test_read_trajectory_refuses_other_files(tmp_path):
    netCDF4.Dataset(tmp_path / "other.nc", "w").close()
    with pytest.raises(ValueError, match="not a trajectory"):
        next(read_trajectory(tmp_path / "other.nc"))
