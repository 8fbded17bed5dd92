/* How fast a core multiplies and adds, and divides, in vectors of 4 doubles: what bounds the force loop. */
#define _POSIX_C_SOURCE 199309L
#include <time.h>

#if defined(__AVX__)
#define WIDTH 4
#else
#define WIDTH 2
#endif
/* Independent chains: enough to hide the latency, few enough to stay in registers. */
#define CHAINS 12

typedef double vector __attribute__((vector_size(WIDTH * sizeof(double))));

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + 1e-9 * time.tv_nsec;
}

/* Seconds per 4 doubles. Numbers with full mantissas: some dividers are faster on simple ones. */
#define MEASURE(name, operation)                               \
    double name(long rounds)                                   \
    {                                                          \
        vector x[CHAINS];                                      \
        const vector one = (vector){0} + 1, factor = one / 3;  \
        for (int i = 0; i < CHAINS; i++)                       \
            x[i] = one + factor * i;                           \
        double start = now();                                  \
        for (long k = 0; k < rounds; k++)                      \
            for (int i = 0; i < CHAINS; i++)                   \
                x[i] = operation;                              \
        double seconds = now() - start;                        \
        __asm__ volatile("" : : "r"(x) : "memory");            \
        return seconds * 4 / ((double)rounds * CHAINS * WIDTH); \
    }

MEASURE(multiply_add, x[i] * factor + one)
MEASURE(divide, factor / x[i])
