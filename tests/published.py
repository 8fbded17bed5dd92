"""Where files that others have published are, if they are here."""

from pathlib import Path

import pytest

PLACES = [parent / "shared" / "data" for parent in Path(__file__).parents]
DATA = next((place for place in PLACES if place.is_dir()), None)
needed = pytest.mark.skipif(DATA is None, reason="other people's files are not here")
