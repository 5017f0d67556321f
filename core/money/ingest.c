/* Driving a fetch to its end. */
#include "money/ingest.h"

#include "base/digest.h"
#include "data/json.h"
#include "money/ingest_fetch.h"
#include "platform/http.h"
#include "platform/loop.h"
#include "plugin/job.h"

#define DAY_NS      (24 * (3600 * ORX_SEC))
#define RUN_NS      (3600 * ORX_SEC) /* the longest that one job may take */
#define WAIT_MAX_NS (900 * ORX_SEC)  /* a vendor that wants more is asked in the next run */
#define HOSTS_MAX   66

/* ---- Beginning and end ----------------------------------------------------------------------- */

static int store_state(orx_ingest_fetch *f, const orx_event *e, orx_err *err) {
    int rc = orx_tx_begin(f->s, err);
    if (rc < 0)
        return rc;
    rc = orx_ingest_state_put(f->s, &f->state, err);
    if (rc >= 0)
        rc = orx_event_append(f->s, e, NULL, err);
    if (rc >= 0)
        return orx_tx_commit(f->s, err);
    orx_tx_rollback(f->s);
    return rc;
}

static orx_node *body_of(orx_ingest_fetch *f) {
    orx_node *body = orx_node_new(&f->arena, ORX_OBJECT);
    orx_node_set_str(&f->arena, body, "source", f->state.instance);
    orx_node_set_str(&f->arena, body, "provider", f->state.provider);
    orx_node_set_int(&f->arena, body, "fetch", f->state.fetch);
    return body;
}

/* Files are known by what is in them: a fetch goes on only with the same. */
static const char *address_of_files(orx_ingest_fetch *f) {
    char hex[ORX_SHA256_HEX];
    uint8_t digest[ORX_SHA256_LEN];
    orx_sha256 d;
    orx_sha256_begin(&d);
    for (uint32_t i = 0; i < f->spec->file_count; i++) {
        const orxaq_cost_file *file = &f->spec->files[i];
        const uint64_t lens[] = {file->name.len, file->bytes.len};
        orx_sha256_add(&d, lens, sizeof lens);
        orx_sha256_add(&d, file->name.data, (size_t)file->name.len);
        orx_sha256_add(&d, file->bytes.data, (size_t)file->bytes.len);
    }
    orx_sha256_end(&d, digest);
    orx_hex(digest, 8, hex);
    return orx_arena_printf(&f->arena, "%u %s, sha256 %.16s ...", f->spec->file_count,
                            f->spec->file_count == 1 ? "file" : "files", hex);
}

/* What the address is, without its query. */
static const char *address_of(orx_ingest_fetch *f) {
    const char *url = f->spec->endpoint;
    if (f->spec->file_count)
        return address_of_files(f);
    if (!url)
        url = orx_node_str(orx_node_get(orx_instance_settings(f->spec->instance), "base_url"), "");
    return orx_arena_dup(&f->arena, orx_view_mem(url, strcspn(url, "?#")));
}

static const char *covers_of(orx_ingest_fetch *f) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *list = orx_node_get(orx_instance_settings(f->spec->instance), "providers");
    if (!list || list->kind != ORX_ARRAY)
        return "";
    orx_json_write(&text, list, ORX_JSON_CANONICAL);
    return orx_arena_strdup(&f->arena, orx_str_cstr(&text));
}

const char *orx_ingest_provider(const orx_plugin *plugin, const orx_node *settings) {
    const char *own = orx_node_str(orx_node_get(settings, "provider"), "");
    return *own ? own : orx_plugin_ingest(plugin)->provider;
}

static void begin_anew(orx_ingest_fetch *f, int64_t now) {
    const orx_ingest_spec *spec = f->spec;
    const orx_plugin *plugin = orx_instance_plugin(spec->instance);
    int64_t from = now > spec->window_ns ? now - spec->window_ns : 0;
    f->state = (orx_ingest_state){
        .instance = orx_arena_strdup(&f->arena, orx_instance_name(spec->instance)),
        .provider = orx_arena_strdup(
            &f->arena, orx_ingest_provider(plugin, orx_instance_settings(spec->instance))),
        .endpoint = f->address,
        .fetch = f->state.fetch + 1,
        .begun_ns = now,
        .from_ns = from - from % DAY_NS,
        .to_ns = now,
        .checkpoint = "",
        .open = true,
        .reasons = "",
        .status = "",
        .message = "",
        .covers = covers_of(f),
        .ended_ns = f->state.ended_ns,
        .good_ns = f->state.good_ns,
    };
}

