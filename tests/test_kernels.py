"""The border to the compiled kernels: what they take, what they refuse, and how they end."""

import ctypes
import dataclasses
import functools
import itertools
import os
import signal
import threading
import time

import numpy as np
import pytest
from launch import run_python
from reference import disordered_frame

import softspots as ss
from softspots import _core
from softspots.dynamics.parallel import Serial
from softspots.landscape.forces import box_array, kernel_potential

MODEL = ss.Model.preset("kob-andersen")


def kernel_calls():
    """Every kernel that only reads its arguments, with the arguments."""
    frame = disordered_frame(seed=1, length_x=11.0, length_y=12.0, tilt=3.4)
    positions, species, box = arguments = [frame.positions, frame.species, box_array(frame.box)]
    potential = kernel_potential(MODEL)
    n = len(frame)
    random = np.random.default_rng(5)
    block = random.standard_normal((_core.PANEL_ROWS, _core.BLOCK_WIDTH))
    basis = random.standard_normal((1, 40, _core.PANEL_ROWS))
    matrix = ss.hessian(frame, MODEL).tocsc()
    values, vectors = random.random(3), random.standard_normal((3, 2 * n))

    def domain(*arrays):
        run = _core.Domain(Serial(), (1, 1), [*arrays[2][:2], 0.0], potential, 2.5, 1e-4, 1.0, 1, 0.4)
        run.set_particles(arrays[0], arrays[3], arrays[4], arrays[1], None, 0.0)
        run.run(2, 0.3, 0.3, 0.0)
        return run.owned()

    def resumed(*arrays):
        run = _core.Domain(Serial(), (1, 1), [*box[:2], 0.0], potential, 2.5, 1e-4, 1.0, 1, 0.4)
        run.resume(*arrays[:5], None, *arrays[5:])
        return run.owned()

    def sorted_around(positions, species, box):
        return _core.Configuration(positions, species, None, box, 2.8)

    zeros = np.zeros((n, 2), dtype=np.int32)
    velocities = random.standard_normal((n, 2))
    built = ss.Box(*box[:2], tilt=box[2]).wrap(positions)[0]
    counts = np.array([0, 1, 0])
    return {
        "energy_forces": (lambda *a: sorted_around(*a).energy_forces(potential), arguments),
        "hessian": (lambda *a: sorted_around(*a).hessian(potential), arguments),
        "minimize": (lambda *a: sorted_around(*a).minimize(potential, "fire", 1e-10, 20), arguments),
        "d2min": (
            lambda r, s, b, u, t: sorted_around(r, s, b).d2min(u, t, 2.5),
            [*arguments, 0.1 * positions, np.array([0.1])],
        ),
        "connect": (lambda r, b, c: _core.connect(r, b, c, 0.0), [positions, box, np.ones(n, dtype=np.int32)]),
        "Domain": (domain, [*arguments, velocities, zeros]),
        "resume": (
            resumed,
            [built, built, velocities, zeros, species, np.array([0.0, 0.0, 1.0]), np.zeros((2, 1)), counts],
        ),
        "project_out": (lambda b: _core.project_out(0, 8, b, block.copy()), [basis]),
        "reorthogonalize": (
            lambda b, r: (_core.reorthogonalize(8, b, r, copy := block.copy()), copy),
            [basis, basis.astype(np.float32)],
        ),
        "append": (
            lambda t: _core.append(0, t, basis.copy(), basis.astype(np.float32), block.copy()),
            [np.eye(_core.BLOCK_WIDTH)],
        ),
        "residual_norms": (_core.residual_norms, [matrix.indptr, matrix.indices, matrix.data, values, vectors]),
        "PackedFactor": (
            lambda *a: (_core.PackedFactor(*a).solve(copy := np.ones((4, _core.BLOCK_WIDTH))), copy),
            # The factor diag(1, 2, 3, 4) with its zeros below, one tile.
            [
                np.array([1, 5], dtype=np.int32),
                np.array([1, 5, 8, 10, 11], dtype=np.int32),
                np.array([1.0, 0, 0, 0, 2, 0, 0, 3, 0, 4]),
                np.array([1, 1], dtype=np.int32),
                np.zeros(0, dtype=np.int32),
            ],
        ),
        "spend_budgets": (
            lambda struck, budgets: _core.spend_budgets(
                struck, budgets, *np.array([[0, 1], [0, 0], [2, 3], [0, 0]]), np.array([0, 2, 0])
            ),
            [np.array([0, 1, 1], dtype=np.int32), np.array([2, 3])],
        ),
    }


