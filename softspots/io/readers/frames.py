"""A lazy sequence of frames, and their strain, followed through flips of the tilt."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np

from softspots.arrays import number_at
from softspots.box import NEAREST_LATTICE, Box
from softspots.exceptions import DamagedFileError, InputError, SoftspotsError
from softspots.frame import Frame
from softspots.io.readers.faults import faults
from softspots.io.readers.interpretation import Interpretation, Options, sheared
from softspots.io.readers.snapshot import Snapshot, Source
from softspots.reasons import number_of


class Frames(Sequence[Frame]):
    """Frames of a file, or of objects, each read when it is asked for: ``len``, indices, slices, iteration.

    A slice is lazy too. Only the last frame that was read is kept.
    """

    def __init__(self, reading: Reading, indices: range) -> None:
        self._reading, self._indices = reading, indices

    @property
    def name(self) -> str:
        """The file, or the kind of object."""
        return self._reading.source.name

    @property
    def notes(self) -> tuple[str, ...]:
        """What was inferred, and what was taken for granted; ``repr`` shows it."""
        return tuple(self._reading.notes)

    @property
    def dimension(self) -> int:
        """Of space, 2 or 3."""
        return self._reading.dimension

    @property
    def kinds(self) -> dict[str, tuple[Any, ...]]:
        """The species of the first frame, under "", and the labels in each column that has few, and may be others."""
        return dict(self._reading.kinds)

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> Frames: ...
    def __getitem__(self, index: int | slice) -> Frame | Frames:
        """The frame ``index``; of a slice, the frames.

        Raises
        ------
        UnknownNumberError
            If there is no such frame.
        DamagedFileError
            If the file is damaged there; the message has the number of the frame in the file.
        InputError
            If the frame holds other particles than the first one, or cannot be one.
        """
        if isinstance(index, slice):
            return Frames(self._reading, self._indices[index])
        return self._reading.frame(self._number(index))

    def velocities(self, index: int) -> np.ndarray | None:
        """Velocities of the particles of the frame ``index``, (N, d), in their order; None where there are none.

        In the frame's unit of length and the source's unit of time. Where all are zero there are none, as some formats
        have them always.

        Raises
        ------
        UnknownNumberError, DamagedFileError, InputError
            As where the frame itself is read.
        """
        return self._reading.velocities(self._number(index))

    def _number(self, index) -> int:
        return number_at(index, self._indices, self.name, "frame")

    def __iter__(self) -> Iterator[Frame]:
        return map(self._reading.frame, self._indices)

    def __repr__(self) -> str:
        return "\n  ".join((f"Frames({self.name!r}, {number_of(len(self), 'frame')})", *self.notes))


class Reading:
    """A source that is being read, with what is known of it so far."""

    def __init__(self, source: Source, options: Options) -> None:
        self.source = source
        self._last: tuple[int, Snapshot] | None = None
        # By frame: how often the tilt has been flipped back since the first one; it ends where that cannot be told.
        self._flips: list[int] = []
        self._lost = False
        self._box: Box | None = None
        if not len(source):
            raise InputError(f"{source.name} holds no frames")
        self._decide(options)

    def _decide(self, options: Options):
        """What is open is decided by the first frame that can be read; what every frame would say is said at once."""
        fault = None
        for index in range(len(self.source)):
            try:
                first = self._snapshot(index)
                self._follows = len(self.source) > 1 and first.strain is None
                with self._at(None, InputError):
                    self._interpretation = Interpretation(first, options, alone=len(self.source) == 1)
                species = np.unique(self.frame(index).species)
            except DamagedFileError as error:
                fault = fault or error
                continue
            self.kinds = {"": tuple(species.tolist())} | self._interpretation.kinds
            self.notes: list[str] = [*self.source.notes, *self._interpretation.notes]
            if fault:
                self.notes.append(f"the first frame that can be read is frame {index}")
            return
        raise fault

    @property
    def dimension(self) -> int:
        """Of space, in all frames."""
        return self._interpretation.dimension

    def frame(self, index: int) -> Frame:
        """The frame ``index`` of the source."""
        flips = self._flips_until(index) if self._follows else None
        snapshot = self._snapshot(index)
        with self._at(index, InputError):
            values = self._interpretation.values(snapshot, flips)
        with self._at(index, self.source.fault):
            try:
                return Frame(**values).wrapped()
            except InputError as error:
                # No caller is to blame for coordinates that are no numbers.
                raise self.source.fault(str(error)) from error

    def velocities(self, index: int) -> np.ndarray | None:
        """Those of the frame ``index`` of the source."""
        snapshot = self._snapshot(index)
        with self._at(index, self.source.fault):
            return self._interpretation.velocities(snapshot)

    def _snapshot(self, index) -> Snapshot:
        if self._last is None or self._last[0] != index:
            with self._at(index, self.source.fault), self.source.unchanged:
                self._last = index, self.source.snapshot(index)
        return self._last[1]

    def _flips_until(self, index) -> int | None:
        """Flips up to a frame: all boxes before it are looked at, once; None if they cannot be told."""
        while not self._lost and len(self._flips) <= index:
            number = len(self._flips)
            try:
                outline = self.source.outline(number)
                snapshot = self._snapshot(number) if outline is None else outline
                with self._at(number, InputError):
                    box = self._interpretation.box(snapshot)
            except SoftspotsError:
                if number == index:
                    raise
                # A frame that cannot be read says so when it is asked for, and keeps nobody from those behind it.
                self._flips.append(self._flips[-1] if self._flips else 0)
                continue
            self._follow(number, box)
        return self._flips[index] if index < len(self._flips) else None

    def _follow(self, number, box):
        if self._box is None:
            self._flips.append(0)
        else:
            flips, step = self._nearest(box)
            if abs(step) > NEAREST_LATTICE:
                self._lose(number, step)
            else:
                self._flips.append(flips)
        self._box = box

    def _nearest(self, box) -> tuple[int, float]:
        """The flips with which a box is nearest to the last one that was looked at, and the step in box lengths."""
        # What a box is stretched by along x, all that it has been sheared is too, as in `Box.stretched`.
        before = sheared(self._box, self._flips[-1]) / self._box.length_x * box.length_x
        flips = round((before - box.tilt) / box.length_x)
        return flips, (sheared(box, flips) - before) / box.length_x

    def _lose(self, number, step):
        self._lost = True
        note = (
            f"from frame {number} on the strain is not known: the tilt moves by {step:.3g} box lengths from frame "
            f"{number - 1}, and at most {NEAREST_LATTICE} can be told from a flip"
        )
        self.notes.append(note)
        warnings.warn(f"{self.source.name}: {note}", UserWarning, stacklevel=2)

    def _at(self, index: int | None, kind: type[SoftspotsError]):
        """Around what reads a frame, or, with None, what holds for all."""
        return faults(self.source.name, kind, "" if index is None else f": frame {index}")
