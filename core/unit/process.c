/* The process of a unit: spawning it, hearing it, its end. */
#include "unit/internal.h"

#include <stdio.h>
#include <stdlib.h>

#define NOTE_MAX      4096
#define EARLIER_LOOK  (20 * ORX_MS)
#define ORPHANS_LOOK  (50 * ORX_MS)
#define ORPHANS_TRIES 200
#define LACKING       "REPOSITORY_MISSING="
#define NOTE_VARIABLE ORX_NOTE_FD_ENV "=3"

/* ---- Notes ---------------------------------------------------------------------------------- */

static void know_program(orx_kept *u, int64_t pid) {
    char text[32];
    if (pid <= 0 || u->program)
        return;
    u->program = pid;
    int n = snprintf(text, sizeof text, "%lld\n", (long long)pid);
    if (u->spec.pid_file)
        (void)orx_write_replace(u->k->p, u->spec.pid_file, (orx_view){text, (size_t)n}, 0644, NULL);
}

void orx_kept_find_program(orx_kept *u) {
    if (!u->proc)
        return;
    u->grouped = orx_proc_grouped(u->proc);
    know_program(u, orx_proc_program(u->proc));
}

/* A program may be ready before orxaq-exec could say that it began: it says itself who it is, so
 * that whoever is READY has its pid, and a file of it. */
static void take_note(orx_kept *u, orx_view line) {
    int64_t pid = 0;
    if (orx_view_starts(line, "MAINPID=") &&
        orx_view_to_i64((orx_view){line.p + 8, line.len - 8}, &pid)) {
        know_program(u, pid);
    } else if (orx_view_is(line, "READY=1")) {
        orx_kept_progress(u);
        orx_kept_find_program(u);
        orx_kept_tell(u, ORX_UNIT_UP, ORX_UNIT_EXIT_CLEAN);
    } else if (orx_view_is(line, "WATCHDOG=1")) {
        orx_kept_progress(u);
    } else if (orx_kept_dirty_note(u, line)) {
        return;
    } else if (orx_view_starts(line, LACKING "/")) {
        orx_kept_set_lacks(u, (orx_view){line.p + strlen(LACKING), line.len - strlen(LACKING)});
    } else if (orx_view_starts(line, "STATUS=")) {
        (void)snprintf(u->status, sizeof u->status, "%.*s", (int)line.len - 7, line.p + 7);
    }
}

static void take_notes(orx_kept *u, orx_view bytes) {
    if (u->note.len + bytes.len > NOTE_MAX)
        orx_str_clear(&u->note); /* nobody says that much */
    orx_str_add(&u->note, bytes.p, bytes.len < NOTE_MAX ? bytes.len : NOTE_MAX);
    ORX_CLEANUP(orx_str_free) orx_str all = u->note;
    u->note = (orx_str){0};
    size_t at = 0;
    const char *end;
    while (at < all.len && (end = memchr(all.buf + at, '\n', all.len - at))) {
        size_t n = (size_t)(end - all.buf) - at;
        take_note(u, (orx_view){all.buf + at, n});
        at += n + 1;
    }
    orx_str_add(&u->note, all.buf + at, all.len - at);
}

void orx_kept_set_lacks(orx_kept *u, orx_view path) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addv(&text, path);
    free(u->lacks);
    u->lacks = path.len ? orx_xstrdup(orx_str_cstr(&text)) : NULL;
}

static void on_output(orx_proc *proc, orx_stream stream, orx_view bytes, void *user) {
    (void)proc;
    orx_kept *u = user;
    if (stream == ORX_NOTES)
        take_notes(u, bytes);
    else
        orx_log_add(u->log, (int)stream, bytes);
}

/* ---- The end -------------------------------------------------------------------------------- */

static bool holds(const int *codes, int code) {
    for (; codes && *codes >= 0; codes++)
        if (*codes == code)
            return true;
    return false;
}

static orx_unit_exit judge_code(const orx_kept *u, const orx_proc_result *r) {
    if (r->end == ORX_PROC_NOT_STARTED)
        return ORX_UNIT_EXIT_FAILED;
    if (r->signal || r->code < 0)
        return ORX_UNIT_EXIT_ABNORMAL;
    if (holds(u->spec.idle_codes, r->code))
        return ORX_UNIT_EXIT_IDLE;
    if (holds(u->spec.clean_codes, r->code))
        return ORX_UNIT_EXIT_CLEAN;
    return orx_unit_exit_of(r->code);
}

static orx_unit_exit judge(const orx_kept *u, const orx_proc_result *r) {
    orx_unit_exit how = judge_code(u, r);
    if (how == ORX_UNIT_EXIT_FAILED && u->dirty.where && !u->lacks)
        return ORX_UNIT_EXIT_DIRTY;
    return orx_kept_limits_judge(u, how);
}

/* What it met on the way may be why. */
static void add_limit(orx_kept *u) {
    size_t n = strlen(u->last_exit);
    if (u->met_memory || u->met_tasks)
        (void)snprintf(u->last_exit + n, sizeof u->last_exit - n, ", %s was met",
                       u->met_memory ? "memory_max" : "tasks_max");
}

