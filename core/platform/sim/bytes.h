/* bytes.h: the content of a simulated file.
 *
 * Pages of 4 KiB behind a two-level table, made when first written, so that a hole of a terabyte
 * costs little and the cost of a write does not depend on the length of the file. Bytes never
 * written are zeros; so are those between the end and the end of its page.
 *
 * Threads: one owner.
 */
#ifndef ORX_PLATFORM_SIM_BYTES_H
#define ORX_PLATFORM_SIM_BYTES_H

#include "base/vec.h"

#include <stdint.h>

enum { ORX_SIM_PAGE = 4096, ORX_SIM_GROUP = 128 };

/* No file is longer: 1 TiB. */
#define ORX_SIM_FILE_MAX (INT64_C(1) << 40)

typedef struct orx_sim_group {
    char *pages[ORX_SIM_GROUP]; /* NULL = hole */
    unsigned used;
} orx_sim_group;

typedef struct orx_sim_bytes {
    int64_t size;
    ORX_VEC(orx_sim_group *) groups; /* NULL = hole */
    uint64_t pages;                  /* that exist */
} orx_sim_bytes;

void orx_sim_bytes_free(orx_sim_bytes *b);

/* Copies up to len bytes from offset; returns how many there were. */
size_t orx_sim_bytes_read(const orx_sim_bytes *b, int64_t offset, void *buf, size_t len);

/* offset + len must not exceed ORX_SIM_FILE_MAX. */
void orx_sim_bytes_write(orx_sim_bytes *b, int64_t offset, const void *buf, size_t len);

/* Cuts or extends (by a hole). */
void orx_sim_bytes_resize(orx_sim_bytes *b, int64_t size);

/* How many pages a write there would add. */
uint64_t orx_sim_bytes_missing(const orx_sim_bytes *b, int64_t offset, size_t len);

#endif
