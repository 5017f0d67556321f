/* The life of a runner: lock, tasks, recovery, end. */
#include "run/run.h"

#include "run/bill.h"
#include "run/kv.h"
#include "run/lane_lock.h"
#include "run/records.h"
#include "run/routers.h"
#include "run/runner.h"
#include "run/shadow.h"
#include "run/sinks.h"
#include "run/text.h"

#include "config/local.h"
#include "data/json.h"
#include "platform/loop.h"
#include "platform/proc.h"

#include <stdio.h>
#include <stdlib.h>

#define PING_NS (15 * ORX_SEC)

const char *orx_run_origin(const orx_config *cfg, orx_arena *arena) {
    const char *lane = orx_run_lane(cfg);
    return strcmp(lane, "primary") == 0 ? lane
                                        : orx_arena_printf(arena, ORX_ORIGIN_LANE "%s", lane);
}

const char *orx_run_lane(const orx_config *cfg) {
    return cfg->lane && *cfg->lane ? cfg->lane : "primary";
}

void orx_run_tell(orx_runner *r, orx_note_kind kind, const orx_try *t, bool good, const char *fmt,
                  ...) {
    if (!r->setup.listener)
        return;
    ORX_CLEANUP(orx_str_free) orx_str raw = {0};
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(&raw, fmt, ap);
    va_end(ap);
    orx_text_summary(orx_str_view(&raw), &line);
    const orx_provider *provider = !t ? NULL : t->step ? t->step->provider : t->provider;
    const orx_run_note note = {
        .kind = kind,
        .task = t ? t->task.id : NULL,
        .provider = provider ? provider->cfg->name : NULL,
        .model = t ? t->model : NULL,
        .attempt = t ? t->number : 0,
        .good = good,
        .text = orx_str_cstr(&line),
    };
    r->setup.listener(&note, r->setup.user);
}

void orx_run_phase(orx_runner *r, const char *phase, const char *task, const char *message) {
    r->phase = phase;
    (void)snprintf(r->task, sizeof r->task, "%s", task ? task : "");
    (void)snprintf(r->message, sizeof r->message, "%s", message ? message : "");
    orx_arena_free(&r->beat_arena);
    r->beat = orx_node_new(&r->beat_arena, ORX_OBJECT);
    orx_projection_dirty(r->s, "heartbeat");
}

/* ---- Lock ------------------------------------------------------------------------------------ */

static int write_lock(orx_runner *r, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_lane_lock_text(r->p, path, &text);
    int rc = orx_file_truncate(r->p, r->lock, 0, err);
    return rc < 0 ? rc : orx_file_write(r->p, r->lock, 0, text.buf, text.len, err);
}

/* Which the supervisor writes, too, for those it started. */
static int write_pid_file(orx_runner *r, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const char *path = r->cfg->paths.runner_pid_file;
    char *dir = orx_arena_strdup(&arena, path);
    int64_t pid;
    int64_t start;
    orx_pid_self(r->p, &pid, &start);
    orx_str_addf(&text, "%lld\n", (long long)pid);
    *strrchr(dir, '/') = '\0';
    int rc = orx_mkdirs(r->p, dir, false, err);
    return rc < 0 ? rc : orx_write_replace(r->p, path, orx_str_view(&text), 0644, err);
}

/* [K] A lane's runner.lock and lane.pid are where tools look for its pid. */
static int show_lock(orx_runner *r, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const char *path = r->cfg->paths.lock_file;
    orx_lane_lock_text(r->p, path, &text);
    int rc = orx_mkdirs(r->p, r->cfg->paths.artifacts_dir, false, err);
    if (rc == 0)
        rc = orx_write_replace(r->p, path, orx_str_view(&text), 0644, err);
    if (rc == 0)
        rc = write_pid_file(r, err);
    r->shown_lock = rc == 0;
    return rc;
}

static void hide_lock(orx_runner *r) {
    if (!r->shown_lock)
        return;
    (void)orx_unlink(r->p, r->cfg->paths.lock_file, NULL);
    (void)orx_unlink(r->p, r->cfg->paths.runner_pid_file, NULL);
}

