"""Mixtures as tables of a TOML file, and back."""

import tomllib

import numpy as np
import pytest

import softspots as ss
from softspots.exceptions import InputError

SOFT = ss.InversePower(n=10, cutoff=1.48)


def test_a_mixture_of_its_own_from_toml(tmp_path):
    table = tmp_path / "pair.table"
    r = np.linspace(0.5, 1.5, 50)
    value, slope, _ = SOFT.terms(r)
    table.write_text("X\nN 50\n\n" + "\n".join(f"{k + 1} {r[k]} {value[k]} {-slope[k]}" for k in range(50)))
    text = f"""
        dimension = 2
        fractions = [0.5, 0.5]
        [[pairs]]
        species = ["A", "A"]
        potential = "inverse-power"
        n = 10
        cutoff = 1.48
        [[pairs]]
        species = ["A", "B"]
        potential = "tabulated"
        file = "{table}"
        section = "X"
        smoothing = "even"
        [[pairs]]
        species = ["B", "B"]
        potential = "lennard-jones"
        smoothing = "switch"
        cutoff = 2.5
        inner_cutoff = 2.0
    """
    mixture = ss.Mixture.from_table(tomllib.loads(text))
    assert mixture.potentials[0] == SOFT
    assert mixture.potentials[1] == ss.Tabulated.from_file(table, smoothing="even")
    assert (mixture.potentials[2].inner_cutoff, mixture.dimension) == (2.0, 2)
    assert ss.Mixture.from_table(mixture.as_table()) == mixture


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([], "is no table"),
        ({}, "a preset, or a list of pairs"),
        ({"pairs": "A"}, "a preset, or a list of pairs"),
        ({"preset": "kob", "density": 1.0}, "preset is 'kob'; allowed"),
        ({"pairs": [{"potential": "harmonic"}], "pressure": 1}, "'pressure' is not known; allowed: preset, pairs"),
        ({"pairs": [{"potential": "soft"}]}, "potential is 'soft'; allowed: lennard-jones, inverse-power, mie, wca"),
        ({"pairs": [{"sigma": 1.0}]}, "potential is None; allowed"),
        (
            {"pairs": [{"potential": "inverse-power", "n": 10}]},
            "inverse-power: missing a required .*argument: 'cutoff'",
        ),
        ({"pairs": [{"potential": "wca", "cutoff": 1.0}]}, "wca: got an unexpected keyword argument 'cutoff'"),
        ({"pairs": [{"potential": "yukawa", "kapa": 3.0, "cutoff": 2.0}]}, "did you mean 'kappa' by 'kapa'"),
        ({"pairs": [{"potential": "harmonic"}, {"potential": "harmonic"}]}, "a pair has no species; one alone"),
        ({"pairs": [{"potential": "harmonic"}], "fractions": [1.0]}, "fractions are of species"),
        (
            {"pairs": [{"potential": "harmonic", "species": ["A", "A"]}], "non_additivity": 0.2},
            "non_additivity is of particles that have sizes",
        ),
        ({"pairs": [{"potential": "harmonic", "species": "AA"}]}, "species of a pair are 'AA'; a list of two"),
        (
            {"pairs": [{"potential": "harmonic", "species": ["A", "A"]}] * 2},
            "the pair A A has two potentials",
        ),
    ],
)
def test_tables_that_describe_no_mixture_are_refused(table, message):
    with pytest.raises(InputError, match=message):
        ss.Mixture.from_table(table)


def test_a_function_cannot_be_written():
    mixture = ss.Mixture({(1, 1): ss.Tabulated.from_function(SOFT.terms, 0.5, 1.48)})
    with pytest.raises(InputError, match="a potential from a function cannot be written"):
        mixture.as_table()
