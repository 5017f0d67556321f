/* orxaq install-keepalive, uninstall-keepalive, keepalive-status.
 *
 * Each way to install is a file or a crontab, and a program of the system that is told about it.
 * What was there before is put back when that program fails. */
#include "cli/health_view.h"
#include "cli/keepalive.h"
#include "cli/supervised.h"

#include "platform/loop.h"
#include "platform/machine.h"
#include "platform/proc.h"
#include "unit/keepalive.h"

#include <stdlib.h>

#define PROGRAM_NS (30 * ORX_SEC)
#define TEXT_MAX   ((size_t)1 << 20)

typedef struct keep {
    orx_cli *c;
    orx_keepalive_kind kind;
    orx_keepalive k;
    const char *name;
    const char *file; /* of systemd and launchd */
    orx_str text;     /* what is to be there */
    orx_str old;      /* what is there */
    bool there;
} keep;

/* ---- Programs of the system ------------------------------------------------------------------ */

typedef struct said {
    int code;
    orx_str out;
    orx_str errs;
} said;

static void said_free(said *s) {
    orx_str_free(&s->out);
    orx_str_free(&s->errs);
}

static int take(said *s, const orx_proc_result *r, orx_capture *out, orx_capture *errs,
                const char *program, orx_err *err) {
    orx_capture_text(out, &s->out);
    orx_capture_text(errs, &s->errs);
    s->code = r->code;
    if (r->end == ORX_PROC_NOT_STARTED)
        return orx_err_set(err, ORX_E_NOT_FOUND, "%s", r->message);
    if (r->code < 0)
        return orx_err_set(err, ORX_E_CHILD, "%s did not end by itself within %d s", program,
                           (int)(PROGRAM_NS / ORX_SEC));
    if (out->total > (int64_t)TEXT_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "%s printed more than %zu bytes", program, TEXT_MAX);
    return 0;
}

/* With the whole environment: the user's manager is found by it. */
static int run(keep *x, const char *const *argv, orx_view input, said *ret_said, orx_err *err) {
    orx_capture out = {.head_max = TEXT_MAX};
    orx_capture errs = {.head_max = 4096};
    orx_proc_result result = {0};
    const orx_proc_spec spec = {.argv = argv,
                                .env = orx_unit_environment(x->c->p, &x->c->arena),
                                .input = input,
                                .may_gain = x->kind == ORX_KEEPALIVE_CRONTAB,
                                .total_timeout_ns = PROGRAM_NS};
    int rc = orx_proc_run(x->c->p, &spec, &out, &errs, &result, err);
    if (rc == 0)
        rc = take(ret_said, &result, &out, &errs, argv[0], err);
    orx_capture_free(&out);
    orx_capture_free(&errs);
    return rc;
}

/* It has to end with 0. */
static int must(keep *x, const char *const *argv, orx_view input, orx_err *err) {
    ORX_CLEANUP(said_free) said s = {0};
    int rc = run(x, argv, input, &s, err);
    if (rc < 0 || s.code == 0)
        return rc;
    ORX_CLEANUP(orx_str_free) orx_str command = {0};
    for (const char *const *a = argv; *a; a++)
        orx_str_addf(&command, "%s%s", a == argv ? "" : " ", *a);
    orx_view why = orx_view_trim(orx_str_view(&s.errs));
    return orx_err_set(err, ORX_E_CHILD, "`%s` ended with %d: %.*s", orx_str_cstr(&command), s.code,
                       ORX_VIEW_ARG(why));
}

#define MUST(x, err, ...) must(x, (const char *const[]){__VA_ARGS__, NULL}, (orx_view){0}, err)

/* Whether it ended with 0; its first line, when ret_line is not NULL. */
static bool works(keep *x, const char *const *argv, const char **ret_line) {
    ORX_CLEANUP(said_free) said s = {0};
    orx_view line = {"", 0};
    bool well = run(x, argv, (orx_view){0}, &s, NULL) == 0 && s.code == 0;
    orx_view all = orx_str_view(&s.out);
    (void)orx_view_split(&all, '\n', &line);
    if (ret_line)
        *ret_line = orx_arena_dup(&x->c->arena, line);
    return well;
}

