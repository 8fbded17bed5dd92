"""The numbers in the text of paper/README.md are those of the data."""

import pytest

from paper.conditions import condition
from paper.numbers import from_data
from paper.whole import read_whole

from . import quotes


def from_files(quoted):
    """The number as the data have it, or None."""
    one = condition(quoted.condition)
    run = read_whole(one)
    if run is None:
        return None
    found = (from_data(run) | run.experiments | run.measured).get(quoted.name)
    return None if found is None else float(getattr(found, quoted.end))


def test_the_text_has_the_numbers_of_the_data():
    told = quotes.differences(quotes.README.read_text(encoding="utf-8"), from_files)
    assert not told, "\n".join(told)


@pytest.mark.parametrize(
    ("text", "value", "told"),
    [
        ("Of 1,234 τ,\nor −0.50.", {"a": 1234.4, "b": -0.504}, []),
        ("Of 1,234 τ, or −0.50.", {"a": 1235.0, "b": -0.504}, ["1,234 is 1,235 (a small value): Of 1,234 τ, or −0.50"]),
        ("Of 1,234 τ, or −0.50.", {"a": 1234.0}, ["−0.50 is no such number (b small low): Of 1,234 τ, or −0.50"]),
        ("Of 1,234.", {}, ["not in the text any more: Of {} τ, or {}"]),
    ],
)
def test_differences_are_told(monkeypatch, text, value, told):
    made_up = quotes.quote("Of {} τ, or {}", ("a", "small"), ("b", "small", "low"))
    monkeypatch.setattr(quotes, "QUOTES", (made_up,))
    assert quotes.differences(text, lambda quoted: value.get(quoted.name)) == told
