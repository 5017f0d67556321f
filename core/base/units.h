/* units.h: durations, sizes and money as people write them.
 *
 * A duration is a number with an optional fraction and one of ms, s, m, h, d; a bare number is
 * seconds. A size is a number with B, KiB, MiB, GiB, TiB (powers of 1024) or kB, KB, MB, GB, TB
 * (powers of 1000), case-blind; a bare number is bytes. Money is a number of USD, with or without
 * that word, kept as nano-USD. The arithmetic is exact integer arithmetic; a result that is no
 * whole nanosecond, byte or nano-USD is cut. White space between number and unit is accepted.
 *
 * Threads: any.
 */
#ifndef ORX_BASE_UNITS_H
#define ORX_BASE_UNITS_H

#include "base/str.h"

/* False on anything else, also on negative values and overflow; *ret is then untouched. */
bool orx_duration_parse(orx_view text, int64_t *ret_ns);
bool orx_size_parse(orx_view text, int64_t *ret_bytes);
bool orx_money_parse(orx_view text, int64_t *ret_nano_usd);

/* A time zone as its distance from UTC: UTC, Z, +02:00, -0330, in quarters of an hour
 * as all zones are. Seconds to be added to UTC; false on anything else. */
bool orx_utc_offset_parse(orx_view text, int64_t *ret_seconds);

/* Appends the shortest exact form: 1500 ms is "1500ms", 90 s "90s", 1800 s "30m", 65536 "64KiB",
 * 250,000,000 nano-USD "0.25". Values are not negative. */
void orx_duration_format(int64_t ns, orx_str *out);
void orx_size_format(int64_t bytes, orx_str *out);
void orx_money_format(int64_t nano_usd, orx_str *out);

#endif
