/* The machine: kernel, disk, limits, clock, git, and the operator's key. */
#include "cli/doctor.h"

#include "platform/cgroup.h"
#include "platform/files.h"
#include "platform/machine.h"
#include "platform/proc.h"
#include "run/operator_key.h"

#include <stdio.h>

#define MIB          ((int64_t)1 << 20)
#define DISK_FAIL    (100 * MIB)
#define DISK_WARN    (1024 * MIB)
#define FILES_WARN   1024
#define PROGRAM_NS   (20 * ORX_SEC)
#define OUTPUT_BYTES ((size_t)4096)
#define YEAR_2024_NS (INT64_C(1704067200) * ORX_SEC)

static bool any_sandbox(const orx_config *cfg, orx_sandbox wanted) {
    for (size_t i = 0; i < cfg->provider_count; i++)
        if (cfg->providers[i].enabled && cfg->providers[i].sandbox == wanted)
            return true;
    return false;
}

/* ---- Kernel ---------------------------------------------------------------------------------- */

static void landlock(orx_doctor *d, const orx_machine *m) {
    bool needed = any_sandbox(d->c->cfg, ORX_SANDBOX_HOST);
    if (!m->landlock)
        orx_doctor_add(d, needed ? ORX_HEALTH_FAIL : ORX_HEALTH_WARN, "Landlock",
                       "use Linux 5.13 or later with landlock among its security modules; "
                       "providers with `sandbox: host` are refused without it",
                       "not there: agents cannot be confined");
    else if (m->landlock < 3)
        orx_doctor_add(d, ORX_HEALTH_WARN, "Landlock", "use Linux 6.2 or later",
                       "ABI %d: truncating files outside is not stopped", m->landlock);
    else
        orx_doctor_add(d, ORX_HEALTH_OK, "Landlock", "", "ABI %d: agents can be confined",
                       m->landlock);
}

/* What limits of units are worth there. */
static const char *limits_in(orx_doctor *d, const char *own) {
    bool memory = orx_cgroup_has(d->c->p, own, "memory");
    bool tasks = orx_cgroup_has(d->c->p, own, "pids");
    if (memory && tasks)
        return "can keep memory_max and tasks_max";
    return memory  ? "can keep memory_max; no controller for tasks_max is delegated"
           : tasks ? "can keep tasks_max; no controller for memory_max is delegated"
                   : "cannot keep memory_max and tasks_max: no controller for them is delegated";
}

/* Of this process; a supervisor that a service manager starts has another one. */
static void cgroup(orx_doctor *d) {
    ORX_CLEANUP(orx_str_free) orx_str dir = {0};
    orx_err err = ORX_ERR_INIT;
    int64_t pid;
    int64_t start;
    if (orx_cgroup_own(d->c->p, &dir, &err) < 0) {
        orx_doctor_add(d, ORX_HEALTH_OK, "cgroup", "", "%s: units run without", err.msg);
        return;
    }
    orx_pid_self(d->c->p, &pid, &start);
    const char *own = orx_arena_dup(&d->c->arena, orx_str_view(&dir));
    orx_str_addf(&dir, "/orxaq-doctor.%lld", (long long)pid);
    if (orx_cgroup_make(d->c->p, orx_str_cstr(&dir), &err) < 0) {
        orx_doctor_add(d, ORX_HEALTH_OK, "cgroup",
                       "`orxaq install-keepalive` has systemd delegate one to the supervisor",
                       "version 2, not delegated here: units run without (%s)", err.msg);
        return;
    }
    (void)orx_cgroup_remove(d->c->p, orx_str_cstr(&dir), NULL);
    orx_doctor_add(d, ORX_HEALTH_OK, "cgroup", "",
                   "version 2: units get groups of their own in %s, which %s", own,
                   limits_in(d, own));
}

