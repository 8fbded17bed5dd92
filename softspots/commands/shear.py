"""Athermal quasi-static shear on one command: ``python -m softspots.shear``.

A solid is made, quenched, and followed from minimum to minimum. Before each event stands the map of the minimum that is
lost. A run can be ended at any moment and resumed to the same bits: a checkpoint holds the solid and all states at one
strain, and each event goes to a small file of its own, from which shear.nc is made at the end.
"""

from __future__ import annotations

import contextlib
import sys
from importlib.metadata import version
from time import perf_counter

import numpy as np

from softspots.analysis.probability import plateau
from softspots.chain import stages
from softspots.commands.chain import make_simulation, options_of
from softspots.commands.command import check_streams, command, complain, say
from softspots.commands.files import read_frame_file, write_frame_file
from softspots.commands.interruption import Terminated, cutting, listening
from softspots.commands.memory import keep_memory
from softspots.commands.options import read_arguments
from softspots.commands.output import check_output, checkpoint_of, open_folder
from softspots.commands.parameters import MAP, new_identity
from softspots.commands.progress import Progress
from softspots.commands.report import plateau_rows
from softspots.commands.shear_parameters import CURVE, RESULTS, SHEAR, ShearParameters
from softspots.dynamics.athermal_shear import AthermalShear, ShearState
from softspots.dynamics.parallel import Serial, launched_rank, one_thread
from softspots.exceptions import SoftspotsError
from softspots.figures.map import save_map
from softspots.figures.stress_strain import save_stress_strain
from softspots.io.checkpoint import CHECKPOINT, Checkpoint, discard, discard_frames, write_checkpoint
from softspots.io.claim import claimed
from softspots.io.replacing import remove_leftovers
from softspots.io.shear import Sheared, read_shear, write_shear
from softspots.plasticity.events import Event

NAME = "softspots.shear"
# What a state and its events cost, in time steps, for the estimate of the time left.
STEPS_PER_STATE = 3_000


class Course:
    """A solid in shear, and all that has been seen of it.

    Parameters
    ----------
    parameters : ShearParameters
    identity : dict
        Which run it is.
    solid : AthermalShear
    states : dict of str to list
        By the names of shear.nc.
    faults : list of str
        Of each event so far, why its minimum has no map; else empty.
    """

    def __init__(self, parameters: ShearParameters, identity: dict, solid: AthermalShear, states: dict, faults: list):
        self._parameters, self._identity, self._solid = parameters, identity, solid
        self._states, self._faults = states, faults
        self._last = perf_counter()

    @classmethod
    def resumed(cls, parameters: ShearParameters, checkpoint: Checkpoint) -> Course:
        """As a checkpoint has it."""
        solid = AthermalShear.from_state(checkpoint.arrays, parameters.mixture, **shear_options(parameters))
        states = {name: list(checkpoint.arrays[name]) for name in state_values(solid.current)}
        return cls(parameters, checkpoint.identity, solid, states, checkpoint.progress["faults"])

    @classmethod
    def begun(cls, parameters: ShearParameters, progress: Progress) -> Course:
        """With a solid that is made here."""
        simulation = make_simulation(parameters.simulation, Serial())
        simulation.prepare(**parameters.simulation.preparation, progress=progress.advance)
        start = simulation.frame()
        solid = AthermalShear(start, parameters.mixture, parameters.direction, **shear_options(parameters))
        states = {name: [value] for name, value in state_values(solid.current).items()}
        return cls(parameters, new_identity(parameters), solid, states, [])

    @property
    def done(self) -> int:
        """How many strains of the path have been reached."""
        return len(self._states["strain"]) - 1

    def go(self, strain: float) -> None:
        """To the next state.

        Raises
        ------
        Terminated
            If a signal has come, after a checkpoint of the state before.
        """
        kept = self._checkpoint()
        try:
            with cutting(
                hint=f" after {self.done} of {len(self._parameters.path)} strains; --resume goes on from there"
            ):
                state = self._solid.go(strain)
                found = [self._analysed(event) for event in state.events]
        except Terminated:
            self._write(*kept)
            raise
        for values, fault in found:
            write_frame_file(self._parameters.output, len(self._faults), values, self._identity)
            self._faults.append(fault)
        for name, value in state_values(state).items():
            self._states[name].append(value)
        if perf_counter() - self._last >= 60 * self._parameters.checkpoint_every:
            self._write(*self._checkpoint())

    def finish(self) -> None:
        """Write shear.nc, and a last checkpoint; the events' own files go."""
        output, frame = self._parameters.output, self._solid.current.frame
        events = (read_frame_file(output, number, self._identity) for number in range(len(self._faults)))
        states = {name: np.array(values) for name, values in self._states.items()}
        configuration = self._parameters.as_dict()
        write_shear(
            output / RESULTS, frame, self._parameters.simulation.modes, states, events, configuration, self._identity
        )
        self._write(*self._checkpoint())
        read_shear(output / RESULTS)
        discard_frames(output)

    def _analysed(self, event: Event) -> tuple[dict, str]:
        """An event and the map before it, by the names of shear.nc; why there is no map, if so."""
        parameters, lost = self._parameters.simulation, event.lost
        analysis = stages.analyse(lost, None, parameters.mixture, options_of(parameters))
        none = np.full(parameters.modes, np.nan)
        return {
            "event_state": np.int32(self.done + 1),
            "event_strain": event.strain,
            "event_last_strain": event.last_strain,
            "stress_drop": event.stress_drop,
            "energy_drop": event.energy_drop,
            "core": np.int32(event.core),
            "participation": event.participation,
            "lattice": lost.box.vectors,
            "position": lost.positions,
            "d2min": event.d2min,
            "soft_spot": analysis.labels,
            "eigenvalue": analysis.modes.eigenvalues if analysis.modes else none,
            "participation_ratio": analysis.participation_ratio if analysis.modes else none,
        }, analysis.fault

    def _checkpoint(self) -> tuple[dict, dict]:
        arrays = self._solid.state() | {name: np.array(values) for name, values in self._states.items()}
        return arrays, {"strains": self.done, "faults": list(self._faults)}

    def _write(self, arrays: dict, progress: dict):
        path = self._parameters.output / CHECKPOINT
        write_checkpoint(path, arrays, self._parameters.as_dict(), progress, self._identity)
        self._last = perf_counter()


