/* What orxaq-exec is told to run, of any bytes: refused, and then still the caller's, or taken
 * apart so that the parts put together again are the same bytes. */
#include "base/str.h"
#include "exec.h"
#include "fuzz.h"

#include <string.h>

static size_t add_list(orx_str *out, char *const *list) {
    size_t n = 0;
    for (; list[n]; n++)
        orx_str_add(out, list[n], strlen(list[n]) + 1);
    return n;
}

static void check_job(const orx_exec_job *job, orx_view bytes) {
    ORX_CLEANUP(orx_str_free) orx_str again = {0};
    orx_str_add(&again, &job->head, sizeof job->head);
    FUZZ_CHECK((job->cwd != NULL) == ((job->head.flags & ORX_EXEC_CWD) != 0));
    if (job->cwd)
        orx_str_add(&again, job->cwd, strlen(job->cwd) + 1);
    FUZZ_CHECK(add_list(&again, job->argv) == job->head.argc && job->head.argc > 0);
    FUZZ_CHECK(add_list(&again, job->envp) == job->head.envc);
    FUZZ_CHECK(add_list(&again, job->writable) == job->head.writable_count);
    FUZZ_CHECK((job->hidden != NULL) == ((job->head.flags & ORX_EXEC_HIDE) != 0));
    if (job->hidden)
        orx_str_add(&again, job->hidden, strlen(job->hidden) + 1);
    FUZZ_CHECK((job->group != NULL) == ((job->head.flags & ORX_EXEC_GROUP) != 0));
    if (job->group)
        orx_str_add(&again, job->group, strlen(job->group) + 1);
    FUZZ_CHECK(orx_view_eq(orx_str_view(&again), bytes));
}

/* Parses a copy of exactly these bytes, so that the sanitizer sees every read beyond them. */
static void check_bytes(const void *data, size_t size) {
    char *payload = orx_xcalloc(1, size ? size : 1);
    if (size)
        memcpy(payload, data, size);
    orx_exec_job job = {0};
    if (orx_exec_job_parse(payload, size, &job)) {
        FUZZ_CHECK(job.payload == payload);
        check_job(&job, orx_view_mem(data, size));
        orx_exec_job_free(&job);
        return;
    }
    FUZZ_CHECK(!job.argv && !job.payload);
    free(payload);
}

/* As they are; then as a spec of this version, so that seeds outlive a change of its number. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_bytes(data, size);
    orx_exec_spec head;
    if (size < sizeof head)
        return 0;
    memcpy(&head, data, sizeof head);
    head.magic = ORX_EXEC_MAGIC;
    head.version = ORX_EXEC_VERSION;
    ORX_CLEANUP(orx_str_free) orx_str current = {0};
    orx_str_add(&current, &head, sizeof head);
    orx_str_add(&current, data + sizeof head, size - sizeof head);
    check_bytes(current.buf, current.len);
    return 0;
}
