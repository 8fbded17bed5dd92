/* What this processor has. */
#ifndef SOFTSPOTS_PROCESSOR_H
#define SOFTSPOTS_PROCESSOR_H

/* Whether this processor, and the system on it, has an extension of the instruction set, or a level of x86-64. */
int has_feature(const char *name);

#endif
