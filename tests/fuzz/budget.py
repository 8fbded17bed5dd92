"""How many examples a property gets, and how many of each kind were tried."""

import os
from collections import Counter

from hypothesis import HealthCheck, settings

# What `make fuzz` multiplies the number of examples of `make test` with.
SCALE = float(os.environ.get("FUZZ_SCALE", "1"))
# By kind: configurations, API calls, files, commands.
TRIED = Counter()


def budget(examples, **others):
    """Settings of a property that gets so many examples in `make test`."""
    # Strategies filter what neither side can decide, and fixtures hold nothing that an example changes.
    ignored = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture]
    return settings(max_examples=max(1, round(SCALE * examples)), suppress_health_check=ignored, **others)