#define WORKS(x, ret_line, ...) works(x, (const char *const[]){__VA_ARGS__, NULL}, ret_line)

/* ---- Which way, and what is there ------------------------------------------------------------ */

static bool is_mac(orx_cli *c) {
    orx_machine m;
    return orx_machine_look(c->p, &m, NULL) == 0 && strncmp(m.system, "Darwin", 6) == 0;
}

static int choose(keep *x, orx_err *err) {
    const char *with = orx_cli_option(x->c, "with");
    if (with)
        return orx_keepalive_kind_parse(with, &x->kind)
                   ? 0
                   : orx_err_set(err, ORX_E_USAGE,
                                 "--with: expected systemd, crontab, launchd or schtasks, found "
                                 "\"%.40s\"",
                                 with);
    x->kind = ORX_KEEPALIVE_SYSTEMD;
    if (is_mac(x->c))
        x->kind = ORX_KEEPALIVE_LAUNCHD;
    else if (!WORKS(x, NULL, "systemctl", "--user", "show-environment"))
        x->kind = ORX_KEEPALIVE_CRONTAB;
    return 0;
}

static int find_file(keep *x, orx_err *err) {
    orx_arena *a = &x->c->arena;
    const char *home = orx_env(x->c->p, "HOME");
    const char *config = orx_env(x->c->p, "XDG_CONFIG_HOME");
    bool systemd = x->kind == ORX_KEEPALIVE_SYSTEMD;
    if (!home || *home != '/')
        return orx_err_set(err, ORX_E_INVALID, "HOME is not set to an absolute path");
    const char *dir = systemd ? orx_arena_printf(a, "%s/systemd/user",
                                                 config && *config == '/'
                                                     ? config
                                                     : orx_arena_printf(a, "%s/.config", home))
                              : orx_arena_printf(a, "%s/Library/LaunchAgents", home);
    x->file = orx_arena_printf(a, "%s/%s%s", dir, x->name, systemd ? "" : ".plist");
    return 0;
}

static bool is_ours(const orx_str *text) {
    return orx_view_find(orx_str_view(text), ORX_KEEPALIVE_MARK) >= 0;
}

static int read_file(keep *x, orx_err *err) {
    int rc = find_file(x, err);
    if (rc == 0)
        rc = orx_read_file(x->c->p, x->file, TEXT_MAX, &x->old, err);
    if (rc == ORX_E_NOT_FOUND)
        return 0;
    x->there = rc == 0 && is_ours(&x->old);
    if (rc == 0 && !x->there)
        return orx_err_set(err, ORX_E_EXISTS,
                           "%s does not carry our mark (%s), so it is left alone; look at it and "
                           "take it away if it is not needed",
                           x->file, ORX_KEEPALIVE_MARK);
    return rc;
}

/* None at all is told as a failure, in words. Any other one must not end in an empty crontab. */
static int read_crontab(keep *x, orx_err *err) {
    ORX_CLEANUP(said_free) said s = {0};
    ORX_CLEANUP(orx_str_free) orx_str rest = {0};
    int rc = run(x, (const char *const[]){"crontab", "-l", NULL}, (orx_view){0}, &s, err);
    if (rc < 0)
        return orx_err_wrap(err, "neither the user's systemd nor crontab can be used");
    bool none =
        s.code == 1 && !s.out.len && orx_view_find(orx_str_view(&s.errs), "no crontab") >= 0;
    if (s.code != 0 && !none)
        return orx_err_set(err, ORX_E_CHILD, "`crontab -l` ended with %d: %.*s", s.code,
                           ORX_VIEW_ARG(orx_view_trim(orx_str_view(&s.errs))));
    orx_str_addv(&x->old, orx_str_view(&s.out));
    x->there = orx_keepalive_crontab_without(orx_str_view(&x->old), x->name, &rest);
    return 0;
}

