"""Tabulated potentials: from arrays, from functions, from LAMMPS' files."""

import pickle
import warnings

import numpy as np
import pytest

import softspots as ss
from softspots.exceptions import InputError
from softspots.model.spline import evaluate, spline_form

SOURCE = ss.LennardJones(smoothing="even")
R = np.linspace(0.8, 2.5, 400)
V, SLOPE, CURVATURE = SOURCE.inside(R)


def table(r=R, energy=V, force=-SLOPE, **options):
    return ss.Tabulated(r, energy, force, **options)


def section(name, parameters, r=R, energy=V, force=-SLOPE, digits=15):
    rows = (
        f"{k} {a:.{digits}g} {b:.15g} {c:.15g}" for k, (a, b, c) in enumerate(zip(r, energy, force, strict=True), 1)
    )
    return "\n".join([name, parameters, "", *rows, ""])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "pair.table"


def test_arrays_give_back_the_potential_that_they_are_of():
    found, r = table(), np.linspace(0.8, 2.4999, 3001)
    # Quintics on 0.004, V'' from a cubic spline of the forces: errors go as the fourth power of the spacing, times the
    # sixth derivative, 3e6 at 0.8.
    np.testing.assert_allclose(found.terms(r)[:2], SOURCE.terms(r)[:2], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.terms(r)[2], SOURCE.terms(r)[2], rtol=1e-4, atol=1e-4)
    # The points themselves, to rounding.
    np.testing.assert_allclose(found.terms(R[1:-1])[:2], SOURCE.terms(R[1:-1])[:2], rtol=1e-12, atol=1e-12)
    assert (found.inner(1.0), found.cutoff, found.smooth) == (0.8, 2.5, 3)
    # The depth of the well.
    assert found.epsilon == pytest.approx(-V.min(), rel=1e-3)


def test_forces_are_the_derivative_of_the_energy_everywhere():
    # Rough points, and none of equal distance.
    rng = np.random.default_rng(3)
    r = np.sort(rng.uniform(0.8, 2.5, 60))
    energy, slope, _ = SOURCE.inside(r)
    found = table(r, energy, -slope)
    inside = rng.uniform(0.5, r[-1] - 1e-4, 500)
    step = 1e-6
    low, here, high = (found.terms(inside + shift) for shift in (-step, 0, step))
    for order in (1, 2):
        # Second differences across a point, where V''' jumps, are as large as the step times its jump, some 1e4.
        np.testing.assert_allclose(
            (high - low)[order - 1] / (2 * step), here[order], rtol=1e-5, atol=1e-2 * (order - 0.9)
        )


def test_below_the_table_the_potential_goes_on_as_its_spline_does():
    found = table()
    form = spline_form([found])
    r = np.linspace(0.05, 0.8, 100)
    # To the error of the spline at its first point.
    np.testing.assert_allclose(evaluate(form, 0, r), found.terms(r), rtol=1e-6)
    assert (np.diff(found.terms(r)[0]) < 0).all()


def test_splines_follow_tables():
    assert spline_form([table()]).error < 1e-7
    assert spline_form([ss.Tabulated.from_function(SOURCE.terms, 0.8, 2.5)]).error < 1e-9


def test_energies_of_few_digits_are_told():
    """As a table of many points has them that was written for the eye; what V'' is off by is what is said."""
    rounded = np.round(V, 6)
    with pytest.warns(UserWarning, match=r"do not quite fit: from r = .*makes V'' swing by .* % of it") as told:
        found = table(energy=rounded)
    r = np.linspace(1.0, 2.5, 3001)
    off = np.abs(found.terms(r)[2] - SOURCE.terms(r)[2]).max()
    said = float(str(told[0].message).split("swing by ")[1].split(",")[0])
    # Rounding is the worst somewhere, by V'' there or elsewhere.
    assert 0.5 * off < said < 2 * off
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table()
        table(energy=np.round(V, 8))


def test_energies_alone_will_do():
    r = np.linspace(0.82, 2.48, 500)
    # The forces of a cubic spline have an error of the third power of the spacing.
    np.testing.assert_allclose(table(force=None).terms(r)[1], SOURCE.terms(r)[1], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("smoothing", "smooth"), [("none", 0), ("shifted", 1), ("shifted-force", 2), ("even", 3)])
def test_a_table_ends_as_it_is_asked_to(smoothing, smooth):
    assert table(cutoff=2.0, smoothing=smoothing).smooth == smooth


