"""Side by side with the programs that people use today: ``make bench``.

A subject is a module with a function ``rows(quick, mpirun)`` that measures ours and the peer in turns and yields a
`Row` (see `benchmarks.measure`) for each comparison: ``Row(name, ours, unit, peer, theirs)``, with lists of one value
per repetition. A new subject is a new module, and its function stands in `benchmarks.__main__.SUBJECTS`. ``make bench
ONLY=landscape`` measures one subject and keeps the results of the others.
"""
