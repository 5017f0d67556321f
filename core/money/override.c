#include "money/override.h"

#include "base/vec.h"
#include "data/doc.h"
#include "money/cap_clock.h"
#include "platform/platform.h"

/* A clock that went back makes nothing hold that was given later, and nothing that has ended
 * (cap_clock.h). */
#define HOLDS " at <= ?1 AND until > ?3 AND revoked = 0"

/* A statement with HOLDS, for this moment. */
static int get(orx_store *s, const char *sql, orx_sql **ret_q, orx_err *err) {
    orx_cap_clock clock;
    orx_sql *q;
    int rc = orx_cap_clock_read(s, &clock, err);
    if (rc < 0)
        return rc;
    rc = orx_sql_get(s, sql, &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, clock.wall_ns);
    orx_sql_int(q, 3, orx_cap_clock_latest(&clock));
    *ret_q = q;
    return 0;
}

/* ---- Giving ---------------------------------------------------------------------------------- */

static int check_text(const char *what, const char *text, orx_err *err) {
    orx_view v = orx_view_trim(orx_view_of(text));
    if (!v.len)
        return orx_err_set(err, ORX_E_INVALID, "%s is blank: the journal needs it", what);
    if (v.len > ORX_OVERRIDE_TEXT || !orx_view_is_utf8(v))
        return orx_err_set(err, ORX_E_INVALID, "%s: expected UTF-8 text of at most %d bytes", what,
                           ORX_OVERRIDE_TEXT);
    return 0;
}

static int check(const orx_override *o, orx_err *err) {
    if (o->amount <= 0 || o->amount > ORX_OVERRIDE_MOST)
        return orx_err_set(err, ORX_E_INVALID,
                           "the amount of an override is more than 0 and at most 1,000,000 USD");
    if (o->until_ns <= o->at_ns)
        return orx_err_set(err, ORX_E_INVALID, "an override ends after it begins");
    int rc = check_text("the person", o->person, err);
    return rc < 0 ? rc : check_text("the reason", o->reason, err);
}

static int insert(orx_store *s, const orx_override *o, int64_t *ret_id, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "INSERT INTO budget_override(key, amount, person, reason, at, until,"
                         " revoked) VALUES(?1, ?2, ?3, ?4, ?5, ?6, 0) RETURNING id",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, o->key);
    orx_sql_int(q, 2, o->amount);
    orx_sql_str(q, 3, o->person);
    orx_sql_str(q, 4, o->reason);
    orx_sql_int(q, 5, o->at_ns);
    orx_sql_int(q, 6, o->until_ns);
    rc = orx_sql_step(q, err);
    if (rc == 1)
        *ret_id = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

static int write_event(orx_store *s, const char *kind, const orx_override *o, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_int(&a, body, "override", o->id);
    orx_node_set_str(&a, body, "person", o->person);
    if (o->key) {
        orx_node_set_str(&a, body, "key", o->key);
        orx_node_set_int(&a, body, "amount_nano_usd", o->amount);
        orx_node_set_str(&a, body, "reason", o->reason);
        orx_node_set_int(&a, body, "until_ns", o->until_ns);
    }
    const orx_event e = {.kind = kind, .schema = 1, .body = body};
    return orx_event_append(s, &e, NULL, err);
}

static int finish(orx_store *s, int rc, orx_err *err) {
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}

int orx_override_give(orx_store *s, orx_override *o, orx_err *err) {
    o->at_ns = orx_wall_ns(orx_store_platform(s));
    int rc = check(o, err);
    if (rc == 0)
        rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = insert(s, o, &o->id, err);
    if (rc == 0)
        rc = write_event(s, "budget.override", o, err);
    return finish(s, rc, err);
}

/* ---- Taking back ----------------------------------------------------------------------------- */

static int mark(orx_store *s, int64_t id, orx_err *err) {
    orx_sql *q;
    int rc = get(s, "UPDATE budget_override SET revoked = 1 WHERE id = ?2 AND" HOLDS, &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 2, id);
    int64_t n = orx_sql_run(q, err);
    if (n == 0)
        return orx_err_set(err, ORX_E_NOT_FOUND,
                           "there is no override %lld that still holds: see `orxaq budget`",
                           (long long)id);
    return n < 0 ? (int)n : 0;
}

int orx_override_revoke(orx_store *s, int64_t id, const char *person, orx_err *err) {
    const orx_override o = {.id = id, .person = person};
    int rc = check_text("the person", person, err);
    if (rc == 0)
        rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = mark(s, id, err);
    if (rc == 0)
        rc = write_event(s, "budget.revoked", &o, err);
    return finish(s, rc, err);
}

/* ---- Asking ---------------------------------------------------------------------------------- */

int orx_override_of(orx_store *s, const char *key, int64_t *ret_amount, orx_err *err) {
    orx_sql *q;
    int rc = get(s,
                 "SELECT coalesce(sum(amount), 0) FROM budget_override WHERE key = ?2"
                 " AND" HOLDS,
                 &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 2, key);
    rc = orx_sql_step(q, err);
    if (rc == 1)
        *ret_amount = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

static orx_override read_one(orx_sql *q, orx_arena *arena) {
    return (orx_override){.id = orx_sql_col_int(q, 0),
                          .key = orx_arena_dup(arena, orx_sql_col_text(q, 1)),
                          .amount = orx_sql_col_int(q, 2),
                          .person = orx_arena_dup(arena, orx_sql_col_text(q, 3)),
                          .reason = orx_arena_dup(arena, orx_sql_col_text(q, 4)),
                          .at_ns = orx_sql_col_int(q, 5),
                          .until_ns = orx_sql_col_int(q, 6)};
}

int orx_override_list(orx_store *s, orx_arena *arena, orx_override **ret_list, orx_err *err) {
    orx_sql *q;
    ORX_VEC(orx_override) all = {0};
    int rc = get(s,
                 "SELECT id, key, amount, person, reason, at, until FROM budget_override"
                 " WHERE" HOLDS " ORDER BY id",
                 &q, err);
    if (rc < 0)
        return rc;
    while ((rc = orx_sql_step(q, err)) == 1)
        orx_vec_push(&all, read_one(q, arena));
    size_t n = all.len;
    if (rc == 0) {
        *ret_list = orx_arena_zalloc(arena, n + 1, sizeof **ret_list);
        for (size_t i = 0; i < n; i++)
            (*ret_list)[i] = all.items[i];
    }
    orx_vec_free(&all);
    return rc < 0 ? rc : (int)n;
}
