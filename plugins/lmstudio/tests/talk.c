#include "talk.h"

#include "data/yaml.h"
#include "platform/files.h"
#include "platform/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The network ----------------------------------------------------------------------------- */

static talk *current;

typedef struct line_open {
    orx_http base;
    orx_http_spec spec;
    const reply *r;
    orx_timer *timer;
} line_open;

static void play(void *user) {
    line_open *l = user;
    const reply *r = l->r;
    orx_http_result result = {.end = r->end, .status = r->status};
    l->timer = NULL;
    if (r->status) {
        const orx_http_header headers[] = {
            {orx_view_of("content-type"), orx_view_of("text/plain")},
            {orx_view_of("retry-after"), orx_view_of(r->retry_after)}};
        l->spec.on_head(&l->base, r->status, headers, r->retry_after ? 2 : 1, l->spec.user);
    }
    size_t len = r->body ? strlen(r->body) : 0;
    size_t first = r->cut && r->cut < len ? r->cut : len;
    if (first)
        l->spec.on_body(&l->base, orx_view_mem(r->body, first), l->spec.user);
    if (len > first)
        l->spec.on_body(&l->base, orx_view_mem(r->body + first, len - first), l->spec.user);
    if (r->end != ORX_HTTP_DONE)
        (void)snprintf(result.message, sizeof result.message, "the line went dead");
    l->spec.on_end(&l->base, &result, l->spec.user);
}

static void keep_sent(talk *t, const orx_http_spec *spec) {
    orx_str_addf(&t->sent, "%s %s\n", spec->method, spec->url);
    for (size_t i = 0; i < spec->header_count; i++)
        orx_str_addf(&t->sent, "%.*s: %.*s\n", ORX_VIEW_ARG(spec->headers[i].name),
                     ORX_VIEW_ARG(spec->headers[i].value));
    orx_str_addf(&t->sent, "\n%.*s\n", ORX_VIEW_ARG(spec->body));
    orx_str_addf(&t->bodies, "%.*s\n", ORX_VIEW_ARG(spec->body));
}

static int net_start(orx_platform *p, const orx_http_spec *spec, const orx_http_place *place,
                     orx_http **ret_http, orx_err *err) {
    (void)place;
    (void)err;
    talk *t = current;
    if (!t->replies)
        return t->real->start(p, spec, place, ret_http, err);
    if (t->asked == t->reply_count)
        fail_msg("a request that nobody expected: %s %s", spec->method, spec->url);
    keep_sent(t, spec);
    line_open *l = calloc(1, sizeof *l);
    l->base.platform = p;
    l->spec = *spec;
    l->r = &t->replies[t->asked++];
    l->timer = orx_timer_start(p, 0, play, l);
    *ret_http = &l->base;
    return 0;
}

static void net_pause(orx_http *http, bool on) {
    if (!current->replies)
        current->real->pause(http, on);
}

static void net_stop(orx_http *http) {
    if (!current->replies)
        current->real->stop(http);
}

static void net_free(orx_http *http) {
    line_open *l = (line_open *)(void *)http;
    if (!current->replies) {
        current->real->free(http);
        return;
    }
    orx_timer_cancel(http->platform, l->timer);
    free(l);
}

static const struct orx_http_ops scripted = {net_start, net_pause, net_stop, net_free};

/* ---- World ----------------------------------------------------------------------------------- */

int talk_setup(void **state) {
    talk *t = calloc(1, sizeof *t);
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_platform_uv_new(&t->p, &err), &err);
    t->real = t->p->http;
    t->p->http = &scripted;
    (void)snprintf(t->dir, sizeof t->dir, "/tmp/orxaq-lmstudio.XXXXXX");
    assert_non_null(mkdtemp(t->dir));
    t->all = orx_plugins_new(t->p, NULL);
    (void)setenv("LM_TEST_KEY", "k-123", 1);
    current = t;
    talk_instance(t, "{}");
    *state = t;
    return 0;
}

int talk_teardown(void **state) {
    talk *t = *state;
    orx_instance_free(t->instance);
    orx_plugins_free(t->all);
    (void)orx_remove_tree(t->p, t->dir, NULL);
    orx_platform_free(t->p);
    orx_str_free(&t->sent);
    orx_str_free(&t->bodies);
    orx_str_free(&t->events);
    orx_arena_free(&t->arena);
    free(t);
    return 0;
}

static int make(talk *t, const char *settings, orx_err *err) {
    const char *path =
        orx_arena_printf(&t->arena, "%s/plugins/lmstudio.so", getenv("ORX_BUILD_DIR"));
    const orx_plugin_ref ref = {.path = path};
    const orx_plugin *plugin = NULL;
    const orx_node *tree = NULL;
    assert_ok(orx_plugins_load(t->all, &ref, &plugin, err), err);
    assert_ok(
        orx_yaml_parse(&t->arena, "s.yaml", orx_view_of(settings), &orx_limits_config, &tree, err),
        err);
    orx_instance_free(t->instance);
    t->instance = NULL;
    const orx_instance_spec spec = {
        .plugin = plugin, .name = "x", .settings = tree, .file = "s.yaml", .path = "settings"};
    return orx_instance_new(t->all, &spec, &t->instance, err);
}

