"""Frames of any origin through the chain: the same as stage by stage, and as a results file."""

import textwrap
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from dialects import dump_of_plane

import softspots as ss
from softspots.analysis.findings import NEEDED
from softspots.analysis.reduce import reduce_run
from softspots.chain.defaults import threshold, threshold_of
from softspots.chain.saving import configuration, described
from softspots.exceptions import InputError
from softspots.io.results import read_results

MODEL = ss.Mixture.preset("kob-andersen")
# As a notebook's user types it, with a file of this name.
TEN_LINES = """
      import softspots as ss
      frames = ss.read("glass.lammpstrj", types={1: "A", 2: "B"})
      model  = ss.Mixture.preset("kob-andersen", smoothing="none")
      study  = ss.study(frames, model, modes=125)          # progress bar; study[i].minimum .modes .spots .d2min
      study.save("own.nc"); study[0].plot()
      print(study[0].spots.sizes, study[0].spots.centers)
"""
OPTIONS = {"modes": 40, "n_modes": 25, "n_particles": 4, "progress": False}


@pytest.fixture(scope="module")
def frames():
    """300 particles in sheared steady state, half a time apart; species have names, and times are known."""
    run = ss.Simulation(MODEL, particles=300, temperature=0.1, strain_rate=1e-3, seed=2)
    run.prepare(liquid_temperature=1.0, liquid_time=2.5, cooling_time=5.0, strain=0.002)
    found = []
    for _ in range(4):
        frame = run.frame()
        found.append(replace(frame, species=np.array(["A", "B"])[frame.species], ids=np.arange(len(frame))))
        run.run(100)
    return found


def test_each_frame_has_what_the_stages_find(frames):
    study = ss.study(frames, MODEL, **OPTIONS)
    found = study[1]
    minimum = ss.inherent_structure(frames[1], MODEL)
    modes = ss.lowest_modes(ss.hessian(minimum, MODEL), 40, stability=minimum.stability)
    spots = ss.soft_spots(minimum.frame, modes, 25, 4)
    assert found.minimum.energy == minimum.energy
    assert np.array_equal(found.modes.vectors, modes.vectors)
    assert np.array_equal(found.spots.labels, spots.labels)
    assert np.array_equal(found.spots.centers, spots.centers) and found.spots.sizes.sum() > 0
    assert np.array_equal(found.d2min, ss.d2min(frames[1], frames[2]))
    # It is kept; and the last has no later one.
    assert study[1] is found
    assert study[-1].d2min is None and study[-1].d2min_fault == study[-1].fault == ""


def test_maps_in_space_are_of_as_many_modes_in_a_study_and_by_hand():
    """The paper's share of the degrees of freedom: 430 of 20,000 are 19 of 900."""
    model = ss.Mixture.preset("kob-andersen-3d")
    run = ss.Simulation(model, particles=300, temperature=0.3, strain_rate=0, seed=2)
    run.prepare(liquid_time=1, cooling_time=2, strain=0)
    found = ss.study(run.frame(), model, n_particles=4, progress=False)[0]
    assert (len(found.modes.frequencies), found.spots.n_modes) == (22, 19)
    spots = ss.soft_spots(found.minimum.frame, found.modes, n_particles=4)
    assert spots.n_modes == 19 and np.array_equal(spots.labels, found.spots.labels)


@pytest.mark.parametrize("lag, why", [(1, "no later frame"), (3, "no frame 3 later"), (0, "lag is 0")])
def test_grey_maps_say_why(frames, lag, why):
    study = ss.study(frames, MODEL, lag=lag, **OPTIONS)
    axes = study[-1].plot()
    assert axes.get_xlabel().splitlines()[1] == rf"grey: $D^2_{{\min}}$ is not known: {why}"
    assert "not known" not in [other.get_title(loc="right") for other in axes.figure.axes]
    matplotlib.pyplot.close(axes.figure)
    assert lag != 1 or "\n" not in study[0].plot().get_xlabel()