def test_a_function_is_taken_as_it_is():
    found = ss.Tabulated.from_function(SOURCE.terms, 0.8, 2.5)
    r = np.linspace(0.8, 2.6, 50)
    np.testing.assert_array_equal(found.terms(r), SOURCE.terms(r))
    assert found == found != ss.Tabulated.from_function(SOURCE.terms, 0.8, 2.5)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("part", [1.05, 0.95])
def test_derivatives_of_a_function_are_looked_at_everywhere(order, part):
    """A hump of 5 % around the minimum, which a few distances over the whole range miss."""

    def terms(r):
        values = np.array(SOURCE.terms(r))
        values[order] *= 1 + (part - 1) * np.exp(-(((r - 1.12) / 0.04) ** 4))
        return values

    with pytest.raises(InputError, match=rf"at r = 1\.\d* the function gives .* for V'{{{order}}}, and V"):
        ss.Tabulated.from_function(terms, 0.8, 2.5)


@pytest.mark.parametrize(
    "terms",
    [
        lambda r: np.array([np.where(r < 1.5, (r - 1.5) ** 2, 0), 2 * np.minimum(r - 1.5, 0), 2.0 * (r < 1.5)]),
        lambda r: np.array(SOURCE.terms(r.astype(np.float32)), dtype=np.float32),
        lambda r: (r**-12.0, -12 * r**-13.0, 156 * r**-14.0),
    ],
    ids=["V'' jumps", "in single precision", "steep"],
)
@pytest.mark.parametrize("inner", [0.5, 0.8, *np.linspace(0.81, 0.82, 20)])
def test_functions_that_are_right_are_taken(terms, inner):
    assert ss.Tabulated.from_function(terms, inner, 2.0).terms(1.0).shape == (3,)


def test_tables_are_values():
    assert table() == table() != table(cutoff=2.0)
    assert hash(table()) == hash(table())
    assert "400 points, r from 0.8" in repr(table())


@pytest.mark.filterwarnings("ignore:Mixture. the force jumps", "ignore:Tabulated. energies and forces")
@pytest.mark.parametrize("points", range(30, 36))
@pytest.mark.parametrize("own", [{}, {"force": None}, {"force_slopes": (3.0, 0.01)}])
def test_a_table_comes_back_to_the_bit(points, own):
    r = np.linspace(0.9, 2.5, points)
    energy, slope, _ = SOURCE.inside(r)
    one = ss.Tabulated(**{"r": r, "energy": energy, "force": -slope} | own)
    (found,) = ss.Mixture.from_table(ss.Mixture({("A", "A"): one}).as_table()).potentials
    assert found == one
    assert np.array_equal(found.terms(r - 0.01), one.terms(r - 0.01))


def test_tables_and_functions_can_be_sent_to_other_processes():
    assert pickle.loads(pickle.dumps(table())) == table()
    found = pickle.loads(pickle.dumps(ss.Tabulated.from_function(SOURCE.terms, 0.8, 2.5)))
    np.testing.assert_array_equal(found.terms(R), SOURCE.terms(R))


def test_a_file_is_read_as_lammps_does(path):
    squares = np.sqrt(np.linspace(0.8**2, 2.5**2, 300))
    energy, slope, curvature = SOURCE.inside(squares)
    ends = f"FPRIME {-curvature[0]:.15g} {-curvature[-1]:.15g}"
    path.write_text(
        "# DATE: 2024-01-01 UNITS: lj\n\n"
        + section("LISTED some words", "N 400")
        # A list of few digits: the distances are those of the parameters.
        + section("EVEN", "R 0.8 2.5 N 400", digits=4)
        + "# a comment between\n"
        + section("SQUARES", f"N 300 RSQ 0.8 2.5 {ends}", squares, energy, -slope, digits=4)
    )
    assert ss.Tabulated.from_file(path, "LISTED") == table(
        *(np.array([float(f"{x:.15g}") for x in a]) for a in (R, V, -SLOPE))
    )
    r = np.linspace(0.81, 2.49, 500)
    for name in ("EVEN", "SQUARES"):
        found = ss.Tabulated.from_file(path, name, cutoff=2.4, smoothing="shifted")
        np.testing.assert_allclose(found.bare(r), SOURCE.terms(r), rtol=1e-4, atol=1e-4)
        assert (found.cutoff, found.smoothing) == (2.4, "shifted")
    # With the slopes of the force V'' is right to the ends.
    found = ss.Tabulated.from_file(path, "SQUARES")
    np.testing.assert_allclose(found.bare(np.array([0.8]))[2], CURVATURE[:1], rtol=1e-12)


