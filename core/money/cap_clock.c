#include "money/cap_clock.h"

#include "money/window.h"
#include "platform/platform.h"

#define MINUTE_NS (60 * ORX_SEC)
#define HOUR_NS   (60 * MINUTE_NS)

/* No month and no override is longer: jumps of before matter no more. */
#define LONGEST (INT64_C(31) * 24 * HOUR_NS)

/* The row: both clocks when it was written, and the jumps until then. */
typedef struct row {
    bool there; /* and of this boot */
    int64_t wall;
    int64_t mono;
    int64_t skew;
    int64_t since; /* mono at the last jump */
    int64_t held;
} row;

static int read_row(orx_store *s, row *ret, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT boot, wall, mono, skew, since, held FROM cap_clock", &q, err);
    if (rc < 0)
        return rc;
    rc = orx_sql_step(q, err);
    *ret = (row){.there = false};
    if (rc == 1)
        *ret =
            (row){.there = orx_view_is(orx_sql_col_text(q, 0), orx_boot_id(orx_store_platform(s))),
                  .wall = orx_sql_col_int(q, 1),
                  .mono = orx_sql_col_int(q, 2),
                  .skew = orx_sql_col_int(q, 3),
                  .since = orx_sql_col_int(q, 4),
                  .held = orx_sql_col_int(q, 5)};
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

/* The row as it would be written now. True when it is worth writing: something jumped, or the row
 * is so old that small corrections would add up to a jump. */
static bool renew(orx_platform *p, row *r) {
    int64_t wall = orx_wall_ns(p);
    int64_t mono = orx_mono_ns(p);
    if (!r->there) {
        *r = (row){.there = true, .wall = wall, .mono = mono, .since = mono, .held = wall};
        return true;
    }
    int64_t jump = (wall - r->wall) - (mono - r->mono);
    bool jumped = jump > MINUTE_NS || jump < -MINUTE_NS;
    if (jumped) {
        r->skew = mono - r->since > LONGEST ? jump : r->skew + jump;
        r->since = mono;
        r->held = wall - r->skew;
    }
    bool old = mono - r->mono > MINUTE_NS;
    if (jumped || old) {
        r->wall = wall;
        r->mono = mono;
    }
    return jumped || old;
}

int orx_cap_clock_read(orx_store *s, orx_cap_clock *ret_clock, orx_err *err) {
    orx_platform *p = orx_store_platform(s);
    row r;
    int rc = read_row(s, &r, err);
    if (rc < 0)
        return rc;
    (void)renew(p, &r);
    *ret_clock = (orx_cap_clock){.wall_ns = orx_wall_ns(p),
                                 .skew_ns = r.skew,
                                 .since_ns = orx_mono_ns(p) - r.since,
                                 .held_ns = r.held};
    return 0;
}

int orx_cap_clock_note(orx_store *s, orx_err *err) {
    orx_sql *q;
    orx_platform *p = orx_store_platform(s);
    row r;
    int rc = read_row(s, &r, err);
    if (rc < 0 || !renew(p, &r))
        return rc;
    rc = orx_sql_get(s, "INSERT OR REPLACE INTO cap_clock VALUES(1, ?1, ?2, ?3, ?4, ?5, ?6)", &q,
                     err);
    if (rc < 0)
        return rc;
    const int64_t numbers[] = {r.wall, r.mono, r.skew, r.since, r.held};
    orx_sql_str(q, 1, orx_boot_id(p));
    for (int i = 0; i < (int)ORX_ARRAY_LEN(numbers); i++)
        orx_sql_int(q, 2 + i, numbers[i]);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

/* Without the jumps; never later than the clock. */
static int64_t without_jumps(const orx_cap_clock *c) {
    return c->skew_ns > 0 ? c->wall_ns - c->skew_ns : c->wall_ns;
}

int64_t orx_cap_hour(const orx_cap_clock *c) {
    return (c->since_ns < HOUR_NS ? without_jumps(c) : c->wall_ns) - HOUR_NS;
}

int64_t orx_cap_day(const orx_cap_clock *c, const orx_zone *zone) {
    int64_t held = orx_day_begin(without_jumps(c), zone);
    bool passed = c->skew_ns <= 0 || held > orx_day_begin(c->held_ns, zone);
    return passed ? orx_day_begin(c->wall_ns, zone) : held;
}

int64_t orx_cap_month(const orx_cap_clock *c, const orx_zone *zone) {
    int64_t held = orx_month_begin(without_jumps(c), zone);
    bool passed = c->skew_ns <= 0 || held > orx_month_begin(c->held_ns, zone);
    return passed ? orx_month_begin(c->wall_ns, zone) : held;
}

int64_t orx_cap_clock_latest(const orx_cap_clock *c) {
    return c->skew_ns < 0 ? c->wall_ns - c->skew_ns : c->wall_ns;
}
