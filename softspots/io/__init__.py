"""Files: trajectories for viewers, results for analysis, reduced data for figures, checkpoints to go on from."""

from softspots.io.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from softspots.io.reduced import Reduced, read_reduced, write_reduced
from softspots.io.results import Results, ResultsWriter, read_results
from softspots.io.shear import Sheared, read_shear
from softspots.io.trajectory import Trajectory, TrajectoryWriter, read_trajectory

__all__ = [
    "Checkpoint",
    "Reduced",
    "Results",
    "ResultsWriter",
    "Sheared",
    "Trajectory",
    "TrajectoryWriter",
    "read_checkpoint",
    "read_reduced",
    "read_results",
    "read_shear",
    "read_trajectory",
    "write_checkpoint",
    "write_reduced",
]
