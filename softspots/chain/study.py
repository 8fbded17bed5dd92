"""Frames of any origin, taken through the chain one by one, each when it is asked for."""

from __future__ import annotations

import contextlib
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any, overload

from tqdm import tqdm

from softspots.analysis.cautions import of_spot_sizes
from softspots.arrays import number_at, one_of, positive_number, real_number, whole_number
from softspots.chain.defaults import PAPER, is_of_paper, lengths, thermal_energy
from softspots.chain.saving import found_values, of_quenches, save
from softspots.chain.stages import Analysis, Options, analyse, in_a_line
from softspots.exceptions import DamagedFileError, InputError, PhysicsError
from softspots.frame import Frame
from softspots.io.attributes import SOURCE_NOTES
from softspots.io.readers import Frames
from softspots.landscape.forces import energy_forces, is_mixture
from softspots.landscape.quench import METHODS
from softspots.model import Forces, Mixture
from softspots.objects import require
from softspots.reasons import number_of
from softspots.structure.counts import FEWEST, PARTICLES, map_modes, mode_counts
from softspots.structure.spots import CONNECTIONS

# What is wrong with a frame that cannot be read, or is not one of the particles of the others.
UNREADABLE = (DamagedFileError, InputError)
# Of vectors of modes that a study keeps, of the frames that were asked for last.
KEPT_BYTES = 1_000_000_000
# Quenches are judged by the median of so many frames or more, where there are as many: one alone may be an avalanche.
ENOUGH = 3


def study(
    frames: Sequence[Frame] | Frame,
    model: Mixture | Forces,
    modes: int | None = None,
    *,
    lag: int = 1,
    n_modes: int | None = None,
    n_particles: int = PARTICLES,
    min_particles: int = FEWEST,
    connection: str = "delaunay",
    bond_length: float | None = None,
    d2min_cutoff: float | None = None,
    quench: str = "newton",
    max_force: float = 1e-10,
    temperature: float | None = None,
    strain_rate: float | None = None,
    rearrangement_threshold: float | None = None,
    progress: bool = True,
) -> Study:
    """Soft spots and plastic activity of frames of any origin: all stages of the chain, with one set of options.

    Nothing is computed before it is asked for.

    Parameters
    ----------
    frames : sequence of Frame
        What `read` gives, a list, or one frame; of the same particles, in the model's units.
    model : Mixture or Forces
    modes : int, optional
        How many of the lowest modes to find. Default: the paper's 500 for 10,000 particles in two dimensions, in
        proportion to the degrees of freedom.
    lag : int, optional
        How many frames later D²_min ends; 0 for none. The last frames have no later one, and no D²_min.
    n_modes : int, optional
        N_m: how many of the modes make the map. Default: the paper's 430, in the same proportion, or all
        if that is more.
    n_particles, min_particles, connection : optional
        See `soft_spots`.
    bond_length, d2min_cutoff : float, optional
        In σ. Default: 1.5 and 2.5 for the paper's mixtures, for all others 1.5 and 2.74 mean distances ρ^(-1/d).
    quench, max_force : optional
        ``method`` and ``max_force`` of `inherent_structure`.
    temperature, strain_rate : float, optional
        Of the run that the frames are from. No stage needs them, but the analysis of a saved study does, and frames do
        not tell them.
    rearrangement_threshold : float, optional
        D²_min/T from which on a particle rearranges in that analysis, where a temperature is given. Default: 15 of the
        paper's mixtures; of all others where neighbours move by 0.28 mean distances, root mean square.
    progress : bool
        Whether a bar is shown where several frames are worked on.

    Returns
    -------
    Study

    Raises
    ------
    InputError
        If an argument is not allowed, or the model does not know the particles.
    """
    frames = [frames] if isinstance(frames, Frame) else frames
    if not hasattr(frames, "__len__") or not hasattr(frames, "__getitem__") or isinstance(frames, str):
        raise InputError(f"study: frames is a {type(frames).__name__}; frames are needed, as softspots.read gives them")
    if not len(frames):
        raise InputError("study: there are no frames")
    first = _first_of(frames)
    require("study", or_forces=True, frame=first, model=model)
    if is_mixture(model):
        # What does not fit the model at all fits it in no frame; that particles coincide is the first one's own.
        with contextlib.suppress(PhysicsError):
            energy_forces(first, model)
    size, dimension = len(first), first.dimension
    modes = mode_counts(size, dimension)["modes"] if modes is None else modes
    whole_number("study: modes", modes, 1, dimension * (size - 1))
    density = size / first.box.volume
    known = PAPER if is_of_paper(model) else lengths(density, dimension)
    reaches = {"bond_length": bond_length, "d2min_cutoff": d2min_cutoff}
    reaches = {name: known[name] if given is None else given for name, given in reaches.items()}
    options = Options(
        modes=modes,
        n_modes=map_modes("study", size, dimension, modes) if n_modes is None else _of_modes(n_modes, modes),
        n_particles=whole_number("study: n_particles", n_particles, 1, size),
        min_particles=whole_number("study: min_particles", min_particles, 1),
        connection=one_of("study: connection", connection, CONNECTIONS),
        **{name: positive_number(f"study: {name}", value) for name, value in reaches.items()},
        quench=one_of("study: quench", quench, METHODS),
        max_force=positive_number("study: max_force", max_force),
    )
    whole_number("study: lag", lag, 0)
    given = {}
    if temperature is not None:
        given["temperature"] = positive_number("study: temperature", temperature)
    if strain_rate is not None:
        given["strain_rate"] = real_number("study: strain_rate", strain_rate)
    if rearrangement_threshold is not None:
        if temperature is None:
            raise InputError("study: rearrangement_threshold is in units of T; a temperature is needed")
        given["rearrangement_threshold"] = positive_number("study: rearrangement_threshold", rearrangement_threshold)
    return Study(_Work(frames, first, model, options, lag, given), range(len(frames)), progress)


