/* units.h: durations and sizes as people write them.
 *
 * A duration is a number with an optional fraction and one of ms, s, m, h, d; a bare number is
 * seconds. A size is a number with B, KiB, MiB, GiB, TiB (powers of 1024) or kB, KB, MB, GB, TB
 * (powers of 1000), case-blind; a bare number is bytes. The arithmetic is exact integer
 * arithmetic; a result that is no whole nanosecond or byte is cut. White space between number and
 * unit is accepted.
 *
 * Threads: any.
 */
#ifndef ORX_CONFIG_UNITS_H
#define ORX_CONFIG_UNITS_H

#include "base/str.h"

/* False on anything else, also on negative values and overflow; *ret is then untouched. */
bool orx_duration_parse(orx_view text, int64_t *ret_ns);
bool orx_size_parse(orx_view text, int64_t *ret_bytes);

/* Appends the shortest exact form: 1500 ms is "1500ms", 90 s "90s", 1800 s "30m", 65536 "64KiB". */
void orx_duration_format(int64_t ns, orx_str *out);
void orx_size_format(int64_t bytes, orx_str *out);

#endif
