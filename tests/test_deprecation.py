"""Old names go on with a warning; what stays for good gives none."""

import sys
import warnings

import pytest

import softspots as ss
from softspots.analysis import meanfield, tracking


def test_modules_of_the_analysis_where_they_were():
    with pytest.warns(
        DeprecationWarning, match=r"^softspots\.tracking is softspots\.analysis\.tracking since 0\.2; "
    ) as said:
        found = ss.tracking
    assert found is tracking
    assert said[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="softspots.analysis.meanfield"):
        from softspots import meanfield as old
    assert old is meanfield


def test_a_function_by_its_old_name():
    with pytest.warns(DeprecationWarning, match="simulate_lifetimes since 0.2"):
        assert meanfield.simulate_model is ss.simulate_lifetimes


def test_other_names_are_not_there():
    with pytest.raises(AttributeError, match="simulate_nothing"):
        _ = meanfield.simulate_nothing


def test_what_stays_gives_no_warning():
    """The paper's mixture by its own name, and commands as modules."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        assert isinstance(ss.Model.preset("kob-andersen"), ss.Mixture)
        for name in ("simulate", "analyze", "shear"):
            __import__(f"softspots.{name}")
            assert callable(sys.modules[f"softspots.{name}"].main)


def test_old_names_go_before_the_version_that_has_none():
    """Whoever makes that version has to take them out."""
    major, minor, _ = map(int, ss.__version__.split("."))
    assert (major, minor) < (0, 4)
