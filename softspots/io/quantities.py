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
        The stage of `softspots.analysis` that measures it.
    symbol, units, long_name : str
    section : str
        Where Schoenholz et al. 2014 have it; of events Maloney and Lemaître 2006, or Manning and Liu 2011.
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


# Per area; in three dimensions per volume.
STRESS, PER_STRESS = "epsilon_AA sigma_AA^-2", "epsilon_AA^-1 sigma_AA^2"
PER_VOLUME = {STRESS: "epsilon_AA sigma_AA^-3", PER_STRESS: "epsilon_AA^-1 sigma_AA^3"}

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
AXES_OF_EVENTS = {
    "sample": Axis("1", "sample, counted from 0"),
    "traveled": Axis("1", "strain gone through since the start, forwards and back"),
    "map_strain": Axis("1", "strain between a map and the event that follows"),
    "stress_drop": Axis(STRESS, "drop of the stress, geometric centre of the bin"),
    "energy_drop": Axis("epsilon_AA", "drop of the energy, geometric centre of the bin"),
    "waiting_strain": Axis("1", "strain between two events, geometric centre of the bin"),
    "participation": Axis("1", "particles that take part in an event, geometric centre of the bin"),
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
    "spot_size": Entry("prediction", "n_S", "1", "particles of a soft spot, mean", "III"),
    "participation_ratio": Entry(
        "prediction", "p", "1", "participation ratio of the modes of a map, mean", "III", content=PART
    ),
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
    "largest_difference": Entry(
        "selection", "max ΔP*", "1", "largest P* − ρ_SS, less its bias", "III, fig. 3", content=CORRELATION
    ),
    "chosen_difference": Entry(
        "selection",
        "ΔP*/max ΔP*",
        "1",
        "ΔP* of the maps over max ΔP*: may be above 1 by chance",
        "III, fig. 3",
        content=Content(),
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
    "ratio_at_age": Entry(
        "fields", "P*/ρ_SS(δt)", "1", "plateau over what chance gives, of maps δt old", "III and IV", ("lag",)
    ),
    "map_age": Entry("fields", "δt_½", "tau", "age at which a map has lost half of what it knows", "III and IV"),
    "epsilon": Entry("overlap", "ε", "1", "overlap of unrelated soft spots", "V, eq. 5", paper="0.2", content=PART),
    "uncorrelated": Entry("overlap", "δt(ε)", "tau", "where C_SS has fallen to 0.05", "V, eq. 5"),
    "c_alpha": Entry(
        "overlap", "C_αα", "1", "overlap of a soft spot with its best match", "V, eq. 4", ("lag",), content=PART
    ),
    "followed": Entry("lives", "n", "1", "soft spots followed, from each frame", "V"),
    "censored": Entry("lives", "n_c", "1", "of them outlive the data", "V"),
    "median_lifetime": Entry("lives", "τ_½", "tau", "median lifetime", "V"),
    "median_lifetime_centered": Entry(
        "lives", "τ_½ (centered)", "tau", "the same with a centered window of 8 frames", "V"
    ),
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
    "silent_rate": Entry("model", "λ", "tau^-1", "rate of silent deaths, added to the model", "V"),
    "silent_without": Entry("model", "P(N_R = 0) (λ)", "1", "deaths without a rearrangement, by that rate", "V"),
    "silent_median": Entry("model", "τ_½ (λ)", "tau", "median lifetime, mean field with silent deaths", "V"),
    "silent_lifetimes": Entry(
        "model", "P(τ_L) (λ)", "tau^-1", "density of lifetimes with silent deaths", "V", ("lifetime",)
    ),
    "silent_gain": Entry("model", "Δ ln L/n", "1", "ln likelihood over that of λ = 0, per life", "V"),
    "possible_gain": Entry("model", "Δ ln L/n (any law)", "1", "the most that a law can have of these lives", "V"),
}

# Those of athermal shear; of the others it has what needs neither temperature nor time.
_MALONEY, _MANNING = "Maloney 2006", "Manning 2011"
EVENTS = {
    "mean_stress_drop": Entry("events", "⟨Δσ⟩", STRESS, "mean drop of the stress", _MALONEY, content=Content()),
    "mean_energy_drop": Entry("events", "⟨ΔE⟩", "epsilon_AA", "mean drop of the energy", _MALONEY, content=Content()),
    "mean_waiting_strain": Entry("events", "⟨Δγ⟩", "1", "mean strain from event to event: path over events", _MALONEY),
    "mean_participation": Entry("events", "⟨n⟩", "1", "mean number of particles that take part", _MALONEY),
    "cores": Entry("events", "P(core)", "1", "cores of events on soft spots", _MANNING, content=PART),
    "stress_drops": Entry("events", "P(Δσ)", PER_STRESS, "density of drops of the stress", _MALONEY, ("stress_drop",)),
    "energy_drops": Entry(
        "events", "P(ΔE)", "epsilon_AA^-1", "density of drops of the energy", _MALONEY, ("energy_drop",)
    ),
    "waiting_strains": Entry(
        "events", "P(Δγ)", "1", "density of strains from an event to the next", _MALONEY, ("waiting_strain",)
    ),
    "participations": Entry(
        "events", "P(n)", "1", "density of numbers of particles that take part", _MALONEY, ("participation",)
    ),
    "ratio_before": Entry(
        "events", "P*/ρ_SS(δγ)", "1", "plateau over density of maps before events", _MANNING, ("map_strain",)
    ),
    "cores_before": Entry(
        "events", "P(core)(δγ)", "1", "cores on soft spots some strain before", _MANNING, ("map_strain",), content=PART
    ),
    "strain": Entry("course", "γ", "1", "strain since the start", _MALONEY, ("traveled",), content=Content()),
    "stress": Entry("course", "σ", STRESS, "stress, mean of samples", _MALONEY, ("traveled",), content=Content()),
    "energy": Entry(
        "course",
        "(E−E_0)/N",
        "epsilon_AA",
        "energy per particle above the start's, mean",
        _MALONEY,
        ("traveled",),
        content=Content(),
    ),
    "stresses": Entry(
        "course",
        "σ (samples)",
        STRESS,
        "stress of each sample",
        _MALONEY,
        ("sample", "traveled"),
        content=Content(),
    ),
}
KNOWN, KNOWN_AXES = QUANTITIES | EVENTS, AXES | AXES_OF_EVENTS

# What is otherwise where there is no temperature.
ATHERMAL = {"onset": {"symbol": "D²_min*", "units": "sigma_AA^2", "paper": ""}}
ATHERMAL_AXES = {
    "d2min": {"units": "sigma_AA^2", "long_name": "D²_min, geometric centre of the bin"},
    "d2min_edge": {"units": "sigma_AA^2", "long_name": "borders of the bins in D²_min"},
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


def entry_of(name: str, dimension: int, athermal: bool = False) -> Entry:
    """What is known of a quantity in two or three dimensions, of a run at a temperature or of athermal shear."""
    entry = KNOWN[name]
    if dimension == 3:
        units = PER_VOLUME.get(entry.units, entry.units)
        entry = replace(entry, **{"units": units} | IN_SPACE.get(name, {}))
    return replace(entry, **ATHERMAL[name]) if athermal and name in ATHERMAL else entry


def axis_of(name: str, dimension: int, athermal: bool = False) -> Axis:
    """What is known of an axis; as `entry_of`."""
    axis = KNOWN_AXES[name]
    if dimension == 3:
        axis = replace(axis, units=PER_VOLUME.get(axis.units, axis.units))
    return replace(axis, **ATHERMAL_AXES[name]) if athermal and name in ATHERMAL_AXES else axis
