"""The comment lines of atooms' and RUMD's XYZ: the box, the time, and what stands in the columns."""

from __future__ import annotations

from softspots.exceptions import InputError

# OVITO's names of what columns hold, by what they are called there; a vector takes as many columns as there are axes.
VECTORS = {
    "pos": "Position",
    "position": "Position",
    "position_unfolded": "Position",
    "vel": "Velocity",
    "velocity": "Velocity",
    "force": None,
}
SCALARS = {
    "name": "Particle Type",
    "species": "Particle Type",
    "type": "Particle Type",
    "x": "Position.X",
    "y": "Position.Y",
    "z": "Position.Z",
    "imx": "Periodic Image.X",
    "imy": "Periodic Image.Y",
    "imz": "Periodic Image.Z",
    "vx": "Velocity.X",
    "vy": "Velocity.Y",
    "vz": "Velocity.Z",
    "tag": "Particle Identifier",
}
UNWRAPPED = "position_unfolded"
# Boxes of RUMD that are no bricks at rest are not read.
BRICK = "RectangularSimulationBox"


class Comment:
    """A comment line, as ``key=value`` or ``key:value``, the values separated by commas.

    Attributes
    ----------
    sides : list of float or None
        Of a box that is centred on zero.
    step : int or None
    time : float or None
    """

    def __init__(self, line: str) -> None:
        self._line = line
        pairs = [word.replace(":", "=", 1).split("=", 1) for word in line.split()]
        values = {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
        sides = values.get("cell", values.get("boxLengths"))
        if "sim_box" in values:
            kind, sides = values["sim_box"].split(",", 1)
            if kind != BRICK:
                raise InputError(f"the box is a {kind}; only a {BRICK} can be read")
        self.sides = None if sides is None else [float(one) for one in sides.split(",")]
        if self.sides is not None and not all(side > 0 for side in self.sides):
            raise InputError(f"the sides of the box are {sides}; they must be positive")
        step = values.get("step", values.get("timeStepIndex"))
        self.step = None if step is None else int(float(step))
        self.time = None
        if self.step is not None and "dt" in values:
            self.time = self.step * float(values["dt"])
        self._names = values.get("columns", "species,pos").split(",")

    @property
    def dimension(self) -> int:
        """As many as the box has sides."""
        return 3 if self.sides is None else len(self.sides)

    @property
    def unwrapped(self) -> bool:
        """Whether the positions are those of continuous trajectories."""
        return UNWRAPPED in self._names

    def columns(self, count: int) -> list[str | None]:
        """What OVITO is to read of ``count`` columns.

        Raises
        ------
        InputError
            If the comment speaks of other columns than there are.
        """
        names = self._names
        if not {"name", "species", "type"} & {*names} and "id" in names:
            # As older versions of atooms call it.
            names = ["species" if name == "id" else name for name in names]
        known = []
        for name in names:
            if name in VECTORS:
                vector = VECTORS[name] if name == UNWRAPPED or UNWRAPPED not in names else None
                known += [vector and f"{vector}.{axis}" for axis in "XYZ"[: self.dimension]]
            else:
                known.append(SCALARS.get(name, name.capitalize()))
        if len(known) != count:
            raise InputError(f"the comment {self._line!r} speaks of {len(known)} columns, and there are {count}")
        return known
