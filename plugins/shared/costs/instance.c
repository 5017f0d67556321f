/* The instance: services, and the settings that all readers of bills have. */
#include "costs.h"

#include <stdlib.h>

static orxaq_view without_slash(orxaq_view v) {
    while (v.len && v.data[v.len - 1] == '/')
        v.len--;
    return v;
}

orxaq_view costs_text_setting(const costs *c, const char *key) {
    return c->json->text(c->json->get(c->settings, key), orxaq_str(""));
}

int costs_flag_setting(const costs *c, const char *key) {
    return c->json->boolean(c->json->get(c->settings, key), 0);
}

static int begins(orxaq_view v, const char *start) {
    size_t n = strlen(start);
    return v.len > n && memcmp(v.data, start, n) == 0;
}

static const char *problem_of(costs *c) {
    if (c->base.len > 4096)
        return "base_url is longer than 4096 bytes";
    if (c->base.len && !begins(c->base, "http://") && !begins(c->base, "https://"))
        return "base_url must begin with https:// (or http:// for this machine)";
    return c->kind->check ? c->kind->check(c) : NULL;
}

int32_t costs_create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    const char *key = costs_this.secret;
    const orxaq_json_service *json = host->service(host, ORXAQ_JSON_1);
    const orxaq_secret_service *secret = host->service(host, ORXAQ_SECRET_1);
    if (!json)
        return ORXAQ_E_UNSUPPORTED;
    costs *c = calloc(1, sizeof *c);
    if (!c)
        return ORXAQ_E_MEMORY;
    c->host = host;
    c->json = json;
    c->log = host->service(host, ORXAQ_LOG_1);
    c->clock = host->service(host, ORXAQ_CLOCK_1);
    c->settings = settings;
    c->kind = &costs_this;
    c->base = without_slash(costs_text_setting(c, "base_url"));
    if (secret && key)
        c->secret = secret->handle(host, orxaq_str(key));
    if (secret && key && !c->secret)
        c->secret = secret->handle(host, orxaq_str("secret"));
    const char *problem = problem_of(c);
    if (problem) {
        if (c->log)
            c->log->explain(host, orxaq_str(problem));
        free(c);
        return ORXAQ_E_INVALID;
    }
    *ret_instance = c;
    return ORXAQ_OK;
}

void costs_destroy(void *instance) {
    free(instance);
}
