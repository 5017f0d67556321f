/* A configuration of endpoints of any bytes, and what a server says of it (behind the first 0xFF):
 * an error with its place, or endpoints that can be asked, whose keys reach only the request. Read
 * as a ladder of lanes and as a profile, too. */
#include "fleet/check.h"
#include "fleet/endpoints.h"
#include "fleet/profile.h"
#include "fleet/url.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define KEY "sk-9/z+q8W%7"

static const char *env(const char *name, void *user) {
    (void)user;
    return strcmp(name, "K") == 0 ? " " KEY "\n" : NULL;
}

static bool holds(const char *text, const char *part) {
    return text && strstr(text, part);
}

/* ---- Addresses ---------------------------------------------------------------------------------
 */

static void check_secrets(const char *url) {
    orx_view secret;
    size_t at = 0;
    size_t before = 0;
    while (orx_url_secret(url, &at, &secret)) {
        FUZZ_CHECK(at > before && at <= strlen(url));
        FUZZ_CHECK(secret.p >= url && secret.p + secret.len <= url + at);
        before = at;
    }
}

static void check_url(orx_arena *a, const orx_endpoint *e) {
    const char *url = orx_url_join(a, e->base, e->path);
    FUZZ_CHECK(strncmp(url, e->base, strlen(e->base)) == 0);
    FUZZ_CHECK(orx_view_ends(orx_view_of(url), e->path) || strlen(url) >= strlen(e->base));
    check_secrets(url);
}

/* ---- Endpoints ---------------------------------------------------------------------------------
 */

static bool is_sent(const orx_ask_request *q) {
    for (size_t i = 0; i < q->count; i++)
        if (orx_view_find(q->headers[i].value, KEY) >= 0)
            return true;
    return holds(q->url, "key=sk-9%2Fz%2Bq8W%257");
}

/* The key of the environment is in the request, and in nothing that is shown. */
static void check_ask(orx_arena *a, const orx_endpoint *e, orx_view said) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_ask_request q;
    orx_err err = ORX_ERR_INIT;
    orx_ask ask = {.url = orx_url_join(a, e->base, e->path),
                   .auth = e->auth,
                   .key = e->key,
                   .headers = e->headers,
                   .header_count = e->header_count,
                   .plain_http = e->plain_http};
    bool ours = e->key && strcmp(e->key, KEY) == 0;
    int rc = orx_ask_request_of(&ask, a, &q, &err);
    FUZZ_CHECK((rc < 0) == (err.code < 0));
    if (rc == 0 && ours && e->auth != ORX_ASK_OPEN)
        FUZZ_CHECK(is_sent(&q));
    orx_str_addf(&text, "%s sk-9%%2fz%%2Bq8W%%257 ", KEY);
    orx_str_addv(&text, said);
    orx_str_adds(&text, rc < 0 ? err.msg : q.url);
    const char *shown = orx_ask_shown(&ask, orx_str_view(&text), a);
    FUZZ_CHECK(!ours || (!holds(shown, KEY) && !holds(shown, "sk-9%2Fz%2Bq8W%257")));
}

static void check_endpoint(orx_arena *a, const orx_endpoint *e, orx_view said) {
    FUZZ_CHECK(*e->id && *e->provider && e->path[0] == '/' && e->key_env);
    FUZZ_CHECK(e->header_count <= ORX_ASK_HEADERS_MAX && e->models->kind == ORX_ARRAY);
    check_url(a, e);
    check_ask(a, e, said);
}

static void read_endpoints(orx_arena *a, const orx_node *doc, orx_view said) {
    const orx_endpoint_source source = {.config_path = "f", .env = env};
    orx_endpoints list = {0};
    orx_err err = ORX_ERR_INIT;
    int rc = orx_endpoints_read(&source, doc, a, &list, &err);
    FUZZ_CHECK((rc < 0) == (err.code < 0) && (rc < 0 || list.len > 0));
    FUZZ_CHECK(rc == 0 || orx_view_starts(orx_view_of(err.msg), "f:"));
    FUZZ_CHECK(list.len <= ORX_ASK_COUNT_MAX);
    for (size_t i = 0; rc == 0 && i < list.len; i++) {
        FUZZ_CHECK(i == 0 || strcmp(list.items[i - 1].id, list.items[i].id) <= 0);
        check_endpoint(a, &list.items[i], said);
    }
    orx_vec_free(&list);
}

/* ---- Profiles ----------------------------------------------------------------------------------
 */

static void check_applied(int rc, const orx_err *err, const orx_node *out) {
    FUZZ_CHECK((rc < 0) == (err->code < 0) && (rc < 0) == (out == NULL));
    FUZZ_CHECK(rc < 0 || orx_node_get(out, "providers")->kind == ORX_ARRAY);
    FUZZ_CHECK(rc < 0 || orx_node_get(out, "profile"));
}

/* A document is applied to itself. */
static void apply(orx_arena *a, const orx_node *doc) {
    const orx_fleet_profile profile = {.name = "p", .source = "f", .doc = doc};
    orx_err err = ORX_ERR_INIT;
    orx_node *out = NULL;
    int rc = orx_profile_router(doc, &profile, a, &out, &err);
    check_applied(rc, &err, out);
    err = (orx_err)ORX_ERR_INIT;
    out = NULL;
    rc = orx_profile_providers(doc, &profile, a, &out, &err);
    check_applied(rc, &err, out);
}

/* The first byte chooses the syntax. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_err err = ORX_ERR_INIT;
    const orx_node *doc = NULL;
    if (!size)
        return 0;
    const uint8_t *split = memchr(data + 1, 0xFF, size - 1);
    size_t end = split ? (size_t)(split - data) : size;
    orx_view said = split ? orx_view_mem(split + 1, size - end - 1) : (orx_view){0};
    if (orx_doc_parse(&a, data[0] % 2 ? "f.yaml" : "f.json", orx_view_mem(data + 1, end - 1),
                      &orx_limits_config, &doc, &err) < 0)
        return 0;
    read_endpoints(&a, doc, said);
    apply(&a, doc);
    return 0;
}
