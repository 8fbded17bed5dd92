"""Frames from objects of other libraries, and from boxes and points."""

import numpy as np
import pytest
from dialects import lammps_dump, truths

import softspots as ss

AB = {1: "A", 2: "B"}


def test_atoms():
    ase = pytest.importorskip("ase")
    [truth] = truths()
    atoms = ase.Atoms(
        np.array(["Cu", "Zr"])[truth.types - 1], cell=truth.cell, scaled_positions=truth.fractions, pbc=True
    )
    atoms.set_array("id", truth.ids[::-1])
    expected = ss.frame_from_atoms(atoms)
    for frames in (ss.read(atoms), ss.read([atoms, atoms])):
        np.testing.assert_array_equal(frames[0].ids, truth.ids)
        np.testing.assert_allclose(frames[0].positions, expected.wrapped().positions[::-1], atol=1e-12)
    flat = ase.Atoms("H2", positions=[[1, 1, 0], [2, 2, 0]], cell=[5, 5, 0], pbc=(True, True, False))
    assert ss.read(flat)[0].dimension == 2
    flat.pbc = (True, False, False)
    with pytest.raises(ss.InputError, match=r"ase\.Atoms: the box is not periodic along y"):
        ss.read(flat)
    with pytest.raises(ss.InputError, match=r"there is no box: say which, ss\.read\(…, box="):
        ss.read(ase.Atoms("H2", positions=[[1, 1, 0], [2, 2, 0]]))


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_universe_and_atom_group():
    library = pytest.importorskip("MDAnalysis")
    [truth] = truths()
    universe = library.Universe.empty(30, trajectory=True)
    universe.add_TopologyAttr("types", ["A"] * 12 + ["B"] * 18)
    universe.atoms.positions = truth.fractions @ np.diag(np.diag(truth.cell))
    universe.dimensions = [*np.diag(truth.cell), 90, 90, 90]
    whole, part = ss.read(universe), ss.read(universe.select_atoms("type B"))
    assert len(whole[0]) == 30 and set(part[0].species) == {"B"} and len(part[0]) == 18
    # Single precision.
    np.testing.assert_allclose(part[0].positions, whole[0].positions[12:], atol=1e-5)
    assert "in Å" in repr(whole)
    with pytest.raises(ss.InputError, match="has no trajectory"):
        ss.read(library.Universe.empty(3))


def test_data_collection(tmp_path):
    ovito = pytest.importorskip("ovito.io")
    path = lammps_dump(tmp_path / "a.dump", truths())
    data = ovito.import_file(str(path)).compute()
    [frame] = ss.read(data, types=AB)
    expected = ss.read(path, types=AB)[0]
    np.testing.assert_array_equal(frame.positions, expected.positions)
    np.testing.assert_array_equal(frame.ids, expected.ids)


def test_box_and_points():
    points = np.random.default_rng(1).random((20, 3)) * 4 - 2
    cell = [[4, 0, 0], [0.8, 4, 0], [0.4, -0.2, 4]]
    boxes = [ss.Box(lengths=(4, 4, 4), tilts=(0.8, 0.4, -0.2)), [4, 4, 4, 0.2, 0.1, -0.05], np.transpose(cell)]
    for box in boxes:
        [frame] = ss.read((box, points), types="A")
        np.testing.assert_allclose(frame.box.vectors, cell, atol=1e-12)
    flat = [ss.Box(4, 4), [4, 4], [4, 4, 0, 0, 0, 0]]
    for box in flat:
        assert ss.read((box, points[:, :2]), types="A")[0].dimension == 2
    with pytest.raises(ss.InputError, match="no types of particles: say types='A', or give each"):
        ss.read((boxes[0], points))
    freud = pytest.importorskip("freud")
    frame = ss.read((freud.box.Box(4, 4, 4, 0.2, 0.1, -0.05), points), types="A")[0]
    np.testing.assert_allclose(frame.box.vectors, cell, atol=1e-6)
    assert ss.read((freud.box.Box.square(4), points * [1, 1, 0]), types="A")[0].dimension == 2


def test_what_is_none_of_them():
    for value, words in ((3.0, "got a float"), ([], "the list is empty"), ([1, 2], "got a list of int")):
        with pytest.raises(ss.InputError, match=words):
            ss.read(value)
    with pytest.raises(ss.InputError, match="format, topology and bounds are those of files"):
        ss.read((ss.Box(4, 4), np.ones((2, 2))), types="A", format="gsd")
