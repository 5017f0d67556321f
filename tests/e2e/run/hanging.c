/* A router that never comes back, or takes its process along: for shadows. */
#include <orxaq/orxaq.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct instance {
    char mark[512]; /* a file that says that it was asked */
    int dies;
} instance;

static int32_t select_candidates(void *self, const orxaq_route_request *request,
                                 const orxaq_plan *plan) {
    const instance *in = self;
    volatile int forever = 1;
    (void)request;
    (void)plan;
    FILE *f = fopen(in->mark, "w");
    if (f)
        (void)fclose(f);
    if (in->dies)
        (void)raise(SIGKILL);
    while (forever)
        (void)pause();
    return ORXAQ_OK;
}

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    const orxaq_json_service *json = host->service(host, ORXAQ_JSON_1);
    instance *in = json ? calloc(1, sizeof *in) : NULL;
    if (!in)
        return ORXAQ_E_MEMORY;
    orxaq_view mark = json->text(json->get(settings, "mark"), orxaq_str(""));
    (void)snprintf(in->mark, sizeof in->mark, "%.*s", (int)mark.len, mark.data);
    in->dies = json->boolean(json->get(settings, "dies"), 0);
    *ret_instance = in;
    return ORXAQ_OK;
}

static const orxaq_config_key keys[] = {{.struct_size = sizeof(orxaq_config_key),
                                         .type = ORXAQ_CONFIG_BOOLEAN,
                                         .key = "dies",
                                         .default_value = "false",
                                         .help = "Dies instead of hanging."},
                                        {.struct_size = sizeof(orxaq_config_key),
                                         .type = ORXAQ_CONFIG_STRING,
                                         .key = "mark",
                                         .help = "A file to make when it is asked."}};

static const orxaq_router router = {.struct_size = sizeof router, .select = select_candidates};

static const void *capability(const char *id) {
    return strcmp(id, ORXAQ_ROUTER_1) == 0 ? &router : NULL;
}

static const orxaq_plugin plugin = {.struct_size = sizeof plugin,
                                    .magic = ORXAQ_PLUGIN_MAGIC,
                                    .abi_major = ORXAQ_ABI_MAJOR,
                                    .abi_minor = ORXAQ_ABI_MINOR,
                                    .min_host_minor = 1,
                                    .config_count = sizeof keys / sizeof *keys,
                                    .layout = ORXAQ_LAYOUT,
                                    .id = "hanging",
                                    .name = "hanging",
                                    .version = "0.1.0",
                                    .vendor = "tests",
                                    .licence = "MIT",
                                    .summary = "Never comes back.",
                                    .config = keys,
                                    .capability = capability,
                                    .create = create,
                                    .destroy = free};

ORXAQ_EXPORT int32_t orxaq_plugin_query(const orxaq_host_abi *host,
                                        const orxaq_plugin **ret_plugin) {
    *ret_plugin = &plugin;
    return orxaq_host_fits(host, plugin.min_host_minor);
}