static int look(keep *x, orx_err *err) {
    switch (x->kind) {
    case ORX_KEEPALIVE_CRONTAB:
        return read_crontab(x, err);
    case ORX_KEEPALIVE_SCHTASKS:
        x->there = WORKS(x, NULL, "schtasks", "/Query", "/TN", x->name);
        return 0;
    default:
        return read_file(x, err);
    }
}

static int begin(keep *x, orx_err *err) {
    orx_cli *c = x->c;
    int rc = c->cfg ? 0 : orx_cli_config(c, err);
    if (rc == 0)
        rc = choose(x, err);
    if (rc < 0)
        return rc;
    x->k = (orx_keepalive){
        .root = c->cfg->root,
        .exe = c->exe,
        .flags = orx_cli_flags(c),
        .path = orx_env(c->p, "PATH"),
        .log = orx_path_join(&c->arena, c->cfg->paths.artifacts_dir, "ensure.log"),
    };
    x->name = orx_keepalive_name(x->kind, c->cfg->root, &c->arena);
    return 0;
}

static void end(keep *x) {
    orx_str_free(&x->text);
    orx_str_free(&x->old);
}

/* ---- Installing ------------------------------------------------------------------------------ */

static const char *domain(keep *x) {
    const char *uid = "";
    (void)WORKS(x, &uid, "id", "-u");
    return orx_arena_printf(&x->c->arena, "gui/%s", uid);
}

static int tell_systemd(keep *x, orx_err *err) {
    int rc = MUST(x, err, "systemctl", "--user", "daemon-reload");
    if (rc == 0)
        rc = MUST(x, err, "systemctl", "--user", "enable", x->name);
    /* Not awaited: it takes over when a supervisor that is at work ends. */
    return rc < 0 ? rc : MUST(x, err, "systemctl", "--user", "start", "--no-block", x->name);
}

static int tell_launchd(keep *x, orx_err *err) {
    const char *gui = domain(x);
    (void)WORKS(x, NULL, "launchctl", "bootout",
                orx_arena_printf(&x->c->arena, "%s/%s", gui, x->name));
    return MUST(x, err, "launchctl", "bootstrap", gui, x->file);
}

static int tell(keep *x, orx_err *err) {
    return x->kind == ORX_KEEPALIVE_SYSTEMD ? tell_systemd(x, err) : tell_launchd(x, err);
}

/* What was there before, and nothing when that was nothing. */
static void put_back(keep *x) {
    bool systemd = x->kind == ORX_KEEPALIVE_SYSTEMD;
    if (!x->there && systemd)
        (void)WORKS(x, NULL, "systemctl", "--user", "disable", "--now", x->name);
    if (x->there)
        (void)orx_write_replace(x->c->p, x->file, orx_str_view(&x->old), 0644, NULL);
    else
        (void)orx_unlink(x->c->p, x->file, NULL);
    if (systemd)
        (void)WORKS(x, NULL, "systemctl", "--user", "daemon-reload");
    else if (x->there)
        (void)tell_launchd(x, NULL);
}

static int install_file(keep *x, orx_err *err) {
    char *dir = orx_arena_strdup(&x->c->arena, x->file);
    *strrchr(dir, '/') = '\0';
    int rc = orx_mkdirs(x->c->p, dir, false, err);
    if (rc == 0)
        rc = orx_write_replace(x->c->p, x->file, orx_str_view(&x->text), 0644, err);
    if (rc < 0)
        return rc;
    rc = tell(x, err);
    if (rc < 0)
        put_back(x);
    return rc;
}

static int write_crontab(keep *x, const orx_str *text, orx_err *err) {
    return must(x, (const char *const[]){"crontab", "-", NULL}, orx_str_view(text), err);
}

static int install_line(keep *x, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    (void)orx_keepalive_crontab_without(orx_str_view(&x->old), x->name, &text);
    if (text.len && text.buf[text.len - 1] != '\n')
        orx_str_addc(&text, '\n');
    orx_str_addf(&text, "%s\n", orx_str_cstr(&x->text));
    if (orx_view_eq(orx_str_view(&text), orx_str_view(&x->old)))
        return 0;
    return write_crontab(x, &text, err);
}

