// How the kernels are compiled: once for each of three generations of x86-64, the right one taken when the
// library is loaded. Loops carry `omp simd`, which lets the compiler reorder sums and drop alias checks (a
// result may be written over its own operand, element by element), but, unlike fast-math, keeps NaN and
// infinity what they are.
#pragma once

// Sanitizers run before the loader's choice could be made; other compilers and processors get one version.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__) && \
    !defined(__SANITIZE_ADDRESS__)
#define BERTQA_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define BERTQA_CLONES
#endif

// What a clone calls must become part of it: on its own it would be compiled for the oldest processor.
#if defined(__GNUC__)
#define BERTQA_INLINE inline __attribute__((always_inline))
#else
#define BERTQA_INLINE inline
#endif
