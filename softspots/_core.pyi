from collections.abc import Sequence
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

_Floats = NDArray[np.float64]
_Integers = NDArray[np.int32]

METHODS: Final[dict[str, int]]
MOST_PARTICLES: Final[int]
PARTICLE_MEMORY: Final[int]
MESSAGES: Final[dict[int, tuple[type[Exception], str]]]
SMOOTHINGS: Final[dict[str, int]]
CONTACTS: Final[dict[float, int]]
MOST_SPECIES: Final[int]
MOST_EXPONENT: Final[int]
PANEL_ROWS: Final[int]
BLOCK_WIDTH: Final[int]
TILE_WIDTH: Final[int]
instruction_set: Final[str]
built_with_mpi: Final[bool]

def mpi_library_version() -> str: ...
def connect(positions: ArrayLike, box: ArrayLike, chosen: ArrayLike, length: float) -> _Integers: ...
def spend_budgets(
    struck: _Integers,
    budgets: NDArray[np.int64],
    spot: NDArray[np.int64],
    birth: NDArray[np.int64],
    remaining: NDArray[np.int64],
    lifetimes: NDArray[np.int64],
    counters: NDArray[np.int64],
) -> None: ...
def project_out(first: int, last: int, basis: _Floats, block: _Floats) -> _Floats: ...
def reorthogonalize(columns: int, basis: _Floats, rounded: NDArray[np.float32], block: _Floats) -> None: ...
def append(first: int, transform: _Floats, basis: _Floats, rounded: NDArray[np.float32], block: _Floats) -> _Floats: ...
def residual_norms(
    indptr: _Integers, indices: _Integers, values: _Floats, eigenvalues: _Floats, vectors: _Floats
) -> _Floats: ...
def chebyshev_step(
    indptr: _Integers,
    indices: _Integers,
    blocks: _Floats,
    center: float,
    factor: float,
    weight: float,
    x: _Floats,
    y: _Floats,
) -> None: ...

class Potential:
    @property
    def n_species(self) -> int: ...
    @property
    def non_additivity(self) -> float | None: ...
    @property
    def cutoff(self) -> float: ...
    @property
    def cutoffs(self) -> _Floats: ...
    @staticmethod
    def lennard_jones(table: ArrayLike, smoothing: str) -> Potential: ...
    @staticmethod
    def powers(n: int, m: int, coefficients: ArrayLike, non_additivity: float | None = None) -> Potential: ...
    @staticmethod
    def contact(alpha: float, coefficients: ArrayLike, non_additivity: float | None = None) -> Potential: ...
    @staticmethod
    def spline(
        digits: int, least: ArrayLike, cutoff: ArrayLike, coefficients: ArrayLike, non_additivity: float | None = None
    ) -> Potential: ...
    def reach(self, sizes: _Floats | None) -> float: ...
    def __reduce__(self) -> NoReturn: ...

class Configuration:
    def __init__(
        self,
        positions: ArrayLike,
        species: ArrayLike | None,
        sizes: ArrayLike | None,
        box: ArrayLike,
        range: float,
        potential: Potential | None = None,
    ) -> None: ...
    @property
    def range(self) -> float: ...
    def energy_forces(self, potential: Potential) -> tuple[float, _Floats, _Floats]: ...
    def hessian(self, potential: Potential) -> tuple[_Integers, _Integers, _Floats]: ...
    def minimize(
        self,
        potential: Potential,
        method: str,
        max_force: float,
        max_evaluations: int,
        length: float = 1.0,
        energy: float = 1.0,
    ) -> tuple[_Floats, int]: ...
    def d2min(self, displacements: ArrayLike, tilt_shifts: ArrayLike, cutoff: float) -> _Floats: ...
    def __reduce__(self) -> NoReturn: ...

class PackedFactor:
    def __init__(
        self, column: _Integers, indptr: _Integers, values: _Floats, start: _Integers, row: _Integers
    ) -> None: ...
    @property
    def entries(self) -> int: ...
    def solve(self, block: _Floats) -> None: ...

class Domain:
    def __init__(
        self,
        communicator: Any,
        grid: Sequence[int],
        box: ArrayLike,
        potential: Potential,
        reach: float,
        timestep: float,
        thermostat_time: float,
        thermostat_chain: int,
        skin: float,
        length: float = 1.0,
        energy: float = 1.0,
    ) -> None: ...
    def set_particles(
        self,
        positions: ArrayLike,
        velocities: ArrayLike,
        images: ArrayLike,
        species: ArrayLike,
        sizes: ArrayLike | None,
        strain: float,
    ) -> None: ...
    def resume(
        self,
        built: ArrayLike,
        positions: ArrayLike,
        velocities: ArrayLike,
        images: ArrayLike,
        species: ArrayLike,
        sizes: ArrayLike | None,
        scalars: ArrayLike,
        thermostat: ArrayLike,
        counters: ArrayLike,
    ) -> None: ...
    def progress(self) -> tuple[_Floats, _Floats, _Floats, NDArray[np.int64]]: ...
    def run(self, n_steps: int, first_temperature: float, last_temperature: float, strain_rate: float) -> None: ...
    def owned(self) -> tuple[_Integers, _Floats, _Floats, _Integers]: ...
    def state(self) -> tuple[float, _Integers, int, int]: ...
    def thermodynamics(self, temperature: float) -> _Floats: ...
