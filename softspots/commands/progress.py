"""The progress bar of a long run."""

from __future__ import annotations

import sys

from tqdm import tqdm

from softspots.commands.command import telling
from softspots.dynamics.parallel import stderr_is_watched

# Of the name of a stage, so that the bar behind it stays where it is.
WIDTH = 22


class _Nowhere:
    """A stream that forgets: the bar draws itself there, as it is printed in lines instead."""

    def write(self, text: str):
        pass

    def flush(self):
        pass


class Progress:
    """A bar over the whole run on a terminal, elsewhere a line after its first piece, a hundredth and every tenth.

    The work goes on where nobody is there to read it.

    Parameters
    ----------
    total, done : int
        Work of the whole run and of its part before a resumption, in the unit in which `advance` counts it.
    visible : bool
    """

    def __init__(self, total: int, done: int, visible: bool):
        self._in_lines = visible and not stderr_is_watched()
        # In percent; the first one is passed by any piece of work.
        self._marks = [0, *(mark for mark in (1, *range(10, 101, 10)) if 100 * done < mark * total)]
        self._bar = tqdm(
            total=total,
            initial=done,
            disable=not visible,
            file=_Nowhere() if self._in_lines else _Terminal(),
            bar_format="{desc}{percentage:3.0f} %|{bar}| {elapsed} elapsed, {remaining} left",
            # The mean speed over the run: one stage's speed says little about the next one's.
            smoothing=0,
            # Given, as some terminals in containers claim to have no size.
            ncols=80,
            nrows=20,
            leave=False,
        )

    def stage(self, name: str):
        """Say what is being done; of a long name, its beginning."""
        self._bar.set_description_str(f"{name[:WIDTH]:{WIDTH}}")

    def advance(self, work: int):
        """Count work as done."""
        self._bar.update(work)
        passed = [mark for mark in self._marks if 100 * self._bar.n >= mark * self._bar.total]
        if self._in_lines and passed:
            self._marks = self._marks[len(passed) :]
            with telling():
                print(self._bar, file=sys.stderr, flush=True)

    def leave_out(self):
        """Take the time since the last piece of work, which was none, out of the time elapsed and the estimate."""
        self._bar.unpause()

    def close(self):
        """Take the bar away."""
        self._bar.close()


class _Terminal:
    """Standard error as a file for the bar, which may go away while it is written to."""

    @property
    def encoding(self):
        return sys.stderr.encoding

    def write(self, text):
        with telling():
            sys.stderr.write(text)

    def flush(self):
        with telling():
            sys.stderr.flush()
