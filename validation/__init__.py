"""What the software computes, held against theory, LAMMPS and the paper.

Each subject is a module that is run as ``python -m validation.SUBJECT``: it recomputes everything, writes
``validation/SUBJECT.json`` and draws ``docs/SUBJECT.png``. ``validation/test_SUBJECT.py`` tests what is written there.
"""
