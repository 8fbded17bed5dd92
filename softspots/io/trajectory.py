"""Trajectories in the AMBER NetCDF convention 1.0, which OVITO, VMD, MDAnalysis and ASE open."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from os import PathLike

import netCDF4
import numpy as np

from softspots.state import Box, Frame

# Third side of the cell, in σ_AA. All z are 0; images in z must lie beyond the reach of a reader's neighbour search.
LENGTH_Z = 10.0


class TrajectoryWriter:
    """Write frames to a trajectory file, one by one; a context manager.

    The file is a NetCDF classic file with 64-bit offsets in the AMBER convention 1.0: float32 coordinates and times,
    float64 cells. A cell has the lattice vectors (length_x, 0, 0), (tilt, length_y, 0) and (0, 0, ``LENGTH_Z``); the
    particles lie at z = 0. ``atom_types`` is 1 for A and 2 for B, as in LAMMPS's NetCDF dump.

    The convention has no reduced units, and readers refuse names other than its own: **"angstrom" stands for σ_AA and
    "picosecond" for τ**, which the file's title repeats.

    Besides what the convention has: ``strain``, the total strain of the box (NaN if it is not known), and ``image``,
    how often each particle has been wrapped along the lattice vectors. Full precision is in the results file only.

    Parameters
    ----------
    path : str or path-like
        An existing file is replaced.
    species : (N,) array_like of int
        0 for A, 1 for B; the same in every frame.
    """

    def __init__(self, path: str | PathLike, species: np.ndarray):
        self._species = np.asarray(species, dtype=np.int32)
        self._dataset = dataset = netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_OFFSET")
        dataset.setncatts(
            {
                "Conventions": "AMBER",
                "ConventionVersion": "1.0",
                "program": "softspots",
                "programVersion": version("softspots"),
                # The convention allows 80 characters.
                "title": "sheared glass, reduced units: angstrom = sigma_AA, picosecond = tau",
            }
        )
        sizes = {
            "frame": None,
            "atom": self._species.size,
            "spatial": 3,
            "cell_spatial": 3,
            "cell_angular": 3,
            "label": 5,
        }
        for name, size in sizes.items():
            dataset.createDimension(name, size)
        labels = {
            ("spatial",): list("xyz"),
            ("cell_spatial",): list("abc"),
            ("cell_angular", "label"): [list("alpha"), list("beta "), list("gamma")],
        }
        for dimensions, letters in labels.items():
            dataset.createVariable(dimensions[0], "S1", dimensions)[:] = np.array(letters, dtype="S1")
        per_frame = {
            "time": ("f4", (), "picosecond"),
            "coordinates": ("f4", ("atom", "spatial"), "angstrom"),
            "cell_lengths": ("f8", ("cell_spatial",), "angstrom"),
            "cell_angles": ("f8", ("cell_angular",), "degree"),
            "atom_types": ("i4", ("atom",), None),
            "strain": ("f8", (), None),
            "image": ("i4", ("atom", "spatial"), None),
        }
        for name, (dtype, dimensions, units) in per_frame.items():
            variable = dataset.createVariable(name, dtype, ("frame", *dimensions))
            if units:
                variable.units = units

    def write(self, frame: Frame):
        """Append ``frame``, its positions as they are, and hand the file to the operating system.

        A process killed after this call leaves the frame readable.

        Raises
        ------
        ValueError
            If the species of the frame are not those of the trajectory.
        """
        if not np.array_equal(frame.species, self._species):
            raise ValueError("TrajectoryWriter: the species of the frame differ from those of the trajectory")
        box, variables = frame.box, self._dataset.variables
        index = len(self._dataset.dimensions["frame"])
        variables["time"][index] = frame.time
        variables["coordinates"][index] = np.column_stack((frame.positions, np.zeros(len(frame))))
        variables["cell_lengths"][index] = box.length_x, np.hypot(box.tilt, box.length_y), LENGTH_Z
        variables["cell_angles"][index] = 90.0, 90.0, np.degrees(np.arctan2(box.length_y, box.tilt))
        variables["atom_types"][index] = self._species + 1
        variables["strain"][index] = box.strain if box.has_history else np.nan
        variables["image"][index] = np.column_stack((frame.images, np.zeros(len(frame))))
        self._dataset.sync()

    def close(self):
        """Close the file."""
        self._dataset.close()

    def __enter__(self) -> TrajectoryWriter:
        return self

    def __exit__(self, *exception):
        self.close()


def read_trajectory(path: str | PathLike) -> Iterator[Frame]:
    """The frames of a trajectory that `TrajectoryWriter` has written, one after the other.

    Positions and times come back in float32 precision, boxes in float64. Files of earlier versions lack the strain and
    the image counters; their boxes have no history.

    Raises
    ------
    ValueError
        If the file is not a trajectory of softspots.
    """
    with netCDF4.Dataset(path) as dataset:
        if (getattr(dataset, "Conventions", None), getattr(dataset, "program", None)) != ("AMBER", "softspots"):
            raise ValueError(f"{path} is not a trajectory written by softspots")
        dataset.set_auto_mask(False)
        variables = dataset.variables
        for index in range(len(dataset.dimensions["frame"])):
            length_x, length_b, _ = variables["cell_lengths"][index].tolist()
            gamma = np.radians(variables["cell_angles"][index, 2])
            strain = float(variables["strain"][index]) if "strain" in variables else np.nan
            yield Frame(
                variables["coordinates"][index, :, :2],
                variables["atom_types"][index] - 1,
                Box(
                    length_x,
                    float(length_b * np.sin(gamma)),
                    float(length_b * np.cos(gamma)),
                    None if np.isnan(strain) else strain,
                ),
                float(variables["time"][index]),
                variables["image"][index, :, :2] if "image" in variables else None,
            )
