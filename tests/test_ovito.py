"""The modifier that colours soft spots in a pipeline of OVITO, without a screen."""

from dataclasses import replace

import numpy as np
import pytest
from launch import run_python
from reference import disordered_frame

import softspots as ss

pytest.importorskip("ovito")

from ovito.pipeline import Pipeline, StaticSource  # noqa: E402

from softspots.ovito import SoftSpotsModifier  # noqa: E402

# As in a script's background: what the parent has set to be ignored stays so, whichever part of OVITO comes in.
IGNORED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
import softspots as ss
if sys.argv[1:]:
    frame = ss.read(sys.argv[1])[0]
else:
    import softspots.ovito
os.kill(os.getpid(), signal.SIGINT)
print("alive")
"""


def pipeline_of(frame, **options):
    pipeline = Pipeline(source=StaticSource(data=ss.to_ovito(frame)))
    pipeline.modifiers.append(SoftSpotsModifier(**options))
    return pipeline


@pytest.fixture(scope="module")
def frame():
    found = disordered_frame(seed=4, length_x=11.0, length_y=12.0, tilt=3.4)
    return replace(found, species=np.array(["A", "B"])[found.species], ids=np.arange(len(found)))


@pytest.fixture(scope="module")
def spots(frame):
    model = ss.Mixture.preset("kob-andersen")
    minimum = ss.inherent_structure(frame.wrapped(), model)
    modes = ss.lowest_modes(ss.hessian(minimum, model), 12, stability=minimum.stability)
    return ss.soft_spots(minimum.frame, modes, 12, 5), modes


def test_particles_in_any_order_get_the_spots_of_the_chain(frame, spots):
    spots, modes = spots
    order = np.random.default_rng(1).permutation(len(frame))
    names = ("positions", "species", "ids")
    shuffled = replace(frame, **{name: getattr(frame, name)[order] for name in names})
    data = pipeline_of(shuffled, model="kob-andersen", modes=12, n_particles=5).compute()
    assert len(spots) > 1
    np.testing.assert_array_equal(data.particles["Soft Spot"], spots.labels[order] + 1)
    np.testing.assert_array_equal(data.particles["Participation Fraction"], modes.participation_fraction[order])
    assert modes.participation_fraction.sum() == pytest.approx(12)
    assert data.attributes["SoftSpots.count"] == len(spots)
    assert data.attributes["SoftSpots.density"] == spots.density
    colors = np.array(data.particles.colors)
    pale = colors[spots.labels[order] < 0]
    assert (pale == pale[0]).all() and not (colors[spots.labels[order] >= 0] == pale[0]).all(axis=1).any()
    np.testing.assert_array_equal(np.array(data.particles.positions)[:, :2], shuffled.positions)


def test_numbers_of_types_are_told(frame):
    numbered = replace(frame, species=np.where(frame.species == "A", 1, 2))
    data = ss.to_ovito(numbered)
    # As a file of others has it.
    data.attributes["software"] = "another"
    pipeline = Pipeline(source=StaticSource(data=data))
    options = {"model": ss.Mixture.preset("kob-andersen"), "types": {1: "A", 2: "B"}, "modes": 12, "n_particles": 5}
    pipeline.modifiers.append(SoftSpotsModifier(**options))
    assert pipeline.compute().attributes["SoftSpots.count"] > 1


@pytest.mark.parametrize(
    "options, words",
    [
        ({}, "SoftSpotsModifier: model is missing"),
        ({"model": "glass"}, "glass"),
        ({"model": "kob-andersen", "n_particles": 10**6}, "n_particles"),
    ],
)
def test_errors_come_through(frame, options, words):
    with pytest.raises(ss.InputError, match=words):
        pipeline_of(frame, **options).compute()


@pytest.mark.parametrize("reading", [True, False])
def test_ctrl_c_that_is_to_be_ignored_stays_so(frame, tmp_path, reading):
    ss.write(tmp_path / "frames.xyz", [frame])
    done = run_python(["-c", IGNORED, *[tmp_path / "frames.xyz"] * reading])
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr
