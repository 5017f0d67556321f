/* Reading attempts back. */
#include "run/attempt.h"

#include "base/vec.h"

#include <stdlib.h>

#define COLUMNS                                                                                    \
    "id, lane, task, number, provider, repo, base, branch, fingerprint, step, pid, start, boot,"   \
    " sha, parked, verdict, reason, begun, ended"

static const char *text(orx_sql *q, int column, orx_arena *arena) {
    return orx_arena_dup(arena, orx_sql_col_text(q, column));
}

static void read_row(orx_sql *q, orx_arena *arena, orx_attempt_row *row) {
    *row = (orx_attempt_row){
        .id = orx_sql_col_int(q, 0),
        .lane = text(q, 1, arena),
        .task = text(q, 2, arena),
        .number = orx_sql_col_int(q, 3),
        .provider = text(q, 4, arena),
        .repo = text(q, 5, arena),
        .base = text(q, 6, arena),
        .branch = text(q, 7, arena),
        .fingerprint = text(q, 8, arena),
        .step = (orx_step)orx_sql_col_int(q, 9),
        .pid = orx_sql_col_int(q, 10),
        .start = orx_sql_col_int(q, 11),
        .boot = text(q, 12, arena),
        .commit = text(q, 13, arena),
        .parked = text(q, 14, arena),
        .verdict = text(q, 15, arena),
        .reason = text(q, 16, arena),
        .begun_wall_ns = orx_sql_col_int(q, 17),
        .ended_wall_ns = orx_sql_col_int(q, 18),
        .model = "",
        .input_tokens = -1,
        .output_tokens = -1,
        .cost_nano_usd = -1,
    };
}

/* The rest of a statement's rows, in its order; returns how many. */
static int read_rows(orx_sql *q, orx_arena *arena, orx_attempt_row **ret_rows, orx_err *err) {
    ORX_VEC(orx_attempt_row) rows = {0};
    int rc;
    while ((rc = orx_sql_step(q, err)) == 1) {
        orx_attempt_row row;
        read_row(q, arena, &row);
        orx_vec_push(&rows, row);
    }
    int n = (int)rows.len;
    if (rc == 0) {
        *ret_rows = orx_arena_zalloc(arena, rows.len + 1, sizeof **ret_rows);
        for (size_t i = 0; i < rows.len; i++)
            (*ret_rows)[i] = rows.items[i];
    }
    orx_vec_free(&rows);
    return rc < 0 ? rc : n;
}

int orx_attempt_unsettled(orx_store *s, const char *lane, orx_arena *arena,
                          orx_attempt_row **ret_rows, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(
        s, "SELECT " COLUMNS " FROM attempt WHERE lane = ?1 AND step < 5 ORDER BY id", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, lane);
    return read_rows(q, arena, ret_rows, err);
}

/* Model, tokens and cost over the calls of one attempt (attempt > 0) or of all of a task's. */
static int add_totals(orx_store *s, orx_attempt_row *row, bool whole_task, orx_arena *arena,
                      orx_err *err) {
    orx_sql *q;
    int rc = whole_task
                 ? orx_sql_get(s,
                               "SELECT sum(c.input_tokens + coalesce(c.cache_read_tokens, 0)"
                               " + coalesce(c.cache_write_tokens, 0)),"
                               " sum(c.output_tokens + coalesce(c.reasoning_tokens, 0)),"
                               " sum(c.cost_nano_usd), '', sum(c.asked AND c.cost_nano_usd IS NULL)"
                               " FROM attempt a JOIN call c ON c.attempt = a.id"
                               " WHERE a.lane = ?1 AND a.task = ?2",
                               &q, err)
                 : orx_sql_get(s,
                               "SELECT sum(input_tokens + coalesce(cache_read_tokens, 0)"
                               " + coalesce(cache_write_tokens, 0)),"
                               " sum(output_tokens + coalesce(reasoning_tokens, 0)),"
                               " sum(cost_nano_usd), (SELECT CASE WHEN model_answered = ''"
                               " THEN model_asked ELSE model_answered END FROM call"
                               " WHERE attempt = ?1 ORDER BY id DESC LIMIT 1),"
                               " sum(asked AND cost_nano_usd IS NULL) FROM call WHERE attempt = ?1",
                               &q, err);
    if (rc < 0)
        return rc;
    if (whole_task) {
        orx_sql_str(q, 1, row->lane);
        orx_sql_str(q, 2, row->task);
    } else {
        orx_sql_int(q, 1, row->id);
    }
    rc = orx_sql_step(q, err);
    if (rc == 1) {
        row->input_tokens = orx_sql_col_is_null(q, 0) ? -1 : orx_sql_col_int(q, 0);
        row->output_tokens = orx_sql_col_is_null(q, 1) ? -1 : orx_sql_col_int(q, 1);
        row->cost_nano_usd = orx_sql_col_is_null(q, 2) ? -1 : orx_sql_col_int(q, 2);
        row->unpriced = orx_sql_col_int(q, 4);
        if (!whole_task)
            row->model = text(q, 3, arena);
    }
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

int orx_attempt_last(orx_store *s, const char *lane, const char *task, orx_arena *arena,
                     orx_attempt_row *ret_row, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT " COLUMNS " FROM attempt WHERE lane = ?1 AND task = ?2"
                         " ORDER BY id DESC LIMIT 1",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, lane);
    orx_sql_str(q, 2, task);
    rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return orx_err_set(err, ORX_E_NOT_FOUND, "task \"%s\" was never attempted", task);
    orx_attempt_row row;
    read_row(q, arena, &row);
    orx_sql_reset(q);
    rc = add_totals(s, &row, false, arena, err);
    if (rc == 0)
        *ret_row = row;
    return rc;
}

