/* Names and the four formats. */
#include "unit/keepalive.h"

#include "base/digest.h"
#include "base/mem.h"

#define CRON_LINE_MAX    990 /* cron itself takes 1,000 bytes of command */
#define SCHTASKS_COMMAND 261

static const char *const kinds[] = {"systemd", "crontab", "launchd", "schtasks"};

_Static_assert(ORX_ARRAY_LEN(kinds) == ORX_KEEPALIVE_KINDS, "a kind without a name");

const char *orx_keepalive_kind_name(orx_keepalive_kind kind) {
    return kinds[kind];
}

bool orx_keepalive_kind_parse(const char *name, orx_keepalive_kind *ret_kind) {
    for (int i = 0; i < ORX_KEEPALIVE_KINDS; i++) {
        if (strcmp(kinds[i], name) != 0)
            continue;
        *ret_kind = (orx_keepalive_kind)i;
        return true;
    }
    return false;
}

const char *orx_keepalive_name(orx_keepalive_kind kind, const char *root, orx_arena *arena) {
    static const char *const forms[] = {"orxaq-autonomy-%.8s.service", ORX_KEEPALIVE_MARK "-%.8s",
                                        "com.orxaq.autonomy.ensure.%.8s",
                                        "OrxaqAutonomyEnsure-%.8s"};
    char hex[ORX_SHA256_HEX];
    orx_sha256_hex(orx_view_of(root), hex);
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    const char *form = forms[kind];
    const char *at = strstr(form, "%.8s");
    orx_str_add(&name, form, (size_t)(at - form));
    orx_str_add(&name, hex, 8);
    orx_str_adds(&name, at + 4);
    return orx_arena_dup(arena, orx_str_view(&name));
}

static int cannot(const orx_keepalive *k, const char *format, const char *what, orx_err *err) {
    return orx_err_set(err, ORX_E_UNSUPPORTED,
                       "%s cannot hold %s, which is in the path of the root or of the program: %s",
                       format, what, k->root);
}

static bool any_has(const orx_keepalive *k, const char *set) {
    bool has = strpbrk(k->exe, set) || (k->path && strpbrk(k->path, set));
    for (const char *const *f = k->flags; *f; f++)
        has = has || strpbrk(*f, set);
    return has;
}

/* ---- systemd --------------------------------------------------------------------------------- */

/* In double quotes with C's escapes; % begins a specifier, and $ a variable where `dollars`. */
static void systemd_word(orx_str *out, const char *word, bool dollars) {
    orx_str_addc(out, '"');
    for (const char *c = word; *c; c++) {
        if (*c == '"' || *c == '\\')
            orx_str_addf(out, "\\%c", *c);
        else if (*c == '%')
            orx_str_adds(out, "%%");
        else if (*c == '$' && dollars)
            orx_str_adds(out, "$$");
        else if ((unsigned char)*c < 0x20 || *c == 0x7f)
            orx_str_addf(out, "\\x%02x", (unsigned char)*c);
        else
            orx_str_addc(out, *c);
    }
    orx_str_addc(out, '"');
}

/* The program is no place for variables. */
static void systemd_command(orx_str *out, const orx_keepalive *k) {
    orx_str_adds(out, "ExecStart=");
    systemd_word(out, k->exe, false);
    for (const char *const *f = k->flags; *f; f++) {
        orx_str_addc(out, ' ');
        systemd_word(out, *f, true);
    }
    orx_str_adds(out, " supervise --wait\n");
}

/* Paths of ours stand in ExecStart only: elsewhere systemd takes no quotes. The env file is read by
 * orxaq, whose quoting is another than that of EnvironmentFile=. */
static void systemd_unit(orx_str *out, const orx_keepalive *k) {
    orx_str_adds(out, "# " ORX_KEEPALIVE_MARK ": written by `orxaq install-keepalive`, removed by "
                      "`orxaq uninstall-keepalive`.\n"
                      "[Unit]\n"
                      "Description=orxaq supervisor\n"
                      "StartLimitIntervalSec=0\n"
                      "\n"
                      "[Service]\n"
                      "Type=notify\n");
    systemd_command(out, k);
    if (k->path) {
        ORX_CLEANUP(orx_str_free) orx_str variable = {0};
        orx_str_addf(&variable, "PATH=%s", k->path);
        orx_str_adds(out, "Environment=");
        systemd_word(out, orx_str_cstr(&variable), false);
        orx_str_addc(out, '\n');
    }
    orx_str_adds(out, "Restart=always\n"
                      "RestartSec=5\n"
                      "TimeoutStartSec=infinity\n"
                      "TimeoutStopSec=120\n"
                      "WatchdogSec=30\n"
                      "KillMode=mixed\n"
                      "Delegate=yes\n"
                      "\n"
                      "[Install]\n"
                      "WantedBy=default.target\n");
}

