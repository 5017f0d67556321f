/* Feeding sinks beside the work. */
#include "run/sink.h"

#include "platform/loop.h"
#include "run/text.h"

#include <stdlib.h>

#define EVERY_NS     (500 * ORX_MS) /* between two looks at the journal */
#define BUSY_NS      (20 * ORX_MS)  /* while a batch is in progress */
#define OTHER_NS     (5 * ORX_SEC)  /* while another process feeds it */
#define FLUSH_NS     (60 * ORX_SEC) /* for one batch */
#define BACKOFF_NS   ORX_SEC        /* after the first failure; doubles */
#define BACKOFF_MAX  (300 * ORX_SEC)
#define BATCHES_LOOK 4    /* batches in one look, so that the work goes on between them */
#define SEEN_AHEAD   4096 /* events nobody wanted before the cursor is stored without a batch */

/* ---- How a batch ends ------------------------------------------------------------------------ */

static void failed(orx_sink *s, const char *why, int64_t retry_after_ms) {
    int64_t delay = BACKOFF_NS << (s->failures < 9 ? s->failures : 9);
    int64_t stated =
        retry_after_ms > 0 && retry_after_ms < BACKOFF_MAX / ORX_MS ? retry_after_ms * ORX_MS : 0;
    delay = delay < stated ? stated : delay;
    s->due_ns = orx_mono_ns(s->r->p) + (delay < BACKOFF_MAX ? delay : BACKOFF_MAX);
    s->seen = s->cursor;
    if (s->failures++ > 0)
        return;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_text_error(orx_view_of(why), &text);
    orx_sink_note(s, "sink.failed", orx_str_cstr(&text), -1, -1);
    orx_run_tell(s->r, ORX_NOTE_PROBLEM, NULL, false,
                 "sink %s failed and is tried again later; no event is lost: %s", s->name,
                 orx_str_cstr(&text));
}

static void delivered(orx_sink *s) {
    orx_err err = ORX_ERR_INIT;
    s->deaths = 0;
    if (orx_sink_commit(s, s->seen, &err) < 0) {
        failed(s, err.msg, -1);
        return;
    }
    if (s->failures > 0) {
        orx_sink_note(s, "sink.recovered", NULL, -1, -1);
        orx_run_tell(s->r, ORX_NOTE_RECOVERED, NULL, true, "sink %s works again", s->name);
    }
    s->failures = 0;
    s->due_ns = 0;
}

static void finish(orx_sink *s) {
    const orx_job_result *jr = orx_job_result_of(s->job);
    bool good = jr->kind == ORXAQ_KIND_OK;
    (void)orx_sink_mark(s, good ? 0 : s->deaths, NULL);
    if (good)
        delivered(s);
    else
        failed(s, *jr->message ? jr->message : "it gave no reason", jr->retry_after_ms);
    orx_job_free(s->job);
    s->job = NULL;
    orx_sink_clear(s);
}

/* ---- Starting one ---------------------------------------------------------------------------- */

static int start_job(orx_sink *s, orx_err *err) {
    orx_runner *r = s->r;
    s->args = (orxaq_flush_args){.struct_size = sizeof s->args,
                                 .record_count = (uint32_t)s->records.len,
                                 .records = s->records.items,
                                 .files_dir = orxaq_str(s->dir)};
    const char *tmp = orx_config_env(r->cfg, "TMPDIR");
    const char **writable = orx_arena_zalloc(&s->arena, 3, sizeof *writable);
    writable[0] = s->dir;
    writable[1] = tmp && *tmp == '/' ? tmp : "/tmp";
    orx_job_spec spec = {.instance = s->instance,
                         .kind = ORX_JOB_SINK,
                         .op = ORXAQ_OP_FLUSH,
                         .args = &s->args,
                         .files_dir = s->dir,
                         .confine = {.landlock = true, .writable = writable},
                         .total_ns = FLUSH_NS,
                         .output_max = r->cfg->agent.output_max,
                         .grace_ns = r->cfg->agent.grace_ns};
    int rc = orx_run_env(r, NULL, &s->arena, &spec.env, err);
    if (rc == 0)
        rc = orx_remove_tree(r->p, s->dir, err);
    if (rc == 0)
        rc = orx_mkdirs(r->p, s->dir, true, err);
    if (rc == 0)
        rc = orx_sink_mark(s, s->deaths + 1, err);
    if (rc < 0)
        return rc;
    rc = orx_job_start(r->p, &spec, &s->job, err);
    if (rc < 0)
        (void)orx_sink_mark(s, s->deaths, NULL);
    return rc;
}

/* Gathers and starts the next batch. 1 = something was done, 0 = nothing to do now. */
static int next_batch(orx_sink *s, orx_err *err) {
    int more = orx_sink_gather(s, err);
    if (more < 0)
        return more;
    if (s->records.len) {
        int rc = start_job(s, err);
        return rc < 0 ? rc : 1;
    }
    int rc = s->seen - s->cursor >= SEEN_AHEAD ? orx_sink_commit(s, s->seen, err) : 0;
    return rc < 0 ? rc : more;
}

/* One look at one sink; last: the work is over. 1 = it got further, 0 = nothing to do now. */
static int look(orx_sink *s, bool last) {
    orx_err err = ORX_ERR_INIT;
    if (s->off || orx_tx_active(s->r->s) || (s->job && !*orx_job_done(s->job)))
        return 0;
    if (s->job) {
        finish(s);
        return 1;
    }
    if (orx_mono_ns(s->r->p) < s->due_ns)
        return 0;
    int rc = orx_sink_take(s, &err);
    if (rc == 0)
        s->due_ns = orx_mono_ns(s->r->p) + OTHER_NS;
    if (rc == 1)
        rc = s->off || (s->late && !last) ? 0 : next_batch(s, &err);
    if (rc < 0)
        failed(s, err.msg, -1);
    return rc > 0;
}

