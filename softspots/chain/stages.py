"""The chain for one frame, whatever it comes from: D²_min, inherent structure, modes and soft spots."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from softspots.chain.defaults import threshold_of
from softspots.exceptions import PhysicsError, SoftspotsError
from softspots.frame import Frame
from softspots.io.frames import frame_values
from softspots.io.schema import LABELS
from softspots.landscape.forces import energy_forces, is_mixture
from softspots.landscape.minimum import InherentStructure
from softspots.landscape.modes import Modes, hessian, lowest_modes
from softspots.landscape.quench import inherent_structure
from softspots.model import Forces, Mixture
from softspots.plasticity.d2min import d2min
from softspots.structure.spots import SoftSpots, mode_particles, soft_spots_from_ranking

if TYPE_CHECKING:
    from ase import Atoms
    from matplotlib.axes import Axes

# Particles of each mode that files keep at least, so that N_p can be scanned (fig. 3) without a new run.
KEPT_PARTICLES = 50


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the stages take beside frames and model: see `inherent_structure`, `lowest_modes`, `soft_spots`, `d2min`."""

    modes: int
    n_modes: int
    n_particles: int
    min_particles: int
    connection: str
    bond_length: float
    d2min_cutoff: float
    quench: str
    max_force: float

    def kept_particles(self, particles: int) -> int:
        """How many particles of each mode are named, of so many in all."""
        return min(particles, max(self.n_particles, KEPT_PARTICLES))


@dataclass(frozen=True, eq=False, repr=False)
class Analysis:
    """What was found in one frame. What was not is None, and the faults say why.

    Attributes
    ----------
    frame : Frame
    model : Mixture or Forces
    d2min : (N,) ndarray
        From this frame to the later one, in the unit of length squared.
    minimum : InherentStructure
    modes : Modes
    participation_ratio : (modes,) ndarray
    ranking : (modes, particles) ndarray of int
        The particles that take part most in each mode.
    spots : SoftSpots
    times : dict
        Wall time of each stage, in s.
    d2min_cutoff : float
        Of D²_min.
    d2min_fault, fault : str
        Why there is no D²_min, though there is a later frame; why there are no soft spots.
    no_later : str
        Why there is no later frame.
    """

    frame: Frame
    model: Mixture | Forces
    d2min: np.ndarray | None = None
    minimum: InherentStructure | None = None
    modes: Modes | None = None
    participation_ratio: np.ndarray | None = None
    ranking: np.ndarray | None = None
    spots: SoftSpots | None = None
    times: dict[str, float] | None = None
    d2min_fault: str = ""
    fault: str = ""
    d2min_cutoff: float | None = None
    no_later: str = ""

    def __repr__(self) -> str:
        found = [self.frame, self.minimum, self.modes, self.spots]
        words = [repr(one) for one in found if one is not None] + [one for one in (self.d2min_fault, self.fault) if one]
        if self.quench_distance is not None:
            words.insert(2, f"{self.quench_distance:.3g} from the frame")
        return f"Analysis({', '.join(words)})"

    @cached_property
    def energy(self) -> float | None:
        """Potential energy of the frame, of all particles; None if it cannot be had, as the fault says."""
        try:
            return energy_forces(self.frame, self.model)[0]
        except SoftspotsError:
            return None

    @cached_property
    def quench_distance(self) -> float | None:
        """How far the particles are from their inherent structure, root mean square, in the unit of length."""
        if self.minimum is None:
            return None
        return rms_distance(self.frame, self.minimum.frame.positions)

    @property
    def labels(self) -> np.ndarray:
        """The number of the soft spot of each particle, (N,); -1 for none."""
        return np.full(len(self.frame), -1, dtype=np.int32) if self.spots is None else self.spots.labels

    @property
    def activity(self) -> np.ndarray:
        """D²_min of each particle, (N,), NaN where it is not known."""
        return np.full(len(self.frame), np.nan) if self.d2min is None else self.d2min

    def plot(self, temperature: float | None = None, **options: Any) -> Axes:
        """The map of this frame, by `softspots.draw_map` with its options, in a figure of pyplot.

        Without a later frame particles are grey, as D²_min is not known, and a line below says so. With a temperature
        colours stand for D²_min/T, and the colour bar marks from where on a particle rearranges: from 15 on in the
        paper's mixtures, in all others where its neighbours move by 0.28 mean distances.
        """
        # Numbers need no library for pictures.
        from softspots.figures.map import draw_map

        known: dict[str, Any] = {"model": self.model, "unknown": self.no_later}
        if temperature is not None and self.d2min_cutoff is not None:
            density, dimension = len(self.frame) / self.frame.box.volume, self.frame.dimension
            known["threshold"] = threshold_of(self.model, density, dimension, self.d2min_cutoff, temperature)
        return draw_map(self.frame, self.activity, self.labels, temperature, **known | options)

    def to_ase(self, *, symbols: Mapping[str, Any] | None = None, **columns: Any) -> Atoms:
        """The `ase.Atoms` of this frame with what has been found, by `softspots.to_ase`."""
        # ASE need not be there for all else.
        from softspots.io.writers import to_ase

        return to_ase(self, symbols=symbols, **columns)

    def values(self) -> dict[str, Any]:
        """All of it by the names of the results file."""
        values = frame_values(self.frame)
        values |= {"inherent_certified": np.int8(0), "soft_spot": self.labels, "d2min": self.activity}
        minimum, modes = self.minimum, self.modes
        if minimum is not None:
            values |= {
                "inherent_energy": minimum.energy,
                "inherent_max_force": minimum.max_force,
                "inherent_certified": np.int8(minimum.certified),
                "inherent_loose": np.int32(np.count_nonzero(~minimum.stability.held)),
                "inherent_position": minimum.frame.box.wrap(minimum.frame.positions)[0].astype(np.float32),
            }
        if self.spots is not None:
            values |= {
                "eigenvalue": modes.eigenvalues,
                "participation_ratio": self.participation_ratio,
                "mode_residual": modes.residuals,
                "mode_particle": self.ranking,
            }
        values["wall_time"] = np.array([self.times[stage] for stage in LABELS["stage"]])
        return values


