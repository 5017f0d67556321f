#include "run/lessons.h"

#include "base/digest.h"
#include "base/vec.h"
#include "data/json.h"
#include "data/ndjson.h"
#include "run/candidates.h"
#include "run/judge.h"
#include "task/task.h"

#include <stdlib.h>

#define ASIDE 5 /* one text of so many */

bool orx_lesson_aside(const orx_node *row) {
    uint8_t digest[ORX_SHA256_LEN];
    const char *title = orx_node_str(orx_node_get(row, "title"), "");
    const char *text = orx_node_str(orx_node_get(row, "text"), "");
    orx_sha256 d;
    orx_sha256_begin(&d);
    orx_sha256_add(&d, title, strlen(title) + 1);
    orx_sha256_add(&d, text, strlen(text));
    orx_sha256_end(&d, digest);
    return digest[0] % ASIDE == 0;
}

/* ---- How probable a choice was --------------------------------------------------------------- */

/* What a router put first in an attempt. */
typedef struct chosen {
    int64_t attempt;
    double propensity;
    const char *deployment;
} chosen;

typedef ORX_VEC(chosen) chosen_vec;

typedef struct choosing {
    orx_store *s;
    orx_arena *arena; /* of the names */
    chosen_vec all;   /* by attempt */
} choosing;

/* A plan that cannot be read, or whose first entry was skipped, says nothing. */
static bool note_choice(const orx_event_row *e, void *user) {
    choosing *c = user;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    ORX_CLEANUP(orx_arena_free) orx_arena work = {0};
    const orx_node *body = NULL;
    if (orx_event_body(c->s, e, &text, NULL) < 0 ||
        orx_json_parse(&work, "route.planned", orx_str_view(&text), &orx_limits_data, &body, NULL) <
            0)
        return true;
    const orx_node *first = orx_node_at(orx_node_get(body, "plan"), 0);
    const chosen one = {.attempt = e->attempt,
                        .propensity = orx_node_num(orx_node_get(body, "propensity"), 0),
                        .deployment = orx_arena_strdup(
                            c->arena, orx_node_str(orx_node_get(first, "deployment"), ""))};
    if (one.propensity > 0 && one.propensity <= 1 && first && !orx_node_get(first, "skipped"))
        orx_vec_push(&c->all, one);
    return true;
}

static int by_attempt(const void *key, const void *item) {
    int64_t wanted = *(const int64_t *)key;
    int64_t found = ((const chosen *)item)->attempt;
    return wanted < found ? -1 : wanted > found;
}

/* 0 = not known: no router, or the work was done by somebody further down in its plan. */
static double propensity_of(const choosing *c, int64_t attempt, const char *deployment) {
    const chosen *found =
        c->all.len ? bsearch(&attempt, c->all.items, c->all.len, sizeof *c->all.items, by_attempt)
                   : NULL;
    return found && strcmp(found->deployment, deployment) == 0 ? found->propensity : 0;
}

/* ---- The journal ----------------------------------------------------------------------------- */

static void add_recorded(const choosing *c, orx_sql *q, orx_arena *arena, orx_node *rows) {
    orx_node *row = orx_node_new(arena, ORX_OBJECT);
    const char *provider = orx_arena_dup(arena, orx_sql_col_text(q, 2));
    const char *model = orx_arena_dup(arena, orx_sql_col_text(q, 3));
    bool passed = orx_view_is(orx_sql_col_text(q, 5), "done");
    orx_node_set(arena, row, "title", orx_node_new_str(arena, orx_sql_col_text(q, 0)));
    orx_node_set(arena, row, "text", orx_node_new_str(arena, orx_sql_col_text(q, 1)));
    const orx_node *acceptance = NULL;
    if (orx_json_parse(arena, "acceptance", orx_sql_col_text(q, 8), &orx_limits_data, &acceptance,
                       NULL) == 0 &&
        orx_node_first(acceptance))
        orx_node_set(arena, row, "acceptance", orx_node_copy(arena, acceptance));
    const char *deployment = orx_run_deployment(arena, provider, model);
    double propensity = propensity_of(c, orx_sql_col_int(q, 7), deployment);
    orx_node_set_str(arena, row, "model", deployment);
    if (propensity > 0)
        orx_node_set(arena, row, "propensity", orx_node_new_double(arena, propensity));
    orx_node_set_int(arena, row, "attempt", orx_sql_col_int(q, 4));
    orx_node_set_int(arena, row, "label", passed);
    orx_node_set_int(arena, row, "cost", orx_sql_col_int(q, 6));
    orx_node_push(rows, row);
}