/* ---- crontab --------------------------------------------------------------------------------- */

/* cron ends the command at a % that has no backslash before it, and takes the backslash away. */
static void cron_byte(orx_str *out, char c) {
    if (c == '%')
        orx_str_addc(out, '\\');
    orx_str_addc(out, c);
}

/* For sh. A line of a crontab has no line feed, so a word with one is printed by printf;
 * line feeds at its end would be lost, so they are refused. */
static void sh_word(orx_str *out, const char *word) {
    bool lines = strpbrk(word, "\n\r") != NULL;
    orx_str_adds(out, lines ? "\"$(printf '" : "'");
    for (const char *c = word; *c; c++) {
        if (!lines && *c == '\'')
            orx_str_adds(out, "'\\''");
        else if (lines && (strchr("'\\%", *c) || (unsigned char)*c < 0x20))
            orx_str_addf(out, "\\%03o", (unsigned char)*c);
        else
            cron_byte(out, *c);
    }
    orx_str_adds(out, lines ? "')\"" : "'");
}

static bool ends_in_line_feed(const char *word) {
    size_t n = strlen(word);
    return n && word[n - 1] == '\n';
}

static int cron_line(orx_str *out, const orx_keepalive *k, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    size_t from = out->len;
    bool ends = ends_in_line_feed(k->exe);
    orx_str_adds(out, "* * * * * ");
    if (k->path) {
        orx_str_adds(out, "PATH=");
        sh_word(out, k->path);
        orx_str_addc(out, ' ');
    }
    sh_word(out, k->exe);
    for (const char *const *f = k->flags; *f; f++) {
        ends = ends || ends_in_line_feed(*f);
        orx_str_addc(out, ' ');
        sh_word(out, *f);
    }
    orx_str_addf(out, " ensure >/dev/null 2>&1 # %s",
                 orx_keepalive_name(ORX_KEEPALIVE_CRONTAB, k->root, &a));
    if (ends)
        return cannot(k, "a crontab", "a line feed at the end of a name", err);
    if (out->len - from > CRON_LINE_MAX)
        return orx_err_set(err, ORX_E_LIMIT,
                           "the line for the crontab has %zu bytes, expected at most %d; a shorter "
                           "PATH makes it shorter",
                           out->len - from, CRON_LINE_MAX);
    return 0;
}

bool orx_keepalive_crontab_without(orx_view crontab, const char *name, orx_str *out) {
    bool found = false;
    ORX_CLEANUP(orx_str_free) orx_str mark = {0};
    orx_str_addf(&mark, " # %s", name);
    for (size_t at = 0; at < crontab.len;) {
        const char *end = memchr(crontab.p + at, '\n', crontab.len - at);
        size_t n = end ? (size_t)(end - crontab.p) + 1 - at : crontab.len - at;
        orx_view line = {crontab.p + at, n - (end != NULL)};
        bool ours = orx_view_ends(line, orx_str_cstr(&mark)) && line.p[0] != '#';
        if (!ours)
            orx_str_add(out, crontab.p + at, n);
        found = found || ours;
        at += n;
    }
    return found;
}

/* ---- launchd --------------------------------------------------------------------------------- */

static int xml_string(orx_str *out, const orx_keepalive *k, const char *text, orx_err *err) {
    if (!orx_view_is_utf8(orx_view_of(text)))
        return cannot(k, "a property list", "bytes that are not UTF-8", err);
    orx_str_adds(out, "<string>");
    for (const char *c = text; *c; c++) {
        if (*c == '&')
            orx_str_adds(out, "&amp;");
        else if (*c == '<')
            orx_str_adds(out, "&lt;");
        else if (*c == '>')
            orx_str_adds(out, "&gt;");
        else if (*c == '\n' || *c == '\r' || *c == '\t')
            orx_str_addf(out, "&#%d;", *c);
        else if ((unsigned char)*c < 0x20)
            return cannot(k, "a property list", "a control character", err);
        else
            orx_str_addc(out, *c);
    }
    orx_str_adds(out, "</string>\n");
    return 0;
}

