/* ndjson.c: a sink that exports events to files, one JSON object a line.
 *
 * The settings name files and, for each, the kinds of events that go there. FLUSH turns a batch
 * into bytes per file and returns them as append effects; the host writes and rotates. */
#include <orxaq/orxaq.h>

#include <stdlib.h>

#define FILES_MAX 64

typedef struct ndjson {
    const orxaq_host *host;
    const orxaq_json_service *json;
    const orxaq_log_service *log;
    const orxaq_value *files;
} ndjson;

typedef struct ndjson_job {
    const ndjson *sink;
    const orxaq_events *events;
    const orxaq_value *file; /* the one to be asked for next */
    uint32_t asked;
    char *bytes[FILES_MAX];
    uint64_t len[FILES_MAX], cap[FILES_MAX];
    orxaq_append append;
    int failed, said;
} ndjson_job;

#define KEY(path, kind, mark, fallback, limit, text)                                               \
    {                                                                                              \
        .struct_size = sizeof(orxaq_config_key), .type = (kind), .flags = (mark), .key = (path),   \
        .default_value = (fallback), .range = (limit), .help = (text)                              \
    }

static const orxaq_config_key keys[] = {
    KEY("files[].path", ORXAQ_CONFIG_PATH, ORXAQ_KEY_REQUIRED | ORXAQ_KEY_WRITE, NULL, NULL,
        "The file; made when missing, with its folders."),
    KEY("files[].kinds", ORXAQ_CONFIG_STRINGS, 0, "['*']", NULL,
        "Kinds of events, e.g. call.exited; call.* takes all that begin with call., * takes all."),
    KEY("files[].rotate_size", ORXAQ_CONFIG_SIZE, 0, "64MiB", NULL,
        "Rename the file before it would grow beyond this; 0 = never."),
    KEY("files[].keep", ORXAQ_CONFIG_INTEGER, 0, "5", "0..1000", "Renamed files to keep."),
    KEY("files[].sync", ORXAQ_CONFIG_BOOLEAN, 0, "false", NULL,
        "Wait until the bytes are on the disk."),
};

/* ---- Which event goes where ------------------------------------------------------------------ */

static int pattern_fits(orxaq_view pattern, orxaq_view kind) {
    if (pattern.len == 0 || pattern.data[pattern.len - 1] != '*')
        return orxaq_view_eq(pattern, kind);
    uint64_t len = pattern.len - 1;
    return kind.len >= len && (len == 0 || memcmp(pattern.data, kind.data, (size_t)len) == 0);
}

static int file_wants(const ndjson *s, const orxaq_value *file, orxaq_view kind) {
    const orxaq_value *it = s->json->first(s->json->get(file, "kinds"));
    for (; it; it = s->json->next(it))
        if (pattern_fits(s->json->text(it, orxaq_str("")), kind))
            return 1;
    return 0;
}

static int32_t sink_wants(void *instance, orxaq_view kind) {
    const ndjson *s = instance;
    for (const orxaq_value *it = s->json->first(s->files); it; it = s->json->next(it))
        if (file_wants(s, it, kind))
            return 1;
    return 0;
}

/* ---- Lines ----------------------------------------------------------------------------------- */

static void put_text(const orxaq_json_service *json, orxaq_writer *w, const char *key,
                     orxaq_view text) {
    if (!text.len)
        return;
    json->key(w, orxaq_str(key));
    json->put_text(w, text);
}

static void put_integer(const orxaq_json_service *json, orxaq_writer *w, const char *key,
                        int64_t value) {
    json->key(w, orxaq_str(key));
    json->put_integer(w, value);
}

static int32_t line_of(const ndjson *s, const orxaq_record *r, orxaq_view *ret_line) {
    const orxaq_json_service *json = s->json;
    const orxaq_value *body = NULL;
    orxaq_writer *w = json->writer(s->host);
    json->begin_map(w);
    put_integer(json, w, "seq", (int64_t)r->seq);
    put_integer(json, w, "wall_ns", r->wall_ns);
    put_text(json, w, "kind", r->kind);
    put_integer(json, w, "schema", r->schema);
    put_text(json, w, "origin", r->origin);
    put_text(json, w, "task", r->task);
    if (r->attempt)
        put_integer(json, w, "attempt", r->attempt);
    if (r->call)
        put_integer(json, w, "call", r->call);
    if (r->body.len && json->parse(s->host, r->body, &body) == ORXAQ_OK) {
        json->key(w, orxaq_str("body"));
        json->put_value(w, body);
    }
    json->end_map(w);
    return json->finish(w, ret_line);
}

static int32_t add_line(ndjson_job *job, uint32_t i, orxaq_view line) {
    uint64_t need = job->len[i] + line.len + 1;
    if (need > job->cap[i]) {
        uint64_t cap = need * 2;
        char *bytes = realloc(job->bytes[i], (size_t)cap);
        if (!bytes)
            return ORXAQ_E_MEMORY;
        job->bytes[i] = bytes;
        job->cap[i] = cap;
    }
    if (!job->bytes[i])
        return ORXAQ_E_INTERNAL; /* cannot be: every line needs the byte of its end */
    memcpy(job->bytes[i] + job->len[i], line.data, (size_t)line.len);
    job->bytes[i][need - 1] = '\n';
    job->len[i] = need;
    return ORXAQ_OK;
}

static int32_t add_record(ndjson_job *job, const orxaq_record *record) {
    const ndjson *s = job->sink;
    orxaq_view line = {0};
    uint32_t i = 0;
    for (const orxaq_value *it = s->json->first(s->files); it; it = s->json->next(it), i++) {
        if (!file_wants(s, it, record->kind))
            continue;
        int32_t code = line.len ? ORXAQ_OK : line_of(s, record, &line);
        if (code == ORXAQ_OK)
            code = add_line(job, i, line);
        if (code < 0)
            return code;
    }
    return ORXAQ_OK;
}

