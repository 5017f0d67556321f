/* Where the figures of `metrics` come from. */
#include "cli/lanes.h"
#include "cli/metrics.h"

#include "base/map.h"
#include "platform/files.h"
#include "run/summary.h"

typedef struct telling {
    orx_cli *c;
    orx_arena *a;
    orx_map sums; /* of orx_summary_lane, by lane; what was told is taken out */
    orx_node *sources;
    orx_node *files;
    orx_node *errors;
} telling;

static void push(const telling *t, orx_node *list, const char *text) {
    orx_node_push(list, orx_node_new_str(t->a, orx_view_of(text)));
}

/* The predecessor's files are written from the journal, later. */
static void tell(telling *t, const char *lane, const char *owner, const char *summary_file,
                 const char *metrics_file, const char *error) {
    orx_node *n = orx_node_new(t->a, ORX_OBJECT);
    bool primary = strcmp(lane, "primary") == 0;
    const orx_summary_lane *sums = orx_map_remove(&t->sums, orx_view_of(lane));
    orx_file_info info;
    orx_node_set_str(t->a, n, "kind", primary ? "primary" : "lane");
    orx_node_set_str(t->a, n, "lane_id", primary ? "" : lane);
    orx_node_set_str(t->a, n, "owner", owner);
    orx_node_set_str(t->a, n, "path", summary_file);
    orx_node_set_str(t->a, n, "timeseries_file", metrics_file);
    orx_node_set_int(t->a, n, "responses_total", sums ? sums->responses : 0);
    orx_node_set_bool(t->a, n, "missing", orx_stat(t->c->p, summary_file, &info, NULL) < 0);
    orx_node_set_bool(t->a, n, "ok", !*error);
    orx_node_set_str(t->a, n, "error", error);
    orx_node_push(t->sources, n);
    push(t, t->files, metrics_file);
}

/* A lane that cannot be started has a past all the same; an entry that is no object has no files.
 */
static void tell_lane(telling *t, const orx_lane *l) {
    if (l->metrics_file)
        tell(t, l->id, l->owner, l->metrics_summary_file, l->metrics_file,
             l->problem ? l->problem : "");
}

/* Lanes that are in the sums and in no file. */
static void tell_past(telling *t, const orx_summary_lane *lanes, int count) {
    for (int i = 0; i < count; i++) {
        const char *dir = orx_path_join(t->a, t->c->cfg->paths.lanes_runtime_dir, lanes[i].lane);
        if (orx_map_get(&t->sums, orx_view_of(lanes[i].lane)))
            tell(t, lanes[i].lane, "", orx_path_join(t->a, dir, "response_metrics_summary.json"),
                 orx_path_join(t->a, dir, "response_metrics.ndjson"), "");
    }
}

static void tell_lanes(telling *t) {
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    orx_lanes lanes = {0};
    orx_err why = ORX_ERR_INIT;
    if (orx_lanes_load(t->c->p, t->c->cfg, t->a, &diags, &lanes, &why) < 0)
        push(t, t->errors, orx_arena_printf(t->a, "lanes_file: %s", why.msg));
    for (const orx_diag *d = diags.first; d && !lanes.count; d = d->next)
        if (d->severity == ORX_DIAG_ERROR)
            push(t, t->errors, orx_arena_printf(t->a, "lanes_file: %s: %s", d->where, d->text));
    for (size_t i = 0; i < lanes.count; i++)
        tell_lane(t, &lanes.items[i]);
}

int orx_cli_metrics_sources(orx_cli *c, orx_node *doc, orx_err *err) {
    orx_arena *a = &c->arena;
    telling t = {.c = c,
                 .a = a,
                 .sources = orx_node_new(a, ORX_ARRAY),
                 .files = orx_node_new(a, ORX_ARRAY),
                 .errors = orx_node_new(a, ORX_ARRAY)};
    orx_summary_lane *lanes = NULL;
    int count = orx_summary_lanes(c->store, a, &lanes, err);
    for (int i = 0; i < count; i++)
        (void)orx_map_put(&t.sums, orx_view_of(lanes[i].lane), &lanes[i]);
    const orx_node *bills = orx_node_get(doc, "authoritative_cost_errors");
    tell(&t, "primary", "", c->cfg->paths.metrics_summary_file, c->cfg->paths.metrics_file, "");
    tell_lanes(&t);
    tell_past(&t, lanes, count);
    orx_map_free(&t.sums);
    orx_node_set_str(a, doc, "summary_file", c->cfg->paths.metrics_summary_file);
    orx_node_set(a, doc, "timeseries_files", t.files);
    orx_node_set(a, doc, "timeseries_errors", orx_node_new(a, ORX_ARRAY));
    orx_node_set(a, doc, "sources", t.sources);
    orx_node_set(a, doc, "errors", t.errors);
    orx_node_set_bool(a, doc, "ok", t.errors->count == 0);
    orx_node_set_bool(a, doc, "partial", t.errors->count > 0 || (bills && bills->count > 0));
    return count < 0 ? count : 0;
}
