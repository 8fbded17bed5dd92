"""Starts that one process prepares and others measure: files of NumPy arrays, and repeated in x and y."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from softspots import Box, Frame, Simulation


def save(output: Path, simulation: Simulation) -> None:
    """Write where a simulation is, with peculiar velocities."""
    save_frame(output, simulation.frame(), velocities=simulation.velocities())


def save_frame(output: Path, frame: Frame, **more: np.ndarray) -> None:
    """Write a frame whose strain is known, and what else there is by name."""
    box = frame.box
    more |= {"lengths": box.lengths, "tilts": box.tilts, "strain": box.strain}
    if frame.sizes is not None:
        more["sizes"] = frame.sizes
    np.savez(output, positions=frame.positions, species=frame.species, **more)


def load(start: Path) -> tuple[Frame, np.ndarray | None]:
    """The frame, and the peculiar velocities where `save` has written it."""
    with np.load(start) as file:
        box = Box(lengths=file["lengths"], tilts=file["tilts"], strain=file["strain"].item())
        frame = Frame(file["positions"], file["species"], box, sizes=file.get("sizes"))
        return frame, file.get("velocities")


def repeated(frame: Frame, copies: tuple[int, int]) -> Frame:
    """The frame ``copies`` times in x and y; rows above are shifted by the tilt of the box."""
    columns, rows = copies
    box = frame.box
    x, y = np.meshgrid(box.length_x * np.arange(columns), box.length_y * np.arange(rows))
    offsets = np.column_stack((x.ravel() + box.tilt * np.arange(rows).repeat(columns), y.ravel()))
    larger = Box.sheared(columns * box.length_x, rows * box.length_y, box.tilt / box.length_y)
    return Frame((frame.positions + offsets[:, None]).reshape(-1, 2), np.tile(frame.species, columns * rows), larger)