def test_one_soft_spot_alone_is_told_once(frames, tmp_path):
    """By the first frame that is looked at, or by the saved file, which keeps it."""
    study = ss.study(frames[:2], MODEL, **OPTIONS | {"n_particles": 30})
    with pytest.warns(UserWarning, match="study: frame 0: the largest soft spot has") as told:
        study[0], study[1]
        study.save(tmp_path / "looked_at.nc")
    assert len(told) == 1 and told[0].filename == __file__
    fresh = ss.study(frames[:2], MODEL, **OPTIONS | {"n_particles": 30})
    with pytest.warns(UserWarning, match="study: the largest soft spot has") as told:
        fresh.save(tmp_path / "saved.nc")
    assert len(told) == 1 and told[0].filename == __file__
    for name in ("looked_at.nc", "saved.nc"):
        assert read_results(tmp_path / name).attributes["caution"].startswith("the largest soft spot has")


def test_particles_are_told_by_their_ids(frames):
    order = np.random.default_rng(1).permutation(len(frames[0]))
    names = ("positions", "species", "images", "ids")
    shuffled = replace(frames[1], **{name: getattr(frames[1], name)[order] for name in names})
    mixed = ss.study([frames[0], shuffled, *frames[2:]], MODEL, **OPTIONS)
    assert np.array_equal(mixed[1].spots.labels, ss.study(frames, MODEL, **OPTIONS)[1].spots.labels)


def test_lag_and_slices(frames):
    study = ss.study(frames, MODEL, lag=2, **OPTIONS)
    part = study[::2]
    assert (len(study), len(part)) == (4, 2)
    # The later frame is that of all frames, not of the slice.
    assert np.array_equal(part[0].d2min, ss.d2min(frames[0], frames[2]))
    assert part[1].d2min is None and part[1] is study[2]
    assert [found.frame.time for found in part] == [frames[0].time, frames[2].time]
    with pytest.raises(IndexError, match="the study has 4 frames; got 4"):
        study[4]
    assert ss.study(frames, MODEL, lag=0, **OPTIONS)[0].d2min is None


def test_saved_as_a_simulation_saves(frames, tmp_path):
    path = tmp_path / "own.nc"
    study = ss.study(frames, MODEL, temperature=0.1, strain_rate=1e-3, **OPTIONS)
    study.save(path)
    results = read_results(path)
    assert results.checked and len(results) == 4 and results.model == MODEL
    assert {*NEEDED} <= results.configuration.keys()
    # Times are sums of steps.
    assert results.configuration["frame_interval"] == pytest.approx(0.5, rel=1e-12)
    for index, (frame, found) in enumerate(zip(frames, study, strict=True)):
        again = results.frame(index)
        assert np.array_equal(again.positions, frame.positions) and np.array_equal(again.images, frame.images)
        assert np.array_equal(again.species, frame.species) and again.box == frame.box and again.time == frame.time
        values = results.variables(index)
        assert np.array_equal(values["soft_spot"], found.spots.labels)
        assert np.array_equal(values["eigenvalue"], found.modes.eigenvalues)
        assert np.array_equal(values["d2min"], found.activity, equal_nan=True)
        assert values["inherent_energy"] == found.minimum.energy
        assert values["potential_energy"] == ss.energy_forces(frame, MODEL)[0] / 300
    assert results.attributes["left_out"] == "kinetic_temperature pressure shear_stress"
    assert np.isnan(results["pressure"]).all()


def test_a_strain_rate_that_is_not_that_of_the_frames_is_said(frames, tmp_path):
    path = tmp_path / "own.nc"
    with pytest.warns(UserWarning, match=r"study: the strain rate is said to be 0, but .* by 0\.001 per unit of time"):
        ss.study(frames, MODEL, temperature=0.1, strain_rate=0.0, **OPTIONS).save(path)
    assert read_results(path).attributes["caution"].startswith("the strain rate is said to be 0")


def test_what_was_inferred_of_a_file_is_kept(frames, tmp_path):
    plain = replace(frames[0], species=(frames[0].species == "B").astype(int))
    dump_of_plane(tmp_path / "glass.lammpstrj", [plain])
    read = ss.read(tmp_path / "glass.lammpstrj", types={1: "A", 2: "B"})
    ss.study(read, MODEL, **OPTIONS).save(tmp_path / "own.nc")
    attributes = read_results(tmp_path / "own.nc").attributes
    assert attributes["source"].endswith("glass.lammpstrj") and attributes["source_notes"] == "; ".join(read.notes)
    assert "velocities are not used" in attributes["left_out_because"]


