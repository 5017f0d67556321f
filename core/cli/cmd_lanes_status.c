/* orxaq lanes-status, lane-status, lane-inspect: what lanes are doing, and what was said in them.
 */
#include "cli/health_view.h"
#include "cli/lane_talks.h"
#include "cli/lanes.h"
#include "cli/talks.h"

#include "lane/status.h"

/* One invocation. */
typedef struct showing {
    orx_cli *c;
    orx_diags diags;
    orx_lanes lanes;
    orx_look look;
    const orx_lane *only;
    orx_node *doc;
    orx_talks talks; /* read when they are asked for */
} showing;

static int count_of(const orx_cli *c, const char *name, int64_t otherwise, int64_t *ret,
                    orx_err *err) {
    const char *text = orx_cli_option(c, name);
    *ret = otherwise;
    if (!text || orx_view_to_i64(orx_view_of(text), ret))
        return 0;
    return orx_err_set(err, ORX_E_USAGE, "--%s needs a number, not \"%s\"", name, text);
}

static int look_at_lanes(showing *s, orx_err *err) {
    orx_cli *c = s->c;
    int rc = orx_cli_look(c, &s->look, err);
    if (rc == 0)
        rc = orx_lanes_load(c->p, c->cfg, &c->arena, &s->diags, &s->lanes, err);
    return rc < 0 ? rc : orx_cli_lane_named(c, &s->lanes, &s->only, err);
}

static void make_document(showing *s) {
    const orx_lane_sources from = {.p = s->c->p,
                                   .cfg = s->c->cfg,
                                   .store = s->c->store,
                                   .exe = s->c->exe,
                                   .lanes = &s->lanes,
                                   .diags = &s->diags,
                                   .facts = &s->look.facts};
    s->doc = orx_lanes_snapshot(&from, s->only, &s->c->arena);
}

/* ---- Conversations --------------------------------------------------------------------------- */

static int read_talks(showing *s, const char *option, orx_err *err) {
    int64_t lines = ORX_TALK_LINES;
    int rc = count_of(s->c, option, ORX_TALK_LINES, &lines, err);
    if (rc < 0)
        return rc;
    lines = lines < 1 ? 1 : lines > ORX_TALK_LINES_MAX ? ORX_TALK_LINES_MAX : lines;
    orx_cli_talks(s->c, (int)lines, !orx_cli_option(s->c, "no-lanes"), &s->talks);
    return 0;
}

/* ---- Text [K] -------------------------------------------------------------------------------- */

static const char *text_of(const orx_node *n, const char *key) {
    return orx_node_str(orx_node_get(n, key), "");
}

static int64_t int_of(const orx_node *n, const char *key) {
    return orx_node_int(orx_node_get(n, key), 0);
}

static void print_head(showing *s) {
    static const char *const keys[] = {"lanes_file", "requested_lane", "running_count",
                                       "total_count"};
    orx_arena *a = &s->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    for (size_t i = 0; i < ORX_ARRAY_LEN(keys); i++) {
        const orx_node *value = orx_node_get(s->doc, keys[i]);
        orx_node_set(a, n, keys[i],
                     value ? orx_node_copy(a, value) : orx_node_new_str(a, orx_view_of("all")));
    }
    orx_cli_json_kept(n);
}

static void print_health(const orx_node *doc) {
    const char *sep = "health_counts: ";
    ORX_NODE_EACH(orx_node_get(doc, "health_counts"), n) {
        orx_cli_printf("%s%.*s=%lld", sep, ORX_VIEW_ARG(n->key), (long long)orx_node_int(n, 0));
        sep = ", ";
    }
    if (*sep == ',')
        orx_cli_printf("\n");
}

static void print_owners(const orx_node *doc) {
    const char *sep = "owner_counts: ";
    ORX_NODE_EACH(orx_node_get(doc, "owner_counts"), n) {
        orx_cli_printf("%s%.*s(total=%lld,running=%lld,healthy=%lld,degraded=%lld)", sep,
                       ORX_VIEW_ARG(n->key), (long long)int_of(n, "total"),
                       (long long)int_of(n, "running"), (long long)int_of(n, "healthy"),
                       (long long)int_of(n, "degraded"));
        sep = " | ";
    }
    if (*sep == ' ')
        orx_cli_printf("\n");
}

