/* Groups of lanes, and the places in them. */
#include "lane/scaling.h"

#include "data/json.h"
#include "platform/files.h"
#include "route/scaling.h"

#include <math.h>
#include <stdlib.h>

#define DECISION_MAX ((size_t)1 << 20)

/* ---- Groups ---------------------------------------------------------------------------------- */

static const char *group_of(const orx_lane *l, orx_arena *arena) {
    return *l->scaling_group ? l->scaling_group : orx_arena_printf(arena, "%s:default", l->owner);
}

static bool is_npv(const orx_lane *l) {
    return strcmp(l->scaling_mode, "npv") == 0;
}

bool orx_lanes_any_npv(const orx_lanes *lanes) {
    for (size_t i = 0; i < lanes->count; i++)
        if (is_npv(&lanes->items[i]))
            return true;
    return false;
}

/* Whoever adds a task writes the file anew: what was written after the last word of the lane's
 * runner may hold one that the journal does not know yet. */
bool orx_lane_has_news(orx_platform *p, const orx_lane *l) {
    const char *const files[] = {l->tasks_file, l->task_queue_file};
    orx_file_info beat;
    orx_file_info info;
    if (orx_stat(p, l->heartbeat_file, &beat, NULL) < 0)
        return true;
    for (size_t i = 0; i < ORX_ARRAY_LEN(files); i++)
        if (orx_stat(p, files[i], &info, NULL) == 0 && info.mtime_ns > beat.mtime_ns)
            return true;
    return false;
}

static bool takes_part(const orx_lane *l, const orx_lane_plan_input *in) {
    if (!is_npv(l))
        return false;
    return l->continuous || !in->is_done || !in->is_done(l->id, in->user) ||
           orx_lane_has_news(in->p, l);
}

static int by_rank(const void *a, const void *b) {
    const orx_lane *x = *(const orx_lane *const *)a;
    const orx_lane *y = *(const orx_lane *const *)b;
    if (x->scaling_rank != y->scaling_rank)
        return x->scaling_rank < y->scaling_rank ? -1 : 1;
    return strcmp(x->id, y->id);
}

static orx_lane_group *group_named(orx_lane_group *groups, size_t *count, const char *name) {
    for (size_t i = 0; i < *count; i++)
        if (strcmp(groups[i].name, name) == 0)
            return &groups[i];
    groups[*count] = (orx_lane_group){
        .name = name, .max_parallel_agents = INT64_MAX, .max_subagents = INT64_MAX};
    return &groups[(*count)++];
}

static void add_member(orx_lane_group *g, const orx_lane *l) {
    double budget = l->scaling_daily_budget_usd;
    int order = g->decision_file ? strcmp(l->scaling_decision_file, g->decision_file) : -1;
    g->several_files = g->several_files || (g->decision_file && order != 0);
    if (order < 0)
        g->decision_file = l->scaling_decision_file;
    g->min_npv_usd = fmax(g->min_npv_usd, l->scaling_min_marginal_npv_usd);
    if (budget > 0 && (!(g->daily_budget_usd > 0) || budget < g->daily_budget_usd))
        g->daily_budget_usd = budget;
    if (l->scaling_max_parallel_agents < g->max_parallel_agents)
        g->max_parallel_agents = l->scaling_max_parallel_agents;
    if (l->scaling_max_subagents_per_agent < g->max_subagents)
        g->max_subagents = l->scaling_max_subagents_per_agent;
    g->members[g->count++] = l;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const orx_lane_group *)a)->name, ((const orx_lane_group *)b)->name);
}

const orx_lane_group *orx_lanes_groups(const orx_lanes *lanes, const orx_lane_plan_input *in,
                                       orx_arena *arena, size_t *ret_count) {
    const orx_lane **npv = orx_arena_zalloc(arena, lanes->count + 1, sizeof *npv);
    bool any = orx_lanes_any_npv(lanes);
    const bool *able = any ? orx_lanes_able(lanes, in, arena) : NULL;
    size_t n = 0, count = 0;
    for (size_t i = 0; able && i < lanes->count; i++)
        if (able[i] && takes_part(&lanes->items[i], in))
            npv[n++] = &lanes->items[i];
    qsort(npv, n, sizeof *npv, by_rank);
    orx_lane_group *groups = orx_arena_zalloc(arena, n + 1, sizeof *groups);
    for (size_t i = 0; i < n; i++) {
        orx_lane_group *g = group_named(groups, &count, group_of(npv[i], arena));
        if (!g->members)
            g->members = orx_arena_zalloc(arena, n - i, sizeof *g->members);
        add_member(g, npv[i]);
    }
    qsort(groups, count, sizeof *groups, by_name);
    *ret_count = count;
    return groups;
}

