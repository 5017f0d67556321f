/* keepalive.h: what brings the supervisor of a root back without a person, as text.
 *
 * Four ways, none of which needs an administrator:
 *
 *     systemd    a unit of the user's manager: ~/.config/systemd/user/NAME.service
 *     crontab    a line in the user's crontab that starts what is missing, every minute
 *     launchd    an agent: ~/Library/LaunchAgents/LABEL.plist
 *     schtasks   a task of the Windows scheduler, every minute
 *
 * Here they are only written: pure functions from a command to the text that each of them wants, so
 * that the texts for every system can be looked at on any (cli/keepalive.c installs them). Each
 * carries a mark. What does not carry it is not ours and is never removed or overwritten.
 *
 * Names end in a digest of the root, so that several roots of one user do not get in each other's
 * way.
 *
 * Whatever is in a path is quoted as its reader wants it; what a format cannot hold is refused:
 * ORX_E_UNSUPPORTED names it.
 *
 * Threads: any.
 */
#ifndef ORX_UNIT_KEEPALIVE_H
#define ORX_UNIT_KEEPALIVE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define ORX_KEEPALIVE_MARK "orxaq-keepalive"

typedef enum orx_keepalive_kind {
    ORX_KEEPALIVE_SYSTEMD,
    ORX_KEEPALIVE_CRONTAB,
    ORX_KEEPALIVE_LAUNCHD,
    ORX_KEEPALIVE_SCHTASKS,
    ORX_KEEPALIVE_KINDS
} orx_keepalive_kind;

typedef struct orx_keepalive {
    const char *root;         /* absolute */
    const char *exe;          /* absolute */
    const char *const *flags; /* that find the root; NULL-terminated */
    const char *path;         /* the PATH that agents are found with; NULL = none is written */
    const char *log;          /* where launchd puts what is printed */
} orx_keepalive;

const char *orx_keepalive_kind_name(orx_keepalive_kind kind);
bool orx_keepalive_kind_parse(const char *name, orx_keepalive_kind *ret_kind);

/* The name of what is installed: "orxaq-autonomy-1a2b3c4d.service", a label, the name of a task; of
 * a crontab line its mark, "orxaq-keepalive-1a2b3c4d". */
const char *orx_keepalive_name(orx_keepalive_kind kind, const char *root, orx_arena *arena);

/* The unit file, the line (without a line feed) or the property list; of schtasks the command that
 * the task runs. */
int orx_keepalive_text(orx_keepalive_kind kind, const orx_keepalive *k, orx_str *out, orx_err *err);

/* The crontab without our line: every other byte as it was. True when there was one. */
bool orx_keepalive_crontab_without(orx_view crontab, const char *name, orx_str *out);

#endif