const char *orx_attempt_parked_before(orx_store *s, const orx_attempt_row *row, orx_arena *arena) {
    orx_sql *q;
    const char *parked = "";
    if (row->number <= 1 ||
        orx_sql_get(s,
                    "SELECT parked FROM attempt WHERE lane = ?1 AND task = ?2 AND id < ?3"
                    " ORDER BY id DESC LIMIT 1",
                    &q, NULL) < 0)
        return parked;
    orx_sql_str(q, 1, row->lane);
    orx_sql_str(q, 2, row->task);
    orx_sql_int(q, 3, row->id);
    if (orx_sql_step(q, NULL) == 1)
        parked = text(q, 0, arena);
    orx_sql_reset(q);
    return parked;
}

/* Whether a conversation that ended this way is worth going on with. A prompt that was too long is
 * in it, a refusal too, and what crashed it may be as well. */
static bool leaves_session(int64_t kind) {
    return kind == ORXAQ_KIND_OK || kind == ORXAQ_KIND_RATE_LIMIT || kind == ORXAQ_KIND_QUOTA ||
           kind == ORXAQ_KIND_OVERLOADED || kind == ORXAQ_KIND_NETWORK ||
           kind == ORXAQ_KIND_TIMEOUT || kind == ORXAQ_KIND_KILLED || kind == ORXAQ_KIND_LIMIT;
}

/* The task's call before the attempt, since its last reset. 1 = there is one, by this provider with
 * this model; the statement is then to be reset. */
static int call_before(orx_store *s, const char *lane, const char *task, int64_t attempt,
                       const char *provider, const char *model, orx_sql **ret_q) {
    orx_sql *q;
    if (orx_sql_get(s,
                    "SELECT c.session, c.kind, c.provider = ?4 AND c.model_asked = ?5, c.id"
                    " FROM attempt a JOIN call c ON c.attempt = a.id"
                    " WHERE a.lane = ?1 AND a.task = ?2 AND a.id < ?3 AND a.id >= (SELECT max(id)"
                    " FROM attempt WHERE lane = ?1 AND task = ?2 AND number = 1)"
                    " ORDER BY a.id DESC, c.id DESC LIMIT 1",
                    &q, NULL) < 0)
        return 0;
    orx_sql_str(q, 1, lane);
    orx_sql_str(q, 2, task);
    orx_sql_int(q, 3, attempt);
    orx_sql_str(q, 4, provider);
    orx_sql_str(q, 5, model);
    *ret_q = q;
    if (orx_sql_step(q, NULL) == 1 && orx_sql_col_int(q, 2) == 1)
        return 1;
    orx_sql_reset(q);
    return 0;
}

const char *orx_attempt_session(orx_store *s, const char *lane, const char *task, int64_t attempt,
                                const char *provider, const char *model, orx_arena *arena) {
    orx_sql *q;
    const char *session = "";
    if (!call_before(s, lane, task, attempt, provider, model, &q))
        return session;
    if (leaves_session(orx_sql_col_int(q, 1)))
        session = text(q, 0, arena);
    orx_sql_reset(q);
    return session;
}

int64_t orx_attempt_conversation(orx_store *s, const char *lane, const char *task, int64_t attempt,
                                 const char *provider, const char *model, int *ret_kind) {
    orx_sql *q;
    int64_t call = 0;
    if (!call_before(s, lane, task, attempt, provider, model, &q))
        return 0;
    int64_t kind = orx_sql_col_int(q, 1);
    if (kind == -1 || leaves_session(kind)) {
        call = orx_sql_col_int(q, 3);
        *ret_kind = (int)kind;
    }
    orx_sql_reset(q);
    return call;
}

int orx_attempt_totals(orx_store *s, const char *lane, const char *task, orx_attempt_row *ret_row,
                       orx_err *err) {
    orx_attempt_row row = {.lane = lane, .task = task, .model = ""};
    int rc = add_totals(s, &row, true, NULL, err);
    if (rc < 0)
        return rc;
    ret_row->input_tokens = row.input_tokens;
    ret_row->output_tokens = row.output_tokens;
    ret_row->cost_nano_usd = row.cost_nano_usd;
    ret_row->unpriced = row.unpriced;
    return 0;
}