def _first_of(frames) -> Frame:
    """The first frame that can be read; what is wrong with the very first one, if none can."""
    fault = None
    for index in range(len(frames)):
        try:
            return frames[index]
        except UNREADABLE as error:
            fault = fault or error
    raise fault


def _of_modes(wanted: int, there: int) -> int:
    try:
        return whole_number("study: n_modes", wanted, 1, there)
    except InputError as error:
        raise InputError(f"{error}, which is the number of modes (modes, --modes)") from None


class Study(Sequence[Analysis]):
    """What is found in each of some frames, worked out when it is asked for: ``len``, indices, slices, iteration.

    ``study[i]`` has ``frame``, ``d2min``, ``minimum``, ``modes``, ``spots`` and ``plot()``, see
    `softspots.chain.stages.Analysis`. A frame in which no soft spots can be found gives a warning that says why; one
    that cannot be read is an error where it is asked for by its number; loops and `save` leave it out, with a warning.
    The frames that were asked for last are kept, as far as a gigabyte holds them.
    """

    def __init__(self, work: _Work, indices: range, progress: bool) -> None:
        self._work, self._indices, self._progress = work, indices, progress

    @property
    def model(self) -> Mixture | Forces:
        """What acts between the particles."""
        return self._work.model

    @property
    def first(self) -> Frame:
        """The first frame that can be read: in its order are the particles of all."""
        return self._work.first

    @property
    def options(self) -> Options:
        """What the stages are asked for."""
        return self._work.options

    @property
    def lag(self) -> int:
        """How many frames later D²_min ends."""
        return self._work.lag

    @property
    def stride(self) -> int:
        """How many frames lie from one of these to the next: 1, but in slices."""
        return self._indices.step

    @property
    def given(self) -> dict[str, float]:
        """What was said of the run that the frames are from: temperature, strain rate."""
        return dict(self._work.given)

    @property
    def source(self) -> dict[str, str]:
        """What results files say of where the frames are from: the file, and what was inferred; empty of lists."""
        frames = self._work.frames
        return {"source": frames.name, SOURCE_NOTES: "; ".join(frames.notes)} if isinstance(frames, Frames) else {}

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, index: int) -> Analysis: ...
    @overload
    def __getitem__(self, index: slice) -> Study: ...
    def __getitem__(self, index: int | slice) -> Analysis | Study:
        """What is found in the frame ``index``; of a slice, a study.

        Raises
        ------
        UnknownNumberError
            If there is no such frame.
        InputError
            If the frame holds other particles than the first one.
        """
        if isinstance(index, slice):
            return Study(self._work, self._indices[index], self._progress)
        return self._work.analysis(self._number(index))

    def _number(self, index: int) -> int:
        return number_at(index, self._indices, "the study", "frame")

    def values(self, index: int, keep: bool = True) -> tuple[dict[str, Any], str]:
        """What results files have of the frame ``index``, by the names there, and what is missing of it and why.

        Of a frame that cannot be read there is nothing else. What is found is kept, as by indexing, if asked for.
        """
        number = self._number(index)
        try:
            return found_values(self._work.find(number, keep))
        except UNREADABLE as error:
            return {}, in_a_line(error)

    def no_later(self, index: int) -> str:
        """Why no D²_min from the frame ``index`` is looked for; empty if it is."""
        return self._work.no_later(self._number(index))

    def bar(self) -> tqdm[int]:
        """All indices, with a bar as they are gone through."""
        return tqdm(range(len(self)), "frames", disable=not self._progress or len(self) < 2, leave=False)

    def __iter__(self) -> Iterator[Analysis]:
        for index in self.bar():
            try:
                found = self._work.analysis(self._number(index))
            except UNREADABLE as error:
                warnings.warn(f"study: frame {index} is left out: {in_a_line(error)}", stacklevel=2)
                continue
            yield found

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={getattr(self.options, name)}" for name in ("modes", "n_modes", "n_particles"))
        return f"Study({number_of(len(self), 'frame')}, {self.model!r}, {options}, lag={self.lag})"

    def save(self, path: str | PathLike[str]) -> None:
        """Write all frames to a results file, as a simulation does: see `read_results`.

        What frames do not tell is left out: the file's attribute ``left_out`` names it, ``left_out_because`` says why.
        A frame that cannot be read is left out too, with a warning, and `Results.faults` says why.
        Where the strain of the frames goes with their times otherwise than the strain rate that was given says, there
        is a warning, and the attribute ``caution``; so too where most particles on soft spots are on one, and where
        quenches go farther than heat takes the particles of most solids, as with species that are exchanged
        (`softspots.analysis.cautions.of_quench`).

        Raises
        ------
        InputError
            If the model cannot be written.
        OutputError
            If the file cannot be written.
        """
        self._work.warn_once(save(self, path), "", stacklevel=3)