/* running/limit are calls: that is what the limit is about. */
static void print_capacity(const orx_node *doc) {
    const char *sep = "parallel_capacity: ";
    ORX_NODE_EACH(orx_node_path(doc, "parallel_capacity.groups"), n) {
        const orx_node *limit = orx_node_get(n, "effective_limit");
        if (!limit || limit->kind != ORX_INT)
            continue;
        orx_cli_printf("%s%s:%s=%lld/%lld", sep, text_of(n, "provider"), text_of(n, "model"),
                       (long long)int_of(n, "calls"), (long long)int_of(n, "effective_limit"));
        sep = " | ";
    }
    if (*sep == ' ')
        orx_cli_printf("\n");
}

static void print_scalings(const orx_node *doc) {
    const orx_node *n = orx_node_get(doc, "scaling_event_counts");
    if (n)
        orx_cli_printf("scaling_events: up=%lld down=%lld hold=%lld\n",
                       (long long)int_of(n, "scale_up"), (long long)int_of(n, "scale_down"),
                       (long long)int_of(n, "scale_hold"));
}

static void print_errors(const orx_node *doc, const char *key) {
    const char *sep = "";
    ORX_NODE_EACH(orx_node_get(doc, key), n) {
        orx_cli_printf("%s%s%s", *sep ? "" : key, *sep ? sep : ": ", orx_node_str(n, ""));
        sep = " | ";
    }
    if (*sep)
        orx_cli_printf("\n");
}

static const char *truth(const orx_node *doc, const char *key) {
    return orx_node_bool(orx_node_get(doc, key), false) ? "True" : "False";
}

static void print_recovery(const orx_node *doc) {
    const char *sep = "";
    if (!orx_node_get(doc, "recovered_lanes"))
        return;
    orx_cli_printf("conversation_recovery: recovered_lanes=");
    ORX_NODE_EACH(orx_node_get(doc, "recovered_lanes"), n) {
        orx_cli_printf("%s%s", sep, orx_node_str(n, ""));
        sep = ",";
    }
    orx_cli_printf("%s conversation_partial=%s conversation_ok=%s\n", *sep ? "" : "none",
                   truth(doc, "conversation_partial"), truth(doc, "conversation_ok"));
}

static const char *paint(orx_cli *c, const char *health) {
    bool good = strcmp(health, "ok") == 0 || strcmp(health, "idle") == 0;
    bool meh = strcmp(health, "paused") == 0 || strcmp(health, "unknown") == 0;
    return orx_cli_paint(c, good ? "32" : meh ? "33" : "31", health);
}

static void print_talk(const orx_node *row) {
    const orx_node *latest = orx_node_get(row, "latest_conversation_event");
    if (!orx_node_get(row, "conversation_source_state"))
        return;
    orx_cli_printf("  conversations: state=%s events=%lld latest_ts=%s latest_owner=%s "
                   "latest_type=%s\n",
                   text_of(row, "conversation_source_state"),
                   (long long)int_of(row, "conversation_event_count"),
                   orx_node_str(orx_node_get(latest, "timestamp"), "-"),
                   orx_node_str(orx_node_get(latest, "owner"), "-"),
                   orx_node_str(orx_node_get(latest, "event_type"), "-"));
}

/* Of lanes whose group may be scaled, and of those that were. */
static void print_scaling(const orx_node *row) {
    const orx_node *latest = orx_node_get(row, "latest_scale_event");
    if (strcmp(text_of(row, "scaling_mode"), "npv") != 0 && (!latest || latest->kind == ORX_NULL))
        return;
    const char *group = text_of(row, "scaling_group");
    orx_cli_printf(
        "  scaling: mode=%s group=%s rank=%lld up=%lld down=%lld hold=%lld "
        "latest_type=%s\n",
        text_of(row, "scaling_mode"), *group ? group : "-", (long long)int_of(row, "scaling_rank"),
        (long long)int_of(row, "scale_up_events"), (long long)int_of(row, "scale_down_events"),
        (long long)int_of(row, "scale_hold_events"),
        orx_node_str(orx_node_get(latest, "event_type"), "-"));
}