@contextlib.contextmanager
def _timed(times: dict[str, Any], stage: str):
    start = perf_counter()
    try:
        yield
    finally:
        times[stage] = perf_counter() - start


def analyse(frame: Frame, later: Frame | None, model: Mixture | Forces, options: Options) -> Analysis:
    """Take one frame through D²_min, quench, modes and soft spots.

    A frame whose quench is not certified, or whose modes cannot be found, gets no soft spots and a fault: one bad
    frame must not end a run.

    Parameters
    ----------
    frame : Frame
    later : Frame, optional
        The same particles at the end of the interval of D²_min. Default: None, there is none.
    model : Mixture or Forces
    options : Options
    """
    times = dict.fromkeys(LABELS["stage"], 0.0)
    found = {"d2min_fault": "", "fault": ""}
    if later is not None:
        try:
            with _timed(times, "d2min"):
                found["d2min"] = d2min(frame, later, options.d2min_cutoff)
        except SoftspotsError as error:
            found["d2min_fault"] = in_a_line(error)
    try:
        with _timed(times, "quench"):
            minimum = inherent_structure(frame, model, options.quench, options.max_force)
        found["minimum"] = minimum
        if minimum.certified:
            found |= _find_spots(minimum, model, options, times)
        else:
            found["fault"] = f"the quench is not certified: {minimum.stability.reason}{_sizes_if_loose(minimum, model)}"
    except SoftspotsError as error:
        found["fault"] = in_a_line(error)
    return Analysis(frame, model, times=times, d2min_cutoff=options.d2min_cutoff, **found)


def _sizes_if_loose(minimum, model) -> str:
    """Where nothing is held, what sizes in other units, or radii for diameters, would show."""
    if minimum.stability.held.any() or not is_mixture(model):
        return ""
    frame = minimum.frame
    apart = (frame.box.volume / len(frame)) ** (1 / frame.dimension)
    return (
        f"; the mean diameter is {model.diameters_of(frame).mean():.3g} and the mean distance {apart:.3g}: are sizes "
        "diameters, and lengths in the model's unit (sizes and unit of softspots.read, --sizes and --unit)?"
    )


def _find_spots(minimum, model, options, times) -> dict[str, Any]:
    """Modes and soft spots of an inherent structure, if as many particles are held as each mode is to name."""
    held, kept = np.count_nonzero(minimum.stability.held), options.kept_particles(len(minimum.frame))
    if held < kept:
        raise PhysicsError(f"{held} particles are held; at least {kept} are needed for the modes")
    with _timed(times, "modes"):
        modes = lowest_modes(
            hessian(minimum, model),
            options.modes,
            dimension=minimum.frame.dimension,
            stability=minimum.stability,
        )
    with _timed(times, "soft_spots"):
        participation_ratio = modes.participation_ratio
        ranking = mode_particles(modes.vectors, kept)
        spots = soft_spots_from_ranking(
            minimum.frame,
            participation_ratio,
            ranking,
            options.n_modes,
            options.n_particles,
            options.min_particles,
            options.connection,
            options.bond_length,
        )
    return {"modes": modes, "participation_ratio": participation_ratio, "ranking": ranking, "spots": spots}


def rms_distance(frame: Frame, positions: np.ndarray) -> float:
    """How far particles have moved from a frame to other positions, in the same box: root mean square."""
    moved = frame.box.minimum_image(positions - frame.positions)
    return float(np.sqrt((moved**2).sum(axis=1).mean()))


def in_a_line(error: Exception) -> str:
    """What an error says, without line breaks."""
    return " ".join(str(error).split())
