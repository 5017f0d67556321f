/* projection.c: which files must be written, and when.
 *
 * A mark is kept in memory while this process holds the lease, because the same process will write
 * the file. Otherwise it goes into store_projection with the next commit: `dirty` counts the marks,
 * `done` is the count that the written file shows, so a mark set while the file is being written is
 * never lost. A timer looks every two seconds, at once after a mark on a projection that asks for
 * it.
 */
#include "store/internal.h"

static void tick(void *user);

/* ---- Opening and names ---------------------------------------------------------------------- */

static char *place(orx_store *s, const char *path) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    return orx_xstrdup(orx_path_join(&a, s->root, path));
}

static size_t count_all(const orx_store_room *const *rooms) {
    size_t n = 0;
    for (; rooms && *rooms; rooms++)
        n += (size_t)(*rooms)->projection_count;
    return n;
}

static char *row_name(const orx_store *s, const char *name) {
    orx_str text = {0};
    orx_str_addf(&text, "%s%s%s", s->scope, *s->scope ? ":" : "", name);
    return orx_str_steal(&text);
}

bool orx_projector_sees(const orx_store *s, const orx_event_row *row) {
    if (*s->scope)
        return orx_view_is(row->origin, s->scope);
    return !orx_view_starts(row->origin, ORX_ORIGIN_LANE);
}

static orx_shown *find(orx_store *s, const char *name) {
    for (size_t i = 0; i < s->projector.count; i++)
        if (strcmp(s->projector.items[i].def->name, name) == 0)
            return &s->projector.items[i];
    return NULL;
}

int orx_projector_open(orx_store *s, orx_err *err) {
    s->projector.items = orx_xcalloc(count_all(s->rooms), sizeof(orx_shown));
    orx_random(s->p, &s->projector.token, sizeof s->projector.token);
    for (const orx_store_room *const *r = s->rooms; r && *r; r++)
        for (int i = 0; i < (*r)->projection_count; i++) {
            const orx_projection *def = &(*r)->projections[i];
            if (def->of_root && *s->scope)
                continue;
            if (find(s, def->name))
                return orx_err_set(err, ORX_E_INTERNAL, "two projections are called \"%s\"",
                                   def->name);
            s->projector.items[s->projector.count++] = (orx_shown){
                .def = def, .name = row_name(s, def->name), .path = place(s, def->path)};
        }
    return 0;
}

