#include "recipe.h"

#include "base/mem.h"
#include "base/vec.h"

#include <string.h>

#define KEYS_MAX  300
#define TABLE_MAX 65536

/* What is being made. Texts and tables are in `memory` until recipe_free. */
static struct {
    ORX_VEC(void *) memory;
    orxaq_plugin plugin;
    orxaq_config_key keys[KEYS_MAX];
    uint32_t key_count;
    uint32_t longer;
    bool counted; /* config_count was stated */
    orxaq_provider provider;
    orxaq_router router;
    orxaq_sink sink;
    orxaq_job job;
    int32_t code;
    bool answers_all; /* capability has a table for every id */
    char crooked[8];  /* letters of `a` */
    const void *tables[3];
    const orxaq_plugin *served;
} made;

/* ---- Functions that are there but do nothing ------------------------------------------------- */

static const void *capability(const char *id) {
    static const char *const ids[] = {ORXAQ_PROVIDER_1, ORXAQ_ROUTER_1, ORXAQ_SINK_1};
    for (size_t i = 0; i < 3; i++)
        if (!strcmp(id, ids[i]))
            return made.tables[i];
    return made.answers_all ? made.served : NULL;
}

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    (void)host, (void)settings, (void)ret_instance;
    return ORXAQ_E_INTERNAL;
}

static void one(void *object) {
    (void)object;
}

static uint64_t features(void *instance) {
    (void)instance;
    return 0;
}

static int32_t job_open(void *instance, int32_t op, const void *args, const orxaq_events *events,
                        void **ret_job) {
    (void)instance, (void)op, (void)args, (void)events, (void)ret_job;
    return ORXAQ_E_INTERNAL;
}

static int32_t job_next(void *job, orxaq_effect *effect) {
    (void)job, (void)effect;
    return ORXAQ_NEXT_DONE;
}

static int32_t job_feed(void *job, const orxaq_feed *feed) {
    (void)job, (void)feed;
    return ORXAQ_OK;
}

static void job_cancel(void *job, int32_t reason) {
    (void)job, (void)reason;
}

static int32_t choose(void *instance, const orxaq_route_request *request, const orxaq_plan *plan) {
    (void)instance, (void)request, (void)plan;
    return ORXAQ_OK;
}

static int32_t wants(void *instance, orxaq_view kind) {
    (void)instance, (void)kind;
    return 0;
}

static void begin(void) {
    memset(&made, 0, sizeof made);
    made.plugin = (orxaq_plugin){.struct_size = sizeof made.plugin,
                                 .magic = ORXAQ_PLUGIN_MAGIC,
                                 .abi_major = ORXAQ_ABI_MAJOR,
                                 .abi_minor = ORXAQ_ABI_MINOR,
                                 .min_host_minor = 1,
                                 .layout = ORXAQ_LAYOUT,
                                 .id = "cooked",
                                 .name = "Cooked",
                                 .version = "1",
                                 .vendor = "v",
                                 .licence = "MIT",
                                 .summary = "s",
                                 .capability = capability,
                                 .create = create,
                                 .destroy = one};
    made.job = (orxaq_job){.struct_size = sizeof made.job,
                           .open = job_open,
                           .next = job_next,
                           .feed = job_feed,
                           .cancel = job_cancel,
                           .close = one};
    made.provider = (orxaq_provider){.struct_size = sizeof made.provider,
                                     .ops = ORXAQ_OP_BIT(ORXAQ_OP_TASK),
                                     .features = features};
    made.router = (orxaq_router){.struct_size = sizeof made.router, .select = choose};
    made.sink = (orxaq_sink){.struct_size = sizeof made.sink, .wants = wants};
}

/* ---- Memory --------------------------------------------------------------------------------- */

static void *keep(void *p) {
    orx_vec_push(&made.memory, p);
    return p;
}

static const char *text_of(orx_view value, size_t look) {
    if (orx_view_is(value, "\1"))
        return NULL;
    if (!orx_view_is(value, "\2"))
        return keep(orx_xmemdup0(value.p, value.len));
    char *endless = keep(orx_xcalloc(1, look));
    memset(endless, 'a', look);
    return endless;
}

static bool is_crooked(char letter) {
    return strchr(made.crooked, letter) != NULL;
}

/* The table in memory of the size it claims; of one that no host may believe only that number. */
static void *table(const void *from, size_t size, uint32_t claimed, char letter) {
    size_t there = claimed < sizeof claimed || claimed > TABLE_MAX ? sizeof claimed : claimed;
    size_t shift = is_crooked(letter) ? sizeof claimed : 0;
    char *memory = keep(orx_xcalloc(1, there + shift));
    memcpy(memory + shift, from, there < size ? there : size);
    return memory + shift;
}

static void serve_keys(void) {
    uint32_t first = made.key_count ? made.keys[0].struct_size : 0, size = first + made.longer;
    made.plugin.config_count = made.counted ? made.plugin.config_count : made.key_count;
    if (!made.key_count)
        return;
    for (uint32_t i = 0; i < made.key_count; i++)
        made.keys[i].struct_size += made.longer;
    bool believable = size >= sizeof made.keys[0] && size <= 4096 && size % sizeof(void *) == 0 &&
                      made.plugin.config_count <= 256;
    size_t count = believable ? made.plugin.config_count : 1;
    size_t stride = believable ? size : sizeof size, shift = is_crooked('c') ? sizeof size : 0;
    char *memory = keep(orx_xcalloc(1, count * stride + shift));
    for (size_t i = 0; i < count && i < made.key_count; i++)
        memcpy(memory + shift + i * stride, &made.keys[i],
               stride < sizeof made.keys[i] ? stride : sizeof made.keys[i]);
    made.plugin.config = (const orxaq_config_key *)(void *)(memory + shift);
}

