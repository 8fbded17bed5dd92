"""Damaged files of other programs give frames, or an error of one line; reading never hangs and never crashes."""

import sys
from pathlib import Path

import pytest
from budget import TRIED, budget
from damages import damages
from hypothesis import Phase, event, given
from hypothesis import strategies as st
from reader import OTHERS
from test_files import Reader

sys.path.append(str(Path(__file__).parents[1]))

from dialects import atooms_xyz, extended_xyz, lammps_data, lammps_dump, rumd_xyz, truths  # noqa: E402
from hoomd import write_gsd  # noqa: E402

KINDS = {
    ".dump": lambda path, found: lammps_dump(path, found, "xs"),
    ".dump.gz": lambda path, found: lammps_dump(path, found, images=True),
    ".lmp": lambda path, found: lammps_data(path, found[0]),
    ".extended": extended_xyz,
    ".atooms": atooms_xyz,
    ".rumd": rumd_xyz,
    ".gsd": write_gsd,
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What gives the bytes of a file of a kind."""
    pytest.importorskip("ovito"), pytest.importorskip("gsd")
    folder = tmp_path_factory.mktemp("others")
    found = truths((0.1, 0.2, 0.3))
    content = {kind: write(folder / f"{OTHERS}{kind}", found).read_bytes() for kind, write in KINDS.items()}
    return lambda kind: content[kind]


@pytest.fixture(scope="module")
def reader():
    reader = Reader()
    yield reader
    reader.close()


def read(reader, folder, kind, content):
    path = folder / f"{OTHERS}{kind}"
    path.write_bytes(content)
    return path, reader.read(path)


@pytest.mark.parametrize("kind", KINDS)
def test_whole_files_of_others_are_read(tmp_path, whole, reader, kind):
    assert "content" in read(reader, tmp_path, kind, whole(kind))[1]


# The bytes of a file have no simplest damage.
@budget(40, phases=[Phase.reuse, Phase.generate])
@given(st.sampled_from(tuple(KINDS)), damages())
def test_damaged_files_of_others_end_in_frames_or_one_line(tmp_path_factory, whole, reader, kind, damage):
    TRIED["files"] += 1
    path, found = read(reader, tmp_path_factory.getbasetemp(), kind, damage(whole(kind)))
    assert found not in ("hang", "crash")
    if "content" in found:
        # A number of a text that became another one is not seen by anybody.
        event(f"{kind}: read")
    else:
        event(f"{kind}: refused")
        assert "SoftspotsError" in found["kinds"], found
        assert path.name in found["message"] and len(found["message"].splitlines()) == 1
