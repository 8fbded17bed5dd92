"""What an installation says of itself, and a wheel of what is inside it. `make wheels` builds wheels and tries them."""

import importlib.metadata
import re
from pathlib import Path

import softspots

SCRIPTS = Path(__file__).parents[1] / "scripts" / "wheels"
INSTALLED = importlib.metadata.distribution("softspots")
LIBRARIES = Path(softspots.__file__).resolve().parents[1] / "softspots.libs"


def test_the_licences_that_the_metadata_name_are_there():
    expression = INSTALLED.metadata["License-Expression"]
    files = INSTALLED.metadata.get_all("License-File")
    assert {"LICENSE", "NOTICE"} <= set(files)
    texts = [file for file in INSTALLED.files if file.parts[0].endswith(".dist-info") and "licenses" in file.parts]
    assert {"/".join(file.parts[2:]) for file in texts} == set(files)
    assert all(file.locate().read_text(encoding="utf-8").strip() for file in texts)
    if LIBRARIES.exists():
        assert re.search(r"\bGPL-3.0-or-later\b.*\bWITH\b", expression) and "GPL-2.0-or-later" in expression
        notice = INSTALLED.read_text("licenses/inside/WHEEL-NOTICE").lower()
        for library in LIBRARIES.iterdir():
            name = re.match(r"lib(?:scipy_)?([a-z]+)", library.name)[1]
            assert name in notice, f"{library.name} is in the wheel, and not in its notice"
    else:
        assert expression == "BSD-3-Clause"


def test_the_notice_of_a_wheel_has_the_versions_that_are_built():
    notice = (SCRIPTS / "NOTICE").read_text(encoding="utf-8")
    versions = re.findall(r"^fetch (\w+) (?:\d:)?([\d.]+\d)", (SCRIPTS / "cholmod").read_text(), re.MULTILINE)
    assert dict(versions).keys() == {"suitesparse", "metis"}
    for name, version in versions:
        assert re.search(rf"{name} {re.escape(version)}\b", notice, re.IGNORECASE), f"{name} {version}"
