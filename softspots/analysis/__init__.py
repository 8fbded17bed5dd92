"""From the results of a run to curves and numbers with intervals."""
