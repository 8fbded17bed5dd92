"""Why a quantity has no interval, or is not there: words and rules of the analysis and of readers of its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

# No interval.
FEW_BLOCKS = "too few independent blocks"
ALL_OR_NONE = "all of them, or none, which tells a bootstrap nothing"
LEAST_OF_ALL = "λ is 0, the least that it can be, in nearly all resamples, which tells no error"
OFTEN_UNDEFINED = "often undefined when resampled"
NO_PLATEAU = "no plateau of F_s is resolved"  # no τ*
# The mean of N_R is given if no more of the spots than this outlive the data: with spots of unequal rates the estimate
# is then too high by less than a third.
CENSORED = 0.25
INCOMPLETE = 0.05  # as a part of the spots: how many of the law of N_R may be unknown in a mean, and in the model
# What else than our own files may have, in words of their formats.
NO_IMAGES = "image counters are not known (ix iy iz or xu yu zu in dumps, image in extended XYZ and GSD, tell them)"
# Notes on what is there.
WIDENED = "interval widened to its value, which the resamples exclude"
PRODUCT_LIMIT = "by product limit: too high where spots rearrange at unequal rates"
CENTERED = "by a centered window"
# More are counted, and not named.
MOST_NAMED = 6


def joined(*notes: str) -> str:
    """Notes as one; those that are empty leave no trace."""
    return "; ".join(filter(None, notes))


def number_of(count: int | str, noun: str) -> str:
    """A count with what is counted, ``1 frame`` or ``2 frames``."""
    return f"{count} {noun}" + ("s" if count != 1 else "")


def first_of(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def nearest(name: str, names: Iterable[str]) -> str:
    """Which of the names may be meant by one that is none: of the same letters, or the most alike; empty if none is.

    Capitals make no difference.
    """
    small = {each.casefold(): each for each in names}
    name = name.casefold()
    # Comparing takes longer than in proportion to the letters.
    if len(name) > 2 * max(map(len, small), default=0):
        return ""
    same = [each for each in small if sorted(each) == sorted(name)]
    return next((small[each] for each in same + get_close_matches(name, small, n=1)), "")


def meant(name: str, names: Iterable[str]) -> str:
    """A question to add where a name is none of these; empty if none is like it."""
    close = nearest(name, names)
    return f"; did you mean {close}?" if close else ""


def counted(reasons: Iterable[str]) -> str:
    """Each reason with how often it is given, the commonest first."""
    return ", ".join(f"{number} as {reason}" for reason, number in Counter(reasons).most_common())


def too_many_outlive(followed: float, censored: float) -> str:
    """Why there is no mean of N_R where more than a quarter of the spots outlive the data; else empty."""
    part = censored / followed
    return "" if part <= CENSORED else f"{part:.0%} of the soft spots outlive the data: their N_R is not known"


def incomplete(unknown: float) -> str:
    """Why a law of N_R is not complete, of which this part is unknown; empty if it is."""
    if unknown <= INCOMPLETE:
        return ""
    return (
        f"{100 * unknown:.0f} % of the soft spots take more rearrangements than can be seen in the data; "
        "longer data are needed"
    )
