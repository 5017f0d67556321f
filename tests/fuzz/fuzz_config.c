/* A config file, an env file and a LiteLLM file of any bytes (split at 0xFF): either errors with
 * their places, or a configuration that is sound from end to end. */
#include "config/config.h"
#include "config/envfile.h"
#include "fuzz.h"
#include "platform/files.h"
#include "platform/platform.h"

#include <string.h>

/* ---- A platform with three files and no environment
 * ----------------------------------------------
 */

static orx_view document, variables, deployments;

static const orx_view *content(const char *path) {
    if (!strcmp(path, "/r/orxaq.yaml"))
        return &document;
    if (!strcmp(path, "/r/litellm.yaml"))
        return &deployments;
    return !strcmp(path, "/r/.env.autonomy") ? &variables : NULL;
}

static int describe(const char *path, orx_file_info *info, orx_err *err) {
    const orx_view *text = content(path);
    *info = (orx_file_info){.kind = text ? ORX_FILE_REGULAR : ORX_FILE_DIRECTORY};
    info->size = text ? (int64_t)text->len : 0;
    if (text || !strcmp(path, "/r"))
        return 0;
    return orx_err_set(err, ORX_E_NOT_FOUND, "%s: not here", path);
}

static int file_stat(orx_platform *p, const char *path, bool follow, orx_file_info *ret,
                     orx_err *err) {
    (void)p, (void)follow;
    return describe(path, ret, err);
}

static int file_open(orx_platform *p, const char *path, int flags, uint32_t mode, orx_file **ret_f,
                     orx_err *err) {
    (void)p, (void)flags, (void)mode;
    orx_file_info info;
    int rc = describe(path, &info, err);
    if (rc == 0)
        *ret_f = (orx_file *)content(path);
    return rc;
}

static void file_close(orx_platform *p, orx_file *f) {
    (void)p, (void)f;
}

static int file_info(orx_platform *p, orx_file *f, orx_file_info *ret, orx_err *err) {
    (void)p, (void)err;
    const orx_view *text = (const orx_view *)(const void *)f;
    *ret = (orx_file_info){.kind = ORX_FILE_REGULAR, .size = (int64_t)text->len};
    return 0;
}

static int64_t file_read(orx_platform *p, orx_file *f, int64_t offset, void *buf, size_t len,
                         orx_err *err) {
    (void)p, (void)err;
    const orx_view *text = (const orx_view *)(const void *)f;
    size_t at = (size_t)offset, left = at < text->len ? text->len - at : 0;
    size_t n = left < len ? left : len;
    if (n)
        memcpy(buf, text->p + at, n);
    return (int64_t)n;
}

static int file_realpath(orx_platform *p, const char *path, orx_str *ret_path, orx_err *err) {
    (void)p, (void)err;
    orx_str_clear(ret_path);
    orx_str_adds(ret_path, path);
    return 0;
}

static const char *no_variable(orx_platform *p, const char *name) {
    (void)p, (void)name;
    return NULL;
}

static const char *const *no_variables(orx_platform *p) {
    static const char *const none[] = {NULL};
    (void)p;
    return none;
}

static const struct orx_file_ops files = {.open = file_open,
                                          .close = file_close,
                                          .read = file_read,
                                          .info = file_info,
                                          .stat = file_stat,
                                          .realpath = file_realpath};
static const struct orx_clock_ops clocks = {.env = no_variable, .environ = no_variables};

/* ---- What must hold -----------------------------------------------------------------------------
 */

static void check_problems(const orx_diags *d) {
    int listed = 0;
    for (const orx_diag *e = d->first; e; e = e->next, listed++) {
        orx_view where = orx_view_of(e->where);
        FUZZ_CHECK(orx_view_starts(where, "orxaq.yaml") ||
                   orx_view_starts(where, ".env.autonomy") ||
                   orx_view_starts(where, "litellm.yaml") || orx_view_is(where, "default"));
        FUZZ_CHECK(e->text[0]);
        FUZZ_CHECK(orx_view_is_utf8(orx_view_of(e->text)));
    }
    FUZZ_CHECK(listed <= ORX_DIAG_MAX && listed <= d->errors + d->warnings);
}

