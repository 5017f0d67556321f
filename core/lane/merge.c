/* One run of the queue. */
#include "lane/merging.h"

#include "platform/proc.h"

#include <stdarg.h>

const char *orx_merge_verdict_name(orx_merge_verdict verdict) {
    static const char *const names[] = {
        [ORX_MERGE_QUEUED] = "queued", [ORX_MERGE_NOTHING] = "nothing",
        [ORX_MERGE_MERGED] = "merged", [ORX_MERGE_REFUSED] = "refused",
        [ORX_MERGE_HELD] = "held",     [ORX_MERGE_DISABLED] = "disabled"};
    return names[verdict];
}

void orx_merge_tell(const orx_merge_queue *q, const char *fmt, ...) {
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(&line, fmt, ap);
    va_end(ap);
    if (q->setup->tell)
        q->setup->tell(orx_str_cstr(&line), q->setup->user);
}

bool orx_merge_stopped(const orx_merge_queue *q) {
    return q->setup->stop && *q->setup->stop;
}

void orx_merge_say(orx_merge_queue *q, orx_merge_item *item, orx_merge_verdict verdict,
                   const char *reason, const char *fmt, ...) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(&text, fmt, ap);
    va_end(ap);
    item->verdict = verdict;
    item->reason = reason;
    item->text = orx_arena_strdup(q->arena, orx_str_cstr(&text));
}

void orx_merge_hold(orx_merge_work *w, const char *reason, const char *why) {
    for (size_t i = 0; i < w->batch.count; i++)
        if (w->batch.items[i].verdict == ORX_MERGE_QUEUED)
            orx_merge_say(w->q, &w->batch.items[i], ORX_MERGE_HELD, reason, "%s", why);
}

int orx_merge_env(const orx_config *cfg, orx_arena *arena, const char *const **ret_env,
                  orx_err *err) {
    const orx_child_env what = {0};
    return orx_config_env_for_child(cfg, &what, arena, ret_env, err);
}

int orx_merge_open(const orx_merge_queue *q, const char *path, orx_git **ret_git, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_git_options options = {0};
    int rc = orx_merge_env(q->setup->cfg, &arena, &options.env, err);
    return rc < 0 ? rc : orx_git_open(q->setup->p, path, &options, ret_git, err);
}

/* ---- Running --------------------------------------------------------------------------------- */

static void release(orx_merge_queue *q) {
    for (orx_merge_work *w = q->works; w; w = w->next)
        orx_git_close(w->bench);
    for (orx_merge_repo *r = q->repos; r; r = r->next) {
        orx_file_close(q->setup->p, r->lock);
        orx_git_close(r->git);
    }
}

static void count(const orx_merge_batch *batch, orx_merge_report *report) {
    for (size_t i = 0; i < batch->count; i++) {
        report->merged += batch->items[i].verdict == ORX_MERGE_MERGED;
        report->refused += batch->items[i].verdict == ORX_MERGE_REFUSED;
        report->held += batch->items[i].verdict == ORX_MERGE_HELD;
    }
}

static void report_all(orx_merge_queue *q, orx_merge_report *ret) {
    orx_merge_report report = {0};
    for (const orx_merge_work *w = q->works; w; w = w->next)
        report.count++;
    report.batches = orx_arena_zalloc(q->arena, report.count + 1, sizeof *report.batches);
    size_t n = 0;
    for (const orx_merge_work *w = q->works; w; w = w->next) {
        count(&w->batch, &report);
        report.batches[n++] = w->batch;
    }
    *ret = report;
}

/* What a dry run can say without trying: whether the base could be moved at all. */
static int look_only(orx_merge_work *w, orx_err *err) {
    const char *why = NULL;
    if (!*w->onto)
        return 0;
    int rc = orx_merge_may_land(w, w->onto, &why, err);
    if (rc == 0)
        orx_merge_hold(w, "base_checked_out", why);
    return rc < 0 ? rc : 0;
}

int orx_merge_run(const orx_merge_setup *setup, orx_arena *arena, orx_merge_report *ret_report,
                  orx_err *err) {
    orx_merge_queue q = {.setup = setup, .arena = arena};
    orx_adopt_orphans(setup->p); /* of checks whose orxaq-exec is killed */
    int rc = orx_merge_gather(&q, err);
    bool gathered = rc == 0;
    for (orx_merge_work *w = q.works; rc == 0 && w; w = w->next)
        rc = setup->dry_run ? look_only(w, err) : orx_merge_work_on(w, err);
    for (orx_merge_work *w = q.works; !setup->dry_run && w; w = w->next)
        orx_merge_hold(w, "interrupted", "the queue ended before it came to it");
    if (gathered)
        report_all(&q, ret_report);
    release(&q);
    return rc;
}
