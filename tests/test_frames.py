"""Sequences of frames: lazy, with their strain through flips; what cannot be read."""

from dataclasses import replace

import numpy as np
import pytest
from dialects import lammps_dump, truths

import softspots as ss
from softspots.exceptions import DamagedFileError
from softspots.io.readers.frames import Frames, Reading
from softspots.io.readers.interpretation import Options
from softspots.io.readers.snapshot import Snapshot, Source

AB = {1: "A", 2: "B"}
OPTIONS = Options(types="A")


class Counted(Source):
    """A million snapshots of three particles in a sheared box ; it counts how many are looked at."""

    name = "counted"

    def __init__(self, tilt=lambda index: 0.0, length=1_000_000):
        self.tilt, self.length, self.looked_at = tilt, length, []

    def __len__(self):
        return self.length

    def snapshot(self, index):
        self.looked_at.append(index)
        cell = np.array([[10.0, 0.0], [self.tilt(index), 8.0]])
        return Snapshot(positions=np.array([[1.0, 1.0], [2.0, 6.0], [5.0, 3.0]]), cell=cell, step=index)


def frames_of(source, options=OPTIONS):
    return Frames(Reading(source, options), range(len(source)))


def flipping(rate):
    """The tilt of a box whose strain grows by ``rate`` each frame, flipped to at most half the box."""

    def tilt(index):
        sheared = 2.0 + rate * 8.0 * index
        return sheared - 10.0 * round(sheared / 10.0)

    return tilt


def test_nothing_is_read_before_it_is_asked_for():
    source = Counted()
    frames = frames_of(source)
    part = frames[100:900_000:7][::-1][5:8]
    assert len(frames) == 1_000_000 and len(part) == 3 and isinstance(part, Frames)
    assert source.looked_at == [0]
    small = frames_of(Counted(length=20))
    assert [frame.time for frame in small[4:10:2]] == [4, 6, 8]
    assert small[-1].time == 19 and small[2:5][-1].time == 4
    with pytest.raises(IndexError, match="counted has 20 frames; got 20"):
        small[20]


def test_the_strain_goes_through_flips_whichever_frame_is_asked_for():
    source = Counted(flipping(0.13), 100)
    frames = frames_of(source)
    last = frames[99]
    assert last.box.strain == pytest.approx(0.25 + 0.13 * 99, rel=1e-12)
    assert last.box.tilt == pytest.approx(flipping(0.13)(99)) and last.box.flips == 10
    assert source.looked_at == [*range(100)]
    # Boxes that have been looked at are known; the snapshot is read again.
    assert frames[40].box.strain == pytest.approx(0.25 + 0.13 * 40, rel=1e-12)
    assert source.looked_at[100:] == [40]
    backwards = frames_of(Counted(flipping(-0.2), 30))
    assert [frame.box.strain for frame in backwards] == pytest.approx([0.25 - 0.2 * k for k in range(30)])
    alone = frames_of(Counted(flipping(0.13), 1))
    assert not alone[0].box.has_history


def test_the_strain_of_boxes_that_change_their_size_is_that_of_their_shape():
    class Growing(Counted):
        def snapshot(self, index):
            found = super().snapshot(index)
            return replace(found, cell=found.cell * 1.1**index, positions=found.positions * 1.1**index)

    frames = frames_of(Growing(flipping(0.2), 20))
    assert [frame.box.strain for frame in frames] == pytest.approx([0.25 + 0.2 * k for k in range(20)])


@pytest.mark.parametrize("ratios", [(1.02, 1.0), (0.98, 1.0), (1.0, 1.02), (0.99, 1.02)])
def test_flips_are_those_of_the_box_that_is_stretched(ratios):
    """Far along in shear, where a fiftieth of all that the box has been sheared is most of its length."""

    class Stretched(Counted):
        def snapshot(self, index):
            found = super().snapshot(index)
            return replace(found, cell=found.cell * ratios) if index == 249 else found

    frames = frames_of(Stretched(lambda index: flipping(0.2)(min(index, 248)), 250))
    last, stretched = frames[248].box, frames[249].box
    assert last.flips == 40
    expected = last.stretched(tuple(np.multiply(last.lengths, ratios)))
    assert stretched.strain == pytest.approx(expected.strain, rel=1e-12) and stretched.flips == last.flips