int orx_projector_register(orx_store *s, orx_err *err) {
    for (size_t i = 0; i < s->projector.count; i++) {
        orx_sql *q;
        /* A new FILE projection is dirty from the start. */
        int rc = orx_sql_get(s,
                             "INSERT OR IGNORE INTO store_projection(name, dirty, done, shown_seq,"
                             " cursor, base) VALUES(?1, 1, 0, 0, 0, 0)",
                             &q, err);
        if (rc < 0)
            return rc;
        orx_sql_str(q, 1, s->projector.items[i].name);
        rc = orx_store_done(q, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int orx_store_set_projection(orx_store *s, const char *name, const char *path, void *user,
                             orx_err *err) {
    orx_shown *item = find(s, name);
    if (!item)
        return orx_err_set(err, ORX_E_NOT_FOUND, "no projection is called \"%s\"", name);
    if (path) {
        free(item->path);
        item->path = place(s, path);
        item->cursor = 0;
        item->finished = false;
        item->fresh = false;
        item->marked = true;
    }
    item->user = user;
    return 0;
}

/* ---- Marks ---------------------------------------------------------------------------------- */

static void arm(orx_store *s, int64_t delay) {
    orx_projector *j = &s->projector;
    int64_t due = orx_mono_ns(s->p) + (delay > 0 ? delay : 0);
    if (j->timer && j->timer_due <= due)
        return;
    orx_timer_cancel(s->p, j->timer);
    j->timer = orx_timer_start(s->p, delay > 0 ? delay : 0, tick, s);
    j->timer_due = due;
}

void orx_projection_dirty(orx_store *s, const char *name) {
    orx_shown *item = find(s, name);
    if (!item || s->read_only || item->def->kind != ORX_PROJECTION_FILE)
        return;
    item->marked = true;
    arm(s, item->due_ns - orx_mono_ns(s->p));
}

static int mark_write(orx_store *s, orx_shown *item, orx_err *err) {
    orx_sql *q;
    item->fresh = false;
    int rc =
        orx_sql_get(s, "UPDATE store_projection SET dirty = dirty + 1 WHERE name = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, item->name);
    return orx_store_done(q, err);
}

int orx_projector_marks_write(orx_store *s, orx_err *err) {
    bool ours = orx_lease_held(s);
    for (size_t i = 0; i < s->projector.count; i++) {
        orx_shown *item = &s->projector.items[i];
        item->marking = item->marked && !ours;
        int rc = item->marking ? mark_write(s, item, err) : 0;
        if (rc < 0)
            return rc;
    }
    return 0;
}

void orx_projector_committed(orx_store *s) {
    for (size_t i = 0; i < s->projector.count; i++) {
        orx_shown *item = &s->projector.items[i];
        if (item->marking)
            item->marked = false;
        item->marking = false;
    }
}

static bool any_marked(const orx_projector *j) {
    for (size_t i = 0; i < j->count; i++)
        if (j->items[i].marked)
            return true;
    return false;
}

/* What is dirty in memory and must be told to the holder of the lease. */
static int tell_others(orx_store *s, orx_err *err) {
    if (!any_marked(&s->projector))
        return 0;
    int rc = orx_tx_begin(s, err);
    return rc < 0 ? rc : orx_tx_commit(s, err);
}

/* ---- Flushing ------------------------------------------------------------------------------- */

int orx_projector_look(orx_store *s, orx_err *err) {
    orx_projector *j = &s->projector;
    int64_t version = 0;
    int rc = orx_store_int(s, "PRAGMA data_version", 0, &version, err);
    if (rc < 0 || (version == j->version && s->commits == j->commits))
        return rc;
    j->idle = false;
    rc = orx_store_last(s, &j->last, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < j->count && version != j->version; i++)
        j->items[i].fresh = false;
    j->version = version;
    j->commits = s->commits;
    return 0;
}

/* 1 = something is dirty, or events wait for an NDJSON projection. */
static int find_work(orx_store *s, orx_err *err) {
    for (size_t i = 0; i < s->projector.count; i++) {
        orx_shown *item = &s->projector.items[i];
        orx_shown_row row;
        int rc = orx_shown_see(s, item, &row, err);
        if (rc < 0)
            return rc;
        if (item->def->kind == ORX_PROJECTION_FILE
                ? item->marked || row.dirty > row.done
                : (row.cursor > item->cursor ? row.cursor : item->cursor) < s->projector.last)
            return 1;
    }
    return 0;
}

static int has_work(orx_store *s, orx_err *err) {
    orx_projector *j = &s->projector;
    int rc = orx_projector_look(s, err);
    if (rc < 0 || (j->idle && !any_marked(j)))
        return rc;
    rc = find_work(s, err);
    j->idle = rc == 0;
    return rc;
}

/* Until now somebody else may have written files. */
static int take_over(orx_store *s, orx_err *err) {
    for (size_t i = 0; i < s->projector.count; i++)
        s->projector.items[i].finished = false;
    return orx_projector_look(s, err);
}

static int flush(orx_store *s, bool all, orx_err *err) {
    int rc = has_work(s, err);
    bool held = orx_lease_held(s);
    if (rc > 0)
        rc = orx_lease_hold(s, err);
    else
        return rc;
    if (rc == 0)
        return tell_others(s, err);
    if (rc > 0 && !held)
        rc = take_over(s, err);
    if (rc < 0)
        return rc;
    rc = orx_project_files(s, all, NULL, err);
    if (rc == ORX_E_BUSY)
        return rc; /* it was waited for long enough */
    int rows = orx_project_rows(s, all, rc < 0 ? NULL : err);
    rc = rc < 0 ? rc : rows;
    int pages = orx_project_folders(s, all, rc < 0 ? NULL : err);
    return rc < 0 ? rc : pages;
}

int orx_projection_flush(orx_store *s, bool all, orx_err *err) {
    if (s->read_only || s->projector.count == 0 || s->projector.flushing)
        return 0;
    if (s->in_tx || s->reading)
        return orx_err_set(err, ORX_E_INTERNAL, "%s: projections inside a transaction", s->db_path);
    s->projector.flushing = true;
    int rc = flush(s, all, err);
    s->projector.flushing = false;
    return rc;
}

/* The next look: when the first marked file is due, else in two seconds. */
static int64_t next_delay(orx_store *s) {
    int64_t now = orx_mono_ns(s->p);
    int64_t delay = ORX_PROJECT_EVERY;
    for (size_t i = 0; i < s->projector.count; i++) {
        const orx_shown *item = &s->projector.items[i];
        if (item->marked && item->due_ns - now < delay)
            delay = item->due_ns - now;
    }
    return delay > 10 * ORX_MS ? delay : 10 * ORX_MS;
}

static void tick(void *user) {
    orx_store *s = user;
    s->projector.timer = NULL;
    int rc = orx_store_busy(s) ? 0 : orx_projection_flush(s, false, NULL);
    /* What failed (a full disk, a lock that somebody keeps) is not tried again at once: it may have
     * taken seconds, and the loop has other work. */
    arm(s, rc < 0 ? ORX_PROJECT_EVERY : next_delay(s));
}

void orx_projector_start(orx_store *s) {
    if (s->projector.count)
        arm(s, ORX_PROJECT_EVERY);
}

/* ---- Closing -------------------------------------------------------------------------------- */

void orx_projector_stop(orx_store *s) {
    orx_timer_cancel(s->p, s->projector.timer);
    s->projector.timer = NULL;
}

int orx_projector_idle(orx_store *s, orx_err *err) {
    int rc = orx_lease_verify(s, err);
    if (rc <= 0)
        return rc < 0 ? rc : 1; /* somebody else's work */
    rc = has_work(s, err);
    return rc < 0 ? rc : !rc;
}

void orx_projector_free(orx_store *s) {
    for (size_t i = 0; i < s->projector.count; i++) {
        free(s->projector.items[i].path);
        free(s->projector.items[i].name);
    }
    free(s->projector.items);
    s->projector = (orx_projector){0};
}
