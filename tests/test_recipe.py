"""The conda recipe: it needs what the package needs, and says for each MPI what is built with it."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RECIPE = ROOT / "recipe" / "recipe.yaml"
# What conda-forge calls otherwise than PyPI, in lower case.
CONDA_NAMES = {"matplotlib": "matplotlib-base", "lazy-loader": "lazy_loader"}


def needs(requirements):
    """Requirements by name, with their bounds."""
    named = (re.fullmatch(r"([\w.-]+) *(.*)", one.lower()).groups() for one in requirements)
    return {CONDA_NAMES.get(name, name): bounds for name, bounds in named}


@pytest.fixture(scope="module")
def rattler():
    return pytest.importorskip("rattler_build")


@pytest.fixture(scope="module")
def rendered(rattler):
    """The recipe of each MPI, for one Python."""
    variants = rattler.VariantConfig.from_file(RECIPE.with_name("variants.yaml"))
    found = [one.recipe for one in rattler.Stage0Recipe.from_file(RECIPE).render(variants)]
    assert len(found) == 3 * 4
    return {one.context["mpi"]: one.to_dict() for one in found}


def test_recipe_needs_what_the_package_needs(rendered):
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    recipe = rendered["openmpi"]["requirements"]
    there = needs(recipe["run"])
    runs = pyproject["project"]["dependencies"] + pyproject["project"]["optional-dependencies"]["mpi"]
    assert there == {"python": "", "openmpi": ""} | needs(runs)
    built = needs(recipe["build"] + recipe["host"])
    wanted = needs(pyproject["build-system"]["requires"])
    assert {name: built.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("mpi, name", [("nompi", "nompi"), ("openmpi", "mpi_openmpi"), ("mpich", "mpi_mpich")])
def test_variants_of_mpi(rendered, mpi, name):
    recipe = rendered[mpi]
    assert recipe["build"]["string"].startswith(f"{name}_py3")
    assert recipe["build"]["script"]["env"] == {"MPI": "disabled" if mpi == "nompi" else "enabled"}
    runs = {one.split()[0] for part in ("host", "run") for one in recipe["requirements"][part]}
    assert runs & {"openmpi", "mpich", "mpi4py"} == (set() if mpi == "nompi" else {mpi, "mpi4py"})
    under_mpirun = [line for test in recipe["tests"] for line in test.get("script", ()) if "mpirun" in line]
    assert len(under_mpirun) == (mpi != "nompi")


def test_packages_without_mpi_are_preferred(rendered):
    numbers = {mpi: recipe["build"]["number"] for mpi, recipe in rendered.items()}
    assert numbers["nompi"] > max(numbers["openmpi"], numbers["mpich"])
