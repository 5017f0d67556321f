/* procstat.h: one line of /proc/PID/stat, as proc(5) describes it.
 *
 * The second field is the program's name in parentheses and may itself hold spaces, parentheses and
 * newlines, so everything is counted from the *last* closing parenthesis. Pure: no system calls, so
 * that the core and orxaq-exec read processes alike. Threads: any.
 */
#ifndef ORX_PLATFORM_PROCSTAT_H
#define ORX_PLATFORM_PROCSTAT_H

#include "base/view.h"

/* Longer than any line: 52 numbers and a name of at most 64 bytes. */
#define ORX_PROCSTAT_MAX 2048

typedef struct orx_procstat {
    char state;    /* R, S, D, T, Z ... */
    int64_t ppid;  /* field 4 */
    int64_t start; /* field 22: clock ticks since boot */
} orx_procstat;

/* False when the text is no such line; *ret is then untouched. */
bool orx_procstat_parse(orx_view text, orx_procstat *ret);

#endif
