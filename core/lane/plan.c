/* Which lanes would start, and why the others do not. */
#include "lane/scaling.h"

#include "git/git.h"
#include "platform/files.h"

#include <stdlib.h>

typedef struct planner {
    const orx_lanes *lanes;
    const orx_lane_plan_input *in;
    orx_arena *arena;
    orx_lane_verdict *verdicts;
    const orx_lane_slot *slots;
    const orx_lane **taken; /* those that start, in the order of the plan */
    size_t taken_count;
    const char *sound; /* the last repository that was found to be one; lanes often share theirs */
} planner;

static void refuse(planner *n, const orx_lane *lane, const char *code, const orx_lane *other,
                   const char *text) {
    n->verdicts[lane - n->lanes->items] =
        (orx_lane_verdict){.lane = lane, .code = code, .text = text, .other = other};
}

/* ---- What a lane needs ----------------------------------------------------------------------- */

static bool is_folder(planner *n, const char *path) {
    orx_file_info info;
    return orx_stat(n->in->p, path, &info, NULL) == 0 && info.kind == ORX_FILE_DIRECTORY;
}

static bool is_repository(planner *n, const char *path) {
    if (n->sound && strcmp(n->sound, path) == 0)
        return true;
    if (!orx_git_there(n->in->p, path))
        return false;
    n->sound = path;
    return true;
}

static bool lacks_something(planner *n, const orx_lane *lane) {
    if (!is_folder(n, lane->repo)) {
        refuse(n, lane, "missing_repo", NULL,
               orx_arena_printf(n->arena, "missing repository: %s", lane->repo));
        return true;
    }
    if (!is_repository(n, lane->repo)) {
        refuse(n, lane, "no_repository", NULL,
               orx_arena_printf(n->arena, "%s is no git repository", lane->repo));
        return true;
    }
    if (orx_exists(n->in->p, lane->tasks_file) || orx_exists(n->in->p, lane->task_queue_file))
        return false;
    refuse(n, lane, "missing_tasks_file", NULL,
           orx_arena_printf(n->arena, "there is no tasks file %s", lane->tasks_file));
    return true;
}

static bool is_on(planner *n, const orx_lane *lane) {
    return lane->enabled || lane == n->in->only;
}

static bool waits(planner *n, const orx_lane *lane) {
    for (size_t i = 0; i < lane->depends_on.count; i++) {
        const char *id = lane->depends_on.items[i];
        const orx_lane *on = NULL;
        if (n->in->is_done && n->in->is_done(id, n->in->user))
            continue;
        (void)orx_lanes_find(n->lanes, id, &on, NULL);
        refuse(n, lane, "waits_for_lane", on,
               orx_arena_printf(n->arena, "waits until the tasks of lane %s are done", id));
        return true;
    }
    return false;
}

/* ---- Who excludes whom ----------------------------------------------------------------------- */

static bool depends_on(const orx_lane *a, const orx_lane *b) {
    for (size_t i = 0; i < a->depends_on.count; i++)
        if (strcmp(a->depends_on.items[i], b->id) == 0)
            return true;
    return false;
}

bool orx_lanes_exclude(const orx_lane *a, const orx_lane *b, orx_arena *arena,
                       const char **ret_code, const char **ret_text) {
    const char *mine;
    const char *theirs;
    /* They never have work at the same time. */
    if (depends_on(a, b) || depends_on(b, a) || !orx_lanes_share_repo(a, b))
        return false;
    if (!a->isolated_worktree && !b->isolated_worktree) {
        *ret_code = "checkout_conflict";
        *ret_text = orx_arena_printf(
            arena,
            "works in the same checkout as lane %s; isolated_worktree: true gives each its own",
            b->id);
        return true;
    }
    if (!orx_lane_claims_overlap(a, b, &mine, &theirs))
        return false;
    *ret_code = "claim_conflict";
    *ret_text = orx_arena_printf(
        arena,
        "its claim \"%s\" overlaps with \"%s\" of lane %s, which goes first; change "
        "exclusive_paths or priority",
        mine, theirs, b->id);
    return true;
}

