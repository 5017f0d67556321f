#include "fleet/check_list.h"
#include "fleet/names.h"

static const orx_listing_rules rules = {
    .lane = "", .path = "/models", .user_agent = "orxaq-autonomy/router-check"};

/* ---- Which ----------------------------------------------------------------------------------- */

static int check_ladder(const orx_check *c, const orx_node *doc, orx_err *err) {
    const char *file = c->source.config_path;
    const orx_node *lanes = orx_node_get(doc, "lanes");
    if (lanes && lanes->kind != ORX_OBJECT && lanes->kind != ORX_NULL)
        return orx_err_set(err, ORX_E_INVALID,
                           "%s:%u: lanes is %s; expected an object of lists of providers", file,
                           lanes->line, orx_kind_name(lanes->kind));
    ORX_NODE_EACH(lanes, lane) {
        int rc = orx_names_check(lane, file, lane->key.p, err);
        if (rc < 0)
            return rc;
    }
    return orx_names_check(orx_node_get(orx_node_get(doc, "router"), "fallback_order"), file,
                           "fallback_order", err);
}

static int no_lane(const orx_check *c, const orx_node *lanes, const char *lane, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str known = {0};
    ORX_NODE_EACH(lanes, n) {
        orx_str_adds(&known, known.len ? ", " : "");
        orx_str_addv(&known, n->key);
    }
    return orx_err_set(err, ORX_E_NOT_FOUND, "%s: there is no lane %s; there are: %s",
                       c->source.config_path, lane, known.len ? known.buf : "none");
}

/* Of one lane, else of those of the fallback order, else of all lanes as they stand. */
static orx_node *names_of(orx_arena *a, const orx_node *doc, const char *lane) {
    const orx_node *lanes = orx_node_get(doc, "lanes");
    const orx_node *order = orx_node_get(orx_node_get(doc, "router"), "fallback_order");
    orx_node *names = orx_node_new(a, ORX_ARRAY);
    if (*lane) {
        orx_names_add(a, names, orx_node_get(lanes, lane));
    } else if (order && order->kind == ORX_ARRAY && order->count) {
        ORX_NODE_EACH(order, n) {
            orx_names_add(a, names, orx_node_get(lanes, orx_node_str(n, "")));
        }
    } else {
        ORX_NODE_EACH(lanes, n) {
            orx_names_add(a, names, n);
        }
    }
    return names;
}

/* Only those named, in that order. */
static void keep(orx_listing *list, const orx_node *names) {
    orx_listing kept = {0};
    ORX_NODE_EACH(names, n) {
        for (size_t i = 0; i < list->len; i++)
            if (orx_view_is(n->u.s, list->items[i].name))
                orx_vec_push(&kept, list->items[i]);
    }
    orx_vec_free(list);
    *list = kept;
}

/* Without lanes everything is looked at; a lane that was asked for has to be there, and some of its
 * providers, too. */
static int choose(const orx_check *c, const orx_node *doc, const char *lane, orx_arena *arena,
                  orx_listing *list, orx_err *err) {
    const orx_node *lanes = orx_node_get(doc, "lanes");
    orx_node *names = names_of(arena, doc, lane);
    if (*lane && !orx_node_get(lanes, lane))
        return no_lane(c, lanes, lane, err);
    if (!*lane && !names->count)
        return 0;
    keep(list, names);
    if (list->len)
        return 0;
    return orx_err_set(err, ORX_E_INVALID, "%s: providers defines none of those of %s%s",
                       c->source.config_path, *lane ? "lane " : "the lanes", lane);
}

static int read_and_ask(orx_platform *p, const orx_check *c, const orx_node *doc, const char *lane,
                        orx_arena *arena, orx_listing *list, orx_err *err) {
    int rc = check_ladder(c, doc, err);
    if (rc == 0)
        rc = orx_listing_read(c, &rules, orx_node_get(doc, "providers"), arena, list, err);
    if (rc == 0 && lane)
        rc = choose(c, doc, lane, arena, list, err);
    if (rc == 0)
        orx_listing_ask(p, c, &rules, list, arena);
    return rc;
}

/* ---- router-check ---------------------------------------------------------------------------- */

static orx_node *row_of(orx_arena *a, const orx_listed *l) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "name", l->name);
    orx_node_set_str(a, n, "kind", l->kind);
    orx_node_set_str(a, n, "base_url", l->base_shown);
    orx_node_set_str(a, n, "checked_url", l->url);
    orx_node_set_bool(a, n, "required", l->required);
    orx_node_set_str(a, n, "status", l->status);
    orx_node_set(a, n, "latency_ms", orx_listed_latency(a, l));
    orx_node_set_str(a, n, "error", l->error);
    orx_node_set_bool(a, n, "ok", orx_listed_up(l));
    return n;
}

