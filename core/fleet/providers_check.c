#include "fleet/check_list.h"
#include "fleet/profile.h"

static const orx_listing_rules rules = {.lane = "L1",
                                        .path = "/v1/models",
                                        .user_agent = "orxaq-autonomy/providers-check",
                                        .with_keys = true};

static orx_node *row_of(orx_arena *a, const orx_listed *l) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "name", l->name);
    orx_node_set_str(a, n, "kind", l->kind);
    orx_node_set_str(a, n, "lane", l->lane);
    orx_node_set_bool(a, n, "required", l->required);
    orx_node_set_str(a, n, "status", l->status);
    orx_node_set(a, n, "latency_ms", orx_listed_latency(a, l));
    orx_node_set_str(a, n, "checked_url", l->url);
    orx_node_set_str(a, n, "error", l->error);
    orx_node_set_bool(a, n, "ok", orx_listed_up(l));
    return n;
}

/* [K] A required provider counts as down also when it was skipped. */
static orx_node *summary_of(orx_arena *a, const orx_listing *list, bool *ret_ok) {
    int64_t up = 0;
    int64_t down = 0;
    int64_t required = 0;
    int64_t required_up = 0;
    for (size_t i = 0; i < list->len; i++) {
        const orx_listed *l = &list->items[i];
        up += orx_listed_up(l);
        down += strcmp(l->status, "down") == 0;
        required += l->required;
        required_up += l->required && orx_listed_up(l);
    }
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    *ret_ok = required_up == required;
    orx_node_set_int(a, n, "provider_total", (int64_t)list->len);
    orx_node_set_int(a, n, "provider_up", up);
    orx_node_set_int(a, n, "provider_down", down);
    orx_node_set_int(a, n, "provider_skipped", (int64_t)list->len - up - down);
    orx_node_set_int(a, n, "required_total", required);
    orx_node_set_int(a, n, "required_up", required_up);
    orx_node_set_int(a, n, "required_down", required - required_up);
    orx_node_set_bool(a, n, "all_required_up", *ret_ok);
    return n;
}

static orx_node *report_of(orx_platform *p, orx_arena *a, const orx_listing *list, bool *ret_ok) {
    char now[ORX_ISO_MAX];
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *rows = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < list->len; i++)
        orx_node_push(rows, row_of(a, &list->items[i]));
    orx_iso_time(orx_wall_ns(p), now);
    orx_node_set_str(a, n, "schema_version", "providers-check.v1");
    orx_node_set_str(a, n, "generated_at_utc", now);
    orx_node_set(a, n, "providers", rows);
    orx_node_set(a, n, "summary", summary_of(a, list, ret_ok));
    return n;
}

int orx_providers_check(orx_platform *p, const orx_check *c, const orx_node *doc,
                        const orx_node *profile, const char *profile_path, orx_arena *arena,
                        orx_node **ret_report, bool *ret_ok, orx_err *err) {
    const orx_fleet_profile there = {.name = "", .source = profile_path, .doc = profile};
    orx_listing list = {0};
    orx_node *applied = NULL;
    int rc = profile ? orx_profile_providers(doc, &there, arena, &applied, err) : 0;
    if (rc < 0)
        return rc;
    if (applied)
        doc = applied;
    const orx_node *rows = doc->kind == ORX_ARRAY ? doc : orx_node_get(doc, "providers");
    rc = orx_listing_read(c, &rules, rows, arena, &list, err);
    if (rc == 0) {
        orx_listing_ask(p, c, &rules, &list, arena);
        *ret_report = report_of(p, arena, &list, ret_ok);
    }
    orx_vec_free(&list);
    return rc;
}
