"""Files of three dimensions, of named species and of sizes: as they were written, and damaged."""

from dataclasses import replace

import netCDF4
import numpy as np
import pytest
from sound import change
from test_trajectory import READERS

from softspots.box import Box
from softspots.exceptions import DamagedFileError, InputError
from softspots.frame import Frame
from softspots.io import ResultsWriter, TrajectoryWriter, read_results, read_trajectory
from softspots.io.frames import frame_values
from softspots.io.seal import SEAL_LENGTH

PARTICLES = 30
KINDS = {
    "plane": {"species": np.arange(PARTICLES) % 3},
    "names": {"species": np.array(["Zr", "Cu", "Al"])[np.arange(PARTICLES) % 3]},
    "sizes": {"sizes": np.linspace(0.7, 1.6, PARTICLES), "species": np.zeros(PARTICLES)},
    "one species": {"species": np.full(PARTICLES, 7)},
}


def make_frames(dimension, **changes):
    """Two frames, one after the other, sheared through a flip."""
    random = np.random.default_rng(1)
    box = Box(6.0, 7.0) if dimension == 2 else Box(lengths=(6.0, 7.0, 8.0), tilts=(0.0, -1.1, 2.3))
    box = box.at_strain(0.4)
    frames = []
    for number in range(2):
        positions = random.random((PARTICLES, dimension)) * box.lengths
        images = random.integers(-3, 4, positions.shape)
        own = {"species": np.arange(PARTICLES) % 2} | changes
        frames.append(Frame(positions, box=box, time=2.0 * number, images=images, ids=np.arange(PARTICLES), **own))
        box = box.at_strain(0.5)
    return frames


def assert_same(found, frame, single=False):
    """Equal to the bit, or as single precision and the angles of a cell have it."""
    rounding = 1e-6 if single else 0
    assert found.species.dtype.kind == frame.species.dtype.kind
    assert np.array_equal(found.species, frame.species) and np.array_equal(found.images, frame.images)
    assert (found.sizes is None) == (frame.sizes is None)
    assert frame.sizes is None or np.array_equal(found.sizes, frame.sizes)
    assert found.time == frame.time and found.box.strain == frame.box.strain and found.box.flips == frame.box.flips
    np.testing.assert_allclose(found.positions, frame.positions, rtol=rounding, atol=0)
    np.testing.assert_allclose(found.box.vectors, frame.box.vectors, rtol=0, atol=1e-14 if single else 0)


def write(path, frames):
    with ResultsWriter(path, frames[0], 4, 3, {"temperature": 0.1}, {}) as writer:
        for number, frame in enumerate(frames):
            minimum = {"inherent_position": (frame.positions + 0.01).astype(np.float32)}
            writer.write_frame(number, frame_values(frame) | minimum)
    return path


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_results_round_trip(tmp_path, dimension, kind):
    frames = make_frames(dimension, **KINDS[kind])
    results = read_results(write(tmp_path / "results.nc", frames))
    assert results.dimension == dimension and results.attributes["schema_version"] == 4
    assert ("size" in results) == (kind == "sizes") and ("species_name" in results) == (kind == "names")
    assert results["axis"].tolist() == list("xyz")[:dimension]
    for found, frame in zip(results, frames, strict=True):
        assert_same(found, frame)
    positions, structure = results.inherent_structures()
    assert positions.shape == (2, PARTICLES, dimension)
    np.testing.assert_array_equal(structure(1).positions, (frames[1].positions + 0.01).astype(np.float32))
    assert structure(1).box == frames[1].box and structure(1).images is None


@pytest.mark.parametrize(
    ("dimension", "run", "pressure", "length"),
    [
        (2, {}, "epsilon_AA sigma_AA^-2", "sigma_AA"),
        (3, {}, "epsilon_AA sigma_AA^-3", "sigma_AA"),
        (3, {"mixture": "{}"}, "epsilon sigma^-3", "sigma"),
    ],
)
def test_units_are_those_of_the_dimension_and_the_mixture(tmp_path, dimension, run, pressure, length):
    with ResultsWriter(tmp_path / "results.nc", make_frames(dimension)[0], 4, 3, run, {}):
        pass
    with netCDF4.Dataset(tmp_path / "results.nc") as dataset:
        assert dataset["pressure"].units == dataset["shear_stress"].units == pressure
        assert dataset["position"].units == length
        assert dataset["eigenvalue"].units == pressure.replace("^-3", "^-2")


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_trajectories_round_trip(tmp_path, dimension, kind):
    frames = make_frames(dimension, **KINDS[kind])
    path = tmp_path / "trajectory.nc"
    with TrajectoryWriter(path, frames[0].species, dimension=dimension, sizes=frames[0].sizes) as writer:
        for frame in frames:
            writer.write(frame)
    for found, frame in zip(read_trajectory(path), frames, strict=True):
        assert_same(found, frame, single=True)


