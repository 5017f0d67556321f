/* What the core writes is what orxaq-exec reads: the SPEC frame from one side through the parser of
 * the other. */
#include "support.h"

#include "platform/uv/procs.h"

#include "../../../libexec/exec.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* The payload of the frame in memory of its exact size, so that reading beyond it is seen. */
static char *payload_of(const orx_str *frame, size_t len) {
    char *p = orx_xmalloc(len);
    memcpy(p, frame->buf + sizeof(orx_exec_frame), len);
    return p;
}

static size_t frame_of(const orx_proc_spec *spec, orx_str *frame) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_uv_proc_frame(spec, frame, &err), &err);
    orx_exec_frame head;
    memcpy(&head, frame->buf, sizeof head);
    assert_int_equal(head.type, ORX_EXEC_SPEC);
    assert_int_equal(head.len, frame->len - sizeof head);
    return head.len;
}

static void same_list(char **got, const char *const *want) {
    size_t i = 0;
    for (; want && want[i]; i++)
        assert_string_equal(got[i], want[i]);
    assert_null(got[i]);
}

static void everything_arrives(void **state) {
    (void)state;
    const char *argv[] = {"program", "", "a b", "\xFF", NULL};
    const char *env[] = {"A=1", "B=", NULL};
    const char *writable[] = {"/work tree", "/tmp", NULL};
    orx_proc_spec spec = {.argv = argv,
                          .env = env,
                          .cwd = "/some/where",
                          .hold = true,
                          .group = "/groups/mine",
                          .first_signal = SIGINT,
                          .grace_ns = 123,
                          .confine = {.landlock = true,
                                      .writable = writable,
                                      .hidden = "/secret",
                                      .max_file_bytes = 1,
                                      .max_memory_bytes = 2,
                                      .max_cpu_seconds = 3,
                                      .max_processes = 4,
                                      .max_open_files = 5,
                                      .max_data_bytes = 6}};
    ORX_CLEANUP(orx_str_free) orx_str frame = {0};
    size_t len = frame_of(&spec, &frame);
    orx_exec_job job;
    assert_true(orx_exec_job_parse(payload_of(&frame, len), len, &job));
    same_list(job.argv, argv);
    same_list(job.envp, env);
    same_list(job.writable, writable);
    assert_string_equal(job.hidden, "/secret");
    assert_string_equal(job.group, "/groups/mine");
    assert_string_equal(job.cwd, "/some/where");
    assert_int_equal(job.head.flags, ORX_EXEC_HOLD | ORX_EXEC_LANDLOCK | ORX_EXEC_CWD |
                                         ORX_EXEC_HIDE | ORX_EXEC_GROUP);
    assert_int_equal(job.head.first_signal, SIGINT);
    assert_int_equal(job.head.grace_ns, 123);
    for (int i = 0; i < ORX_EXEC_LIMITS; i++)
        assert_int_equal(job.head.limits[i], i + 1);
    orx_exec_job_free(&job);
    assert_null(job.argv);
}

static void defaults(void **state) {
    (void)state;
    const char *argv[] = {"program", NULL};
    orx_proc_spec spec = {.argv = argv};
    ORX_CLEANUP(orx_str_free) orx_str frame = {0};
    size_t len = frame_of(&spec, &frame);
    orx_exec_job job;
    assert_true(orx_exec_job_parse(payload_of(&frame, len), len, &job));
    assert_null(job.cwd);
    assert_null(job.envp[0]);
    assert_null(job.writable[0]);
    assert_int_equal(job.head.flags, 0);
    assert_int_equal(job.head.first_signal, SIGTERM);
    assert_int_equal(job.head.grace_ns, 5 * ORX_SEC);
    orx_exec_job_free(&job);
}

static void every_cut_is_refused(void **state) {
    (void)state;
    const char *argv[] = {"program", "argument", NULL};
    const char *env[] = {"A=1", NULL};
    const char *writable[] = {"/tmp", NULL};
    orx_proc_spec spec = {.argv = argv,
                          .env = env,
                          .cwd = "/",
                          .confine = {.writable = writable, .hidden = "/secret"}};
    ORX_CLEANUP(orx_str_free) orx_str frame = {0};
    size_t len = frame_of(&spec, &frame);
    for (size_t n = 0; n < len; n++) {
        char *payload = payload_of(&frame, n);
        orx_exec_job job = {.cwd = "untouched"};
        assert_false(orx_exec_job_parse(payload, n, &job));
        assert_string_equal(job.cwd, "untouched");
        free(payload);
    }
}

/* Damage anywhere: either refused, or every string is there and within the payload. */
static void damage_is_survived(void **state) {
    (void)state;
    const char *argv[] = {"program", "argument", NULL};
    const char *env[] = {"A=1", "B=2", NULL};
    orx_proc_spec spec = {.argv = argv, .env = env, .cwd = "/"};
    ORX_CLEANUP(orx_str_free) orx_str frame = {0};
    size_t len = frame_of(&spec, &frame);
    uint32_t seed = 3;
    for (int round = 0; round < 20000; round++) {
        char *payload = payload_of(&frame, len);
        for (int k = 0; k < 3; k++) {
            seed = seed * 1664525 + 1013904223;
            payload[(seed >> 8) % len] = (char)(seed >> 24);
        }
        orx_exec_job job;
        if (!orx_exec_job_parse(payload, len, &job)) {
            free(payload);
            continue;
        }
        size_t total = 0;
        for (char **s = job.argv; *s; s++)
            total += strlen(*s) + 1;
        for (char **s = job.envp; *s; s++)
            total += strlen(*s) + 1;
        assert_true(total <= len);
        orx_exec_job_free(&job);
    }
}

static void too_much_is_refused(void **state) {
    (void)state;
    orx_err err = ORX_ERR_INIT;
    size_t n = (size_t)1 << 20;
    char *big = orx_xmalloc(n);
    memset(big, 'x', n - 1);
    big[n - 1] = '\0';
    const char *argv[] = {"program", big, big, big, big, big, big, big, big, big, NULL};
    orx_proc_spec spec = {.argv = argv};
    orx_str frame = {0};
    assert_int_equal(orx_uv_proc_frame(&spec, &frame, &err), ORX_E_LIMIT);
    assert_contains(err.msg, "standard input or in a file");
    orx_str_free(&frame);
    free(big);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_arrives),   cmocka_unit_test(defaults),
        cmocka_unit_test(every_cut_is_refused), cmocka_unit_test(damage_is_survived),
        cmocka_unit_test(too_much_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