/* Whether the fetch of before is gone on with. */
static bool goes_on(orx_ingest_fetch *f, int64_t now) {
    const orx_ingest_state *st = &f->state;
    return st->open && *st->checkpoint && st->begun_ns <= now && now - st->begun_ns < DAY_NS &&
           strcmp(st->endpoint, f->address) == 0;
}

static int begin(orx_ingest_fetch *f, bool *ret_resumed, orx_err *err) {
    int64_t now = orx_wall_ns(f->p);
    const char *name = orx_instance_name(f->spec->instance);
    int rc = orx_ingest_state_get(f->s, name, &f->arena, &f->state, err);
    if (rc < 0)
        return rc;
    *ret_resumed = rc == 1 && goes_on(f, now);
    if (*ret_resumed) {
        f->state.message = "";
        return 0;
    }
    begin_anew(f, now);
    const orx_event e = {.kind = "bill.begun", .schema = 1, .body = body_of(f)};
    return store_state(f, &e, err);
}

static bool is_fine(const char *status) {
    return strcmp(status, "ok") == 0 || strcmp(status, "no_data") == 0 ||
           strcmp(status, "partial") == 0;
}

/* The word for how it ended. */
static const char *status_of(const orx_ingest_state *st, const orx_job_result *r) {
    bool some = st->rows > 0;
    switch (r->kind) {
    case ORXAQ_KIND_OK:
        if (st->seen > 0 && !some)
            return "unrecognised_shape";
        return st->rejected ? "partial" : some ? "ok" : "no_data";
    case ORXAQ_KIND_AUTH:
        return "auth_failed";
    case ORXAQ_KIND_LIMIT:
        return "truncated";
    case ORXAQ_KIND_PROTOCOL:
        if (r->http_status == 200 && !r->fault)
            return "unrecognised_shape";
        return some ? "partial" : "failed";
    default:
        return some ? "partial" : "failed";
    }
}

static int end(orx_ingest_fetch *f, const orx_job_result *r, orx_err *err) {
    orx_ingest_state *st = &f->state;
    st->status = status_of(st, r);
    st->ok = is_fine(st->status);
    st->message = orx_arena_strdup(&f->arena, r->kind == ORXAQ_KIND_OK ? "" : r->message);
    st->open = r->kind != ORXAQ_KIND_OK;
    st->ended_ns = orx_wall_ns(f->p);
    st->good_ns = r->kind == ORXAQ_KIND_OK && st->ok ? st->ended_ns : st->good_ns;
    orx_node *body = body_of(f);
    orx_node_set_str(&f->arena, body, "status", st->status);
    orx_node_set_int(&f->arena, body, "rows", st->rows);
    orx_node_set_int(&f->arena, body, "rejected", st->rejected);
    const orx_event e = {.kind = "bill.fetched", .schema = 1, .body = body};
    return store_state(f, &e, err);
}

/* ---- Jobs ------------------------------------------------------------------------------------ */

/* The machines that may be asked: those of the plugin, and the one that the operator named. */
static const char *const *hosts_of(orx_ingest_fetch *f) {
    const orx_ingest_spec *spec = f->spec;
    const orxaq_ingest *ingest = orx_plugin_ingest(orx_instance_plugin(spec->instance));
    const char **hosts = orx_arena_zalloc(&f->arena, HOSTS_MAX, sizeof *hosts);
    const char *url =
        orx_node_str(orx_node_get(orx_instance_settings(spec->instance), "base_url"), NULL);
    orx_http_place place;
    size_t n = 0;
    for (; n < ingest->host_count; n++)
        hosts[n] = ingest->hosts[n];
    if (url && orx_http_place_of(url, &place, NULL) >= 0)
        hosts[n++] = orx_arena_dup(&f->arena, place.host);
    return hosts;
}