static int plist_string(orx_str *out, const orx_keepalive *k, const char *key, const char *text,
                        orx_err *err) {
    orx_str_addf(out, "    <key>%s</key>\n    ", key);
    return xml_string(out, k, text, err);
}

static int plist_arguments(orx_str *out, const orx_keepalive *k, orx_err *err) {
    static const char *const last[] = {"supervise", "--wait", NULL};
    orx_str_adds(out, "    <key>ProgramArguments</key>\n    <array>\n        ");
    int rc = xml_string(out, k, k->exe, err);
    for (const char *const *f = k->flags; rc == 0 && *f; f++) {
        orx_str_adds(out, "        ");
        rc = xml_string(out, k, *f, err);
    }
    for (const char *const *f = last; rc == 0 && *f; f++) {
        orx_str_adds(out, "        ");
        rc = xml_string(out, k, *f, err);
    }
    orx_str_adds(out, "    </array>\n");
    return rc;
}

static int plist_path(orx_str *out, const orx_keepalive *k, orx_err *err) {
    if (!k->path)
        return 0;
    orx_str_adds(out, "    <key>EnvironmentVariables</key>\n    <dict>\n        <key>PATH</key>\n"
                      "        ");
    int rc = xml_string(out, k, k->path, err);
    orx_str_adds(out, "    </dict>\n");
    return rc;
}

static int plist(orx_str *out, const orx_keepalive *k, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_str_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
                      "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
                      "<!-- " ORX_KEEPALIVE_MARK ": written by `orxaq install-keepalive` -->\n"
                      "<plist version=\"1.0\">\n<dict>\n");
    int rc =
        plist_string(out, k, "Label", orx_keepalive_name(ORX_KEEPALIVE_LAUNCHD, k->root, &a), err);
    if (rc == 0)
        rc = plist_arguments(out, k, err);
    if (rc == 0)
        rc = plist_path(out, k, err);
    orx_str_adds(out, "    <key>RunAtLoad</key>\n    <true/>\n"
                      "    <key>KeepAlive</key>\n    <true/>\n"
                      "    <key>ThrottleInterval</key>\n    <integer>10</integer>\n");
    if (rc == 0)
        rc = plist_string(out, k, "StandardOutPath", k->log, err);
    if (rc == 0)
        rc = plist_string(out, k, "StandardErrorPath", k->log, err);
    orx_str_adds(out, "</dict>\n</plist>\n");
    return rc;
}

/* ---- schtasks -------------------------------------------------------------------------------- */

/* As programs on Windows take their command line apart: backslashes are doubled before a quote
 * only, and the quote that counts here is the one at the end. */
static void windows_word(orx_str *out, const char *word) {
    size_t n = strlen(word);
    orx_str_addf(out, "\"%s", word);
    for (; n && word[n - 1] == '\\'; n--)
        orx_str_addc(out, '\\');
    orx_str_addc(out, '"');
}

static int windows_command(orx_str *out, const orx_keepalive *k, orx_err *err) {
    size_t from = out->len;
    const orx_keepalive without = {.exe = k->exe, .flags = k->flags};
    if (any_has(&without, "\"\n\r"))
        return cannot(k, "a task of Windows", "a quote or a line feed", err);
    if (any_has(&without, "%"))
        return cannot(k, "a task of Windows", "a %, which would begin a variable,", err);
    windows_word(out, k->exe);
    for (const char *const *f = k->flags; *f; f++) {
        orx_str_addc(out, ' ');
        windows_word(out, *f);
    }
    orx_str_adds(out, " ensure");
    if (out->len - from > SCHTASKS_COMMAND)
        return orx_err_set(err, ORX_E_LIMIT,
                           "the command of the task has %zu bytes, expected at most %d; a shorter "
                           "path of the root helps",
                           out->len - from, SCHTASKS_COMMAND);
    return 0;
}

int orx_keepalive_text(orx_keepalive_kind kind, const orx_keepalive *k, orx_str *out,
                       orx_err *err) {
    switch (kind) {
    case ORX_KEEPALIVE_SYSTEMD:
        systemd_unit(out, k);
        return 0;
    case ORX_KEEPALIVE_CRONTAB:
        return cron_line(out, k, err);
    case ORX_KEEPALIVE_LAUNCHD:
        return plist(out, k, err);
    default:
        return windows_command(out, k, err);
    }
}
