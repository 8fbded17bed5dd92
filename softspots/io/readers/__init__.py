"""Other people's files and objects, and our own, as lazy sequences of frames."""

from softspots.io.readers.frames import Frames
from softspots.io.readers.reading import read

__all__ = ["Frames", "read"]