def shear_options(parameters: ShearParameters) -> dict:
    """What `AthermalShear` takes beside solid, mixture and direction."""
    names = ("tolerance", "max_force", "d2min_cutoff")
    return {name: getattr(parameters, name) for name in names}


def state_values(state: ShearState) -> dict:
    """A state by the names of shear.nc."""
    return {name: getattr(state, name) for name in ("strain", "stress", "energy", "stress_tensor")}


def shear(parameters: ShearParameters, checkpoint: Checkpoint | None = None) -> None:
    """Make the solid, or go on with it, and shear it along its path.

    Parameters
    ----------
    parameters : ShearParameters
        The output folder is there, and is written by nobody else.
    checkpoint : Checkpoint, optional
        Where to go on from. Default: a new run, for which the checkpoints of an earlier one are removed.
    """
    if checkpoint and finished(parameters, checkpoint):
        return
    start = parameters.simulation
    preparing = round((start.liquid_time + start.cooling_time) / start.timestep)
    done = preparing + checkpoint.progress["strains"] * STEPS_PER_STATE if checkpoint else 0
    total = preparing + len(parameters.path) * STEPS_PER_STATE
    with contextlib.closing(Progress(total, done, visible=not parameters.quiet)) as progress:
        if checkpoint:
            course = Course.resumed(parameters, checkpoint)
        else:
            discard(parameters.output)
            progress.stage("preparing")
            course = Course.begun(parameters, progress)
        # What follows ends with a checkpoint.
        with cutting(False):
            for strain in parameters.path[course.done :]:
                progress.stage(f"strain {strain:.5g}")
                course.go(strain)
                progress.advance(STEPS_PER_STATE)
            course.finish()


def finished(parameters: ShearParameters, checkpoint: Checkpoint) -> bool:
    """Whether there is nothing left to do, and shear.nc is that of this run."""
    try:
        found = read_shear(parameters.output / RESULTS).attributes.get("run_id")
    except (SoftspotsError, OSError):
        return False
    whole = checkpoint.progress["strains"] == len(parameters.path)
    return whole and found == checkpoint.identity["run_id"]


