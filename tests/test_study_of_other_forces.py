"""A study with forces of another program: its units in pictures, and what is saved of it."""

import matplotlib
import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.calculator import Calculator, all_changes

import softspots as ss
from softspots.exceptions import InputError
from softspots.io.results import read_results


class Copper(Calculator):
    """Copper as if it were argon: its pairs, in eV and Å."""

    implemented_properties = ("energy", "forces")
    model = ss.Mixture({("Cu", "Cu"): ss.LennardJones(epsilon=0.4, sigma=2.3, cutoff=5.0)})

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        energy, forces, _ = ss.energy_forces(ss.frame_from_atoms(atoms), self.model)
        self.results = {"energy": energy, "forces": forces}


def test_other_forces_are_drawn_in_their_units_and_saved(tmp_path):
    atoms = bulk("Cu", "fcc", a=3.6, cubic=True).repeat(3)
    atoms.rattle(0.1, seed=2)
    # A vacancy, for a soft spot.
    del atoms[0]
    [frame] = ss.read(atoms)
    forces = ss.ASEForces(Copper(), reach=5.0)
    study = ss.study(frame, forces, modes=30, n_modes=20, n_particles=8, connection="distance", bond_length=3.2)
    found = study[0]
    assert found.minimum.certified and found.spots is not None
    with matplotlib.rc_context({"backend": "agg"}):
        from matplotlib import pyplot

        axes = found.plot()
        axes.figure.canvas.draw()
        assert axes.get_xlabel().startswith(r"$x$ ($\mathrm{Å}$)")
        assert axes.get_title(loc="right").endswith(r"\mathrm{Å}$")
        pyplot.close("all")
    study.save(tmp_path / "copper.nc")
    results = read_results(tmp_path / "copper.nc")
    assert np.array_equal(results.variables(0)["soft_spot"], found.labels)
    assert results.frame(0).species[0] == "Cu"
    with pytest.raises(InputError, match="is of no mixture, but of other forces: .*ASEForces.Copper"):
        results.model  # noqa: B018
