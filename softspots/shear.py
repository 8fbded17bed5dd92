"""Athermal quasi-static shear on one command: ``python -m softspots.shear``; see `softspots.commands.shear`."""

from softspots.commands.interruption import end_at_once

if __name__ == "__main__":
    # The rest is imported for a second or more, which Ctrl-C is to end without a word of where it was.
    end_at_once()

from softspots.commands.shear import main  # noqa: E402

if __name__ == "__main__":
    main()
