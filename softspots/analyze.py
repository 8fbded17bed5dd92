"""The analysis of finished runs on one command: ``python -m softspots.analyze``; see `softspots.commands.analyze`."""

from softspots.commands.analyze import main

if __name__ == "__main__":
    main()
