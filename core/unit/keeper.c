/* Units, wishes and the tick. */
#include "unit/internal.h"

#include "git/git.h"

#include <stdio.h>
#include <stdlib.h>

#define TICK_NS ORX_SEC

const char *orx_unit_kind_name(orx_unit_kind kind) {
    static const char *const names[] = {"runner", "lane", "service"};
    return names[kind];
}

void orx_keeper_problem(orx_keeper *k, const char *fmt, ...) {
    if (!k->setup.problem)
        return;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(&text, fmt, ap);
    va_end(ap);
    k->setup.problem(orx_str_cstr(&text), k->setup.user);
}

orx_kept *orx_keeper_find(orx_keeper *k, const char *name) {
    return orx_map_get(&k->names, orx_view_of(name));
}

/* ---- What it needs ------------------------------------------------------------------------- */

static bool is_up(orx_unit_state state) {
    return state == ORX_UNIT_READY || state == ORX_UNIT_IDLE;
}

static bool needs_are_up(orx_kept *u) {
    for (const char *const *n = u->spec.needs; n && *n; n++) {
        const orx_kept *other = orx_keeper_find(u->k, *n);
        if (!other || !is_up(other->m.state))
            return false;
    }
    return true;
}

static bool needs(const orx_kept *u, const orx_kept *other) {
    for (const char *const *n = u->spec.needs; n && *n; n++)
        if (strcmp(*n, other->spec.name) == 0)
            return true;
    return false;
}

static void check(orx_kept *u);

/* Tells those who need it that it came or went. */
static void tell_dependents(orx_kept *u, orx_unit_state before) {
    bool up = is_up(u->m.state);
    if (up == is_up(before) || !u->k->needy)
        return;
    ORX_LIST_EACH(&u->k->units, it) {
        orx_kept *v = ORX_LIST_ITEM(it, orx_kept, link);
        if (!needs(v, u))
            continue;
        if (!up)
            orx_kept_tell(v, ORX_UNIT_NEEDS_DOWN, ORX_UNIT_EXIT_CLEAN);
        else if (v->m.state == ORX_UNIT_STARTING && !v->m.alive)
            check(v);
    }
}

/* ---- Steps of the machine ------------------------------------------------------------------- */

/* Between two ticks more than two of them do not pass: then it was us who slept. On the way out
 * there are no ticks. */
static int64_t awake_since_tick(const orx_keeper *k) {
    int64_t passed = orx_mono_ns(k->p) - k->ticked_ns;
    return k->tick && passed > 2 * k->setup.tick_ns ? 2 * k->setup.tick_ns : passed;
}

int64_t orx_keeper_awake(const orx_keeper *k) {
    return k->awake_ns + awake_since_tick(k);
}

/* A process that slept with us has its time still before it; a wait between two is over. */
static int64_t left_of_deadline(const orx_kept *u) {
    return u->m.state == ORX_UNIT_BACKOFF ? 0 : u->deadline_awake_ns - orx_keeper_awake(u->k);
}

static void on_deadline(void *user) {
    orx_kept *u = user;
    int64_t left = left_of_deadline(u);
    u->deadline = NULL;
    if (left > 0) {
        u->deadline = orx_timer_start(u->k->p, left, on_deadline, u);
        return;
    }
    u->deadline_ns = 0;
    orx_kept_tell(u, ORX_UNIT_DEADLINE, ORX_UNIT_EXIT_CLEAN);
}

static void set_deadline(orx_kept *u, int64_t delay_ns) {
    if (delay_ns == 0)
        return;
    orx_timer_cancel(u->k->p, u->deadline);
    u->deadline = NULL;
    u->deadline_ns = 0;
    if (delay_ns < 0)
        return;
    u->deadline = orx_timer_start(u->k->p, delay_ns, on_deadline, u);
    u->deadline_ns = orx_mono_ns(u->k->p) + delay_ns;
    u->deadline_awake_ns = orx_keeper_awake(u->k) + delay_ns;
}