static int64_t read_recorded(const choosing *c, orx_arena *arena, orx_node *rows, orx_err *err) {
    orx_sql *q;
    int64_t n = 0;
    int rc = orx_sql_get(
        c->s,
        "SELECT t.title, t.description, c.provider, c.model_asked, a.number, a.verdict,"
        " coalesce(c.cost_nano_usd, -1), a.id, t.acceptance FROM attempt AS a"
        " JOIN call AS c ON c.id = (SELECT max(id) FROM call WHERE attempt = a.id)"
        " JOIN task AS t ON t.lane = a.lane AND t.id = a.task"
        " WHERE c.kind = 0 AND a.verdict <> ''"
        " AND (a.verdict = 'done' OR a.evidence IN (?1, ?2, ?3)) ORDER BY a.id LIMIT ?4",
        &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, ORX_EVIDENCE_FAILED);
    orx_sql_int(q, 2, ORX_EVIDENCE_NO_CHANGE);
    orx_sql_int(q, 3, ORX_EVIDENCE_OUT_OF_SCOPE);
    orx_sql_int(q, 4, ORX_LESSONS_MAX);
    while ((rc = orx_sql_step(q, err)) == 1) {
        add_recorded(c, q, arena, rows);
        n++;
    }
    orx_sql_reset(q);
    return rc < 0 ? rc : n;
}

int64_t orx_lessons_recorded(orx_store *s, orx_arena *arena, orx_node *rows, orx_err *err) {
    choosing c = {.s = s, .arena = arena};
    const orx_event_filter plans = {.kind_prefix = "route.planned", .limit = ORX_LESSONS_MAX};
    int64_t n = orx_event_each(s, &plans, note_choice, &c, err);
    if (n >= 0)
        n = read_recorded(&c, arena, rows, err);
    orx_vec_free(&c.all);
    return n;
}

/* ---- A file ---------------------------------------------------------------------------------- */

typedef struct importing {
    orx_arena *arena;
    const char *name;
    orx_node *rows;
    int64_t count;
    orx_err *err;
    int rc;
} importing;

static void copy(const importing *in, orx_node *to, const char *key, const orx_node *value) {
    if (value)
        orx_node_set(in->arena, to, key, orx_node_copy(in->arena, value));
}

/* The label of a row, or what is wrong with it. */
static const char *read_label(const orx_node *row, double *ret_label) {
    const orx_node *label = orx_node_get(row, "label");
    const orx_node *passed = orx_node_get(row, "passed");
    const char *winner = orx_node_str(orx_node_get(row, "winner"), "");
    if (strcmp(winner, "model_a") == 0 || strcmp(winner, "model_b") == 0)
        *ret_label = winner[6] == 'a';
    else if (strncmp(winner, "tie", 3) == 0)
        *ret_label = 0.5;
    else if (passed && passed->kind == ORX_BOOL)
        *ret_label = orx_node_bool(passed, false);
    else
        *ret_label = orx_node_num(label, -1);
    if (*ret_label >= 0 && *ret_label <= 1)
        return NULL;
    return "expected `label` from 0 to 1, `passed` true or false, or `winner` model_a, model_b or "
           "tie";
}

static const char *first_str(const orx_node *row, const char *key, const char *other) {
    return orx_node_str(orx_node_get(row, key), orx_node_str(orx_node_get(row, other), ""));
}

static const char *take(importing *in, const orx_node *row) {
    const char *text = first_str(row, "text", "prompt");
    const char *model = first_str(row, "model", "model_a");
    const char *other = first_str(row, "other", "model_b");
    double label = 0;
    const char *problem = read_label(row, &label);
    if (problem)
        return problem;
    if (!*text || !*model)
        return "expected `text` (or `prompt`) and `model` (or `model_a` and `model_b`)";
    const orx_node *chance = orx_node_get(row, "propensity");
    double p = orx_node_num(chance, chance ? 0 : 1);
    if (!(p > 0 && p <= 1))
        return "expected `propensity` above 0 and at most 1";
    orx_node *to = orx_node_new(in->arena, ORX_OBJECT);
    orx_node_set_str(in->arena, to, "title", first_str(row, "title", "title"));
    orx_node_set_str(in->arena, to, "text", text);
    orx_node_set_str(in->arena, to, "model", model);
    if (*other)
        orx_node_set_str(in->arena, to, "other", other);
    orx_node_set(in->arena, to, "label", orx_node_new_double(in->arena, label));
    copy(in, to, "acceptance", orx_node_get(row, "acceptance"));
    copy(in, to, "attempt", orx_node_get(row, "attempt"));
    copy(in, to, "cost", orx_node_get(row, "cost"));
    copy(in, to, "propensity", chance);
    copy(in, to, "embedding", orx_node_get(row, "embedding"));
    orx_node_push(in->rows, to);
    return NULL;
}

static bool take_line(int64_t line, const orx_node *row, const char *problem, void *user) {
    importing *in = user;
    if (row)
        problem = take(in, row);
    if (!problem && ++in->count > ORX_LESSONS_MAX)
        problem = "there are more than 2,000,000 rows";
    if (problem)
        in->rc =
            orx_err_set(in->err, ORX_E_INVALID, "%s:%lld: %s", in->name, (long long)line, problem);
    return !problem;
}

int64_t orx_lessons_imported(orx_arena *arena, const char *name, orx_view text, orx_node *rows,
                             orx_err *err) {
    importing in = {.arena = arena, .name = name, .rows = rows, .err = err};
    int rc = orx_ndjson_each(arena, name, text, take_line, &in, err);
    if (in.rc < 0)
        return in.rc;
    return rc < 0 ? rc : in.count;
}