static void serve(void) {
    const orxaq_job *job = table(&made.job, sizeof made.job, made.job.struct_size, 'b');
    if (!is_crooked('0'))
        made.provider.job = made.sink.job = job;
    made.tables[0] = table(&made.provider, sizeof made.provider, made.provider.struct_size, 'p');
    made.tables[1] = table(&made.router, sizeof made.router, made.router.struct_size, 'r');
    made.tables[2] = table(&made.sink, sizeof made.sink, made.sink.struct_size, 'k');
    for (size_t i = 0; i < 3; i++)
        if (is_crooked((char)('1' + i)))
            made.tables[i] = NULL;
    serve_keys();
    made.served = table(&made.plugin, sizeof made.plugin, made.plugin.struct_size, 'd');
}

/* ---- Lines ---------------------------------------------------------------------------------- */

static void take_away(orx_view letters) {
    for (size_t i = 0; i < letters.len; i++) {
        switch (letters.p[i]) {
        case 'c':
            made.plugin.capability = NULL;
            break;
        case 'C':
            made.plugin.create = NULL;
            break;
        case 'D':
            made.plugin.destroy = NULL;
            break;
        case 'f':
            made.provider.features = NULL;
            break;
        case 's':
            made.router.select = NULL;
            break;
        case 'w':
            made.sink.wants = NULL;
            break;
        case 'o':
            made.job.open = NULL;
            break;
        case 'n':
            made.job.next = NULL;
            break;
        case 'd':
            made.job.feed = NULL;
            break;
        case 'l':
            made.job.cancel = NULL;
            break;
        case 'e':
            made.job.close = NULL;
            break;
        default:
            made.answers_all = true;
        }
    }
}

static void set_key(char what, orx_view value, uint32_t number) {
    orxaq_config_key *key = &made.keys[made.key_count ? made.key_count - 1 : 0];
    switch (what) {
    case 't':
        key->type = (int32_t)number;
        break;
    case 'f':
        key->flags = number;
        break;
    case 'd':
        key->default_value = text_of(value, 65536);
        break;
    case 'r':
        key->range = text_of(value, 4096);
        break;
    case 'h':
        key->help = text_of(value, 2000);
        break;
    case 'p':
        key->replaced_by = text_of(value, 300);
        break;
    default:
        key->struct_size = number;
    }
}

static void add_key(orx_view path) {
    if (made.key_count < KEYS_MAX)
        made.keys[made.key_count++] = (orxaq_config_key){.struct_size = sizeof made.keys[0],
                                                         .type = ORXAQ_CONFIG_STRING,
                                                         .key = text_of(path, 300),
                                                         .help = "Help."};
}

static bool set_text(char what, orx_view value) {
    static const char letters[] = "invols";
    const char **const members[] = {&made.plugin.id,      &made.plugin.name,
                                    &made.plugin.version, &made.plugin.vendor,
                                    &made.plugin.licence, &made.plugin.summary};
    static const size_t looks[] = {65, 257, 65, 257, 257, 257};
    const char *at = strchr(letters, what);
    if (!at || !what)
        return false;
    *members[at - letters] = text_of(value, looks[at - letters]);
    return true;
}

static bool set_number(char what, uint32_t number) {
    static const char letters[] = "cSMJmHPRKBe";
    uint32_t *const members[] = {&made.plugin.config_count,
                                 &made.plugin.struct_size,
                                 &made.plugin.magic,
                                 &made.plugin.abi_major,
                                 &made.plugin.abi_minor,
                                 &made.plugin.min_host_minor,
                                 &made.provider.struct_size,
                                 &made.router.struct_size,
                                 &made.sink.struct_size,
                                 &made.job.struct_size,
                                 &made.longer};
    const char *at = strchr(letters, what);
    if (!at || !what)
        return false;
    *members[at - letters] = number;
    made.counted = made.counted || what == 'c';
    return true;
}

static void follow(orx_view line) {
    char what = line.p[0];
    orx_view value = orx_view_mem(line.p + 1, line.len - 1);
    int64_t number = 0;
    (void)orx_view_to_i64(value, &number);
    if (set_text(what, value) || set_number(what, (uint32_t)number))
        return;
    if (what == 'k')
        add_key(value);
    else if (what == 'L')
        made.plugin.layout += (uint64_t)number;
    else if (what == 'O')
        made.provider.ops = (uint64_t)number;
    else if (what == 'q')
        made.code = (int32_t)number;
    else if (what == 'x')
        take_away(value);
    else if (what == 'a')
        memcpy(made.crooked, value.p, value.len < 7 ? value.len : 7);
    else if (made.key_count)
        set_key(what, value, (uint32_t)number);
}

void recipe_cook(orx_view text, orx_view *ret_settings) {
    orx_view line;
    begin();
    while (orx_view_split(&text, '\n', &line) && !orx_view_is(line, "---"))
        if (line.len)
            follow(line);
    if (text.len)
        *ret_settings = text;
    serve();
}

int32_t recipe_query(const orxaq_host_abi *host, const orxaq_plugin **ret_plugin) {
    FUZZ_CHECK(host->struct_size == sizeof *host);
    if (made.code > -1000)
        *ret_plugin = made.served;
    return made.code;
}

void recipe_free(void) {
    for (size_t i = 0; i < made.memory.len; i++)
        free(made.memory.items[i]);
    orx_vec_free(&made.memory);
}
