/* Where tasks come from: the tasks file, the queue file, another runner's state. */
#include "run/runner.h"

#include "base/digest.h"
#include "base/vec.h"
#include "data/json.h"

/* Bytes before the last offset that must be the same for a grown queue file to be read from there.
 */
#define TAIL_BYTES ((size_t)4096)

/* Problems told in one note. */
#define PROBLEMS_TOLD 6
#define IDS_TOLD      100

static bool same_file(const orx_file_info *a, const orx_file_info *b) {
    return a->mtime_ns == b->mtime_ns && a->size == b->size && a->inode == b->inode;
}

/* True when the file is another one than last time; then that is noted. A missing file is never
 * another one. */
static bool is_changed(orx_runner *r, const char *path, orx_file_info *last, bool note) {
    orx_file_info now;
    if (!path || orx_stat(r->p, path, &now, NULL) < 0 || same_file(&now, last))
        return false;
    if (note)
        *last = now;
    return true;
}

/* Tells a problem, unless it is the one told last. */
static void tell_once(orx_runner *r, const char *text) {
    char digest[ORX_SHA256_HEX];
    orx_sha256_hex(orx_view_of(text), digest);
    if (strcmp(digest, r->sources.problem) == 0)
        return;
    memcpy(r->sources.problem, digest, sizeof digest);
    orx_run_tell(r, ORX_NOTE_PROBLEM, NULL, false, "%s", text);
}

static void load_options(const orx_config *cfg, orx_task_load_options *ret_options) {
    *ret_options = (orx_task_load_options){
        .owners = orx_config_owners(cfg),
        .dangling_ok = cfg->paths.dependency_state_file || cfg->paths.task_queue_file,
        .backlog_terms = cfg->queue.backlog_terms,
    };
}

/* ---- The tasks file -------------------------------------------------------------------------- */

static int missing_tasks(const char *path, orx_err *err) {
    return orx_err_set(
        err, ORX_E_NOT_FOUND,
        "no tasks file: %s does not exist; `orxaq init` writes an example, and --tasks-file "
        "or paths.tasks_file names another place",
        path);
}

static int read_tasks(orx_platform *p, const orx_config *cfg, orx_arena *arena,
                      orx_task_list *ret_list, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    const char *path = cfg->paths.tasks_file;
    int rc = orx_read_file(p, path, orx_limits_data.max_bytes, &bytes, err);
    if (rc == ORX_E_NOT_FOUND)
        return missing_tasks(path, err);
    const orx_node *root = NULL;
    if (rc == 0)
        rc = orx_doc_parse(arena, path, orx_str_view(&bytes), &orx_limits_data, &root, err);
    if (rc < 0)
        return rc;
    orx_task_load_options options;
    load_options(cfg, &options);
    return orx_task_load(arena, path, root, &options, ret_list, err);
}

int orx_run_load_tasks(orx_platform *p, const orx_config *cfg, orx_store *s, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_task_list list;
    int rc = read_tasks(p, cfg, &arena, &list, err);
    return rc < 0 ? rc : orx_task_sync(s, orx_run_lane(cfg), "file", &list, err);
}

static int read_tasks_again(orx_runner *r, orx_err *err) {
    if (!is_changed(r, r->cfg->paths.tasks_file, &r->sources.tasks, true))
        return 0;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_task_list list;
    orx_err why = ORX_ERR_INIT;
    if (read_tasks(r->p, r->cfg, &arena, &list, &why) < 0) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        orx_str_addf(&text, "%s; the tasks of before stay", why.msg);
        tell_once(r, orx_str_cstr(&text));
        return 0;
    }
    int added = orx_task_sync(r->s, r->lane, "file", &list, err);
    if (added > 0)
        orx_run_tell(r, ORX_NOTE_STARTED, NULL, true, "%d new task%s from %s", added,
                     added == 1 ? "" : "s", r->cfg->paths.tasks_file);
    return added < 0 ? added : 0;
}

/* ---- The queue file -------------------------------------------------------------------------- */

static void digest_tail(orx_view text, int64_t offset, char ret_hex[ORX_SHA256_HEX]) {
    size_t end = (size_t)offset;
    size_t n = end < TAIL_BYTES ? end : TAIL_BYTES;
    orx_sha256_hex(orx_view_mem(text.p + end - n, n), ret_hex);
}

/* Lines taken before need not be parsed again when the file only grew. Everything but lines is read
 * whole. */
static orx_view new_part(orx_runner *r, orx_view text) {
    char digest[ORX_SHA256_HEX];
    int64_t offset = r->sources.queue_offset;
    if (offset <= 0 || offset > (int64_t)text.len)
        return text;
    digest_tail(text, offset, digest);
    if (strcmp(digest, r->sources.queue_tail) != 0)
        return text;
    return orx_view_mem(text.p + offset, text.len - (size_t)offset);
}

/* A single new line looks like a document of its own, but what it was appended to tells. */
static void remember_part(orx_runner *r, orx_view text, bool lines) {
    size_t end = text.len;
    while (end && text.p[end - 1] != '\n')
        end--;
    r->sources.queue_offset = lines ? (int64_t)end : 0;
    if (lines && end)
        digest_tail(text, r->sources.queue_offset, r->sources.queue_tail);
}

static void beat_batch(orx_runner *r, const orx_queue_taken *taken) {
    orx_run_phase(r, "task_queue_ingest", NULL, "new tasks from the queue file");
    orx_run_beat_queue(r);
    orx_node *ids = orx_node_new(&r->beat_arena, ORX_ARRAY);
    for (size_t i = 0; taken->ids[i] && i < IDS_TOLD; i++)
        orx_node_push(ids, orx_node_new_str(&r->beat_arena, orx_view_of(taken->ids[i])));
    orx_node_set(&r->beat_arena, r->beat, "imported_task_ids", ids);
}