void orx_kept_view(orx_kept *u, orx_unit_view *ret_view) {
    int64_t left = u->deadline_ns - orx_mono_ns(u->k->p);
    *ret_view = (orx_unit_view){
        .name = u->spec.name,
        .kind = orx_unit_kind_name(u->spec.kind),
        .owner = u->spec.owner ? u->spec.owner : "",
        .state = u->m.state,
        .cause = u->m.cause ? u->m.cause : "",
        .last_exit = u->last_exit,
        .status = u->status,
        .since_wall_ns = u->since_wall_ns,
        .pid = u->program ? u->program : u->pid,
        .group = u->grouped ? u->group : NULL,
        .next_ns = u->m.state == ORX_UNIT_BACKOFF && left > 0 ? left : 0,
        .starts = u->starts,
        .failures = u->m.failures,
        .held = u->will == ORX_WILL_STOP || u->will == ORX_WILL_PAUSE,
        .manual = orx_kept_newest(u)->manual,
    };
    orx_kept_limits_view(u, ret_view);
}

/* The state changed: written down and told. A journal that cannot be written now is behind for a
 * while; what is kept in memory goes on. */
static void entered(orx_kept *u, orx_unit_state before) {
    orx_err err = ORX_ERR_INIT;
    u->since_wall_ns = orx_wall_ns(u->k->p);
    if (u->m.state == ORX_UNIT_IDLE)
        u->idle_seq = orx_event_last(u->k->s);
    if (u->m.state != ORX_UNIT_IDLE)
        u->held = false;
    if (u->m.state != ORX_UNIT_READY && !u->held)
        u->status[0] = '\0';
    if (orx_kept_save(u, "unit.state", before, NULL, &err) < 0) {
        u->unsaved = true;
        orx_keeper_problem(u->k, "%s: its state cannot be written down now: %s", u->spec.name,
                           err.msg);
    }
    if (u->k->setup.changed) {
        orx_unit_view view;
        orx_kept_view(u, &view);
        u->k->setup.changed(&view, before, u->k->setup.user);
    }
}

bool orx_kept_may_start(orx_kept *u, const char **ret_why) {
    const orx_unit_spec *spec = orx_kept_newest(u);
    return !spec->may_start || spec->may_start(spec->user, ret_why);
}

/* Its state says that it has nothing to do, its status why. */
static void hold_back(orx_kept *u, const char *why) {
    u->held = true;
    (void)snprintf(u->status, sizeof u->status, "%s", why);
    orx_kept_tell(u, ORX_UNIT_HELD, ORX_UNIT_EXIT_CLEAN);
}

/* ---- Turns ---------------------------------------------------------------------------------- */

static bool is_on_its_way(const orx_kept *u) {
    return u->m.state == ORX_UNIT_STARTING && u->m.alive &&
           orx_mono_ns(u->k->p) - u->spawned_ns < ORX_STARTING_NS;
}

static bool is_its_turn(const orx_keeper *k) {
    int n = 0;
    ORX_LIST_EACH(&k->units, it) {
        n += is_on_its_way(ORX_LIST_ITEM(it, orx_kept, link));
        if (n >= ORX_STARTING_MAX)
            return false;
    }
    return true;
}

/* Those that wait, until it is nobody's turn any more. */
static void on_turn(void *user) {
    orx_keeper *k = user;
    k->turn = NULL;
    ORX_LIST_EACH(&k->units, it) {
        orx_kept *u = ORX_LIST_ITEM(it, orx_kept, link);
        if (u->m.state != ORX_UNIT_STARTING || u->m.alive)
            continue;
        if (!is_its_turn(k) || k->leaving)
            return;
        check(u);
    }
}

/* Not at once: whoever came up may be in the middle of something. */
void orx_keeper_pass_turn(orx_keeper *k) {
    if (!k->turn && !k->leaving)
        k->turn = orx_timer_start(k->p, 0, on_turn, k);
}

static void check(orx_kept *u) {
    const char *why = "";
    if (!u->m.once && !orx_kept_may_start(u, &why))
        hold_back(u, why);
    else if (!u->k->batch && needs_are_up(u) && is_its_turn(u->k))
        orx_kept_tell(u, ORX_UNIT_NEEDS_UP, ORX_UNIT_EXIT_CLEAN);
}

