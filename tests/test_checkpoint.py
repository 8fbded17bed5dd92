"""Checkpoints: files that are whole or refused, and the one before them."""

import os

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tiny import ARRAYS, flipped, write

from softspots.io import checkpoint as checkpoints
from softspots.io.checkpoint import CHECKPOINT, PREVIOUS, read_checkpoint, read_file, write_checkpoint


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """The bytes of a checkpoint."""
    folder = tmp_path_factory.mktemp("content")
    write(folder)
    return (folder / CHECKPOINT).read_bytes()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("scratch") / CHECKPOINT


def test_all_bits_come_back(tmp_path):
    write(tmp_path)
    found = read_checkpoint(tmp_path)
    assert found.configuration == {"temperature": 0.1, "model": "τ"}
    assert found.progress == {"frames": 1}
    assert found.refused == ""
    assert found.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        other = found.arrays[name]
        assert (other.dtype, other.shape, other.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_the_one_before_is_kept(tmp_path):
    for step in (1, 2, 3):
        write(tmp_path, step)
    assert sorted(path.name for path in tmp_path.iterdir()) == [CHECKPOINT, PREVIOUS]
    assert [read_file(tmp_path / name).progress["frames"] for name in (CHECKPOINT, PREVIOUS)] == [3, 2]


def test_objects_are_not_pickled(tmp_path):
    with pytest.raises(ValueError, match="things is an array of objects"):
        write_checkpoint(tmp_path / CHECKPOINT, {"things": np.array([{}])}, {}, {})
    assert not list(tmp_path.iterdir())


@given(data=st.data())
def test_a_truncated_file_is_refused(content, scratch, data):
    length = data.draw(st.integers(0, len(content) - 1))
    scratch.write_bytes(content[:length])
    with pytest.raises(ValueError, match=rf"^{scratch} is truncated: it has \d+ .*$"):
        read_file(scratch)


def test_every_place_of_the_first_line_is_guarded(content, scratch):
    for length in range(content.index(b"\n") + 2):
        scratch.write_bytes(content[:length])
        with pytest.raises(ValueError, match="is truncated"):
            read_file(scratch)
    for place in range(content.index(b"\n") + 1):
        for bit in range(8):
            scratch.write_bytes(flipped(content, 8 * place + bit))
            with pytest.raises(ValueError, match="is (not|of version|corrupted|truncated)"):
                read_file(scratch)


@given(data=st.data())
def test_a_flipped_bit_is_refused(content, scratch, data):
    begin = 8 * (content.index(b"\n") + 1)
    scratch.write_bytes(flipped(content, data.draw(st.integers(begin, 8 * len(content) - 1))))
    with pytest.raises(ValueError, match="is corrupted: its checksum is not that of its content$"):
        read_file(scratch)


@given(st.binary(min_size=1))
@example(b"\x89HDF\r\n\x1a\n")
@example(b"softspots checkpoinT 1 ")
def test_a_foreign_file_is_refused(scratch, text):
    scratch.write_bytes(text)
    with pytest.raises(ValueError, match="is (not a checkpoint of softspots|truncated.*)$"):
        read_file(scratch)


def test_another_version_and_more_bytes_are_refused(content, scratch):
    scratch.write_bytes(content.replace(b"checkpoint 1 ", b"checkpoint 2 "))
    with pytest.raises(ValueError, match="is of version 2; 1 is needed"):
        read_file(scratch)
    scratch.write_bytes(content + b"\0")
    with pytest.raises(ValueError, match="is corrupted"):
        read_file(scratch)


def test_the_previous_one_is_used_and_not_lost_to_a_bad_one(tmp_path):
    write(tmp_path, 1)
    write(tmp_path, 2)
    (tmp_path / CHECKPOINT).write_bytes((tmp_path / CHECKPOINT).read_bytes()[:-1])
    found = read_checkpoint(tmp_path)
    assert found.progress == {"frames": 1}
    assert found.refused.startswith(f"{tmp_path / CHECKPOINT} is truncated")
    write(tmp_path, 3)
    assert [read_file(tmp_path / name).progress["frames"] for name in (CHECKPOINT, PREVIOUS)] == [3, 1]


def test_nothing_good(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no checkpoint in"):
        read_checkpoint(tmp_path)
    (tmp_path / CHECKPOINT).write_text("my notes")
    (tmp_path / PREVIOUS).touch()
    with pytest.raises(ValueError, match=f"{CHECKPOINT} is not a checkpoint of softspots; .*{PREVIOUS} is truncated"):
        read_checkpoint(tmp_path)


class Death(BaseException):
    """In place of a kill."""


@pytest.mark.parametrize("call", ["fsync", "rename", "replace", "fsync of the folder"])
def test_a_death_between_any_two_calls_leaves_a_whole_one(tmp_path, monkeypatch, call):
    write(tmp_path, 1)
    write(tmp_path, 2)
    deaths = {"fsync": 1, "fsync of the folder": 2, "rename": 1, "replace": 1}
    calls = 0

    def die(*arguments, original):
        nonlocal calls
        calls += 1
        if calls == deaths[call]:
            raise Death
        return original(*arguments)

    owner, name = (checkpoints.Path, call) if call == "rename" else (os, call.split()[0])
    original = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *arguments: die(*arguments, original=original))
    with pytest.raises(Death):
        write(tmp_path, 3)
    monkeypatch.undo()
    found = read_checkpoint(tmp_path)
    assert found.progress["frames"] == (3 if call == "fsync of the folder" else 2)
    assert found.refused == ""
