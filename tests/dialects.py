"""Files as other programs write them, of particles that are known, for the tests of readers."""

import gzip
from dataclasses import dataclass

import numpy as np

LENGTHS = np.array([9.0, 10.0, 11.0])
COLUMNS = {"x": "", "xs": "s", "xu": "u", "xsu": "su"}


@dataclass
class Truth:
    """One configuration: particles by id, their images, and the lattice vectors from an origin."""

    cell: np.ndarray
    origin: np.ndarray
    ids: np.ndarray
    types: np.ndarray
    fractions: np.ndarray
    images: np.ndarray
    step: int

    @property
    def dimension(self):
        return len(self.cell)

    @property
    def unwrapped(self):
        """From the corner of the box."""
        return (self.fractions + self.images) @ self.cell


def truths(tilts=(0.3,), dimension=3, particles=30, origin=(0.5, -2.0, 1.0), seed=1, drift=0.05):
    """Configurations of the same particles, moving a little; ids are neither from 1 nor without gaps."""
    random = np.random.default_rng(seed)
    fractions, images = random.random((particles, dimension)), random.integers(-2, 3, (particles, dimension))
    ids = np.sort(random.permutation(2 * particles)[:particles]) + 3
    types = random.permutation(np.arange(particles) % 3 // 2 + 1)
    found = []
    for step, tilt in enumerate(tilts):
        cell = np.diag(LENGTHS[:dimension])
        cell[1, 0] = tilt
        if dimension == 3:
            cell[2, :2] = -0.7, 0.4
        moved = fractions + images + drift * step * random.normal(size=fractions.shape) / LENGTHS[:dimension]
        found.append(
            Truth(cell, np.array(origin[:dimension]), ids, types, moved % 1, np.floor(moved).astype(int), 100 * step)
        )
    return found


def lammps_dump(path, found, kind="x", header="restricted", z=True, images=False, more=(), labels=None, seed=5):
    """A text dump, its rows in another order in each frame; z as a thin slab in two dimensions, or left out."""
    random, text = np.random.default_rng(seed), []
    for one in found:
        text.append(f"ITEM: TIMESTEP\n{one.step}\nITEM: NUMBER OF ATOMS\n{len(one.ids)}\n")
        text.append(_bounds(one, header))
        axes = "xyz" if z else "xyz"[: one.dimension]
        names = ["id", "type" if labels is None else "element", *(axis + COLUMNS[kind] for axis in axes)]
        names += ["ix", "iy", "iz"] * images + [name for name, _ in more]
        text.append(f"ITEM: ATOMS {' '.join(names)}\n")
        places = {
            "x": one.fractions @ one.cell + one.origin,
            "xs": one.fractions,
            "xu": one.unwrapped + one.origin,
            "xsu": one.fractions + one.images,
        }[kind]
        flat = ["0"] * (len(axes) - one.dimension)
        for k in random.permutation(len(one.ids)):
            kind_of = one.types[k] if labels is None else labels[one.types[k]]
            row = [one.ids[k], kind_of, *(f"{value:.14g}" for value in places[k]), *flat]
            row += [*one.images[k], *[0] * (3 - one.dimension)] * images + [values[k] for _, values in more]
            text.append(" ".join(map(str, row)) + "\n")
    write(path, "".join(text))
    return path


def dump_of_plane(path, frames, steps=100):
    """Frames of two dimensions as LAMMPS writes them at every so many steps."""
    path.write_text("".join(plane_text(frame, number * steps) for number, frame in enumerate(frames)))
    return path


def plane_text(frame, step):
    """A frame of two dimensions in a dump, species 0 and 1 as types 1 and 2."""
    (x, y), xy = frame.box.lengths, frame.box.tilt
    text = f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{len(frame)}\n"
    text += f"ITEM: BOX BOUNDS xy xz yz pp pp pp\n{min(xy, 0):.15g} {x + max(xy, 0):.15g} {xy:.15g}\n"
    text += f"0 {y:.15g} 0\n-0.5 0.5 0\nITEM: ATOMS id type x y z\n"
    rows = zip(frame.species, frame.positions, strict=True)
    return text + "".join(f"{k} {kind + 1} {at[0]:.12f} {at[1]:.12f} 0\n" for k, (kind, at) in enumerate(rows, 1))


def write(path, text):
    """Text into a file, packed as its name says."""
    content = text.encode()
    if path.suffix == ".gz":
        content = gzip.compress(content)
    elif path.suffix == ".zst":
        import zstandard

        content = zstandard.compress(content)
    path.write_bytes(content)


def lammps_data(path, one, images=True, labels=None):
    """A data file, its rows in any order, with velocities behind them."""
    text = f"a glass\n\n{len(one.ids)} atoms\n2 atom types\n\n"
    text += "".join(
        f"{low:.15g} {low + length:.15g} {axis}lo {axis}hi\n"
        for axis, low, length in zip("xyz", one.origin, np.diag(one.cell), strict=True)
    )
    text += "{:.15g} {:.15g} {:.15g} xy xz yz\n".format(*one.cell[np.tril_indices(3, -1)])
    if labels:
        text += "\nAtom Type Labels\n\n" + "".join(f"{number} {name}\n" for number, name in labels.items())
    text += "\nMasses\n\n1 1.0\n2 1.0\n\nAtoms # atomic\n\n"
    places = one.fractions @ one.cell + one.origin
    for k in np.random.default_rng(2).permutation(len(one.ids)):
        row = [one.ids[k], labels[one.types[k]] if labels else one.types[k], *(f"{x:.14g}" for x in places[k])]
        text += " ".join(map(str, row + [*one.images[k]] * images)) + "\n"
    text += "\nVelocities\n\n" + "".join(f"{number} 0.1 0.2 0.3\n" for number in one.ids)
    path.write_text(text)
    return path


def extended_xyz(path, found, rotation=None, names=None):
    """Extended XYZ with ids and radii, the lattice turned as a whole."""
    names, rotation, text = names or {1: "Cu", 2: "Zr"}, np.eye(3) if rotation is None else rotation, []
    for one in found:
        cell, places = one.cell @ rotation, (one.fractions @ one.cell + one.origin) @ rotation
        lattice = " ".join(f"{value:.16g}" for value in cell.ravel())
        start = " ".join(f"{value:.16g}" for value in one.origin @ rotation)
        text.append(
            f'{len(one.ids)}\nLattice="{lattice}" Origin="{start}" '
            f'Properties=species:S:1:pos:R:3:id:I:1:radius:R:1:girth:R:1 time={one.step / 10} pbc="T T T"\n'
        )
        text += [
            f"{names[kind]} {x:.14g} {y:.14g} {z:.14g} {number} {number / 8} {number / 2}\n"
            for kind, (x, y, z), number in zip(one.types, places, one.ids, strict=True)
        ]
    write(path, "".join(text))
    return path


def centred(one):
    """The same with the box centred on zero: positions of a brick."""
    return (one.fractions - 0.5) * np.diag(one.cell)


def atooms_xyz(path, found):
    """What atooms writes: names, positions and radii in two or three dimensions, the box in the comment."""
    text = ""
    for one in found:
        sides = ",".join(f"{side}" for side in np.diag(one.cell))
        text += f"{len(one.ids)}\nstep:{one.step} columns:name,pos,radius cell:{sides} dt:0.002\n"
        for kind, place in zip(one.types, centred(one), strict=True):
            text += f"{'AB'[kind - 1]} {' '.join(f'{x:.14g}' for x in place)} {kind / 4}\n"
    write(path, text)
    return path


def rumd_xyz(path, found, box="sim_box=RectangularSimulationBox,{}"):
    """What RUMD writes: types from 0, image counters, forces."""
    text = ""
    for one in found:
        sides = ",".join(f"{side}" for side in np.diag(one.cell))
        text += (
            f"{len(one.ids)}\nioformat=2 numTypes=2 timeStepIndex={one.step} dt=0.005 {box.format(sides)} "
            "mass=1.0,1.0 columns=type,x,y,z,imx,imy,imz,fx,fy,fz,pe\n"
        )
        for kind, place, images in zip(one.types, centred(one), one.images, strict=True):
            text += f"{kind - 1} {' '.join(f'{x:.14g}' for x in place)} {' '.join(map(str, images))} 1 2 3 -4\n"
    write(path, text)
    return path


def _bounds(one, header):
    cell, origin = np.eye(3), np.zeros(3)
    cell[: one.dimension, : one.dimension], origin[: one.dimension] = one.cell, one.origin
    if one.dimension == 2:
        cell[2, 2], origin[2] = 0.5, -0.25
    if header == "general":
        rows = [f"{' '.join(f'{x:.16g}' for x in cell[k])} {origin[k]:.16g}" for k in range(3)]
        return "ITEM: BOX BOUNDS abc origin pp pp pp\n" + "\n".join(rows) + "\n"
    tilts = cell[[1, 2, 2], [0, 0, 1]]
    around = header == "restricted"
    low = origin + np.minimum(0, cell).sum(axis=0) * around
    high = origin + (np.maximum(0, cell).sum(axis=0) if around else np.diag(cell))
    rows = [f"{a:.16g} {b:.16g} {c:.16g}" for a, b, c in zip(low, high, tilts, strict=True)]
    return "ITEM: BOX BOUNDS xy xz yz pp pp pp\n" + "\n".join(rows) + "\n"