/* ---- The gate -------------------------------------------------------------------------------- */

static void add_reason(orx_lane_gate *g, bool holds, const char *reason) {
    if (holds && g->count < ORX_LANE_REASONS)
        g->reasons[g->count++] = reason;
}

/* A figure at its place or at the top [K]; otherwise when it is in neither, NAN when it is none. */
static double figure(const orx_node *doc, const char *section, const char *key, double otherwise) {
    const orx_node *in = orx_node_get(doc, section);
    const orx_node *n = in && in->kind == ORX_OBJECT ? orx_node_get(in, key) : NULL;
    if (!n)
        n = orx_node_get(doc, key);
    return n ? orx_node_num(n, (double)NAN) : otherwise;
}

static bool read_wanted(const orx_node *d, orx_lane_wanted *w) {
    const char *word = orx_node_str(orx_node_get(d, "decision"), "");
    bool up = strcmp(word, "scale_up") == 0;
    const orx_node *should = orx_node_get(d, "should_scale");
    *w = (orx_lane_wanted){
        .read = true,
        .word = word,
        .stop_loss = orx_node_bool(orx_node_get(d, "stop_loss_triggered"), false),
        .approved = (up || !*word) && orx_node_bool(should, up),
        .npv = orx_node_num(orx_node_get(d, "marginal_npv_usd"), (double)NAN),
        .lanes = figure(d, "capacity", "requested_parallel_agents", 1),
        .subagents = figure(d, "capacity", "requested_subagents_per_agent", 1),
        .projected = figure(d, "constraints", "projected_daily_spend_usd", 0),
        .budget = figure(d, "constraints", "daily_budget_usd", 0),
        .max_parallel = figure(d, "constraints", "max_parallel_agents", HUGE_VAL),
        .max_subagents = figure(d, "constraints", "max_subagents_per_agent", HUGE_VAL),
    };
    /* One that grows nothing need not know its figures. */
    if (!w->approved)
        return *word || (should && should->kind == ORX_BOOL);
    return isfinite(w->npv) && isfinite(w->lanes) && isfinite(w->subagents) && w->projected >= 0 &&
           isfinite(w->projected) && w->budget >= 0 && !isnan(w->max_parallel) &&
           !isnan(w->max_subagents);
}

static bool lists(const orx_node *d, const char *reason) {
    const orx_node *reasons = orx_node_get(d, "reasons");
    if (!reasons || reasons->kind != ORX_ARRAY)
        return false;
    ORX_NODE_EACH(reasons, n)
    if (strcmp(orx_node_str(n, ""), reason) == 0)
        return true;
    return false;
}

static void weigh(const orx_lane_group *g, const orx_node *d, orx_lane_gate *gate) {
    static const char *const passed_on[] = {"router_unhealthy", "reliability_unhealthy",
                                            "quality_unhealthy"};
    orx_lane_wanted w;
    bool sound = read_wanted(d, &w);
    gate->wanted = w;
    if (!sound) {
        add_reason(gate, true, "decision_file_invalid");
        return;
    }
    double lanes = fmax(1, floor(w.lanes));
    double parallel = fmin(fmin((double)g->max_parallel_agents, w.max_parallel), (double)g->count);
    double budget = g->daily_budget_usd > 0 ? g->daily_budget_usd : w.budget;
    add_reason(gate, !w.approved, "decision_not_approved");
    add_reason(gate, !(w.npv >= g->min_npv_usd), "marginal_npv_below_threshold");
    add_reason(gate, lanes > parallel, "max_parallel_agents_exceeded");
    add_reason(gate, w.subagents > fmin((double)g->max_subagents, w.max_subagents),
               "max_subagents_per_agent_exceeded");
    add_reason(gate, budget > 0 && w.projected > budget, "daily_budget_exceeded");
    add_reason(gate, w.stop_loss, "stop_loss_triggered");
    for (size_t i = 0; i < ORX_ARRAY_LEN(passed_on); i++)
        add_reason(gate, lists(d, passed_on[i]), passed_on[i]);
    if (gate->count == 0)
        gate->allowed = (int64_t)lanes;
}

