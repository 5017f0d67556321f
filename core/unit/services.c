/* Services as units. */
#include "unit/services_internal.h"

#include "base/mem.h"
#include "platform/files.h"

#include <stdlib.h>

/* ---- What the keeper asks and tells ---------------------------------------------------------- */

static void say(const orx_service *s, const char *what, const orx_err *err) {
    const orx_unit_office *office = s->all->office;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "%s: %s: %s", s->cfg->name, what, err->msg);
    office->say(orx_str_cstr(&text), office->user);
}

/* A journal that cannot be written now is behind for a while: it is tried again whenever the keeper
 * asks. */
static void save(orx_service *s, const char *kind) {
    orx_err err = ORX_ERR_INIT;
    s->unsaved = orx_service_save(s, kind, &err) < 0;
    if (s->unsaved)
        say(s, "its run cannot be written down now", &err);
}

static bool may_start(void *user, const char **ret_why) {
    orx_service *s = user;
    if (s->unsaved)
        s->unsaved = orx_service_save(s, "service.saved", NULL) < 0;
    if (s->row.open || orx_service_is_due(s))
        return true;
    *ret_why = s->why;
    return false;
}

/* May_start knows. */
static bool work(int64_t idle_seq, void *user) {
    (void)idle_seq;
    (void)user;
    return true;
}

static bool revive(void *user) {
    orx_service *s = user;
    return s->row.outcome != ORX_SERVICE_FINAL && orx_service_is_due(s);
}

/* What came while it was not to run was not missed. An interval has only one time, which is now. */
static void let_go(void *user) {
    orx_service *s = user;
    if (s->cfg->cron)
        orx_service_schedule_anew(s);
}

static void began(void *user) {
    orx_service *s = user;
    s->row.open = true;
    s->row.runs++;
    s->row.began_ns = orx_wall_ns(s->all->office->p);
    orx_service_schedule_began(s);
    save(s, "service.began");
}

static void ended(orx_unit_exit how, bool lone, void *user) {
    orx_service *s = user;
    bool well = how == ORX_UNIT_EXIT_IDLE || how == ORX_UNIT_EXIT_CLEAN;
    bool final = how == ORX_UNIT_EXIT_FINAL || how == ORX_UNIT_EXIT_LOST;
    s->row.open = !well && !final && !lone;
    s->row.outcome = well ? ORX_SERVICE_OK : final ? ORX_SERVICE_FINAL : ORX_SERVICE_FAILED;
    s->row.ended_ns = orx_wall_ns(s->all->office->p);
    orx_service_schedule_ended(s);
    save(s, "service.ended");
}

/* ---- Specs ----------------------------------------------------------------------------------- */

/* The word orxaq is this program, for this root. */
static const char *const *argv_of(orx_service *s) {
    const orx_supervisor_setup *setup = s->all->office->setup;
    const orx_strings *words = &s->cfg->command;
    bool ours = strcmp(words->items[0], "orxaq") == 0;
    size_t flags = 0;
    while (ours && setup->exe_flags[flags])
        flags++;
    const char **argv = orx_arena_zalloc(&s->all->arena, words->count + flags + 1, sizeof *argv);
    size_t n = 0;
    argv[n++] = ours ? setup->exe : words->items[0];
    for (size_t i = 0; i < flags; i++)
        argv[n++] = setup->exe_flags[i];
    for (size_t i = 1; i < words->count; i++)
        argv[n++] = words->items[i];
    return argv;
}

/* Ours reads its own configuration, secrets included; others see what a validation sees. */
static int env_of(orx_service *s, const char *const **ret_env, orx_err *err) {
    const orx_unit_office *office = s->all->office;
    const orx_child_env what = {0};
    if (strcmp(s->cfg->command.items[0], "orxaq") != 0)
        return orx_config_env_for_child(office->setup->cfg, &what, &s->all->arena, ret_env, err);
    *ret_env = orx_unit_environment(office->p, &s->all->arena);
    return 0;
}

static int unit_of(orx_service *s, orx_unit_spec *ret_spec, orx_err *err) {
    static const int well[] = {0, -1};
    const orx_config *cfg = s->all->office->setup->cfg;
    *ret_spec = (orx_unit_spec){
        .name = s->cfg->name,
        .kind = ORX_UNIT_SERVICE,
        .argv = argv_of(s),
        .cwd = cfg->root,
        .policy = orx_unit_policy_of(cfg),
        .limits = {s->cfg->memory_max, s->cfg->tasks_max},
        .finite = true,
        .idle_codes = well,
        .stale_ns = s->cfg->timeout_ns,
        .log_file = orx_unit_log_file(cfg, s->cfg->name, &s->all->arena),
        .log = {cfg->log.max_bytes, cfg->log.max_age_ns, cfg->log.keep},
        .manual = !s->cfg->enabled,
        .may_start = may_start,
        .let_go = let_go,
        .began = began,
        .ended = ended,
        .revive = revive,
        .work = work,
        .user = s,
    };
    return env_of(s, &ret_spec->env, err);
}

/* ---- Opening --------------------------------------------------------------------------------- */

static const char *schedule_of(orx_services *all, const orx_service_config *cfg) {
    if (cfg->cron)
        return orx_arena_printf(&all->arena, "cron %s", cfg->cron);
    return orx_arena_printf(&all->arena, "every %lld", (long long)cfg->every_ns);
}

static int open_one(orx_service *s, orx_err *err) {
    orx_unit_spec spec = {0};
    s->schedule = schedule_of(s->all, s->cfg);
    int rc = s->cfg->cron ? orx_cron_parse(orx_view_of(s->cfg->cron), &s->cron, err) : 0;
    if (rc == 0)
        rc = orx_service_load(s, err);
    if (rc == 0) {
        orx_service_schedule_anew(s);
        save(s, "service.scheduled"); /* what is missed from now on is known */
    } else if (rc > 0) {
        orx_service_schedule_plan(s);
    }
    if (rc >= 0)
        rc = unit_of(s, &spec, err);
    return rc < 0 ? rc : orx_keeper_add(s->all->office->keeper, &spec, err);
}

static void make_log_folder(orx_services *all) {
    const orx_unit_office *office = all->office;
    const char *dir =
        orx_path_join(&all->arena, office->setup->cfg->paths.artifacts_dir, ORX_SERVICE_LOG_FOLDER);
    (void)orx_mkdirs_unsynced(office->p, dir, true, NULL);
}

int orx_services_open(const orx_unit_office *office, orx_services **ret_services, orx_err *err) {
    const orx_config *cfg = office->setup->cfg;
    orx_services *all = orx_xcalloc(1, sizeof *all);
    all->office = office;
    all->items = orx_arena_zalloc(&all->arena, cfg->service_count + 1, sizeof *all->items);
    all->count = cfg->service_count;
    make_log_folder(all);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < all->count; i++) {
        all->items[i] = (orx_service){.all = all, .cfg = &cfg->services[i]};
        rc = open_one(&all->items[i], err);
    }
    *ret_services = all; /* also when it failed: the keeper may have some of them */
    return rc;
}

void orx_services_close(orx_services *all) {
    if (!all)
        return;
    orx_arena_free(&all->arena);
    free(all);
}
