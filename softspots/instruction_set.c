/* Compiled with the flags of the kernels, and hence data only: code of this file could be what a processor lacks.
   Other architectures than x86 have no entries, and are not checked. */
#include <stddef.h>
#include "processor.h"

const char *const needed_features[] = {
#ifdef __SSE3__
  "sse3",
#endif
#ifdef __SSSE3__
  "ssse3",
#endif
#ifdef __SSE4_1__
  "sse4.1",
#endif
#ifdef __SSE4_2__
  "sse4.2",
#endif
#ifdef __POPCNT__
  "popcnt",
#endif
#ifdef __AVX__
  "avx",
#endif
#ifdef __AVX2__
  "avx2",
#endif
#ifdef __FMA__
  "fma",
#endif
#ifdef __FMA4__
  "fma4",
#endif
#ifdef __XOP__
  "xop",
#endif
#ifdef __BMI__
  "bmi",
#endif
#ifdef __BMI2__
  "bmi2",
#endif
#ifdef __AVX512F__
  "avx512f",
#endif
#ifdef __AVX512CD__
  "avx512cd",
#endif
#ifdef __AVX512VL__
  "avx512vl",
#endif
#ifdef __AVX512BW__
  "avx512bw",
#endif
#ifdef __AVX512DQ__
  "avx512dq",
#endif
#ifdef __AVX512VBMI__
  "avx512vbmi",
#endif
#ifdef __AVX512IFMA__
  "avx512ifma",
#endif
  NULL
};
