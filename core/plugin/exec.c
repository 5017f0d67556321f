/* Programs: started, heard, ended. */
#include "plugin/job_state.h"

#include "plugin/view.h"

#include <stdlib.h>

#define SIGNAL_INTERRUPT 2 /* SIGINT, by POSIX number */

/* ---- While it runs ------------------------------------------------------------------------- */

static bool on_frame(void *user, orx_view record, orx_view name, bool cut) {
    orx_run *run = user;
    orxaq_feed feed = {.kind = ORXAQ_FEED_FRAME,
                       .effect = run->id,
                       .stream = run->stream,
                       .flags = cut ? ORXAQ_FEED_CUT : 0,
                       .data = {record.p, record.len},
                       .name = {name.p, name.len},
                       .elapsed_ns = run->heard_ns};
    orx_job_feed(run->job, &feed);
    return orx_job_is_running(run->job);
}

static void on_output(orx_proc *proc, orx_stream stream, orx_view bytes, void *user) {
    (void)proc;
    orx_run *run = user;
    const orx_job_events *events = run->job->spec.events;
    if (events && events->output)
        events->output(events->user, stream, bytes);
    run->stream = stream == ORX_STDERR ? ORXAQ_STREAM_ERR : ORXAQ_STREAM_OUT;
    run->heard_ns = orx_mono_ns(run->job->p) - run->started;
    orx_job_tap_bytes(run->job, run->id, run->stream, bytes, run->heard_ns);
    orx_framer_add(stream == ORX_STDERR ? &run->err : &run->out, bytes);
}

static int32_t reason_of(orx_proc_end end) {
    switch (end) {
    case ORX_PROC_TIMEOUT:
        return ORXAQ_END_TOTAL;
    case ORX_PROC_IDLE:
        return ORXAQ_END_IDLE;
    case ORX_PROC_SILENT:
        return ORXAQ_END_SILENT;
    case ORX_PROC_OUTPUT_LIMIT:
        return ORXAQ_END_OUTPUT_LIMIT;
    case ORX_PROC_STOPPED:
        return ORXAQ_END_CANCELLED;
    case ORX_PROC_NOT_STARTED:
        return ORXAQ_END_NOT_STARTED;
    default:
        return ORXAQ_END_BY_ITSELF;
    }
}

static void feed_exit(orx_job *job, uint32_t id, const orx_proc_result *r) {
    orxaq_feed feed = {.kind = ORXAQ_FEED_EXIT,
                       .effect = id,
                       .code = r->signal ? -1 : r->code,
                       .signal = r->signal,
                       .reason = reason_of(r->end),
                       .data = orxaq_str(r->message),
                       .elapsed_ns = r->wall_ns};
    orx_job_feed(job, &feed);
}

static void on_ended(orx_proc *proc, const orx_proc_result *result, void *user) {
    (void)proc;
    orx_run *run = user;
    orx_job *job = run->job;
    orx_proc_result r = *result;
    uint32_t id = run->id;
    run->ended = true;
    job->result.last = r;
    const orx_job_events *events = job->spec.events;
    if (events && events->exited)
        events->exited(events->user, &r);
    run->stream = ORXAQ_STREAM_OUT;
    orx_framer_end(&run->out);
    run->stream = ORXAQ_STREAM_ERR;
    orx_framer_end(&run->err);
    orx_job_feed_after(run);
    orx_run_free(run);
    feed_exit(job, id, &r);
    orx_job_settle(job);
}

void orx_run_free(orx_run *run) {
    orx_list_remove(&run->link);
    run->job->run_count--;
    orx_proc_free(run->proc);
    orx_framer_free(&run->out);
    orx_framer_free(&run->err);
    orx_str_free(&run->input);
    free(run);
}

void orx_job_stop_runs(orx_job *job) {
    ORX_LIST_EACH(&job->runs, it) {
        orx_run *run = ORX_LIST_ITEM(it, orx_run, link);
        if (!run->ended)
            orx_proc_stop(run->proc, false);
    }
}

void orx_job_write(orx_job *job, const orxaq_write *write) {
    if (!orx_view_sane(write->bytes, ORX_JOB_BYTES_MAX, true)) {
        orx_job_fault(job, "write: more than 64 MiB at once");
        return;
    }
    ORX_LIST_EACH(&job->runs, it) {
        orx_run *run = ORX_LIST_ITEM(it, orx_run, link);
        if (run->id != write->target || run->ended || !run->input_open)
            continue;
        orx_err err = ORX_ERR_INIT;
        orx_view bytes = orx_view_in(write->bytes);
        if (bytes.len && orx_proc_write(run->proc, bytes, &err) < 0)
            orx_job_fault(job, "write: %s", err.msg);
        if (write->eof) {
            run->input_open = false;
            orx_proc_close_input(run->proc);
        }
        return;
    }
}

/* ---- Starting ------------------------------------------------------------------------------ */

/* The shorter of two limits, where 0 is none. */
static int64_t tighter(int64_t a, int64_t b) {
    if (a <= 0)
        return b;
    return b <= 0 || a < b ? a : b;
}

