/* Whatever the text: refused with a reason, or an expression that comes, strictly later each time
 * and never at a minute its fields do not name. */
#include "base/cron.h"
#include "base/date.h"
#include "fuzz.h"

#define DAY INT64_C(86400)

/* A clock that is set twice a year, by an hour. */
static int64_t zone(int64_t sec, void *user) {
    (void)user;
    int64_t month = orx_date_of_days(orx_floor_div(sec, DAY)).month;
    return month > 3 && month < 11 ? 7200 : 3600;
}

static void check_next(const orx_cron *c, int64_t from) {
    for (int i = 0; i < 3; i++) {
        int64_t next = 0;
        FUZZ_CHECK(orx_cron_next(c, from, zone, NULL, &next));
        FUZZ_CHECK(next > from);
        FUZZ_CHECK(next % 60 == 0);
        /* In summer and in winter alike whole hours are between here and UTC. */
        FUZZ_CHECK((c->minutes >> next / 60 % 60 & 1) || next % 3600 == 0);
        from = next;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    orx_err err = ORX_ERR_INIT;
    orx_cron c;
    int rc = orx_cron_parse(orx_view_mem(data, size), &c, &err);
    FUZZ_CHECK((rc < 0) == (err.msg[0] != '\0'));
    if (rc == 0)
        check_next(&c, INT64_C(1790000000));
    return 0;
}
