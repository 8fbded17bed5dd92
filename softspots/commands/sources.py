"""What is analyzed: results files, samples of athermal shear, reduced data; each with what is given of its run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from softspots.analysis.findings import NEEDED
from softspots.analysis.reduce import D2MIN_CUTOFF, SELECTION_FRAMES
from softspots.analysis.reduce_shear import after, check_samples, configuration_of, of_one_kind, provenance_of, traveled
from softspots.chain.defaults import threshold_of
from softspots.commands.copies import Places, hold_same_frames, hold_same_numbers
from softspots.commands.kinds import option
from softspots.exceptions import InputError, system_errors
from softspots.figures.naming import run_names
from softspots.io.attributes import CONTENT, FORCES, with_trajectory
from softspots.io.reduced import Reduced, is_reduced, read_reduced
from softspots.io.results import Results, read_results
from softspots.io.seal import checksum_of
from softspots.io.shear import Sheared, is_shear, read_shear
from softspots.report.sources import Moments, moments_of_run, moments_of_shear


@dataclass(frozen=True)
class Source:
    """An input: a results file, samples of athermal shear, or reduced data that have been read; its name in the output.

    ``path`` is that of the first sample; ``given`` has parameters that were given beside the file. Events of samples
    count from ``from_strain`` on.
    """

    path: Path
    results: Results | None
    reduced: Reduced
    name: str = ""
    samples: tuple[Sheared, ...] = ()
    given: Mapping[str, float] = field(default_factory=dict)
    from_strain: float = 0.0

    @property
    def work(self) -> float:
        """About how long its reduction takes, in ms."""
        if self.samples:
            return 1500 + 0.003 * sum(map(len, self.samples)) * self.reduced.configuration.get("particles", 0)
        if self.results is None:
            return 10.0
        frames, particles = self.results.n_frames, self.results.configuration.get("particles", 0)
        return 1500 + particles * (0.003 * min(frames, SELECTION_FRAMES) + 5e-4 * frames + 1e-6 * frames**2)

    @cached_property
    def places(self) -> Places:
        """What is compared of results files."""
        return Places(self.results)

    @property
    def moments(self) -> Moments | None:
        """What there are maps of."""
        if self.samples:
            return moments_of_shear([after(sample, self.from_strain) for sample in self.samples])
        return None if self.results is None else moments_of_run(self.results)


def open_sources(
    paths: Sequence[Path], given: Mapping[str, float] = MappingProxyType({}), from_strain: float = 0.0
) -> list[Source]:
    """The inputs, checked to be what they should, each with a name of its own.

    What is given of temperature and strain rate is that of runs whose files do not say it; a strain from which on
    events count is of samples of athermal shear.

    Raises
    ------
    InputError
        If one cannot be read, or is given twice, or two are of one solid sheared in the same way, or what is given
        does not fit.
    DamagedFileError
        If one is damaged, or is no file of softspots.
    """
    opened, paths_of = [], {}
    for path in map(_file_in, paths):
        if not os.path.exists(path):
            raise InputError(f"FILE: got {path}; there is no such file")
        if not os.path.isfile(path):
            raise InputError(f"FILE: got {path}, which is no file; allowed: for instance {path / 'results.nc'}")
        with system_errors(InputError, f"FILE: got {path}"):
            source = _with_given(_opened(path), given)
        if from_strain:
            _check_from_strain(source, from_strain)
        for name in () if source.reduced.athermal else NEEDED:
            if name not in source.reduced.configuration:
                raise InputError(f"FILE: got {path}, which lacks the parameter {name} of its run")
        for run in _runs_in(source):
            if run in paths_of:
                raise InputError(
                    f"FILE: got {path} and {paths_of[run]}, which hold one run twice; allowed: each run once"
                )
            paths_of[run] = path
        if copied := next((one for one in opened if _is_copy(one, source)), None):
            raise InputError(
                f"FILE: got {path} and {copied.path}, which hold the same frames of runs with equal parameters; "
                "allowed: each run once"
            )
        if source.reduced.athermal != (opened or [source])[0].reduced.athermal:
            raise InputError(
                f"FILE: got {opened[0].path} and {path}, of which one is of athermal shear; allowed: one kind at a time"
            )
        opened.append(source)
    opened = _samples_together(opened)
    names = run_names([source.reduced for source in opened])
    return [replace(source, name=name, from_strain=from_strain) for source, name in zip(opened, names, strict=True)]


def _file_in(path) -> Path:
    """Of a folder with one results.nc or shear.nc that file; else the path as it is."""
    found = [path / name for name in ("results.nc", "shear.nc") if os.path.isfile(path / name)]
    return found[0] if len(found) == 1 else path


def _runs_in(source) -> Sequence[str]:
    """What tells which runs an input holds: their names or, as not all files have one, the checksum of the content."""
    told = source.reduced.provenance
    if "runs" in told:
        return told["runs"]
    return [told.get("run_id") or told.get(CONTENT) or checksum_of(source.path)]


def _is_copy(one, other) -> bool:
    """Whether two inputs hold the same frames; samples of athermal shear are looked at together."""
    if one.results and other.results:
        return hold_same_frames(one.places, other.places)
    reduced = not (one.results or other.results or one.samples or other.samples)
    return reduced and hold_same_numbers(one.reduced, other.reduced)


def _opened(path) -> Source:
    if is_reduced(path):
        return Source(path, None, read_reduced(path))
    # Until a file is reduced, its parameters alone say what there will be.
    if is_shear(path):
        return _sheared((read_shear(path),))
    results = read_results(path)
    told = with_trajectory(results.attributes)
    return Source(path, results, Reduced(results.configuration, told, dimension=results.dimension))


def _with_given(source, given) -> Source:
    """A source with parameters of its run that its file does not say."""
    for name, value in given.items():
        said = option(name)
        if source.samples:
            raise InputError(f"{said}: got {source.path} of athermal shear, which has none; allowed: results files")
        # Counted from the frames, it may be another one than that of the run.
        counted = name == "rearrangement_threshold" and source.results is not None
        if not counted and (known := source.reduced.configuration.get(name, value)) != value:
            raise InputError(f"{said}: got {value:g}; allowed: {known:g}, which {source.path} says, or nothing")
    lacking = {name: value for name, value in given.items() if source.reduced.configuration.get(name) != value}
    if not lacking:
        return source
    if source.results is None:
        raise InputError(
            f"{option(next(iter(lacking)))}: got {source.path}, which has been reduced without; "
            "allowed: its results file"
        )
    known = source.results.configuration | lacking
    if "temperature" not in known and "rearrangement_threshold" in known:
        raise InputError(
            f"--rearrangement-threshold: got {known['rearrangement_threshold']:g}, in units of T; allowed: with "
            f"--temperature, as {source.path} does not say it"
        )
    if "temperature" in lacking and "rearrangement_threshold" not in known and len(source.results):
        model, first = None if known.get("model") == FORCES else source.results.model, source.results.frame(0)
        density, cutoff = len(first) / first.box.volume, known.get("d2min_cutoff", D2MIN_CUTOFF)
        lacking["rearrangement_threshold"] = threshold_of(model, density, first.dimension, cutoff, known["temperature"])
    results = replace(source.results, configuration=known | lacking)
    reduced = replace(source.reduced, configuration=results.configuration)
    return replace(source, results=results, reduced=reduced, given=lacking)


def _check_from_strain(source, from_strain):
    got = f"--from-strain: got {from_strain:g}"
    if not source.samples:
        kind = "has been reduced already" if source.reduced.athermal else "is not of athermal shear"
        raise InputError(f"{got} for {source.path}, which {kind}; allowed: shear.nc")
    if from_strain >= (whole := traveled(source.samples[0])[0][-1]):
        raise InputError(f"{got}; allowed: below {whole:g}, the strain that {source.path} goes through")


def _sheared(samples) -> Source:
    known = Reduced(configuration_of(samples), provenance_of(samples))
    return Source(Path(samples[0].path), None, known, samples=samples)


def _samples_together(sources) -> list[Source]:
    """Sources, of which samples of athermal shear that differ in their start only are one."""
    found = []
    for source in sources:
        for place, one in enumerate(found):
            if one.samples and source.samples and of_one_kind(one.samples[0], source.samples[0]):
                found[place] = _sheared((*one.samples, *source.samples))
                break
        else:
            found.append(source)
    for source in found:
        if source.samples:
            check_samples("FILE", source.samples)
    return found
