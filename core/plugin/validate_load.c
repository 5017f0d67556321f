/* Checks of the file and of what loading it does. */
#include "plugin/validate_trial.h"

#include "platform/files.h"
#include "platform/symbols.h"
#include "plugin/company.h"
#include "plugin/trust.h"

#define FILE_MAX ((size_t)256 << 20)
#define LOAD_MAX (10 * ORX_MS)

int orx_check_file_trusted(orx_trial *t, orx_err *err) {
    orx_trusted_file file;
    return orx_trust_file(t->p, t->path, NULL, &t->arena, &file, err);
}

int orx_check_opens(orx_trial *t, orx_err *err) {
    return orx_trial_open(t, err);
}

int orx_check_symbol(orx_trial *t, orx_err *err) {
    return orx_trial_symbol(t, err);
}

/* ---- Names ----------------------------------------------------------------------------------- */

typedef struct name_hunt {
    const char *found; /* the first name that does not belong there */
    orx_arena *arena;
} name_hunt;

/* A build for sanitizers or coverage adds names of its own. */
static bool is_tooling(const char *name) {
    static const char *const begins[] = {"__asan",      "__ubsan",    "__sanitizer", "__gcov",
                                         "mangle_path", "__odr_asan", "__llvm"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(begins); i++)
        if (strncmp(name, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

static void hunt_export(void *user, const char *name, bool defined) {
    name_hunt *h = user;
    if (defined && !h->found && strcmp(name, ORXAQ_PLUGIN_SYMBOL) != 0 && !is_tooling(name))
        h->found = orx_arena_strdup(h->arena, name);
}

static void hunt_import(void *user, const char *name, bool defined) {
    static const char *const banned[] = {
        "fork",    "vfork",          "execve", "execvp",  "posix_spawn", "system", "popen",
        "exit",    "_exit",          "abort",  "setenv",  "putenv",      "chdir",  "dlopen",
        "signal",  "sigaction",      "socket", "connect", "open",        "open64", "fopen",
        "fopen64", "pthread_create", "sleep",  "usleep",  "nanosleep",   "kill"};
    name_hunt *h = user;
    for (size_t i = 0; i < ORX_ARRAY_LEN(banned) && !defined && !h->found; i++)
        if (strcmp(name, banned[i]) == 0)
            h->found = banned[i];
}

static int hunt(orx_trial *t, orx_symbol_fn fn, name_hunt *h, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    h->arena = &t->arena;
    int rc = orx_read_file(t->p, t->path, FILE_MAX, &bytes, err);
    return rc < 0 ? rc : orx_symbols_each(orx_str_view(&bytes), fn, h, err);
}

int orx_check_one_symbol(orx_trial *t, orx_err *err) {
    name_hunt h = {0};
    int rc = hunt(t, hunt_export, &h, err);
    if (rc < 0 || !h.found)
        return rc;
    return orx_fails(err,
                     "the module exports %s besides %s; two modules with the same name would "
                     "get in each other's way: compile with -fvisibility=hidden",
                     h.found, ORXAQ_PLUGIN_SYMBOL);
}

int orx_check_imports(orx_trial *t, orx_err *err) {
    name_hunt h = {0};
    int rc = hunt(t, hunt_import, &h, err);
    if (rc < 0 || !h.found)
        return rc;
    return orx_fails(err,
                     "the module calls %s; processes, files, signals, time and the environment "
                     "are the host's business: return an effect instead (job.h)",
                     h.found);
}

/* ---- Side effects of loading ----------------------------------------------------------------- */

typedef enum company_part { THREADS, CHILDREN, DESCRIPTORS } company_part;

static int part_of(const orx_company *c, company_part part) {
    return part == THREADS ? c->threads : part == CHILDREN ? c->children : c->descriptors;
}

static int check_company(orx_trial *t, company_part part, const char *what, orx_err *err) {
    orx_company before = orx_company_look(t->p);
    int rc = orx_trial_query(t, err);
    orx_company after = orx_company_look(t->p);
    if (rc >= 0 && part_of(&after, part) > part_of(&before, part))
        rc = orx_fails(err, "the module %s while it was loaded and asked for its descriptor", what);
    return rc;
}

int orx_check_no_thread(orx_trial *t, orx_err *err) {
    return check_company(t, THREADS, "started a thread", err);
}

int orx_check_no_child(orx_trial *t, orx_err *err) {
    return check_company(t, CHILDREN, "started a process", err);
}

int orx_check_no_descriptor(orx_trial *t, orx_err *err) {
    return check_company(t, DESCRIPTORS, "opened a file", err);
}

int orx_check_load_fast(orx_trial *t, orx_err *err) {
    int64_t start = orx_mono_ns(t->p);
    int rc = orx_trial_query(t, err);
    int64_t took = orx_mono_ns(t->p) - start;
    if (rc >= 0 && took > LOAD_MAX)
        rc = orx_fails(err, "loading and the handshake took %.1f ms; expected at most %d ms",
                       (double)took / 1e6, (int)(LOAD_MAX / ORX_MS));
    return rc;
}
