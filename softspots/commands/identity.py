"""What tells one run from another: the parameters that decide what is in its frames, and a name of its own."""

from __future__ import annotations

import hashlib
import json
import secrets

from softspots.commands.parameters import Parameters
from softspots.installation import PIN, instruction_set
from softspots.io.attributes import CHANGEABLE, INSTRUCTION_SET
from softspots.io.checkpoint import Checkpoint


def configuration(parameters: Parameters) -> dict:
    """The values that decide what is in a frame: not how many frames there are, nor where they are written."""
    return {name: value for name, value in parameters.as_dict().items() if name not in CHANGEABLE}


def checksum(values: dict) -> str:
    """SHA-256 of a `configuration`, as JSON with sorted keys and no spaces."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def new_identity(parameters: Parameters) -> dict[str, str]:
    """What tells a new run's files from those of any other: ``run_id`` and ``parameters_checksum``."""
    return {"run_id": secrets.token_hex(8), "parameters_checksum": checksum(configuration(parameters))}


def instruction_sets(checkpoint: Checkpoint | None) -> dict[str, str]:
    """What the kernels of a run are compiled for; of one that goes on from a checkpoint, also those so far."""
    so_far = checkpoint.progress.get(INSTRUCTION_SET, "unknown").split("; ") if checkpoint else []
    return {INSTRUCTION_SET: "; ".join(dict.fromkeys([*so_far, instruction_set()]))}


def other_kernels(checkpoint: Checkpoint) -> str:
    """A line for a run that goes on with other kernels than those so far; empty for the same ones."""
    so_far, now = checkpoint.progress.get(INSTRUCTION_SET), instruction_set()
    if so_far in (None, now):
        return ""
    return (
        f"so far the kernels were those for {so_far}, now they are those for {now}: bits are not those of a run "
        f"without a break ({PIN} chooses, where there are several)"
    )


def notes_on(checkpoint: Checkpoint | None) -> list[str]:
    """What there is to say of the checkpoint that a run goes on from, a line each."""
    if checkpoint is None:
        return []
    refused = f"{checkpoint.refused}; going on from the previous checkpoint" if checkpoint.refused else ""
    return [note for note in (refused, other_kernels(checkpoint)) if note]
