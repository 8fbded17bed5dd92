"""Reduced data know the dimension of their run, and the units of its mixture."""

import json
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from matplotlib.figure import Figure
from reference import disordered_frame
from sound import change
from test_vibrations import spectra

from softspots.analysis.reduce import reduce_run
from softspots.analysis.series import Series
from softspots.analysis.vibrations import density_of_states
from softspots.estimate import Estimate
from softspots.exceptions import DamagedFileError, InputError
from softspots.figures.panels import draw_probability, draw_states
from softspots.figures.summary import summary_data, summary_text
from softspots.frame import Box
from softspots.io import ResultsWriter, read_reduced
from softspots.io.frames import frame_values
from softspots.io.reduced import write_reduced
from softspots.model import Mixture

DATA = Path(__file__).parents[1] / "paper" / "data"
FRAMES, MODES = 12, 60
RUN = {
    "model": "kob-andersen-3d",
    "mixture": json.dumps(Mixture.preset("kob-andersen-3d").as_table()),
    "temperature": 0.1,
    "strain_rate": 0.0,
    "rearrangement_threshold": 15.0,
    "frame_interval": 2.0,
    "n_modes": 8,
    "n_particles": 4,
    "min_particles": 4,
    "connection": "distance",
    "bond_length": 1.4,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run in three dimensions, of particles at rest, with modes and soft spots; the modes and the particles."""
    random = np.random.default_rng(7)
    made = disordered_frame(5, 6.0, 6.5, 1.1, length_z=7.0, tilt_xz=-1.4, tilt_yz=2.0)
    frame = replace(made, box=Box(lengths=made.box.lengths, tilts=made.box.tilts, strain=1.1 / 6.5)).wrapped()
    size = len(frame)
    eigenvalues = spectra(lambda omega: 3 * omega**3, 3.0)[:FRAMES, :MODES]
    path = tmp_path_factory.mktemp("space") / "results.nc"
    with ResultsWriter(path, frame, MODES, 8, RUN, {}) as writer:
        for number in range(FRAMES):
            there = replace(frame, time=2.0 * number, images=np.zeros(frame.positions.shape, int))
            labels = np.where(np.arange(size) < 30, np.arange(size) // 10, -1).astype(np.int32)
            values = {
                "inherent_certified": np.int8(1),
                "inherent_position": frame.positions.astype(np.float32),
                "eigenvalue": eigenvalues[number],
                "participation_ratio": np.linspace(0.1, 0.6, MODES),
                "mode_particle": np.array([random.permutation(size)[:8] for _ in range(MODES)], dtype=np.int32),
                "soft_spot": labels,
                "d2min": 0.1 * random.lognormal(1, 1, size),
            }
            writer.write_frame(number, frame_values(there) | values)
    return reduce_run(path), eigenvalues, size


def test_density_of_states_is_over_the_frequency_squared(run):
    reduced, eigenvalues, size = run
    assert reduced.dimension == 3 and not reduced.of_paper
    expected = density_of_states(eigenvalues, size, 3)
    np.testing.assert_array_equal(reduced["states"].value, expected.states.value)
    # Debye's law has no peak.
    assert expected.peak is None and "boson_peak" not in reduced
    assert reduced.missing["boson_peak"] == "within its noise, or a quarter, D(ω)/ω is flat: it has no peak"


def test_files_say_dimension_and_units(run, tmp_path):
    reduced, _, size = run
    write_reduced(tmp_path / "reduced.nc", reduced)
    back = read_reduced(tmp_path / "reduced.nc")
    assert back.dimension == 3 and back.measured.keys() == reduced.measured.keys()
    with netCDF4.Dataset(tmp_path / "reduced.nc") as dataset:
        assert dataset["states"].units == "(m sigma^2 epsilon^-1)^3/2"
        assert dataset["states"].symbol == "D(ω)/ω²"
        assert dataset["frequency"].units == "(epsilon m^-1)^1/2 sigma^-1"
    # One wave for the mean distance of particles, as the paper has one for σ_AA.
    assert back.provenance["wavevector"] == pytest.approx(2 * np.pi * (size / (6.0 * 6.5 * 7.0)) ** (1 / 3))
    wrong = change(tmp_path / "reduced.nc", tmp_path / "wrong.nc")
    with netCDF4.Dataset(wrong, "a") as dataset:
        dataset.dimension = 4
    with pytest.raises(DamagedFileError, match="its dimension is 4; 2 or 3 is needed"):
        read_reduced(wrong)
    with pytest.raises(InputError, match="its dimension is 1; 2 or 3 is needed"):
        write_reduced(tmp_path / "one.nc", replace(reduced, dimension=1))


def test_earlier_files_are_of_two_dimensions(tmp_path):
    path = min(DATA.glob("T0.1_rate*.nc"))
    with netCDF4.Dataset(path) as dataset:
        assert "dimension" not in dataset.ncattrs()
    earlier = read_reduced(path)
    assert earlier.dimension == 2 and earlier.of_paper
    write_reduced(tmp_path / "now.nc", earlier)
    with netCDF4.Dataset(tmp_path / "now.nc") as dataset:
        assert dataset.dimension == 2 and dataset["states"].symbol == "D(ω)/ω"
        assert dataset["states"].units == "m sigma_AA^2 epsilon_AA^-1"


def with_peak(reduced):
    """The same with a boson peak, as if there were one."""
    return replace(reduced, measured=reduced.measured | {"boson_peak": reduced.measured["density"]})


def test_summaries_name_what_was_measured(run):
    reduced, flat = with_peak(run[0]), with_peak(read_reduced(min(DATA.glob("T0.1_rate*.nc"))))
    text = summary_text([reduced], [])
    assert "maximum of D(ω)/ω² " in text and "σ_AA" not in text
    assert "20,000" not in text
    assert "mode at the maximum of D(ω)/ω  " in summary_text([flat], []) and "20,000" in summary_text([flat], [])
    both = summary_text([flat, reduced], [])
    assert "maximum of D(ω)/ω or n(ω_BP), mode at the maximum of D(ω)/ω²" in both
    (told,) = summary_data([reduced], [])["runs"]
    assert told["quantities"]["onset"]["unit"] == "sigma^2 k_B epsilon^-1"
    assert told["quantities"]["bound"]["paper"] == ""


def test_what_no_run_beside_has_stands_below_the_table_alone(run):
    reduced, _, _ = run
    peak, word = with_peak(reduced), "maximum of D(ω)/ω²"
    assert "boson_peak" in reduced.missing and "boson_peak" not in reduced
    alone, beside = summary_text([reduced], []), summary_text([reduced, peak], [])
    assert word not in alone and f"* {reduced.missing['boson_peak']} (n(ω_BP)" in alone.split("Not measured:")[1]
    assert "—" not in alone
    (row,) = [line for line in beside.splitlines() if word in line]
    assert "| — " in row
    # Where nothing says why, the row does.
    silent = replace(reduced, missing={})
    assert word in summary_text([silent], []) and summary_data([reduced], [])["runs"][0]["quantities"]["boson_peak"]


def test_axes_have_the_units_of_the_mixture(run):
    reduced, _, _ = run
    flat = read_reduced(min(DATA.glob("T0.1_rate*.nc")))
    for runs, inside in (((reduced,), r"\sigma^2"), ((flat,), r"\sigma_\mathrm{AA}^2"), ((flat, reduced), r"\sigma^2")):
        axes = Figure().subplots()
        draw_probability(axes, Series("nothing", runs))
        assert inside in axes.get_xlabel()


def test_densities_of_states_of_one_dimension_share_a_panel(run):
    reduced, _, _ = run
    flat = read_reduced(min(DATA.glob("T0.1_rate*.nc")))
    flat = replace(flat, measured=flat.measured | {"boson_peak": Estimate(270.0, 260.0, 280.0)})
    for runs, label in (((reduced, flat), r"D(\omega)/\omega^2"), ((flat, reduced), r"D(\omega)/\omega$")):
        axes = Figure().subplots()
        draw_states(axes, Series("nothing", runs))
        assert label in axes.get_ylabel()
        line, *dots = [one for one in axes.lines if len(one.get_xdata())]
        np.testing.assert_array_equal(line.get_ydata(), runs[0]["states"].value)
        # Keys aside, nothing is drawn of the other; where there is a boson peak it has a dot.
        assert [one.get_ydata() for one in dots] == [runs[0]["states"].value.max()] * (runs[0] is flat)
    axes = Figure().subplots()
    draw_states(axes, Series("nothing", (replace(reduced, measured={}),)))
    assert not axes.lines