static void print_row(orx_cli *c, const orx_node *row) {
    int64_t pid = int_of(row, "pid");
    bool running = orx_node_bool(orx_node_get(row, "running"), false);
    orx_cli_printf("- %s [%s] %s pid=%s health=%s heartbeat_age=%llds\n", text_of(row, "id"),
                   text_of(row, "owner"), running ? "running" : "stopped",
                   pid ? orx_arena_printf(&c->arena, "%lld", (long long)pid) : "None",
                   paint(c, text_of(row, "health")),
                   (long long)orx_node_int(orx_node_get(row, "heartbeat_age_sec"), -1));
    if (*text_of(row, "cause"))
        orx_cli_printf("  %s: %s\n", text_of(row, "state"), text_of(row, "cause"));
    print_talk(row);
    if (*text_of(row, "error"))
        orx_cli_printf("  error: %s\n", text_of(row, "error"));
    print_scaling(row);
}

static void print_text(showing *s) {
    print_head(s);
    print_health(s->doc);
    print_owners(s->doc);
    print_scalings(s->doc);
    print_capacity(s->doc);
    print_errors(s->doc, "errors");
    print_errors(s->doc, "conversation_errors");
    print_recovery(s->doc);
    ORX_NODE_EACH(orx_node_get(s->doc, "lanes"), row)
    print_row(s->c, row);
}

/* found: of looking at the lanes. A lane that no file has may have said something. */
static int with_talks(showing *s, int found, orx_err *err) {
    orx_cli *c = s->c;
    const char *lane = c->arg_count ? c->args[0] : orx_cli_option(c, "lane");
    orx_err why = ORX_ERR_INIT;
    int rc = read_talks(s, "conversation-lines", &why);
    if (rc < 0)
        return orx_err_set(err, rc, "%s", why.msg);
    if (found == 0)
        orx_lane_talks_put(&s->talks, s->only ? s->only->id : NULL, s->doc, orx_wall_ns(c->p),
                           &c->arena);
    else
        s->doc = orx_lane_talks_only(&s->talks, lane, s->lanes.file, orx_wall_ns(c->p), &c->arena);
    return s->doc ? 0 : found;
}

int orx_cmd_lanes_status(orx_cli *c, orx_err *err) {
    showing s = {.c = c};
    int rc = look_at_lanes(&s, err);
    if (rc == 0)
        make_document(&s);
    if (orx_cli_option(c, "with-conversations") && (rc == 0 || rc == ORX_E_NOT_FOUND))
        rc = with_talks(&s, rc, err);
    if (rc == 0 && c->json)
        orx_cli_json_kept(s.doc);
    else if (rc == 0)
        print_text(&s);
    orx_diags_free(&s.diags);
    return rc < 0 ? rc : ORX_EXIT_OK;
}

/* ---- lane-inspect ---------------------------------------------------------------------------- */

static orx_node *copy_of(showing *s, const char *key, orx_kind otherwise) {
    const orx_node *n = orx_node_get(s->doc, key);
    return n ? orx_node_copy(&s->c->arena, n) : orx_node_new(&s->c->arena, otherwise);
}

static orx_node *source_health(showing *s, const char *lane, const orx_node *talk) {
    orx_arena *a = &s->c->arena;
    const orx_lane_talk r = orx_lane_talk_of(&s->talks, lane);
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *errors = orx_node_new(a, ORX_ARRAY);
    const orx_node *global = orx_node_get(talk, "errors");
    for (size_t i = 0; i < s->talks.source_count; i++) {
        const orx_talk_source *t = &s->talks.sources[i];
        if (strcmp(t->lane_id, lane) == 0 && *t->error)
            orx_node_push(errors, orx_node_new_str(a, orx_view_of(t->error)));
    }
    bool ok = r.sources > 0 && r.ok == r.sources;
    orx_node_set_str(a, n, "lane", lane);
    orx_node_set_str(a, n, "state", !r.sources ? "unreported" : ok ? "ok" : "degraded");
    orx_node_set_bool(a, n, "ok", ok);
    orx_node_set_int(a, n, "reported_sources", r.sources);
    orx_node_set_int(a, n, "event_count", r.events);
    orx_node_set_int(a, n, "missing_count", r.missing);
    orx_node_set_int(a, n, "recoverable_missing_count", r.recoverable);
    orx_node_set_int(a, n, "fallback_count", r.fallbacks);
    orx_node_set_int(a, n, "error_count", errors->count);
    orx_node_set(a, n, "errors", errors);
    orx_node_set_bool(a, n, "global_partial", orx_node_bool(orx_node_get(talk, "partial"), false));
    orx_node_set_int(a, n, "global_error_count", global ? global->count : 0);
    return n;
}

