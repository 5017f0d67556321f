/* orxaq remote-heartbeat: one round of what the service remote-heartbeat does every ten seconds. */
#include "cli/endpoint_files.h"
#include "cli/fleet_files.h"

#include "fleet/local_beat.h"

/* A whole number of an option, lifted to its floor [K]. */
static int number(const orx_cli *c, const char *name, int64_t otherwise, int64_t least,
                  int64_t *ret_n, orx_err *err) {
    const char *text = orx_cli_option(c, name);
    int64_t n = otherwise;
    if (text && (!orx_view_to_i64(orx_view_of(text), &n) || n > 600))
        return orx_err_set(err, ORX_E_USAGE, "--%s is a whole number up to 600, not \"%s\"", name,
                           text);
    *ret_n = n < least ? least : n;
    return 0;
}

static const char *const *ids(orx_cli *c) {
    const char **list = orx_arena_zalloc(&c->arena, c->option_count + 1, sizeof *list);
    size_t n = 0;
    for (size_t i = 0; i < c->option_count; i++)
        if (strcmp(c->options[i].name, "endpoint-id") == 0)
            list[n++] = c->options[i].value;
    return list;
}

static void say(const orx_node *row) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_json_write(&s, row, ORX_JSON_PY_LINE);
    orx_str_addc(&s, '\n');
    orx_cli_print(orx_str_view(&s));
}

/* [K] One JSON object a line. */
static void say_event(orx_cli *c, const orx_local_work *w, const char *event, int64_t endpoints) {
    orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node_set_str(&c->arena, n, "event", event);
    orx_node_set_str(&c->arena, n, "timestamp", orx_local_now(w));
    if (endpoints >= 0)
        orx_node_set_int(&c->arena, n, "endpoints", endpoints);
    say(n);
}

static int round_of(orx_cli *c, orx_local_work *w, const orx_local_beat *beat, orx_err *err) {
    int64_t count = 0;
    bool well = false;
    for (size_t i = 0; i < w->fleet->count; i++)
        count += orx_local_is_remote(beat, &w->fleet->items[i]);
    say_event(c, w, "remote_heartbeat_start", count);
    if (!count) {
        say_event(c, w, "remote_heartbeat_no_endpoints", -1);
        return ORX_EXIT_FAILED;
    }
    int rc = orx_fleet_may_ask(c, w, "remote-heartbeat", err);
    if (rc < 0)
        return rc == ORX_E_LIMIT ? orx_fleet_unpaid(w) : rc;
    orx_node *rows = orx_local_beat_rows(w, beat, &well);
    ORX_NODE_EACH(rows, row)
    say(row);
    say_event(c, w, "remote_heartbeat_stop", -1);
    int unpaid = orx_fleet_unpaid(w);
    return unpaid ? unpaid : c->strict && !well ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}

int orx_cmd_remote_heartbeat(orx_cli *c, orx_err *err) {
    orx_fleet_files files = {0};
    orx_local_fleet fleet = {0};
    orx_local_work w = {0};
    orx_local_beat beat = {.only = ids(c)};
    int64_t seconds = 0;
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = number(c, "timeout-sec", 25, 3, &seconds, err);
    if (rc == 0)
        rc = number(c, "max-tokens", 32, 8, &beat.max_tokens, err);
    if (rc == 0)
        rc = orx_fleet_files_open(c, &files, &fleet, err);
    if (rc < 0)
        return rc;
    beat.timeout_ns = seconds * ORX_SEC;
    orx_fleet_work(c, &fleet, &w);
    return round_of(c, &w, &beat, err);
}
