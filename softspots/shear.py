"""Athermal quasi-static shear on one command: ``python -m softspots.shear``; see `softspots.commands.shear`."""

import sys

if __name__ == "__main__":
    from softspots.__main__ import end_at_once, main

    # The rest is imported for a second or more, which Ctrl-C is to end without a word of where it was.
    end_at_once()
    main(["shear", *sys.argv[1:]])
else:
    from softspots.commands.shear import main  # noqa: F401