static void tell_batch(orx_runner *r, const orx_queue_batch *batch, const orx_queue_taken *taken) {
    if (taken->imported) {
        beat_batch(r, taken);
        orx_run_tell(r, ORX_NOTE_STARTED, NULL, true, "%zu new task%s from the queue file: %s%s",
                     taken->imported, taken->imported == 1 ? "" : "s", taken->ids[0],
                     taken->imported > 1 ? ", ..." : "");
    }
    for (size_t i = 0; taken->waiting[i] && i < PROBLEMS_TOLD; i++)
        orx_run_tell(r, ORX_NOTE_PROBLEM, NULL, false,
                     "task %s of the queue file waits for itself, through the tasks it depends on; "
                     "none of them can begin",
                     taken->waiting[i]);
    if (!batch->problem_count)
        return;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (size_t i = 0; batch->problems[i] && i < PROBLEMS_TOLD; i++)
        orx_str_addf(&text, "%s%s", i ? " | " : "", batch->problems[i]);
    if (batch->problem_count > PROBLEMS_TOLD)
        orx_str_addf(&text, " | and %zu more", batch->problem_count - PROBLEMS_TOLD);
    tell_once(r, orx_str_cstr(&text));
}

static int take_queue(orx_runner *r, orx_view text, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char *path = r->cfg->paths.task_queue_file;
    const orx_strings *filter = &r->cfg->run.owner_filter;
    orx_task_load_options options;
    orx_queue_batch batch;
    orx_queue_taken taken;
    load_options(r->cfg, &options);
    orx_view part = new_part(r, text);
    orx_queue_parse(&arena, path, part, &options, &batch);
    int rc = orx_queue_take(r->s, r->lane, path, &batch, filter->count ? filter->items : NULL,
                            &arena, &taken, err);
    if (rc < 0)
        return rc;
    remember_part(r, text, batch.lines || part.len < text.len);
    tell_batch(r, &batch, &taken);
    return 0;
}

static int read_queue(orx_runner *r, orx_err *err) {
    const char *path = r->cfg->paths.task_queue_file;
    if (!is_changed(r, path, &r->sources.queue, true))
        return 0;
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    orx_err why = ORX_ERR_INIT;
    if (orx_read_file(r->p, path, orx_limits_data.max_bytes, &bytes, &why) < 0) {
        tell_once(r, why.msg);
        return 0;
    }
    return take_queue(r, orx_str_view(&bytes), err);
}

/* The predecessor's claims, read before the projection takes the file over. */
static int import_claims(orx_runner *r, orx_err *err) {
    const char *path = r->cfg->paths.task_queue_state_file;
    if (!path || !orx_exists(r->p, path))
        return 0;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    const orx_node *root = NULL;
    orx_err why = ORX_ERR_INIT;
    if (orx_read_file(r->p, path, orx_limits_data.max_bytes, &bytes, &why) < 0 ||
        orx_json_parse(&arena, path, orx_str_view(&bytes), &orx_limits_data, &root, &why) < 0) {
        tell_once(r, why.msg);
        return 0;
    }
    int n = orx_queue_import_claims(r->s, r->lane, root, err);
    if (n > 0)
        orx_run_tell(r, ORX_NOTE_RECOVERED, NULL, true, "took over %d claim%s from %s", n,
                     n == 1 ? "" : "s", path);
    return n < 0 ? n : 0;
}

/* ---- Another runner's state ------------------------------------------------------------------ */

/* [K] Missing or bad = ignored: the other runner writes it, and will write it again. */
static int read_external(orx_runner *r, orx_err *err) {
    const char *path = r->cfg->paths.dependency_state_file;
    if (!is_changed(r, path, &r->sources.external, true))
        return 0;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    const orx_node *root = NULL;
    if (orx_read_file(r->p, path, orx_limits_data.max_bytes, &bytes, NULL) < 0 ||
        orx_json_parse(&arena, path, orx_str_view(&bytes), &orx_limits_data, &root, NULL) < 0)
        return 0;
    int rc = orx_task_external_done(r->s, r->lane, root, err);
    return rc < 0 ? rc : 0;
}

/* ---- Together -------------------------------------------------------------------------------- */

void orx_sources_note(orx_runner *r) {
    r->sources.claims = (orx_claims_shown){r->lane, r->cfg->queue.max_claimed};
    (void)is_changed(r, r->cfg->paths.tasks_file, &r->sources.tasks, true);
}

/* A slip of the pen looks like an empty queue. Lanes have a usual place for theirs, whether or not
 * anybody uses it. */
static void tell_missing_queue(orx_runner *r) {
    const char *path = r->cfg->paths.task_queue_file;
    if (path && !r->cfg->lane_spec && !orx_exists(r->p, path))
        orx_run_tell(r, ORX_NOTE_PROBLEM, NULL, false,
                     "the task queue file %s does not exist (paths.task_queue_file); tasks are "
                     "taken from it once it does",
                     path);
}

int orx_sources_begin(orx_runner *r, orx_err *err) {
    int rc = import_claims(r, err);
    tell_missing_queue(r);
    return rc < 0 ? rc : orx_sources_read(r, err);
}

int orx_sources_read(orx_runner *r, orx_err *err) {
    int rc = read_tasks_again(r, err);
    if (rc == 0)
        rc = read_queue(r, err);
    return rc < 0 ? rc : read_external(r, err);
}

bool orx_sources_changed(orx_runner *r) {
    return is_changed(r, r->cfg->paths.tasks_file, &r->sources.tasks, false) ||
           is_changed(r, r->cfg->paths.task_queue_file, &r->sources.queue, false) ||
           is_changed(r, r->cfg->paths.dependency_state_file, &r->sources.external, false);
}