static int take_lock(orx_runner *r, orx_err *err) {
    const char *path = orx_lane_lock_file(r->cfg, r->lane, &r->arena);
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    char *dir = orx_arena_strdup(&arena, path);
    char *slash = strrchr(dir, '/');
    if (slash && slash != dir)
        *slash = '\0';
    int rc = orx_mkdirs(r->p, dir, false, err);
    if (rc == 0)
        rc = orx_file_open(r->p, path, ORX_OPEN_READ | ORX_OPEN_WRITE | ORX_OPEN_CREATE, 0644,
                           &r->lock, err);
    if (rc < 0)
        return rc;
    rc = orx_file_lock(r->p, r->lock, ORX_LOCK_EXCLUSIVE, false, err);
    if (rc == ORX_E_BUSY)
        return orx_err_set(
            err, ORX_E_BUSY,
            "lane \"%s\" of %s is being run by another process (it holds %s); `orxaq "
            "status` shows what it does",
            r->lane, r->cfg->root, path);
    if (rc == 0)
        rc = write_lock(r, path, err);
    return rc == 0 && r->cfg->lane_spec ? show_lock(r, err) : rc;
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

/* First start of a lane: no row of it exists. */
static int is_first_start(orx_runner *r, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(r->s, "SELECT 1 FROM task WHERE lane = ?1 LIMIT 1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, r->lane);
    rc = orx_sql_step(q, err);
    orx_sql_reset(q);
    return rc < 0 ? rc : !rc;
}

static int load(orx_runner *r, orx_err *err) {
    int first = is_first_start(r, err);
    if (first < 0)
        return first;
    orx_sources_note(r);
    int rc = orx_run_load_tasks(r->p, r->cfg, r->s, err);
    if (rc >= 0 && first)
        rc = orx_run_import_state(r, err);
    if (rc >= 0 && r->setup.checkpoint)
        rc = orx_run_resume_checkpoint(r, r->setup.checkpoint, err);
    if (rc >= 0)
        rc = orx_sources_begin(r, err);
    return rc < 0 ? rc : 0;
}

/* ---- New and free ---------------------------------------------------------------------------- */

/* The first one ends the work in hand in good order, which takes as long as an agent has to end by
 * itself. From the second on nobody is waited for. */
static void on_signal(int signum, void *user) {
    orx_runner *r = user;
    if (signum == orx_drain_signal()) {
        if (!r->drain)
            orx_run_tell(r, ORX_NOTE_WAITING, NULL, true,
                         "draining: the task in hand is finished, no other is begun");
        r->drain = true;
        return;
    }
    if (r->stop) {
        r->stop_now = true;
        orx_proc_kill_all(r->p);
        return;
    }
    r->stop_signal = signum;
    r->stop = true;
    orx_run_tell(r, ORX_NOTE_WAITING, NULL, true,
                 "stopping; what is in the works is kept. A second signal waits for nobody");
}

/* Gives the files their places and ourselves; with user NULL only takes ourselves away again. */
static int set_projections(orx_runner *r, void *user, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char *handoffs = r->cfg->paths.handoff_dir;
    const char *artifacts = r->cfg->paths.artifacts_dir;
    const struct {
        const char *name;
        const char *path;
        void *user;
    } files[] = {
        {"state", r->cfg->paths.state_file, user ? (void *)r->lane : NULL},
        {"heartbeat", r->cfg->paths.heartbeat_file, user},
        {"conversations", r->cfg->paths.conversation_log_file, user},
        {"metrics", r->cfg->paths.metrics_file, user},
        {"metrics_summary", r->cfg->paths.metrics_summary_file, user},
        {"privileges", user ? orx_run_grants(r)->audit_file : NULL, user},
        {"to_gemini", orx_path_join(&arena, handoffs, "to_gemini.ndjson"), user},
        {"to_codex", orx_path_join(&arena, handoffs, "to_codex.ndjson"), user},
        {"reports", artifacts, user},
        {"stop_report", orx_path_join(&arena, artifacts, "stop_report.md"), user},
        {"capacity_state", r->cfg->paths.capacity_state_file, user},
        {"capacity_log", r->cfg->paths.capacity_log_file, user},
        {"claims", r->cfg->paths.task_queue_state_file, user ? &r->sources.claims : NULL},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(files); i++) {
        int rc = orx_store_set_projection(r->s, files[i].name, user ? files[i].path : NULL,
                                          files[i].user, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static void set_policy(orx_runner *r) {
    r->retry = (orx_retry_policy){
        .max_attempts = r->cfg->retry.max_attempts,
        .max_retryable = r->cfg->retry.max_retryable,
        .base_ns = r->cfg->retry.backoff_base_ns,
        .max_ns = r->cfg->retry.backoff_max_ns,
        .flat_ns = r->cfg->retry.flat_delay_ns,
        .full_jitter = r->cfg->retry.jitter == ORX_JITTER_FULL,
    };
}

/* What is too old leaves the journal for state/segments; records go for good. */
static int retain(orx_runner *r, orx_err *err) {
    int64_t day = ORX_SEC * 24 * 3600;
    int rc =
        orx_event_retain(r->s, r->cfg->journal.keep_days * day, r->cfg->journal.keep_bytes, err);
    return rc < 0 ? rc : orx_records_prune(r->s, r->cfg, err);
}

/* A dry run looks at what would be done: all it does to the journal happens in one transaction that
 * is never committed, and it leaves the lane's lock to whoever works. */
static int start_dry(orx_runner *r, orx_err *err) {
    int rc = orx_tx_begin(r->s, err);
    if (rc == 0)
        rc = load(r, err);
    r->queue = orx_queue_new(r->s, r->lane);
    if (r->cfg->run.owner_filter.count)
        orx_queue_set_owners(r->queue, r->cfg->run.owner_filter.items);
    if (rc == 0)
        rc = orx_task_requeue_interrupted(r->s, r->lane, err);
    return rc < 0 ? rc : 0;
}

static int watch(orx_runner *r, orx_err *err) {
    int rc = orx_watch_signals(r->p, on_signal, r, err);
    r->watching = rc == 0;
    return rc;
}

/* Wrong prices are found before anything is spent at them. */
static int read_prices(orx_runner *r, orx_err *err) {
    int rc = orx_price_files_read(r->p, r->cfg->root, r->cfg->paths.pricing_file,
                                  r->cfg->paths.prices_file, &r->prices, err);
    return rc < 0 ? rc : 0;
}

static void ping(void *user) {
    orx_runner *r = user;
    orx_tell_starter(r->p, orx_view_of("WATCHDOG=1\n"));
    r->ping = orx_timer_start(r->p, PING_NS, ping, r);
}

/* From here on we are at work, also in finishing what an earlier run left, whose checks may take
 * long. */
static void say_ready(orx_runner *r) {
    char text[48];
    int64_t pid;
    int64_t start;
    orx_pid_self(r->p, &pid, &start);
    (void)snprintf(text, sizeof text, "MAINPID=%lld\nREADY=1\n", (long long)pid);
    orx_tell_starter(r->p, orx_view_of(text));
    ping(r);
}

static int start(orx_runner *r, orx_err *err) {
    int rc = orx_config_local_check(r->cfg, err);
    if (rc < 0)
        return rc;
    if (r->setup.dry_run)
        return start_dry(r, err);
    if ((rc = take_lock(r, err)) < 0 || (rc = set_projections(r, r, err)) < 0 ||
        (rc = read_prices(r, err)) < 0 || (rc = watch(r, err)) < 0 || (rc = load(r, err)) < 0 ||
        (rc = orx_prompt_context_load(r->p, r->cfg, &r->arena, &r->context, err)) < 0)
        return rc;
    say_ready(r);
    r->queue = orx_queue_new(r->s, r->lane);
    if (r->cfg->run.owner_filter.count)
        orx_queue_set_owners(r->queue, r->cfg->run.owner_filter.items);
    rc = orx_run_recover(r, err);
    if (rc == 0)
        rc = orx_task_requeue_interrupted(r->s, r->lane, err);
    if (rc >= 0)
        rc = orx_bill_left_over(r->s, r->cfg, r->prices.prices, r->lane, err);
    if (rc >= 0)
        rc = retain(r, err);
    if (rc >= 0)
        orx_run_sinks_start(r);
    return rc < 0 ? rc : 0;
}

int orx_runner_new(orx_platform *p, const orx_run_setup *setup, orx_runner **ret_runner,
                   orx_err *err) {
    orx_runner *r = orx_xcalloc(1, sizeof *r);
    r->p = p;
    r->setup = *setup;
    r->cfg = setup->cfg;
    r->s = setup->store;
    r->lane = orx_run_lane(r->cfg);
    r->phase = "started";
    orx_adopt_orphans(p); /* of agents and checks whose orxaq-exec is killed: nobody works on */
    set_policy(r);
    orx_plugins_set_kv(setup->plugins, &orx_run_kv, r->s);
    int rc = start(r, err);
    if (rc < 0) {
        orx_run_tell_lacking(r);
        orx_runner_free(r);
        return rc;
    }
    *ret_runner = r;
    return 0;
}

void orx_runner_free(orx_runner *r) {
    if (!r)
        return;
    orx_run_shadow_end(r);
    if (r->watching)
        (void)orx_watch_signals(r->p, NULL, NULL, NULL);
    orx_timer_cancel(r->p, r->ping);
    orx_run_sinks_free(r);
    if (r->setup.dry_run)
        orx_tx_rollback(r->s);
    else if (r->queue)
        (void)orx_projection_flush(r->s, true, NULL);
    /* Also after a start that failed half way: the store outlives us and still renders at its
     * close.
     */
    (void)set_projections(r, NULL, NULL);
    orx_run_call_dir_forget(r);
    orx_run_routers_free(r);
    orx_run_providers_free(r);
    orx_plugins_set_kv(r->setup.plugins, NULL, NULL);
    orx_queue_free(r->queue);
    hide_lock(r);
    orx_file_close(r->p, r->lock);
    orx_price_files_free(&r->prices);
    orx_map_free(&r->unpriced);
    orx_map_free(&r->dear);
    orx_map_free(&r->local_turns);
    orx_arena_free(&r->fleet_arena);
    orx_str_free(&r->spare_dir);
    orx_arena_free(&r->beat_arena);
    orx_arena_free(&r->arena);
    free(r);
}
