#include "run/report.h"

#include "run/runner.h"
#include "run/subject.h"
#include "run/text.h"

/* ---- One attempt ----------------------------------------------------------------------------- */

static void add_line(orx_str *out, const char *title, const char *text, size_t max) {
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    orx_text_line(orx_view_of(text), max, &line);
    orx_str_addf(out, "- %s: %s\n", title, line.len ? line.buf : "none");
}

/* How many attempts of a task before one are looked at for one of the same second, and how much
 * earlier one must have ended to end the search: clocks are set back, if not by much. */
#define SAME_SECOND_MAX 256
#define SEARCH_BACK     (60 * ORX_SEC)

/* How many of the task's attempts before this one ended in the same second. */
static int64_t same_second_before(orx_store *s, int64_t attempt, int64_t ended) {
    orx_sql *q;
    int64_t count = 0;
    if (orx_sql_get(s,
                    "SELECT b.ended FROM attempt a JOIN attempt b ON b.lane = a.lane"
                    " AND b.task = a.task AND b.id < a.id WHERE a.id = ?1"
                    " ORDER BY b.id DESC LIMIT ?2",
                    &q, NULL) < 0)
        return 0;
    orx_sql_int(q, 1, attempt);
    orx_sql_int(q, 2, SAME_SECOND_MAX);
    while (orx_sql_step(q, NULL) == 1 && orx_sql_col_int(q, 0) > ended - SEARCH_BACK)
        count += orx_sql_col_int(q, 0) / ORX_SEC == ended / ORX_SEC;
    orx_sql_reset(q);
    return count;
}

/* When the attempt ended, and how many of the task had already ended within the same second. */
static void time_of(orx_store *s, const orx_event_row *e, int64_t *ret_wall_ns,
                    int64_t *ret_before) {
    orx_sql *q;
    *ret_wall_ns = e->wall_ns;
    *ret_before = 0;
    if (orx_sql_get(s, "SELECT ended FROM attempt WHERE id = ?1 AND ended > 0", &q, NULL) < 0)
        return;
    orx_sql_int(q, 1, e->attempt);
    bool ended = orx_sql_step(q, NULL) == 1;
    if (ended)
        *ret_wall_ns = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    if (ended)
        *ret_before = same_second_before(s, e->attempt, *ret_wall_ns);
}

/* "fix-42_20260102_030405.md" */
static void add_name(const orx_subject *u, const char *when, int64_t before, orx_str *out) {
    orx_text_file_name(u->task, out);
    orx_str_addc(out, '_');
    for (const char *c = when; *c && *c != '.'; c++) {
        if (*c == 'T')
            orx_str_addc(out, '_');
        else if (*c >= '0' && *c <= '9')
            orx_str_addc(out, *c);
    }
    if (before)
        orx_str_addf(out, "_%lld", (long long)before + 1);
    orx_str_adds(out, ".md");
}

static void add_page(orx_subject *u, const char *when, const char *status, orx_str *out) {
    ORX_CLEANUP(orx_str_free) orx_str title = {0};
    const orx_node *actions = orx_node_get(u->body, "next_actions");
    orx_text_line(orx_view_of(*u->title ? u->title : u->task), 300, &title);
    orx_str_addf(out, "# %s\n\n", title.buf);
    add_line(out, "Timestamp", when, 64);
    add_line(out, "Task", u->task, 300);
    add_line(out, "Owner", u->owner, 300);
    add_line(out, "Repo", u->repo, 1000);
    add_line(out, "Status", status, 64);
    add_line(out, "Summary", orx_subject_text(u, "summary"), 1000);
    add_line(out, "Commit", u->commit, 100);
    add_line(out, "Blocker", orx_subject_text(u, "error"), 2400);
    if (*orx_subject_text(u, "parked"))
        add_line(out, "Work kept on", orx_subject_text(u, "parked"), 300);
    orx_str_adds(out, "\n## Next actions\n\n");
    if (!orx_node_first(actions))
        orx_str_adds(out, "none\n");
    ORX_NODE_EACH(actions, it) {
        ORX_CLEANUP(orx_str_free) orx_str line = {0};
        orx_text_line(orx_view_of(orx_node_str(it, "")), 400, &line);
        orx_str_addf(out, "- %s\n", orx_str_cstr(&line));
    }
}

int orx_project_report(orx_store *s, void *user ORX_UNUSED, const orx_event_row *e,
                       orx_str *ret_name, orx_str *out, orx_err *err ORX_UNUSED) {
    orx_subject u;
    char when[ORX_ISO_MAX];
    if (!orx_view_is(e->kind, "attempt.settled"))
        return 0;
    orx_subject_of(s, e, &u);
    const char *status = orx_subject_status(&u);
    if (status && *u.task) {
        int64_t wall_ns;
        int64_t before;
        time_of(s, e, &wall_ns, &before);
        orx_iso_time(wall_ns, when);
        add_name(&u, when, before, ret_name);
        add_page(&u, when, status, out);
    }
    orx_subject_free(&u);
    return 0;
}

/* ---- The run --------------------------------------------------------------------------------- */

#define BLOCKED_MAX 50
#define WAITING_MAX 50