static void describe(orx_kept *u, const orx_proc_result *r) {
    if (r->end == ORX_PROC_NOT_STARTED)
        (void)snprintf(u->last_exit, sizeof u->last_exit, "not started: %s", r->message);
    else if (r->signal)
        (void)snprintf(u->last_exit, sizeof u->last_exit, "signal %d", r->signal);
    else if (r->code < 0)
        (void)snprintf(u->last_exit, sizeof u->last_exit, "stopped");
    else if (u->lacks)
        (void)snprintf(u->last_exit, sizeof u->last_exit, "exit %d, no repository at %s", r->code,
                       u->lacks);
    else if (u->pending_exit == ORX_UNIT_EXIT_DIRTY)
        (void)snprintf(u->last_exit, sizeof u->last_exit,
                       "exit %d; commit, stash or remove what is yours in %s", r->code,
                       u->dirty.where);
    else
        (void)snprintf(u->last_exit, sizeof u->last_exit, "exit %d", r->code);
    if (u->pending_exit == ORX_UNIT_EXIT_MEMORY || u->pending_exit == ORX_UNIT_EXIT_TASKS)
        add_limit(u);
}

static void tell_ended(orx_kept *u, orx_unit_exit how) {
    if (u->spec.ended)
        u->spec.ended(how, u->m.lone, u->spec.user);
}

static void gone(orx_kept *u, orx_unit_exit how) {
    if (how == ORX_UNIT_EXIT_LOST) {
        orx_kept_set_lacks(u, (orx_view){NULL, 0});
        tell_ended(u, how);
    }
    u->pid = u->start = u->program = 0;
    u->earlier = false;
    orx_kept_group_drop(u);
    if (u->spec.pid_file)
        (void)orx_unlink(u->k->p, u->spec.pid_file, NULL);
    orx_kept_tell(u, ORX_UNIT_EXITED, how);
}

static void on_group(void *user);

/* It is gone when nothing lives in its group any more, however it came to its end: without a group
 * it is as `how` says. What is not proven otherwise is by an empty group. */
static void leave(orx_kept *u, orx_unit_exit how) {
    orx_err err = ORX_ERR_INIT;
    int left = orx_kept_group_end(u, &err);
    if (left == 0 && u->grouped && how == ORX_UNIT_EXIT_LOST)
        how = u->pending_exit;
    if (left < 0)
        orx_keeper_problem(u->k, "%s: its cgroup cannot be looked into: %s", u->spec.name, err.msg);
    if (left <= 0) {
        gone(u, how);
    } else if (u->orphan_tries++ >= ORPHANS_TRIES) {
        orx_keeper_problem(u->k, "%s: something in the cgroup %s cannot be ended", u->spec.name,
                           u->group);
        gone(u, ORX_UNIT_EXIT_LOST);
    } else {
        u->leaving_as = how;
        u->orphans = orx_timer_start(u->k->p, ORPHANS_LOOK, on_group, u);
    }
}

static void on_group(void *user) {
    orx_kept *u = user;
    u->orphans = NULL;
    leave(u, u->leaving_as);
}

static void on_orphans(void *user);

/* The supervisor of the tree was killed: what it had in its care is ended before anything follows.
 */
static void end_orphans(orx_kept *u) {
    int left = orx_end_orphans(u->k->p);
    if (left == 0 || (left < 0 && u->grouped)) {
        leave(u, u->pending_exit);
    } else if (left < 0 || u->orphan_tries++ >= ORPHANS_TRIES) {
        orx_keeper_problem(u->k,
                           "%s: its process was killed together with the supervisor of its tree, "
                           "and what it started cannot be found or ended; look for it, then start "
                           "the unit",
                           u->spec.name);
        leave(u, ORX_UNIT_EXIT_LOST);
    } else {
        u->orphans = orx_timer_start(u->k->p, ORPHANS_LOOK, on_orphans, u);
    }
}

static void on_orphans(void *user) {
    orx_kept *u = user;
    u->orphans = NULL;
    end_orphans(u);
}

static void on_exit_(orx_proc *proc, const orx_proc_result *r, void *user) {
    orx_kept *u = user;
    bool empty = r->empty;
    orx_kept_limits_look(u);
    u->pending_exit = judge(u, r);
    if (u->pending_exit != ORX_UNIT_EXIT_FAILED)
        orx_kept_set_lacks(u, (orx_view){NULL, 0});
    if (u->pending_exit != ORX_UNIT_EXIT_DIRTY)
        orx_kept_dirty_forget(u);
    describe(u, r);
    u->grouped = orx_proc_grouped(proc);
    u->orphan_tries = 0;
    orx_proc_free(proc);
    u->proc = NULL;
    orx_str_free(&u->note);
    orx_log_flush(u->log);
    orx_log_say(u->log, "supervisor: %s ended: %s", u->spec.name, u->last_exit);
    tell_ended(u, u->pending_exit);
    if (empty)
        leave(u, u->pending_exit);
    else
        end_orphans(u);
}

