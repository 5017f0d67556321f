/* What the model watchdog remembers and writes down [K]. */
#include "cli/model_watchdog.h"

#include "cli/endpoint_files.h"
#include "data/ndjson.h"
#include "platform/files.h"

static const char *now_of(const orx_model_pass *p) {
    char now[ORX_ISO_MAX];
    orx_iso_time(orx_wall_ns(p->c->p), now);
    return orx_arena_strdup(&p->c->arena, now);
}

/* ---- Remembering ----------------------------------------------------------------------------- */

static orx_node *object_in(orx_arena *a, const orx_node *doc, const char *key) {
    const orx_node *n = orx_node_get(doc, key);
    return n && n->kind == ORX_OBJECT ? orx_node_copy(a, n) : orx_node_new(a, ORX_OBJECT);
}

static int64_t number(const orx_node *n, const char *key) {
    int64_t value = orx_node_int(orx_node_get(n, key), 0);
    return value > 0 ? value : 0;
}

void orx_model_pass_begin(orx_model_pass *p) {
    orx_arena *a = &p->c->arena;
    const orx_local_fleet *f = p->w.fleet;
    const orx_node *before = NULL;
    if (orx_ep_read(p->c, p->state_file, &before, NULL) < 0 || before->kind != ORX_OBJECT)
        before = NULL;
    const orx_node *rows = orx_node_get(before, "processes");
    p->items = orx_arena_zalloc(a, f->count + 1, sizeof *p->items);
    p->state = orx_node_new(a, ORX_OBJECT);
    orx_node_set_int(a, p->state, "runs_total", number(before, "runs_total") + 1);
    for (size_t i = 0; i < f->count; i++) {
        if (!f->items[i].enabled)
            continue;
        orx_watched_model *m = &p->items[p->count++];
        *m = (orx_watched_model){.endpoint = i,
                                 .known = object_in(a, rows, f->items[i].id),
                                 .model = "",
                                 .reason = "",
                                 .returncode = -1};
        m->memory = (orx_model_memory){.troubled = number(m->known, "unhealthy_in_a_row"),
                                       .attempts = number(m->known, "attempts_in_a_row"),
                                       .tried_sec = number(m->known, "last_restart_ts")};
    }
}

/* ---- Writing --------------------------------------------------------------------------------- */

static void add(orx_arena *a, orx_node *n, const char *key, bool one) {
    orx_node_set_int(a, n, key, number(n, key) + one);
}

static void bring_up_to_date(orx_model_pass *p, orx_watched_model *m, const char *now) {
    orx_arena *a = &p->c->arena;
    orx_node *n = m->known;
    int64_t now_sec = orx_wall_ns(p->c->p) / ORX_SEC;
    bool fine = orx_model_status_is_fine(m->status), tried = m->deed != ORX_MODEL_NOTHING;
    add(a, n, "checks_total", true);
    add(a, n, "healthy_checks", fine);
    add(a, n, "unhealthy_checks", !fine);
    add(a, n, "restart_attempts", tried);
    add(a, n, "restart_successes", tried && fine);
    add(a, n, "restart_failures", tried && !fine);
    orx_model_remember(&m->memory, m->deed, m->status, &p->w.fleet->watch, now_sec);
    orx_node_set_int(a, n, "unhealthy_in_a_row", m->memory.troubled);
    orx_node_set_int(a, n, "attempts_in_a_row", m->memory.attempts);
    orx_node_set_str(a, n, "last_status", orx_model_status_word(m->status));
    orx_node_set_str(a, n, "last_checked_at", now);
    orx_node_set(a, n, "last_pid", orx_node_new(a, ORX_NULL));
    orx_node_set_str(a, n, "last_reason", m->reason);
    if (m->facts.loaded) {
        orx_node_set_str(a, n, "last_model", m->facts.loaded);
        orx_node_set_int(a, n, "last_context_length", m->window);
        orx_node_set_int(a, n, "last_parallel", m->parallel);
    }
    if (m->facts.answers == 1)
        orx_node_set_int(a, n, "last_answer_ts", now_sec);
    if (!tried)
        return;
    orx_node_set_str(a, n, "last_restart_at", now);
    orx_node_set_int(a, n, "last_restart_ts", now_sec);
    orx_node_set_int(a, n, "last_restart_rc", m->returncode);
}

