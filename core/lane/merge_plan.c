#include "lane/merge_plan.h"

#include <string.h>

static orx_merge_group *new_group(orx_merge_plan *plan, const size_t *items, size_t count) {
    orx_merge_group *g = ORX_ARENA_NEW(plan->arena, orx_merge_group);
    g->items = orx_arena_zalloc(plan->arena, count, sizeof *g->items);
    g->asides = orx_arena_zalloc(plan->arena, count, sizeof *g->asides);
    g->count = count;
    if (count)
        memcpy(g->items, items, count * sizeof *items);
    return g;
}

/* In front of what is still to be tried. An empty group is none. */
static void push(orx_merge_plan *plan, const size_t *items, size_t count) {
    if (!count)
        return;
    orx_merge_group *g = new_group(plan, items, count);
    g->next = plan->first;
    plan->first = g;
}

void orx_merge_plan_begin(orx_merge_plan *plan, orx_arena *arena, size_t count,
                          const bool *doubtful) {
    *plan = (orx_merge_plan){.arena = arena, .count = count};
    plan->fates = orx_arena_zalloc(arena, count + 1, sizeof *plan->fates);
    size_t *items = orx_arena_zalloc(arena, count + 1, sizeof *items);
    for (int pass = 1; pass >= 0; pass--) {
        size_t n = 0;
        for (size_t i = 0; i < count; i++)
            if ((doubtful && doubtful[i]) == (pass == 1))
                items[n++] = i;
        push(plan, items, n);
    }
}

orx_merge_group *orx_merge_plan_next(orx_merge_plan *plan) {
    orx_merge_group *g = plan->first;
    if (g)
        plan->first = g->next;
    return g;
}

static void take(orx_merge_group *g, size_t item) {
    size_t kept = 0;
    for (size_t i = 0; i < g->count; i++)
        if (g->items[i] != item)
            g->items[kept++] = g->items[i];
    g->count = kept;
}

void orx_merge_plan_aside(orx_merge_group *group, size_t item) {
    take(group, item);
    group->asides[group->aside_count++] = item;
}

void orx_merge_plan_decide(orx_merge_plan *plan, orx_merge_group *group, size_t item,
                           orx_merge_fate fate) {
    take(group, item);
    plan->fates[item] = fate;
}

bool orx_merge_plan_judge(orx_merge_plan *plan, orx_merge_group *group, bool good) {
    bool cut = !good && group->count > 1;
    size_t half = (group->count + 1) / 2;
    push(plan, group->asides, group->aside_count);
    if (cut) {
        push(plan, group->items + half, group->count - half);
        push(plan, group->items, half);
    }
    for (size_t i = 0; !cut && i < group->count; i++)
        plan->fates[group->items[i]] = good ? ORX_MERGE_IN : ORX_MERGE_OUT;
    return cut;
}

void orx_merge_plan_again(orx_merge_plan *plan, orx_merge_group *group) {
    push(plan, group->asides, group->aside_count);
    push(plan, group->items, group->count);
}
