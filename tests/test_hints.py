"""What errors and notes advise: on sizes, on types, on image counters, and on how pictures and objects are had."""

from dataclasses import replace

import numpy as np
import pytest

import softspots as ss
from softspots.chain.saving import of_quenches
from softspots.chain.stages import Analysis
from softspots.chain.study import Study
from softspots.commands import mapping
from softspots.exceptions import InputError
from softspots.io.attributes import SOURCE_NOTES, TIMES_ARE_STEPS
from softspots.io.results import read_results

# A hexagonal packing, squeezed by a tenth: spheres of diameter 1 that touch their six neighbors.
ROWS, COLUMNS = 6, 6
SPHERES = ss.Mixture.polydisperse(ss.Harmonic())


def packing(sizes=1.0):
    """A frame of it, with these diameters."""
    spacing = 0.9
    x, y = np.meshgrid(np.arange(COLUMNS), np.arange(ROWS))
    places = np.stack([x + y % 2 / 2, y * np.sqrt(3) / 2], -1).reshape(-1, 2) * spacing
    box = ss.Box(lengths=(COLUMNS * spacing, ROWS * np.sqrt(3) / 2 * spacing))
    return ss.Frame(positions=places, species=np.zeros(36, int), box=box, sizes=np.full(36, sizes))


def test_sizes_that_are_radii_are_told_by_what_is_loose():
    with pytest.warns(UserWarning, match="the largest soft spot"):
        assert ss.study(packing(), SPHERES, lag=0, progress=False)[0].fault == ""
    with pytest.warns(UserWarning, match="nothing is held") as said:
        found = ss.study(packing(0.5), SPHERES, lag=0, progress=False)[0]
    # ρ^(-1/2) of a hexagonal lattice is (3^½ / 2)^½ = 0.931 of its spacing.
    assert "the mean diameter is 0.5 and the mean distance 0.838: are sizes diameters" in found.fault
    assert "--sizes and --unit" in str(said[0].message)


def test_types_of_our_own_dumps_have_names(tmp_path):
    path = tmp_path / "own.lammpstrj"
    frame = ss.Frame(positions=packing().positions, species=["A"] * 30 + ["B"] * 6, box=packing().box)
    ss.write(path, [frame])
    assert ss.read(path)[0].species.tolist() == frame.species.tolist()
    told = r"a species for each of types A \(30\), B \(6\), or, if these are species of the mixture, no types= at all,"
    with pytest.raises(InputError, match=told):
        ss.read(path, types={1: "A", 2: "B"})
    # Numbers are no names that could be kept.
    ss.write(path, [packing()])
    with pytest.raises(InputError, match=r"a species for each of type 0 \(36\) is needed"):
        ss.read(path, types={1: "A"})


def test_what_would_give_image_counters_is_said(tmp_path):
    study = ss.study(packing(), SPHERES, lag=0, progress=False)
    with pytest.warns(UserWarning, match="the largest soft spot"):
        study.save(tmp_path / "results.nc")
    left_out = read_results(tmp_path / "results.nc").attributes["left_out_because"]
    assert "image: image counters are not known (ix iy iz or xu yu zu in dumps" in left_out


def test_a_frame_of_a_study_gives_its_atoms():
    pytest.importorskip("ase")
    frame = ss.Frame(positions=np.argwhere(np.ones((4, 4, 4))), species=["Ar"] * 64, box=ss.Box(lengths=(4.0,) * 3))
    found, extra = Analysis(frame, SPHERES), np.arange(64.0)
    atoms, same = found.to_ase(symbols={"Ar": "Ne"}, extra=extra), ss.to_ase(found, symbols={"Ar": "Ne"}, extra=extra)
    assert atoms == same and {"extra", "soft_spot"} <= atoms.arrays.keys() == same.arrays.keys()


@pytest.mark.parametrize(
    ("source", "title"), [({SOURCE_NOTES: TIMES_ARE_STEPS}, "$t=$5,450,000 steps"), ({}, r"$t=5.45e+06\,\tau$")]
)
def test_titles_have_whole_steps_or_times_with_their_unit(source, title, monkeypatch, tmp_path):
    drawn = {}
    monkeypatch.setattr(mapping, "save_map", lambda *_, **about: drawn.update(about))
    monkeypatch.setattr(Study, "source", source)
    study = ss.study(replace(packing(), time=5_450_000), SPHERES, lag=0, progress=False)
    mapping.draw(study, 0, tmp_path / "map.png", study.values(0)[0], None)
    assert drawn["title"] == title


def test_one_avalanche_among_quenches_is_no_caution():
    """The mean of these is beyond what most solids have, their median is not."""
    calm, avalanche = (0.1, 0.01), (2.0, 0.01)
    assert of_quenches(packing(), [calm, avalanche, calm], None) == ""
    told = of_quenches(packing(), [avalanche, calm, avalanche], None)
    assert told.startswith("median of 3 frames: particles move by 2.39 mean distances")
    assert of_quenches(packing(), [], None) == ""
