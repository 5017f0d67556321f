/* fuzz.h: what fuzz targets share.
 *
 * A target gets bytes that may be anything and checks properties that hold for all of them; it
 * aborts when one does not, which libFuzzer and the replay of the corpus both report.
 */
#ifndef ORX_FUZZ_H
#define ORX_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The entry every target defines. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts with the place when cond is false, also in builds without assert. */
#define FUZZ_CHECK(cond)                                                                           \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            (void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #cond);        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
