/* Ends from outside at every moment, requests made inside callbacks, and what ten thousand requests
 * leave behind. */
#include "fetch.h"

#include "platform/heap.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static const char *const paths[] = {"/status/200", "/bytes/300000", "/chunks",    "/drip/20",
                                    "/stall",      "/cut",          "/bad-chunk", "/reset",
                                    "/silent",     "/interim",      "/once",      "/head/70000"};

typedef enum act { ACT_STOP, ACT_FREE, ACT_PAUSE_STOP, ACT_PAUSE_FREE } act;

typedef struct plan {
    act act;
    int at; /* the call, from 1; 0 = before the loop runs */
    int seen;
    bool acted;
} plan;

static void do_act(fetch *f, plan *pl) {
    pl->acted = true;
    if (pl->act == ACT_PAUSE_STOP || pl->act == ACT_PAUSE_FREE)
        orx_http_pause(f->http, true);
    if (pl->act == ACT_STOP || pl->act == ACT_PAUSE_STOP) {
        orx_http_stop(f->http);
        return;
    }
    orx_http_free(f->http);
    f->http = NULL;
    f->done = true;
}

static void maybe_act(fetch *f, char call) {
    plan *pl = f->user;
    (void)call;
    if (++pl->seen == pl->at)
        do_act(f, pl);
}

/* One request, ended at one moment; whether that moment came. */
static bool end_at(net *n, const char *path, act what, int at) {
    plan pl = {.act = what, .at = at};
    fetch f;
    fetch_prepare(&f, n->p, n->s, path);
    f.spec.total_timeout_ns = 40 * ORX_MS;
    f.spec.first_byte_timeout_ns = 35 * ORX_MS;
    f.spec.idle_timeout_ns = 30 * ORX_MS;
    f.at = maybe_act;
    f.user = &pl;
    fetch_begin(&f);
    if (at == 0)
        do_act(&f, &pl);
    int64_t limit = orx_mono_ns(n->p) + 20 * ORX_SEC;
    assert_int_equal(orx_loop_until(n->p, &f.done, limit), 0);
    /* Nothing more is told afterwards. */
    size_t calls = f.calls.len;
    (void)orx_loop_step(n->p, 0);
    assert_int_equal(f.calls.len, calls);
    bool last = f.calls.len && f.calls.buf[f.calls.len - 1] == 'e' && pl.seen == at;
    if (pl.acted && (what == ACT_STOP || what == ACT_PAUSE_STOP) && !last)
        assert_int_equal(f.result.end, ORX_HTTP_STOPPED);
    fetch_free(&f);
    return pl.acted;
}

static void ended_at_every_event(void **state) {
    net *n = *state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(paths); i++)
        for (act what = ACT_STOP; what <= ACT_PAUSE_FREE; what++)
            for (int at = 0; at < 8; at++)
                if (!end_at(n, paths[i], what, at))
                    break;
    orx_loop_sleep(n->p, 60 * ORX_MS); /* no deadline of theirs is left */
    fetch f;                           /* and it still works */
    fetch_run(&f, n->p, n->s, "/status/200");
    assert_int_equal(f.result.end, ORX_HTTP_DONE);
    fetch_free(&f);
}

/* Freed after a drawn number of turns of the loop, that is with the connection in any state. */
static void freed_at_every_turn(void **state) {
    net *n = *state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(paths); i++)
        for (int turns = 0; turns < 12; turns++) {
            fetch f;
            fetch_prepare(&f, n->p, n->s, paths[i]);
            fetch_begin(&f);
            for (int t = 0; t < turns && !f.done; t++)
                (void)orx_loop_step(n->p, 2 * ORX_MS);
            fetch_free(&f);
        }
}