static int64_t as_limit(uint64_t bytes) {
    return bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes;
}

static const char **copy_argv(orx_arena *arena, const orxaq_exec *e) {
    const char **argv = orx_arena_zalloc(arena, (size_t)e->argc + 1, sizeof *argv);
    for (uint32_t i = 0; i < e->argc; i++)
        argv[i] = orx_arena_dup(arena, orx_view_in(e->argv[i]));
    return argv;
}

static orx_run *run_new(orx_job *job, uint32_t id, const orxaq_exec *e) {
    orx_run *run = orx_xcalloc(1, sizeof *run);
    run->job = job;
    run->id = id;
    run->input_open = (e->flags & ORXAQ_EXEC_INPUT_OPEN) != 0;
    run->started = orx_mono_ns(job->p);
    orx_str_add(&run->input, e->stdin_bytes.data, (size_t)e->stdin_bytes.len);
    orx_framer_init(&run->out, e->stdout_framing, e->max_frame, on_frame, run);
    orx_framer_init(&run->err, e->stderr_framing, e->max_frame, on_frame, run);
    run->after = orx_arena_zalloc(&job->arena, (size_t)e->after_count + 1, sizeof *run->after);
    run->after_count = e->after_count;
    for (uint32_t i = 0; i < e->after_count; i++) {
        const orxaq_file *f = ORXAQ_AT(orxaq_file, e->after, i);
        orx_view path = orx_view_in(f->path);
        run->after[i] = (orxaq_file){.path = orxaq_str(orx_arena_dup(&job->arena, path)),
                                     .max_bytes = f->max_bytes};
    }
    orx_list_append(&job->runs, &run->link);
    job->run_count++;
    return run;
}

static orx_proc_spec proc_spec(const orx_run *run, const orxaq_exec *e, const char *const *argv,
                               char **env, const char *cwd) {
    const orx_job_spec *spec = &run->job->spec;
    return (orx_proc_spec){
        .argv = argv,
        .env = (const char *const *)env,
        .cwd = cwd,
        .input = run->input_open ? (orx_view){0} : orx_str_view(&run->input),
        .input_open = run->input_open,
        .hold = spec->events && spec->events->spawned,
        .first_signal = e->stop == ORXAQ_STOP_INTERRUPT ? SIGNAL_INTERRUPT : 0,
        .grace_ns = tighter(e->grace_ns, spec->grace_ns),
        .total_timeout_ns = e->total_ns,
        .idle_timeout_ns = e->idle_ns > 0 ? e->idle_ns : spec->idle_ns,
        .first_byte_timeout_ns = tighter(e->first_byte_ns, spec->first_byte_ns),
        .output_max = tighter(as_limit(e->max_output), spec->output_max),
        .confine = spec->confine,
        .on_output = on_output,
        .on_exit = on_ended,
        .user = (void *)run,
    };
}

static int start(orx_run *run, const orxaq_exec *e, const char *const *argv, orx_err *err) {
    orx_job *job = run->job;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    char **env = NULL;
    int rc = orx_job_write_before(job, e, err);
    if (rc >= 0)
        rc = orx_job_env(job, e, &env, err);
    if (rc < 0)
        return rc;
    const char *cwd = job->spec.cwd ? job->spec.cwd : job->spec.files_dir;
    if (e->cwd.len)
        cwd = orx_arena_dup(&arena, orx_view_in(e->cwd));
    orx_proc_spec spec = proc_spec(run, e, argv, env, cwd);
    rc = orx_proc_start(job->p, &spec, &run->proc, err);
    orx_env_free(env);
    return rc;
}

/* Lets the caller record the program before it runs. */
static int release(orx_run *run, const char *const *argv, orx_err *err) {
    const orx_job_events *events = run->job->spec.events;
    if (!events || !events->spawned)
        return 0;
    int64_t pid, started;
    orx_proc_identity(run->proc, &pid, &started);
    int rc = events->spawned(events->user, pid, started, argv, err);
    return rc < 0 ? rc : orx_proc_release(run->proc, err);
}

void orx_job_exec(orx_job *job, uint32_t id, const orxaq_exec *exec) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    const char *const *argv = copy_argv(&arena, exec);
    orx_run *run = run_new(job, id, exec);
    if (start(run, exec, argv, &err) < 0) {
        orx_run_free(run);
        orx_job_feed_error(job, id, &err);
        return;
    }
    if (release(run, argv, &err) < 0) {
        orx_run_free(run);
        orx_job_fail(job, ORXAQ_KIND_CRASHED, &err);
        return;
    }
    job->result.execs++;
    if (run->input_open && run->input.len &&
        orx_proc_write(run->proc, orx_str_view(&run->input), &err) < 0)
        orx_job_fault(job, "exec: %s", err.msg);
    orxaq_feed feed = {.kind = ORXAQ_FEED_START, .effect = id};
    orx_job_feed(job, &feed);
}