/* The primary runner works in its checkout unless it has a worktree, too. */
static bool beside_primary(planner *n, const orx_lane *lane) {
    const orx_config *cfg = n->in->cfg;
    if (lane->isolated_worktree || cfg->git.isolation == ORX_ISOLATION_WORKTREE ||
        (strcmp(lane->repo, cfg->repos.impl) != 0 && strcmp(lane->repo, cfg->repos.test) != 0) ||
        !orx_exists(n->in->p, cfg->paths.tasks_file))
        return false;
    refuse(n, lane, "checkout_conflict", NULL,
           "works in the checkout of the primary runner; isolated_worktree: true gives it its own");
    return true;
}

static bool excluded(planner *n, const orx_lane *lane) {
    const char *code;
    const char *text;
    for (size_t i = 0; i < n->taken_count; i++)
        if (orx_lanes_exclude(lane, n->taken[i], n->arena, &code, &text)) {
            refuse(n, lane, code, n->taken[i], text);
            return true;
        }
    return beside_primary(n, lane);
}

/* ---- The plan -------------------------------------------------------------------------------- */

/* Whether it would start if it were alone. */
static bool is_able(planner *n, const orx_lane *lane) {
    if (lane->problem)
        refuse(n, lane, "lane_config", NULL, lane->problem);
    else if (!is_on(n, lane))
        refuse(n, lane, "disabled", NULL, "enabled: false");
    else
        return !lacks_something(n, lane) && !waits(n, lane);
    return false;
}

/* More of its group would run than is worth it. */
static bool held_back(planner *n, const orx_lane *lane) {
    const orx_lane_slot *s = &n->slots[lane - n->lanes->items];
    if (s->code)
        refuse(n, lane, s->code, NULL, s->text);
    return s->code != NULL;
}

static void judge(planner *n, const orx_lane *lane) {
    if (is_able(n, lane) && !held_back(n, lane) && !excluded(n, lane)) {
        n->verdicts[lane - n->lanes->items] =
            (orx_lane_verdict){.lane = lane, .start = true, .code = "ready", .text = "would start"};
        n->taken[n->taken_count++] = lane;
    }
}

/* Pointers into one array: their order is that of the file. */
static int by_priority(const void *a, const void *b) {
    const orx_lane *x = *(const orx_lane *const *)a;
    const orx_lane *y = *(const orx_lane *const *)b;
    if (x->priority != y->priority)
        return x->priority < y->priority ? -1 : 1;
    return x < y ? -1 : x > y;
}

const orx_lane **orx_lanes_ordered(const orx_lanes *lanes, orx_arena *arena) {
    const orx_lane **order = orx_arena_zalloc(arena, lanes->count + 1, sizeof *order);
    for (size_t i = 0; i < lanes->count; i++)
        order[i] = &lanes->items[i];
    qsort(order, lanes->count, sizeof *order, by_priority);
    return order;
}

const bool *orx_lanes_able(const orx_lanes *lanes, const orx_lane_plan_input *input,
                           orx_arena *arena) {
    planner n = {
        .lanes = lanes,
        .in = input,
        .arena = arena,
        .verdicts = orx_arena_zalloc(arena, lanes->count + 1, sizeof *n.verdicts),
    };
    bool *able = orx_arena_zalloc(arena, lanes->count + 1, sizeof *able);
    for (size_t i = 0; i < lanes->count; i++)
        able[i] = is_able(&n, &lanes->items[i]);
    return able;
}

const orx_lane_verdict *orx_lanes_plan(const orx_lanes *lanes, const orx_lane_plan_input *input,
                                       orx_arena *arena) {
    planner n = {
        .lanes = lanes,
        .in = input,
        .arena = arena,
        .verdicts = orx_arena_zalloc(arena, lanes->count + 1, sizeof *n.verdicts),
        .taken = orx_arena_zalloc(arena, lanes->count + 1, sizeof *n.taken),
        .slots = orx_lanes_slots(lanes, input, arena),
    };
    const orx_lane **order = orx_lanes_ordered(lanes, arena);
    for (size_t i = 0; i < lanes->count; i++)
        judge(&n, order[i]);
    return n.verdicts;
}