static void check_values(const orx_config *cfg) {
    const orx_config_value *v;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    for (size_t i = 0; (v = orx_config_value_at(cfg, i)); i++) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        FUZZ_CHECK(orx_config_get(cfg, v->path) != NULL);
        FUZZ_CHECK(v->where && v->where[0]);
        orx_config_value_text(v, &text);
        FUZZ_CHECK(orx_config_value_node(v, &arena) != NULL);
        if (v->key->type == ORX_CFG_PATH && v->set)
            FUZZ_CHECK(v->u.s[0] == '/');
    }
    FUZZ_CHECK(cfg->retry.max_attempts >= 1 && cfg->run.max_cycles >= 1);
    FUZZ_CHECK(cfg->agent.timeout_ns > 0 && cfg->validation.commands.items);
}

static void check_provider(const orx_config *cfg, const orx_provider_config *p) {
    FUZZ_CHECK(p->plugin && p->repo && p->settings && p->settings->kind == ORX_OBJECT);
    const orx_provider_config *found = orx_config_provider(cfg, p->name);
    FUZZ_CHECK(p->enabled ? found == p : !found || found->enabled);
}

static void check_environment(const orx_config *cfg, const orx_provider_config *p) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char *const *env = NULL;
    orx_err err = ORX_ERR_INIT;
    const orx_child_env what = {.provider = p};
    FUZZ_CHECK(orx_config_env_for_child(cfg, &what, &arena, &env, &err) == 0);
    for (size_t i = 0; env[i]; i++) {
        const char *equals = strchr(env[i], '=');
        FUZZ_CHECK(equals && orx_env_name_ok((orx_view){env[i], (size_t)(equals - env[i])}));
        FUZZ_CHECK(!i || strcmp(env[i - 1], env[i]) < 0);
        for (size_t k = 0; k < cfg->provider_count; k++) {
            const char *secret = cfg->providers[k].secret;
            bool is_it =
                secret && orx_view_is((orx_view){env[i], (size_t)(equals - env[i])}, secret);
            FUZZ_CHECK(!is_it || (p && p->secret && !strcmp(p->secret, secret)));
        }
    }
}

/* Up to the next 0xFF; what is behind it stays in *rest. */
static orx_view part(orx_view *rest) {
    const char *end = rest->len ? memchr(rest->p, 0xFF, rest->len) : NULL;
    orx_view got = {rest->p, end ? (size_t)(end - rest->p) : rest->len};
    size_t used = got.len + (end ? 1 : 0);
    rest->p += used;
    rest->len -= used;
    return got.len ? got : (orx_view){"", 0};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    orx_view rest = orx_view_mem(data, size);
    document = part(&rest);
    variables = part(&rest);
    deployments = rest;

    orx_platform platform = {.clock = &clocks, .files = &files};
    const orx_config_options options = {.root = "/r", .cwd = "/r", .strict = size % 2 == 1};
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    orx_err err = ORX_ERR_INIT;
    orx_config *cfg = NULL;
    int rc = orx_config_load(&platform, &options, &cfg, &diags, &err);
    FUZZ_CHECK((rc < 0) == (diags.errors > 0));
    FUZZ_CHECK((rc < 0) == (cfg == NULL) && (rc < 0) == (err.code < 0));
    check_problems(&diags);
    if (cfg) {
        check_values(cfg);
        check_environment(cfg, NULL);
        for (size_t i = 0; i < cfg->provider_count; i++) {
            check_provider(cfg, &cfg->providers[i]);
            if (i < 8)
                check_environment(cfg, &cfg->providers[i]);
        }
    }
    orx_config_free(cfg);
    return 0;
}
