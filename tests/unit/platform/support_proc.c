/* Running programs in tests, and finding what they left behind. */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATIENCE_S = 120, CAPTURE = 64 * 1024 };

const char *hostile_path(fixture *fx) {
    const char *build = getenv("ORX_BUILD_DIR");
    assert_non_null(build);
    return orx_arena_printf(&fx->arena, "%s/tests/hostile", build);
}

static void on_output(orx_proc *proc, orx_stream stream, orx_view bytes, void *user) {
    run *r = user;
    assert_true(r->proc == NULL || r->proc == proc);
    assert_false(r->done);
    orx_capture_add(stream == ORX_STDOUT ? &r->out : &r->errs, bytes);
    r->ready = r->ready || orx_view_find(bytes, "ready") >= 0;
}

static void on_exit_(orx_proc *proc, const orx_proc_result *result, void *user) {
    run *r = user;
    assert_true(r->proc == proc);
    assert_false(r->done);
    r->result = *result;
    r->done = true;
}

void prepare(run *r, fixture *fx, const char *mode, ...) {
    *r = (run){.fx = fx};
    r->out.head_max = r->out.tail_max = r->errs.head_max = r->errs.tail_max = CAPTURE;
    uint64_t salt;
    orx_random(fx->p, &salt, sizeof salt);
    (void)snprintf(r->marker, sizeof r->marker, "ORX_MARK=%016llx", (unsigned long long)salt);
    r->env[0] = r->marker;
    r->env[1] = "PATH=/usr/local/bin:/usr/bin:/bin";
    size_t n = 0;
    if (strncmp(mode, "PATH:", 5) == 0)
        mode += 5;
    else if (!strchr(mode, '/'))
        r->argv[n++] = hostile_path(fx);
    va_list ap;
    va_start(ap, mode);
    for (const char *word = mode; word; word = va_arg(ap, const char *)) {
        assert_true(n + 1 < ORX_ARRAY_LEN(r->argv));
        r->argv[n++] = word;
    }
    va_end(ap);
    r->spec = (orx_proc_spec){
        .argv = r->argv, .env = r->env, .on_output = on_output, .on_exit = on_exit_, .user = r};
}

void begin(run *r) {
    assert_ok(orx_proc_start(r->fx->p, &r->spec, &r->proc, &r->fx->err), &r->fx->err);
}

static void wait_for(run *r, const bool *what) {
    int64_t deadline = orx_mono_ns(r->fx->p) + PATIENCE_S * ORX_SEC;
    if (orx_loop_until(r->fx->p, what, deadline) < 0)
        fail_msg("still waiting for %s after %d s", r->argv[1] ? r->argv[1] : r->argv[0],
                 PATIENCE_S);
}

void finish(run *r) {
    wait_for(r, &r->done);
    orx_proc_free(r->proc);
    r->proc = NULL;
}

void await_ready(run *r) {
    wait_for(r, &r->ready);
}

void run_it(run *r) {
    begin(r);
    finish(r);
}

static const char *text_of(run *r, const orx_capture *c) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_capture_text(c, &s);
    return orx_arena_dup(&r->fx->arena, orx_str_view(&s));
}

const char *out_of(run *r) {
    return text_of(r, &r->out);
}

const char *errs_of(run *r) {
    return text_of(r, &r->errs);
}

static bool is_marked(const char *pid, const char *marker) {
    char path[300];
    char buf[65536];
    (void)snprintf(path, sizeof path, "/proc/%s/environ", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, buf, sizeof buf);
    (void)close(fd);
    return n > 0 && memmem(buf, (size_t)n, marker, strlen(marker)) != NULL;
}

int count_marked(const char *marker) {
    DIR *d = opendir("/proc");
    assert_non_null(d);
    int n = 0;
    const struct dirent *e;
    while ((e = readdir(d)))
        if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && is_marked(e->d_name, marker))
            n++;
    (void)closedir(d);
    return n;
}

void await_none_marked(const char *marker) {
    for (int i = 0; i < 3000; i++) {
        if (count_marked(marker) == 0)
            return;
        (void)usleep(10000);
    }
    fail_msg("%d processes are left", count_marked(marker));
}

void run_close(run *r) {
    assert_int_equal(count_marked(r->marker), 0);
    orx_capture_free(&r->out);
    orx_capture_free(&r->errs);
}

long landlock_abi(void) {
#ifdef SYS_landlock_create_ruleset
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
#else
    return 0;
#endif
}

bool have_landlock(void) {
    if (landlock_abi() >= 1)
        return true;
    print_message("SKIPPED: this kernel has no Landlock\n");
    return false;
}
