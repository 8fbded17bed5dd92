"""The report: a page with the map of each frame, the panels, the summary and the provenance of some runs."""