CALLS = kernel_calls()
# Inner kernels, which work on large arrays as they are and make no copies.
IN_PLACE = ("project_out", "reorthogonalize", "append", "residual_norms", "PackedFactor", "spend_budgets")


def flat(result):
    return [np.asarray(part) for part in (result if isinstance(result, tuple) else (result,)) if part is not None]


@pytest.mark.parametrize("name", CALLS)
def test_arrays_that_must_not_be_written_to(name):
    kernel, arguments = CALLS[name]
    expected = flat(kernel(*arguments))
    protected = [array.copy() for array in arguments]
    for array in protected:
        array.flags.writeable = False
    for got, wanted in zip(flat(kernel(*protected)), expected, strict=True):
        np.testing.assert_array_equal(got, wanted)


def strided(array):
    """The same values with holes between them."""
    return np.repeat(array, 2, axis=-1)[..., ::2]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("how", ["strided", "other byte order", "lower precision", "long integers", "lists"])
def test_other_layouts_and_types_work_or_are_refused_in_words(name, how):
    change = {
        "strided": strided,
        "other byte order": lambda array: array.astype(array.dtype.newbyteorder()),
        "lower precision": lambda array: array.astype(np.float32) if array.dtype == np.float64 else array,
        "long integers": lambda array: array.astype(np.int64) if array.dtype.kind == "i" else array,
        "lists": np.ndarray.tolist,
    }[how]
    kernel, arguments = CALLS[name]
    expected = flat(kernel(*arguments))
    for k in range(len(arguments)):
        changed = [*arguments[:k], change(arguments[k]), *arguments[k + 1 :]]
        try:
            result = flat(kernel(*changed))
        except (ValueError, TypeError) as error:
            assert name in IN_PLACE
            assert any(word in str(error) for word in ("contiguous", "dtype", "endian", "list"))
            continue
        # What single precision drops of a coordinate comes back in forces of some ten times the size.
        tolerance = {"rtol": 1e-3, "atol": 1e-3} if how == "lower precision" else {"rtol": 0, "atol": 0}
        if how == "lower precision" and name == "minimize":
            continue
        for got, wanted in zip(result, expected, strict=True):
            np.testing.assert_allclose(got, wanted, **tolerance)


@pytest.mark.parametrize(
    "values, message",
    [
        (np.array([0.0, 1.0]), "species are of type float64; int32 is needed"),
        (np.array([0, 2**32]), "species reach from 0 to 4294967296; int32 is needed"),
        (np.array([0, 2]), r"species reach from 0 to 2; 0 to 1 are allowed"),
        (np.array([[0, 1]]), r"species have shape \(1, 2\); \(2,\) is needed"),
    ],
)
def test_values_that_would_change_are_refused(values, message):
    positions, box = np.array([[1.0, 1.0], [3.0, 3.0]]), [9.0, 9.0, 0.0]
    with pytest.raises(ss.InputError, match=message):
        _core.Configuration(positions, values, None, box, 2.5).energy_forces(kernel_potential(MODEL))
    with pytest.raises(ss.InputError, match="positions are of type complex128; float64 is needed"):
        _core.connect(positions + 0j, box, np.ones(2, dtype=np.int32), 0.0)


def test_more_particles_than_sums_are_exact_for_are_refused():
    many = np.broadcast_to(0.0, (_core.MOST_PARTICLES + 1, 2))
    with pytest.raises(ss.InputError, match="67108864 particles; 1 to 67108863 are allowed"):
        _core.Configuration(many, None, None, [9, 9, 0], 1.0)


@pytest.mark.parametrize("length", [6e4, 1e9, 1e14])
def test_boxes_that_are_nearly_empty(length):
    """Two pairs, each like the one in a box of ten; in the largest box coordinates are multiples of 1/64."""
    near = np.array([[1.0, 1.0], [2.0, 1.0]])
    small = ss.Frame(near, [0, 0], ss.Box(10, 10))
    energy, forces, _ = ss.energy_forces(small, MODEL)
    large = ss.Frame(np.concatenate((near, near + length / 2 - 1)), [0] * 4, ss.Box(length, length))
    there, forces_there, _ = ss.energy_forces(large, MODEL)
    assert there == pytest.approx(2 * energy, rel=1e-14)
    np.testing.assert_array_equal(forces_there, np.tile(forces, (2, 1)))
    assert ss.hessian(large, MODEL).nnz == 2 * ss.hessian(small, MODEL).nnz
    # One neighbor each says nothing of how a particle moves against its neighbors.
    assert np.isnan(ss.d2min(large, large)).all()
    edges = _core.connect(large.positions, [length, length, 0], np.ones(4, dtype=np.int32), 1.5)
    assert edges.tolist() == [[0, 1], [2, 3]]


