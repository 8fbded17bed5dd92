"""A checksum of the code that numbers come from, by which data that are kept say when they are stale.

What does not decide a number does not count: comments, docstrings, blank lines, the layout of the text.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KERNELS = ("fortran/*.[fF]90",)
DYNAMICS = (*KERNELS, *(f"softspots/{name}.py" for name in ("dynamics", "forces", "model", "state")))
LANDSCAPE = (
    *KERNELS,
    *(f"softspots/{name}.py" for name in ("quench", "modes", "lanczos", "factorization", "spots", "plasticity")),
    *(f"softspots/{name}.py" for name in ("forces", "model", "state")),
)
REDUCTION = tuple(
    f"softspots/{name}.py"
    for name in (
        *("bootstrap", "correlations", "findings", "lags", "lifetimes", "meanfield", "probability", "reduce"),
        *("reduce_lives", "selection", "tracking", "vibrations"),
    )
)


def read(patterns: Sequence[str]) -> dict[str, str]:
    """The files of this tree that fit the patterns, by path."""
    paths = sorted({path for pattern in patterns for path in ROOT.glob(pattern)})
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


def checksum(files: Mapping[str, str]) -> str:
    """SHA-256 of the code in files, given by path."""
    digest = hashlib.sha256()
    for path in sorted(files):
        code = _python(files[path]) if path.endswith(".py") else _fortran(files[path])
        digest.update(f"{path}\0{code}\0".encode())
    return digest.hexdigest()


def _python(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def _fortran(text: str) -> str:
    # A line that has both a quotation mark and an exclamation mark is left whole.
    lines = (line if "'" in line or '"' in line else line.split("!")[0] for line in text.splitlines())
    return "\n".join(" ".join(line.split()) for line in lines if line.strip() and not line.lstrip().startswith("!"))