def test_what_frames_do_not_tell_is_left_out_and_said(frames, tmp_path):
    bare = [
        replace(one, images=None, time=0.0, box=ss.Box(lengths=one.box.lengths, tilts=one.box.tilts)) for one in frames
    ]
    path = tmp_path / "own.nc"
    ss.study(bare, MODEL, **OPTIONS).save(path)
    results = read_results(path)
    assert {"temperature", "strain_rate", "frame_interval"}.isdisjoint(results.configuration)
    assert {"strain", "image", "time"} <= {*results.attributes["left_out"].split()}
    reasons = results.attributes["left_out_because"]
    assert "temperature, strain_rate: not given" in reasons and "image: image counters" in reasons
    again = results.frame(1)
    assert again.images is None and again.box == bare[1].box and again.box.strain is None
    assert np.array_equal(results.inherent_structures()[1](1).box.tilts, bare[1].box.tilts)


def test_the_analysis_says_what_images_are_needed_for(frames, tmp_path):
    bare = [replace(one, images=None) for one in frames]
    ss.study(bare, MODEL, temperature=0.1, strain_rate=1e-3, **OPTIONS).save(tmp_path / "own.nc")
    reduced = reduce_run(tmp_path / "own.nc")
    assert "density" in reduced.measured
    assert reduced.missing["scattering"].startswith("image counters are not known (ix iy iz")


def test_a_box_may_change_in_size(frames, tmp_path):
    """As at constant pressure, and through flips of the tilt."""
    path, boxes = tmp_path / "own.nc", []
    shrunk = []
    for index, one in enumerate(frames):
        ratio = 1 - 0.002 * index
        box = one.box.stretched(np.multiply(one.box.lengths, ratio))
        shrunk.append(replace(one, positions=one.positions * ratio, box=box))
        boxes.append(box)
    study = ss.study(shrunk, MODEL, temperature=0.1, strain_rate=1e-3, **OPTIONS)
    # What all do alike is no plastic activity: what is left is that of the frames, in the lengths of the later one.
    before = ss.study(frames, MODEL, **OPTIONS)[0].d2min
    assert np.allclose(study[0].d2min, before * 0.998**2, rtol=1e-9)
    study.save(path)
    results = read_results(path)
    assert results.box_changes and results.checked
    for index, box in enumerate(boxes):
        assert results.frame(index).box == box
        assert np.array_equal(results.frame(index).positions, study[index].frame.positions)
        assert results.inherent_structures()[1](index).box == box
    # Another tilt of the same lattice, a flip away.
    flipped = ss.Box(lengths=boxes[1].lengths, tilts=[boxes[1].tilt - boxes[1].length_x], strain=boxes[1].strain)
    again = ss.study([shrunk[0], replace(shrunk[1], box=flipped, images=None)], MODEL, **OPTIONS)
    assert np.allclose(again[0].d2min, study[0].d2min, rtol=1e-9)
    again.save(tmp_path / "flipped.nc")
    assert read_results(tmp_path / "flipped.nc").frame(1).box == flipped
    reduced = reduce_run(path)
    assert "density" in reduced.measured and "box changes in size" in reduced.missing["scattering"]


def test_boxes_that_came_through_text_are_of_one_size(frames, tmp_path):
    lengths = np.array(frames[1].box.lengths) * (1 + 1e-8)
    second = replace(frames[1], box=ss.Box(lengths=lengths, tilts=frames[1].box.tilts))
    ss.study([frames[0], second], MODEL, **OPTIONS).save(tmp_path / "own.nc")
    results = read_results(tmp_path / "own.nc")
    assert not results.box_changes and results.frame(1).box == second.box


def test_a_frame_that_cannot_be_read_is_left_out(frames, tmp_path):
    fewer = replace(frames[1], positions=frames[1].positions[1:], species=frames[1].species[1:], images=None, ids=None)
    study = ss.study([frames[0], fewer, *frames[2:]], MODEL, **OPTIONS)
    with pytest.raises(InputError, match="hold different particles, 300 and 299"):
        study[1]
    # Of the first one D²_min would end there.
    with pytest.warns(UserWarning, match="frame 0: .* 300 and 299"):
        assert study[0].d2min is None and study[0].spots is not None
    with pytest.warns(UserWarning, match="study: frame 1 is left out: .* 300 and 299"):
        assert [step.frame.time for step in study] == [frames[index].time for index in (0, 2, 3)]
    with pytest.warns(UserWarning, match="frame 1: .* 300 and 299"):
        study.save(tmp_path / "own.nc")
    results = read_results(tmp_path / "own.nc")
    assert sorted(results.faults) == [0, 1]
    assert np.isfinite(results["eigenvalue"]).all(axis=1).tolist() == [True, False, True, True]
    # Frames are as far apart as their numbers.
    assert results.configuration["frame_interval"] == pytest.approx(0.5, rel=1e-12)
    assert np.isfinite(results["time"]).tolist() == [True, False, True, True]


