#include "money/rate.h"

#include "money/books.h"
#include "platform/platform.h"

#define FIVE_MINUTES (300 * ORX_SEC)
#define HOUR         (3600 * ORX_SEC)
#define TIMES        3
#define LEAST        INT64_C(1000000000) /* nano-USD per hour */

static orx_rate judge(int64_t spent, int64_t calls, int64_t spent_hour, int64_t calls_hour) {
    orx_rate r = {.now = spent * (HOUR / FIVE_MINUTES), .before = spent_hour};
    r.alarm = calls >= 2 && calls_hour > calls && r.now > LEAST && r.now / TIMES > r.before;
    return r;
}

/* Whether all lanes together have spent enough for an alarm: two rows tell, where the calls of an
 * hour would have to be read. */
static int may_alarm(orx_store *s, int64_t now, bool *ret_may, orx_err *err) {
    int64_t spent = 0;
    int64_t unknown = 0;
    int rc = orx_books_spent_quick(s, now - FIVE_MINUTES, &spent, &unknown, err);
    *ret_may = spent > LEAST / (HOUR / FIVE_MINUTES);
    return rc;
}

int orx_rate_of(orx_store *s, const char *lane, orx_rate *ret_rate, orx_err *err) {
    orx_sql *q;
    bool may = false;
    int64_t now = orx_wall_ns(orx_store_platform(s));
    int rc = may_alarm(s, now, &may, err);
    if (rc < 0)
        return rc;
    *ret_rate = (orx_rate){.alarm = false};
    if (!may)
        return 0;
    rc = orx_sql_get(s,
                     "SELECT coalesce(sum(cost) FILTER (WHERE at >= ?2), 0),"
                     " count(*) FILTER (WHERE at >= ?2), coalesce(sum(cost), 0), count(*)"
                     " FROM spend WHERE at >= ?1 AND lane = ?3",
                     &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, now - HOUR);
    orx_sql_int(q, 2, now - FIVE_MINUTES);
    orx_sql_str(q, 3, lane);
    rc = orx_sql_step(q, err);
    if (rc == 1)
        *ret_rate = judge(orx_sql_col_int(q, 0), orx_sql_col_int(q, 1), orx_sql_col_int(q, 2),
                          orx_sql_col_int(q, 3));
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}
