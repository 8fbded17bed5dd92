"""What athermal shear shows at its end: pictures of a sample, and a table of one or several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from softspots.analysis.bootstrap import bootstrap, fraction
from softspots.analysis.findings import Findings
from softspots.analysis.reduce_maps import prediction
from softspots.analysis.reduce_shear import ShearMaps, of_few, solid_of_event
from softspots.commands.parameters import MAP
from softspots.commands.shear_parameters import CURVE, RESULTS, ShearParameters
from softspots.figures.map import save_map
from softspots.figures.stress_strain import save_stress_strain
from softspots.figures.summary import shown
from softspots.io.shear import Sheared, read_shear
from softspots.reasons import number_of

PREDICTION = {"density": "ρ_SS", "plateau": "P*", "ratio": "P*/ρ_SS"}


def draw(parameters: ShearParameters) -> None:
    """Draw stress against strain, and the map before the event with the largest drop."""
    results = read_shear(parameters.output / RESULTS)
    mixture = parameters.mixture
    save_stress_strain(parameters.output / CURVE, results, parameters.particles, results.dimension, mixture)
    (parameters.output / MAP).unlink(missing_ok=True)
    if len(results):
        largest = int(np.argmax(results["energy_drop"]))
        save_map(
            parameters.output / MAP,
            results.frame(largest),
            results["d2min"][largest],
            results["soft_spot"][largest, 0],
            model=mixture,
            title=rf"before the event at $\gamma={results['event_strain'][largest]:.4f}$",
        )


def report(parameters: ShearParameters, samples: Sequence[Sheared], files: Sequence[str]) -> str:
    """The table at the end; means have intervals as in `softspots.analysis.reduce_shear`."""

    def of(name):
        return np.concatenate([sample[name] for sample in samples])

    rows = [
        ("run", f"{parameters.particles} {parameters.simulation.noun}, {parameters.direction}"),
        ("samples", f"{len(samples)}"),
        ("states", f"{len(of('strain'))}, strains from {of('strain').min():g} to {of('strain').max():g}"),
        ("stress", f"from {of('stress').min():.4g} to {of('stress').max():.4g}"),
        ("events", f"{len(of('event_strain'))}"),
    ]
    if len(of("event_strain")):
        # On the way back a drop is one towards larger stress.
        solids = solid_of_event(samples)
        way = np.sign(of("event_strain") - of("event_last_strain"))
        rows += [
            ("mean stress drop", _mean(way * of("stress_drop"), solids)),
            ("mean energy drop", _mean(of("energy_drop"), solids)),
            ("mean participation", _mean(of("participation"), solids, " particles")),
        ]
        rows += _prediction(ShearMaps(samples))
        if note := of_few(samples):
            rows.append(("intervals", note))
    return "\n".join(f"{name:22}{value}" for name, value in [*rows, ("files", ", ".join(files))])


def _prediction(run: ShearMaps) -> list[tuple[str, str]]:
    """What maps say of the events that follow, as `softspots analyze` has it."""
    found, rows = Findings(lambda stage, done: None), []
    if not run.has_spots.all():
        rows.append(("without a map", f"{number_of(np.count_nonzero(~run.has_spots), 'event')}{run.why_unmapped(0)}"))
    with found.attempt(*PREDICTION):
        prediction(run, found)
    for name, symbol in PREDICTION.items():
        known = found.measured.get(name)
        rows.append((symbol, shown(known) + f" ({known.note})" * bool(known.note) if known else found.missing[name]))
    if (spots := found.measured.get("spots")) and spots.note:
        rows.append(("note", spots.note))
    return rows


def _mean(values: np.ndarray, solids: np.ndarray | None, unit: str = "") -> str:
    found = bootstrap(fraction, values, np.ones(len(values)), solids=solids)
    return shown(found) + unit + " (too few events for an interval)" * bool(np.isnan(found.low))