/* Only required ones can be down. */
static orx_node *summary_of(orx_arena *a, const orx_listing *list, bool *ret_ok) {
    int64_t up = 0;
    int64_t down = 0;
    int64_t required = 0;
    for (size_t i = 0; i < list->len; i++) {
        up += orx_listed_up(&list->items[i]);
        down += strcmp(list->items[i].status, "down") == 0;
        required += list->items[i].required;
    }
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    *ret_ok = down == 0;
    orx_node_set_int(a, n, "provider_total", (int64_t)list->len);
    orx_node_set_int(a, n, "provider_up", up);
    orx_node_set_int(a, n, "provider_down", down);
    orx_node_set_int(a, n, "provider_skipped", (int64_t)list->len - up - down);
    orx_node_set_int(a, n, "required_total", required);
    orx_node_set_int(a, n, "required_down", down);
    orx_node_set_bool(a, n, "all_required_up", *ret_ok);
    orx_node_set_bool(a, n, "overall_ok", *ret_ok);
    return n;
}

static orx_node *head_of(orx_platform *p, orx_arena *a, const char *schema, const orx_check *c) {
    char now[ORX_ISO_MAX];
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_iso_time(orx_wall_ns(p), now);
    orx_node_set_str(a, n, "schema_version", schema);
    orx_node_set_str(a, n, "timestamp", now);
    orx_node_set_str(a, n, "config_path", c->source.config_path);
    return n;
}

static void put_about(orx_arena *a, orx_node *n, const orx_router_about *about) {
    orx_node *result = about->profile_result ? orx_node_copy(a, about->profile_result)
                                             : orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "root", about->root);
    orx_node_set_str(a, n, "output_path", about->output);
    orx_node_set_str(a, n, "profile", about->profile);
    orx_node_set(a, n, "profile_result", result);
    orx_node_set_str(a, n, "lane", about->lane);
}

int orx_router_check(orx_platform *p, const orx_check *c, const orx_router_about *about,
                     const orx_node *doc, orx_arena *arena, orx_node **ret_report, bool *ret_ok,
                     orx_err *err) {
    orx_listing list = {0};
    int rc = read_and_ask(p, c, doc, about->lane, arena, &list, err);
    if (rc == 0) {
        orx_node *n = head_of(p, arena, "router-check.v1", c);
        orx_node *rows = orx_node_new(arena, ORX_ARRAY);
        for (size_t i = 0; i < list.len; i++)
            orx_node_push(rows, row_of(arena, &list.items[i]));
        put_about(arena, n, about);
        orx_node_set(arena, n, "providers", rows);
        orx_node_set(arena, n, "summary", summary_of(arena, &list, ret_ok));
        *ret_report = n;
    }
    orx_vec_free(&list);
    return rc;
}

/* ---- router-lanes-status --------------------------------------------------------------------- */

static const orx_listed *find(const orx_listing *list, orx_view name) {
    for (size_t i = 0; i < list->len; i++)
        if (orx_view_is(name, list->items[i].name))
            return &list->items[i];
    return NULL;
}

/* True when one of its providers is up. */
static bool put_lane(orx_arena *a, orx_node *lanes, const orx_node *lane, const orx_listing *list) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *rows = orx_node_new(a, ORX_ARRAY);
    int64_t up = 0;
    ORX_NODE_EACH(lane, name) {
        orx_node *one = orx_node_new(a, ORX_OBJECT);
        const orx_listed *l = find(list, name->u.s);
        up += l && orx_listed_up(l);
        orx_node_set(a, one, "name", orx_node_new_str(a, name->u.s));
        orx_node_set_str(a, one, "status", l ? l->status : "unknown");
        orx_node_push(rows, one);
    }
    orx_node_set_str(a, n, "lane", lane->key.p);
    orx_node_set(a, n, "providers", rows);
    orx_node_set_int(a, n, "total", rows->count);
    orx_node_set_int(a, n, "up", up);
    orx_node_set_int(a, n, "down", rows->count - up);
    orx_node_set_bool(a, n, "healthy", up > 0);
    orx_node_push(lanes, n);
    return up > 0;
}

static orx_node *lanes_summary(orx_arena *a, int64_t total, int64_t healthy) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_int(a, n, "total_lanes", total);
    orx_node_set_int(a, n, "healthy_lanes", healthy);
    orx_node_set_int(a, n, "degraded_lanes", total - healthy);
    orx_node_set_bool(a, n, "all_healthy", total > 0 && healthy == total);
    return n;
}

int orx_router_lanes(orx_platform *p, const orx_check *c, const orx_node *doc, orx_arena *arena,
                     orx_node **ret_report, bool *ret_ok, orx_err *err) {
    orx_listing list = {0};
    int rc = read_and_ask(p, c, doc, NULL, arena, &list, err);
    if (rc == 0) {
        orx_node *n = head_of(p, arena, "lanes-status.v1", c);
        orx_node *lanes = orx_node_new(arena, ORX_ARRAY);
        int64_t healthy = 0;
        ORX_NODE_EACH(orx_node_get(doc, "lanes"), lane) {
            healthy += put_lane(arena, lanes, lane, &list);
        }
        *ret_ok = lanes->count > 0 && healthy == lanes->count;
        orx_node_set(arena, n, "lanes", lanes);
        orx_node_set(arena, n, "summary", lanes_summary(arena, lanes->count, healthy));
        *ret_report = n;
    }
    orx_vec_free(&list);
    return rc;
}
