#include "config/router_name.h"

#include <stdlib.h>

static const char prefix[] = "router-";

bool orx_is_router_name(const char *model) {
    return strncmp(model, prefix, sizeof prefix - 1) == 0;
}

/* "mf" of "router-mf-1e-3"; empty when there is nothing in its place. */
static orx_view name_of(const char *model) {
    orx_view name;
    orx_view rest = orx_view_of(model + sizeof prefix - 1);
    (void)orx_view_split(&rest, '-', &name);
    return name;
}

static bool is_threshold(const char *text) {
    char *end;
    if (!*text || *text == '-' || text[strspn(text, "0123456789.eE-")])
        return false;
    double value = strtod(text, &end);
    return !*end && value >= 0 && value <= 1;
}

const char *orx_router_name_problem(const char *model) {
    orx_view name = name_of(model);
    const char *threshold = model + sizeof prefix - 1 + name.len;
    if (!name.len || *threshold != '-')
        return "expected router-NAME-THRESHOLD, as in router-mf-0.116";
    if (!is_threshold(threshold + 1))
        return "the threshold of router-NAME-THRESHOLD must be a number from 0 to 1, as in "
               "router-mf-0.116";
    return NULL;
}

const char *orx_router_of_name(const orx_config *cfg, const char *model) {
    orx_view name = name_of(model);
    const char *only = NULL;
    size_t learned = 0;
    for (size_t i = 0; i < cfg->router_count; i++) {
        if (orx_view_is(name, cfg->routers[i].name))
            return cfg->routers[i].name;
        if (strcmp(cfg->routers[i].plugin, "routellm") == 0) {
            only = cfg->routers[i].name;
            learned++;
        }
    }
    if (cfg->run.router)
        return cfg->run.router;
    return learned == 1 ? only : NULL;
}
