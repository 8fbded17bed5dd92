"""What reduced data are made of: every axis and every quantity, in two tables."""

from __future__ import annotations

from dataclasses import dataclass, replace

from softspots.io.content import Content

# Averages of what is at most 1 can be larger by their rounding.
ONE = 1 + 1e-9
NOT_NEGATIVE, PART, CORRELATION = (
    Content(least=0, finite=False),
    Content(least=0, most=ONE),
    Content(least=-ONE, most=ONE),
)


@dataclass(frozen=True)
class Axis:
    """What a quantity depends on: units and meaning of its values."""

    units: str
    long_name: str


@dataclass(frozen=True)
class Entry:
    """What is known of a quantity before it is measured.

    Attributes
    ----------
    stage : str
        The stage of `softspots.analysis.reduce` that measures it.
    symbol, units, long_name : str
    section : str
        Where Schoenholz et al. 2014 have it.
    axes : tuple of str
        Names from `AXES`; none of a number.
    paper : str
        What they report, if it is a number.
    content : Content
        What its value can be.
    """

    stage: str
    symbol: str
    units: str
    long_name: str
    section: str
    axes: tuple[str, ...] = ()
    paper: str = ""
    content: Content = NOT_NEGATIVE


AXES = {
    "frequency": Axis("(epsilon_AA m^-1)^1/2 sigma_AA^-1", "frequency ω"),
    "lag": Axis("tau", "time between two maps, δt"),
    "d2min": Axis("T sigma_AA^2 k_B epsilon_AA^-1", "D²_min/T, geometric centre of the bin"),
    "d2min_edge": Axis("T sigma_AA^2 k_B epsilon_AA^-1", "borders of the bins in D²_min/T"),
    "lifetime": Axis("tau", "lifetime τ_L, geometric centre of the bin"),
    "lifetime_edge": Axis("tau", "borders of the bins in τ_L; a bin holds its lower border but not its upper one"),
    "rearrangements": Axis("1", "rearrangements N_R, geometric centre of the bin"),
    "rearrangements_edge": Axis("1", "borders of the bins in N_R; a bin holds its lower border but not its upper one"),
    "n_modes": Axis("1", "modes that make the map, N_m"),
    "n_particles": Axis("1", "particles taken from each mode, N_p"),
}

