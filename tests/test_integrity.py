"""Integrity of files: seals, damage, locks, and who says what in one line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import netCDF4
import numpy as np
import pytest
from sound import FRAMES, IDENTITY, change, make_files, make_reduced, read_all

from softspots.exceptions import DamagedFileError, OutputError
from softspots.io import (
    ResultsWriter,
    TrajectoryWriter,
    read_reduced,
    read_results,
    read_trajectory,
    write_reduced,
)
from softspots.io.heap import has_endless_heap
from softspots.io.netcdf import NetCDFReader
from softspots.io.seal import SEAL_LENGTH, check_seal


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return make_files(tmp_path_factory.mktemp("sound"))


# Seals


@pytest.mark.parametrize("kind", ["results", "reduced", "trajectory"])
def test_finished_files_are_sealed_until_they_are_changed(paths, tmp_path, kind):
    assert check_seal(paths[kind])
    changed = change(paths[kind], tmp_path / "changed.nc", title="another")
    if kind == "trajectory":
        # Only HDF5 drops what stands behind the content.
        with pytest.raises(DamagedFileError, match="or was changed"):
            read_all(kind, changed)
    else:
        reader = {"results": read_results, "reduced": read_reduced}[kind]
        assert reader(paths[kind]).checked and not reader(changed).checked


def test_a_file_that_was_not_finished_has_no_seal(paths, tmp_path):
    results = read_results(paths["results"])
    path = tmp_path / "results.nc"
    with pytest.raises(KeyboardInterrupt), ResultsWriter(path, results.frame(0), 12, 8, {}, IDENTITY) as writer:
        writer.write_frame(0, results.variables(0))
        raise KeyboardInterrupt
    unfinished = read_results(path)
    assert not unfinished.checked and len(unfinished) == 1
    assert unfinished.attributes.items() >= IDENTITY.items()


def test_files_of_earlier_versions_are_read_and_carry_no_checksum(tmp_path):
    data = Path(__file__).parents[1] / "paper" / "data"
    if not data.exists():
        pytest.skip("there is no paper/data")
    # Sealed since they were written; without that they are what the earlier version left.
    for name, reader in (("small.nc", read_reduced), ("frame.nc", read_results)):
        old = tmp_path / name
        old.write_bytes((data / name).read_bytes()[:-SEAL_LENGTH])
        assert reader(data / name).checked and not reader(old).checked
        assert reader(old).configuration == reader(data / name).configuration


# Damage


def damaged(content, random):
    """The content with a flipped bit, a block of 512 zeros, or without its end."""
    kind = random.integers(3)
    place = int(random.integers(len(content)))
    if kind == 0:
        return content[:place] + bytes([content[place] ^ 1 << random.integers(8)]) + content[place + 1 :]
    if kind == 1:
        place -= place % 512
        return content[:place] + bytes(len(content[place : place + 512])) + content[place + 512 :]
    return content[:place]


# Before there were seals, a third of the flips in results and half of those in trajectories gave other numbers.
@pytest.mark.parametrize("kind", ["results", "reduced", "trajectory"])
def test_damage_is_found(paths, tmp_path, kind):
    content, intact = paths[kind].read_bytes(), read_all(kind, paths[kind])
    random, copy, refused = np.random.default_rng(7), tmp_path / "copy.nc", 0
    for _ in range(60):
        copy.write_bytes(damaged(content, random))
        try:
            assert read_all(kind, copy) == intact
        except DamagedFileError as error:
            refused += 1
            assert "\n" not in str(error) and str(copy) in str(error)
    # Zeros may replace zeros; little else may pass.
    assert refused > 45


@pytest.mark.parametrize("kind", ["results", "reduced", "trajectory"])
def test_a_damaged_seal_is_no_missing_one(paths, tmp_path, kind):
    content, copy = paths[kind].read_bytes(), tmp_path / "copy.nc"
    # Of the content, a value of the last frame is lost with it; without seals HDF5 would read on.
    copy.write_bytes(content[: -SEAL_LENGTH - 40] + bytes(SEAL_LENGTH + 40))
    with pytest.raises(DamagedFileError):
        read_all(kind, copy)


def test_an_endless_heap_is_found_without_a_seal(paths, tmp_path):
    content, copy = bytearray(paths["results"].read_bytes()[:-SEAL_LENGTH]), tmp_path / "copy.nc"
    copy.write_bytes(content)
    assert not has_endless_heap(copy)
    # What is left of the heap that holds the labels; HDF5 would go round in it for ever.
    start = content.index(b"GCOL") + 16
    content[start : start + 512] = bytes(512)
    copy.write_bytes(content)
    with pytest.raises(DamagedFileError, match="would not come to its end"):
        read_results(copy)


def test_data_that_look_like_a_heap_are_none(tmp_path):
    path = tmp_path / "data.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("byte", 64)
        # A heap of 64 bytes, whose first object has none, but for the three bytes behind the version.
        dataset.createVariable("data", "u1", ("byte",))[:] = list(b"GCOL\x01\x02\x03\x04\x40") + 55 * [0]
    assert b"GCOL\x01" in path.read_bytes()
    assert not has_endless_heap(path)


def test_arrays_have_checksums_of_their_own(paths):
    for kind in ("results", "reduced"):
        with netCDF4.Dataset(paths[kind]) as dataset:
            for name, variable in dataset.variables.items():
                assert variable.dtype is str or not variable.dimensions or variable.filters()["fletcher32"], name


@pytest.mark.parametrize(
    ("kind", "name"), [("results", "position"), ("reduced", "c_ss"), ("trajectory", "coordinates")]
)
def test_a_flipped_bit_is_found_without_a_seal(paths, tmp_path, kind, name):
    content, copy = bytearray(paths[kind].read_bytes()[:-SEAL_LENGTH]), tmp_path / "copy.nc"
    copy.write_bytes(content)
    intact = read_all(kind, copy)
    with netCDF4.Dataset(copy) as dataset:
        variable = dataset[name]
        value = np.asarray(variable[1] if variable.ndim > 1 else variable[...]).astype(
            variable.dtype.newbyteorder(">" if kind == "trajectory" else "<")
        )
    place = content.index(value.tobytes()) + 9
    content[place] ^= 4
    copy.write_bytes(content)
    with pytest.raises(DamagedFileError, match="damaged"):
        assert read_all(kind, copy) != intact


def test_a_frame_that_is_missing_in_a_trajectory_without_a_seal_is_missed(paths, tmp_path):
    content, copy = bytearray(paths["trajectory"].read_bytes()[:-SEAL_LENGTH]), tmp_path / "copy.nc"
    # The number of frames, in the header of the format.
    content[4:8] = (FRAMES - 1).to_bytes(4, "big")
    copy.write_bytes(content)
    with pytest.raises(DamagedFileError, match="not what 2 frames take"):
        list(read_trajectory(copy))


# Locks, and files that cannot be made


HOLD = """
import sys, netCDF4
dataset = netCDF4.Dataset(sys.argv[1], sys.argv[2])
print("open", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("mode", ["r", "a"])
def test_a_file_that_is_open_elsewhere_is_not_called_damaged(paths, tmp_path, mode):
    path = change(paths["results"], tmp_path / "results.nc")
    frame = read_results(path).frame(0)
    content = path.read_bytes()
    command = [sys.executable, "-c", HOLD, str(path), mode]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        remedy = "is locked: another program has it open.*HDF5_USE_FILE_LOCKING=FALSE"
        if mode == "a":
            with pytest.raises(OutputError, match=remedy):
                read_results(path)
        else:
            assert len(read_results(path)) == FRAMES
        # A new file takes its place; who has the old one keeps that.
        descriptor = os.open(path, os.O_RDONLY)
        with ResultsWriter(path, frame, 12, 8, {}, {}):
            pass
        assert os.pread(descriptor, len(content), 0) == content or mode == "a"
        os.close(descriptor)
        assert len(read_results(path)) == 0
        holder.stdin.close()
    assert len(read_results(path)) == 0


def test_a_sealed_file_that_is_open_elsewhere_for_a_change_is_not_called_damaged(paths, tmp_path):
    # HDF5 takes the seal off as it opens the file: what is left of it looks like damage.
    path = Path(shutil.copy(paths["results"], tmp_path / "results.nc"))
    command = [sys.executable, "-c", HOLD, str(path), "a"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        with pytest.raises(OutputError, match="is locked: another program has it open"):
            read_results(path)
        holder.stdin.close()


@pytest.mark.parametrize("sealed", [True, False])
def test_a_results_file_that_is_replaced_while_it_is_read_is_refused(paths, tmp_path, sealed):
    path, other = (change(paths["results"], tmp_path / name) for name in ("results.nc", "other.nc"))
    if sealed:
        for copy in (path, other):
            shutil.copy(paths["results"], copy)
    results = read_results(path)
    assert results.frame(0).time == results["time"][0]
    os.replace(other, path)
    for read in (lambda: results["d2min"], lambda: results.frame(0), lambda: results.variables(0)):
        with pytest.raises(DamagedFileError, match="was replaced or changed while it was read"):
            read()
    assert read_results(path)["time"][0] == read_results(paths["results"])["time"][0]


def test_a_results_file_that_is_rewritten_in_its_place_is_refused(paths, tmp_path):
    path = Path(shutil.copy(paths["results"], tmp_path / "results.nc"))
    changed = change(path, tmp_path / "changed.nc", run_id="another").read_bytes()
    for content in (path.read_bytes(), changed):
        # With a seal the time of the change tells, without one the run.
        path.write_bytes(changed if content != changed else paths["results"].read_bytes())
        os.utime(path, ns=(0, 0))
        results = read_results(path)
        path.write_bytes(content)
        with pytest.raises(DamagedFileError, match="was replaced or changed"):
            results.frame(0)


def test_a_file_that_grows_is_read_on(paths, tmp_path, monkeypatch):
    monkeypatch.setenv("HDF5_USE_FILE_LOCKING", "FALSE")
    source = read_results(paths["results"])
    with ResultsWriter(tmp_path / "results.nc", source.frame(0), 12, 8, {}, IDENTITY) as writer:
        writer.write_frame(0, source.variables(0))
        results = read_results(tmp_path / "results.nc")
        writer.write_frame(1, source.variables(1))
        assert len(results) == 1 and results.frame(0).time == source.frame(0).time
    # Nor does it matter that it is sealed at its end.
    assert results.frame(0).time == source.frame(0).time


def test_what_cannot_be_written_is_said(paths, tmp_path):
    frame = read_results(paths["results"]).frame(0)
    for path in (tmp_path, tmp_path / "nowhere" / "results.nc"):
        with pytest.raises(OutputError, match="cannot be written"):
            ResultsWriter(path, frame, 12, 8, {}, {})
        with pytest.raises(OutputError, match="cannot be written"):
            TrajectoryWriter(path, frame.species)
        with pytest.raises(OutputError, match="cannot be written"):
            write_reduced(path, make_reduced())


FILL = """
import resource, sys
import numpy as np
from softspots.exceptions import OutputError
from softspots.io import ResultsWriter, TrajectoryWriter, read_results

results = read_results(sys.argv[1])
frame, values = results.frame(0), results.variables(0)
writers = ResultsWriter("results.nc", frame, 12, 8, {}, {}), TrajectoryWriter("trajectory.nc", frame.species)
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
for name, writer, write in (
    ("results.nc", writers[0], lambda index: writers[0].write_frame(index, values | {"time": index})),
    ("trajectory.nc", writers[1], lambda index: writers[1].write(frame)),
):
    try:
        with writer:
            for index in range(100):
                write(index)
    except OutputError as error:
        assert b"sealed" not in open(name, "rb").read()
        print(error)
"""


def test_a_full_disk_is_said_and_leaves_no_seal(paths, tmp_path):
    # A limit on the size of files stands for the disk.
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(paths["results"])], cwd=tmp_path, capture_output=True, text=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 2, done.stderr
    for name, line in zip(("results.nc", "trajectory.nc"), lines, strict=True):
        assert line.startswith(f"{name} cannot be written")


# What is seen of files


def test_a_fault_of_the_program_or_a_small_machine_is_no_damage(paths):
    class TooLarge:
        dtype, size = np.dtype("f8"), 3

        def __getitem__(self, index):
            raise MemoryError("on purpose")

    with NetCDFReader(paths["results"]) as file:
        with pytest.raises(KeyError, match="positon"):
            file.read("positon")
        with pytest.raises(KeyError, match="positon"):
            file.attribute("positon", "units")
        file._dataset = SimpleNamespace(variables={"time": TooLarge()}, data_model="NETCDF4", close=file._dataset.close)
        with pytest.raises(MemoryError, match="on purpose"):
            file.read("time")


def test_reduced_data_are_whole_or_as_they_were(paths, tmp_path):
    path = tmp_path / "reduced.nc"
    path.write_bytes(paths["reduced"].read_bytes())
    with pytest.raises(TypeError):
        write_reduced(path, make_reduced(provenance={"source": object()}))
    assert path.read_bytes() == paths["reduced"].read_bytes()
    assert list(tmp_path.iterdir()) == [path]


FILL_REDUCED = """
import resource, sys
from softspots.exceptions import OutputError
from softspots.io import read_reduced, write_reduced

reduced = read_reduced(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))
try:
    write_reduced("folder/reduced.nc", reduced)
except OutputError as error:
    print(error)
"""


def test_a_full_disk_is_told_with_the_name_that_was_given(paths, tmp_path):
    (tmp_path / "folder").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", FILL_REDUCED, str(paths["reduced"])], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.startswith("folder/reduced.nc cannot be written: "), done.stderr
    assert ".unfinished" not in done.stdout
    assert not list((tmp_path / "folder").iterdir())


def test_results_are_a_sequence_of_frames(paths):
    results = read_results(paths["results"])
    assert len(results) == FRAMES
    for index, frame in enumerate(results):
        assert np.array_equal(frame.positions, results["position"][index])
        assert np.array_equal(frame.images, results["image"][index])
        assert np.array_equal(frame.species, results["species"])
        assert (frame.time, frame.box.strain) == (results["time"][index], results["strain"][index])
    assert np.array_equal(results.frame(-1).positions, frame.positions)
    assert np.array_equal(results.variables(-1)["d2min"], results["d2min"][-1])
    for call in (results.frame, results.variables):
        for index in (FRAMES, -FRAMES - 1):
            with pytest.raises(IndexError, match=f"has 3 frames; got {index}"):
                call(index)


def test_a_frame_that_was_not_written_completely_is_refused(paths, tmp_path):
    values = read_results(paths["results"]).variables(0)
    path = tmp_path / "results.nc"
    with ResultsWriter(path, read_results(paths["results"]).frame(0), 12, 8, {}, {}) as writer:
        writer.write_frame(0, {name: values[name] for name in ("time", "position", "image", "strain")})
    with pytest.raises(DamagedFileError, match="frame 0 has no tilt"):
        read_results(path).frame(0)


def test_descriptions_take_a_line(paths):
    reduced = read_reduced(paths["reduced"])
    described = repr(read_results(paths["results"])), repr(reduced), repr(reduced["c_ss"]), repr(reduced["density"])
    assert "3 frames, particles=400, temperature=0.1" in described[0]
    assert "4 quantities measured, 1 missing" in described[1]
    assert described[2:] == (
        "Curve(8 values over 0 to 7, 50 resamples of blocks of 4)",
        "Estimate(0.2, 0.19 to 0.22)",
    )
    assert all("\n" not in text and len(text) < 250 for text in described)


def test_trajectories_keep_the_identity_of_their_run(paths):
    with netCDF4.Dataset(paths["trajectory"]) as dataset:
        assert {name: dataset.getncattr(name) for name in IDENTITY} == IDENTITY
