"""The study of Schoenholz et al. 2014 done again: its conditions, its runs, and its figures 1 to 6."""
