/* Taking the spec apart. The core is trusted, a torn or mixed-up message is not: every count is
 * checked against the bytes that are there. */
#include "exec.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

typedef struct cursor {
    char *at;
    char *end;
} cursor;

/* Takes the next NUL-terminated string, or returns NULL when there is none left. */
static char *take_string(cursor *c) {
    char *nul = c->at < c->end ? memchr(c->at, '\0', (size_t)(c->end - c->at)) : NULL;
    if (!nul)
        return NULL;
    char *s = c->at;
    c->at = nul + 1;
    return s;
}

static char **take_list(cursor *c, uint32_t count) {
    /* Each string needs at least its NUL, so this bounds the allocation too. */
    if (count > (size_t)(c->end - c->at))
        return NULL;
    char **list = orx_xcalloc((size_t)count + 1, sizeof *list);
    for (uint32_t i = 0; i < count; i++) {
        list[i] = take_string(c);
        if (!list[i]) {
            free(list);
            return NULL;
        }
    }
    return list;
}

bool orx_exec_job_parse(char *payload, size_t len, orx_exec_job *ret_job) {
    orx_exec_job job = {.payload = payload};
    if (len < sizeof job.head)
        return false;
    memcpy(&job.head, payload, sizeof job.head);
    if (job.head.magic != ORX_EXEC_MAGIC || job.head.version != ORX_EXEC_VERSION)
        return false;
    cursor c = {payload + sizeof job.head, payload + len};
    if (job.head.flags & ORX_EXEC_CWD) {
        job.cwd = take_string(&c);
        if (!job.cwd)
            return false;
    }
    job.argv = take_list(&c, job.head.argc);
    job.envp = job.argv ? take_list(&c, job.head.envc) : NULL;
    job.writable = job.envp ? take_list(&c, job.head.writable_count) : NULL;
    bool hides = (job.head.flags & ORX_EXEC_HIDE) != 0;
    job.hidden = job.writable && hides ? take_string(&c) : NULL;
    bool grouped = (job.head.flags & ORX_EXEC_GROUP) != 0;
    job.group = job.writable && grouped ? take_string(&c) : NULL;
    if (!job.writable || (hides && !job.hidden) || (grouped && !job.group) || !job.head.argc ||
        c.at != c.end) {
        job.payload = NULL; /* still the caller's */
        orx_exec_job_free(&job);
        return false;
    }
    *ret_job = job;
    return true;
}

void orx_exec_job_free(orx_exec_job *job) {
    free(job->argv);
    free(job->envp);
    free(job->writable);
    free(job->payload);
    *job = (orx_exec_job){0};
}
