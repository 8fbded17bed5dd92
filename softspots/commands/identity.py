"""What tells one run from another: the parameters that decide what is in its frames, and a name of its own."""

from __future__ import annotations

import hashlib
import json
import secrets

from softspots.commands.parameters import Parameters
from softspots.io.attributes import CHANGEABLE


def configuration(parameters: Parameters) -> dict:
    """The values that decide what is in a frame: not how many frames there are, nor where they are written."""
    return {name: value for name, value in parameters.as_dict().items() if name not in CHANGEABLE}


def checksum(values: dict) -> str:
    """SHA-256 of a `configuration`, as JSON with sorted keys and no spaces."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def new_identity(parameters: Parameters) -> dict[str, str]:
    """What tells a new run's files from those of any other: ``run_id`` and ``parameters_checksum``."""
    return {"run_id": secrets.token_hex(8), "parameters_checksum": checksum(configuration(parameters))}
