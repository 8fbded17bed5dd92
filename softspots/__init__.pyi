"""What can be had from `softspots` itself: the one list of it, which `__init__.py` loads from when a name is used."""

from .analysis.meanfield import (
    LifetimePrediction as LifetimePrediction,
    predict_lifetimes as predict_lifetimes,
    simulate_lifetimes as simulate_lifetimes,
)
from .box import Box as Box
from .chain.mode_files import read_modes as read_modes, write_modes as write_modes
from .chain.study import Study as Study, study as study
from .curve import Curve as Curve
from .dynamics.athermal_shear import (
    AthermalShear as AthermalShear,
    ShearState as ShearState,
    strain_path as strain_path,
)
from .dynamics.deformation import Deformation as Deformation
from .dynamics.simulation import Simulation as Simulation
from .estimate import Estimate as Estimate
from .exceptions import (
    DamagedFileError as DamagedFileError,
    InputError as InputError,
    InstallationError as InstallationError,
    MissingFileError as MissingFileError,
    OutputError as OutputError,
    PhysicsError as PhysicsError,
    ShortageError as ShortageError,
    SoftspotsError as SoftspotsError,
    UnknownNameError as UnknownNameError,
    UnknownNumberError as UnknownNumberError,
    UnstableError as UnstableError,
)
from .figures.map import draw_map as draw_map
from .frame import Frame as Frame
from .io.readers import Frames as Frames, read as read
from .io.writers import to_ase as to_ase, to_ovito as to_ovito, write as write
from .landscape.ase_forces import ASEForces as ASEForces
from .landscape.elasticity import elastic_constants as elastic_constants
from .landscape.factorization import Cholesky as Cholesky
from .landscape.forces import energy_forces as energy_forces
from .landscape.minimum import InherentStructure as InherentStructure
from .landscape.modes import (
    Modes as Modes,
    hessian as hessian,
    lowest_modes as lowest_modes,
    modes_below as modes_below,
    participation_ratio as participation_ratio,
)
from .landscape.quench import inherent_structure as inherent_structure
from .landscape.stability import Stability as Stability
from .landscape.vibration import vibration as vibration
from .model import (
    Forces as Forces,
    Harmonic as Harmonic,
    Hertzian as Hertzian,
    InversePower as InversePower,
    LennardJones as LennardJones,
    Mie as Mie,
    Mixture as Mixture,
    Model as Model,
    Morse as Morse,
    PairPotential as PairPotential,
    Sizes as Sizes,
    Tabulated as Tabulated,
    WCA as WCA,
    Yukawa as Yukawa,
)
from .model.atoms import atoms_from_frame as atoms_from_frame, frame_from_atoms as frame_from_atoms
from .plasticity.d2min import d2min as d2min
from .plasticity.events import Event as Event
from .structure.spots import SoftSpots as SoftSpots, soft_spots as soft_spots

__version__: str