def test_a_frame_that_cannot_be_read_is_left_out_of_what_is_written(frames, tmp_path):
    fewer = replace(frames[1], positions=frames[1].positions[1:], species=frames[1].species[1:], images=None, ids=None)
    study = ss.study([frames[0], fewer, *frames[2:]], MODEL, **OPTIONS)
    with pytest.warns(UserWarning, match="frame 1"):
        study.save(tmp_path / "own.nc")
    results = read_results(tmp_path / "own.nc")
    numbers = np.arange(4)[:, None] * np.ones(len(frames[0]))
    for name, source in (("study.xyz", study), ("results.xyz", results)):
        with pytest.warns(UserWarning, match="write: frame 1 is left out: .* 300 and 299"):
            ss.write(tmp_path / name, source, number=numbers)
        lines = (tmp_path / name).read_text().splitlines()
        rows = [float(line.split()[-1]) for line in lines[2 :: len(frames[0]) + 2]]
        assert rows == [0, 2, 3]
    alone = ss.study([frames[0], fewer], MODEL, **OPTIONS)[1:]
    with pytest.warns(UserWarning), pytest.raises(InputError, match="there are no frames that can be read"):
        ss.write(tmp_path / "none.xyz", alone)


def test_the_interval_of_part_of_the_frames_is_that_of_the_lag(frames, tmp_path):
    ss.study(frames, MODEL, **OPTIONS)[::2].save(tmp_path / "own.nc")
    found = read_results(tmp_path / "own.nc").configuration
    assert (found["frame_separation"], found["frame_interval"]) == pytest.approx((1.0, 0.5), rel=1e-12)
    ss.study(frames, MODEL, **OPTIONS | {"lag": 0})[::2].save(tmp_path / "none.nc")
    found = read_results(tmp_path / "none.nc").configuration
    assert found["frame_separation"] == pytest.approx(1.0, rel=1e-12) and "frame_interval" not in found


def test_a_frame_without_soft_spots_says_why(frames):
    with pytest.warns(UserWarning, match="study: frame 0: the quench is not certified: the largest force is"):
        found = ss.study(frames[0], MODEL, max_force=1e-300, **OPTIONS)[0]
    assert found.spots is None and (found.labels == -1).all()
    assert "not certified" in repr(found)


def test_plot(frames):
    with matplotlib.rc_context({"backend": "agg"}):
        from matplotlib import pyplot

        study = ss.study(frames[:2], MODEL, **OPTIONS)
        for found, title in zip(study, ("colorbar", ""), strict=True):
            axes = found.plot()
            labels = [str(one.get_label()) for one in axes.figure.axes]
            assert ("colorbar" in labels) == bool(title) and "inset" in labels
            axes.figure.canvas.draw()
        pyplot.close("all")


def test_a_plot_marks_the_threshold_of_its_mixture(frames, monkeypatch):
    told = []
    monkeypatch.setattr("softspots.figures.map.draw_map", lambda *values, **options: told.append(options))
    found = ss.study(frames[:2], MODEL, **OPTIONS)[0]
    for one, options in (
        (found, {"temperature": 0.1}),
        (replace(found, model=ss.Mixture.preset("soft-spheres", dimension=2)), {"temperature": 0.2}),
        (found, {"temperature": 0.1, "threshold": 3.0}),
        (found, {}),
    ):
        one.plot(axes="somewhere", **options)
    density = len(found.frame) / found.frame.box.volume
    expected = threshold(density, 2, 2.5, 0.2)
    assert [one.get("threshold") for one in told] == [15.0, expected, 3.0, None] and expected != 15.0


def test_a_threshold_of_what_rearranges_is_kept_with_what_is_saved(frames):
    study = ss.study(frames[:2], MODEL, temperature=0.1, rearrangement_threshold=12.0, **OPTIONS)
    assert configuration(study)["rearrangement_threshold"] == 12.0
    with pytest.raises(InputError, match="rearrangement_threshold is in units of T; a temperature is needed"):
        ss.study(frames[:2], MODEL, rearrangement_threshold=12.0, **OPTIONS)


