"""A checksum of the code that numbers come from, by which data that are kept say when they are stale.

What does not decide a number does not count: comments, docstrings, types, blank lines, the layout of the text.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
# A copy of the study without the package takes the tree that it runs with.
ROOT = HERE if (HERE / "softspots").is_dir() else Path(find_spec("softspots").origin).resolve().parents[1]
KERNELS = ("fortran/*/*.[fF]90", "fortran/*/*.fypp", "softspots/*.pyx", "softspots/*.pxi")
COMPILED = "softspots._core"


class Untyped(ast.NodeTransformer):
    """Takes from a tree what only a checker of types reads; names that a class declares are its fields, and stay."""

    def visit_FunctionDef(self, node):
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        value = node.value or ast.Constant(None)
        return self.generic_visit(ast.Assign([node.target], value, lineno=node.lineno))

    def visit_If(self, node):
        return None if ast.unparse(node.test).endswith("TYPE_CHECKING") else self.generic_visit(node)

    def visit_ImportFrom(self, node):
        return None if node.module in ("typing", "collections.abc", "__future__", "numpy.typing") else node


def reached(*modules: str) -> tuple[str, ...]:
    """What modules of this tree come from: the files of all that they import of it, and of what those import in turn.

    A package counts where a name is taken from it that is no module of it. The compiled module comes from `KERNELS`.
    """
    found, waiting = set(), list(modules)
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        if module != COMPILED:
            waiting += imports(module)
    kernels = KERNELS if COMPILED in found else ()
    return (*kernels, *sorted(str(_path(module).relative_to(ROOT)) for module in found - {COMPILED}))


def imports(module: str) -> list[str]:
    """The modules of the same package that a module imports, at its top or within functions."""
    path = _path(module)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    names = []
    for node in ast.walk(Untyped().visit(ast.parse(path.read_text(encoding="utf-8")))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            origin = ".".join(filter(None, (above, node.module)))
            inside = [f"{origin}.{alias.name}" for alias in node.names]
            names += [name if name == COMPILED or _path(name) else origin for name in inside]
    root = module.partition(".")[0]
    return [name for name in names if name.partition(".")[0] == root and (name == COMPILED or _path(name))]


def _path(module: str) -> Path | None:
    """The file of a module of this tree, if there is one."""
    place = ROOT.joinpath(*module.split("."))
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


DYNAMICS = reached("softspots.dynamics.simulation")
LANDSCAPE = reached(
    "softspots.landscape.quench", "softspots.landscape.modes", "softspots.structure.spots", "softspots.plasticity.d2min"
)
REDUCTION = reached("softspots.analysis.reduce")


def read(patterns: Sequence[str]) -> dict[str, str]:
    """The files of this tree that fit the patterns, by path."""
    paths = sorted({path for pattern in patterns for path in ROOT.glob(pattern)})
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


def checksum(files: Mapping[str, str]) -> str:
    """SHA-256 of the code in files, given by path."""
    digest = hashlib.sha256()
    for path in sorted(files):
        code = CODE[Path(path).suffix.lower()](files[path])
        digest.update(f"{path}\0{code}\0".encode())
    return digest.hexdigest()


def _python(text: str) -> str:
    tree = Untyped().visit(ast.parse(text))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def _cython(text: str) -> str:
    # Docstrings, and comments behind code, count: there is no tree of it without Cython.
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))


def _fortran(text: str) -> str:
    # A line that has both a quotation mark and an exclamation mark is left whole.
    lines = (line if "'" in line or '"' in line else line.split("!")[0] for line in text.splitlines())
    return "\n".join(" ".join(line.split()) for line in lines if line.strip() and not line.lstrip().startswith("!"))


CODE = {".py": _python, ".pyx": _cython, ".pxi": _cython, ".f90": _fortran, ".fypp": _fortran}
