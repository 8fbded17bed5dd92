"""The picture of athermal shear: lines through all states in their order, with the drop of each event where it is."""

import numpy as np

from softspots.figures.stress_strain import draw_stress_strain
from softspots.model import Mixture

# Three states; none of the events is in the first step, two are in the second.
STATES = {
    "strain": np.array([0.0, 0.1, 0.2]),
    "stress": np.array([0.0, 1.0, 0.5]),
    "energy": np.array([-50.0, -40.0, -45.0]),
}
EVENTS = {
    "event_state": np.array([2, 2]),
    "event_strain": np.array([0.125, 0.15]),
    "event_stress": np.array([1.25, 1.125]),
    "stress_drop": np.array([0.375, 0.75]),
    "event_energy": np.array([-38.0, -37.0]),
    "energy_drop": np.array([2.0, 9.0]),
}


def drawn(values):
    """The figure, of ten particles."""
    return draw_stress_strain(values, 10, 2, Mixture.preset("kob-andersen"))


def lines_of(values):
    """By panel, what its lines go through: (points, 2) each."""
    figure = drawn(values)
    return [[line.get_xydata().tolist() for line in axes.lines] for axes in figure.axes]


def test_what_an_event_takes_is_taken_off_where_it_is():
    (stress, lost, _), (energy,), (heat,) = lines_of(STATES | EVENTS)
    strain = [0.0, 0.1, 0.125, 0.125, 0.15, 0.15, 0.2]
    assert stress == [list(point) for point in zip(strain, [0.0, 1.0, 1.25, 0.875, 1.125, 0.375, 0.5], strict=True)]
    # Per particle, of ten.
    assert energy == [list(point) for point in zip(strain, [-5.0, -4.0, -3.8, -4.0, -3.7, -4.6, -4.5], strict=True)]
    assert lost == [[0.125, 1.25], [0.15, 1.125]]
    assert heat == [[0.125, 2.0], [0.15, 9.0]]


def test_without_events_there_are_states_alone():
    none = {name: values[:0] for name, values in EVENTS.items()}
    (stress, _), (energy,), heat = lines_of(STATES | none)
    assert stress == np.column_stack((STATES["strain"], STATES["stress"])).tolist()
    assert energy == np.column_stack((STATES["strain"], STATES["energy"] / 10)).tolist()
    assert heat == []
    bottom = drawn(STATES | none).axes[2]
    assert [text.get_text() for text in bottom.texts] == ["no event"] and not len(bottom.get_yticks())
