/* Compiled with the flags of the kernels, and hence data only: code of this file could be what a processor lacks.
   Other architectures than x86 have no entries, and are not checked. */
#include <stddef.h>
#include "instruction_set.h"

const char *const instruction_set_name =
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512CD__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
    "x86-64-v4";
#elif defined(__AVX2__) && defined(__FMA__)
    "x86-64-v3";
#elif defined(__SSE4_2__)
    "x86-64-v2";
#elif defined(__x86_64__)
    "x86-64";
#else
    "";
#endif

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
#if __GNUC__ >= 12
#ifdef __F16C__
  "f16c",
#endif
#ifdef __LZCNT__
  "lzcnt",
#endif
#ifdef __MOVBE__
  "movbe",
#endif
#endif
  NULL
};
