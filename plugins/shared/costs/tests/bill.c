#include "bill.h"

#include "data/yaml.h"
#include "platform/files.h"
#include "plugin/registry.h"

#include <stdlib.h>

#define ORIGIN "http://127.0.0.1:1234"

/* ---- The vendor ------------------------------------------------------------------------------ */

static void keep_sent(bill *b, const orx_sim_request *r) {
    orx_str_addf(&b->sent, "%s %s\n", r->method, r->target);
    for (size_t i = 0; i < r->header_count; i++)
        orx_str_addf(&b->sent, "%.*s: %.*s\n", ORX_VIEW_ARG(r->headers[i].name),
                     ORX_VIEW_ARG(r->headers[i].value));
    if (r->body.len)
        orx_str_addf(&b->sent, "%.*s\n", ORX_VIEW_ARG(r->body));
    if (b->asked < ORX_ARRAY_LEN(b->asked_at))
        b->asked_at[b->asked] = orx_sim_now(b->sim);
}

static void add_padding(orx_sim_reply *reply, size_t count) {
    ORX_CLEANUP(orx_str_free) orx_str spaces = {0};
    while (spaces.len < count)
        orx_str_adds(&spaces, "                                                                ");
    if (count)
        orx_sim_reply_body(reply, orx_str_view(&spaces));
}

static void vendor(const orx_sim_request *request, orx_sim_reply *reply, void *user) {
    bill *b = user;
    if (b->asked == b->reply_count)
        fail_msg("a request that nobody expected: %s", request->target);
    keep_sent(b, request);
    const bill_reply *r = &b->replies[b->asked++];
    if (r->retry_after)
        orx_sim_reply_header(reply, "retry-after", r->retry_after);
    if (r->how != ORX_SIM_REPLY_REFUSED) {
        orx_sim_reply_head(reply, r->status ? r->status : 200);
        if (r->wait_ns)
            orx_sim_reply_wait(reply, r->wait_ns);
        add_padding(reply, r->padding);
        if (r->body)
            orx_sim_reply_body(reply, orx_view_of(r->body));
    }
    orx_sim_reply_end(reply, r->how);
}

/* ---- The machine ----------------------------------------------------------------------------- */

static int secret(void *user, const char *reference, orx_str *ret_value, orx_err *err) {
    const bill *b = user;
    if (b->no_key)
        return orx_err_set(err, ORX_E_NOT_FOUND, "the secret %s is not set", reference);
    orx_str_adds(ret_value, "key-of-an-admin");
    return 0;
}

static const orx_store_room *const rooms[] = {&orx_ingest_room, NULL};

int bill_setup(void **state) {
    bill *b = calloc(1, sizeof *b);
    orx_err err = ORX_ERR_INIT;
    b->sim = orx_sim_new(1);
    b->host = orx_sim_add_host(b->sim, "machine");
    b->p = orx_sim_platform(b->host);
    b->base = ORIGIN "/v1";
    orx_sim_jump_clock(b->host, BILL_NOW - orx_wall_ns(b->p));
    orx_sim_module(b->sim, "/plugin.so", ORXAQ_PLUGIN_SYMBOL,
                   (orx_module_fn)(void (*)(void))orxaq_plugin_query);
    orx_sim_endpoint(b->sim, ORIGIN, vendor, b);
    assert_ok(orx_mkdirs(b->p, "/files", true, &err), &err);
    assert_ok(orx_store_open(b->p, "/root", "primary", rooms, ORX_STORE_CREATE, &b->s, &err), &err);
    const orx_plugin_setup setup = {.root = "/", .secret = secret, .user = b};
    b->all = orx_plugins_new(b->p, &setup);
    b->spec = (orx_ingest_spec){.files_dir = "/files",
                                .window_ns = (int64_t)30 * 24 * 3600 * ORX_SEC,
                                .page_items = 200,
                                .max_pages = 20,
                                .timeout_ns = 20 * ORX_SEC,
                                .retries = 2,
                                .backoff_ns = 2 * ORX_SEC};
    *state = b;
    return 0;
}

int bill_teardown(void **state) {
    bill *b = *state;
    orx_instance_free(b->instance);
    orx_plugins_free(b->all);
    orx_store_close(b->s);
    orx_sim_free(b->sim);
    orx_str_free(&b->sent);
    orx_arena_free(&b->arena);
    free(b);
    return 0;
}

