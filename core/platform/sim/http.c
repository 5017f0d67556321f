/* Requests of simulated processes, played from the answer that an endpoint wrote down. */
#include "platform/sim/http.h"

#include "base/arena.h"
#include "platform/sim/world.h"

#include <stdio.h>
#include <stdlib.h>

#define LATENCY_MAX (5 * ORX_MS)
#define SLOW_MAX    (60 * ORX_SEC)
#define PIECE_MAX   4096

/* ---- Answers --------------------------------------------------------------------------------- */

typedef struct reply_step {
    enum { STEP_HEAD, STEP_BODY, STEP_WAIT } what;
    orx_view bytes;
    int64_t ns;
    int status;
    size_t headers; /* HEAD: how many there were */
} reply_step;

struct orx_sim_reply {
    orx_arena mem;
    ORX_VEC(reply_step) steps;
    ORX_VEC(orx_http_header) headers;
    bool head;
    bool ended;
    orx_sim_reply_how how;
};

static void add_step(orx_sim_reply *reply, reply_step step) {
    if (reply->ended)
        orx_sim_misuse("an endpoint goes on after the end of its reply");
    orx_vec_push(&reply->steps, step);
}

void orx_sim_reply_header(orx_sim_reply *reply, const char *name, const char *value) {
    if (reply->head)
        orx_sim_misuse("an endpoint adds the header %s behind the head", name);
    orx_http_header h = {orx_view_of(orx_arena_strdup(&reply->mem, name)),
                         orx_view_of(orx_arena_strdup(&reply->mem, value))};
    orx_vec_push(&reply->headers, h);
}

void orx_sim_reply_head(orx_sim_reply *reply, int status) {
    reply->head = true;
    add_step(reply, (reply_step){.what = STEP_HEAD, .status = status});
}

void orx_sim_reply_body(orx_sim_reply *reply, orx_view bytes) {
    if (!reply->head)
        orx_sim_reply_head(reply, 200);
    add_step(reply, (reply_step){.what = STEP_BODY, .bytes = orx_arena_view(&reply->mem, bytes)});
}

void orx_sim_reply_wait(orx_sim_reply *reply, int64_t ns) {
    add_step(reply, (reply_step){.what = STEP_WAIT, .ns = ns});
}

void orx_sim_reply_end(orx_sim_reply *reply, orx_sim_reply_how how) {
    if (how == ORX_SIM_REPLY_DONE && !reply->head)
        orx_sim_reply_head(reply, 200);
    reply->how = how;
    reply->ended = true;
}

/* ---- Endpoints ------------------------------------------------------------------------------- */

typedef struct endpoint {
    orx_sim_endpoint_fn fn;
    void *user;
    uint64_t requests;
} endpoint;

void orx_sim_endpoint(orx_sim *s, const char *origin, orx_sim_endpoint_fn fn, void *user) {
    endpoint *e = orx_xcalloc(1, sizeof *e);
    e->fn = fn;
    e->user = user;
    free(orx_map_put(&s->endpoints, orx_view_of(origin), e));
}

void orx_sim_endpoints_free(orx_sim *s) {
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&s->endpoints, &i)))
        free(e->value);
    orx_map_free(&s->endpoints);
}

orx_view orx_sim_request_header(const orx_sim_request *request, const char *name) {
    for (size_t i = 0; i < request->header_count; i++)
        if (orx_view_ieq(request->headers[i].name, orx_view_of(name)))
            return request->headers[i].value;
    return (orx_view){0};
}

/* ---- A request ------------------------------------------------------------------------------- */

