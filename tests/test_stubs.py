"""Stubs say what is there: names of `softspots` itself, and names and arguments of the compiled modules."""

import ast
import inspect
from pathlib import Path

import pytest

import softspots
from softspots import _cholmod, _core, _processor

FOLDER = Path(__file__).parents[1] / "softspots"


def stub(name):
    return ast.parse((FOLDER / f"{name}.pyi").read_text(encoding="utf-8"))


def test_each_name_can_be_had_and_is_shown():
    names = [name.asname for node in stub("__init__").body if isinstance(node, ast.ImportFrom) for name in node.names]
    assert sorted(names) == sorted(softspots.__all__) == sorted(softspots.__dir__())
    for name in names:
        assert getattr(softspots, name).__name__ == name


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="nothing"):
        _ = softspots.nothing


def members(node):
    """Public names of a module or class in a stub, with the node of each."""
    named = {}
    for one in node.body:
        if isinstance(one, (ast.FunctionDef, ast.ClassDef)):
            named[one.name] = one
        elif isinstance(one, ast.AnnAssign):
            named[one.target.id] = one
    return {name: one for name, one in named.items() if not name.startswith("_")}


def own(module):
    """Public names that a compiled module defines itself, and has not imported."""
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not inspect.ismodule(value)
        and getattr(value, "__module__", module.__name__) == module.__name__
    }


@pytest.mark.parametrize("module", [_core, _cholmod, _processor], ids=["_core", "_cholmod", "_processor"])
def test_stubs_of_compiled_modules_have_their_names_and_arguments(module):
    there = members(stub(module.__name__.rsplit(".", 1)[-1]))
    assert there.keys() == own(module)
    for name, node in there.items():
        value = getattr(module, name)
        if isinstance(node, ast.FunctionDef):
            assert arguments(node) == list(inspect.signature(value).parameters), name
        elif isinstance(node, ast.ClassDef):
            same_class(node, value)


def same_class(node, found):
    methods = members(node)
    assert methods.keys() == {name for name in vars(found) if not name.startswith("_")}, node.name
    for name, method in methods.items():
        if any(isinstance(one, ast.Name) and one.id == "property" for one in method.decorator_list):
            assert inspect.isdatadescriptor(inspect.getattr_static(found, name)), name
            continue
        taken = list(inspect.signature(getattr(found, name)).parameters)
        assert [one for one in arguments(method) if one != "self"] == [one for one in taken if one != "self"], name


def arguments(node):
    return [one.arg for one in node.args.args]
