"""Maps of a trajectory of any program: ``softspots map glass.lammpstrj --model kob-andersen --types 1=A 2=B``.

Alone, or under mpirun, where each rank takes frames of its own.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import warnings
from collections.abc import Mapping

import numpy as np

from softspots.analysis.cautions import of_one_spot, of_quench
from softspots.chain.defaults import thermal_energy
from softspots.chain.study import Study
from softspots.commands.command import complain, from_first, on_all_ranks, say
from softspots.commands.identity import checksum, instruction_sets
from softspots.commands.interruption import cutting
from softspots.commands.map_options import NAME, Arguments, as_recorded, make_parser, open_study, require_same
from softspots.commands.mapping import RESULTS, Target, draw, map_frames
from softspots.commands.options import read_line
from softspots.commands.output import earlier_checkpoint, hold
from softspots.commands.reading import as_options
from softspots.dynamics.parallel import Serial, launched, together, world
from softspots.exceptions import InputError, PhysicsError
from softspots.io.attributes import QUENCH_DISTANCE, QUENCH_ENERGY
from softspots.io.checkpoint import CHECKPOINT, Checkpoint, discard, discard_frames, write_checkpoint
from softspots.io.results import Results, read_results
from softspots.landscape.forces import units
from softspots.reasons import number_of

# Of the frames in which something is missing, so many are told of; the results file has all.
MOST_TOLD = 20


def open_target(arguments, found: Study, stack: contextlib.ExitStack) -> Target:
    """Where to write: the output folder, which is held until the stack unwinds; for rank 0.

    Raises
    ------
    InputError
        If something there would be lost, or a run is to be resumed that is not there, or is another one.
    OutputError
        If another process has the folder.
    """
    folder, recorded = arguments.output, as_recorded(arguments, found)
    pictures = {number: folder / f"map_{number:06}.png" for number in chosen_maps(arguments, len(found))}
    files = [RESULTS, *(path.name for path in pictures.values())]
    if arguments.trajectory.resolve() in {(folder / name).resolve() for name in files}:
        raise InputError(f"--output: got {folder}, where the trajectory would be replaced; allowed: another folder")
    earlier = hold(NAME, arguments, files, lambda: _earlier(folder, recorded), stack)
    new = {"run_id": secrets.token_hex(8), "parameters_checksum": checksum(recorded)}
    identity, kernels = earlier.identity if earlier else new, instruction_sets(earlier)
    if not arguments.resume:
        discard(folder)
        for path in [folder / RESULTS, *folder.glob("map_[0-9]*.png")]:
            path.unlink(missing_ok=True)
    if earlier is None or earlier.progress != kernels:
        write_checkpoint(folder / CHECKPOINT, {}, recorded, kernels, identity)
    return Target(folder, identity, pictures, kernels)


def _earlier(folder, recorded) -> Checkpoint:
    checkpoint = earlier_checkpoint(folder)
    require_same(recorded, checkpoint.configuration)
    return checkpoint


def chosen_maps(arguments, count: int) -> list[int]:
    """The frames to draw.

    Raises
    ------
    InputError
        If there is no such frame.
    """
    for number in arguments.maps:
        if not -count <= number < count:
            raise InputError(
                f"--maps: got {number}; allowed: from {-count} to {count - 1}, of {number_of(count, 'frame')}"
            )
    return sorted({number % count for number in arguments.maps})


def show(found: Study, target: Target, temperature: float | None) -> None:
    """Draw the pictures that are not there yet, and print the table.

    Raises
    ------
    PhysicsError
        If no frame has soft spots.
    """
    results = read_results(target.results)
    for number, path in target.pictures.items():
        if not path.exists() and np.isfinite((values := results.variables(number))["position"]).all():
            draw(found, number, path, _told(values, results), temperature)
    say(report(found, target))
    if not np.isfinite(results["eigenvalue"]).all(axis=1).any():
        raise PhysicsError(
            f"none of {number_of(len(results), 'frame')} has soft spots; the first one: {results.faults.get(0, '')}"
        )


def _told(values, results) -> dict:
    """The values of a frame that its source has told."""
    return {name: value for name, value in values.items() if name not in results.attributes["left_out"].split()}


def quench_rows(found: Study, results: Results) -> list[tuple[str, str]]:
    """How far the frames are from their inherent structures, with a note where that is too far for a solid."""
    if QUENCH_DISTANCE not in results.attributes:
        return []
    distance, energy = (results.attributes[name] for name in (QUENCH_DISTANCE, QUENCH_ENERGY))
    unit_of_energy, unit_of_length = (f" {name}".rstrip() for name in units(found.model))
    moved = f"particles move by {distance:.3g}{unit_of_length}, root mean square, and lose {energy:.3g}{unit_of_energy}"
    rows = [("quench", f"{moved} each")]
    if caution := of_quench(found.first, distance, energy, thermal_energy(found.model, found.given)):
        rows.append(("note", caution))
    return rows


def fault_rows(faults: Mapping[int, str]) -> list[tuple[str, str]]:
    """What is missing in frames and why, once where reasons differ in their numbers only."""
    alike: dict[str, list[int]] = {}
    for index, fault in faults.items():
        alike.setdefault(re.sub(r"-?\d[\d.]*(e[+-]?\d+)?", "", fault), []).append(index)
    told = [*alike.values()][:MOST_TOLD]
    rows = []
    for first, *others in told:
        same = f" (the same in {number_of(len(others), 'other frame')}" if others else ""
        same += ", with other numbers" * any(faults[other] != faults[first] for other in others) + ")" * bool(others)
        rows.append((f"frame {first}", as_options(faults[first]) + same))
    if more := len(faults) - sum(map(len, told)):
        rows.append((number_of(more, "frame"), f"more in which something is missing; {RESULTS} says why"))
    return rows


def report(found: Study, target: Target) -> str:
    """What was found, in a few lines."""
    results = read_results(target.results)
    labels, certified = results["soft_spot"], results["inherent_certified"] == 1
    good = np.isfinite(results["eigenvalue"]).all(axis=1)
    rows = [
        ("frames", f"{len(results)}, {certified.sum()} inherent structures certified, {good.sum()} with soft spots"),
        *quench_rows(found, results),
    ]
    if good.any():
        rows.append(("ρ_SS", f"{np.mean(labels[good] >= 0):.3f}"))
        rows.append(("soft spots", f"{np.mean(labels[good].max(axis=1) + 1):.1f} per frame"))
        if caution := of_one_spot(labels[good]):
            rows.append(("note", caution))
    if np.isnan(results["d2min"]).all() and (reason := found.no_later(0)):
        rows.append(("D²_min", f"none: {reason} (--lag, --frames)"))
    rows += fault_rows(results.faults)
    rows.append(("left out", results.attributes["left_out_because"]))
    rows.append(("files", f"{RESULTS} and maps in {target.folder}"))
    return "\n".join(f"{name:14}{value}" for name, value in rows)


def main(argv=None) -> None:
    """Find soft spots and D²_min of anybody's frames, alone or on all ranks: the command ``softspots map``.

    Exits with status 2 if an argument is wrong, or the trajectory cannot be read at all; 1 if no frame has soft spots,
    or output cannot be written; 130 and 143 after SIGINT (Ctrl-C) and SIGTERM, with all frames that are done kept.

    Parameters
    ----------
    argv : sequence of str, optional
        Default: the command line of the process.
    """
    with on_all_ranks(NAME, lambda: world() if launched() else Serial()) as comm, contextlib.ExitStack() as stack:
        if comm.rank:
            # All ranks read the same file.
            warnings.simplefilter("ignore")
        arguments = from_first(comm, lambda: Arguments(**read_line(make_parser(), argv)))
        with together(comm):
            frames, found = open_study(arguments)
        target = from_first(comm, lambda: open_target(arguments, found, stack))
        if comm.rank == 0 and not arguments.quiet:
            complain(NAME, as_options(repr(frames)))
        if not from_first(comm, lambda: target.finished(len(found))):
            map_frames(found, target, comm, arguments.temperature, not arguments.quiet)
        with together(comm):
            if comm.rank == 0:
                discard_frames(target.folder)
                with cutting(hint="; all frames are done, and --resume draws what is missing and prints the table"):
                    show(found, target, arguments.temperature)