typedef struct sim_request {
    orx_http base;
    orx_sim_task *task;
    orx_list link; /* in the task's requests */
    orx_arena mem;
    orx_http_spec spec;
    orx_http_header *headers;
    const char *origin;
    const char *target;
    orx_sim_reply reply;
    size_t at;      /* step that is due */
    size_t at_byte; /* of a body */
    size_t breaks;  /* a fault: the step before which it happens */
    orx_sim_reply_how fault;
    bool asked; /* the endpoint was called */
    bool first_came;
    bool over;
    bool paused;
    bool freed;
    int telling;
    int64_t started;
    orx_timer *next;
    orx_timer *total;
    orx_timer *quiet;
    orx_http_result result;
} sim_request;

static sim_request *request_of(orx_http *http) {
    return (sim_request *)(void *)http;
}

static void play(void *user);

/* Lets the next thing happen after so long. */
static void go_on(sim_request *r, int64_t ns) {
    if (!r->next)
        r->next = orx_timer_start(r->base.platform, ns, play, r);
}

static void drop_timer(sim_request *r, orx_timer **timer) {
    orx_timer_cancel(r->base.platform, *timer);
    *timer = NULL;
}

static void destroy(sim_request *r) {
    orx_list_remove(&r->link);
    drop_timer(r, &r->next);
    drop_timer(r, &r->total);
    drop_timer(r, &r->quiet);
    orx_vec_free(&r->reply.steps);
    orx_vec_free(&r->reply.headers);
    orx_arena_free(&r->reply.mem);
    orx_arena_free(&r->mem);
    free(r);
}

/* Frees a request that its caller freed in a callback. */
static void settle(sim_request *r) {
    if (r->freed && !r->telling)
        destroy(r);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static void end(sim_request *r, orx_http_end how, const char *words) {
    drop_timer(r, &r->next);
    drop_timer(r, &r->total);
    drop_timer(r, &r->quiet);
    r->result.end = how;
    r->result.wall_ns = r->task->sim->now - r->started;
    r->result.sent_bytes = r->asked ? (int64_t)r->spec.body.len : 0;
    if (how != ORX_HTTP_DONE)
        (void)snprintf(r->result.message, sizeof r->result.message, "%s: %s", r->origin, words);
    orx_sim_note(r->task->sim, "http end", r->task->number, (uint64_t)how);
    r->over = true;
    orx_http_result result = r->result;
    r->telling++;
    if (r->spec.on_end && !r->freed)
        r->spec.on_end(&r->base, &result, r->spec.user);
    r->telling--;
}

static void end_as(sim_request *r, orx_sim_reply_how how) {
    switch (how) {
    case ORX_SIM_REPLY_DONE:
        end(r, ORX_HTTP_DONE, "");
        break;
    case ORX_SIM_REPLY_CUT:
        end(r, ORX_HTTP_CUT, "connection reset");
        break;
    case ORX_SIM_REPLY_MALFORMED:
        end(r, ORX_HTTP_MALFORMED, "this is no HTTP");
        break;
    case ORX_SIM_REPLY_REFUSED:
        end(r, ORX_HTTP_UNREACHED, "connection refused");
        break;
    case ORX_SIM_REPLY_STALL:
        break;
    }
}

static void on_total(void *user) {
    sim_request *r = user;
    r->total = NULL;
    end(r, ORX_HTTP_TIMEOUT, "no complete answer in time");
    settle(r);
}

static void on_quiet(void *user) {
    sim_request *r = user;
    r->quiet = NULL;
    bool first = !r->first_came && r->spec.first_byte_timeout_ns > 0;
    end(r, first ? ORX_HTTP_SILENT : ORX_HTTP_IDLE, "the server is silent");
    settle(r);
}

static void arm_quiet(sim_request *r) {
    drop_timer(r, &r->quiet);
    bool first = !r->first_came && r->spec.first_byte_timeout_ns > 0;
    int64_t limit = first ? r->spec.first_byte_timeout_ns : r->spec.idle_timeout_ns;
    if (limit > 0 && !r->paused)
        r->quiet = orx_timer_start(r->base.platform, limit, on_quiet, r);
}

static void heard(sim_request *r) {
    r->first_came = true;
    arm_quiet(r);
}

/* ---- Playing --------------------------------------------------------------------------------- */

/* Draws what the host's faults do to this request, once its answer is known. */
static void draw_faults(sim_request *r) {
    orx_sim *s = r->task->sim;
    const orx_sim_faults *f = &r->task->host->faults;
    const struct {
        uint32_t chance;
        orx_sim_reply_how how;
    } bad[] = {{f->http_refused, ORX_SIM_REPLY_REFUSED},
               {f->http_reset, ORX_SIM_REPLY_CUT},
               {f->http_stall, ORX_SIM_REPLY_STALL}};
    r->breaks = SIZE_MAX;
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++) {
        if (!bad[i].chance || orx_sim_below(&s->faults, 10000) >= bad[i].chance)
            continue;
        r->fault = bad[i].how;
        r->breaks = r->fault == ORX_SIM_REPLY_REFUSED
                        ? 0
                        : (size_t)orx_sim_below(&s->faults, r->reply.steps.len + 1);
        return;
    }
}