def test_a_trajectory_takes_its_own_frames_only(tmp_path):
    frame = make_frames(3, sizes=np.ones(PARTICLES))[0]
    with TrajectoryWriter(tmp_path / "trajectory.nc", frame.species, dimension=3, sizes=frame.sizes) as writer:
        for other in (replace(frame, sizes=None), replace(frame, sizes=np.full(PARTICLES, 2.0))):
            with pytest.raises(InputError, match="other sizes"):
                writer.write(other)
    with TrajectoryWriter(tmp_path / "flat.nc", frame.species) as writer, pytest.raises(InputError, match="dimension"):
        writer.write(replace(frame, sizes=None))


def test_a_damaged_size_in_a_trajectory_is_found(tmp_path):
    frames = make_frames(3, **KINDS["sizes"])
    path = tmp_path / "trajectory.nc"
    with TrajectoryWriter(path, frames[0].species, dimension=3, sizes=frames[0].sizes) as writer:
        writer.write(frames[0])
    # Without the seal behind it, which finds any damage.
    path.write_bytes(path.read_bytes()[:-SEAL_LENGTH])
    with pytest.raises(DamagedFileError, match="the checksum of frame 0"):
        list(read_trajectory(change(path, tmp_path / "changed.nc", radius=(4, 0.9))))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("species", (4, 3), "species must be whole numbers from 0 to 2"),
        ("size", (4, -1.0), "its size is -1"),
        ("size", (4, np.nan), "sizes must be finite"),
        ("length_z", (..., 0.0), "its length_z is 0"),
        ("axis", (2, "w"), "its axis is"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, name, value, message):
    frames = make_frames(3, **KINDS["sizes"] | KINDS["names"])
    path = change(write(tmp_path / "results.nc", frames), tmp_path / "changed.nc", **{name: value})
    with pytest.raises(DamagedFileError, match=message):
        _ = read_results(path).frame(0) if name != "axis" else read_results(path)["axis"]


def test_a_file_of_some_of_three_dimensions_is_refused(tmp_path):
    path = change(write(tmp_path / "results.nc", make_frames(3)), tmp_path / "changed.nc")
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.renameVariable("tilt_xz", "other")
    with pytest.raises(DamagedFileError, match="all or none are needed"):
        read_results(path)


@pytest.mark.parametrize("reader", READERS)
def test_other_programs_see_the_same_cell_and_particles(tmp_path, reader):
    pytest.importorskip(reader)
    # Labels are numbered in their order, as other programs number types: 1 and 2.
    frames = make_frames(
        3, sizes=np.linspace(0.7, 1.6, PARTICLES), species=np.where(np.arange(PARTICLES) % 2, "B", "A")
    )
    path = tmp_path / "trajectory.nc"
    with TrajectoryWriter(path, frames[0].species, dimension=3, sizes=frames[0].sizes) as writer:
        for frame in frames:
            writer.write(frame)
    for frame, (time, cell, positions, types, _) in zip(frames, READERS[reader](path), strict=True):
        assert time == frame.time
        # Single precision, of angles too: some 1e-7 of lengths of up to 8.
        np.testing.assert_allclose(cell, frame.box.vectors, rtol=0, atol=4e-6)
        np.testing.assert_allclose(positions, frame.positions, rtol=0, atol=1e-6)
        assert types is None or np.array_equal(types, np.arange(PARTICLES) % 2 + 1)


def test_ovito_draws_particles_in_their_size(tmp_path):
    files = pytest.importorskip("ovito.io")
    frame = make_frames(3, **KINDS["sizes"])[0]
    with TrajectoryWriter(tmp_path / "t.nc", frame.species, dimension=3, sizes=frame.sizes) as writer:
        writer.write(frame)
    radii = files.import_file(str(tmp_path / "t.nc")).compute().particles["Radius"]
    np.testing.assert_allclose(radii, frame.sizes / 2, rtol=1e-7)