def test_a_file_of_one_section_needs_no_name(path):
    path.write_text(section("ONLY", "N 400 R 0.8 2.5"))
    assert ss.Tabulated.from_file(path).cutoff == 2.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no section"),
        ("NAME\n", "section NAME ends after its name"),
        (section("NAME", "N 400 BITMAP 0.8 2.5"), "BITMAP tables are not read; write one with R or RSQ"),
        (section("NAME", "R 0.8 2.5"), "have no whole number N"),
        (section("NAME", "N 400.5"), "have no whole number N"),
        (section("NAME", "N 400 SPLINE 3"), "'SPLINE' is no parameter of a table; allowed: N, R, RSQ"),
        (section("NAME", "N 400 R 0.8"), "2 numbers are needed, and there is '0.8'"),
        (section("NAME", "N 400 R 2.5 0.8"), "R is 2.5 0.8; two rising positive distances"),
        (section("NAME", "N 400 R 0.9 2.5"), "point 1 is at 0.9 by R or RSQ, and at 0.8 in its line"),
        (section("NAME", "N 401"), "N is 401, and 400 lines follow"),
        (section("NAME", "N 399"), "section 400 ends after its name"),
        (section("NAME", "N 400").replace("\n7 ", "\n8 "), "line 7 of the table begins with 8"),
        (section("NAME", "N 400").replace("\n7 ", "\n7 x "), "4 numbers are needed"),
        (section("NAME", "N 400") + section("NAME", "N 400"), "section NAME is there twice"),
        (section("ONE", "N 400") + section("TWO", "N 400"), "has the sections ONE, TWO; say which"),
    ],
)
def test_files_that_are_no_tables_are_refused(path, text, message):
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        ss.Tabulated.from_file(path)


def test_files_that_cannot_be_read_are_refused(path):
    with pytest.raises(InputError, match="the table cannot be read: No such file"):
        ss.Tabulated.from_file(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="no text file"):
        ss.Tabulated.from_file(path)
    path.write_text(section("ONE", "N 400"))
    with pytest.raises(InputError, match="has no section 'TWO'; there is ONE"):
        ss.Tabulated.from_file(path, "TWO")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: table(R[:5], V[:5], -SLOPE[:5]), "the table has 5 points; 6 or more are needed"),
        (lambda: table(R[::-1]), "distances must be positive and rise; point 2, 2.4957"),
        (lambda: table(R - 0.8), "distances must be positive and rise; point 1, 0, does not"),
        (lambda: table(energy=V[1:]), r"energies have shape \(399,\); \(400,\) is needed"),
        (lambda: table(energy=np.where(R < 0.9, np.inf, V)), "energies must be finite"),
        (lambda: ss.Tabulated.from_file(3), "Tabulated: the file is 3; a path is needed"),
        (lambda: table(force=SLOPE), "the energy changes by .* and the forces, −dV/dr, make it"),
        (lambda: table(cutoff=2.6), "the cutoff 2.6 lies beyond the table, which ends at 2.5"),
        (lambda: table(cutoff=0.7), "the cutoff 0.7 lies before the table, which begins at 0.8"),
        (lambda: table(cutoff=-1.0), "cutoff is -1.0"),
        (lambda: table(epsilon=0), "epsilon is 0"),
        (lambda: table(smoothing="switch"), "allowed: even, none, shifted, shifted-force"),
        (
            lambda: ss.Tabulated.from_function(lambda r: 1 / r, 0.5, 2.0),
            r"V, V', V'' of the function have shape \(300,\)",
        ),
        (
            lambda: ss.Tabulated.from_function(lambda r: (1 / r, 1 / r**2, 2 / r**3), 0.5, 2.0),
            "at r = .* the function gives .* for V', and V changes as if it were -",
        ),
        (
            lambda: ss.Tabulated.from_function(lambda r: (1 / r, -1 / r**2, 0 * r), 0.5, 2.0),
            "the function gives 0 for V'', and V' changes",
        ),
        (lambda: ss.Tabulated.from_function(SOURCE.terms, 2.0, 2.0), "inner is 2; it must lie below the cutoff 2"),
        (lambda: ss.Tabulated.from_function(SOURCE.terms, 0.0, 2.0), "inner is 0.0"),
    ],
)
def test_tables_that_make_no_potential_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