static void ask(sim_request *r) {
    endpoint *e = orx_map_get(&r->task->sim->endpoints, orx_view_of(r->origin));
    r->asked = true;
    if (e) {
        const orx_sim_request request = {.method = r->spec.method,
                                         .target = r->target,
                                         .headers = r->headers,
                                         .header_count = r->spec.header_count,
                                         .body = r->spec.body,
                                         .number = ++e->requests};
        e->fn(&request, &r->reply, e->user);
    }
    if (!r->reply.ended)
        orx_sim_reply_end(&r->reply, e ? ORX_SIM_REPLY_DONE : ORX_SIM_REPLY_REFUSED);
    draw_faults(r);
}

static void tell_head(sim_request *r, const reply_step *step) {
    r->result.status = step->status;
    heard(r);
    if (r->spec.on_head)
        r->spec.on_head(&r->base, step->status, r->reply.headers.items, r->reply.headers.len,
                        r->spec.user);
}

/* Hands over a drawn part of the body; true when that was the last. */
static bool tell_body(sim_request *r, const reply_step *step) {
    size_t left = step->bytes.len - r->at_byte;
    size_t most = left < PIECE_MAX ? left : PIECE_MAX;
    size_t n = most ? 1 + (size_t)orx_sim_below(&r->task->rng, most) : 0;
    int64_t room = r->spec.body_max > 0 ? r->spec.body_max - r->result.body_bytes : INT64_MAX;
    bool too_large = (int64_t)n > room;
    if (too_large)
        n = (size_t)room;
    orx_view piece = orx_view_mem(step->bytes.p + r->at_byte, n);
    r->at_byte += n;
    r->result.body_bytes += (int64_t)n;
    heard(r);
    if (n && r->spec.on_body)
        r->spec.on_body(&r->base, piece, r->spec.user);
    if (too_large && !r->freed && !r->over)
        end(r, ORX_HTTP_TOO_LARGE, "the answer is too large");
    return !too_large && r->at_byte == step->bytes.len;
}

/* Does the step that is due and says how long the next one takes; negative = nothing follows. */
static int64_t do_step(sim_request *r) {
    if (r->at == r->breaks || r->at == r->reply.steps.len) {
        end_as(r, r->at == r->breaks ? r->fault : r->reply.how);
        return -1;
    }
    const reply_step *step = &r->reply.steps.items[r->at];
    int64_t ns = (int64_t)orx_sim_below(&r->task->rng, ORX_MS);
    bool next = true;
    if (step->what == STEP_HEAD)
        tell_head(r, step);
    else if (step->what == STEP_BODY)
        next = tell_body(r, step);
    else
        ns = step->ns;
    if (next) {
        r->at++;
        r->at_byte = 0;
    }
    return ns;
}

static void play(void *user) {
    sim_request *r = user;
    r->next = NULL;
    if (!r->asked)
        ask(r);
    if (r->paused)
        return;
    r->telling++;
    int64_t ns = do_step(r);
    r->telling--;
    if (ns >= 0 && !r->over && !r->paused && !r->freed)
        go_on(r, ns);
    settle(r);
}