static void stopping_twice_or_late_is_fine(void **state) {
    net *n = *state;
    fetch f;
    fetch_prepare(&f, n->p, n->s, "/silent");
    fetch_begin(&f);
    orx_http_stop(f.http);
    orx_http_stop(f.http);
    orx_http_pause(f.http, true);
    orx_http_pause(f.http, true);
    assert_false(f.done); /* only inside the loop */
    fetch_wait(&f);
    assert_int_equal(f.result.end, ORX_HTTP_STOPPED);
    orx_http_stop(f.http);
    orx_http_pause(f.http, false);
    (void)orx_loop_step(n->p, 0);
    assert_string_equal(orx_str_cstr(&f.calls), "e");
    fetch_free(&f);
    orx_http_free(NULL);
}

/* ---- Requests inside callbacks --------------------------------------------------------------- */

typedef struct chain {
    net *n;
    fetch f[30];
    int count;
} chain;

static void start_next(fetch *f, char call) {
    chain *c = f->user;
    /* From the head, a body and an end in turn. */
    if (call != "hbe"[c->count % 3] || c->count == ORX_ARRAY_LEN(c->f) || f != &c->f[c->count - 1])
        return;
    fetch *next = &c->f[c->count++];
    fetch_prepare(next, c->n->p, c->n->s, "/bytes/1000");
    next->at = start_next;
    next->user = c;
    fetch_begin(next);
}

static void requests_can_be_made_in_callbacks(void **state) {
    chain *c = calloc(1, sizeof *c);
    c->n = *state;
    c->count = 1;
    fetch_prepare(&c->f[0], c->n->p, c->n->s, "/bytes/1000");
    c->f[0].at = start_next;
    c->f[0].user = c;
    fetch_begin(&c->f[0]);
    for (int i = 0; i < c->count; i++) {
        fetch_wait(&c->f[i]);
        assert_int_equal(c->f[i].body.len, 1000);
    }
    assert_int_equal(c->count, ORX_ARRAY_LEN(c->f));
    for (int i = 0; i < c->count; i++)
        fetch_free(&c->f[i]);
    free(c);
}

/* ---- What is left ---------------------------------------------------------------------------- */

static int open_files(void) {
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir && readdir(dir))
        count++;
    if (dir)
        (void)closedir(dir);
    return count;
}

static void run_many(net *n, int count) {
    for (int i = 0; i < count; i++) {
        fetch f;
        /* Every tenth one ends badly. */
        fetch_run(&f, n->p, n->s, i % 10 ? "/status/200" : paths[5 + i / 10 % 3]);
        fetch_free(&f);
    }
}

static void ten_thousand_requests_leave_nothing(void **state) {
    net *n = *state;
    run_many(n, 1000);
    int files = open_files();
    int64_t heap = orx_heap_in_use();
    run_many(n, 10000);
    int64_t grown = orx_heap_in_use() - heap;
    if (grown > (int64_t)64 * 1024)
        fail_msg("10,000 requests left %lld bytes behind", (long long)grown);
    if (open_files() > files + 4)
        fail_msg("10,000 requests left %d files open", open_files() - files);
}

static void a_platform_goes_with_its_requests(void **state) {
    net *n = *state;
    int files = open_files();
    for (int i = 0; i < 5; i++) {
        orx_platform *p = NULL;
        assert_ok(orx_platform_uv_new(&p, &n->err), &n->err);
        fetch f[3];
        for (size_t k = 0; k < ORX_ARRAY_LEN(f); k++) {
            fetch_prepare(&f[k], p, n->s, paths[k * 4]);
            fetch_begin(&f[k]);
        }
        for (int t = 0; t < i * 3; t++)
            (void)orx_loop_step(p, ORX_MS);
        orx_platform_free(p); /* the requests are dropped without a word */
        for (size_t k = 0; k < ORX_ARRAY_LEN(f); k++) {
            f[k].http = NULL;
            fetch_free(&f[k]);
        }
    }
    assert_true(open_files() <= files + 8); /* the server's threads close theirs a little later */
}

#define T(f) cmocka_unit_test_setup_teardown(f, net_setup, net_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(ended_at_every_event),
        T(freed_at_every_turn),
        T(stopping_twice_or_late_is_fine),
        T(requests_can_be_made_in_callbacks),
        T(ten_thousand_requests_leave_nothing),
        T(a_platform_goes_with_its_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