def open_run(argv, stack: contextlib.ExitStack) -> tuple[ShearParameters, Checkpoint | None]:
    """The checked parameters and the checkpoint to go on from; the output folder is claimed until the stack unwinds."""
    parameters = read_arguments(argv, version("softspots"), SHEAR)
    open_folder(parameters)
    stack.enter_context(claimed(parameters.output))
    check_output(parameters)
    checkpoint = checkpoint_of(parameters) if parameters.resume else None
    remove_leftovers(parameters.output)
    if not parameters.quiet:
        done = checkpoint.progress["strains"] if checkpoint else 0
        complain(
            NAME,
            f"{parameters.particles} {parameters.simulation.noun}, {parameters.direction} to strains "
            f"{parameters.as_dict()['strains']}, states {done + 1} to {len(parameters.path)}; goes to "
            f"{parameters.output}",
        )
    if checkpoint and checkpoint.refused:
        complain(NAME, f"{checkpoint.refused}; going on from the previous checkpoint")
    return parameters, checkpoint


def show(parameters: ShearParameters) -> None:
    """Draw stress against strain, and the map before the event with the largest drop, and print a table."""
    results = read_shear(parameters.output / RESULTS)
    names = ("strain", "stress", "energy", "event_strain", "event_state", "energy_drop")
    values = {name: results[name] for name in names}
    mixture = parameters.mixture
    save_stress_strain(
        parameters.output / CURVE, values, values, parameters.particles, parameters.simulation.dimension, mixture
    )
    (parameters.output / MAP).unlink(missing_ok=True)
    if len(results):
        largest = int(np.argmax(values["energy_drop"]))
        save_map(
            parameters.output / MAP,
            results.frame(largest),
            results["d2min"][largest],
            results["soft_spot"][largest],
            model=mixture,
            title=rf"before the event at $\gamma={values['event_strain'][largest]:.4f}$",
        )
    say(report(parameters, results))


def report(parameters: ShearParameters, results: Sheared) -> str:
    """The table at the end."""
    rows = [
        ("run", f"{parameters.particles} {parameters.simulation.noun}, {parameters.direction}"),
        (
            "states",
            f"{len(results['strain'])}, strains from {results['strain'].min():g} to {results['strain'].max():g}",
        ),
        ("largest stress", f"{np.abs(results['stress']).max():.4g}"),
        ("events", f"{len(results)}"),
    ]
    if len(results):
        # On the way back a drop is one towards larger stress.
        way = np.sign(results["event_strain"] - results["event_last_strain"])
        rows += [
            ("stress drop", f"{(way * results['stress_drop']).mean():.3g} in the mean"),
            ("energy drop", f"{results['energy_drop'].mean():.3g} in the mean"),
            ("participation", f"{np.median(results['participation']):.3g} particles, median"),
        ]
        mapped = np.isfinite(results["eigenvalue"]).all(axis=1)
        if not mapped.all():
            rows.append(("without a map", f"{np.count_nonzero(~mapped)} events"))
        if mapped.any():
            # There is no temperature: the threshold is one of D²_min itself.
            found = plateau(
                results["d2min"][mapped], results["soft_spot"][mapped], 1.0, parameters.rearrangement_threshold
            )
            rows += plateau_rows(found, "events", ", of maps against the event that follows")
    files = ", ".join(str(parameters.output / name) for name in parameters.files if (parameters.output / name).exists())
    return "\n".join(f"{name:22}{value}" for name, value in [*rows, ("files", files)])


def main(argv=None) -> None:
    """The command; it ends as `python -m softspots.simulate` does.

    Parameters
    ----------
    argv : sequence of str, optional
        Default: the command line of the process.
    """
    check_streams(NAME)
    one_thread()
    keep_memory()
    with (
        listening(),
        command(NAME, rank=launched_rank()),
        cutting(hint="; nothing new had been computed"),
        contextlib.ExitStack() as stack,
    ):
        parameters, checkpoint = open_run(sys.argv[1:] if argv is None else argv, stack)
        shear(parameters, checkpoint)
        show(parameters)