def test_a_potential_from_a_function_is_told_how_to_be_an_array(frames):
    pair = ss.Tabulated.from_function(lambda r: (r**-12, -12 * r**-13, 156 * r**-14), 0.5, 1.5, smoothing="even")
    with pytest.raises(InputError, match=r"give arrays: ss.Tabulated\(r, energy, force\)"):
        described(ss.Mixture({("A", "A"): pair}))


@pytest.mark.filterwarnings("ignore:Mixture. .* jump")
@pytest.mark.parametrize("name", ["kob-andersen", "as-printed"])
@pytest.mark.parametrize("smoothing", ["even", "shifted-force", "shifted", "none"])
def test_the_same_liquid_has_the_same_rule_however_its_potentials_end(name, smoothing):
    model = ss.Mixture.preset(name, smoothing=smoothing)
    for one in (model, ss.Mixture.from_table(model.as_table())):
        assert threshold_of(one, 1.2, 2, 2.5, temperature=0.4) == 15.0
    # Of its name, but not its particles.
    other = ss.Mixture({pair: ss.LennardJones(cutoff=2.5, smoothing=smoothing) for pair in model.pairs}, name=name)
    assert threshold_of(other, 1.2, 2, 2.5, temperature=0.4) == threshold(1.2, 2, 2.5, 0.4)


@pytest.mark.filterwarnings("ignore:Mixture. .* jump at the cutoff")
def test_ten_lines(frames, tmp_path, monkeypatch, capsys):
    pytest.importorskip("ovito")
    monkeypatch.chdir(tmp_path)
    dump_of_plane(tmp_path / "glass.lammpstrj", [replace(one, species=one.species == "B").wrapped() for one in frames])
    with matplotlib.rc_context({"backend": "agg"}):
        from matplotlib import pyplot

        made = {}
        exec(textwrap.dedent(TEN_LINES), made)
        pyplot.close("all")
    study, spots = made["study"], made["study"][0].spots
    printed = capsys.readouterr()
    assert "frames: 100%" in printed.err and printed.out == f"{spots.sizes} {spots.centers}\n"
    results = read_results("own.nc")
    assert len(results) == len(study) == 4
    assert np.array_equal(results.variables(0)["soft_spot"], spots.labels)


def test_frames_of_another_dimension_are_refused(frames):
    flat = frames[0]
    positions = np.column_stack((flat.positions, np.linspace(0, 3, len(flat))))
    deep = ss.Frame(positions, flat.species, ss.Box(lengths=(*flat.box.lengths, 9.0)), ids=flat.ids)
    study = ss.study([flat, deep], MODEL, lag=0, **OPTIONS)
    assert study[0].spots is not None
    with pytest.raises(InputError, match="study: frame 1 has 3 dimensions, the first one 2"):
        study[1]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"modes": 0}, "study: modes is 0"),
        ({"n_modes": 41}, "study: n_modes is 41; it must be a whole number from 1 to 40"),
        ({"lag": -1}, "study: lag is -1"),
        ({"connection": "hope"}, "study: connection is 'hope'; allowed: delaunay, distance"),
        ({"d2min_cutoff": 0.0}, "study: d2min_cutoff is 0"),
        ({"temperature": -1}, "study: temperature is -1"),
    ],
)
def test_refusals(frames, change, message):
    with pytest.raises(InputError, match=message):
        ss.study(frames, MODEL, **OPTIONS | change)


def test_refusals_of_frames_and_models(frames):
    with pytest.raises(InputError, match="study: frames is a str; frames are needed"):
        ss.study("glass.dump", MODEL)
    with pytest.raises(InputError, match="there are no frames"):
        ss.study([], MODEL)
    with pytest.raises(InputError, match="study: frame is an? .*; a Frame is needed"):
        ss.study([1, 2], MODEL)
    with pytest.raises(InputError, match="species C of the frame is not known"):
        ss.study(replace(frames[0], species=["C"] * 300), MODEL)
    with pytest.warns(UserWarning, match="13 modes make a map of 300 particles, but only 5 are given"):
        assert ss.study(frames, MODEL, modes=5).options.n_modes == 5