int64_t orx_attempt_interrupted(orx_store *s, const char *lane, const char *task) {
    orx_sql *q;
    if (orx_sql_get(s,
                    "SELECT count(*) FROM attempt WHERE lane = ?1 AND task = ?2"
                    " AND reason IN ('interrupted', 'no_program', 'budget', 'capacity') AND id >= "
                    "coalesce((SELECT "
                    "max(id) FROM attempt"
                    " WHERE lane = ?1 AND task = ?2 AND number = 1), 0)",
                    &q, NULL) < 0)
        return 0;
    orx_sql_str(q, 1, lane);
    orx_sql_str(q, 2, task);
    int64_t n = orx_sql_step(q, NULL) == 1 ? orx_sql_col_int(q, 0) : 0;
    orx_sql_reset(q);
    return n;
}

int orx_attempt_last_call(orx_store *s, int64_t attempt, int *ret_kind, orx_claim *ret_claim,
                          orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(
        s, "SELECT kind, claim FROM call WHERE attempt = ?1 ORDER BY id DESC LIMIT 1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, attempt);
    rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    *ret_kind = rc ? (int)orx_sql_col_int(q, 0) : -1;
    *ret_claim = rc ? (orx_claim)orx_sql_col_int(q, 1) : ORX_CLAIM_NONE;
    orx_sql_reset(q);
    return 0;
}

/* ---- For people ------------------------------------------------------------------------------ */

int orx_attempt_get(orx_store *s, int64_t id, orx_arena *arena, orx_attempt_row *ret_row,
                    orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT " COLUMNS " FROM attempt WHERE id = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, id);
    rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return orx_err_set(err, ORX_E_NOT_FOUND,
                           "there is no attempt %lld; `orxaq attempt list` shows those there are",
                           (long long)id);
    orx_attempt_row row;
    read_row(q, arena, &row);
    orx_sql_reset(q);
    rc = add_totals(s, &row, false, arena, err);
    if (rc == 0)
        *ret_row = row;
    return rc;
}

static int64_t number_or_unknown(orx_sql *q, int column) {
    return orx_sql_col_is_null(q, column) ? -1 : orx_sql_col_int(q, column);
}

static void read_call(orx_sql *q, orx_arena *arena, orx_call_row *row) {
    *row = (orx_call_row){
        .id = orx_sql_col_int(q, 0),
        .attempt = orx_sql_col_int(q, 1),
        .provider = text(q, 2, arena),
        .plugin = text(q, 3, arena),
        .model_asked = text(q, 4, arena),
        .model_answered = text(q, 5, arena),
        .session = text(q, 6, arena),
        .kind = (int)orx_sql_col_int(q, 7),
        .message = text(q, 8, arena),
        .exit_code = orx_sql_col_int(q, 9),
        .wall_ns = orx_sql_col_int(q, 10),
        .prompt_tokens = orx_sql_col_int(q, 11),
        .input_tokens = number_or_unknown(q, 12),
        .cache_read_tokens = number_or_unknown(q, 13),
        .cache_write_tokens = number_or_unknown(q, 14),
        .output_tokens = number_or_unknown(q, 15),
        .reasoning_tokens = number_or_unknown(q, 16),
        .cost_nano_usd = number_or_unknown(q, 17),
        .record_bytes = orx_sql_col_int(q, 18),
        .cost_source = (orx_cost_source)orx_sql_col_int(q, 19),
        .price = text(q, 20, arena),
        .asked = orx_sql_col_int(q, 21) != 0,
    };
}

int orx_attempt_calls(orx_store *s, int64_t attempt, orx_arena *arena, orx_call_row **ret_rows,
                      orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT id, attempt, provider, plugin, model_asked, model_answered,"
                         " session, kind, message, exit_code, wall_ns, prompt_tokens, input_tokens,"
                         " cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens,"
                         " cost_nano_usd, record_bytes, cost_source, price, asked"
                         " FROM call WHERE attempt = ?1 ORDER BY id",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, attempt);
    ORX_VEC(orx_call_row) rows = {0};
    while ((rc = orx_sql_step(q, err)) == 1) {
        orx_call_row row;
        read_call(q, arena, &row);
        orx_vec_push(&rows, row);
    }
    int n = (int)rows.len;
    if (rc == 0) {
        *ret_rows = orx_arena_zalloc(arena, rows.len + 1, sizeof **ret_rows);
        for (size_t i = 0; i < rows.len; i++)
            (*ret_rows)[i] = rows.items[i];
    }
    orx_vec_free(&rows);
    return rc < 0 ? rc : n;
}

int orx_attempt_list(orx_store *s, const char *task, int64_t limit, orx_arena *arena,
                     orx_attempt_row **ret_rows, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT * FROM (SELECT " COLUMNS " FROM attempt"
                         " WHERE (?1 IS NULL OR task = ?1) ORDER BY id DESC LIMIT ?2)"
                         " ORDER BY id",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, task);
    orx_sql_int(q, 2, limit > 0 ? limit : -1);
    int n = read_rows(q, arena, ret_rows, err);
    for (int i = 0; i < n; i++) {
        rc = add_totals(s, &(*ret_rows)[i], false, arena, err);
        if (rc < 0)
            return rc;
    }
    return n;
}
