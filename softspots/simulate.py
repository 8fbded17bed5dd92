"""The whole chain on one command: ``python -m softspots.simulate``; see `softspots.commands.simulate`."""

from softspots.commands.simulate import main

if __name__ == "__main__":
    main()