@pytest.mark.parametrize("names", [("01", "1"), ("-0", "0"), ("9" * 20, "1")])
def test_names_that_only_look_like_numbers_are_names(names):
    class Named(Counted):
        def snapshot(self, index):
            return replace(super().snapshot(index), types=np.array([*names, names[1]]))

    assert frames_of(Named(length=1), Options())[0].species.tolist() == [*names, names[1]]


def test_a_lattice_vector_that_points_the_other_way_takes_its_images_along():
    cell = np.array([[4.0, 0.0, 0.0], [0.5, 4.0, 0.0], [0.3, -0.4, -5.0]])
    fractions = np.random.default_rng(6).random((6, 3))
    images = np.arange(18).reshape(6, 3) % 5 - 2

    class LeftHanded(Source):
        name = "left-handed"

        def __len__(self):
            return 1

        def snapshot(self, index):
            return Snapshot(positions=fractions @ cell, cell=cell, images=images)

    np.testing.assert_allclose(frames_of(LeftHanded())[0].unwrapped, (fractions + images) @ cell, atol=1e-13)


def test_a_step_that_could_be_a_flip_ends_the_strain_and_is_said():
    # A third of the box in one step, at frame 5.
    frames = frames_of(Counted(lambda index: 0.1 * index + 3.3 * (index >= 5), 10))
    assert frames[4].box.strain == pytest.approx(0.05)
    with pytest.warns(
        UserWarning, match="counted: from frame 5 on the strain is not known: the tilt moves by 0.34 box"
    ):
        assert not frames[7].box.has_history
    assert frames[4].box.has_history and "from frame 5 on" in repr(frames)


def test_a_frame_that_cannot_be_read_keeps_nobody_from_those_behind_it():
    class Broken(Counted):
        def snapshot(self, index):
            if index == 5:
                raise RuntimeError("no more\n numbers")
            return super().snapshot(index)

    frames = frames_of(Broken(flipping(0.1), 10))
    for _ in range(2):
        assert frames[8].box.strain == pytest.approx(0.25 + 0.8)
        with pytest.raises(DamagedFileError, match=r"^counted: frame 5: no more numbers$"):
            frames[5]


def test_motion_through_a_flip_is_that_without_it(tmp_path):
    pytest.importorskip("ovito")
    tilts = (4.0, 4.9, 5.8)
    straight, flipped = truths(tilts, dimension=2, particles=60), truths(tilts, dimension=2, particles=60)
    # The last box is flipped, particles stay where they are.
    last = flipped[2]
    unwrapped = last.unwrapped
    last.cell = last.cell - [[0, 0], [last.cell[0, 0], 0]]
    moved = unwrapped @ np.linalg.inv(last.cell)
    last.fractions, last.images = moved % 1, np.floor(moved).astype(int)
    found = {}
    for name, one, kind in (("straight", straight, "x"), ("flipped", flipped, "x"), ("unwrapped", flipped, "xu")):
        found[name] = ss.read(lammps_dump(tmp_path / f"{name}.dump", one, kind, z=False), types=AB)
    assert found["flipped"][2].box.tilt == pytest.approx(5.8 - 9)
    assert found["flipped"][2].box.strain == pytest.approx(0.58)
    expected = ss.d2min(found["straight"][0], found["straight"][2], cutoff=3.0)
    for name in ("flipped", "unwrapped"):
        d2min = ss.d2min(found[name][0], found[name][2], cutoff=3.0)
        np.testing.assert_allclose(d2min, expected, rtol=1e-9)
    np.testing.assert_allclose(found["unwrapped"][2].unwrapped, unwrapped, atol=1e-11)