void orx_lane_gate_of(const orx_lane_group *group, bool enabled, bool there,
                      const orx_node *decision, orx_lane_gate *ret_gate) {
    orx_lane_gate gate = {.allowed = 1};
    const orx_node *own = NULL;
    if (decision && decision->kind == ORX_OBJECT)
        own = orx_node_get(orx_node_get(decision, "groups"), group->name);
    if (!enabled)
        add_reason(&gate, true, "scaling_disabled");
    else if (!there)
        add_reason(&gate, true, "decision_file_missing");
    else if (!decision || decision->kind != ORX_OBJECT)
        add_reason(&gate, true, "decision_file_invalid");
    else
        weigh(group, own && own->kind == ORX_OBJECT ? own : decision, &gate);
    *ret_gate = gate;
}

/* What a decision rests on, the queue and today's money, is another one tomorrow. One that does not
 * say when it was made is as old as its file. */
static bool is_expired(const orx_lane_plan_input *in, const orx_lane_group *group,
                       const orx_node *doc) {
    int64_t most = in->cfg->scaling.max_age_ns;
    int64_t made = 0;
    orx_file_info info = {.mtime_ns = 0};
    const char *stated = orx_node_str(orx_node_get(doc, "timestamp"), "");
    if (!most)
        return false;
    if (!orx_iso_parse(orx_view_of(stated), &made)) {
        if (orx_stat(in->p, group->decision_file, &info, NULL) < 0)
            return true;
        made = info.mtime_ns;
    }
    return orx_wall_ns(in->p) - made > most;
}

void orx_lane_gate_read(const orx_lane_plan_input *in, const orx_lane_group *group,
                        orx_arena *arena, orx_lane_gate *ret_gate) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *doc = NULL;
    bool enabled = in->cfg->scaling.enabled;
    int rc = enabled ? orx_read_file(in->p, group->decision_file, DECISION_MAX, &text, NULL) : 0;
    if (rc == 0 && enabled)
        (void)orx_json_parse(arena, "decision", orx_str_view(&text), &orx_limits_data, &doc, NULL);
    orx_lane_gate_of(group, enabled, rc != ORX_E_NOT_FOUND, doc, ret_gate);
    if (ret_gate->allowed > 1 && is_expired(in, group, doc)) {
        ret_gate->allowed = 1;
        add_reason(ret_gate, true, "decision_expired");
    }
}

/* ---- Places ---------------------------------------------------------------------------------- */

static const char *explain(const orx_lane_group *g, const orx_lane_gate *gate, size_t slot,
                           orx_arena *arena) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "held back by the NPV gate: place %zu of group %s, of which %lld may run",
                 slot, g->name, (long long)gate->allowed);
    for (size_t i = 0; i < gate->count; i++)
        orx_str_addf(&text, "%s%s", i ? ", " : " (", gate->reasons[i]);
    if (gate->count)
        orx_str_addf(&text, "): %s", orx_scaling_words(gate->reasons[0]));
    return orx_arena_dup(arena, orx_str_view(&text));
}

static void place(const orx_lanes *lanes, const orx_lane_group *g, const orx_lane_gate *gate,
                  orx_lane_slot *slots, orx_arena *arena) {
    for (size_t i = 0; i < g->count; i++) {
        orx_lane_slot *s = &slots[g->members[i] - lanes->items];
        *s = (orx_lane_slot){
            .group = g->name, .slot = (int64_t)i + 1, .allowed = gate->allowed, .code = NULL};
        if (s->slot <= gate->allowed)
            continue;
        s->code = gate->count ? gate->reasons[0] : "npv_gate_hold";
        s->text = explain(g, gate, i + 1, arena);
    }
}

orx_lane_scaling orx_lanes_scaling(const orx_lanes *lanes, const orx_lane_plan_input *in,
                                   orx_arena *arena) {
    size_t count = 0;
    orx_lane_slot *slots = orx_arena_zalloc(arena, lanes->count + 1, sizeof *slots);
    const orx_lane_group *groups = orx_lanes_groups(lanes, in, arena, &count);
    orx_lane_gate *gates = orx_arena_zalloc(arena, count + 1, sizeof *gates);
    for (size_t i = 0; i < count; i++) {
        orx_lane_gate_read(in, &groups[i], arena, &gates[i]);
        place(lanes, &groups[i], &gates[i], slots, arena);
    }
    return (orx_lane_scaling){.groups = groups, .gates = gates, .count = count, .slots = slots};
}

const orx_lane_slot *orx_lanes_slots(const orx_lanes *lanes, const orx_lane_plan_input *in,
                                     orx_arena *arena) {
    return orx_lanes_scaling(lanes, in, arena).slots;
}