static void act(orx_kept *u, unsigned todo) {
    if ((todo & ORX_UNIT_DO_CHECK) && !u->k->leaving)
        check(u);
    if (todo & ORX_UNIT_DO_SPAWN)
        orx_kept_spawn(u);
    if (todo & (ORX_UNIT_DO_DRAIN | ORX_UNIT_DO_STOP | ORX_UNIT_DO_KILL))
        orx_kept_end(u, todo);
}

void orx_kept_tell(orx_kept *u, orx_unit_event event, orx_unit_exit how) {
    orx_unit_input in = {.event = event, .exit = how, .now_ns = orx_keeper_awake(u->k)};
    orx_unit_state before = u->m.state;
    orx_random(u->k->p, &in.random, sizeof in.random);
    orx_unit_output out = orx_unit_step(&u->m, &u->spec.policy, &in);
    if (!out.known)
        return;
    set_deadline(u, out.timer_ns);
    if (out.changed)
        entered(u, before);
    orx_unit_state now = u->m.state;
    act(u, out.todo);
    /* What was done may have led to further steps, which told about themselves. */
    if (out.changed && u->m.state == now)
        tell_dependents(u, before);
    if (before == ORX_UNIT_STARTING && u->m.state != ORX_UNIT_STARTING)
        orx_keeper_pass_turn(u->k);
    if (u->k->leaving)
        orx_keeper_leave(u->k);
}

/* ---- The tick ------------------------------------------------------------------------------- */

/* There is work, but not now: said once, not with every tick. */
static void note_held(orx_kept *u, const char *why) {
    if (u->held && strncmp(u->status, why, sizeof u->status - 1) == 0)
        return;
    u->held = true;
    (void)snprintf(u->status, sizeof u->status, "%s", why);
    u->unsaved = true;
}

static void look_for_work(orx_kept *u) {
    const char *why = "";
    if (!u->held && !(u->spec.work && u->spec.work(u->idle_seq, u->spec.user)))
        return;
    if (orx_kept_may_start(u, &why))
        orx_kept_tell(u, ORX_UNIT_WORK, ORX_UNIT_EXIT_CLEAN);
    else
        note_held(u, why);
}

/* Its last process failed for want of a repository that is there now. */
static bool has_what_it_lacked(orx_kept *u) {
    return u->lacks && (u->m.state == ORX_UNIT_FATAL || u->m.state == ORX_UNIT_BACKOFF) &&
           orx_git_there(u->k->p, u->lacks);
}

static void look_at(orx_kept *u, int64_t passed_ns) {
    if (u->unsaved && orx_kept_save(u, "unit.saved", ORX_UNIT_STATES, NULL, NULL) == 0)
        u->unsaved = false;
    orx_kept_find_program(u);
    orx_kept_watch(u, passed_ns);
    if (u->m.alive)
        orx_kept_limits_look(u);
    if (u->k->leaving || u->retired)
        return;
    if (u->m.state == ORX_UNIT_IDLE)
        look_for_work(u);
    else if (u->m.state == ORX_UNIT_FATAL && u->spec.revive && u->spec.revive(u->spec.user))
        orx_kept_tell(u, ORX_UNIT_WORK, ORX_UNIT_EXIT_CLEAN);
    else if (has_what_it_lacked(u) || orx_kept_dirty_mended(u))
        orx_kept_tell(u, ORX_UNIT_MENDED, ORX_UNIT_EXIT_CLEAN);
}

static void on_tick(void *user) {
    orx_keeper *k = user;
    int64_t passed = awake_since_tick(k);
    k->awake_ns += passed;
    k->ticked_ns = orx_mono_ns(k->p);
    k->tick = orx_timer_start(k->p, k->setup.tick_ns, on_tick, k);
    ORX_LIST_EACH(&k->units, it)
    look_at(ORX_LIST_ITEM(it, orx_kept, link), passed);
    orx_keeper_sweep(k);
    orx_keeper_pass_turn(k);
}

/* ---- Making and adding ---------------------------------------------------------------------- */

