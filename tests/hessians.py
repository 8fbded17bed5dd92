"""Hessians and solvers that the tests of modes share."""

# Few of the 364, and more than half: ARPACK then runs out of vectors and starts anew, Lanczos gives way to dense ones.
COUNTS = (20, 200)
SOLVERS = [(method, count) for method in ("lanczos", "filter", "arpack") for count in COUNTS]
