"""Files: trajectories for viewers, and results for analysis."""

from softspots.io.results import Results, ResultsWriter, read_results
from softspots.io.trajectory import TrajectoryWriter, read_trajectory

__all__ = ["Results", "ResultsWriter", "TrajectoryWriter", "read_results", "read_trajectory"]