int orx_keeper_new(orx_platform *p, const orx_keeper_setup *setup, orx_keeper **ret_keeper,
                   orx_err *err ORX_UNUSED) {
    orx_keeper *k = orx_xcalloc(1, sizeof *k);
    k->p = p;
    k->setup = *setup;
    k->s = setup->store;
    if (k->setup.tick_ns <= 0)
        k->setup.tick_ns = TICK_NS;
    k->ticked_ns = k->awake_ns = orx_mono_ns(p);
    orx_list_init(&k->units);
    orx_list_init(&k->strays);
    orx_adopt_orphans(p);
    *ret_keeper = k;
    return 0;
}

static bool is_name(const char *name) {
    size_t n = strlen(name);
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!alnum && (i == 0 || (c != '.' && c != '_' && c != '-')))
            return false;
    }
    return n > 0 && n <= ORX_UNIT_NAME_MAX;
}

int orx_keeper_check_spec(const orx_unit_spec *spec, orx_err *err) {
    if (!is_name(spec->name))
        return orx_err_set(err, ORX_E_INVALID,
                           "\"%s\" is no name for a unit: expected letters, digits, \".\", \"_\" "
                           "and \"-\", at most %d, the first a letter or digit",
                           spec->name, ORX_UNIT_NAME_MAX);
    if (!spec->argv || !spec->argv[0] || !spec->log_file)
        return orx_err_set(err, ORX_E_INVALID, "unit %s: expected a program and a log file",
                           spec->name);
    const orx_unit_policy *p = &spec->policy;
    if (p->crash_limit > ORX_UNIT_MEMORY || p->start_limit >= ORX_UNIT_MEMORY)
        return orx_err_set(err, ORX_E_INVALID,
                           "unit %s: limits of crashes and starts are at most %d", spec->name,
                           ORX_UNIT_MEMORY - 1);
    return 0;
}

static int add(orx_keeper *k, const orx_unit_spec *spec, orx_kept **ret_unit, orx_err *err) {
    int rc = orx_keeper_check_spec(spec, err);
    if (rc < 0)
        return rc;
    if (k->count >= ORX_UNITS_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "unit %s: at most %d units are kept", spec->name,
                           ORX_UNITS_MAX);
    if (orx_keeper_find(k, spec->name))
        return orx_err_set(err, ORX_E_EXISTS, "there are two units called %s", spec->name);
    orx_kept *u = orx_xcalloc(1, sizeof *u);
    u->k = k;
    u->spec = *spec;
    if (!spec->drains && !spec->finite)
        u->spec.policy.drain_timeout_ns = spec->policy.stop_timeout_ns;
    k->needy += spec->needs && *spec->needs;
    u->log = orx_log_new(k->p, spec->log_file, &spec->log, k->setup.secrets);
    orx_list_append(&k->units, &u->link);
    orx_map_put(&k->names, orx_view_of(spec->name), u);
    k->count++;
    *ret_unit = u;
    return 0;
}

void orx_kept_free(orx_kept *u) {
    (void)orx_map_remove(&u->k->names, orx_view_of(u->spec.name));
    orx_timer_cancel(u->k->p, u->deadline);
    orx_kept_drop(u);
    free(u->lacks);
    orx_kept_dirty_forget(u);
    orx_log_free(u->log);
    if (u->renewed)
        orx_unit_spec_release(&u->next);
    orx_unit_spec_release(&u->spec);
    orx_list_remove(&u->link);
    u->k->count--;
    free(u);
}

int orx_keeper_add(orx_keeper *k, const orx_unit_spec *spec, orx_err *err) {
    orx_kept *u = NULL;
    orx_unit_spec copy = *spec;
    int rc = add(k, spec, &u, err);
    if (rc < 0) {
        orx_unit_spec_release(&copy);
        return rc;
    }
    if (!k->begun)
        return 0;
    rc = orx_kept_check_needs(u, err);
    if (rc == 0)
        rc = orx_kept_enter(u, err);
    if (rc < 0)
        orx_kept_free(u);
    return rc;
}

/* ---- Beginning ------------------------------------------------------------------------------ */

