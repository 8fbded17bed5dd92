"""What tables say of a liquid, and of one soft spot through the whole box."""

import numpy as np

from softspots.analysis.cautions import of_liquid, of_one_spot


def test_one_soft_spot_alone_is_told():
    labels = np.full((2, 100), -1)
    labels[0, :40], labels[0, 50:60], labels[1, :30] = 0, 1, 0
    assert of_one_spot(labels).startswith("the largest soft spot has 88 % of the particles on any, 35 % of all: fewer")
    assert of_one_spot(np.arange(100)[None] // 10) == of_one_spot(labels[:1, :0]) == ""
    small = np.where(np.arange(100) < 10, 0, -1)[None]
    assert of_one_spot(small) == ""
    assert of_liquid(91, 100).startswith("91 % of all") and of_liquid(90, 100) == of_liquid(0, 0) == ""