static orx_node *row_of(orx_model_pass *p, const orx_watched_model *m, const char *now) {
    orx_arena *a = &p->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "time", now);
    orx_node_set_str(a, n, "id", p->w.fleet->items[m->endpoint].id);
    orx_node_set_str(a, n, "status", orx_model_status_word(m->status));
    orx_node_set(a, n, "pid", orx_node_new(a, ORX_NULL));
    orx_node_set_str(a, n, "reason", m->reason);
    orx_node_set_str(a, n, "model", m->model);
    static const char *const deeds[] = {"", "load", "restart"};
    orx_node_set_str(a, n, "deed", deeds[m->deed]);
    orx_node_set(a, n, "restart_returncode",
                 m->deed == ORX_MODEL_RESTART ? orx_node_new_int(a, m->returncode)
                                              : orx_node_new(a, ORX_NULL));
    return n;
}

/* At log.max_bytes the history becomes FILE.1. */
static void turn_history(orx_model_pass *p) {
    orx_cli *c = p->c;
    orx_file_info info;
    if (orx_stat(c->p, p->history_file, &info, NULL) == 0 && info.size >= c->cfg->log.max_bytes)
        (void)orx_rename(c->p, p->history_file,
                         orx_arena_printf(&c->arena, "%s.1", p->history_file), NULL);
}

static int note(orx_model_pass *p, const orx_node *row, const char *before, orx_err *err) {
    orx_arena *a = &p->c->arena;
    orx_node *body = orx_node_copy(a, row);
    orx_node_set_str(a, body, "before", before);
    const orx_event e = {.kind = "fleet.watched", .schema = 1, .body = body};
    return orx_event_note(p->c->store, &e, err);
}

static int write_one(orx_model_pass *p, orx_watched_model *m, const char *now, orx_node *rows,
                     orx_err *err) {
    const char *before = orx_node_str(orx_node_get(m->known, "last_status"), "");
    orx_node *row = row_of(p, m, now);
    bool news = strcmp(before, orx_model_status_word(m->status)) != 0 || m->deed;
    bring_up_to_date(p, m, now);
    orx_node_push(rows, row);
    int rc = orx_ndjson_append(p->c->p, p->history_file, row, false, err);
    return rc == 0 && news ? note(p, row, before, err) : rc;
}

int orx_model_pass_write(orx_model_pass *p, orx_node **ret_doc, orx_err *err) {
    orx_arena *a = &p->c->arena;
    const char *now = now_of(p);
    orx_node *rows = orx_node_new(a, ORX_ARRAY), *known = orx_node_new(a, ORX_OBJECT);
    orx_node *doc = orx_node_new(a, ORX_OBJECT);
    int64_t problems = 0;
    int rc = orx_ep_mkdir_for(p->c, p->history_file, err);
    turn_history(p);
    for (size_t i = 0; rc == 0 && i < p->count; i++) {
        orx_watched_model *m = &p->items[i];
        problems += !orx_model_status_is_fine(m->status);
        rc = write_one(p, m, now, rows, err);
        orx_node_set(a, known, p->w.fleet->items[m->endpoint].id, m->known);
    }
    orx_node_set_str(a, p->state, "last_run_at", now);
    orx_node_set(a, p->state, "processes", known);
    if (rc == 0)
        rc = orx_ep_write(p->c, p->state_file, p->state, ORX_JSON_PY_INDENT, err);
    orx_node_set_str(a, doc, "timestamp", now);
    orx_node_set_bool(a, doc, "ok", problems == 0);
    orx_node_set_int(a, doc, "problem_count", problems);
    orx_node_set_str(a, doc, "state_file", p->state_file);
    orx_node_set_str(a, doc, "history_file", p->history_file);
    orx_node_set(a, doc, "processes", rows);
    *ret_doc = doc;
    return rc;
}