/* ---- Spawning ------------------------------------------------------------------------------- */

/* The environment of the spec and the number of the notes' descriptor. */
static const char *const *environment(const orx_kept *u, orx_arena *arena) {
    size_t n = 0;
    while (u->spec.env && u->spec.env[n])
        n++;
    const char **env = orx_arena_zalloc(arena, n + 2, sizeof *env);
    for (size_t i = 0; i < n; i++)
        env[i] = u->spec.env[i];
    if (u->spec.notes)
        env[n] = NOTE_VARIABLE;
    return env;
}

/* Starts the process, held. On failure there is none. */
static int start_held(orx_kept *u, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_confine confine = {0};
    orx_kept_group_make(u);
    orx_kept_limits_begin(u, &confine);
    const orx_proc_spec spec = {
        .confine = confine,
        .group = u->group,
        .argv = u->spec.argv,
        .env = environment(u, &arena),
        .cwd = u->spec.cwd,
        .hold = true,
        .notes = u->spec.notes,
        .on_output = on_output,
        .on_exit = on_exit_,
        .user = u,
    };
    int rc = orx_proc_start(u->k->p, &spec, &u->proc, err);
    if (rc < 0)
        return rc;
    orx_proc_identity(u->proc, &u->pid, &u->start);
    u->starts++;
    rc = orx_kept_save(u, "unit.spawned", ORX_UNIT_STATES, NULL, err);
    if (rc < 0)
        orx_kept_drop(u); /* it has run nothing */
    return rc;
}

/* For reasons of ours, which pass: a full disk, no more descriptors. It is no crash of the unit. */
static void not_started(orx_kept *u, const orx_err *err) {
    (void)snprintf(u->last_exit, sizeof u->last_exit, "not started: %s", err->msg);
    orx_log_say(u->log, "supervisor: %s could not be started: %s", u->spec.name, err->msg);
    orx_keeper_problem(u->k, "%s could not be started: %s", u->spec.name, err->msg);
    leave(u, ORX_UNIT_EXIT_UNBORN);
}

void orx_kept_spawn(orx_kept *u) {
    orx_err err = ORX_ERR_INIT;
    orx_kept_take_next(u);
    orx_kept_set_lacks(u, (orx_view){NULL, 0});
    orx_kept_dirty_forget(u);
    u->spawned_ns = orx_mono_ns(u->k->p);
    if (u->spec.began)
        u->spec.began(u->spec.user);
    /* [K] for a runner: tools look for this line to know where the last launch begins. */
    orx_log_say(u->log, "supervisor: launching %s",
                u->spec.kind == ORX_UNIT_RUNNER ? "runner" : u->spec.name);
    if (start_held(u, &err) < 0) {
        not_started(u, &err);
        return;
    }
    orx_kept_watch_begin(u);
    /* One that ended while it was held is heard of by its end. */
    if (orx_proc_release(u->proc, NULL) == 0 && !u->spec.notes)
        orx_kept_tell(u, ORX_UNIT_UP, ORX_UNIT_EXIT_CLEAN);
}

void orx_kept_drop(orx_kept *u) {
    orx_proc_free(u->proc);
    u->proc = NULL;
    u->pid = u->start = u->program = 0;
    orx_timer_cancel(u->k->p, u->orphans);
    u->orphans = NULL;
    (void)orx_kept_group_end(u, NULL);
    orx_kept_group_drop(u);
    orx_str_free(&u->note);
}

/* ---- Asking for the end --------------------------------------------------------------------- */

void orx_kept_end(orx_kept *u, unsigned todo) {
    if (u->earlier && (todo & ORX_UNIT_DO_KILL)) {
        /* It was to end by itself when its lifeline did. What it started is then beyond proof. */
        u->crushed = true;
        (void)orx_pid_kill(u->k->p, u->pid, u->start, ORX_KEEPER_KILL, NULL);
    }
    if (!u->proc)
        return;
    if (todo & ORX_UNIT_DO_KILL)
        orx_proc_stop(u->proc, true);
    else if ((todo & ORX_UNIT_DO_DRAIN) && u->spec.finite)
        return; /* its run is the work in hand */
    else if ((todo & ORX_UNIT_DO_DRAIN) && u->spec.drains)
        (void)orx_proc_signal(u->proc, orx_drain_signal(), NULL);
    else
        (void)orx_proc_signal(u->proc, ORX_KEEPER_TERM, NULL);
}

static void on_earlier(void *user) {
    orx_kept *u = user;
    u->orphans = NULL;
    orx_kept_look_earlier(u);
}

void orx_kept_look_earlier(orx_kept *u) {
    if (!u->earlier)
        return;
    if (orx_pid_state_of(u->k->p, u->pid, u->start) == ORX_PID_ALIVE)
        u->orphans = orx_timer_start(u->k->p, EARLIER_LOOK, on_earlier, u);
    else
        leave(u, u->crushed ? ORX_UNIT_EXIT_LOST : ORX_UNIT_EXIT_CLEAN);
}