static void kernel(orx_doctor *d, const orx_machine *m) {
    bool vendor = any_sandbox(d->c->cfg, ORX_SANDBOX_VENDOR);
    orx_doctor_add(d, ORX_HEALTH_OK, "system", "", "%s", m->system);
    landlock(d, m);
    if (!m->openat2)
        orx_doctor_add(d, ORX_HEALTH_WARN, "openat2", "use Linux 5.6 or later",
                       "not there: the tools of chat models refuse to touch files");
    if (!m->user_namespaces)
        orx_doctor_add(d, vendor ? ORX_HEALTH_WARN : ORX_HEALTH_OK, "user namespaces",
                       vendor ? "allow them, or set `sandbox: host` for the provider" : "",
                       "not for users: a program's own sandbox (codex's) may not start");
    else
        orx_doctor_add(d, ORX_HEALTH_OK, "user namespaces", "", "allowed");
    cgroup(d);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static void limits(orx_doctor *d, const orx_machine *m) {
    if (m->open_files >= 0 && m->open_files < FILES_WARN)
        orx_doctor_add(d, ORX_HEALTH_WARN, "open files", "raise it with `ulimit -n 4096`",
                       "at most %lld", (long long)m->open_files);
    else
        orx_doctor_add(d, ORX_HEALTH_OK, "open files", "", "at most %lld",
                       (long long)m->open_files);
    if (orx_wall_ns(d->c->p) < YEAR_2024_NS)
        orx_doctor_add(d, ORX_HEALTH_FAIL, "clock", "set the clock",
                       "it shows a time before 2024: certificates and grants cannot be checked");
    else if (m->clock_synchronised == 0)
        orx_doctor_add(d, ORX_HEALTH_WARN, "clock", "run a time service (chrony, timesyncd)",
                       "not synchronised");
    else
        orx_doctor_add(d, ORX_HEALTH_OK, "clock", "", "%s",
                       m->clock_synchronised > 0 ? "synchronised"
                                                 : "set; whether a service keeps it is not known");
}

static void disk(orx_doctor *d) {
    orx_err err = ORX_ERR_INIT;
    orx_disk found;
    bool network = false;
    const char *root = d->c->cfg->root;
    if (orx_machine_disk(d->c->p, root, &found, &err) < 0) {
        orx_doctor_add(d, ORX_HEALTH_FAIL, "disk", "", "%s", err.msg);
        return;
    }
    long long mib = (long long)(found.free_bytes / MIB);
    if (orx_is_network_fs(d->c->p, root, &network, NULL) == 0 && network)
        orx_doctor_add(d, ORX_HEALTH_FAIL, "disk", "put the root on a local disk",
                       "%s is on a network file system (%s): its locks cannot be relied on", root,
                       found.kind);
    else if (found.free_bytes < DISK_WARN)
        orx_doctor_add(d, found.free_bytes < DISK_FAIL ? ORX_HEALTH_FAIL : ORX_HEALTH_WARN, "disk",
                       "make room", "%s (%s) has %lld MiB left", root, found.kind, mib);
    else
        orx_doctor_add(d, ORX_HEALTH_OK, "disk", "", "%s (%s) has %lld MiB left", root, found.kind,
                       mib);
}

/* ---- git ------------------------------------------------------------------------------------- */

/* "git version 2.39.5 (...)": whether that is 2.36 or later. */
static bool new_enough(orx_view said) {
    static const char begin[] = "git version ";
    orx_view release;
    orx_view minor;
    int64_t a;
    int64_t b;
    if (!orx_view_starts(said, begin))
        return false;
    orx_view rest = {said.p + sizeof begin - 1, said.len - sizeof begin + 1};
    return orx_view_split(&rest, '.', &release) && orx_view_split(&rest, '.', &minor) &&
           orx_view_to_i64(release, &a) && orx_view_to_i64(minor, &b) &&
           (a > 2 || (a == 2 && b >= 36));
}

/* Also shows that programs can be started at all: they go through orxaq-exec. */
static void git(orx_doctor *d) {
    static const char *const argv[] = {"git", "--version", NULL};
    orx_err err = ORX_ERR_INIT;
    orx_capture out = {.head_max = OUTPUT_BYTES};
    orx_capture errs = {.head_max = OUTPUT_BYTES};
    orx_proc_result result = {0};
    const char *const *env = NULL;
    const orx_child_env what = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    int rc = orx_config_env_for_child(d->c->cfg, &what, &d->c->arena, &env, &err);
    const orx_proc_spec spec = {.argv = argv, .env = env, .total_timeout_ns = PROGRAM_NS};
    if (rc == 0)
        rc = orx_proc_run(d->c->p, &spec, &out, &errs, &result, &err);
    orx_capture_text(&out, &text);
    orx_view said = orx_view_trim(orx_str_view(&text));
    if (rc < 0)
        orx_doctor_add(d, ORX_HEALTH_FAIL, "programs",
                       "install orxaq anew: orxaq-exec belongs beside it", "%s", err.msg);
    else if (result.end == ORX_PROC_NOT_STARTED)
        orx_doctor_add(d, ORX_HEALTH_FAIL, "git", "install git 2.36 or later", "%s",
                       result.message);
    else if (!new_enough(said))
        orx_doctor_add(d, ORX_HEALTH_FAIL, "git", "install git 2.36 or later", "%.*s",
                       ORX_VIEW_ARG(said));
    else
        orx_doctor_add(d, ORX_HEALTH_OK, "git", "", "%.*s", ORX_VIEW_ARG(said));
    orx_capture_free(&out);
    orx_capture_free(&errs);
}

/* ---- Elevation ------------------------------------------------------------------------------- */

static bool is_pinned(orx_doctor *d, const uint8_t secret[ORX_ED25519_KEY]) {
    uint8_t public_key[ORX_ED25519_KEY];
    char text[ORX_KEY_TEXT];
    orx_ed25519_public(secret, public_key);
    orx_public_key_text(public_key, text);
    return strcmp(text, d->c->cfg->breakglass.public_key) == 0;
}

static void operator_key(orx_doctor *d) {
    orx_err err = ORX_ERR_INIT;
    uint8_t secret[ORX_ED25519_KEY];
    const orx_config *cfg = d->c->cfg;
    const char *path = orx_operator_key_path(cfg, &d->c->arena);
    bool here = path && orx_exists(d->c->p, path);
    if (!cfg->breakglass.public_key) {
        orx_doctor_add(d, ORX_HEALTH_OK, "elevation", "", "nobody can grant it: no key is pinned");
    } else if (!here) {
        orx_doctor_add(d, ORX_HEALTH_OK, "elevation", "",
                       "a key is pinned, its secret half is not on this account");
    } else if (orx_operator_key_read(d->c->p, path, secret, &err) < 0) {
        orx_doctor_add(d, ORX_HEALTH_WARN, "elevation", "", "%s", err.msg);
    } else {
        bool open = any_sandbox(cfg, ORX_SANDBOX_VENDOR) || any_sandbox(cfg, ORX_SANDBOX_NONE);
        bool pinned = is_pinned(d, secret);
        orx_wipe(secret, sizeof secret);
        if (!pinned)
            orx_doctor_add(d, ORX_HEALTH_WARN, "elevation", "pin it, or use --key",
                           "%s is not the key that is pinned", path);
        else if (open)
            orx_doctor_add(d, ORX_HEALTH_WARN, "elevation",
                           "keep the key on another machine, or set `sandbox: host`",
                           "agents that the host does not confine could read %s", path);
        else
            orx_doctor_add(d, ORX_HEALTH_OK, "elevation", "", "the key is pinned and hidden");
    }
}

void orx_doctor_machine(orx_doctor *d) {
    orx_machine m;
    orx_err err = ORX_ERR_INIT;
    if (orx_machine_look(d->c->p, &m, &err) < 0) {
        orx_doctor_add(d, ORX_HEALTH_WARN, "system", "", "%s", err.msg);
    } else {
        kernel(d, &m);
        limits(d, &m);
    }
    disk(d);
    git(d);
    operator_key(d);
}