static int install_(keep *x, orx_err *err) {
    switch (x->kind) {
    case ORX_KEEPALIVE_CRONTAB:
        return install_line(x, err);
    case ORX_KEEPALIVE_SCHTASKS:
        return MUST(x, err, "schtasks", "/Create", "/F", "/SC", "MINUTE", "/MO", "1", "/TN",
                    x->name, "/TR", orx_str_cstr(&x->text));
    default:
        return install_file(x, err);
    }
}

/* Without it the manager of a user ends with the last session. */
static const char *linger(keep *x) {
    const char *user = orx_env(x->c->p, "USER");
    const char *line = "";
    if (!user || !WORKS(x, &line, "loginctl", "show-user", user, "--property=Linger", "--value"))
        return "unknown";
    return line;
}

static void say_installed(keep *x) {
    if (x->c->quiet)
        return;
    orx_cli_printf("installed keepalive: %s\n", x->name);
    if (x->kind == ORX_KEEPALIVE_SYSTEMD && strcmp(linger(x), "yes") != 0)
        orx_cli_complain("it runs while you are logged in; `loginctl enable-linger` lets it run "
                         "from the start of the machine on");
}

int orx_cli_install_keepalive(orx_cli *c, const char **ret_name, orx_err *err) {
    keep x = {.c = c};
    int rc = begin(&x, err);
    if (rc == 0)
        rc = orx_keepalive_text(x.kind, &x.k, &x.text, err);
    if (rc == 0)
        rc = look(&x, err);
    if (rc == 0)
        rc = install_(&x, err);
    if (rc == 0)
        *ret_name = x.name;
    end(&x);
    return rc;
}

int orx_cmd_install_keepalive(orx_cli *c, orx_err *err) {
    keep x = {.c = c};
    int rc = begin(&x, err);
    if (rc == 0)
        rc = orx_keepalive_text(x.kind, &x.k, &x.text, err);
    if (rc == 0 && orx_cli_option(c, "print")) {
        orx_cli_print(orx_str_view(&x.text));
        if (x.text.len && x.text.buf[x.text.len - 1] != '\n')
            orx_cli_print(orx_view_of("\n"));
    } else {
        if (rc == 0)
            rc = look(&x, err);
        if (rc == 0)
            rc = install_(&x, err);
        if (rc == 0)
            say_installed(&x);
    }
    end(&x);
    return rc < 0 ? rc : ORX_EXIT_OK;
}

/* ---- Removing -------------------------------------------------------------------------------- */

static int remove_file(keep *x, orx_err *err) {
    bool systemd = x->kind == ORX_KEEPALIVE_SYSTEMD;
    int rc = 0;
    if (systemd)
        rc = MUST(x, err, "systemctl", "--user", "disable", "--now", x->name);
    else
        (void)WORKS(x, NULL, "launchctl", "bootout",
                    orx_arena_printf(&x->c->arena, "%s/%s", domain(x), x->name));
    if (rc == 0)
        rc = orx_unlink(x->c->p, x->file, err);
    if (rc == 0 && systemd)
        (void)WORKS(x, NULL, "systemctl", "--user", "daemon-reload");
    return rc;
}

static int remove_line(keep *x, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    (void)orx_keepalive_crontab_without(orx_str_view(&x->old), x->name, &text);
    return write_crontab(x, &text, err);
}

static int remove_(keep *x, orx_err *err) {
    switch (x->kind) {
    case ORX_KEEPALIVE_CRONTAB:
        return remove_line(x, err);
    case ORX_KEEPALIVE_SCHTASKS:
        return MUST(x, err, "schtasks", "/Delete", "/F", "/TN", x->name);
    default:
        return remove_file(x, err);
    }
}