def test_a_range_far_below_the_distances():
    """Strips and columns of a tiny range must not outnumber the particles."""
    model = ss.Model.preset("kob-andersen", cutoff=1e-7)
    frame = ss.Frame(np.random.default_rng(1).random((50, 2)) * 1e3, np.zeros(50, dtype=int), ss.Box(1e3, 1e3))
    assert ss.energy_forces(frame, model)[0] == 0
    run = ss.Simulation.from_frame(frame, model, skin=1e-7 + 0.01, timestep=1e-4)
    run.run(100)
    assert run.step == 100


def test_pairs_in_a_dilute_run_feel_what_they_feel_in_a_small_box():
    """The strips are limited by the particles there: neighbors must be complete all the same."""
    positions = np.array([[1.0, 1.0], [2.1, 1.0], [5e5, 5e5], [5e5, 5e5 + 1.1], [1e6 - 0.5, 3e5], [0.6, 3e5]])
    frame = ss.Frame(positions, [0] * 6, ss.Box(1e6, 1e6))
    run = ss.Simulation.from_frame(frame, MODEL, velocities=np.zeros((6, 2)), strain_rate=0.0)
    expected = 3 * ss.energy_forces(ss.Frame(positions[:2], [0, 0], ss.Box(10, 10)), MODEL)[0]
    # Coordinates of a million carry 1e-10, and forces some ten times that.
    assert run.thermodynamics()["potential_energy"] * 6 == pytest.approx(expected, abs=1e-8)


def test_a_box_in_which_nothing_can_be_told_apart():
    frame = ss.Frame([[1, 1], [3, 3]], [0, 0], ss.Box(1e17, 1e17))
    with pytest.raises(ss.InputError, match=r"longest side of the box is 1e\+17; up to 1e\+15"):
        ss.energy_forces(frame, MODEL)
    with pytest.raises(ss.InputError, match=r"longest side of the box is 1e\+17; up to 1e\+15"):
        ss.Simulation.from_frame(frame, MODEL)


def test_searches_that_would_find_more_than_can_be_counted():
    """In a box a billion times as long as high each particle has a billion images within its length."""
    with pytest.raises(ss.InputError, match=r"more than 1e\+06 pairs within reach"):
        _core.connect([[0.0, 0.0], [5e8, 0.5]], [1e9, 1.0, 0.0], np.ones(2, dtype=np.int32), 0.0)


@pytest.mark.parametrize("call", [ss.energy_forces, ss.hessian, ss.inherent_structure])
def test_particles_on_top_of_each_other(call):
    frame = ss.Frame([[5, 5], [1, 1], [3, 3], [3, 3]], [0, 0, 1, 0], ss.Box(10, 10))
    with pytest.raises(ss.PhysicsError, match="force on particle [23] is not finite: another one lies on top of it"):
        call(frame, MODEL)


def test_particles_far_from_the_box():
    positions = np.array([[5, 5], [1, 1 - 1e12]])
    with pytest.raises(ss.InputError, match=r"particle 1 lies 1e\+11 box lengths away; up to 1e\+08"):
        _core.Configuration(positions, None, None, [10.0, 10.0, 0.0], 2.5)
    with pytest.raises(ss.InputError, match=r"particle 1 lies 1e\+11 box lengths away; up to 1e\+08"):
        _core.connect(positions, [10.0, 10.0, 0.0], np.ones(2, dtype=np.int32), 0.0)


@pytest.fixture(scope="module")
def liquid():
    """10,000 particles, far from any minimum: a lattice of a glass's density, shaken, with species at random."""
    random = np.random.default_rng(3)
    spacing = 1.2**-0.5
    positions = spacing * np.stack(np.meshgrid(*2 * [np.arange(100)]), axis=-1).reshape(-1, 2)
    positions += random.uniform(-0.1, 0.1, positions.shape)
    return ss.Frame(positions, random.random(10_000) < 0.35, ss.Box(100 * spacing, 100 * spacing))


def interrupted_after(seconds, call):
    """How long ``call`` computes after Ctrl-C, which must end it; waiting on a busy machine does not count."""
    sent = []

    def send():
        sent.append(time.process_time())
        signal.raise_signal(signal.SIGINT)

    timer = threading.Timer(seconds, send)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            call()
        return time.process_time() - sent[0]
    finally:
        timer.cancel()
        timer.join()