void talk_instance(talk *t, const char *settings) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(make(t, settings, &err), &err);
}

const char *talk_refused(talk *t, const char *settings) {
    orx_err err = ORX_ERR_INIT;
    if (make(t, settings, &err) >= 0)
        fail_msg("these settings were accepted: %s", settings);
    return orx_arena_strdup(&t->arena, err.msg);
}

/* ---- What is heard --------------------------------------------------------------------------- */

#define V(v) (int)(v).len, (v).data ? (v).data : ""

static void on_text(void *user, const orxaq_text *x) {
    static const char *const names[] = {"?", "answer", "thought", "notice"};
    talk *t = user;
    orx_str_addf(&t->events, "%s%s %.*s\n", names[x->channel], x->delta ? "+" : "", V(x->text));
}

static void on_call(void *user, const orxaq_tool_call *c) {
    talk *t = user;
    assert_int_equal(c->phase, ORXAQ_TOOL_REQUESTED);
    orx_str_addf(&t->events, "call %.*s %.*s %.*s\n", V(c->id), V(c->name), V(c->arguments));
}

static void on_usage(void *user, const orxaq_usage *u) {
    talk *t = user;
    assert_int_equal(u->scope, ORXAQ_SCOPE_REQUEST);
    assert_int_equal(u->requests, 1);
    orx_str_addf(&t->events, "usage %.*s in=%lld read=%lld out=%lld reason=%lld by=%d asked=%.*s ",
                 V(u->key), (long long)u->input_tokens, (long long)u->cache_read_tokens,
                 (long long)u->output_tokens, (long long)u->reasoning_tokens, u->provenance,
                 V(u->model_asked));
    orx_str_addf(&t->events, "answered=%.*s\n", V(u->model_answered));
}

static void on_probe(void *user, const orxaq_probe *p) {
    talk *t = user;
    orx_str_addf(&t->events, "probe %d %.*s %.*s\n", p->ready, V(p->program), V(p->version));
}

static void on_model(void *user, const orxaq_model *m) {
    talk *t = user;
    orx_str_addf(&t->events, "model %.*s loaded=%d context=%lld size=%lld ", V(m->id), m->loaded,
                 (long long)m->context_tokens, (long long)m->size_bytes);
    orx_str_addf(&t->events, "family=%.*s abilities=%llu\n", V(m->family),
                 (unsigned long long)m->abilities);
}

static void on_vector(void *user, const orxaq_embedding *e) {
    talk *t = user;
    orx_str_addf(&t->events, "vector %u %u %.3f\n", e->index, e->count, (double)e->values[0]);
}

/* ---- Running --------------------------------------------------------------------------------- */

const orx_job_result *talk_op(talk *t, int32_t op, const void *args, const reply *replies,
                              size_t count) {
    orx_err err = ORX_ERR_INIT;
    const orx_job_events events = {.text = on_text,
                                   .tool_call = on_call,
                                   .usage = on_usage,
                                   .probe = on_probe,
                                   .model = on_model,
                                   .embedding = on_vector,
                                   .user = t};
    const orx_job_spec spec = {.instance = t->instance,
                               .kind = ORX_JOB_PROVIDER,
                               .op = op,
                               .args = args,
                               .files_dir = t->dir,
                               .total_ns = 300 * ORX_SEC,
                               .events = &events};
    t->replies = replies;
    t->reply_count = count;
    t->asked = 0;
    orx_str_clear(&t->sent);
    orx_str_clear(&t->bodies);
    orx_str_clear(&t->events);
    assert_ok(orx_job_run(t->p, &spec, &t->arena, &t->result, &err), &err);
    if (t->result.fault)
        fail_msg("the driver broke the rules: %s", t->result.message);
    if (replies)
        assert_int_equal(t->asked, count);
    return &t->result;
}

static const orxaq_message hello = {
    .struct_size = sizeof hello, .role = ORXAQ_ROLE_USER, .text = {"Say hello.", 10}};
const orxaq_turn_args talk_turn_args = {.struct_size = sizeof talk_turn_args,
                                        .message_count = 1,
                                        .messages = &hello,
                                        .model = {"m", 1},
                                        .temperature = -1};

const orx_job_result *talk_turn(talk *t, const reply *r) {
    return talk_op(t, ORXAQ_OP_TURN, &talk_turn_args, r, 1);
}

void talk_expect(const talk *t, int32_t kind) {
    if (t->result.kind != kind)
        fail_msg("expected outcome %d, found %d: %s\n%s", kind, t->result.kind, t->result.message,
                 orx_str_cstr(&t->events));
}
