"""A short trajectory of a sheared glass as LAMMPS' dumps, whole or not, for tests of ``softspots map``."""

import functools

import numpy as np
from dialects import plane_text

import softspots as ss
from softspots.io.results import read_results

OPTIONS = ["--model", "kob-andersen", "--types", "1=A", "2=B", "--modes=40", "--n-modes=25", "--n-particles=4"]


def glass_frames(count):
    """Frames of 300 particles, half a time apart; five at most."""
    return _glass_frames()[:count]


@functools.cache
def _glass_frames():
    run = ss.Simulation(ss.Model.preset(), particles=300, temperature=0.1, strain_rate=1e-3, seed=2)
    run.prepare(liquid_temperature=1.0, liquid_time=2.5, cooling_time=5.0, strain=0.002)
    frames = []
    for _ in range(5):
        frames.append(run.frame().wrapped())
        run.run(100)
    return frames


def dumped(frames, changed=None):
    """The text of a dump, and of frames by their numbers what ``changed`` makes of it."""
    changes = changed or {}
    return "".join(changes.get(k, str)(plane_text(frame, 100 * k)) for k, frame in enumerate(frames))


def without_numbers(text):
    """A frame in which one coordinate is none."""
    lines = text.splitlines(keepends=True)
    lines[20] = " ".join([*lines[20].split()[:2], "nan", "1.0", "0\n"])
    return "".join(lines)


def with_one_less(text):
    """A frame without its last particle."""
    return "".join(text.replace("\n300\n", "\n299\n").splitlines(keepends=True)[:-1])


def with_two_in_one_place(text):
    """A frame in which two particles coincide."""
    lines = text.splitlines(keepends=True)
    lines[20] = " ".join([*lines[20].split()[:2], *lines[21].split()[2:]]) + "\n"
    return "".join(lines)


def same_results(one, other):
    """Whether two results files have the same bits, but for what tells runs apart and how long they took."""
    first, second = (read_results(path) for path in (one, other))
    of_run = {"run_id", "ranks", "wall_time_total"}
    attributes = [{k: v for k, v in found.attributes.items() if k not in of_run} for found in (first, second)]
    assert attributes[0] == attributes[1] and first.configuration == second.configuration
    assert len(first) == len(second)
    for index in range(len(first)):
        values, others = first.variables(index), second.variables(index)
        assert values.keys() == others.keys()
        for name in values.keys() - {"wall_time"}:
            assert np.array_equal(values[name], others[name], equal_nan=values[name].dtype.kind == "f"), name