/* ---- The job --------------------------------------------------------------------------------- */

static void job_close(void *opaque) {
    ndjson_job *job = opaque;
    for (uint32_t i = 0; i < FILES_MAX; i++)
        free(job->bytes[i]);
    free(job);
}

static int32_t job_open(void *instance, int32_t op, const void *args, const orxaq_events *events,
                        void **ret_job) {
    const orxaq_flush_args *flush = args;
    const ndjson *s = instance;
    if (op != ORXAQ_OP_FLUSH)
        return ORXAQ_E_UNSUPPORTED;
    ndjson_job *job = calloc(1, sizeof *job);
    if (!job)
        return ORXAQ_E_MEMORY;
    job->sink = s;
    job->events = events;
    job->file = s->json->first(s->files);
    for (uint32_t i = 0; i < flush->record_count; i++) {
        int32_t code = add_record(job, ORXAQ_AT(orxaq_record, flush->records, i));
        if (code < 0) {
            job_close(job);
            return code;
        }
    }
    *ret_job = job;
    return ORXAQ_OK;
}

/* One file after the other: after a failure nothing more is written, and the host comes back with
 * the whole batch later. */
static int32_t job_next(void *opaque, orxaq_effect *effect) {
    ndjson_job *job = opaque;
    const orxaq_json_service *json = job->sink->json;
    while (job->file && !job->failed) {
        uint32_t i = job->asked++;
        const orxaq_value *file = job->file;
        job->file = json->next(file);
        if (!job->len[i])
            continue;
        job->append = (orxaq_append){.struct_size = sizeof job->append,
                                     .sync = (uint32_t)json->boolean(json->get(file, "sync"), 0),
                                     .path = json->text(json->get(file, "path"), orxaq_str("")),
                                     .bytes = orxaq_view_of(job->bytes[i], job->len[i]),
                                     .rotate_bytes =
                                         (uint64_t)json->integer(json->get(file, "rotate_size"), 0),
                                     .keep = (uint32_t)json->integer(json->get(file, "keep"), 0)};
        effect->kind = ORXAQ_EFFECT_APPEND;
        effect->id = i + 1;
        effect->append = &job->append;
        return ORXAQ_NEXT_EFFECT;
    }
    if (!job->said) {
        const orxaq_outcome ok = {.struct_size = sizeof ok, .retry_after_ms = -1};
        job->said = 1;
        job->events->outcome(job->events, &ok);
    }
    return ORXAQ_NEXT_DONE;
}

static int32_t job_feed(void *opaque, const orxaq_feed *feed) {
    ndjson_job *job = opaque;
    if (feed->kind != ORXAQ_FEED_ERROR)
        return ORXAQ_OK;
    const orxaq_outcome bad = {.struct_size = sizeof bad,
                               .kind = ORXAQ_KIND_CRASHED,
                               .retry = ORXAQ_RETRY_YES,
                               .retry_after_ms = -1,
                               .message = feed->data};
    job->failed = job->said = 1;
    job->events->outcome(job->events, &bad);
    return ORXAQ_OK;
}

static void job_cancel(void *opaque, int32_t reason) {
    (void)opaque;
    (void)reason;
}

static const orxaq_job job_ops = {.struct_size = sizeof job_ops,
                                  .open = job_open,
                                  .next = job_next,
                                  .feed = job_feed,
                                  .cancel = job_cancel,
                                  .close = job_close};

static const orxaq_sink sink = {.struct_size = sizeof sink, .wants = sink_wants, .job = &job_ops};

/* ---- The module ----------------------------------------------------------------------------- */

static int32_t check(const ndjson *s) {
    uint32_t count = s->json->count(s->files);
    if (count > 0 && count <= FILES_MAX)
        return ORXAQ_OK;
    s->log->explain(s->host, orxaq_str("files needs 1 to 64 elements, each with a path"));
    return ORXAQ_E_INVALID;
}

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    ndjson *s = calloc(1, sizeof *s);
    if (!s)
        return ORXAQ_E_MEMORY;
    s->host = host;
    s->json = host->service(host, ORXAQ_JSON_1);
    s->log = host->service(host, ORXAQ_LOG_1);
    int32_t code = ORXAQ_E_UNSUPPORTED;
    if (s->json && s->log) {
        s->files = s->json->get(settings, "files");
        code = check(s);
    }
    if (code < 0) {
        free(s);
        return code;
    }
    *ret_instance = s;
    return ORXAQ_OK;
}

static void destroy(void *instance) {
    free(instance);
}

static const void *capability(const char *id) {
    return strcmp(id, ORXAQ_SINK_1) == 0 ? &sink : NULL;
}

static const orxaq_plugin plugin = {
    .struct_size = sizeof plugin,
    .magic = ORXAQ_PLUGIN_MAGIC,
    .abi_major = ORXAQ_ABI_MAJOR,
    .abi_minor = ORXAQ_ABI_MINOR,
    .min_host_minor = 1,
    .config_count = sizeof keys / sizeof keys[0],
    .layout = ORXAQ_LAYOUT,
    .id = "ndjson",
    .name = "NDJSON export",
    .version = ORXAQ_SDK_VERSION,
    .vendor = "orxaq",
    .licence = "MIT",
    .summary = "Exports chosen kinds of events to files, one JSON object a line.",
    .config = keys,
    .capability = capability,
    .create = create,
    .destroy = destroy,
};

ORXAQ_EXPORT int32_t orxaq_plugin_query(const orxaq_host_abi *host,
                                        const orxaq_plugin **ret_plugin) {
    *ret_plugin = &plugin;
    return orxaq_host_fits(host, plugin.min_host_minor);
}
