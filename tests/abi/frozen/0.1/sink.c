/* sink.c: a sink as it was written for ABI 0.1. Kept for ever: every later host loads it.
 *
 * This one writes a plain text line for each event of the kinds it is asked for:
 *
 *     17 attempt.settled build-parser
 */
#include <orxaq/orxaq.h>

#include <stdio.h>
#include <stdlib.h>

/* ---- Settings -------------------------------------------------------------------------------- */

static const orxaq_config_key keys[] = {
    {.struct_size = sizeof(orxaq_config_key),
     .type = ORXAQ_CONFIG_PATH,
     .flags = ORXAQ_KEY_REQUIRED | ORXAQ_KEY_WRITE, /* WRITE: the host may append to it for us */
     .key = "path",
     .help = "The file; made when missing."},
    {.struct_size = sizeof(orxaq_config_key),
     .type = ORXAQ_CONFIG_STRINGS,
     .key = "kinds",
     .default_value = "[attempt.settled]",
     .help = "The kinds of events to write."},
    {.struct_size = sizeof(orxaq_config_key),
     .type = ORXAQ_CONFIG_SIZE,
     .key = "rotate_size",
     .default_value = "16MiB",
     .help = "Rename the file before it would grow beyond this; 0 = never."},
};

typedef struct instance {
    const orxaq_json_service *json;
    const orxaq_value *settings;
} instance;

static int32_t sink_wants(void *self, orxaq_view kind) {
    const instance *in = self;
    const orxaq_value *it = in->json->first(in->json->get(in->settings, "kinds"));
    for (; it; it = in->json->next(it))
        if (orxaq_view_eq(in->json->text(it, orxaq_str("")), kind))
            return 1;
    return 0;
}

/* ---- The batch ------------------------------------------------------------------------------- */

enum { STEP_BEGIN, STEP_WRITING, STEP_OVER };

typedef struct job {
    const instance *in;
    const orxaq_events *events;
    const orxaq_flush_args *args;
    int step;
    int said; /* the outcome was given */
    char *bytes;
    uint64_t len, cap;
    orxaq_append append;
} job;

static int32_t add(job *j, orxaq_view text) {
    if (j->len + text.len > j->cap) {
        uint64_t cap = (j->len + text.len) * 2;
        char *grown = realloc(j->bytes, (size_t)cap);
        if (!grown)
            return ORXAQ_E_MEMORY;
        j->bytes = grown;
        j->cap = cap;
    }
    if (text.len)
        memcpy(j->bytes + j->len, text.data, (size_t)text.len);
    j->len += text.len;
    return ORXAQ_OK;
}

static int32_t add_line(job *j, const orxaq_record *r) {
    char seq[32];
    (void)snprintf(seq, sizeof seq, "%llu ", (unsigned long long)r->seq);
    const orxaq_view parts[] = {orxaq_str(seq), r->kind, orxaq_str(r->task.len ? " " : ""), r->task,
                                orxaq_str("\n")};
    int32_t code = ORXAQ_OK;
    for (size_t i = 0; i < sizeof parts / sizeof *parts && code == ORXAQ_OK; i++)
        code = add(j, parts[i]);
    return code;
}

static int32_t add_lines(job *j) {
    int32_t code = ORXAQ_OK;
    for (uint32_t i = 0; i < j->args->record_count && code == ORXAQ_OK; i++) {
        const orxaq_record *r = ORXAQ_AT(orxaq_record, j->args->records, i);
        if (sink_wants((void *)(uintptr_t)j->in, r->kind))
            code = add_line(j, r);
    }
    return code;
}

/* The first outcome counts. Anything but OK, and the host comes back with the same events later. */
static void finish(job *j, int32_t kind, orxaq_view message) {
    const orxaq_outcome o = {.struct_size = sizeof o,
                             .kind = kind,
                             .retry = kind == ORXAQ_KIND_OK ? ORXAQ_RETRY_BY_KIND : ORXAQ_RETRY_YES,
                             .retry_after_ms = -1,
                             .message = message};
    if (!j->said)
        (void)j->events->outcome(j->events, &o);
    j->said = 1;
    j->step = STEP_OVER;
}