static int run_job(orx_ingest_fetch *f, const char *const *hosts, orx_job_result *ret_result,
                   orx_err *err) {
    const orx_ingest_state *st = &f->state;
    const orx_ingest_spec *spec = f->spec;
    int64_t now = orx_wall_ns(f->p);
    const orxaq_fetch_args args = {
        .struct_size = sizeof args,
        .file_count = spec->file_count,
        .from_ns = st->from_ns,
        .to_ns = st->to_ns < now ? st->to_ns : now,
        .now_ns = now,
        .page_items = spec->page_items,
        .checkpoint = orxaq_str(st->checkpoint),
        .files = spec->files,
        .sink = &f->table,
        .files_dir = orxaq_str(spec->files_dir),
    };
    const orx_job_spec job = {.instance = spec->instance,
                              .kind = ORX_JOB_INGEST,
                              .op = ORXAQ_OP_FETCH,
                              .args = &args,
                              .files_dir = spec->files_dir,
                              .total_ns = RUN_NS,
                              .idle_ns = spec->timeout_ns,
                              .first_byte_ns = spec->timeout_ns,
                              .ca_file = spec->ca_file,
                              .hosts = hosts};
    f->moved = false;
    f->saved = f->state;
    int rc = orx_job_run(f->p, &job, &f->arena, ret_result, err);
    if (rc < 0)
        return rc;
    /* Rows of a page that did not end were not written and do not count. */
    int64_t calls = f->saved.calls + ret_result->requests;
    if (ret_result->kind != ORXAQ_KIND_OK)
        f->state = f->saved;
    f->state.calls = calls;
    orx_ingest_forget(f);
    return f->broken ? orx_err_set(err, f->err.code, "%s", f->err.msg) : 0;
}

static bool may_help(const orx_job_result *r) {
    if (r->retry != ORXAQ_RETRY_BY_KIND || r->fault)
        return r->retry == ORXAQ_RETRY_YES && !r->fault;
    return r->kind == ORXAQ_KIND_RATE_LIMIT || r->kind == ORXAQ_KIND_OVERLOADED ||
           r->kind == ORXAQ_KIND_NETWORK || r->kind == ORXAQ_KIND_TIMEOUT ||
           r->kind == ORXAQ_KIND_NO_PROGRESS;
}

/* How long to wait before the try number `failures` + 1; up to a quarter more than the back-off, so
 * that many do not come back together, and never less than the vendor asks for. */
static int64_t wait_of(orx_ingest_fetch *f, int64_t failures, int64_t retry_after_ms) {
    uint32_t bits;
    int64_t wait = f->spec->backoff_ns << (failures < 9 ? failures : 9);
    orx_random(f->p, &bits, sizeof bits);
    wait += (int64_t)(bits % 256) * (wait / 1024);
    int64_t stated =
        retry_after_ms > 0 && retry_after_ms < INT64_MAX / ORX_MS ? retry_after_ms * ORX_MS : 0;
    return wait > stated ? wait : stated;
}

static int fetch(orx_ingest_fetch *f, orx_job_result *ret_result, orx_err *err) {
    const char *const *hosts = hosts_of(f);
    int64_t failures = 0;
    for (;;) {
        int rc = run_job(f, hosts, ret_result, err);
        if (rc < 0)
            return rc;
        if (ret_result->kind == ORXAQ_KIND_OK || !may_help(ret_result))
            return 0;
        failures = f->moved ? 0 : failures;
        int64_t wait = wait_of(f, failures, ret_result->retry_after_ms);
        if (failures++ >= f->spec->retries || wait > WAIT_MAX_NS)
            return 0;
        orx_loop_sleep(f->p, wait);
    }
}

static int run_once(orx_ingest_fetch *f, bool *ret_resumed, orx_err *err) {
    orx_job_result result = {0};
    int rc = begin(f, ret_resumed, err);
    if (rc >= 0)
        rc = fetch(f, &result, err);
    return rc < 0 ? rc : end(f, &result, err);
}

int orx_ingest_run(orx_platform *p, orx_store *s, const orx_ingest_spec *spec, orx_arena *arena,
                   orx_ingest_report *ret_report, orx_err *err) {
    orx_ingest_fetch f = {.table = orx_ingest_sink, .p = p, .s = s, .spec = spec};
    bool resumed = false;
    f.address = address_of(&f);
    int rc = run_once(&f, &resumed, err);
    /* What was left of the last fetch is not yet the bill of today. */
    if (rc >= 0 && resumed && !f.state.open) {
        f.pages = 0;
        f.reason_count = 0;
        rc = run_once(&f, &resumed, err);
    }
    if (rc >= 0) {
        *ret_report = orx_ingest_report_of(&f.state, &f.arena);
        rc = orx_ingest_state_get(s, orx_instance_name(spec->instance), arena, &f.state, err);
    }
    if (rc >= 0)
        *ret_report = orx_ingest_report_of(&f.state, arena);
    orx_ingest_forget(&f);
    orx_arena_free(&f.arena);
    return rc < 0 ? rc : 0;
}
