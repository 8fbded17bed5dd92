"""Check types: the signatures of what users call are complete, and scripts that use it are of the types they claim.

basedpyright reads the tree as type checkers of users do, through `softspots/__init__.pyi` and the other stubs. What
only the package itself calls need not be complete.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Nobody calls the commands, the page of the report and what panels are drawn with from Python; the base of the modifier
# for OVITO is made when OVITO is loaded.
INTERNAL = {"commands", "report", "figures", "ovito"}
USES = "tests/typed.py"


def checked(*arguments: str) -> dict:
    """What basedpyright says."""
    found = subprocess.run(
        [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "--outputjson", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if not found.stdout.lstrip().startswith("{"):
        sys.exit(f"types: basedpyright has ended with {found.stdout}{found.stderr}")
    return json.loads(found.stdout)


def incomplete() -> list[str]:
    """What is public and has no complete type, with the reason."""
    symbols = checked("--verifytypes", "softspots", "--ignoreexternal")["typeCompleteness"]["symbols"]
    public = [one for one in symbols if one["isExported"] and one["name"].split(".")[1] not in INTERNAL]
    if len(public) < 1000:
        sys.exit(f"types: only {len(public)} public names were found")
    return [
        f"{one['name']}: {' '.join(said['message'].split())}"
        for one in public
        if not (one["isTypeKnown"] or one["isTypeAmbiguous"])
        for said in one["diagnostics"] or [{"message": "its type is partially unknown"}]
    ]


def misused() -> list[str]:
    """What the scripts that use it claim wrongly."""
    said = checked("--level", "error", USES)["generalDiagnostics"]
    return [f"{USES}:{one['range']['start']['line'] + 1}: {one['message']}" for one in said]


faults = incomplete() + misused()
print(*faults or ["Types of what users call are complete."], sep="\n")
sys.exit(bool(faults))