/* ---- The timer ------------------------------------------------------------------------------- */

static void tick(void *user) {
    orx_runner *r = user;
    struct orx_run_sinks *all = r->sinks;
    bool busy = false;
    for (size_t i = 0; i < all->count; i++) {
        orx_sink *s = &all->items[i];
        for (int n = 0; n < 2 * BATCHES_LOOK && look(s, false); n++)
            ;
        busy = busy || s->job;
    }
    all->timer = orx_timer_start(r->p, busy ? BUSY_NS : EVERY_NS, tick, r);
}

static orx_plugin_ref reference(const orx_plugin_config *c) {
    return (orx_plugin_ref){
        .name = c->path ? NULL : c->name, .path = c->path, .sha256 = c->sha256, .where = c->where};
}

static int make(orx_runner *r, size_t index, orx_sink *s, orx_err *err) {
    const orx_plugin_config *c = &r->cfg->plugins[index];
    const orx_plugin *plugin = NULL;
    const orx_plugin_ref ref = reference(c);
    int rc = orx_plugins_load(r->setup.plugins, &ref, &plugin, err);
    if (rc < 0 || !orx_plugin_sink(plugin))
        return rc;
    s->r = r;
    s->name = orx_plugin_descriptor(plugin)->id;
    s->dir = orx_arena_printf(&r->arena, "%s/sinks/%s", r->cfg->paths.state_dir, s->name);
    s->lock_path = orx_arena_printf(&r->arena, "%s.lock", s->dir);
    const orx_instance_spec spec = {
        .plugin = plugin,
        .name = s->name,
        .settings = c->settings,
        .file = r->cfg->config_file,
        .path = orx_arena_printf(&r->arena, "plugins[%zu].settings", index),
    };
    rc = orx_instance_new(r->setup.plugins, &spec, &s->instance, err);
    return rc < 0 ? rc : 1;
}

/* All that are listed are proven in one child. */
static void prepare(orx_runner *r) {
    orx_plugin_ref *refs = orx_arena_zalloc(&r->arena, r->cfg->plugin_count, sizeof *refs);
    size_t n = 0;
    for (size_t i = 0; i < r->cfg->plugin_count; i++)
        if (r->cfg->plugins[i].enabled)
            refs[n++] = reference(&r->cfg->plugins[i]);
    orx_plugins_prepare(r->setup.plugins, refs, n);
}

void orx_run_sinks_start(orx_runner *r) {
    struct orx_run_sinks *all = orx_arena_zalloc(&r->arena, 1, sizeof *all);
    if (!r->cfg->plugin_count)
        return;
    all->items = orx_arena_zalloc(&r->arena, r->cfg->plugin_count, sizeof *all->items);
    r->sinks = all;
    prepare(r);
    for (size_t i = 0; i < r->cfg->plugin_count; i++) {
        orx_err err = ORX_ERR_INIT;
        if (!r->cfg->plugins[i].enabled)
            continue;
        int rc = make(r, i, &all->items[all->count], &err);
        if (rc < 0)
            orx_run_tell(r, ORX_NOTE_PROBLEM, NULL, false, "left out: %s", err.msg);
        all->count += rc > 0;
    }
    if (all->count)
        all->timer = orx_timer_start(r->p, EVERY_NS, tick, r);
}

/* ---- The end --------------------------------------------------------------------------------- */

/* Whether it needs no more time: everything up to target was looked at, or it cannot go on now. */
static bool is_drained(const orx_sink *s, int64_t target, int failures) {
    return s->off || !s->lock || s->failures > failures || (!s->job && s->seen >= target);
}

static void drain_one(orx_sink *s, int64_t until) {
    orx_platform *p = s->r->p;
    int64_t target = orx_event_last(s->r->s);
    int failures = s->failures;
    s->due_ns = 0;
    do {
        if (!look(s, true) && s->job)
            orx_loop_step(p, BUSY_NS);
    } while (!is_drained(s, target, failures) && orx_mono_ns(p) < until);
    if (s->lock && !s->off && !s->job && s->seen > s->cursor && s->failures == 0)
        (void)orx_sink_commit(s, s->seen, NULL);
    if (s->lock && !s->off && s->cursor < target)
        orx_run_tell(s->r, ORX_NOTE_PROBLEM, NULL, false,
                     "sink %s has not taken the last %lld events; the next run offers them again",
                     s->name, (long long)(target - s->cursor));
}

void orx_run_sinks_drain(orx_runner *r, int64_t limit_ns) {
    struct orx_run_sinks *all = r->sinks;
    if (!all || !all->count)
        return;
    /* What was only noted joins the journal first. */
    if (orx_tx_begin(r->s, NULL) == 0)
        (void)orx_tx_commit(r->s, NULL);
    orx_timer_cancel(r->p, all->timer);
    all->timer = NULL;
    int64_t until = orx_mono_ns(r->p) + limit_ns;
    for (size_t i = 0; i < all->count; i++)
        drain_one(&all->items[i], until);
}

void orx_run_sinks_free(orx_runner *r) {
    struct orx_run_sinks *all = r->sinks;
    if (!all)
        return;
    orx_timer_cancel(r->p, all->timer);
    for (size_t i = 0; i < all->count; i++) {
        orx_sink *s = &all->items[i];
        if (s->job)
            (void)orx_sink_mark(s, s->deaths, NULL);
        orx_job_free(s->job);
        orx_sink_clear(s);
        orx_instance_free(s->instance);
        orx_file_close(r->p, s->lock);
    }
    r->sinks = NULL;
}
