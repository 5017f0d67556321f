/* Where the conversations of a root lie. */
#include "cli/talks.h"

#include "base/map.h"
#include "base/vec.h"
#include "lane/lane.h"
#include "platform/files.h"

typedef struct places {
    orx_cli *c;
    orx_lanes lanes;
    orx_map by_id; /* to orx_lane */
    ORX_VEC(orx_talk_lane) all;
    ORX_VEC(orx_talk_problem) problems;
} places;

static void from_file(places *x, const orx_diags *diags) {
    orx_arena *a = &x->c->arena;
    for (size_t i = 0; i < x->lanes.count; i++) {
        orx_lane *l = &x->lanes.items[i];
        const orx_talk_problem why = {l->id, l->owner, l->problem};
        const orx_talk_lane lane = {l->id, l->owner, l->conversation_log_file,
                                    orx_path_join(a, l->runtime_dir, "events.ndjson")};
        (void)orx_map_put(&x->by_id, orx_view_of(l->id), l);
        if (l->problem)
            orx_vec_push(&x->problems, why);
        else
            orx_vec_push(&x->all, lane);
    }
    for (const orx_diag *d = diags->first; d && !x->lanes.count; d = d->next) {
        const orx_talk_problem why = {"", "", orx_arena_printf(a, "%s: %s", d->where, d->text)};
        if (d->severity == ORX_DIAG_ERROR)
            orx_vec_push(&x->problems, why);
    }
}

/* Lanes that are gone from the file, or cannot be loaded, said something all the same. */
static void from_folders(places *x) {
    orx_arena *a = &x->c->arena;
    char **names = NULL;
    if (orx_list_dir(x->c->p, x->c->cfg->paths.lanes_runtime_dir, a, &names, NULL) < 0)
        return;
    for (; *names && x->all.len < ORX_LANES_MAX; names++) {
        orx_file_info info;
        const char *dir = orx_path_join(a, x->c->cfg->paths.lanes_runtime_dir, *names);
        const orx_lane *known = orx_map_get(&x->by_id, orx_view_of(*names));
        if ((known && !known->problem) || orx_stat(x->c->p, dir, &info, NULL) < 0 ||
            info.kind != ORX_FILE_DIRECTORY)
            continue;
        const orx_talk_lane lane = {*names, known ? known->owner : "",
                                    orx_path_join(a, dir, "conversations.ndjson"),
                                    orx_path_join(a, dir, "events.ndjson")};
        orx_vec_push(&x->all, lane);
    }
}

static void find_lanes(places *x) {
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    if (orx_lanes_load(x->c->p, x->c->cfg, &x->c->arena, &diags, &x->lanes, NULL) < 0)
        return;
    from_file(x, &diags);
    from_folders(x);
}

void orx_cli_talks(orx_cli *c, int lines, bool with_lanes, orx_talks *ret_talks) {
    places x = {.c = c};
    if (with_lanes)
        find_lanes(&x);
    const orx_talk_place place = {
        .log = c->cfg->paths.conversation_log_file,
        .lanes_file = with_lanes && x.lanes.file ? x.lanes.file : c->cfg->paths.lanes_file,
        .lanes = x.all.items,
        .lane_count = x.all.len,
        .problems = x.problems.items,
        .problem_count = x.problems.len,
    };
    orx_talks_read(c->p, &place, lines, &c->arena, ret_talks);
    orx_map_free(&x.by_id);
    orx_vec_free(&x.all);
    orx_vec_free(&x.problems);
}
