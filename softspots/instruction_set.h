/* What the kernels need of a processor: compared with what there is before any of them is called. */
#ifndef SOFTSPOTS_INSTRUCTION_SET_H
#define SOFTSPOTS_INSTRUCTION_SET_H

/* The level of x86-64 that has all that the kernels may use of what decides their bits; empty on other architectures. */
extern const char *const instruction_set_name;

/* Extensions of the instruction set that the kernels are compiled for; the last entry is null. */
extern const char *const needed_features[];

#endif
