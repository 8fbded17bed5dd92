/* What the kernels need of a processor, and what this one has: compared before any of them is called. */
#ifndef SOFTSPOTS_PROCESSOR_H
#define SOFTSPOTS_PROCESSOR_H

/* Extensions of the instruction set that the kernels are compiled for; the last entry is null. */
extern const char *const needed_features[];

/* Whether this processor, and the system on it, has one of them. */
int has_feature(const char *name);

#endif