static void add_blocked(orx_store *s, const char *lane, orx_str *out) {
    orx_sql *q;
    int shown = 0;
    orx_str_adds(out, "\n## Blocked tasks\n\n");
    if (orx_sql_get(s,
                    "SELECT id, title, last_error FROM task WHERE lane = ?1 AND status = 'blocked'"
                    " ORDER BY priority, id LIMIT ?2",
                    &q, NULL) < 0)
        return;
    orx_sql_str(q, 1, lane);
    orx_sql_int(q, 2, BLOCKED_MAX);
    for (; orx_sql_step(q, NULL) == 1; shown++) {
        ORX_CLEANUP(orx_str_free) orx_str line = {0};
        orx_text_line(orx_sql_col_text(q, 0), 180, &line);
        orx_str_adds(&line, ": ");
        orx_text_line(orx_sql_col_text(q, 2), 300, &line);
        orx_str_addf(out, "- %s\n", line.buf);
    }
    orx_sql_reset(q);
    if (!shown)
        orx_str_adds(out, "none\n");
}

static void add_waiting(orx_store *s, const char *lane, orx_str *out) {
    orx_sql *q;
    if (orx_sql_get(s,
                    "SELECT t.id, (SELECT group_concat(dep, ', ') FROM task_dep d"
                    " WHERE d.lane = t.lane AND d.task = t.id AND d.open = 1) FROM task t"
                    " WHERE t.lane = ?1 AND t.status = 'pending' AND t.waiting > 0"
                    " ORDER BY t.id LIMIT ?2",
                    &q, NULL) < 0)
        return;
    orx_sql_str(q, 1, lane);
    orx_sql_int(q, 2, WAITING_MAX);
    for (bool first = true; orx_sql_step(q, NULL) == 1; first = false) {
        ORX_CLEANUP(orx_str_free) orx_str line = {0};
        orx_text_line(orx_sql_col_text(q, 0), 180, &line);
        orx_str_adds(&line, " waits for ");
        orx_text_line(orx_sql_col_text(q, 1), 300, &line);
        orx_str_addf(out, "%s- %s\n", first ? "\n## Waiting tasks\n\n" : "", line.buf);
    }
    orx_sql_reset(q);
}

/* The task of the newest attempt, "" when there was none. Attempts are walked from the newest one
 * (the + keeps SQLite from an index of the lane, of which it would sort all there are). */
static void last_task(orx_store *s, const char *lane, orx_str *out) {
    orx_sql *q;
    if (orx_sql_get(s, "SELECT task, reason FROM attempt WHERE +lane = ?1 ORDER BY id DESC LIMIT 1",
                    &q, NULL) < 0)
        return;
    orx_sql_str(q, 1, lane);
    if (orx_sql_step(q, NULL) == 1) {
        orx_str_addv(out, orx_sql_col_text(q, 0));
        orx_str_adds(out, " (");
        orx_str_addv(out, orx_sql_col_text(q, 1));
        orx_str_addc(out, ')');
    }
    orx_sql_reset(q);
}

static void add_facts(orx_store *s, const orx_runner *r, const char *lane, orx_str *out) {
    ORX_CLEANUP(orx_str_free) orx_str task = {0};
    ORX_CLEANUP(orx_str_free) orx_str counts = {0};
    orx_task_counts n = {0};
    char now[ORX_ISO_MAX];
    orx_iso_time(orx_wall_ns(orx_store_platform(s)), now);
    last_task(s, lane, &task);
    if (orx_task_count(s, lane, &n, NULL) == 0)
        orx_str_addf(&counts, "%lld of %lld done, %lld blocked, %lld pending", (long long)n.done,
                     (long long)n.total, (long long)n.blocked, (long long)n.pending);
    add_line(out, "Time", now, 64);
    add_line(out, "Lane", lane, 200);
    add_line(out, "Why", r ? r->message : "", 300);
    add_line(out, "Last task", orx_str_cstr(&task), 300);
    add_line(out, "Tasks", orx_str_cstr(&counts), 200);
}

static void add_paths(const orx_runner *r, orx_str *out) {
    orx_str_adds(out, "\n## Where to look\n\n");
    add_line(out, "Tasks", r->cfg->paths.tasks_file, 1000);
    add_line(out, "State", r->cfg->paths.state_file, 1000);
    add_line(out, "Heartbeat", r->cfg->paths.heartbeat_file, 1000);
}

static bool all_done(orx_store *s, const char *lane) {
    orx_task_counts n = {0};
    return orx_task_count(s, lane, &n, NULL) == 0 && n.done == n.total;
}

int orx_project_stop_report(orx_store *s, void *user, orx_str *out, orx_err *err ORX_UNUSED) {
    const orx_runner *r = user;
    const char *lane = r ? r->lane : "primary";
    orx_str_adds(out, "# orxaq stopped\n\n");
    add_facts(s, r, lane, out);
    add_blocked(s, lane, out);
    add_waiting(s, lane, out);
    if (r)
        add_paths(r, out);
    if (!all_done(s, lane))
        orx_str_adds(out, "\nNext: `orxaq tasks show ID` tells what failed; mend it, then `orxaq "
                          "tasks reset ID` and `orxaq run`.\n");
    return 0;
}
