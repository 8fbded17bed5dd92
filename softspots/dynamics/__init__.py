"""Molecular dynamics of a sheared glass, on any number of ranks."""