static int make(bill *b, const char *settings, orx_err *err) {
    const orx_node *tree = NULL;
    orx_plugin *plugin = orx_arena_zalloc(&b->arena, 1, sizeof *plugin);
    plugin->all = b->all;
    assert_ok(orx_module_view_open(b->p, "/plugin.so", false, &b->arena, &plugin->view, err), err);
    assert_ok(
        orx_yaml_parse(&b->arena, "s.yaml", orx_view_of(settings), &orx_limits_config, &tree, err),
        err);
    orx_instance_free(b->instance);
    b->instance = NULL;
    const orx_instance_spec spec = {.plugin = plugin,
                                    .name = "x",
                                    .settings = tree,
                                    .file = "s.yaml",
                                    .path = "settings",
                                    .secret = "env:THE_ADMIN_KEY"};
    return orx_instance_new(b->all, &spec, &b->instance, err);
}

void bill_make(bill *b, const char *settings) {
    orx_err err = ORX_ERR_INIT;
    const char *text = orx_arena_printf(&b->arena, "base_url: %s\n%s", b->base, settings);
    assert_ok(make(b, text, &err), &err);
}

void bill_make_plain(bill *b, const char *settings) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(make(b, *settings ? settings : "{}", &err), &err);
}

const char *bill_refused(bill *b, const char *settings) {
    orx_err err = ORX_ERR_INIT;
    if (make(b, settings, &err) >= 0)
        fail_msg("these settings were accepted: %s", settings);
    return orx_arena_strdup(&b->arena, err.msg);
}

const orx_ingest_report *bill_run(bill *b, const bill_reply *replies, size_t count) {
    orx_err err = ORX_ERR_INIT;
    b->replies = replies;
    b->reply_count = count;
    b->asked = 0;
    orx_str_clear(&b->sent);
    b->spec.instance = b->instance;
    assert_ok(orx_ingest_run(b->p, b->s, &b->spec, &b->arena, &b->report, &err), &err);
    assert_int_equal(b->asked, count);
    return &b->report;
}

/* ---- What is stored -------------------------------------------------------------------------- */

static void add_stated(orx_str *out, const char *name, int64_t n) {
    if (n >= 0)
        orx_str_addf(out, " %s=%lld", name, (long long)n);
}

static bool add_row(const orx_billed *r, void *user) {
    orx_str *out = user;
    char start[ORX_ISO_MAX];
    char end[ORX_ISO_MAX];
    int64_t nano;
    orx_iso_time(r->start_ns, start);
    orx_iso_time(r->end_ns, end);
    orx_str_addf(out, "%.*s %.*s %.16s %.16s %.*s %.*s", ORX_VIEW_ARG(r->provider),
                 ORX_VIEW_ARG(r->source), start, end, ORX_VIEW_ARG(r->model),
                 ORX_VIEW_ARG(r->dims));
    if (r->has_amount && orx_decimal_round(r->amount, &nano)) {
        orx_str_addc(out, ' ');
        orx_decimal_format(nano, out);
    }
    const orx_billed_tokens *t = &r->tokens;
    add_stated(out, "in", t->input);
    add_stated(out, "read", t->cache_read);
    add_stated(out, "w5", t->cache_write_5m);
    add_stated(out, "w1", t->cache_write_1h);
    add_stated(out, "out", t->output);
    add_stated(out, "total", t->total);
    add_stated(out, "requests", t->requests);
    orx_str_addc(out, '\n');
    return true;
}

const char *bill_rows(bill *b) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_billed_each(b->s, 0, INT64_MAX, add_row, &out, &err), &err);
    return orx_arena_strdup(&b->arena, orx_str_cstr(&out));
}

typedef struct summing {
    const char *provider;
    orx_decimal sum;
} summing;

static bool add_amount(const orx_billed *r, void *user) {
    summing *m = user;
    if (r->has_amount && orx_view_is(r->provider, m->provider))
        assert_true(orx_decimal_add(&m->sum, r->amount));
    return true;
}

int64_t bill_total(bill *b, const char *provider) {
    orx_err err = ORX_ERR_INIT;
    summing m = {.provider = provider};
    int64_t nano = 0;
    assert_ok(orx_billed_each(b->s, 0, INT64_MAX, add_amount, &m, &err), &err);
    assert_true(orx_decimal_round(m.sum, &nano));
    return nano;
}
