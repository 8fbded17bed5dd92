"""Strategies for damage: what disks, copies and other programs do to a file."""

import numpy as np
from hypothesis import strategies as st


def _flip(content, random):
    """One bit is another."""
    place = random.integers(len(content))
    content[place] ^= 1 << random.integers(8)
    return content


def _flips(content, random):
    """Some bits are others."""
    for _ in range(random.integers(2, 40)):
        content = _flip(content, random)
    return content


def _block(content, random):
    length = min(len(content), int(random.choice([1, 8, 64, 512, 4096])))
    start = random.integers(len(content) - length + 1)
    return slice(start, start + length)


def _zeros(content, random):
    """A block is zero."""
    where = _block(content, random)
    content[where] = bytes(where.stop - where.start)
    return content


def _noise(content, random):
    """A block is anything."""
    where = _block(content, random)
    content[where] = random.bytes(where.stop - where.start)
    return content


def _swap(content, random):
    """Two blocks stand in each other's place."""
    one = _block(content, random)
    length = one.stop - one.start
    start = random.integers(len(content) - length + 1)
    other = slice(start, start + length)
    content[one], content[other] = content[other], content[one]
    return content


def _cut(content, random):
    """The end is missing."""
    return content[: random.integers(len(content))]


def _hole(content, random):
    """A piece is missing."""
    del content[_block(content, random)]
    return content


def _more(content, random):
    """There is more at the end."""
    return content + random.bytes(random.integers(1, 5000))


def _tail(content, random):
    """The end is that of an older file: repeated, as it happens."""
    half = random.integers(len(content))
    return content[:half] + content[half // 2 : half // 2 + len(content) - half]


DAMAGES = (_flip, _flip, _flips, _zeros, _noise, _swap, _cut, _hole, _more, _tail)


def damages():
    """Functions from the bytes of a file to those of a damaged one."""

    def damage(kind, seed):
        return lambda content: bytes(kind(bytearray(content), np.random.default_rng(seed)))

    return st.builds(damage, st.sampled_from(DAMAGES), st.integers(0, 2**32 - 1))