@pytest.mark.parametrize("method", ["newton", "fire", "cg", "cg+fire"])
def test_ctrl_c_ends_a_quench(liquid, method):
    """Again and again from the same frame, so that the signal meets it wherever it is."""

    def quench():
        for _ in itertools.repeat(None):
            ss.inherent_structure(liquid, MODEL, method)

    # A second, as promised; the kernels ask twenty times in one.
    assert interrupted_after(0.5, quench) < 1
    assert np.isfinite(ss.energy_forces(liquid, MODEL)[0])


def test_ctrl_c_ends_a_run_after_a_whole_step(liquid):
    """What the run has done is then as if it had been asked for no more."""
    run, same = (ss.Simulation.from_frame(liquid, MODEL, temperature=0.3, timestep=1e-4) for _ in range(2))
    assert interrupted_after(0.5, lambda: run.run(1_000_000)) < 1
    same.run(run.step)
    np.testing.assert_array_equal(run.frame().positions, same.frame().positions)
    np.testing.assert_array_equal(run.velocities(), same.velocities())
    run.run(1)
    assert run.step == same.step + 1


def test_ctrl_c_in_a_step_that_fails_is_not_lost(liquid):
    positions = liquid.positions.copy()
    positions[1] = positions[0] + 0.1
    run = ss.Simulation.from_frame(dataclasses.replace(liquid, positions=positions), MODEL, timestep=1e-3)
    # One after the other without a look at signals in between: the kernel finds this one in its first step.
    interrupt = functools.partial(ctypes.pythonapi.PyErr_SetInterrupt)
    advance = functools.partial(run._domain.run, 10, 0.3, 0.3, 0.0)
    with pytest.raises(KeyboardInterrupt) as found:
        list(map(functools.partial.__call__, (interrupt, advance)))
    assert isinstance(found.value.__cause__, ss.PhysicsError)
    assert "blew up after step" in str(found.value.__cause__)
    # Nothing is left for the next kernel.
    assert np.isfinite(ss.energy_forces(liquid, MODEL)[0])


def test_ctrl_c_ends_the_search_for_pairs(liquid):
    box = [liquid.box.length_x, liquid.box.length_y, 0.0]
    everything = np.ones(len(liquid), dtype=np.int32)
    assert interrupted_after(0.3, lambda: _core.connect(liquid.positions, box, everything, 90.0)) < 1


def test_ctrl_c_ends_the_sums_over_far_neighbours(liquid):
    """A call of some two seconds."""
    assert interrupted_after(0.3, lambda: ss.d2min(liquid, liquid, 40.0)) < 1


def test_handlers_of_other_signals_run_meanwhile(liquid):
    """As those of SIGTERM and of timeouts; what they raise comes out of the kernel."""

    class Enough(Exception):
        pass

    def handler(*_):
        raise Enough

    before = signal.signal(signal.SIGUSR1, handler)
    timer = threading.Timer(0.3, signal.raise_signal, [signal.SIGUSR1])
    run = ss.Simulation.from_frame(liquid, MODEL, temperature=0.3, timestep=1e-4)
    try:
        timer.start()
        with pytest.raises(Enough):
            run.run(1_000_000)
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, before)


OUT_OF_MEMORY = """
import resource
import numpy as np
import softspots as ss
from softspots import _core

n, side = 50_000, 204.1
positions = np.random.default_rng(1).random((n, 2)) * side
box, model = [side, side, 0.0], ss.Model.preset("kob-andersen")
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
for more, call in (
    (10_000_000, lambda: ss.energy_forces(ss.Frame(positions, np.arange(n) % 2, ss.Box(side, side)), model)),
    (80_000_000, lambda: _core.Configuration(positions, None, None, box, 40.0).d2min(positions, [0.0], 40.0)),
):
    resource.setrlimit(resource.RLIMIT_AS, (used + more, resource.RLIM_INFINITY))
    try:
        call()
    except MemoryError as error:
        print(error)
"""


@pytest.mark.skipif("libasan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer takes all addresses there are")
def test_memory_that_is_refused_is_an_error():
    """Not an abort; 6,000 neighbors within 40 are far more than 80 MB of pairs, and 50,000 particles take 25 MB."""
    process = run_python(["-c", OUT_OF_MEMORY])
    assert process.returncode == 0, process.stderr
    particles, pairs = process.stdout.splitlines()
    assert "Unable to allocate" in particles
    assert "bytes more for pairs of particles, and there are none" in pairs