int orx_cmd_uninstall_keepalive(orx_cli *c, orx_err *err) {
    keep x = {.c = c};
    int rc = begin(&x, err);
    if (rc == 0)
        rc = look(&x, err);
    bool there = x.there;
    if (rc == 0 && there)
        rc = remove_(&x, err);
    if (rc == 0 && !c->quiet)
        orx_cli_printf(there ? "removed keepalive: %s\n" : "no keepalive is installed: %s\n",
                       x.name);
    end(&x);
    return rc < 0 ? rc : ORX_EXIT_OK;
}

/* ---- How it is ------------------------------------------------------------------------------- */

static bool is_active(keep *x) {
    if (!x->there)
        return false;
    if (x->kind == ORX_KEEPALIVE_SYSTEMD)
        return WORKS(x, NULL, "systemctl", "--user", "is-enabled", "--quiet", x->name);
    if (x->kind == ORX_KEEPALIVE_LAUNCHD)
        return WORKS(x, NULL, "launchctl", "print",
                     orx_arena_printf(&x->c->arena, "%s/%s", domain(x), x->name));
    return true;
}

/* [K] note: why nothing can be said of it; a machine without a way to bring the supervisor back is
 * how things are and no failure. */
static orx_node *status_of(keep *x, const char *note) {
    static const char *const platforms[] = {"linux", "linux", "macos", "windows"};
    static const char *const names[] = {"unit", "mark", "label",
                                        "task_name"}; /* [K] the last two */
    orx_arena *a = &x->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    const char *state = "";
    orx_node_set_str(a, n, "platform", platforms[x->kind]);
    orx_node_set_str(a, n, "kind", orx_keepalive_kind_name(x->kind));
    orx_node_set_str(a, n, names[x->kind], x->name);
    orx_node_set(a, n, "installed",
                 note ? orx_node_new(a, ORX_NULL) : orx_node_new_bool(a, x->there));
    orx_node_set_bool(a, n, "active", !note && is_active(x));
    if (note)
        orx_node_set_str(a, n, "note", note);
    if (x->file)
        orx_node_set_str(a, n, x->kind == ORX_KEEPALIVE_LAUNCHD ? "plist" : "file", x->file);
    if (x->kind != ORX_KEEPALIVE_SYSTEMD || note)
        return n;
    (void)WORKS(x, &state, "systemctl", "--user", "is-active", x->name);
    orx_node_set_str(a, n, "state", state);
    orx_node_set_str(a, n, "linger", linger(x));
    return n;
}

static void print_status(keep *x, const orx_node *n) {
    bool active = orx_node_bool(orx_node_get(n, "active"), false);
    const char *how = active ? orx_cli_paint(x->c, "32", "active")
                             : orx_cli_paint(x->c, "33", x->there ? "not active" : "not installed");
    const char *note = orx_node_str(orx_node_get(n, "note"), NULL);
    orx_cli_printf("%s (%s): %s\n", x->name, orx_keepalive_kind_name(x->kind), note ? note : how);
    if (note)
        return;
    if (x->there && x->file)
        orx_cli_printf("file    %s\n", x->file);
    if (x->there && x->kind == ORX_KEEPALIVE_SYSTEMD)
        orx_cli_printf("state   %s\nlinger  %s\n", orx_node_str(orx_node_get(n, "state"), ""),
                       orx_node_str(orx_node_get(n, "linger"), ""));
    if (!x->there)
        orx_cli_printf("`%s install-keepalive` has this machine bring the supervisor back\n",
                       x->c->program);
}

int orx_cmd_keepalive_status(orx_cli *c, orx_err *err) {
    keep x = {.c = c};
    orx_err why = ORX_ERR_INIT;
    int rc = begin(&x, err);
    int seen = rc == 0 ? look(&x, &why) : rc;
    const orx_node *doc = rc == 0 ? status_of(&x, seen < 0 ? why.msg : NULL) : NULL;
    if (doc && orx_cli_wants_json(c))
        orx_cli_json_kept(doc);
    else if (doc)
        print_status(&x, doc);
    end(&x);
    return rc < 0 ? rc : ORX_EXIT_OK;
}
