"""What a run shows at its end: a table and a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from softspots.analysis.cautions import of_liquid, of_one_spot
from softspots.analysis.probability import Plateau, plateau
from softspots.commands.chain import Analysis
from softspots.commands.parameters import MAP, PAPER_PARTICLES, Parameters
from softspots.figures.map import save_map
from softspots.figures.naming import rate_text
from softspots.frame import Frame
from softspots.io.results import read_results
from softspots.io.schema import LABELS
from softspots.model import Model
from softspots.reasons import number_of


@dataclass
class Outcome:
    """What rank 0 remembers of all frames: their faults, by number, and the frame with the most active soft spot.

    Without that frame there is no map to draw.
    """

    faults: dict[int, str]
    liveliest: tuple[Frame, Analysis] | None = None

    def add(self, index: int, frame: Frame, analysis: Analysis):
        """Take account of one more frame."""
        if analysis.fault:
            self.faults[index] = analysis.fault
        if self.liveliest is None or analysis.activity >= self.liveliest[1].activity:
            self.liveliest = frame, analysis


def plateau_rows(found: Plateau) -> list[tuple[str, str]]:
    """ρ_SS, P* and their ratio for a table."""
    probability = f"{found.probability:.3f}, from {found.rearranging} rearranging particles".replace("nan", "—")
    ratio = f"{found.ratio.value:.2f} ± {found.ratio.error:.2f}".replace("nan ± nan", "—")
    return [
        ("ρ_SS", f"{found.density:.3f}"),
        ("P*", probability + f"; D²_min of {found.unknown} is not known" * bool(found.unknown)),
        ("P*/ρ_SS", ratio.replace("± nan", "(too few frames for an error)")),
    ]


def report(parameters: Parameters, faults: dict[int, str]) -> str:
    """The table at the end of a run, from its results file. Frames with a fault count in no statistics."""
    results = read_results(parameters.output / "results.nc")
    attributes, n_frames = results.attributes, results.n_frames
    good = np.setdiff1d(np.arange(n_frames), list(faults))
    rows = [
        (
            "run",
            f"{parameters.particles} {parameters.noun}, T = {parameters.temperature:g}, strain rate "
            f"{rate_text(parameters.strain_rate)}, {number_of(n_frames, 'frame')}, {attributes['ranks']} rank(s)",
        )
    ]
    if len(good):
        labels = results["soft_spot"][good]
        found = plateau(results["d2min"][good], labels, parameters.temperature, parameters.rearrangement_threshold)
        rows += [
            *plateau_rows(found),
            ("bound 1/ρ_SS", f"{found.bound:.2f}" if found.density else "none"),
            ("soft spots", f"{np.mean(labels.max(axis=1) + 1):.1f} per frame"),
        ]
        cautions = of_liquid(found.rearranging, labels.size - found.unknown), of_one_spot(labels)
        rows += [("note", caution) for caution in cautions if caution]
    worst = np.max(results["inherent_max_force"], initial=0.0, where=~np.isnan(results["inherent_max_force"]))
    rows += [
        ("inherent structures", f"{np.sum(results['inherent_certified'])} of {n_frames} certified"),
        ("quench residual", f"{worst:.1e} at worst"),
        ("preparation", f"{attributes['wall_time_preparation']:.1f} s"),
    ]
    for stage, seconds in zip(LABELS["stage"], results["wall_time"].mean(axis=0), strict=True):
        rows.append((stage.replace("_", " "), f"{seconds:.3f} s per frame"))
    rows.append(("total", f"{attributes['wall_time_total']:.1f} s"))
    rows += [(f"frame {index} left out", fault) for index, fault in faults.items()]
    lines = [f"{name:22}{value}" for name, value in rows]
    if parameters.particles < PAPER_PARTICLES and isinstance(parameters.mixture, Model):
        lines.append(
            "Small systems are denser in soft spots than the paper's 10,000 particles (ρ_SS = 0.29 to 0.30 for 2,500,\n"
            "0.205 to 0.215 for 10,000, both at T = 0.1), so these numbers differ from the paper's."
        )
    return "\n".join(lines)


def draw(parameters: Parameters, outcome: Outcome) -> None:
    """Draw map.png: the frame with the most active soft spot, or the last one if there is none."""
    frame, analysis = outcome.liveliest
    values = analysis.values
    save_map(
        parameters.output / MAP,
        frame,
        values["d2min"],
        values["soft_spot"],
        parameters.temperature,
        model=parameters.mixture,
        threshold=parameters.rearrangement_threshold,
        title=rf"$t={frame.time:g}\,\tau$, $\gamma={frame.box.strain:.3f}$",
    )
