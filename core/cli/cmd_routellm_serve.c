/* orxaq routellm-serve: the routing service, until a signal ends it. */
#include "cli/cli.h"

#include "platform/files.h"
#include "platform/local.h"
#include "platform/loop.h"
#include "run/route_service.h"

#include <stdio.h>

#define STOP_NS (5 * ORX_SEC) /* for those who are being answered */

static const char *given(const orx_cli *c, const char *name, const char *otherwise) {
    const char *value = orx_cli_option(c, name);
    return value ? value : otherwise;
}

static int read_port(const orx_cli *c, int *ret_port, orx_err *err) {
    const char *text = orx_cli_option(c, "port");
    int64_t port = 0;
    if (!text)
        return orx_err_set(err, ORX_E_USAGE, "routellm-serve needs --port N");
    if (!orx_view_to_i64(orx_view_of(text), &port) || port < 0 || port > 65535)
        return orx_err_set(err, ORX_E_USAGE,
                           "--port: expected a number from 0 to 65535, got \"%s\"", text);
    *ret_port = (int)port;
    return 0;
}

static int read_profile(const orx_cli *c, const char **ret_profile, orx_err *err) {
    const char *profile = given(c, "profile", "fast");
    if (strcmp(profile, "fast") != 0 && strcmp(profile, "strong") != 0)
        return orx_err_set(err, ORX_E_USAGE, "--profile: expected fast or strong, got \"%s\"",
                           profile);
    *ret_profile = profile;
    return 0;
}

/* The absolute path, with its links: it may be one that is turned to another policy. */
static int read_policy(orx_cli *c, const char **ret_path, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str here = {0};
    const char *path = orx_cli_option(c, "policy-file");
    if (!path || !*path)
        return orx_err_set(err, ORX_E_USAGE, "routellm-serve needs --policy-file FILE");
    int rc = *path == '/' ? 0 : orx_realpath(c->p, ".", &here, err);
    if (rc < 0)
        return rc;
    *ret_path = *path == '/' ? orx_arena_strdup(&c->arena, path)
                             : orx_path_join(&c->arena, orx_str_cstr(&here), path);
    return 0;
}

static int read_options(orx_cli *c, orx_route_service_spec *spec, orx_err *err) {
    const char *host = given(c, "host", "127.0.0.1");
    spec->host = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    int rc = read_port(c, &spec->port, err);
    if (rc == 0)
        rc = read_profile(c, &spec->profile, err);
    if (rc == 0)
        rc = read_policy(c, &spec->policy_file, err);
    return rc;
}

static int load_scorecard(orx_cli *c, orx_route_service_spec *spec, orx_err *err) {
    static const orx_plugin_ref ref = {.name = "scorecard"};
    int rc = orx_cli_plugins(c, err);
    if (rc < 0)
        return rc;
    spec->plugins = c->plugins;
    return orx_plugins_load(c->plugins, &ref, &spec->plugin, err);
}

/* ---- Running --------------------------------------------------------------------------------- */

typedef struct serving {
    orx_cli *c;
    bool stop;
} serving;

static void said(void *user, const char *line) {
    const serving *s = user;
    if (!s->c->quiet)
        orx_cli_complain("%s", line);
}

static void on_signal(int signum ORX_UNUSED, void *user) {
    serving *s = user;
    s->stop = true;
}

static void greet(orx_cli *c, const orx_route_service_spec *spec, int port) {
    bool six = strchr(spec->host, ':') != NULL;
    const char *url = orx_arena_printf(&c->arena, "http://%s%s%s:%d/route", six ? "[" : "",
                                       spec->host, six ? "]" : "", port);
    bool near = strncmp(spec->host, "127.", 4) == 0 || strcmp(spec->host, "::1") == 0;
    if (!near && !c->quiet)
        orx_cli_complain("warning: there is no password: whoever reaches %s may ask", url);
    if (c->json) {
        orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
        orx_node_set_str(&c->arena, n, "url", url);
        orx_node_set_str(&c->arena, n, "policy_file", spec->policy_file);
        orx_node_set_str(&c->arena, n, "profile", spec->profile);
        orx_cli_json(c, n);
    } else {
        orx_cli_printf("answering at %s (%s, %s)\n", url, spec->profile, spec->policy_file);
    }
    (void)fflush(stdout);
}

static void serve(serving *s, orx_route_service *service) {
    orx_platform *p = s->c->p;
    (void)orx_loop_until(p, &s->stop, 0);
    orx_service_notify(p, orx_view_of("STOPPING=1"));
    orx_route_service_stop(service);
    (void)orx_loop_until(p, orx_route_service_stopped(service), orx_mono_ns(p) + STOP_NS);
}

int orx_cmd_routellm_serve(orx_cli *c, orx_err *err) {
    serving s = {.c = c};
    orx_route_service_spec spec = {.said = said, .user = &s};
    orx_route_service *service = NULL;
    int rc = read_options(c, &spec, err);
    if (rc == 0)
        rc = load_scorecard(c, &spec, err);
    if (rc >= 0)
        rc = orx_route_service_open(c->p, &spec, &service, err);
    if (rc >= 0)
        rc = orx_watch_signals(c->p, on_signal, &s, err);
    if (rc < 0) {
        orx_route_service_close(service);
        return rc;
    }
    greet(c, &spec, orx_route_service_port(service));
    orx_service_notify(c->p, orx_view_of("READY=1"));
    serve(&s, service);
    (void)orx_watch_signals(c->p, NULL, NULL, NULL);
    orx_route_service_close(service);
    return ORX_EXIT_OK;
}
