"""Put into a wheel the licences of what it will contain, and say so in its metadata: ``licenses.py WHEEL``"""

import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

# Of softspots; of CHOLMOD's parts, and of METIS; of what is the compiler's.
EXPRESSION = (
    "BSD-3-Clause AND GPL-2.0-or-later AND LGPL-2.1-or-later AND Apache-2.0 AND GPL-3.0-or-later WITH GCC-exception-3.1"
)


def texts():
    """Names in the wheel, and the files."""
    for path in Path("/opt/cholmod/licenses").iterdir():
        yield path.name, path
    for path in distribution("scipy-openblas32").files:
        if path.name == "LICENSE.txt":
            yield "OpenBLAS", path.locate()
    yield "GCC", Path("/opt/sysroot/usr/share/doc/gcc-10-base/copyright")
    for name in ("Apache-2.0", "GPL-2", "GPL-3", "LGPL-2.1"):
        yield f"texts/{name}", Path("/usr/share/common-licenses") / name
    yield "WHEEL-NOTICE", Path(__file__).parent / "NOTICE"


def add(wheel):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["wheel", "unpack", "--dest", folder, wheel], check=True)
        (unpacked,) = Path(folder).iterdir()
        (info,) = unpacked.glob("*.dist-info")
        lines = []
        for name, path in texts():
            target = info / "licenses" / "inside" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
            lines.append(f"License-File: inside/{name}")
        head, body = (info / "METADATA").read_text(encoding="utf-8").split("\n\n", 1)
        kept = [line for line in head.splitlines() if not line.startswith("License-Expression:")]
        kept += [f"License-Expression: {EXPRESSION}", *lines]
        (info / "METADATA").write_text("\n".join(kept) + "\n\n" + body, encoding="utf-8")
        subprocess.run(["wheel", "pack", "--dest-dir", Path(wheel).parent, unpacked], check=True)


if __name__ == "__main__":
    add(sys.argv[1])
