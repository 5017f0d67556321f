/* What is left of units that are not kept any more: they were taken out while no supervisor was at
 * work. Their processes end by themselves when their lifelines do; whatever escaped from those is
 * in their cgroups, which are emptied here. */
#include "unit/internal.h"

#include "base/mem.h"
#include "data/doc.h"
#include "platform/cgroup.h"

#include <stdlib.h>

#define LOOK_NS   (50 * ORX_MS)
#define TRIES_MAX 200

typedef struct stray {
    orx_list link;
    orx_keeper *k;
    char *name;
    char *dir;
    int64_t pid; /* of the supervisor of its tree, which may be on its way out; 0 = none */
    int64_t start;
    int64_t found_ns;
    int tries; /* to end what is in the group */
    orx_timer *timer;
} stray;

static void drop(stray *s) {
    orx_timer_cancel(s->k->p, s->timer);
    orx_list_remove(&s->link);
    free(s->name);
    free(s->dir);
    free(s);
}

static int write_row(stray *s, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s->k->s, "UPDATE unit SET cgroup = '', pid = 0, start = 0 WHERE name = ?1",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, s->name);
    int64_t changed = orx_sql_run(q, err);
    return changed < 0 ? (int)changed : 0;
}

static int write_event(stray *s, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_str(&a, body, "unit", s->name);
    orx_node_set_str(&a, body, "cgroup", s->dir);
    const orx_event event = {.kind = "unit.emptied", .schema = 1, .body = body};
    return orx_event_append(s->k->s, &event, NULL, err);
}

/* A journal that cannot be written now names a group that is not there any more: no harm. */
static void save(stray *s) {
    if (orx_tx_begin(s->k->s, NULL) < 0)
        return;
    if (write_row(s, NULL) == 0 && write_event(s, NULL) == 0)
        (void)orx_tx_commit(s->k->s, NULL);
    else
        orx_tx_rollback(s->k->s);
}

/* Its tree has the time to end in good order that every tree of an earlier keeper has. */
static bool is_leaving(const stray *s) {
    return s->pid && orx_mono_ns(s->k->p) - s->found_ns < ORX_EARLIER_NS &&
           orx_pid_state_of(s->k->p, s->pid, s->start) == ORX_PID_ALIVE;
}

/* Whether nothing lives in it; what does is killed. */
static bool is_empty(stray *s) {
    bool populated = true;
    if (orx_cgroup_populated(s->k->p, s->dir, &populated, NULL) < 0 || !populated)
        return !populated;
    (void)orx_cgroup_kill(s->k->p, s->dir, NULL);
    return false;
}

static void look(void *user) {
    stray *s = user;
    s->timer = NULL;
    /* It came back, and with it somebody who looks after its group. */
    if (orx_keeper_find(s->k, s->name)) {
        drop(s);
    } else if (is_leaving(s) || (!is_empty(s) && s->tries++ < TRIES_MAX)) {
        s->timer = orx_timer_start(s->k->p, LOOK_NS, look, s);
    } else if (s->tries > TRIES_MAX) {
        orx_keeper_problem(s->k,
                           "%s is not kept any more, and something in its cgroup %s cannot "
                           "be ended",
                           s->name, s->dir);
        drop(s);
    } else {
        (void)orx_cgroup_remove(s->k->p, s->dir, NULL);
        orx_keeper_problem(s->k, "%s is not kept any more; what was left in its cgroup is ended",
                           s->name);
        save(s);
        drop(s);
    }
}

static char *copy_of(orx_sql *q, int column) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addv(&text, orx_sql_col_text(q, column));
    return orx_xstrdup(orx_str_cstr(&text));
}

static void take(orx_keeper *k, orx_sql *q) {
    stray *s = orx_xcalloc(1, sizeof *s);
    s->k = k;
    s->name = copy_of(q, 0);
    s->dir = copy_of(q, 1);
    s->pid = orx_sql_col_int(q, 2);
    s->start = orx_sql_col_int(q, 3);
    s->found_ns = orx_mono_ns(k->p);
    orx_list_append(&k->strays, &s->link);
    if (orx_keeper_find(k, s->name) || !orx_exists(k->p, s->dir))
        drop(s);
    else
        s->timer = orx_timer_start(k->p, 0, look, s);
}

int orx_keeper_end_strays(orx_keeper *k, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(
        k->s, "SELECT name, cgroup, pid, start FROM unit WHERE cgroup != '' AND boot = ?1", &q,
        err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, orx_boot_id(k->p));
    while ((rc = orx_sql_step(q, err)) == 1)
        take(k, q);
    return rc;
}

void orx_keeper_drop_strays(orx_keeper *k) {
    ORX_LIST_EACH(&k->strays, it)
    drop(ORX_LIST_ITEM(it, stray, link));
}
