"""What a number rests on: the frames of a run, F_s of its dynamics alone, or both; by what it asks the run for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from paper.whole import OF_F_S, Whole
from softspots.io.reduced import Reduced


class Asked(dict):
    """Quantities by name, which keep the names that they are asked for."""

    def __init__(self, quantities: Mapping[str, Any]):
        super().__init__(quantities)
        self.names = set()

    def __contains__(self, name):
        self.names.add(name)
        return super().__contains__(name)

    def __getitem__(self, name):
        self.names.add(name)
        return super().__getitem__(name)

    def get(self, name, default=None):
        """The quantity, or the default."""
        self.names.add(name)
        return super().get(name, default)


@dataclass(frozen=True)
class Rests:
    """What is known, of a run that has been asked for quantities, of what they rest on.

    Parameters
    ----------
    run : Reduced
        The same for whoever asks.
    """

    run: Reduced

    @classmethod
    def on(cls, run: Reduced) -> Rests:
        """On nothing so far."""
        others = {"experiments": Asked(run.experiments)} if isinstance(run, Whole) else {}
        return cls(replace(run, measured=Asked(run.measured), **others))

    @property
    def names(self) -> set[str]:
        """The quantities and experiments that it was asked for."""
        return self.run.measured.names | (self.run.experiments.names if isinstance(self.run, Whole) else set())

    @property
    def alone(self) -> Mapping[str, Any]:
        """The provenance of F_s of the dynamics alone, if it was asked for what comes from it; else empty."""
        return self.run.alone if isinstance(self.run, Whole) and self.names & set(OF_F_S) else {}

    @property
    def frames(self) -> bool:
        """Whether it was asked for what comes from its frames."""
        return bool(self.names - set(OF_F_S) if self.alone else self.names)