class _Work:
    """Frames, what is to be done with them, and the last that was found."""

    def __init__(
        self,
        frames: Sequence[Frame],
        first: Frame,
        model: Mixture | Forces,
        options: Options,
        lag: int,
        given: dict[str, float],
    ) -> None:
        self.frames, self.first = frames, first
        self.model, self.options, self.lag, self.given = model, options, lag, given
        self._kept: OrderedDict[int, Analysis] = OrderedDict()
        self._told: set[str] = set()
        self._quenches: dict[int, tuple[float, float]] = {}
        self._most = max(1, KEPT_BYTES // (8 * options.modes * first.positions.size))

    def analysis(self, index: int) -> Analysis:
        """What is found in a frame, with a warning if something is missing."""
        fresh = index not in self._kept
        found = self.find(index, keep=True)
        if fresh:
            for fault in filter(None, (found.d2min_fault, found.fault)):
                warnings.warn(f"study: frame {index}: {fault}", stacklevel=3)
            self.warn_once(self._of_spots(found), f"frame {index}: ", stacklevel=4)
            self.warn_once(self._of_quenches(index, found), "", stacklevel=4)
        return found

    def _of_spots(self, found: Analysis) -> dict[str, str]:
        """What `StudyWriter.cautions` says of the soft spots of all frames, of one."""
        return {} if found.spots is None else {"spots": of_spot_sizes([found.spots.sizes], len(found.frame))}

    def _of_quenches(self, index: int, found: Analysis) -> dict[str, str]:
        """What it says of the quenches of all frames, of those that were asked for so far."""
        if found.quench_distance is not None and found.minimum.certified:
            lost = found.energy - found.minimum.energy
            self._quenches[index] = found.quench_distance, lost / len(found.frame)
        if len(self._quenches) < min(ENOUGH, len(self.frames)):
            return {}
        quenches, temperature = [*self._quenches.values()], thermal_energy(self.model, self.given)
        return {"quench": of_quenches(found.frame, quenches, temperature)}

    def warn_once(self, cautions: dict[str, str], where: str, stacklevel: int) -> None:
        """Warn of what makes results mean little, unless the same has been told of another frame: they are alike."""
        for kind, caution in cautions.items():
            if caution and kind not in self._told:
                self._told.add(kind)
                warnings.warn(f"study: {where}{caution}", stacklevel=stacklevel)

    def find(self, index: int, keep: bool) -> Analysis:
        """What is found in a frame, kept for the next time if asked for."""
        if index in self._kept:
            self._kept.move_to_end(index)
            return self._kept[index]
        frame = self._frame(index)
        later, unread = self._later(index)
        found = analyse(frame, later, self.model, self.options)
        found = replace(found, d2min_fault=unread or found.d2min_fault, no_later=self.no_later(index))
        if keep:
            self._kept[index] = found
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return found

    def _later(self, index: int) -> tuple[Frame | None, str]:
        """The frame where D²_min from this one ends, if there is one, or why it cannot be read."""
        if self.no_later(index):
            return None, ""
        try:
            return self._frame(index + self.lag), ""
        except UNREADABLE as error:
            return None, in_a_line(error)

    def no_later(self, index: int) -> str:
        """Why no frame is looked for where D²_min from this one would end; empty if one is."""
        if not self.lag:
            return "lag is 0"
        if index + self.lag < len(self.frames):
            return ""
        return "no later frame" if self.lag == 1 else f"no frame {self.lag} later"

    def _frame(self, index: int) -> Frame:
        frame = self.frames[index]
        require("study", frame=frame)
        if frame.dimension != self.first.dimension:
            raise InputError(
                f"study: frame {index} has {frame.dimension} dimensions, the first one {self.first.dimension}"
            )
        try:
            return frame.in_order_of(self.first)
        except InputError as error:
            if frame.ids is not None or len(frame) != len(self.first):
                raise
            hint = "particles have no ids: does the program sort them anew, as LAMMPS does? Its dumps can have ids"
            raise InputError(f"{error}; {hint}") from error
