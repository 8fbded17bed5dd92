#include <string.h>
#include "processor.h"

int has_feature(const char *name) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_cpu_init();
/* The builtin takes literals only. */
#define ANSWER(feature) \
  if (strcmp(name, feature) == 0) return __builtin_cpu_supports(feature) != 0
  ANSWER("sse3");
  ANSWER("ssse3");
  ANSWER("sse4.1");
  ANSWER("sse4.2");
  ANSWER("popcnt");
  ANSWER("avx");
  ANSWER("avx2");
  ANSWER("fma");
  ANSWER("fma4");
  ANSWER("xop");
  ANSWER("bmi");
  ANSWER("bmi2");
  ANSWER("avx512f");
  ANSWER("avx512cd");
  ANSWER("avx512vl");
  ANSWER("avx512bw");
  ANSWER("avx512dq");
  ANSWER("avx512vbmi");
  ANSWER("avx512ifma");
  /* Older compilers know neither these nor levels. */
#if __GNUC__ >= 12
  ANSWER("f16c");
  ANSWER("lzcnt");
  ANSWER("movbe");
  ANSWER("x86-64-v2");
  ANSWER("x86-64-v3");
  ANSWER("x86-64-v4");
#endif
#endif
  (void)name;
  return 0;
}