QUANTITIES = {
    "boson_peak": Entry("vibrations", "n(ω_BP)", "1", "mode at the maximum of D(ω)/ω", "II", paper="270 of 20,000"),
    "states": Entry(
        "vibrations", "D(ω)/ω", "m sigma_AA^2 epsilon_AA^-1", "density of states over frequency", "II", ("frequency",)
    ),
    "modes_below": Entry("vibrations", "n(ω)", "1", "modes below the frequency", "II", ("frequency",)),
    "density": Entry(
        "prediction", "ρ_SS", "1", "fraction of particles on soft spots", "III", paper="0.19", content=PART
    ),
    "spots": Entry("prediction", "N_S", "1", "soft spots of a map", "V"),
    "bound": Entry("prediction", "1/ρ_SS", "1", "largest possible P*/ρ_SS", "III, fig. 4", paper="5.2"),
    "plateau": Entry("prediction", "P*", "1", "rearranging particles on soft spots", "III, fig. 2", content=PART),
    "ratio": Entry("prediction", "P*/ρ_SS", "1", "plateau over density", "III, fig. 4", paper="2 to more than 3"),
    "onset": Entry(
        "prediction",
        "D²_min/T",
        "sigma_AA^2 k_B epsilon_AA^-1",
        "onset of the plateau of P(D²_min)",
        "III, fig. 2",
        paper="15",
    ),
    "probability": Entry(
        "prediction", "P", "1", "probability of lying on a soft spot", "III, fig. 2", ("d2min",), content=PART
    ),
    "particles": Entry("prediction", "n", "1", "particles in the bin, over all frames", "III, fig. 2", ("d2min",)),
    "best_modes": Entry("selection", "N_m*", "1", "modes of the largest ΔP*", "III, fig. 3", paper="430 of 20,000"),
    "best_particles": Entry("selection", "N_p*", "1", "particles of the largest ΔP*", "III, fig. 3", paper="20"),
    "largest_difference": Entry("selection", "max ΔP*", "1", "largest P* − ρ_SS", "III, fig. 3", content=CORRELATION),
    "chosen_difference": Entry(
        "selection", "ΔP*/max ΔP*", "1", "ΔP* of the maps over the largest one", "III, fig. 3", content=Content()
    ),
    "difference": Entry(
        "selection", "ΔP*", "1", "P* − ρ_SS", "III, fig. 3", ("n_modes", "n_particles"), content=CORRELATION
    ),
    "tau_star": Entry("relaxation", "τ*", "tau", "where F_s leaves its plateau", "IV", paper="50 at 1e-4"),
    "tau_alpha": Entry("relaxation", "τ_α", "tau", "where F_s = 1/e", "IV, fig. 5"),
    "scattering": Entry(
        "relaxation",
        "F_s",
        "1",
        "self-intermediate scattering function along y, at 2π/σ_AA; in other mixtures at 2π ρ^(1/d)",
        "IV, fig. 5",
        ("lag",),
        content=CORRELATION,
    ),
    "c_sd_0": Entry(
        "fields", "C_SD(0)", "1", "correlation of soft spots and D²_min", "IV", paper="0.14", content=Content()
    ),
    "c_ss": Entry(
        "fields", "C_SS", "1", "correlation of soft spots in time", "IV, eq. 3, fig. 5", ("lag",), content=Content()
    ),
    "c_dd": Entry(
        "fields", "C_DD", "1", "correlation of D²_min in time", "IV, eq. 3, fig. 5", ("lag",), content=Content()
    ),
    "c_dd_inherent": Entry(
        "fields",
        "C_DD (inherent)",
        "1",
        "correlation in time of D²_min between inherent structures",
        "IV",
        ("lag",),
        content=Content(),
    ),
    "c_sd": Entry(
        "fields",
        "C_SD",
        "1",
        "correlation of soft spots with D²_min δt before",
        "IV, fig. 5",
        ("lag",),
        content=Content(),
    ),
    "c_ds": Entry(
        "fields", "C_DS", "1", "correlation of D²_min with soft spots δt before", "IV", ("lag",), content=Content()
    ),
    "epsilon": Entry("overlap", "ε", "1", "overlap of unrelated soft spots", "V, eq. 5", paper="0.2", content=PART),
    "uncorrelated": Entry("overlap", "δt(ε)", "tau", "where C_SS has fallen to 0.05", "V, eq. 5"),
    "c_alpha": Entry(
        "overlap", "C_αα", "1", "overlap of a soft spot with its best match", "V, eq. 4", ("lag",), content=PART
    ),
    "followed": Entry("lives", "n", "1", "soft spots followed, from each frame", "V"),
    "censored": Entry("lives", "n_c", "1", "of them outlive the data", "V"),
    "median_lifetime": Entry("lives", "τ_½", "tau", "median lifetime", "V"),
    "median_lifetime_centered": Entry("lives", "τ_½ (centered)", "tau", "the same with a centered window of 16 τ", "V"),
    "mean_rearrangements": Entry("lives", "⟨N_R⟩", "1", "mean of P(N_R), 0 included", "V, fig. 6", paper="3 to 17"),
    "seen_rearrangements": Entry(
        "lives", "⟨N_R⟩ (seen)", "1", "all lives as far as they are seen: at most the mean", "V"
    ),
    "without_rearrangement": Entry("lives", "P(N_R = 0)", "1", "deaths without a rearrangement", "V", content=PART),
    "constant": Entry("lives", "c", "1", "constant of C_SS(δt) = c P(τ_L ≥ δt)", "V, eq. 6"),
    "alive": Entry(
        "lives", "P(τ_L ≥ δt)", "1", "soft spots alive after δt", "V, eq. 6, fig. 5", ("lag",), content=PART
    ),
    "lifetimes": Entry("lives", "P(τ_L)", "tau^-1", "density of lifetimes", "V, fig. 6", ("lifetime",)),
    "lifetimes_centered": Entry(
        "lives", "P(τ_L) (centered)", "tau^-1", "density of lifetimes by a centered window", "V, fig. 6", ("lifetime",)
    ),
    "rearrangement_rate": Entry("lives", "R", "1", "rearrangements per interval, as N_R counts them", "V"),
    "budgets": Entry("lives", "P(N_R)", "1", "law of N_R", "V, fig. 6", ("rearrangements",)),
    "model_median": Entry("model", "τ_½ (model)", "tau", "median lifetime, mean field", "V, eq. 8"),
    "model_lifetimes": Entry(
        "model", "P(τ_L) (model)", "tau^-1", "density of lifetimes of the mean-field model", "V, fig. 6", ("lifetime",)
    ),
}

# What is otherwise in three dimensions, where Debye's D goes as ω².
IN_SPACE = {
    "boson_peak": {"long_name": "mode at the maximum of D(ω)/ω²"},
    "states": {
        "symbol": "D(ω)/ω²",
        "units": "(m sigma_AA^2 epsilon_AA^-1)^3/2",
        "long_name": "density of states over frequency squared",
    },
}


def entry_of(name: str, dimension: int) -> Entry:
    """What is known of a quantity in two or three dimensions."""
    entry = QUANTITIES[name]
    return replace(entry, **IN_SPACE[name]) if dimension == 3 and name in IN_SPACE else entry
