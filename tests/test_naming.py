"""What runs are called where several stand together, in legends, in text and in names of files."""

import pytest

from softspots.figures import naming
from softspots.io.reduced import Reduced

# What is no difference between runs, or is told apart in other ways.
UNNAMED = (
    *("frames", "grid", "output", "overwrite", "resume", "checkpoint_every", "quiet"),
    *("temperature", "strain_rate", "seed", "skin", "modes", "frame_separation", "mixture"),
    *("start_frames", "start_sha256", "start_velocities"),
    *("types", "sizes", "topology", "format", "bounds", "unit"),
)
COLD = {"temperature": 0.1, "strain_rate": 1e-3, "seed": 1, "particles": 400, "model": "kob-andersen"}


def run_of(**changes):
    return Reduced(COLD | changes, {})


def test_runs_are_named_after_what_differs_alone():
    one, two = run_of(), run_of(particles=1000, frames=12, output="elsewhere", skin=0.3)
    assert naming.run_names([one, two]) == ["T0.1_rate0.001_seed1_particles400", "T0.1_rate0.001_seed1_particles1000"]
    assert [naming.words(told) for told in naming.differences([one, two])] == [", $N=400$", ", $N=1000$"]
    # Seeds of runs that other things tell apart are not worth a word in a legend.
    assert [naming.words(told) for told in naming.differences([one, run_of(temperature=0.2, seed=2)])] == ["", ""]
    assert naming.run_names([one]) == ["T0.1_rate0.001_seed1"]


@pytest.mark.parametrize("name", UNNAMED)
def test_what_decides_nothing_that_is_seen_is_not_named(name):
    runs = [run_of(**{name: 2}), run_of(**{name: 3}, particles=1000)]
    assert naming.differences(runs) == [{"particles": 400}, {"particles": 1000}]


def test_each_parameter_that_is_not_named_is_tried():
    assert set(UNNAMED) == naming.UNNAMED


def test_runs_that_are_alike_have_numbers():
    assert naming.differences([run_of(skin=0.2), run_of(skin=0.3)]) == [{"seed": 1, "run": 1}, {"seed": 1, "run": 2}]


def test_names_of_files_stay_in_their_folder():
    names = naming.run_names([run_of(), run_of(model="../../etc/passwd")])
    assert len(set(names)) == 2 and not any("/" in name for name in names)


def test_text_names_what_tells_apart_runs_of_one_temperature_and_rate_alone():
    assert naming.column_names([run_of(), run_of(particles=1000), run_of(temperature=0.2)]) == {
        "T = 0.1, γ̇ = 1e-3 (a)": "particles 400",
        "T = 0.1, γ̇ = 1e-3 (b)": "particles 1000",
        "T = 0.2, γ̇ = 1e-3": "",
    }


@pytest.mark.parametrize(
    "rate, expected",
    [
        (1e-3, "1e-3"),
        (1e-4, "1e-4"),
        (1e-5, "1e-5"),
        (2.5e-3, "2.5e-3"),
        (1.25e-10, "1.25e-10"),
        (-1e-4, "-1e-4"),
        # To six digits, as of any number.
        (1 / 3000, "3.33333e-4"),
        (9.9999999e-5, "1e-4"),
        (0.00999999999, "0.01"),
        (0.01, "0.01"),
        (0.025, "0.025"),
        (1.5, "1.5"),
        (0.0, "0"),
    ],
)
def test_rates_in_text(rate, expected):
    assert naming.rate_text(rate) == expected
    assert [*naming.column_names([run_of(strain_rate=rate)])] == [f"T = 0.1, γ̇ = {expected}"]