static void put_inspection(showing *s, orx_node *out, const char *input, const char *lane,
                           orx_node *row) {
    orx_arena *a = &s->c->arena;
    int64_t tail = 0;
    (void)count_of(s->c, "tail", 0, &tail, NULL);
    const orx_talk_filter f = {
        .owner = orx_cli_option(s->c, "owner") ? orx_cli_option(s->c, "owner") : "",
        .lane = lane,
        .event_type = orx_cli_option(s->c, "event-type") ? orx_cli_option(s->c, "event-type") : "",
        .contains = orx_cli_option(s->c, "contains") ? orx_cli_option(s->c, "contains") : "",
        .tail = tail};
    orx_node *talk = orx_talks_filtered_doc(&s->talks, &f, orx_wall_ns(s->c->p), a);
    const orx_lane_talk r = orx_lane_talk_of(&s->talks, lane);
    orx_lane_talk_put(&r, row, a);
    bool whole = s->only && orx_node_bool(orx_node_get(s->doc, "ok"), false);
    bool heard = orx_node_bool(orx_node_get(talk, "ok"), false);
    orx_node_set_str(a, out, "requested_lane", lane);
    orx_node_set_str(a, out, "input_lane", input);
    orx_node_set(a, out, "lane", row);
    orx_node_set(a, out, "lane_errors", copy_of(s, "errors", ORX_ARRAY));
    orx_node_set(a, out, "suppressed_lane_errors", copy_of(s, "suppressed_errors", ORX_ARRAY));
    orx_node_set(a, out, "lane_health_counts", copy_of(s, "health_counts", ORX_OBJECT));
    orx_node_set(a, out, "lane_owner_counts", copy_of(s, "owner_counts", ORX_OBJECT));
    orx_node_set(a, out, "conversations", talk);
    orx_node_set(a, out, "conversation_source_health", source_health(s, lane, talk));
    orx_node_set_bool(a, out, "partial", !whole || !heard);
    orx_node_set_bool(a, out, "ok", whole && heard);
}

/* The row of the lane, or one made of what it said; ORX_E_NOT_FOUND: it said nothing either. */
static int find_row(showing *s, const char *input, orx_node **ret_row, orx_err *err) {
    if (s->only) {
        *ret_row = orx_node_copy(&s->c->arena, orx_node_first(orx_node_get(s->doc, "lanes")));
        return 0;
    }
    const orx_lane_talk r = orx_lane_talk_of(&s->talks, input);
    if (!r.events)
        return ORX_E_NOT_FOUND;
    *ret_row = orx_lane_talk_row(&r, input, &s->c->arena);
    *err = (orx_err)ORX_ERR_INIT;
    return 0;
}

int orx_cmd_lane_inspect(orx_cli *c, orx_err *err) {
    showing s = {.c = c};
    const char *input = c->arg_count ? c->args[0] : orx_cli_option(c, "lane");
    orx_node *out = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node *row = NULL;
    int found = look_at_lanes(&s, err);
    int rc = found == ORX_E_NOT_FOUND ? 0 : found;
    if (rc == 0)
        rc = read_talks(&s, "lines", NULL);
    if (rc == 0 && s.only)
        make_document(&s);
    if (rc == 0)
        rc = find_row(&s, input, &row, err);
    if (rc == 0) {
        put_inspection(&s, out, input, s.only ? s.only->id : input, row);
        orx_cli_json_kept(out);
    }
    orx_diags_free(&s.diags);
    return rc < 0 ? rc : ORX_EXIT_OK;
}