/* Follows needs from u; path holds the names on the way. */
static int follow_needs(orx_kept *u, const orx_kept *from, size_t depth, orx_err *err) {
    if (depth > u->k->count)
        return orx_err_set(err, ORX_E_INVALID, "units need each other in a circle, among them %s",
                           from->spec.name);
    for (const char *const *n = u->spec.needs; n && *n; n++) {
        orx_kept *next = orx_keeper_find(u->k, *n);
        if (!next)
            return orx_err_set(err, ORX_E_INVALID, "unit %s needs %s, which does not exist",
                               u->spec.name, *n);
        if (next == from)
            return orx_err_set(err, ORX_E_INVALID, "unit %s needs itself by way of %s",
                               from->spec.name, u->spec.name);
        int rc = follow_needs(next, from, depth + 1, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Starts it unless the operator or its past says otherwise. */
static void begin(orx_kept *u) {
    int level = u->m.level;
    int64_t failures = u->m.failures;
    if (u->m.state != ORX_UNIT_STOPPED) {
        entered(u, ORX_UNIT_STOPPED);
        return;
    }
    if (!u->known && u->spec.paused)
        u->will = ORX_WILL_PAUSE;
    if (u->will == ORX_WILL_STOP || (u->will == ORX_WILL_NONE && u->spec.manual))
        return;
    if (u->will == ORX_WILL_PAUSE) {
        u->m.wanted = true;
        orx_kept_tell(u, ORX_UNIT_PAUSE, ORX_UNIT_EXIT_CLEAN);
        return;
    }
    if (u->rested && u->spec.rests && u->spec.rests(u->spec.user)) {
        u->m.state = ORX_UNIT_IDLE;
        u->m.wanted = true;
        u->m.cause = "nothing to do, as before";
        entered(u, ORX_UNIT_STOPPED);
        return;
    }
    orx_kept_tell(u, ORX_UNIT_START, ORX_UNIT_EXIT_CLEAN);
    /* It was not a person who started it: failures count on. */
    u->m.level += level;
    u->m.failures += failures;
}

int orx_kept_check_needs(orx_kept *u, orx_err *err) {
    return follow_needs(u, u, 0, err);
}

/* What was read of it counts from now on. */
static void enter(orx_kept *u) {
    if (u->m.state == ORX_UNIT_BACKOFF)
        set_deadline(u, u->deadline_ns > 0 ? u->deadline_ns : 1);
    else if (u->earlier)
        set_deadline(u, ORX_EARLIER_NS);
    begin(u);
    orx_kept_look_earlier(u);
}

int orx_kept_enter(orx_kept *u, orx_err *err) {
    int rc = orx_kept_load(u, err);
    if (rc == 0)
        enter(u);
    return rc;
}

int orx_keeper_begin(orx_keeper *k, orx_err *err) {
    int rc = 0;
    ORX_LIST_EACH(&k->units, it) {
        orx_kept *u = ORX_LIST_ITEM(it, orx_kept, link);
        if (rc == 0)
            rc = orx_kept_check_needs(u, err);
        if (rc == 0)
            rc = orx_kept_load(u, err);
    }
    if (rc == 0)
        rc = orx_keeper_end_strays(k, err);
    if (rc < 0)
        return rc;
    k->begun = true;
    k->awake_ns = orx_keeper_awake(k);
    k->ticked_ns = orx_mono_ns(k->p);
    k->tick = orx_timer_start(k->p, k->setup.tick_ns, on_tick, k);
    orx_keeper_batch(k, true);
    ORX_LIST_EACH(&k->units, it)
    enter(ORX_LIST_ITEM(it, orx_kept, link));
    orx_keeper_batch(k, false);
    return 0;
}

void orx_keeper_each(orx_keeper *k, void (*fn)(const orx_unit_view *unit, void *user), void *user) {
    ORX_LIST_EACH(&k->units, it) {
        orx_unit_view view;
        orx_kept_view(ORX_LIST_ITEM(it, orx_kept, link), &view);
        fn(&view, user);
    }
}

void orx_keeper_free(orx_keeper *k) {
    if (!k)
        return;
    orx_timer_cancel(k->p, k->tick);
    orx_timer_cancel(k->p, k->turn);
    orx_keeper_drop_strays(k);
    ORX_LIST_EACH(&k->units, it)
    orx_kept_free(ORX_LIST_ITEM(it, orx_kept, link));
    orx_map_free(&k->names);
    free(k);
}