/* ---- The job machine ------------------------------------------------------------------------- */

static int32_t job_open(void *self, int32_t op, const void *args, const orxaq_events *events,
                        void **ret_job) {
    if (op != ORXAQ_OP_FLUSH)
        return ORXAQ_E_UNSUPPORTED;
    job *j = calloc(1, sizeof *j);
    if (!j)
        return ORXAQ_E_MEMORY;
    j->in = self;
    j->args = args;
    j->events = events;
    *ret_job = j;
    return ORXAQ_OK;
}

static int32_t begin(job *j, orxaq_effect *effect) {
    const orxaq_json_service *json = j->in->json;
    int32_t code = add_lines(j);
    if (code < 0)
        return code;
    if (j->len == 0) {
        finish(j, ORXAQ_KIND_OK, orxaq_str(""));
        return ORXAQ_NEXT_DONE;
    }
    j->append = (orxaq_append){
        .struct_size = sizeof j->append,
        .path = json->text(json->get(j->in->settings, "path"), orxaq_str("")),
        .bytes = orxaq_view_of(j->bytes, j->len),
        .rotate_bytes = (uint64_t)json->integer(json->get(j->in->settings, "rotate_size"), 0),
        .keep = 3};
    effect->kind = ORXAQ_EFFECT_APPEND;
    effect->id = 1;
    effect->append = &j->append;
    j->step = STEP_WRITING;
    return ORXAQ_NEXT_EFFECT;
}

static int32_t job_next(void *self, orxaq_effect *effect) {
    job *j = self;
    if (j->step == STEP_BEGIN)
        return begin(j, effect);
    return j->step == STEP_WRITING ? ORXAQ_NEXT_WAIT : ORXAQ_NEXT_DONE;
}

static int32_t job_feed(void *self, const orxaq_feed *feed) {
    job *j = self;
    if (feed->kind == ORXAQ_FEED_EXIT)
        finish(j, ORXAQ_KIND_OK, orxaq_str(""));
    else if (feed->kind == ORXAQ_FEED_ERROR)
        finish(j, ORXAQ_KIND_CRASHED, feed->data);
    return ORXAQ_OK;
}

static void job_cancel(void *self, int32_t reason) {
    job *j = self;
    (void)reason;
    if (j->step == STEP_BEGIN)
        j->step = STEP_OVER;
}

static void job_close(void *self) {
    job *j = self;
    free(j->bytes);
    free(j);
}

static const orxaq_job job_ops = {.struct_size = sizeof job_ops,
                                  .open = job_open,
                                  .next = job_next,
                                  .feed = job_feed,
                                  .cancel = job_cancel,
                                  .close = job_close};

/* ---- The module ------------------------------------------------------------------------------ */

static const orxaq_sink sink = {.struct_size = sizeof sink, .wants = sink_wants, .job = &job_ops};

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    const orxaq_json_service *json = host->service(host, ORXAQ_JSON_1);
    if (!json)
        return ORXAQ_E_UNSUPPORTED;
    instance *in = calloc(1, sizeof *in);
    if (!in)
        return ORXAQ_E_MEMORY;
    in->json = json;
    in->settings = settings;
    *ret_instance = in;
    return ORXAQ_OK;
}

static void destroy(void *self) {
    free(self);
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
    .config_count = sizeof keys / sizeof *keys,
    .layout = ORXAQ_LAYOUT,
    .id = "frozen-sink",
    .name = "frozen-sink",
    .version = "0.1.0",
    .vendor = "unknown",
    .licence = "MIT",
    .summary = "Writes a line of text for each event of some kinds.",
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
