/* A job from start to end in one call. */
#include "platform/loop.h"
#include "plugin/job.h"

static const char *const *copy_texts(orx_arena *arena, const char *const *list) {
    size_t count = 0;
    while (list[count])
        count++;
    const char **copy = orx_arena_zalloc(arena, count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = orx_arena_strdup(arena, list[i]);
    return copy;
}

int orx_job_run(orx_platform *p, const orx_job_spec *spec, orx_arena *arena,
                orx_job_result *ret_result, orx_err *err) {
    orx_job *job = NULL;
    int rc = orx_job_start(p, spec, &job, err);
    if (rc < 0)
        return rc;
    (void)orx_loop_until(p, orx_job_done(job), 0);
    orx_job_result result = *orx_job_result_of(job);
    result.message = orx_arena_strdup(arena, result.message);
    result.summary = orx_arena_strdup(arena, result.summary);
    result.commit = orx_arena_strdup(arena, result.commit);
    result.blocker = orx_arena_strdup(arena, result.blocker);
    result.session = orx_arena_strdup(arena, result.session);
    result.validations = copy_texts(arena, result.validations);
    result.next_actions = copy_texts(arena, result.next_actions);
    orx_job_free(job);
    *ret_result = result;
    return 0;
}
