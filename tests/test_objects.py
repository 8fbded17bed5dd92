"""What is handed to the library in the place of something else is named, and what would be right."""

import copy

import numpy as np
import pytest
from reference import disordered_frame

import softspots as ss
from softspots.exceptions import InputError

MODEL = ss.Model.preset()


@pytest.fixture(scope="module")
def frame():
    return disordered_frame(seed=5, length_x=11.7, length_y=13.0, tilt=4.1)


@pytest.fixture(scope="module")
def minimum(frame):
    return ss.inherent_structure(frame, MODEL)


@pytest.fixture(scope="module")
def modes(minimum):
    return ss.lowest_modes(ss.hessian(minimum.frame, MODEL), 8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda frame, minimum, modes: ss.energy_forces(minimum, MODEL),
            r"energy_forces: frame is an InherentStructure; a Frame is needed: pass its \.frame$",
        ),
        (
            lambda frame, minimum, modes: ss.energy_forces(frame, "kob-andersen"),
            r"energy_forces: model is a str; a Mixture is needed: Mixture\.preset\('kob-andersen'\)",
        ),
        (lambda frame, minimum, modes: ss.energy_forces(frame, ss.Model), "model is a class Model; a Mixture is"),
        (lambda frame, minimum, modes: ss.inherent_structure(minimum, MODEL), "inherent_structure: frame is an Inh"),
        (lambda frame, minimum, modes: ss.inherent_structure(frame, None), "model is a NoneType; a Mixture is needed"),
        (lambda frame, minimum, modes: ss.inherent_structure(frame, MODEL, ["newton"]), r"method is \['newton'\]"),
        (lambda frame, minimum, modes: ss.lowest_modes(np.eye(4), 1, method=["lanczos"]), r"method is \['lanczos'\]"),
        (
            lambda frame, minimum, modes: ss.lowest_modes(np.eye(4), 1, stability=minimum),
            r"stability is an InherentStructure; a Stability is needed: pass its \.stability",
        ),
        (lambda frame, minimum, modes: ss.soft_spots(minimum, modes), r"soft_spots: frame .* pass its \.frame"),
        (lambda frame, minimum, modes: ss.soft_spots(modes, frame), "frame is a Modes; a Frame is needed"),
        (lambda frame, minimum, modes: ss.soft_spots(frame, frame), "modes is a Frame; a Modes is needed"),
        (
            lambda frame, minimum, modes: ss.soft_spots(frame, modes, 8, connection=["delaunay"]),
            "connection is",
        ),
        (lambda frame, minimum, modes: ss.d2min(frame.positions, frame.positions), "frame is a ndarray; a Frame"),
        (lambda frame, minimum, modes: ss.d2min(frame, minimum), r"later is an Inh.*\.frame"),
        (
            lambda frame, minimum, modes: ss.draw_map(minimum, np.ones(len(frame)), np.zeros(len(frame), int)),
            r"draw_map: frame .*\.frame",
        ),
        (lambda frame, minimum, modes: ss.Simulation("kob-andersen", 200), "Simulation: model is a str"),
        (lambda frame, minimum, modes: ss.Simulation.from_frame(minimum, MODEL), r"Simulation: frame .*\.frame"),
        (lambda frame, minimum, modes: ss.Model.preset(["kob-andersen"]), "preset is"),
        (lambda frame, minimum, modes: ss.Model.preset(smoothing=["even"]), "smoothing is"),
        (lambda frame, minimum, modes: ss.lowest_modes(np.eye(4), 50.0), "whole number"),
        (lambda frame, minimum, modes: ss.lowest_modes(np.eye(4, dtype=np.float16), 1), "half precision"),
    ],
)
def test_the_wrong_object_is_named(frame, minimum, modes, call, message):
    with pytest.raises(InputError, match=message):
        call(frame, minimum, modes)


def test_other_classes_with_the_same_will_do(frame):
    """Models are told by what they have, as other forces come."""

    class Other:
        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            return getattr(MODEL, name)

    assert ss.energy_forces(frame, Other())[0] == ss.energy_forces(frame, MODEL)[0]
    assert copy.copy(MODEL) == MODEL


def test_a_misspelt_argument_is_named_by_the_function_that_was_called(frame, modes):
    with pytest.raises(TypeError, match=r"soft_spots\(\) got an unexpected keyword argument 'min_particle'"):
        ss.soft_spots(frame, modes, min_particle=3)