/* ---- The table ------------------------------------------------------------------------------- */

static void copy_spec(sim_request *r, const orx_http_spec *spec, const orx_http_place *place) {
    orx_arena *mem = &r->mem;
    r->spec = *spec;
    r->spec.method = orx_arena_strdup(mem, spec->method);
    r->spec.url = NULL;
    r->spec.body = orx_arena_view(mem, spec->body);
    r->headers = orx_arena_zalloc(mem, spec->header_count + 1, sizeof *r->headers);
    for (size_t i = 0; i < spec->header_count; i++)
        r->headers[i] = (orx_http_header){orx_arena_view(mem, spec->headers[i].name),
                                          orx_arena_view(mem, spec->headers[i].value)};
    bool six = memchr(place->host.p, ':', place->host.len) != NULL;
    r->origin =
        orx_arena_printf(mem, "%s://%s%.*s%s:%d", place->tls ? "https" : "http", six ? "[" : "",
                         ORX_VIEW_ARG(place->host), six ? "]" : "", place->port);
    const char *target = place->host.p + strcspn(place->host.p, "/?#");
    r->target = orx_arena_printf(mem, "%s%.*s", *target == '/' ? "" : "/",
                                 (int)strcspn(target, "#"), target);
}

static int start(orx_platform *p, const orx_http_spec *spec, const orx_http_place *place,
                 orx_http **ret_http, orx_err *err) {
    (void)err;
    orx_sim_task *t = orx_sim_task_of(p);
    orx_sim_maybe_yield(t);
    sim_request *r = orx_xcalloc(1, sizeof *r);
    r->base.platform = p;
    r->task = t;
    r->started = t->sim->now;
    copy_spec(r, spec, place);
    orx_list_append(&t->requests, &r->link);
    int64_t latency = 1 + (int64_t)orx_sim_below(&t->rng, LATENCY_MAX);
    uint32_t slow = t->host->faults.http_slow;
    if (slow && orx_sim_below(&t->sim->faults, 10000) < slow)
        latency += (int64_t)orx_sim_below(&t->sim->faults, SLOW_MAX);
    orx_sim_note(t->sim, "http", t->number, (uint64_t)latency);
    go_on(r, latency);
    if (spec->total_timeout_ns > 0)
        r->total = orx_timer_start(p, spec->total_timeout_ns, on_total, r);
    arm_quiet(r);
    *ret_http = &r->base;
    return 0;
}

static void pause_request(orx_http *http, bool on) {
    sim_request *r = request_of(http);
    if (r->paused == on || r->over)
        return;
    r->paused = on;
    arm_quiet(r);
    if (!on && !r->telling)
        go_on(r, 0);
}

static void stopped(void *user) {
    sim_request *r = user;
    r->next = NULL;
    end(r, ORX_HTTP_STOPPED, "the request was stopped");
    settle(r);
}

static void stop(orx_http *http) {
    sim_request *r = request_of(http);
    if (r->over)
        return;
    drop_timer(r, &r->next);
    drop_timer(r, &r->total);
    drop_timer(r, &r->quiet);
    r->next = orx_timer_start(http->platform, 0, stopped, r);
}

static void free_request(orx_http *http) {
    sim_request *r = request_of(http);
    if (r->telling)
        r->freed = true;
    else
        destroy(r);
}

void orx_sim_http_close(orx_sim_task *t, bool killed) {
    ORX_LIST_EACH(&t->requests, it) {
        sim_request *r = ORX_LIST_ITEM(it, sim_request, link);
        if (killed)
            orx_sim_keep(r->spec.user);
        destroy(r);
    }
}

const struct orx_http_ops orx_sim_http_ops = {
    .start = start, .pause = pause_request, .stop = stop, .free = free_request};
